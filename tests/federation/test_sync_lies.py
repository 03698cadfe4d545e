"""Sources that lie, stall or are gone: named, and the files come from another."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from federation.faults import FaultKind
from federation.sources import Source
from tests.federation_world import LIMITS, MIRROR, OTHER, PLACE, SimulatedLog, World, fault_in

KINDS = {
    "checkpoint": (FaultKind.BAD_SIGNATURE, FaultKind.MALFORMED),
    "tile/1/000.p/2": (FaultKind.INCONSISTENT,),
    "tile/0/002.p/88": (FaultKind.INCONSISTENT,),
    "tile/entries/000": (FaultKind.INCONSISTENT, FaultKind.MALFORMED),
    "tile/entries/002.p/88": (FaultKind.INCONSISTENT, FaultKind.MALFORMED),
    "content/000": (FaultKind.INCONSISTENT, FaultKind.MALFORMED),
    "content/001": (FaultKind.INCONSISTENT, FaultKind.MALFORMED),
}


@pytest.mark.parametrize("path", KINDS)
async def test_a_flipped_byte_is_named_and_the_file_comes_from_another(path: str) -> None:
    dice = random.Random(path)  # noqa: S311 - repeatable, not secret
    log = SimulatedLog().grow(600)
    size = len(log.file(path, 600) or b"")
    # Of a checkpoint's lines only the log's must be there: the others may become strangers'.
    end = size if path != "checkpoint" else (log.file(path, 600) or b"").index(b"=\n\xe2", 150)
    for _ in range(12):
        world = World(600, log)
        world.relay.flip(path, dice.randrange(end))
        outcomes = await world.sync(Source(MIRROR), Source(OTHER))
        fault = fault_in(outcomes[MIRROR])
        assert fault.kind in KINDS[path]
        assert path in fault.file
        assert outcomes[OTHER].fault is None
        world.assert_synced()


@pytest.mark.parametrize("at", range(66 * 3))
async def test_a_flip_in_the_tail_is_caught(at: int) -> None:
    world = World(40)
    await world.sync()
    world.publish(43)
    world.relay.flip("tile/entries/000.p/43", at)
    outcomes = await world.sync(Source(MIRROR), Source(OTHER))
    assert fault_in(outcomes[MIRROR]).file == "tile/entries/000.p/43"
    world.assert_synced()


@pytest.mark.parametrize("at", [0, 15, 16, 40])
async def test_a_flip_in_a_single_blob_is_caught(at: int) -> None:
    world = World(40)
    await world.sync()
    world.publish(41)
    world.relay.flip("blob/40", at)
    outcomes = await world.sync(Source(MIRROR), Source(OTHER))
    assert (fault_in(outcomes[MIRROR]).kind, fault_in(outcomes[MIRROR]).file) == (
        FaultKind.INCONSISTENT,
        "blob/40",
    )
    world.assert_synced()


ANSWERS = {
    "html": (b"<!doctype html><title>Welcome</title>", 200),
    "nothing": (b"", 200),
    "server error": (b"", 500),
    "teapot": (b"", 418),
    "part unasked": (b"x" * 100, 206),
    "unchanged unasked": (b"", 304),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("path", [*KINDS, "blob/1"])
async def test_strange_answers_are_faults_and_disturb_nothing(path: str, answer: str) -> None:
    world = World(600)
    world.limits = replace(LIMITS, few_blobs=300 if path == "blob/1" else 8)
    body, status = ANSWERS[answer]
    world.relay.say(path, body, status)
    outcomes = await world.sync(Source(MIRROR), Source(OTHER))
    assert outcomes[MIRROR].fault is not None
    world.assert_synced()


@pytest.mark.parametrize(
    "path", ["tile/entries/001", "tile/entries/002.p/88", "content/001", "tile/1/000.p/2"]
)
async def test_half_of_a_file_and_anothers_file(path: str) -> None:
    log = SimulatedLog().grow(600)
    whole = log.file(path, 600) or b""
    stranger = SimulatedLog("stranger").grow(600).file(path, 600) or b""
    for body in (whole[: len(whole) // 2], whole + whole, stranger):
        world = World(600, log)
        world.relay.say(path, body)
        outcomes = await world.sync(Source(MIRROR), Source(OTHER))
        assert outcomes[MIRROR].fault is not None
        assert path in fault_in(outcomes[MIRROR]).file
        world.assert_synced()


async def test_another_logs_checkpoint_is_refused() -> None:
    world = World(20)
    note = world.log.note(20)
    world.relay.say("checkpoint", note.replace(b"city.example/log/works/1", b"town.example/log/works/1"))
    outcomes = await world.sync(Source(MIRROR), Source(OTHER))
    assert fault_in(outcomes[MIRROR]).kind is FaultKind.BAD_SIGNATURE
    world.assert_synced()


async def test_dead_sources_are_left_alone_and_mirrors_serve() -> None:
    world = World(900)
    world.origin.is_down = world.relay.is_down = True
    outcomes = await world.sync()
    kinds = {source: outcome.fault and outcome.fault.kind for source, outcome in outcomes.items()}
    assert kinds == {PLACE: FaultKind.UNREACHABLE, MIRROR: FaultKind.UNREACHABLE, OTHER: None}
    assert outcomes[OTHER].new == 900
    assert sum(url.startswith(MIRROR) for url in world.network.requests) <= LIMITS.strikes
    world.assert_synced()


async def test_the_largest_valid_checkpoint_of_all_mirrors_wins() -> None:
    world = World(900)
    world.origin.is_down = True
    world.relay.size = 300
    outcomes = await world.sync()
    assert outcomes[OTHER].new == 900
    assert outcomes[MIRROR].fault is None
    world.assert_synced()


async def test_nobody_has_the_log() -> None:
    world = World(5)
    for server in world.network.servers.values():
        server.absent.add("checkpoint")
    outcomes = await world.sync()
    assert len(outcomes) == 3
    assert all(o.fault and o.fault.kind is FaultKind.UNREACHABLE for o in outcomes.values())
    assert world.mirror.size == 0


@pytest.mark.parametrize(("size", "kind"), [(2**62, FaultKind.OVER_LIMIT), (5_000, FaultKind.WITHHELD)])
async def test_a_size_without_tiles_does_not_stop_smaller_ones(size: int, kind: FaultKind) -> None:
    world = World(300)
    world.origin.say("checkpoint", world.log.note(size, root=b"r" * 32))
    outcomes = await world.sync()
    assert fault_in(outcomes[PLACE]).kind is kind
    assert outcomes[MIRROR].new == 300
    world.assert_synced()


async def test_smaller_offers_of_mirrors_proceed_as_well() -> None:
    world = World(300)
    world.origin.is_down = True
    world.relay.say("checkpoint", world.log.note(2**62, root=b"r" * 32))
    outcomes = await world.sync()
    assert outcomes[OTHER].new == 300
    world.assert_synced()
