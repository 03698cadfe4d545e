"""Push hints between real nodes: what they bring about, and all that brings nothing about."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from federation.fetch import Fetcher
from federation.limits import Limits
from node.app import make_app
from node.contacts import HintPeer
from node.hints import Hinting
from node.http import bodies, hints
from node.peers import sync_round
from node.rounds import Rounds
from protocol.hint import MAX_HINT, Hint
from tests.publisher import Publisher, entry
from tests.wire_world import Node, World, followed, source_rows

SECRET = "what both operators wrote down"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


def introduce(one: Node, other: Node, secret: str = SECRET) -> None:
    """Let two operators write down the same secret."""
    for node, peer in ((one, other), (other, one)):
        peers = (*node.home.config.hints, HintPeer(peer.url, secret))
        node.home.config = dataclasses.replace(node.home.config, hints=peers)


async def a_city_and_its_reader(world: World) -> tuple[Node, Node, Publisher]:
    city, reader = await world.node("city"), await world.node("reader")
    publisher = Publisher(city.home, city.origin)
    publisher.publish()
    await followed(world, reader, city.url)
    await sync_round(reader.home, world.fetch)
    introduce(city, reader)
    return city, reader, publisher


async def hinted(hinting: Hinting) -> None:
    await hinting.step()
    await hinting._errands.finish()


async def send(node: Node, body: bytes) -> int:
    async with aiohttp.ClientSession() as client, client.post(f"{node.url}/hint", data=body) as response:
        return response.status


def due(node: Node) -> set[str]:
    """Return the sources that are asked now."""
    return {url for url, row in source_rows(node.home).items() if not row["next_due"]}


def places(node: Node) -> set[str]:
    """Return where a node's own log was followed from, and where it says that it is."""
    return {node.url + node.mirror_path, f"{node.url}/log/city/1"}


def held(node: Node, origin: str) -> int:
    row = node.home.logs.get(origin)
    assert row is not None
    return row.size


async def test_what_was_published_is_pulled_without_waiting_for_the_poll(world: World) -> None:
    city, reader, publisher = await a_city_and_its_reader(world)
    hinting = Hinting(city.home, world.fetch)
    await hinted(hinting)
    # The size that the reader holds is no news.
    assert not due(reader)
    publisher.put(entry("Trees"))
    publisher.publish()
    hinting._waits.clear()
    await hinted(hinting)
    assert due(reader) == places(city)
    rounds = Rounds(reader.home, world.fetch)
    await rounds.step()
    for task in rounds._running.values():
        await task
    assert held(reader, city.origin) == publisher.store.size == 2


async def test_nobody_is_told_twice_and_a_fast_log_once_in_a_while(world: World) -> None:
    city, reader, publisher = await a_city_and_its_reader(world)
    hinting = Hinting(city.home, world.fetch)
    for size in range(2, 5):
        for _ in range(2):
            await hinted(hinting)
        publisher.put(entry(f"Trees {size}"))
        publisher.publish()
    assert reader.requests.count("/hint") == 1
    hinting._waits.clear()
    await hinted(hinting)
    assert reader.requests.count("/hint") == 2
    assert hinting._told == {(reader.url, city.origin): 4}


async def test_a_lost_hint_is_not_sent_again(world: World) -> None:
    city, reader, publisher = await a_city_and_its_reader(world)
    silent = HintPeer("http://127.0.0.1:1", SECRET)
    city.home.config = dataclasses.replace(city.home.config, hints=(silent,))
    hinting = Hinting(city.home, world.fetch)
    for _ in range(3):
        await hinted(hinting)
        hinting._waits.clear()
    assert hinting._told == {(silent.url, city.origin): 1}
    # Which costs one poll.
    publisher.put(entry("Trees"))
    publisher.publish()
    reader.clock[0] += 31
    await sync_round(reader.home, world.fetch, only_due=True)
    assert held(reader, city.origin) == 2


