"""Origins that nobody asked for: not fetched, not stored, not counted, whoever lists them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.answers.digest import digest
from node.answers.heads import heads
from node.answers.publishers import publishers
from node.answers.search import Question, search
from node.gossip import check_feeds
from node.home import Home
from node.peers import sync_round
from tests.publisher import Publisher, entry
from tests.wire_world import World, followed


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


def tables_with(home: Home, word: bytes) -> set[str]:
    """Return the tables of the database in which a word occurs."""
    connection, found = home.database.connection, set()
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (name,) in names:
        for row in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - our own tables
            values = (value.encode() if isinstance(value, str) else value for value in row)
            if any(isinstance(value, bytes) and word in value for value in values):
                found.add(name)
    return found


async def test_what_was_not_asked_for_is_not_fetched_not_stored_and_not_counted(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    wanted = Publisher(a.home, a.origin)
    others = [Publisher(a.home, f"127.0.0.1:{a.port}/log/unasked{number}/1") for number in range(5)]
    for publisher in (wanted, *others):
        publisher.put(entry(f"Tool of {publisher.origin.split('/')[2]}"))
        publisher.publish()
    await followed(world, b, a.url, a.origin)
    for _ in range(4):
        b.clock[0] += 31
        await check_feeds(b.home, world.fetch)
        await sync_round(b.home, world.fetch)
    assert "/checkpoints" in a.requests
    assert not [path for path in a.requests if "unasked" in path]
    theirs = {row.hash for row in a.home.logs.all() if "unasked" in row.origin}
    assert not [path for path in a.requests if path.split("/")[2:3] and path.split("/")[2] in theirs]
    # The card of a node names what it hosts, and is shown as what that node says of itself.
    assert tables_with(b.home, b"unasked") <= {"peer"}
    assert not [path for path in b.home.path.rglob("*") if any(name in str(path) for name in theirs)]
    assert [row.origin for row in b.home.logs.all()] == [a.origin]
    assert search(b.home, Question()).total == 1
    assert [each["origin"] for each in publishers(b.home)] == [a.origin]
    assert [each["origin"] for each in heads(b.home)] == [a.origin]
    assert digest(b.home) == digest(a.home, [a.origin])
