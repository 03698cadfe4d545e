"""A rotation survives kills, waits for the clearance, and reaches followers with their next question."""

import pytest

from federation.introduce import introduce
from node.errors import InvalidInputError, KeyFileError, NotClearedError
from node.home import Home
from node.own.clearance import grant
from node.own.keyfiles import key_file
from node.own.readiness import signing_outlook
from node.own.rootkeys import Prepared, root_keys
from node.own.rotation import Change, plan, put_in_force
from node.own.sequencer import has_work, publish, publish_waiting
from node.peers import follow
from node.rounds import sync_round
from node.store.logs import LogRow
from protocol.errors import MalformedError
from protocol.note import Note
from tests.node_world import Carrier, CarrierFetch, NodeWorld, put

BASE = "http://127.0.0.1:9001"


def row_of(home: Home, origin: str) -> LogRow:
    row = home.logs.get(origin)
    assert row is not None
    return row


def signed(world: NodeWorld, home: Home, change: Change) -> Prepared:
    planned = plan(home, world.origin(), change)
    planned.keep_secrets(home)
    return planned.prepared.signed(root_keys(world.founded["city"].recovery_sheet))


async def test_a_kill_between_publishing_and_the_keys_leaf_is_made_up_for(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    wanted = signed(world, home, Change())
    put_in_force(home, origin, wanted, "clerk")
    # Killed here; the next process finds the key set and appends its leaf.
    home = world.restart(home)
    assert has_work(home, row_of(home, origin))
    with pytest.raises(NotClearedError):
        put_in_force(home, origin, signed(world, home, Change(after=9)), "clerk")
    grant(home, origin)
    assert put_in_force(home, origin, wanted, "clerk") == wanted.keys
    receipt = await publish_waiting(home, origin)
    assert (receipt.size, receipt.signed) == (3, True)
    row = row_of(home, origin)
    assert not has_work(home, row)
    assert row.chain.open_checkpoint(Note.parse(row.note)).size == 3
    assert Note.parse(row.signed).signatures[0].is_by(wanted.keys.log)


async def test_without_its_private_keys_a_key_set_is_not_put_in_force(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    wanted = signed(world, home, Change())
    key_file(home.keys_dir, wanted.keys.beat).unlink()
    with pytest.raises(KeyFileError, match="is missing"):
        put_in_force(home, origin, wanted, "clerk")
    assert len(row_of(home, origin).key_notes) == 1
    await publish(home, origin, [put("Alpha")])
    with pytest.raises(InvalidInputError, match="begins after 2 leaves, and the log has 3"):
        put_in_force(home, origin, wanted, "clerk")


async def test_followers_learn_of_a_rotation_and_refuse_the_old_key(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    first = row_of(home, origin)
    reader = world.found("reader", 8402)
    before = Carrier(home, world.root / "before", BASE)
    follow(reader, await introduce(CarrierFetch([before]), before.prefix(origin), origin), BASE, "root")
    await sync_round(reader, CarrierFetch([before]))
    before.close()
    put_in_force(home, origin, signed(world, home, Change(after=3)), "clerk")
    await publish(home, origin, [put("Alpha"), put("Beta")])
    # One entry before the leaf, one behind it, all in one step.
    row = row_of(home, origin)
    assert (row.size, row.chain.newest.after, row.chain.key_for(row.size).version) == (5, 3, 2)
    after = Carrier(home, world.root / "after", BASE)
    try:
        await sync_round(reader, CarrierFetch([after]))
    finally:
        after.close()
    followed = row_of(reader, origin)
    assert (followed.size, len(followed.key_notes)) == (5, 2)
    assert followed.fingerprint == first.fingerprint


def test_a_prepared_key_set_is_one_of_two_forms(world: NodeWorld) -> None:
    home = world.found()
    keys = row_of(home, world.origin()).chain.newest
    bare = Prepared.of(keys)
    assert Prepared.parse(bare.render()) == bare
    whole = bare.signed(root_keys(world.founded["city"].recovery_sheet))
    assert Prepared.parse(whole.render()) == whole
    assert whole.lacking(keys) is None
    for data in (b"", b"\xff\n", b"fedcat/keys/v1\n", whole.render() + b"more", bare.render()[:-1]):
        with pytest.raises(MalformedError):
            Prepared.parse(data)


def test_the_outlook_tells_of_a_planned_rotation_that_could_not_be_signed(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    wanted = signed(world, home, Change(after=9))
    put_in_force(home, origin, wanted, "clerk")
    assert "nothing here forbids it" in signing_outlook(home, origin)
    key_file(home.keys_dir, wanted.keys.log).unlink()
    with pytest.raises(KeyFileError, match="is missing"):
        signing_outlook(home, origin)
