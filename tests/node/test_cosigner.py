"""The mirror cosignature: never for a smaller tree, never for two roots of one size."""

import shutil
import stat
from dataclasses import replace

import pytest

from node.cosigners import known_cosigners
from node.errors import DamagedError, KeyFileError
from node.home import Home
from node.http.card import card
from node.own.clearance import grant
from node.own.cosigner import cosign, cosign_all
from node.own.founding import found_log
from node.own.keyfiles import load_mirror_key, mldsa_mirror_key
from node.own.sequencer import publish
from node.store.logs import LogRow
from protocol.cosignature import verify_cosignature
from protocol.note import Note
from tests.node_world import NodeWorld, put


@pytest.fixture
def home(world: NodeWorld) -> Home:
    opened = world.found()
    grant(opened, world.origin())
    return opened


def mirror_time(home: Home) -> int:
    """The time of this node's line in the visible checkpoint, verified."""
    (row,) = home.logs.all()
    note, key = Note.parse(row.note), load_mirror_key(home.keys_dir).vkey
    assert key.name == "127.0.0.1:8401/mirror"
    (line,) = (line for line in note.signatures if line.is_by(key))
    return verify_cosignature(row.chain.open_checkpoint(note), key, line)


def row_of(home: Home) -> LogRow:
    (row,) = home.logs.all()
    return row


async def test_every_visible_checkpoint_carries_the_line(home: Home, world: NodeWorld) -> None:
    assert mirror_time(home) == world.clock.now
    world.clock.pass_by(5)
    await publish(home, world.origin(), [put("Alpha")])
    assert mirror_time(home) == world.clock.now
    assert row_of(home).visible_size == 3


def test_it_is_renewed_when_asked_or_old(home: Home, world: NodeWorld) -> None:
    first = world.clock.now
    world.clock.pass_by(60)
    assert not cosign(home, world.origin())
    assert mirror_time(home) == first
    assert cosign(home, world.origin(), renew=True)
    assert mirror_time(home) == first + 60
    world.clock.pass_by(home.config.heartbeat.interval_seconds)
    assert cosign_all(home) == 1
    assert mirror_time(home) == world.clock.now


def test_a_kill_after_the_reservation_is_made_good(home: Home) -> None:
    row = row_of(home)
    with home.database.write() as connection:
        connection.execute("UPDATE log SET mirror_line = '', visible = x'', visible_size = 0")
    assert cosign_all(home) == 1
    assert row_of(home).note == row.note


def test_a_checkpoint_waits_for_the_line(home: Home, world: NodeWorld) -> None:
    with home.database.write() as connection:
        connection.execute(
            "UPDATE log SET mirror_size = 1, mirror_line = '', visible = x'', visible_size = 0"
        )
    home.logs.store(world.origin()).keep_note(row_of(home).signed)
    assert row_of(home).note == b""
    assert cosign_all(home) == 1
    assert row_of(home).note


@pytest.mark.parametrize(("size", "root"), [(3, b"r" * 32), (2, b"r" * 32)])
def test_never_smaller_and_never_another_root(home: Home, world: NodeWorld, size: int, root: bytes) -> None:
    with home.database.write() as connection:
        connection.execute("UPDATE log SET mirror_size = ?, mirror_root = ?", (size, root))
    assert not cosign(home, world.origin(), renew=True)
    store, row = home.logs.store(world.origin()), row_of(home)
    assert not store.claim_mirror(row.size, row.root)


def test_nothing_is_reserved_beyond_the_held_tree(home: Home, world: NodeWorld) -> None:
    store, row = home.logs.store(world.origin()), row_of(home)
    assert not store.claim_mirror(3, row.root)
    assert not store.claim_mirror(2, b"r" * 32)
    assert store.claim_mirror(2, row.root)


def test_an_unsigned_head_and_a_strange_log_are_left_alone(home: Home, world: NodeWorld) -> None:
    assert not cosign(home, "nobody.example/log/x/1")
    with home.database.write() as connection:
        connection.execute("UPDATE log SET note_size = 1")
    assert not cosign(home, world.origin(), renew=True)


def test_a_note_of_another_tree_is_ignored(home: Home, world: NodeWorld) -> None:
    row = row_of(home)
    with home.database.write() as connection:
        connection.execute("UPDATE log SET root = ?", (b"r" * 32,))
    home.logs.store(world.origin()).keep_note(
        Note(Note.parse(row.signed).text, Note.parse(row.note).signatures).render()
    )
    assert row_of(home).signed == row.signed


async def test_a_database_put_back_cosigns_nothing_smaller(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    home.close()
    aside = world.copy_database()
    home = world.open()
    grant(home, origin)
    await publish(home, origin, [put("Alpha")])
    home.close()
    world.put_back(aside)
    home = world.open()
    world.clock.pass_by(home.config.heartbeat.interval_seconds)
    assert cosign_all(home) == 0
    assert not cosign(home, origin, renew=True)
    assert row_of(home).visible_size == 2


def test_a_tree_that_is_gone_is_not_vouched_for(home: Home, world: NodeWorld) -> None:
    other = found_log(home, name="Second", log_name="second").origin
    shutil.rmtree(home.logs.store(world.origin()).tree.directory)
    world.clock.pass_by(home.config.heartbeat.interval_seconds)
    # The other log is served all the same.
    assert cosign_all(home) == 1
    with pytest.raises(DamagedError, match="damaged"):
        cosign(home, world.origin())
    assert not cosign(home, other)


def test_a_clock_that_was_far_ahead_does_not_last(home: Home, world: NodeWorld) -> None:
    now, interval = world.clock.now, home.config.heartbeat.interval_seconds
    world.clock.pass_by(10 * interval)
    assert cosign(home, world.origin())
    world.clock.now = now
    assert cosign(home, world.origin())
    assert mirror_time(home) == now
    assert not cosign(home, world.origin())


async def test_a_second_line_is_made_when_it_is_wanted(home: Home, world: NodeWorld) -> None:
    home.config = replace(home.config, cosign_mldsa44=True)
    world.clock.pass_by(60)
    assert cosign(home, world.origin(), renew=True)
    key = mldsa_mirror_key(home.keys_dir, "never made twice")
    assert key.name == home.config.mirror_name
    assert str(key.vkey) == card(home)["mirror_mldsa44"]

    def second_time() -> int:
        row = row_of(home)
        note = Note.parse(row.note)
        (line,) = (line for line in note.signatures if line.is_by(key.vkey))
        return verify_cosignature(row.chain.open_checkpoint(note), key.vkey, line)

    assert second_time() == mirror_time(home) == world.clock.now
    world.clock.pass_by(5)
    await publish(home, world.origin(), [put("Alpha")])
    assert second_time() == mirror_time(home) == world.clock.now
    assert stat.S_IMODE((home.keys_dir / "mirror-mldsa44.key").stat().st_mode) == 0o600
    # Neither key is taken for somebody else's.
    assert known_cosigners(home) == {}


def test_another_key_in_its_place_is_refused(home: Home, world: NodeWorld) -> None:
    home.config = replace(home.config, cosign_mldsa44=True)
    shutil.copy(home.keys_dir / "mirror.key", home.keys_dir / "mirror-mldsa44.key")
    with pytest.raises(KeyFileError, match="no ML-DSA-44 key"):
        cosign(home, world.origin(), renew=True)
