"""Thieves of keys: what a rotation ends, and what it cannot; two valid key sets of one version."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from federation.faults import FaultKind
from federation.gossip import Heard
from federation.keysets import Disputed
from federation.limits import Limits
from federation.memory import Memory
from federation.sources import Source
from federation.sync import Outcome, sync_log
from protocol.keyset import KeyChain, RootConflictError
from tests.federation_world import MIRROR, NOW, OTHER, PLACE, SimulatedLog, World, fault_in
from tests.signers import beat_key, key_note, key_set, root_key, signing_key


def twin(log: SimulatedLog) -> SimulatedLog:
    """Return the log as a thief of its key holds it, to be written on."""
    return copy.deepcopy(log)


async def gossip(world: World, heard: Source, note: bytes, keys: int) -> dict[str, Outcome]:
    outcomes = await sync_log(
        world.mirror,
        world.sources,
        world.network,
        Limits(),
        lambda: NOW,
        memory=Memory(),
        heard=[Heard(heard, note, keys)],
    )
    return {outcome.source: outcome for outcome in outcomes}


async def test_a_thief_who_refuses_the_keys_leaf_is_left_behind_where_the_rotation_is_known() -> None:
    """He holds the log key and the origin's host; a mirror has the rotation."""
    world = World(20)
    await world.sync()
    thief = twin(world.log)
    world.log.rotate()
    world.publish(25)
    # He goes on from size 20 as if nothing had happened, and shows key set 1 alone.
    thief.grow(40)
    world.origin.log, world.origin.size = thief, 40
    outcomes = await gossip(world, Source(MIRROR), world.log.note(25), 2)
    assert outcomes[MIRROR].fault is None
    world.assert_synced()
    # From now on nothing that he signs is taken, from whomever.
    for lifted in (41, 60):
        thief.grow(lifted)
        for server in (world.origin, world.other):
            server.log, server.size = thief, lifted
        outcomes = await world.sync()
        assert fault_in(outcomes[PLACE]).kind is FaultKind.BAD_SIGNATURE
        assert world.mirror.held().size == 25


async def test_a_mirror_alone_cannot_hide_a_rotation_and_bring_back_the_thief() -> None:
    world = World(20)
    await world.sync()
    thief = twin(world.log).grow(40)
    world.log.rotate()
    world.publish(25)
    world.origin.is_down = True
    world.relay.log, world.relay.size = thief, 40
    outcomes = await world.sync()
    assert fault_in(outcomes[MIRROR]).kind is FaultKind.BAD_SIGNATURE
    world.assert_synced()


async def test_what_a_thief_published_before_the_rotation_is_part_of_the_log() -> None:
    """The owner rotates behind it, since everybody holds it already, and takes it back there."""
    world = World(20)
    world.log.put({"type": "entry", "v": 1, "name": "forged"})
    world.publish(21)
    await world.sync()
    world.log.rotate()
    world.publish(23)
    await world.sync()
    world.assert_synced()


async def test_a_rotation_that_begins_below_what_was_taken_stops_the_log_and_shows_why() -> None:
    world = World(20)
    await world.sync()
    thief = twin(world.log).grow(30)
    world.origin.log, world.origin.size = thief, 30
    await world.sync(Source(PLACE, is_origin=True))
    assert world.mirror.held().size == 30
    # Nobody told the owner of the ten leaves beyond; he rotates at 20.
    world.log.rotate()
    world.log.grow(35)
    world.origin.log = world.relay.log = world.other.log = world.log
    for server in (world.origin, world.relay, world.other):
        server.size = 35
    outcomes = await world.sync()
    # What is held contradicts what the roots decided: nothing moves, and people are told.
    assert {outcome.size for outcome in outcomes.values()} == {30}
    assert fault_in(outcomes[PLACE]).kind in (FaultKind.INCONSISTENT, FaultKind.MALFORMED)


@pytest.mark.parametrize("size", [12, 20])
async def test_a_fork_below_a_rotation_is_noticed_and_moves_nothing(size: int) -> None:
    """Up to where it ended the old key signs validly: two histories, by a key that is retired."""
    world = World(20)
    thief = SimulatedLog("forged").grow(size)
    world.log.rotate()
    world.publish(25)
    await world.sync()
    world.relay.log, world.relay.size = thief, size
    kept: list[bytes] = []
    outcomes = await sync_log(
        world.mirror,
        [Source(MIRROR)],
        world.network,
        Limits(),
        lambda: NOW,
        caught=lambda fork, _: kept.append(fork),
    )
    assert fault_in(outcomes[0]).kind is FaultKind.INCONSISTENT
    assert len(kept) == 1
    world.assert_synced()


