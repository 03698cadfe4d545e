"""A log over a limit stands where it is, and all others go on."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from federation.quotas import DAY, QuotaRule
from node.answers.publishers import publisher
from node.answers.restrained import restrained
from node.peers import sync_round
from node.quotas import resume
from node.store.restraints import paused_logs
from protocol.leaf import Leaf, Op
from tests.publisher import Publisher, entry
from tests.wire_world import Node, World, followed, source_rows


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


class Pair:
    """A publisher that wants much, one that wants little, and a reader of both."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def build(self, **limits: int) -> None:
        self.large, self.small, self.reader = [
            await self.world.node(name) for name in ("large", "small", "reader")
        ]
        self.big, self.little = (Publisher(node.home, node.origin) for node in (self.large, self.small))
        self.limit(**limits)
        for node, each in ((self.large, self.big), (self.small, self.little)):
            each.publish()
            await followed(self.world, self.reader, node.url)

    def limit(self, *rules: QuotaRule, **limits: int) -> None:
        config = self.reader.home.config
        self.reader.home.config = dataclasses.replace(
            config, limits=dataclasses.replace(config.limits, **limits), quota=rules
        )

    def grow(self, each: Publisher, count: int, text: str = "") -> None:
        for number in range(count):
            each.put(entry(f"Thing {number}", description={"en": text} if text else {}))
        each.publish()

    async def round(self) -> None:
        await sync_round(self.reader.home, self.world.fetch)

    def size(self, node: Node) -> int:
        return self.reader.home.logs.store(node.origin).size

    def paused(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = publisher(self.reader.home, self.large.origin)["paused"]
        return found


@pytest.fixture
async def pair(world: World) -> Pair:
    return Pair(world)


async def test_a_log_that_is_too_long_pauses_without_harm_to_others_and_goes_on_when_allowed(
    pair: Pair,
) -> None:
    await pair.build(entries=5)
    await pair.round()
    pair.grow(pair.big, 9)
    pair.grow(pair.little, 2)
    pair.large.requests.clear()
    await pair.round()
    assert (pair.size(pair.large), pair.size(pair.small)) == (1, 3)
    paused = pair.paused()
    assert paused is not None
    assert (paused["limit"], paused["wanted"], paused["allowed"]) == ("limits.entries", 10, 5)
    assert "raise limits.entries, or entries for this publisher alone" in paused["reason"]
    assert "Paused at 10 leaves" in restrained(pair.reader.home)[pair.large.origin]
    # The signed size was enough: nothing else was asked for.
    assert not [path for path in pair.large.requests if "/tile/" in path or "/content/" in path]
    assert resume(pair.reader.home) == ()
    since = paused["at"]
    pair.reader.clock[0] += DAY
    await pair.round()
    assert ((again := pair.paused()) is not None and again["at"]) == since
    pair.limit(QuotaRule(pair.big.chain.fingerprint, entries=10), entries=5)
    assert resume(pair.reader.home) == (pair.large.origin,)
    assert resume(pair.reader.home) == ()
    assert source_rows(pair.reader.home)[f"http://{pair.large.origin}"]["next_due"] == 0
    await pair.round()
    assert pair.size(pair.large) == 10
    assert pair.paused() is None
    assert paused_logs(pair.reader.home.database.connection) == {}


async def test_contents_are_weighed_before_one_is_fetched(pair: Pair) -> None:
    await pair.build(kept_bytes=20_000)
    pair.grow(pair.big, 3, "x" * 9_000)
    pair.large.requests.clear()
    await pair.round()
    paused = pair.paused()
    assert paused is not None
    assert paused["limit"] == "limits.kept_bytes"
    assert paused["wanted"] > 27_000
    assert not [path for path in pair.large.requests if "/content/" in path or "/blob/" in path]
    pair.limit(kept_bytes=100_000)
    await pair.round()
    assert (pair.size(pair.large), pair.paused()) == (4, None)
    # What is kept already counts as it lies on the disk.
    pair.grow(pair.big, 10, "y" * 9_900)
    pair.limit(kept_bytes=99_000)
    await pair.round()
    paused = pair.paused()
    assert paused is not None
    assert pair.size(pair.large) == 4


async def test_leaves_without_effect_are_counted(pair: Pair) -> None:
    await pair.build(void_leaves=1)
    await pair.round()
    for _ in range(2):
        pair.big._append(Leaf(1, Op.WITHDRAW, 0, 0, b"v" * 16, 77, bytes(32)))
    pair.big.publish()
    await pair.round()
    paused = pair.paused()
    assert paused is not None
    assert (paused["limit"], paused["wanted"], paused["allowed"]) == (
        "limits.void_leaves",
        2,
        1,
    )
    assert pair.size(pair.large) == 1


async def test_growth_is_by_the_day_and_the_first_copy_is_none(pair: Pair) -> None:
    await pair.build(new_entries=2)
    pair.grow(pair.big, 30)
    await pair.round()
    assert pair.size(pair.large) == 31
    # A week's worth may come at once, and no more.
    pair.grow(pair.big, 14)
    await pair.round()
    assert (pair.size(pair.large), pair.paused()) == (45, None)
    pair.grow(pair.big, 3)
    await pair.round()
    assert pair.size(pair.large) == 45
    paused = pair.paused()
    assert paused is not None
    assert (paused["limit"], paused["wanted"], paused["allowed"]) == (
        "limits.new_entries",
        3,
        0,
    )
    assert paused["until"] == "2027-01-16T20:00:00Z"
    assert "goes on by itself at 2027-01-16T20:00:00Z" in restrained(pair.reader.home)[pair.large.origin]
    pair.reader.clock[0] += DAY
    assert resume(pair.reader.home) == ()
    pair.reader.clock[0] += DAY // 2
    assert resume(pair.reader.home) == (pair.large.origin,)
    await pair.round()
    assert (pair.size(pair.large), pair.paused()) == (48, None)


async def test_more_than_a_week_saves_up_waits_for_a_person(pair: Pair) -> None:
    await pair.build(new_entries=2)
    pair.grow(pair.big, 1)
    await pair.round()
    pair.grow(pair.big, 15)
    await pair.round()
    paused = pair.paused()
    assert paused is not None
    assert paused["until"] is None
    pair.limit(QuotaRule(pair.large.origin, new_entries=15))
    assert resume(pair.reader.home) == (pair.large.origin,)
    await pair.round()
    assert pair.size(pair.large) == 17


async def test_a_pause_ends_when_the_origin_wants_no_more_than_it_may(pair: Pair) -> None:
    await pair.build(entries=5)
    await pair.round()
    size, note = 1, pair.large.home.logs.get(pair.large.origin)
    assert note is not None
    pair.grow(pair.big, 9)
    await pair.round()
    paused = pair.paused()
    assert paused is not None
    # A thief of the log's key signed a huge size; the publisher shows its own again.
    with pair.large.home.database.write() as connection:
        connection.execute(
            "UPDATE log SET visible = ?, visible_size = ? WHERE origin = ?",
            (note.note, size, pair.large.origin),
        )
    await pair.round()
    assert (pair.size(pair.large), pair.paused()) == (1, None)
