"""Founding nodes and logs: what is made, what is shown once, what is refused."""

from pathlib import Path

import pytest

from node.errors import ConfigError, InvalidInputError
from node.home import Home
from node.own.clearance import grant
from node.own.founding import Founded, found_log, found_node, slug
from node.own.sequencer import publish
from node.store.projection import NoProjection
from protocol.blob import SALT
from protocol.keys import SigningKey
from protocol.keyset import grouped
from protocol.leaf import NEW, Op
from protocol.note import Note
from protocol.packing import unpack
from tests.node_world import NodeWorld, put


def test_a_node_begins_with_its_keys_and_its_profile(world: NodeWorld) -> None:
    home = world.found()
    (row,) = home.logs.all()
    store, keys = home.logs.store(row.origin), row.chain.newest
    assert row.origin == "127.0.0.1:8401/log/city/1"
    assert (row.own, row.size, row.visible_size) == (True, 2, 2)
    first = store.leaf(0)
    assert (first.op, first.id, first.prev, first.commitment) == (Op.KEYS, bytes(16), NEW, keys.digest)
    assert store.leaf(1).op == Op.PUT
    blob = store.kept_blob(1)
    assert blob is not None
    profile = unpack(blob[SALT:])
    assert isinstance(profile, dict)
    assert (profile["type"], profile["name"], profile["heartbeat"]) == (
        "profile",
        {"und": "City of City"},
        21_600,
    )
    assert keys.urls == ("http://127.0.0.1:8401/log/city/1",)
    assert row.chain.open_checkpoint(Note.parse(row.note)).size == 2
    assert home.database.connection.execute("SELECT count(*) FROM draft").fetchone() == (0,)


def test_the_root_key_is_on_the_sheet_and_nowhere_else(world: NodeWorld) -> None:
    home = world.found()
    founded = world.founded["city"]
    line = founded.recovery_sheet.strip().splitlines()[-1].strip()
    key = SigningKey.parse(line)
    assert key.vkey in home.logs.all()[0].chain.newest.roots
    assert key.name == f"{founded.origin}/root/1"
    assert founded.fingerprint == home.logs.all()[0].fingerprint
    assert grouped(founded.fingerprint)[:39] in founded.recovery_sheet
    assert line not in repr(founded)
    home.close()
    for path in world.root.rglob("*"):
        assert not path.is_file() or line[-40:].encode() not in path.read_bytes()


def test_https_needs_no_url_line(world: NodeWorld, tmp_path: Path) -> None:
    founded = found_node(
        tmp_path / "https",
        address="https://city.example/fedcat/",
        name="Straße & Grün",
        projection=NoProjection(),
        clock=world.clock,
    )
    assert founded.origin == "city.example/fedcat/log/strae-grun/1"
    home = Home.open(tmp_path / "https", projection=NoProjection(), clock=world.clock)
    assert home.logs.all()[0].chain.newest.urls == ()
    home.close()


async def test_a_node_hosts_several_logs(world: NodeWorld) -> None:
    home = world.found()
    founded = found_log(home, name="Chess Club", log_name=None)
    assert founded.origin == "127.0.0.1:8401/log/chess-club/1"
    assert [row.size for row in home.logs.all()] == [2, 2]
    assert len({row.fingerprint for row in home.logs.all()}) == 2
    grant(home, world.origin())
    for origin in (founded.origin, world.origin()):
        assert (await publish(home, origin, [put("Alpha")])).indexes == (2,)
    with pytest.raises(InvalidInputError, match="here already"):
        found_log(home, name="Chess Club")


def test_a_directory_in_use_is_refused(world: NodeWorld, tmp_path: Path) -> None:
    home = world.found()
    for path in (home.path, home.path / "config.toml"):
        with pytest.raises(ConfigError, match="not an empty directory"):
            found_node(
                path,
                address="http://127.0.0.1:1",
                name="x",
                allow_private=True,
                projection=NoProjection(),
            )
    (tmp_path / "empty").mkdir()
    found_node(
        tmp_path / "empty",
        address="https://a.example",
        name="x",
        projection=NoProjection(),
        clock=world.clock,
    )


@pytest.mark.parametrize(
    ("address", "log_name", "allow_private", "error"),
    [
        ("https://192.0.2.1", "x", False, InvalidInputError),
        ("http://a.example", "x", False, ConfigError),
        ("https://a.example", "Not A Slug", False, InvalidInputError),
        ("https://A.example", "x", False, InvalidInputError),
        ("https://a.example/a/b/c/d", "x", False, InvalidInputError),
    ],
)
def test_what_makes_no_origin_is_refused_before_anything_is_made(
    tmp_path: Path, address: str, log_name: str, allow_private: bool, error: type[Exception]
) -> None:
    with pytest.raises(error):
        found_node(
            tmp_path / "new",
            address=address,
            name="x",
            log_name=log_name,
            allow_private=allow_private,
            projection=NoProjection(),
        )
    assert not (tmp_path / "new").exists()


def test_a_name_that_no_profile_can_have_is_refused(world: NodeWorld) -> None:
    home = world.found()
    with pytest.raises(InvalidInputError, match="problem"):
        found_log(home, name="x\u202ey", log_name="y")
    assert len(home.logs.all()) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [("City of Zürich", "city-of-zurich"), ("  --  ", ""), ("東京", ""), ("a" * 39 + " b", "a" * 39)],
)
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_no_log_exists_before_its_recovery_sheet_is_kept(world: NodeWorld) -> None:
    home = world.found()
    sheets: list[str] = []

    def keep(founded: Founded) -> None:
        assert home.logs.get(founded.origin) is None
        sheets.append(founded.recovery_sheet)

    def fail(founded: Founded) -> None:
        raise OSError(28, f"no room for the sheet of {founded.origin}")

    with pytest.raises(OSError, match="no room"):
        found_log(home, name="Zoo", keep=fail)
    assert len(home.logs.all()) == 1
    founded = found_log(home, name="Zoo", keep=keep)
    assert sheets == [founded.recovery_sheet]


def test_a_failed_founding_leaves_no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "heads"))
    (tmp_path / "heads").write_text("in the way")
    with pytest.raises(ConfigError, match=r"lock_dir: no head lock can be kept in .*heads: File exists"):
        found_node(tmp_path / "new", address="https://a.example", name="x", projection=NoProjection())
    # Nor anything else: the next try finds the directory as it was.
    assert not (tmp_path / "new").exists()


def test_a_log_that_a_database_put_back_forgot_is_not_started_anew(world: NodeWorld) -> None:
    home = world.found()
    home.close()
    aside = world.copy_database()
    home = world.open()
    found_log(home, name="Works")
    home.close()
    world.put_back(aside)
    home = world.open()
    with pytest.raises(InvalidInputError, match="does not know it any more"):
        found_log(home, name="Works")
    assert len(home.logs.all()) == 1