async def test_a_fork_above_a_rotation_is_signed_by_nobody() -> None:
    world = World(20)
    thief = twin(world.log).grow(33)
    world.log.rotate()
    world.publish(25)
    await world.sync()
    for size in (21, 25, 33):
        world.relay.log, world.relay.size = thief, size
        outcomes = await world.sync(Source(MIRROR))
        assert fault_in(outcomes[MIRROR]).kind is FaultKind.BAD_SIGNATURE
    world.assert_synced()


def stolen(log: SimulatedLog, version: int) -> SimulatedLog:
    """Return a log whose next key set is the thief's, signed by the stolen root."""
    thief = twin(log)
    mine = signing_key(seed="thief's log key")
    beat = beat_key(99)
    note = key_note(key_set(version, after=log.size, log=mine.vkey, beat=beat.vkey))
    thief.key_notes.append(note)
    thief.chain = thief.chain.extend(note)
    return thief


def kept_in(conflicts: list[RootConflictError]) -> Disputed:
    """Return what keeps root conflicts in a list; nobody has decided about any of them."""

    def keep(conflict: RootConflictError, _: Source) -> bool:
        conflicts.append(conflict)
        return True

    return keep


@pytest.mark.parametrize("later", [0, 1])
async def test_two_valid_key_sets_of_one_version_stop_the_log(later: int) -> None:
    world = World(20)
    thief = stolen(world.log, 2)
    for _ in range(later + 1):
        world.log.rotate()
        world.log.grow(world.log.size + 2)
    world.publish(world.log.size)
    await world.sync()
    held = world.mirror.held().size
    world.log.grow(held + 5)
    for server in (world.origin, world.other):
        server.size = world.log.size
    # A mirror shows the other one, and a checkpoint that only its key could have signed.
    world.relay.log, world.relay.size = thief, 20
    world.relay.say("checkpoint", world.log.note(held, generation=7))
    conflicts: list[RootConflictError] = []
    outcomes = await sync_log(
        world.mirror,
        [Source(MIRROR), Source(OTHER)],
        world.network,
        Limits(),
        lambda: NOW,
        disputed=kept_in(conflicts),
    )
    assert [conflict.version for conflict in conflicts] == [2]
    assert conflicts[0].held == world.log.key_notes[1]
    assert "two valid sets" in fault_in(outcomes[0]).detail
    # Neither side is believed more than the other in this round.
    assert world.mirror.held().size == held


async def test_key_sets_of_strangers_are_no_conflict() -> None:
    world = World(20)
    world.log.rotate()
    world.publish(25)
    await world.sync()
    strange = twin(world.log)
    strange.key_notes[1] = key_note(key_set(2, after=20, urls=()), root_key(9))
    world.relay.log, world.relay.size = strange, 25
    world.relay.say("checkpoint", world.log.note(25, generation=7))
    conflicts: list[RootConflictError] = []
    for absent in ("nothing", "keys/1", "keys/2"):
        world.relay.absent = {absent}
        outcomes = await sync_log(
            world.mirror,
            [Source(MIRROR)],
            world.network,
            Limits(),
            lambda: NOW,
            disputed=kept_in(conflicts),
        )
        assert fault_in(outcomes[0]).kind is FaultKind.BAD_SIGNATURE
    world.relay.say("keys/2", b"nonsense")
    await world.sync(Source(MIRROR))
    world.relay.is_down = True
    await world.sync(Source(MIRROR))
    assert not conflicts


async def test_one_of_two_needed_roots_can_do_nothing() -> None:
    both = [root_key(1), root_key(2)]
    first = key_set(1, roots=both, threshold=2)
    chain = KeyChain.start(key_note(first, *both), fingerprint=first.fingerprint, origin=None)
    world = World(20)
    world.mirror = type(world.mirror)(chain)
    following = key_note(key_set(2, roots=[root_key(1)], after=20), root_key(1))
    world.relay.say("keys/2", following)
    world.relay.say("checkpoint", world.log.note(20, generation=2))
    outcomes = await world.sync(Source(MIRROR))
    assert fault_in(outcomes[MIRROR]).kind is FaultKind.BAD_SIGNATURE
    assert replace(world.mirror.held()).chain == chain
