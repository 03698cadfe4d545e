"""What a follower holds on to when an origin or a relay means harm: heads of any size, other trees' files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from federation.faults import FaultKind
from federation.gossip import Heard
from federation.response import Response
from federation.sources import Source
from federation.sync import sync_log
from protocol.blob import make_leaf
from protocol.leaf import NEW, Leaf, Op
from tests.federation_world import LIMITS, MIRROR, NOW, OTHER, PLACE, Network, SimulatedLog, World, fault_in

HUGE = 2**62
PATIENCE = 5.0


async def test_a_key_thief_s_huge_checkpoint_is_survived_by_a_rotation() -> None:
    """He signs a size that nobody can have; the owner rotates, and all go on from what they hold."""
    world = World(40)
    await world.sync()
    held = replace(world.mirror.held())
    lie = world.log.note(HUGE, root=b"r" * 32)
    for server in world.network.servers.values():
        server.say("checkpoint", lie)
    for _ in range(3):
        outcomes = await world.sync()
        assert fault_in(outcomes[PLACE]).kind is FaultKind.OVER_LIMIT
        assert world.mirror.held() == held
    # The relays go on showing it; the origin has new keys, in force from where everybody stands.
    world.log.rotate()
    world.log.grow(60)
    for server in world.network.servers.values():
        server.size = 60
    del world.origin.lies["checkpoint"]
    assert (await world.sync())[PLACE].fault is None
    world.assert_synced()
    assert world.mirror.held().size == 60
    # From now on his signature is worth nothing, whatever the size.
    outcomes = await world.sync(Source(MIRROR))
    assert fault_in(outcomes[MIRROR]).kind is FaultKind.BAD_SIGNATURE
    world.assert_synced()


@pytest.mark.parametrize("taken", ["another leaf", "another log"])
async def test_a_relay_s_blob_of_another_place_is_refused(taken: str) -> None:
    world = World(12)
    world.limits = replace(LIMITS, few_blobs=300)
    wrong = world.log.blobs[8] if taken == "another leaf" else SimulatedLog("Entry").grow(12).blobs[7]
    assert len(wrong) == len(world.log.blobs[7])
    world.relay.say("blob/7", wrong)
    outcomes = await world.sync(Source(MIRROR), Source(OTHER))
    fault = fault_in(outcomes[MIRROR])
    assert (fault.kind, fault.file) == (FaultKind.INCONSISTENT, "blob/7")
    world.assert_synced()


@pytest.mark.parametrize("copied", ["statement", "log", "op"])
async def test_a_commitment_that_was_copied_from_elsewhere_is_of_no_use(copied: str) -> None:
    """The origin itself appends it, and everybody hands out the content that it was made for."""
    log = SimulatedLog()
    one = log.put()
    leaf, blob = Leaf.parse(log.leaves[one]), log.blobs[one]
    forged = {
        "statement": replace(leaf, id=b"o" * 16),
        "log": make_leaf("town.example/log/works/1", Op.PUT, b"o" * 16, NEW, blob),
        "op": replace(leaf, op=Op.WITHDRAW, prev=one),
    }[copied]
    log.append(bytes(forged))
    log.blobs[2] = blob
    world = World(3, log)
    world.limits = replace(LIMITS, withheld_seconds=0)
    await world.sync()
    assert (world.mirror.size, world.mirror.withheld_now) == (3, [2])
    assert 2 not in world.mirror.blobs.get(0, {})


@pytest.mark.parametrize("path", ["tile/1/000.p/2", "tile/0/002.p/88", "tile/entries/001", "content/001"])
async def test_a_file_of_one_tree_under_the_checkpoint_of_another_is_refused(path: str) -> None:
    """Genuine, and of a tree that the same key signed: only the checkpoint that is followed counts."""
    world = World(600)
    world.relay.say(path, SimulatedLog("other").grow(600).file(path, 600) or b"")
    outcomes = await world.sync(Source(MIRROR), Source(OTHER))
    assert path in fault_in(outcomes[MIRROR]).file
    world.assert_synced()


class SilentNetwork(Network):
    """Some servers take a question and never answer it."""

    silent: tuple[str, ...] = ()

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        if url.startswith(self.silent):
            await asyncio.sleep(3_600)
        return await super().get(url, limit=limit, gzip=gzip, headers=headers)


async def test_silent_mirrors_keep_a_log_waiting_once_and_not_one_after_the_other() -> None:
    """Each might know of a rotation, so all are asked before a larger checkpoint is believed."""
    world = World(40)
    await world.sync()
    silent = tuple(f"https://silent{number}.example/mirror/1" for number in range(20))
    for prefix in silent:
        world.network.serve(prefix, world.log)
    network = SilentNetwork(world.network.servers)
    network.silent, world.network = silent, network
    world.limits = replace(LIMITS, stall_seconds=0.5)
    world.publish(45)
    heard = [Heard(Source(MIRROR), world.log.note(45), 1)]
    sources = [Source(MIRROR), *map(Source, silent), Source(OTHER)]
    async with asyncio.timeout(PATIENCE):
        outcomes = await sync_log(world.mirror, sources, network, world.limits, lambda: NOW, heard=heard)
    world.assert_synced()
    faults = {outcome.source: outcome.fault for outcome in outcomes}
    assert faults[MIRROR] is faults.get(OTHER) is None
    assert all("no answer within" in str(faults[prefix]) for prefix in silent)
