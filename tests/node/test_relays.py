"""Many carriers of one log, on real sockets: large pulls come from all of them, and all of them are heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from federation.limits import Limits
from node.answers.digest import digest
from node.gossip import check_feeds
from node.peers import sync_round
from tests.publisher import Publisher, entry
from tests.wire_world import Node, World, followed, source_rows

ENTRIES = 3 * 256


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


async def carriers(world: World, count: int, entries: int) -> list[Node]:
    """Return a publisher's node, and others with logs of their own that carry its log."""
    nodes = [await world.node(f"n{number}") for number in range(count + 1)]
    city, *others = nodes
    publisher = Publisher(city.home, city.origin)
    for number in range(entries):
        publisher.put(entry(f"Tree {number}"))
    publisher.publish()
    for node in others:
        Publisher(node.home, node.origin).publish()
        await followed(world, node, city.url)
        await sync_round(node.home, world.fetch)
    return nodes


async def reading(world: World, nodes: list[Node]) -> Node:
    """Return a node that follows all these, and has not asked for anything yet."""
    reader = await world.node("reader")
    reader.home.config = replace(reader.home.config, limits=Limits(few_bundles=1))
    for node in nodes:
        await followed(world, reader, node.url)
        node.requests.clear()
    return reader


def sent(node: Node) -> int:
    """Return for how many bundles and contents of others' logs a node was asked."""
    return sum("/entries/" in path or "/content/" in path for path in node.requests)


async def test_a_large_log_comes_from_its_origin_and_all_mirrors(world: World) -> None:
    city, b, c = await carriers(world, 2, ENTRIES)
    reader = await reading(world, [city, b, c])
    outcomes = await sync_round(reader.home, world.fetch)
    assert {outcome.fault for outcome in outcomes if outcome.source.startswith("http:")} == {None}
    assert digest(reader.home, [city.origin]) == digest(city.home, [city.origin])
    assert sent(b) > 0
    assert sent(c) > 0
    # A mirror is remembered like any other source, and is not asked for checkpoints because of it.
    assert f"{b.url}{city.mirror_path}" in source_rows(reader.home)
    assert f"{city.mirror_path}/checkpoint" not in b.requests + c.requests


async def test_a_log_whose_origin_is_gone_comes_from_those_that_are_there(world: World) -> None:
    city, b, c = await carriers(world, 2, ENTRIES)
    reader = await reading(world, [city, b, c])
    await city.server.close()
    await sync_round(reader.home, world.fetch)
    assert digest(reader.home, [city.origin]) == digest(b.home, [city.origin])
    assert sent(b) > 0
    assert sent(c) > 0


async def test_two_carriers_beside_the_origins_node_are_heard_and_the_others_in_turn(world: World) -> None:
    city, *others = await carriers(world, 5, 3)
    reader = await reading(world, [city, *others])
    await sync_round(reader.home, world.fetch)
    heard: set[str] = set()
    for _ in range(len(others) + 1):
        for node in (city, *others):
            node.requests.clear()
        reader.clock[0] += 31
        await check_feeds(reader.home, world.fetch)
        asked = {node.url for node in (city, *others) if "/checkpoints" in node.requests}
        assert len(asked - {city.url}) >= 2
        heard |= asked
    assert heard == {node.url for node in (city, *others)}
