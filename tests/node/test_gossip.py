"""Feeds of neighbours over real sockets: one question for all logs, and nothing hidden by who is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web

from node.answers.digest import digest
from node.gossip import check_feeds
from node.heads import heard, revisit
from node.home import Home
from node.peers import follow, introduce_all, sync_round
from node.rounds import Rounds
from node.sources import log_sources
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign
from protocol.feed import Feed, FeedItem
from protocol.keyset import KeyChain
from protocol.note import Note
from tests.publisher import Publisher, entry
from tests.signers import beat_key, key_note, key_set, log_key
from tests.wire_world import Node, World, followed


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


def publishers(node: Node, count: int) -> list[Publisher]:
    """Return logs of a node, its own first one among them, each published once."""
    names = ["city", *(f"agency{number}" for number in range(1, count))]
    made = [Publisher(node.home, f"127.0.0.1:{node.port}/log/{name}/1") for name in names]
    for publisher in made:
        publisher.publish()
    return made


def note_of(publisher: Publisher, size: int) -> bytes:
    """Return the checkpoint that a log signed at a size."""
    checkpoint = Checkpoint(publisher.origin, size, publisher.store.tree.edge(size).root)
    return Note(checkpoint.text, (sign_checkpoint(checkpoint, log_key(1, publisher.origin)),)).render()


def rows(home: Home, query: str) -> list[Any]:
    return home.database.connection.execute(query).fetchall()


def states(home: Home) -> dict[str, str]:
    return dict(rows(home, "SELECT origin, state FROM seen_head JOIN log ON log.id = seen_head.log"))


async def step(world: World, node: Node, seconds: int = 0) -> None:
    """Let time pass, and a running node do what is due."""
    node.clock[0] += seconds
    await check_feeds(node.home, world.fetch)
    rounds = Rounds(node.home, world.fetch)
    await rounds.step()
    await asyncio.gather(*rounds._running.values())


async def settled(world: World, reader: Node, *nodes: Node) -> None:
    """Have a node follow others, sync all, and hear their feeds."""
    for node in nodes:
        await followed(world, reader, node.url)
    await sync_round(reader.home, world.fetch)
    for seconds in (0, 31, 31):
        await step(world, reader, seconds)
    for node in nodes:
        node.requests.clear()


async def test_many_logs_cost_one_question(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    made = publishers(a, 12)
    await settled(world, b, a)
    for _ in range(5):
        await step(world, b, 31)
    assert a.requests == ["/checkpoints"] * 5
    assert set(states(b.home).values()) == {"agrees"}
    # One of them has something new: it alone is asked about.
    made[7].put(entry("Trees"))
    made[7].publish()
    a.requests.clear()
    await step(world, b, 31)
    assert digest(b.home) == digest(a.home)
    assert "/checkpoints" in a.requests
    assert {path.split("/")[2] for path in a.requests if path.startswith("/mirror")} == {
        row.hash for row in a.home.logs.all() if row.origin == made[7].origin
    }


async def test_an_origin_is_asked_once_an_hour_all_the_same(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    publishers(a, 1)
    await settled(world, b, a)
    await step(world, b, 3601)
    assert a.requests == ["/checkpoints", "/log/city/1/checkpoint"]


async def test_an_origin_that_is_not_alive_is_asked_itself(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    publishers(a, 1)
    await settled(world, b, a)
    b.clock[0] += 49 * 3600
    for _ in range(3):
        a.requests.clear()
        await step(world, b, 31)
        assert a.requests == ["/checkpoints", "/log/city/1/checkpoint"]


async def test_a_neighbour_without_a_feed_covers_nothing(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    publishers(a, 1)
    await settled(world, b, a)

    async def silent(request: web.Request) -> web.StreamResponse:
        if request.path == "/checkpoints":
            return web.Response(status=404)
        answer = await request.match_info.handler(request)
        assert isinstance(answer, web.StreamResponse)
        return answer

    world.broken["a"] = silent
    with structlog.testing.capture_logs() as lines:
        await step(world, b, 31)
    assert [line["event"] for line in lines] == ["no feed"]
    for _ in range(2):
        a.requests.clear()
        await step(world, b, 31)
        assert "/log/city/1/checkpoint" in a.requests
    assert rows(b.home, "SELECT fault, failures > 0 FROM neighbour") == [("unreachable", 1)]
    # When it has one again, all is told anew to whoever asks.
    del world.broken["a"]
    await step(world, b, 7200)
    assert rows(b.home, "SELECT fault, failures FROM neighbour") == [(None, 0)]


async def test_one_neighbour_alone_spares_no_origin_elsewhere(world: World) -> None:
    a, b, c, d = [await world.node(name) for name in "abcd"]
    publishers(a, 1)
    for node in (b, c):
        Publisher(node.home, node.origin).publish()
        await followed(world, node, a.url)
        await sync_round(node.home, world.fetch)
    # d hears of a's log from b and c, and never from a's own node.
    (introduction,) = await introduce_all(d.home, world.fetch, f"{a.url}/log/city/1", None)
    follow(d.home, introduction, f"{a.url}/log/city/1", "root")
    await settled(world, d, b)
    await step(world, d, 31)
    assert "/log/city/1/checkpoint" in a.requests
    await settled(world, d, c)
    a.requests.clear()
    for _ in range(3):
        await step(world, d, 31)
    assert a.requests == []


async def test_news_come_from_whoever_has_them(world: World) -> None:
    a, b, c = [await world.node(name) for name in "abc"]
    (publisher,) = publishers(a, 1)
    Publisher(b.home, b.origin).publish()
    await followed(world, b, a.url)
    await sync_round(b.home, world.fetch)
    await settled(world, c, a, b)
    publisher.put(entry("Trees"))
    publisher.publish()
    await sync_round(b.home, world.fetch)
    # The origin is gone for good; only b's feed tells.
    await a.server.close()
    await step(world, c, 31)
    assert digest(c.home, [a.origin]) == digest(b.home, [a.origin])


async def test_a_newer_heartbeat_needs_no_question_to_the_origin(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    (publisher,) = publishers(a, 1)
    await settled(world, b, a)
    row = a.home.logs.get(publisher.origin)
    assert row is not None
    note = Note.parse(row.signed)
    later = cosign(note.text, beat_key(1, publisher.origin), b.clock[0] + 31)
    publisher.store.keep_note(note.with_signatures(later).render())
    await step(world, b, 31)
    assert a.requests == ["/checkpoints"]
    held = b.home.logs.get(publisher.origin)
    assert held is not None
    assert held.chain.beat_time(Note.parse(held.signed)) == b.clock[0]
    assert held.chain.beat_time(Note.parse(held.note)) == b.clock[0]


async def test_a_rotation_is_learned_from_a_neighbour_while_the_origin_says_nothing(world: World) -> None:
    a, b, c = [await world.node(name) for name in "abc"]
    (publisher,) = publishers(a, 1)
    Publisher(b.home, b.origin).publish()
    await followed(world, b, a.url)
    await sync_round(b.home, world.fetch)
    await settled(world, c, a, b)
    chain = KeyChain.start(publisher.chain.notes[0], fingerprint=None, origin=a.origin)
    b.home.logs.store(a.origin).keep_chain(chain.extend(key_note(key_set(2, origin=a.origin, after=9))))
    await step(world, c, 31)
    row = c.home.logs.get(a.origin)
    assert row is not None
    assert len(row.key_notes) == 2


async def test_a_key_set_that_does_not_exist_is_looked_for_once(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    (publisher,) = publishers(a, 1)
    await settled(world, b, a)
    row = a.home.logs.get(publisher.origin)
    assert row is not None
    lie = Feed.of("lie", [FeedItem(row.note, 200)], full=True).render()

    async def lying(request: web.Request) -> web.StreamResponse:
        if request.path == "/checkpoints":
            return web.Response(body=lie, headers={"ETag": '"lie"'})
        answer = await request.match_info.handler(request)
        assert isinstance(answer, web.StreamResponse)
        return answer

    world.broken["a"] = lying
    await step(world, b, 31)
    assert [path for path in a.requests if "/keys/" in path]
    assert rows(b.home, "SELECT keys FROM seen_head") == [(1,)]


async def test_what_is_not_followed_is_skipped_and_what_is_gone_forgotten(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    made = publishers(a, 3)
    for introduction in await introduce_all(b.home, world.fetch, a.url, made[0].origin):
        follow(b.home, introduction, a.url, "root")
    await sync_round(b.home, world.fetch)
    await step(world, b, 31)
    assert set(states(b.home)) == {made[0].origin}
    empty = Feed("none", full=True, items=()).render()

    async def other(_: web.Request) -> web.StreamResponse:
        return web.Response(body=empty)

    world.broken["a"] = other
    await step(world, b, 31)
    assert states(b.home) == {}


async def test_a_store_that_cannot_be_read_leaves_the_others_heard(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = await world.node("a"), await world.node("b")
    made = publishers(a, 2)
    await settled(world, b, a)
    for publisher in made:
        publisher.put(entry("New"))
        publisher.publish()
    store = b.home.logs.store

    def broken(origin: str) -> Any:  # noqa: ANN401
        if origin == made[0].origin:
            raise OSError("the disk is on fire")
        return store(origin)

    monkeypatch.setattr(b.home.logs, "store", broken)
    b.clock[0] += 31
    with structlog.testing.capture_logs() as lines:
        await check_feeds(b.home, world.fetch)
    assert [line["event"] for line in lines] == ["feed item not read"]
    assert states(b.home)[made[1].origin] == "ahead"


async def test_a_database_that_takes_nothing_ends_no_round(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = await world.node("a"), await world.node("b")
    publishers(a, 1)
    await followed(world, b, a.url)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("node.gossip.keep", full)
    with structlog.testing.capture_logs() as lines:
        outcomes = await sync_round(b.home, world.fetch)
    assert any(line["event"] == "feed not kept" for line in lines)
    assert any(outcome.new for outcome in outcomes)


async def test_a_damaged_tree_is_said_and_nothing_is_concluded_from_it(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    (publisher,) = publishers(a, 1)
    for number in range(3):
        publisher.put(entry(f"Tree {number}"))
    publisher.publish()
    await settled(world, b, a)
    store = b.home.logs.store(publisher.origin)
    (store.tree.directory / "hashes.0").write_bytes(b"")
    behind = note_of(publisher, 2)
    feed = Feed.of("old", [FeedItem(behind, 1)], full=True).render()

    async def behindhand(_: web.Request) -> web.StreamResponse:
        return web.Response(body=feed)

    world.broken["a"] = behindhand
    b.clock[0] += 31
    with structlog.testing.capture_logs() as lines:
        await check_feeds(b.home, world.fetch)
    assert [line["event"] for line in lines] == ["feed item not read"]
    with b.home.database.write() as connection:
        connection.execute(
            "INSERT INTO seen_head (log, url, state, detail, keys, note, seen_at)"
            " VALUES (1, 'https://x.example', 'ahead', '', 1, ?, 0)",
            (behind,),
        )
    assert revisit(b.home, publisher.origin) == ()


async def test_only_sources_that_may_be_asked_are_heard(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    (publisher,) = publishers(a, 1)
    await settled(world, b, a)
    publisher.put(entry("New"))
    publisher.publish()
    b.clock[0] += 31
    await check_feeds(b.home, world.fetch)
    row = b.home.logs.get(publisher.origin)
    assert row is not None
    sources = log_sources(b.home, row)
    (news,) = heard(b.home, row, sources)
    assert news.source.prefix == f"{a.url}{a.mirror_path}"
    assert heard(b.home, row, [source for source in sources if source != news.source]) == ()
    assert revisit(b.home, "nobody.example/log/x/1") == ()


async def test_a_node_without_neighbours_asks_nobody(world: World) -> None:
    a = await world.node("a")
    publishers(a, 1)
    await check_feeds(a.home, world.fetch)
    assert rows(a.home, "SELECT * FROM neighbour") == []