async def test_a_peer_that_is_told_of_what_it_does_not_follow(world: World) -> None:
    city, reader, _ = await a_city_and_its_reader(world)
    Publisher(reader.home, reader.origin).publish()
    hinting = Hinting(reader.home, world.fetch)
    await hinted(hinting)
    assert city.requests[-1] == "/hint"
    assert held(city, city.origin) == 1
    # Stopping drops what is on its way.
    hinting._told.clear()
    hinting._waits.clear()
    await hinting.step()
    await hinting.close()


async def test_without_peers_nothing_is_sent_or_taken(world: World) -> None:
    city = await world.node("city")
    Publisher(city.home, city.origin).publish()
    await hinted(Hinting(city.home, world.fetch))
    assert await send(city, Hint(city.origin, 5).seal(SECRET)) == 404


async def test_what_is_no_hint_of_a_peer_has_no_effect(world: World) -> None:
    city, reader, _ = await a_city_and_its_reader(world)
    before = source_rows(reader.home)
    news = Hint(city.origin, 5)
    assert await send(reader, news.seal("somebody else's secret")) == 403
    assert await send(reader, b"") == 400
    assert await send(reader, b"x" * (MAX_HINT + 1)) == 413
    assert await send(reader, Hint("nobody.example/log/x/1", 5).seal(SECRET)) == 404
    # Nobody but the node itself says how large its own log is.
    Publisher(reader.home, reader.origin).publish()
    assert await send(reader, Hint(reader.origin, 5).seal(SECRET)) == 404
    assert await send(reader, Hint(city.origin, 1).seal(SECRET)) == 204
    assert source_rows(reader.home) == before
    assert await send(reader, news.seal(SECRET)) == 204
    assert due(reader) == places(city)


async def test_the_peer_itself_is_asked_also_after_it_was_down(world: World) -> None:
    city, reader, _ = await a_city_and_its_reader(world)
    elsewhere = "https://relay.example/mirror/1"
    with reader.home.database.write() as connection:
        connection.execute("UPDATE source SET failures = 3, next_due = 4000000000")
        connection.execute(
            "INSERT INTO source (log, url, failures, next_due)"
            " SELECT id, ?, 3, 4000000000 FROM log WHERE own = 0",
            (elsewhere,),
        )
    assert await send(reader, Hint(city.origin, 5).seal(SECRET)) == 204
    assert due(reader) == places(city)
    assert source_rows(reader.home)[elsewhere]["next_due"] == 4_000_000_000


async def test_a_flood_is_refused_unread(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    city, reader, _ = await a_city_and_its_reader(world)
    for name, value in (("BURST", 8), ("PER_SECOND", 0.0), ("LOG_BURST", 2), ("LOG_PER_SECOND", 0.0)):
        monkeypatch.setattr(hints, name, value)
    runner = aiohttp.web.AppRunner(make_app(reader.home))
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/hint"  # type: ignore[attr-defined]
    try:
        async with Fetcher(Limits(), allow_private=True) as fetch:

            async def status(body: bytes) -> int:
                return (await fetch.post(url, body, limit=1_000, media_type="text/plain")).status

            sealed = Hint(city.origin, 5).seal(SECRET)
            assert [await status(sealed) for _ in range(3)] == [204, 204, 429]
            assert [await status(b"nonsense") for _ in range(50)] == [400] * 5 + [429] * 45
            assert await status(sealed) == 429
    finally:
        await runner.cleanup()


def test_a_pace_is_counted_apart_for_each_name() -> None:
    now = [0.0]
    pace = bodies.Pace(2, 0.5, clock=lambda: now[0])
    assert [pace.allows("a") for _ in range(3)] == [True, True, False]
    assert pace.allows("b")
    now[0] = 2.0
    assert [pace.allows("a") for _ in range(2)] == [True, False]
    now[0] = 1_000.0
    assert [pace.allows("a") for _ in range(3)] == [True, True, False]
