"""What the origin itself does wrong, and how its tails are read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from federation.faults import FaultKind
from federation.sync import Outcome
from tests.federation_world import PLACE, SimulatedLog, World, fault_in
from tests.memory_mirror import assert_holds


def _fork(log: SimulatedLog, at: int, size: int) -> SimulatedLog:
    fork = SimulatedLog(log.word)
    fork.grow(at)
    fork.word = "another history"
    return fork.grow(size)


@pytest.mark.parametrize(
    ("held", "at", "size"), [(40, 20, 60), (300, 20, 310), (600, 520, 900), (256, 3, 700)]
)
async def test_a_contradiction_of_the_held_tree_is_the_origins(held: int, at: int, size: int) -> None:
    world = World(held)
    await world.sync()
    fork = _fork(world.log, at, size)
    for server in world.network.servers.values():
        server.log, server.size = fork, size
    outcomes = await world.sync()
    fault = fault_in(outcomes[PLACE])
    assert fault.kind is FaultKind.INCONSISTENT
    assert "contradicts the tree that is held" in fault.detail
    world.assert_synced()


@pytest.mark.parametrize(("held", "at", "size"), [(40, 3, 5), (300, 20, 299), (900, 256, 512), (900, 1, 2)])
async def test_another_history_is_noticed_though_it_is_smaller(held: int, at: int, size: int) -> None:
    world = World(held)
    await world.sync()
    world.origin.log, world.origin.size = _fork(world.log, at, size), size
    outcomes = await world.sync()
    assert f"two trees of size {size}" in fault_in(outcomes[PLACE]).detail
    world.origin.log = world.log
    assert (await world.sync())[PLACE].fault is None
    world.assert_synced()


async def test_two_trees_of_one_size() -> None:
    world = World(40)
    await world.sync()
    world.origin.log = _fork(world.log, 20, 40)
    for _ in range(2):
        outcomes = await world.sync()
        assert outcomes[PLACE].fault is not None
        assert "two trees of size 40" in fault_in(outcomes[PLACE]).detail
    world.assert_synced()


@pytest.mark.parametrize("size", [12, 300, 520])
@pytest.mark.parametrize("length", [0, 63, 65, 300])
async def test_an_entry_that_is_no_leaf_holds_the_log(size: int, length: int) -> None:
    world = World(10)
    await world.sync()
    world.log.append(b"e" * length)
    world.publish(size)
    outcomes = await world.sync()
    fault = fault_in(outcomes[PLACE])
    assert fault.kind is FaultKind.MALFORMED
    assert f"an entry of {length} bytes at index 10" in fault.detail
    assert_holds(world.mirror, world.log, 10)


async def test_a_server_without_ranges_is_fine() -> None:
    world = World(40)
    await world.sync()
    world.origin.has_ranges = False
    world.publish(50)
    outcomes = await world.sync()
    assert outcomes[PLACE].fault is None
    world.assert_synced()


@pytest.mark.parametrize(
    "wrong",
    [
        {"content-range": "bytes 2640-3299/*"},
        {"content-range": "bytes 0-3299/3300"},
        {"content-range": "bytes=2640-3299/3300"},
        {},
        {"content-range": "bytes 2640-3299/3300", "content-encoding": "gzip"},
    ],
)
async def test_a_wrong_range_is_asked_whole_once(wrong: dict[str, str]) -> None:
    world = World(40)
    await world.sync()
    world.publish(50)
    path = "tile/entries/000.p/50"
    world.origin.lies[path] = lambda found: replace(found, headers=wrong) if found.status == 206 else found
    world.requests()
    outcomes = await world.sync()
    assert world.requests().count(path) == 2
    assert outcomes[PLACE].new == 10
    assert fault_in(outcomes[PLACE]).kind is FaultKind.MALFORMED
    world.assert_synced()


async def test_a_tail_of_the_wrong_length() -> None:
    world = World(40)
    await world.sync()
    world.publish(50)
    path = "tile/entries/000.p/50"
    world.origin.lies[path] = lambda found: replace(found, body=found.body[:66])
    outcomes = await world.sync()
    assert fault_in(outcomes[PLACE]).kind is FaultKind.MALFORMED
    world.assert_synced()


async def test_the_last_leaves_of_a_bundle_come_from_the_full_file() -> None:
    world = World(250)
    await world.sync()
    world.publish(256)
    world.requests()
    await world.sync()
    assert "tile/entries/000" in world.requests()
    world.assert_synced()


@pytest.mark.parametrize("size", [50, 300])
async def test_a_deleted_partial_file_is_taken_from_the_full_one(size: int) -> None:
    world = World(40)
    await world.sync()
    world.publish(size)
    note = world.log.note(size)
    partials = {f"tile/entries/{size // 256:03}.p/{size % 256}", f"tile/0/{size // 256:03}.p/{size % 256}"}
    world.log.grow(66_000 if size == 300 else 256)
    partials.add("tile/1/000.p/1")
    for server in world.network.servers.values():
        server.size, server.absent = world.log.size, set(partials)
        server.say("checkpoint", note)
    outcomes = await world.sync()
    assert outcomes[PLACE] == Outcome(world.log.origin, PLACE, size, size - 40, None)
    assert_holds(world.mirror, world.log, size)


async def test_bundles_come_from_wherever_they_are() -> None:
    world = World(2_000)
    for index, server in enumerate((world.origin, world.relay, world.other)):
        server.absent |= {f"tile/entries/{bundle:03}" for bundle in range(7) if bundle % 3 != index}
        server.absent |= {f"content/{bundle:03}" for bundle in range(7) if bundle % 3 == index}
    outcomes = await world.sync()
    assert outcomes[PLACE].fault is not None  # it does not have what its checkpoint needs
    assert fault_in(outcomes[PLACE]).kind is FaultKind.WITHHELD
    world.assert_synced()
