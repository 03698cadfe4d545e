"""Which entry a reference leads to: addresses, also former ones, and everything by which things are called.

::

    lyon.example/log/lyon/1/e/5e0c…    the entry, in the successor of its log where there is one
    5e0c                               the only statement whose id begins so
    https://github.com/acme/tool       the one project that is meant by it, see ``attached``
    doi:10.5281/zenodo.123             the same

What was withdrawn in favour of something else leads there, by its own publisher's word, as long as there is
something: what took its place may be gone too, and then this is about what was asked for.
"""

from typing import Final

from federation.targets import target_of
from node.errors import NotFoundError
from node.home import Home
from protocol.errors import MalformedError
from protocol.leaf import Op
from protocol.packing import unpack
from protocol.statement import Withdrawal, decode

from .attached import project_meant
from .resolving import Address, refuse_taken_down, resolve

MOST_STEPS: Final = 8
"""How often something withdrawn may lead on."""


def locate(home: Home, ref: str) -> Address:
    """Return the statement that a reference leads to.

    Raises:
        NotFoundError: Nothing here is called that.
        AmbiguousError: It is the beginning of several ids.
        TakenDownError: The operator of this node took it down.
    """
    where = asked = _named(home, ref) or resolve(home, ref)
    for _ in range(MOST_STEPS):
        refuse_taken_down(home, where)
        following = _successor(home, where)
        if not following:
            break
        try:
            where = _named(home, following) or resolve(home, following)
        except NotFoundError:
            # What takes its place is not carried here.
            break
    return where if where == asked or _is_live(home, where) else asked


def _named(home: Home, text: str) -> Address | None:
    """Return an entry of the project that a URL or an identifier means; None where it is neither."""
    target = target_of(text)
    if target.id is not None or not target.names:
        return None
    with home.database.read() as connection:
        project = project_meant(home, connection, target)
    if project is None:
        return None
    return Address(project.members[0].origin, project.members[0].id)


def _is_live(home: Home, where: Address) -> bool:
    """Report whether something is stated there now."""
    row = home.database.connection.execute(
        "SELECT 1 FROM entry AS e JOIN log AS l ON l.id = e.log WHERE l.origin = ? AND e.id = ? AND e.op = ?",
        (where.origin, where.id, int(Op.PUT)),
    ).fetchone()
    return row is not None


def _successor(home: Home, where: Address) -> str:
    """Return what takes the place of a withdrawn statement, an address or URL; empty where nothing does."""
    row = home.database.connection.execute(
        "SELECT e.payload FROM entry AS e JOIN log AS l ON l.id = e.log"
        " WHERE l.origin = ? AND e.id = ? AND e.op = ?",
        (where.origin, where.id, int(Op.WITHDRAW)),
    ).fetchone()
    try:
        said = None if row is None else decode(unpack(row[0]))
    except MalformedError:
        return ""
    return said.successor if isinstance(said, Withdrawal) else ""
