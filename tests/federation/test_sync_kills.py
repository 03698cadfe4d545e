"""Kills, rivals and broken stores."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace

import pytest

from federation.faults import FaultKind
from federation.memory import Memory
from federation.response import Response
from federation.sources import Source
from federation.sync import sync_log
from tests.federation_world import LIMITS, MIRROR, NOW, OTHER, PLACE, Network, SimulatedLog, World, fault_in
from tests.memory_mirror import KilledError


async def test_a_kill_at_any_write_loses_nothing_and_refetches_little() -> None:
    log = SimulatedLog().grow(1_300)
    for kill in range(1, 21):
        world = World(1_300, log)
        world.mirror.kill_in = kill
        with pytest.raises(KilledError):
            await world.sync()
        assert world.mirror.size == 0
        staged = sum(url.endswith(f"entries/{i:03}") for url in world.requests() for i in range(5))
        world.memory = Memory()
        await world.sync()
        world.assert_synced()
        again = sum(url.endswith(f"entries/{i:03}") for url in world.requests() for i in range(5))
        assert staged + again <= 5 + LIMITS.parallel
        assert world.mirror.kill_in < 0


async def test_garbage_beyond_the_head_is_not_believed() -> None:
    world = World(1_300)
    world.mirror.leaves = bytearray(b"garbage!" * 8 * 1_300)
    world.mirror.blobs[0] = {1: b"garbage", 2: b"garbage"}
    await world.sync()
    world.assert_synced()


async def test_somebody_else_was_first() -> None:
    world = World(300)
    rival = World(300, world.log)
    await rival.sync()

    def overtake() -> None:
        world.mirror.before_commit = lambda: None
        world.mirror.commit(rival.mirror.advances[0])

    world.mirror.before_commit = overtake
    outcomes = await world.sync()
    assert outcomes[PLACE].fault is None
    world.assert_synced()


async def test_somebody_else_is_always_first() -> None:
    world = World(300)

    def overtake() -> None:
        world.mirror.size = -1

    world.mirror.before_commit = overtake
    held = world.mirror.held()
    world.mirror.held = lambda: held  # type: ignore[method-assign]
    outcomes = await world.sync()
    assert outcomes[PLACE].new == 0


async def test_a_broken_store_is_named_as_ours() -> None:
    world = World(300)
    await world.sync()
    world.publish(310)
    world.mirror.hashes[0][299 * 32] ^= 1
    outcomes = await world.sync()
    assert fault_in(outcomes[""]).file == "store"
    del world.mirror.hashes[0][290 * 32 :]
    assert (await world.sync())[""].fault is not None


async def test_a_store_that_loses_what_was_staged() -> None:
    world = World(300)
    stage = world.mirror.stage_leaves
    world.mirror.stage_leaves = lambda start, leaves: stage(start, bytes(len(leaves)))  # type: ignore[method-assign]
    outcomes = await world.sync()
    assert outcomes[""].fault is not None
    assert world.mirror.size == 0


async def test_a_lost_own_log_is_refilled_from_carriers() -> None:
    world = World(700)
    outcomes = await world.sync(Source(MIRROR), Source(OTHER))
    assert outcomes[MIRROR].new == 700
    world.assert_synced()


async def test_without_memory_every_request_is_unconditional() -> None:
    world = World(10)
    for _ in range(2):
        outcomes = await sync_log(world.mirror, world.sources, world.network, LIMITS, lambda: NOW)
        assert outcomes[0].fault is None
    world.assert_synced()


async def test_no_sources_no_outcomes() -> None:
    world = World(10)
    assert await sync_log(world.mirror, (), world.network, LIMITS, lambda: NOW) == ()


async def test_etags_that_are_too_long_are_forgotten() -> None:
    world = World(10)
    world.origin.lies["checkpoint"] = lambda found: replace(found, headers={"etag": '"' + "e" * 500 + '"'})
    await world.sync()
    assert world.memory.etags == {}


class TricklingNetwork(Network):
    """Each bundle takes its time."""

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        await asyncio.sleep(0.15 if "/entries/" in url else 0)
        return await super().get(url, limit=limit, gzip=gzip, headers=headers)


@pytest.mark.parametrize(("place", "kind"), [(PLACE, FaultKind.WITHHELD), (MIRROR, FaultKind.UNREACHABLE)])
async def test_a_round_that_takes_too_long_is_broken_off_and_goes_on_next_time(
    place: str, kind: FaultKind
) -> None:
    log = SimulatedLog().grow(256 * 12)
    world = World(log=log)
    world.network = TricklingNetwork(world.network.servers)
    world.limits = replace(LIMITS, round_seconds=0.7, parallel=1)
    source, rounds = Source(place, is_origin=place == PLACE), 0
    while world.mirror.size == 0:
        rounds += 1
        outcomes = await world.sync(source)
        if world.mirror.size == 0:
            assert (fault_in(outcomes[place]).kind, outcomes[place].size) == (kind, 0)
            assert "the next round goes on" in fault_in(outcomes[place]).detail
        assert rounds < 12
    assert rounds > 1
    bundles = [url for url in world.network.requests if "/entries/" in url]
    assert len(bundles) < 12 + rounds  # what was being fetched is fetched again, nothing else
    world.assert_synced()


async def test_a_commit_that_outlasts_the_round_is_not_denied() -> None:
    world = World(300)
    world.limits = replace(LIMITS, round_seconds=0.8)
    world.mirror.before_commit = lambda: time.sleep(1.0)
    outcomes = await world.sync()
    assert outcomes[PLACE].size == 300
    world.assert_synced()
