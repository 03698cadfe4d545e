"""Whoever trickles keeps nobody waiting but himself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from node.rounds import LOGS_AT_ONCE, Rounds
from tests.publisher import Publisher, entry
from tests.wire_world import World, followed

PATIENCE = 20.0


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


async def trickle(request: web.Request) -> web.StreamResponse:
    """A byte a second, for ever."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x")
        await asyncio.sleep(1)


async def silence(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(3600)
    raise AssertionError


@pytest.mark.parametrize("manner", [trickle, silence])
async def test_a_slow_peer_delays_nobody_else(world: World, manner: object) -> None:
    slow, honest, reader = [await world.node(name) for name in ("slow", "honest", "reader")]
    logs = [Publisher(slow.home, f"127.0.0.1:{slow.port}/log/slow{at}/1") for at in range(LOGS_AT_ONCE - 1)]
    works = Publisher(honest.home, honest.origin)
    for publisher in (*logs, works):
        publisher.put(entry("Bench"))
        publisher.publish()
    for node in (slow, honest):
        await followed(world, reader, node.url)
    world.broken["slow"] = manner  # type: ignore[assignment]
    rounds = Rounds(reader.home, world.fetch)
    await rounds.step()
    try:
        async with asyncio.timeout(PATIENCE):
            while (row := reader.home.logs.get(honest.origin)) is None or row.visible_size < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        slow_ones = [task for origin, task in rounds._running.items() if "slow" in origin]
        assert len(slow_ones) == len(logs)
        assert not any(task.done() for task in slow_ones)
    finally:
        await rounds.close()
