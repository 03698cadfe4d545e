"""Whoever trickles keeps nobody waiting but himself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from node import turns
from node.gossip import Feeds
from node.home import Home
from node.rounds import Rounds
from node.turns import LOGS_AT_ONCE
from tests.publisher import Publisher, entry
from tests.wire_world import Node, World, followed

PATIENCE = 8.0


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
async def test_a_slow_peer_delays_nobody_else(
    world: World, manner: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("one", "other", "reader")
    *nodes, reader = [await world.node(name) for name in names]
    # Logs have their turns by origin; whoever is slow comes first.
    slow, honest = sorted(nodes, key=lambda node: node.origin)
    logs = [Publisher(slow.home, f"127.0.0.1:{slow.port}/log/slow{at}/1") for at in range(LOGS_AT_ONCE + 4)]
    works = Publisher(honest.home, honest.origin)
    for publisher in (*logs, works):
        publisher.put(entry("Bench"))
        publisher.publish()
    for node in (slow, honest):
        await followed(world, reader, node.url)
    world.broken[names[nodes.index(slow)]] = manner  # type: ignore[assignment]
    monkeypatch.setattr(turns, "SLOW_SECONDS", 1.0)
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


def size(home: Home, origin: str) -> int:
    row = home.logs.get(origin)
    return row.visible_size if row is not None else 0


async def held(reader: Node, feeds: Feeds, rounds: Rounds, origin: str, wanted: int) -> None:
    """Let the reader run until it holds so much of a log; its clock runs on by itself."""
    async with asyncio.timeout(PATIENCE):
        while size(reader.home, origin) < wanted:
            reader.clock[0] += 1
            await feeds.step()
            await rounds.step()
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("manner", [trickle, silence])
async def test_a_slow_feed_keeps_back_nobody_else_s_news(world: World, manner: object) -> None:
    """News of a log that is alive come by its node's feed, beside which its host is asked once an hour."""
    slow, honest, reader = [await world.node(name) for name in ("slow", "honest", "reader")]
    works = Publisher(honest.home, honest.origin)
    for publisher in (works, Publisher(slow.home, slow.origin)):
        publisher.put(entry("Bench"))
        publisher.publish()
    for node in (slow, honest):
        await followed(world, reader, node.url)
    patient = reader.home.config
    reader.home.config = replace(patient, limits=replace(patient.limits, stall_seconds=0.2))
    feeds, rounds = Feeds(reader.home, world.fetch), Rounds(reader.home, world.fetch)
    try:
        for origin in (slow.origin, honest.origin):
            await held(reader, feeds, rounds, origin, 2)
        world.broken["slow"] = manner  # type: ignore[assignment]
        await feeds.step()
        for number in range(3, 6):
            works.put(entry(f"Bench {number}"))
            works.publish()
            await held(reader, feeds, rounds, honest.origin, number)
    finally:
        await feeds.close()
        await rounds.close()
