"""Blobs: whole bundles, single ones, withheld ones."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from federation import pull
from federation.contents import BundleContents
from federation.faults import FaultKind
from federation.memory import Memory, Missed
from federation.response import Response
from protocol.leaf import Leaf
from protocol.tiles import encode_content
from tests.federation_world import LIMITS, NOW, PLACE, Lie, SimulatedLog, World, fault_in
from tests.memory_mirror import assert_holds


async def test_a_missing_blob_holds_the_head_for_a_while() -> None:
    world = World(300)
    for server in world.network.servers.values():
        server.absent |= {"blob/7"}
        server.lies["content/000"] = _without(world, 7)
    for seconds in (0, 400, 899):
        world.now = NOW + seconds
        outcomes = await world.sync()
        assert world.mirror.size == 0
        assert (fault_in(outcomes[PLACE]).kind, outcomes[PLACE].new) == (FaultKind.WITHHELD, 0)
    world.now = NOW + 900
    outcomes = await world.sync()
    assert (outcomes[PLACE].new, world.mirror.withheld_now) == (300, [7])
    assert outcomes[PLACE].fault is not None
    world.assert_synced()
    # It stays withheld over further steps and comes when somebody has it.
    world.publish(310)
    await world.sync()
    assert world.mirror.withheld_now == [7]
    world.other.absent.clear()
    await world.sync()
    assert world.mirror.withheld_now == [7]  # not asked again so soon
    world.now += 900
    await world.sync()
    assert world.mirror.withheld_now == []
    assert list(world.mirror.advances[-1].blobs) == [7]
    world.assert_synced()


def _without(world: World, index: int) -> Lie:
    def lie(_: Response) -> Response:
        blobs = [world.log.blobs.get(i) if i != index else None for i in range(256)]
        return Response(200, {}, encode_content(blobs))

    return lie


async def test_a_withheld_blob_that_is_superseded_is_withheld_no_more() -> None:
    world = World(20)
    for server in world.network.servers.values():
        server.absent.add("blob/7")
        server.lies["content/000"] = _without(world, 7)
    world.limits = replace(LIMITS, withheld_seconds=0)
    await world.sync()
    assert world.mirror.withheld_now == [7]
    world.log.put({"type": "entry", "v": 1}, Leaf.parse(world.log.leaves[7]).id)
    world.publish(21)
    await world.sync()
    assert world.mirror.withheld_now == []


async def test_contents_that_nobody_has_are_not_asked_for_endlessly() -> None:
    world = World(2_000)
    world.limits = replace(LIMITS, missing_blobs=20)
    for server in world.network.servers.values():
        server.absent |= {f"content/{bundle:03}" for bundle in range(8)}
        server.absent |= {f"blob/{index}" for index in range(2_000)}
    outcomes = await world.sync()
    assert fault_in(outcomes[PLACE]).kind is FaultKind.WITHHELD
    assert sum("blob/" in url for url in world.network.requests) <= 3 * 28


async def test_large_contents_are_fetched_one_by_one() -> None:
    log = SimulatedLog()
    for index in range(40):
        log.put(blob=index.to_bytes(16, "big") + b"x" * 250_000)
    world = World(41, log)
    await world.sync()
    assert not any("content/" in url for url in world.network.requests)
    world.assert_synced()


async def test_a_blob_beyond_the_limit_is_withheld_at_once() -> None:
    log = SimulatedLog()
    log.put(blob=b"x" * 300_000)
    world = World(20, log)
    await world.sync()
    assert world.mirror.withheld_now == [1]
    world.assert_synced()


async def test_a_publisher_ahead_of_its_checkpoint_is_understood() -> None:
    world = World(300)
    note = world.log.note(280)
    world.log.put({"type": "entry", "v": 2}, Leaf.parse(world.log.leaves[9]).id)
    for server in world.network.servers.values():
        server.size = world.log.size
        server.say("checkpoint", note)
        server.absent |= {"tile/1/000.p/1"}
    world.origin.absent.clear()
    await world.sync()
    assert_holds(world.mirror, world.log, 280)  # blob 9 came singly: it is current at 280


async def test_new_bundles_are_kept_as_received() -> None:
    world = World(600)
    await world.sync()
    assert sorted(world.mirror.packed) == [0, 1, 2]
    for bundle, packed in world.mirror.packed.items():
        assert gzip.decompress(packed) == world.log.file(f"content/{bundle:03}", 600)
    world.assert_synced()


async def test_blobs_are_staged_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    log = SimulatedLog()
    for index in range(1_200):
        log.put(blob=index.to_bytes(16, "big") + b"x" * 984)
    world = World(1_201, log)
    world.limits = replace(LIMITS, content_bytes=20_000, portion_bytes=20_000, parallel=2)
    begun: list[BundleContents] = []
    portions: list[int] = []

    class Noted(BundleContents):
        def recall(self, kept: Iterable[tuple[int, bytes]]) -> None:
            begun.append(self)
            super().recall(kept)

    monkeypatch.setattr(pull, "BundleContents", Noted)
    stage = world.mirror.stage_blobs

    def weigh(bundle: int, blobs: Mapping[int, bytes], packed: bytes | None = None) -> None:
        portions.append(sum(map(len, blobs.values())))
        assert portions[-1] <= 21_000
        assert sum(len(blob) for each in begun for blob in each.blobs.values()) <= 42_000
        stage(bundle, blobs, packed)

    monkeypatch.setattr(world.mirror, "stage_blobs", weigh)
    await world.sync()
    assert sum(portions) == 1_200_000
    world.assert_synced()


async def test_whole_bundles_share_the_room_of_one() -> None:
    world = World(1_400)
    world.limits = replace(LIMITS, content_bytes=max(map(_weight, _bundles(world.log))), few_blobs=0)
    await world.sync()
    assert any("content/" in url for url in world.network.requests)
    world.assert_synced()


def _bundles(log: SimulatedLog) -> list[list[bytes]]:
    return [log.leaves[at : at + 256] for at in range(0, len(log.leaves), 256)]


def _weight(leaves: list[bytes]) -> int:
    return sum(4 + Leaf.parse(leaf).length for leaf in leaves)


async def test_many_withheld_blobs_cost_no_quadratic_time() -> None:
    log = SimulatedLog().grow(30_000)
    world = World(log=log)
    for server in world.network.servers.values():
        server.absent |= {f"blob/{index}" for index in range(30_001)}
        server.absent |= {f"content/{bundle:03}" for bundle in range(118)}
    world.limits = replace(LIMITS, withheld_seconds=0, missing_blobs=0)
    await world.sync()
    assert len(world.mirror.withheld_now) == 29_999
    world.publish(30_001)
    started = time.process_time()
    await world.sync()
    assert world.mirror.size == 30_001
    assert time.process_time() - started < 2


def test_nothing_is_learned_about_blobs_beyond_the_size_and_clocks_may_be_put_back() -> None:
    memory = Memory()
    assert memory.missing_since("o", [5, 299], 300, NOW) == {5: NOW, 299: NOW}
    assert memory.missing_since("o", [6], 200, NOW + 9) == {6: NOW + 9, 299: NOW}
    assert memory.missing_since("o", [299], 300, NOW - 50) == {299: NOW - 50}
    assert memory.missing_since("o", [], 300, NOW) == {}
    assert memory.missed == {}
    missed = Missed([(5, NOW), (299, NOW)])
    assert (len(missed), [*missed], missed.get(299), missed.get(6), missed.get(300)) == (
        2,
        [5, 299],
        NOW,
        None,
        None,
    )


async def test_the_turn_of_every_withheld_blob_comes() -> None:
    log = SimulatedLog().grow(1_280)
    world = World(log=log)
    world.limits = replace(LIMITS, missing_blobs=20, few_blobs=256)
    for server in world.network.servers.values():
        server.absent |= {f"blob/{index}" for index in range(1_280)}
    await world.sync()
    world.now += 900
    await world.sync()
    assert len(world.mirror.withheld_now) == 1_279
    world.origin.absent -= {f"blob/{index}" for index in range(1_200, 1_280)}
    for _ in range(64):
        world.now += 900
        await world.sync()
    assert world.mirror.withheld_now == list(range(1, 1_200))
    world.assert_synced()
