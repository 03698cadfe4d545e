"""Mirrors that are asked side by side and disagree: about keys, and about the tree."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping

import pytest

from federation.faults import FaultKind
from federation.response import Response
from federation.sources import Source
from tests.federation_world import MIRROR, OTHER, Network, SimulatedLog, World, fault_in


class SlowNetwork(Network):
    """Key sets take their time, and so does the checkpoint of one server."""

    late: str = ""

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        is_late = bool(self.late) and url.startswith(self.late) and url.endswith("checkpoint")
        await asyncio.sleep(0.01 if "/keys/" in url else 0.005 * is_late)
        return await super().get(url, limit=limit, gzip=gzip, headers=headers)


def rotated(size: int) -> tuple[SimulatedLog, SimulatedLog]:
    """Return a log whose key changed at 40, and what a thief of its first key makes of it."""
    log = SimulatedLog().grow(40)
    log.rotate()
    stolen = copy.deepcopy(log)
    stolen.word = "stolen"
    return log.grow(size), stolen.grow(size + 10)


@pytest.mark.parametrize("late", ["", MIRROR, OTHER])
@pytest.mark.parametrize("thief", [MIRROR, OTHER])
async def test_a_retired_key_counts_for_nobody_who_is_asked_beside(thief: str, late: str) -> None:
    log, stolen = rotated(60)
    world = World(60, log)
    network = SlowNetwork(world.network.servers)
    network.late, world.network = late, network
    server = network.servers[thief]
    server.log, server.size = stolen, 70
    server.say("checkpoint", stolen.note(70, generation=1))
    server.absent.add("keys/2")
    outcomes = await world.sync(Source(MIRROR), Source(OTHER))
    assert fault_in(outcomes[thief]).kind is FaultKind.BAD_SIGNATURE
    honest = MIRROR if thief == OTHER else OTHER
    assert (outcomes[honest].new, outcomes[honest].fault) == (60, None)
    world.assert_synced()


async def test_a_key_that_is_retired_while_others_are_asked_counts_no_more() -> None:
    log, stolen = rotated(60)
    world = World(60, log)
    relay, other = world.network.servers[MIRROR], world.network.servers[OTHER]
    relay.log, relay.size = stolen, 70
    relay.say("checkpoint", stolen.note(70, generation=1))
    relay.absent.add("keys/2")

    # Nobody shows the new key set at first: the checkpoint by the old key looks fine.
    asked: list[str] = []

    def later(found: Response) -> Response:
        asked.append("keys/2")
        return found if len(asked) > 1 else Response(404)

    third = world.network.serve("https://third.example/mirror/1", log)
    third.lies["keys/2"] = later
    other.absent.add("keys/2")
    network = SlowNetwork(world.network.servers)
    network.late, world.network = third.prefix, network
    for _ in range(2):
        outcomes = await world.sync(Source(MIRROR), Source(OTHER), Source(third.prefix))
        assert outcomes[MIRROR].new == 0
    world.assert_synced()


async def test_lying_mirrors_do_not_multiply_questions() -> None:
    world = World(40)
    prefixes = [f"https://mirror{number}.example/mirror/1" for number in range(20)]
    for prefix in prefixes:
        world.network.serve(prefix, world.log).say("checkpoint", world.log.note(40, generation=2))
    await world.sync(*map(Source, prefixes))
    # The next key set, from each of them twice at most, and once the one that is held, to compare.
    assert sum("/keys/" in url for url in world.network.requests) <= 3 * len(prefixes)


async def test_two_trees_of_one_size_are_noticed_at_once() -> None:
    world = World(60)
    world.network.servers[OTHER].log = SimulatedLog("another").grow(60)
    outcomes = await world.sync(Source(MIRROR), Source(OTHER))
    assert outcomes[MIRROR].new == 60
    fault = fault_in(outcomes[OTHER])
    assert (fault.kind, fault.detail) == (FaultKind.INCONSISTENT, "the origin signed two trees of size 60")
    world.assert_synced()
