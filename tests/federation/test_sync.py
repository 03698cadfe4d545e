"""One log followed through its ordinary life."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from federation.faults import FaultKind
from federation.sync import Outcome
from protocol.leaf import NEW, Leaf, Op
from protocol.note import Note
from tests.federation_world import LIMITS, MIRROR, NOW, PLACE, SimulatedLog, World, fault_in

SIZES = [1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 700]


@pytest.mark.parametrize("size", SIZES)
async def test_a_cold_sync_holds_everything(size: int) -> None:
    world = World(size)
    outcomes = await world.sync()
    assert outcomes == {PLACE: Outcome(world.log.origin, PLACE, size, size, None)}
    world.assert_synced()


async def test_growth_in_random_steps_holds_everything() -> None:
    dice = random.Random(2)  # noqa: S311 - repeatable, not secret
    world = World(1)
    await world.sync()
    while world.log.size < 1_500:
        world.publish(world.log.size + dice.choice((1, 2, 7, 100, 255, 256, 300)))
        outcomes = await world.sync()
        assert outcomes[PLACE].fault is None
        world.assert_synced()


async def test_a_tree_with_full_tiles_above_bundles() -> None:
    log = SimulatedLog()
    leaf = bytes(Leaf(1, Op.ERASE, 0, 0, bytes(16), NEW, bytes(32)))  # void: costs no blob
    for _ in range(65_535 + 300):
        log.append(leaf)
    world = World(log=log, limits=replace(LIMITS, few_bundles=1_000))
    world.origin.flip("tile/1/000", 70)
    outcomes = await world.sync()
    assert fault_in(outcomes[PLACE]).file == "tile/1/000"
    world.assert_synced()
    world.origin.lies.clear()
    log.put()
    for _ in range(70_000):
        log.append(leaf)
    world.publish(log.size)
    assert (await world.sync())[PLACE].fault is None
    world.assert_synced()


async def test_an_unchanged_log_costs_one_conditional_request() -> None:
    world = World(300)
    await world.sync()
    world.requests()
    outcomes = await world.sync()
    assert world.requests() == ["checkpoint"]
    assert outcomes == {PLACE: Outcome(world.log.origin, PLACE, 300, 0, None)}


async def test_one_new_entry_costs_checkpoint_keys_tail_and_blob() -> None:
    world = World(300)
    await world.sync()
    world.publish(301)
    world.requests()
    await world.sync()
    assert world.requests() == ["checkpoint", "keys/2", "tile/entries/001.p/45", "blob/300"]
    world.assert_synced()


async def test_a_newer_heartbeat_replaces_the_note_and_an_older_one_does_not() -> None:
    world = World(5)
    await world.sync()
    note = world.mirror.note
    for beat, is_kept in ((NOW - 1, False), (NOW + 200, True), (NOW + 301, False)):
        world.origin.say("checkpoint", world.log.note(5, beat=beat))
        await world.sync()
        assert (world.mirror.note != note) == is_kept
        note = world.mirror.note
    world.origin.say("checkpoint", world.log.note(5, beat=None))
    await world.sync()
    assert world.mirror.note == note
    assert len(Note.parse(note).signatures) == 2  # the stranger's line is not kept


async def test_a_note_without_heartbeat_gets_one() -> None:
    world = World(5)
    world.origin.say("checkpoint", world.log.note(5, beat=None))
    await world.sync()
    del world.origin.lies["checkpoint"]
    await world.sync()
    assert len(Note.parse(world.mirror.note).signatures) == 2


async def test_an_older_checkpoint_changes_nothing_and_is_no_fault() -> None:
    world = World(300)
    await world.sync()
    world.origin.size = 200
    outcomes = await world.sync()
    assert outcomes[PLACE] == Outcome(world.log.origin, PLACE, 300, 0, None)
    world.assert_synced()


async def test_versions_withdrawals_erasures_and_voids() -> None:
    log = SimulatedLog()
    log.grow(20)
    id_ = Leaf.parse(log.leaves[5]).id
    log.put({"type": "entry", "v": 1, "name": "second"}, id_)
    log.withdraw(Leaf.parse(log.leaves[6]).id)
    log.append(bytes(Leaf(1, Op.PUT, 0, 20, b"n" * 16, 3, bytes(32))))
    world = World(300, log)
    await world.sync()
    world.assert_synced()
    assert 5 not in world.mirror.blobs[0]
    log.erase(7)
    log.put({"type": "entry", "v": 1, "name": "third"}, id_)
    world.publish(log.size + 1)
    await world.sync()
    world.assert_synced()
    last = world.mirror.advances[-1]
    assert (last.erased, list(last.superseded)) == ({7: 1}, [20])
    assert [void.index for void in world.mirror.advances[0].voids] == [22]


async def test_rotations_are_followed_and_size_decides_the_key() -> None:
    world = World(10)
    await world.sync()
    world.log.rotate()
    world.publish(30)
    await world.sync()
    world.log.rotate()
    world.log.rotate()
    world.publish(60)
    outcomes = await world.sync()
    assert outcomes[PLACE].fault is None
    assert len(world.mirror.chain.sets) == 4
    world.assert_synced()


async def test_a_key_set_that_arrives_without_a_larger_tree_is_kept() -> None:
    world = World(10)
    await world.sync()
    world.log.rotate()
    world.origin.say("checkpoint", world.log.note(10, generation=2))
    outcomes = await world.sync()
    assert fault_in(outcomes[PLACE]).kind is FaultKind.BAD_SIGNATURE
    assert len(world.mirror.chain.sets) == 2
    assert world.mirror.size == 10


async def test_the_old_key_ends_at_its_size() -> None:
    world = World(10)
    await world.sync()
    world.log.rotate()
    world.publish(20)
    world.origin.is_down = True
    # The relay hides the rotation and shows a checkpoint by the old key.
    world.relay.say("checkpoint", world.log.note(20, generation=1))
    world.relay.absent.add("keys/2")
    world.other.size = 10
    outcomes = await world.sync()
    assert fault_in(outcomes[MIRROR]).kind is FaultKind.BAD_SIGNATURE
    assert world.mirror.size == 10


async def test_a_broken_key_set_comes_from_another_source() -> None:
    world = World(10)
    world.log.rotate()
    world.publish(20)
    world.origin.flip("keys/2", 200)
    outcomes = await world.sync()
    assert fault_in(outcomes[PLACE]).file == "keys/2"
    world.assert_synced()


async def test_a_tree_without_its_keys_leaf_is_malformed() -> None:
    world = World(10)
    await world.sync()
    world.log.rotate()
    world.log.leaves[10] = world.log.leaves[9]
    world.publish(20)
    outcomes = await world.sync()
    assert fault_in(outcomes[PLACE]).kind is FaultKind.MALFORMED
    assert "leaf 10" in fault_in(outcomes[PLACE]).detail
    assert world.mirror.size == 10
