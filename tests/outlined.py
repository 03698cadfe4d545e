"""Whether what is kept of things for lists is what would be made of them now."""

from __future__ import annotations

import msgspec

from node.answers.gathering import projects_of
from node.answers.indexing import catch_up
from node.answers.outlines import Outline, outline_of
from node.answers.policy import show_policy
from node.answers.profiles import profiles_of
from node.answers.uses import NO_REGARD, regards_of
from node.home import Home
from node.store.outlined import Key, contents_of


def kept_outlines(home: Home) -> dict[Key, Outline]:
    """Return what is kept, by the statement that names each thing; every other row has to lead to one."""
    connection = home.database.connection
    keys = connection.execute("SELECT log, id FROM outline WHERE content IS NOT NULL").fetchall()
    lost = connection.execute(
        "SELECT log, id FROM outline AS o WHERE content IS NULL AND NOT EXISTS (SELECT 1 FROM outline AS f"
        " WHERE f.log = o.first_log AND f.id = o.first_id AND f.content IS NOT NULL)"
    ).fetchall()
    assert not lost
    contents = contents_of(connection, keys)
    return {key: msgspec.msgpack.decode(contents[key], type=Outline) for key in sorted(keys)}


def check_outlines(home: Home) -> None:
    """Check what is kept once everything is indexed."""
    show_policy(home)
    catch_up(home)
    with home.database.read() as connection:
        live = connection.execute("SELECT log, id, type FROM entry WHERE op = 1").fetchall()
        projects = projects_of(home, connection, [(log, id_) for log, id_, type_ in live if type_ == "entry"])
        profiles = profiles_of(connection, [(log, id_) for log, id_, type_ in live if type_ == "profile"])
        regards = regards_of(home, connection, projects)
    made = [outline_of(each, regards.get(each.address, NO_REGARD)) for each in (*projects, *profiles)]
    assert kept_outlines(home) == {each.key: each for each in made}
