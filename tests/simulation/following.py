"""How a simulated node keeps up: sync, feeds and schedule of federation, on a clock that jumps.

What ``node.rounds`` and ``node.gossip`` do with a database is done here with dictionaries, by the same
rules: a log is due when its origin is, or, while that fails, when anybody is; sources that fail back off;
neighbours' feeds wake a log that has news, and let a log wait that they cover.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from federation.faults import FaultError
from federation.forks import fork_below
from federation.gossip import (
    COVER,
    FeedAnswer,
    HeadState,
    Heard,
    ask_evidence,
    ask_feed,
    choose,
    is_alive,
    is_news,
    weigh,
)
from federation.limits import Limits
from federation.memory import Memory
from federation.offers import is_fresher
from federation.response import Fetch
from federation.schedule import next_due
from federation.sources import Source, mirror_prefix, sources_of
from federation.sync import Outcome, sync_log
from node.gossip import DIRECT_SECONDS, STALE_SECONDS
from node.sources import NEVER, State, is_due, is_failure, may_ask
from node.turns import LOGS_AT_ONCE
from protocol.errors import ProtocolError, SignatureError
from protocol.feed import FeedItem
from protocol.note import Note
from protocol.origin import Origin, origin_hash

from .disk import Disk
from .splits import Splits


class Ground(Protocol):
    """What nodes stand on.

    Attributes:
        dice: All chance.
        limits: The bounds.
        interval: Seconds between two polls.
    """

    dice: Random
    limits: Limits
    interval: int

    def now(self) -> int:
        """Return the time in POSIX seconds."""
        ...


@dataclass(slots=True)
class Neighbour:
    """What is remembered of a followed node's feed."""

    cursor: str = ""
    etag: str = ""
    failures: int = 0
    due: int = 0
    answered: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A head as a neighbour showed it."""

    state: HeadState
    size: int
    item: FeedItem


@dataclass
class Remembered:
    """What the database of a node remembers of sources and neighbours; it survives crashes.

    Attributes:
        states: Origin → prefix → failures and when to ask next.
        neighbours: Address → its feed.
        shown: Origin → address → the head that it showed.
        asked: Origin → when it was asked for last.
        splits: Evidence, and the logs that stand still.
    """

    splits: Splits
    states: dict[str, dict[str, State]] = field(default_factory=dict)
    neighbours: dict[str, Neighbour] = field(default_factory=dict)
    shown: dict[str, dict[str, Shown]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)


class Following:
    """The running rounds of one node, from one start to the next crash."""

    def __init__(
        self,
        ground: Ground,
        fetch: Fetch,
        disks: Mapping[str, Disk],
        peers: Sequence[str],
        remembered: Remembered,
    ) -> None:
        """Begin.

        Args:
            ground: What the node stands on.
            fetch: How it asks.
            disks: Origin → store of each followed log.
            peers: Addresses of followed nodes.
            remembered: What was remembered when it was started.
        """
        self._ground, self._fetch, self._disks, self._peers = ground, fetch, disks, tuple(peers)
        self._remembered, self._splits = remembered, remembered.splits
        self._memory = Memory()
        self._slots = asyncio.Semaphore(LOGS_AT_ONCE)
        self._wakes = {origin: asyncio.Event() for origin in disks}
        self._found: dict[str, tuple[int, tuple[Source, ...]]] = {}
        self._by_hash = {origin_hash(origin): origin for origin in disks}
        self._own: dict[str, list[str]] = defaultdict(list)
        for origin in disks:
            self._own[f"https://{Origin.parse(origin).host}"].append(origin)

    async def run(self) -> None:
        """Keep up until cancelled, or killed by a disk."""
        async with asyncio.TaskGroup() as together:
            together.create_task(self._listen())
            for origin in self._disks:
                together.create_task(self._follow(origin))

    async def _follow(self, origin: str) -> None:
        loop, wake = asyncio.get_running_loop(), self._wakes[origin]
        while True:
            wait = self._wait(origin)
            if origin in self._splits.frozen:
                await wake.wait()
                wake.clear()
                continue
            if wait > 0:
                timer = loop.call_later(wait, wake.set)
                await wake.wait()
                wake.clear()
                timer.cancel()
            async with self._slots:
                await self._sync(origin)

    async def _listen(self) -> None:
        while True:
            await self._check_feeds()
            await asyncio.sleep(self._ground.interval * (1 - self._ground.dice.random() / 5))

    # Sources

    def _sources(self, origin: str) -> tuple[Source, ...]:
        newest, states = self._disks[origin].chain.newest, self._states(origin)
        version, found = self._found.get(origin, (0, ()))
        if version != newest.version:
            # Where it was followed: the mirror of the node whose own log it is.
            followed = mirror_prefix(f"https://{Origin.parse(origin).host}", Origin.parse(origin))
            found = sources_of(newest, (followed,), self._peers)
            self._found[origin] = newest.version, found
        return tuple(
            sorted(
                found,
                key=lambda each: (not each.is_origin, states.get(each.prefix, NEVER)[0] * each.is_origin),
            )
        )

    def _states(self, origin: str) -> dict[str, State]:
        return self._remembered.states.setdefault(origin, {})

    def _wait(self, origin: str) -> int:
        """Return for how long a log is not due; 0 when it is."""
        sources, states, now = self._sources(origin), self._states(origin), self._ground.now()
        if is_due(sources, states, now):
            return 0
        later = sorted({due for source in sources if (due := states.get(source.prefix, NEVER)[1]) > now})
        return next(due for due in later if is_due(sources, states, due)) - now

    async def _sync(self, origin: str) -> None:
        states, now = self._states(origin), self._ground.now()
        found = self._sources(origin)
        if not is_due(found, states, now) or origin in self._splits.frozen:
            return
        sources = tuple(each for each in found if may_ask(states.get(each.prefix, NEVER), now))
        outcomes = await sync_log(
            self._disks[origin],
            sources,
            self._fetch,
            self._ground.limits,
            self._ground.now,
            memory=self._memory,
            heard=self._heard(origin, sources),
            caught=lambda fork, _: self._caught(origin, fork),
        )
        self._settle(origin, sources, outcomes)
        self._revisit(origin)
        self._splits.judge(self._disks[origin])

    def _settle(self, origin: str, sources: Sequence[Source], outcomes: Sequence[Outcome]) -> None:
        states, now, interval = self._states(origin), self._ground.now(), self._ground.interval
        asked = {outcome.source: outcome for outcome in outcomes}
        assert "" not in asked, asked[""]
        self._remembered.asked[origin] = now
        for source in sources:
            failures, due = states.get(source.prefix, NEVER)
            outcome = asked.get(source.prefix)
            if outcome is None:
                if source.prefix in states and due <= now:
                    states[source.prefix] = failures, now + interval
                continue
            failures = failures + 1 if is_failure(outcome.fault) else 0
            jitter = self._ground.dice.random()
            states[source.prefix] = failures, next_due(now, interval, failures, jitter)

    # Feeds

    async def _check_feeds(self) -> None:
        now, known = self._ground.now(), self._remembered.neighbours
        for url in self._peers:
            known.setdefault(url, Neighbour())
        due = {url for url in self._peers if known[url].due <= now}
        listed: dict[str, set[int]] = {url: set() for url in known if not known[url].failures or url in due}
        numbers = {origin: number for number, origin in enumerate(self._disks)}
        for origin, heads in self._remembered.shown.items():
            for url in heads.keys() & listed.keys():
                listed[url].add(numbers[origin])
        own = {url: {numbers[origin] for origin in self._own.get(url, ())} for url in listed}
        turn = now // self._ground.interval
        chosen = [url for url in choose(listed, numbers.values(), turn, own=own) if url in due]
        await asyncio.gather(*map(self._ask_feed, chosen))
        if chosen:
            self._spare()

    async def _ask_feed(self, url: str) -> None:
        neighbour, now = self._remembered.neighbours[url], self._ground.now
        interval, dice = self._ground.interval, self._ground.dice
        try:
            answer = await ask_feed(
                self._fetch, url, self._ground.limits, cursor=neighbour.cursor, etag=neighbour.etag
            )
        except FaultError:
            neighbour.failures += 1
            neighbour.due = next_due(now(), interval, neighbour.failures, dice.random())
            self._ask_origins(url)
            return
        if answer is not None:
            self._take(url, answer)
            neighbour.cursor, neighbour.etag = answer.feed.cursor, answer.etag
        neighbour.failures, neighbour.answered = 0, now()
        neighbour.due = next_due(now(), interval, 0, dice.random())
        with suppress(FaultError):
            await self._take_evidence(url)

    def _take(self, url: str, answer: FeedAnswer) -> None:
        if answer.feed.full:
            for heads in self._remembered.shown.values():
                heads.pop(url, None)
        for item in answer.feed.items:
            origin = self._by_hash.get(item.origin_hash)
            if origin is not None and self._look(url, origin, item):
                self._wake(url, origin)

    async def _take_evidence(self, url: str) -> None:
        """Fetch evidence that a neighbour names and that is not kept here."""
        for origin in self._disks:
            shown = self._heads(origin).get(url)
            name = None if shown is None else shown.item.evidence
            if shown is None or name is None or name in self._splits.kept.get(origin, {}):
                continue
            data = await ask_evidence(self._fetch, url, name, self._ground.limits)
            if not self._keep(origin, data):
                item = FeedItem(shown.item.note, shown.item.keys)
                self._heads(origin)[url] = Shown(shown.state, shown.size, item)

    def _caught(self, origin: str, fork: bytes) -> None:
        self._keep(origin, fork)

    def _keep(self, origin: str, fork: bytes) -> bool:
        """Keep evidence; a round of the log decides what it means, also when its sources are backing off."""
        try:
            is_new = self._splits.keep(self._disks[origin], fork)
        except ProtocolError:
            return False
        if is_new:
            states = self._states(origin)
            states.update({prefix: (failures, 0) for prefix, (failures, _) in states.items()})
            self._wakes[origin].set()
        return is_new

    def _look(self, url: str, origin: str, item: FeedItem) -> bool:
        """Compare an item with what is held; return whether it is news."""
        disk, limits = self._disks[origin], self._ground.limits
        seen = weigh(item.note, disk, Source(mirror_prefix(url, Origin.parse(origin))), limits)
        held, offer = disk.held(), seen.offer
        self._heads(origin)[url] = Shown(seen.state, offer.size if offer else 0, item)
        is_held = seen.state is HeadState.AGREES and offer is not None and offer.size == held.size
        latest = self._ground.now() + limits.ahead_seconds
        if offer and is_held and is_fresher(offer, held.chain, held.note, latest):
            disk.keep_note(offer.note)
        if offer and seen.state is HeadState.CONTRADICTS:
            fork = fork_below(disk, held.chain, offer.note)
            if fork is not None:
                self._keep(origin, fork)
        return is_news(seen, item.keys, held)

    def _wake(self, url: str, origin: str) -> None:
        states = self._states(origin)
        for prefix, (failures, _) in states.items():
            if not failures:
                states[prefix] = 0, 0
        prefix = mirror_prefix(url, Origin.parse(origin))
        states[prefix] = states.get(prefix, NEVER)[0], 0
        self._wakes[origin].set()

    def _ask_origins(self, url: str) -> None:
        """Have what a neighbour covered asked of the origins again."""
        latest = self._ground.now() + self._ground.interval
        for origin, heads in self._remembered.shown.items():
            if url in heads:
                self._hasten(origin, latest)

    def _spare(self) -> None:
        now, interval = self._ground.now(), self._ground.interval
        for origin in self._remembered.shown:
            states, asked = self._states(origin), self._remembered.asked.get(origin, 0)
            soon = [
                prefix
                for prefix, (failures, due) in states.items()
                if not failures and 1 <= due <= now + interval
            ]
            if soon and asked > now - DIRECT_SECONDS and self._is_covered(origin) and self._is_alive(origin):
                wait = next_due(asked, DIRECT_SECONDS, 0, self._ground.dice.random())
                states.update(dict.fromkeys(soon, (0, wait)))

    def _hasten(self, origin: str, latest: int) -> None:
        states = self._states(origin)
        for prefix, (failures, due) in states.items():
            if not failures:
                states[prefix] = 0, min(due, latest)
        self._wakes[origin].set()

    def _heads(self, origin: str) -> dict[str, Shown]:
        return self._remembered.shown.setdefault(origin, {})

    def _is_covered(self, origin: str) -> bool:
        disk, since = self._disks[origin], self._ground.now() - 4 * self._ground.interval
        urls = []
        for url, shown in self._heads(origin).items():
            neighbour = self._remembered.neighbours[url]
            is_level = shown.state is HeadState.AGREES and shown.size >= disk.size
            if is_level and not neighbour.failures and neighbour.answered >= since:
                urls.append(url)
        own = sources_of(disk.chain.newest)
        return len(urls) >= COVER or any(each.prefix.startswith(f"{url}/") for url in urls for each in own)

    def _is_alive(self, origin: str) -> bool:
        disk = self._disks[origin]
        try:
            beat = disk.chain.beat_time(Note.parse(disk.note)) if disk.note else None
        except SignatureError:
            beat = None
        return is_alive(beat, self._ground.now(), STALE_SECONDS, self._ground.limits.ahead_seconds)

    def _heard(self, origin: str, sources: Sequence[Source]) -> tuple[Heard, ...]:
        disk, by_prefix = self._disks[origin], {source.prefix: source for source in sources}
        found = []
        for url, shown in self._heads(origin).items() if disk.size else ():
            is_ahead = shown.state is HeadState.AHEAD and shown.size > disk.size
            if not is_ahead and shown.item.keys <= disk.chain.newest.version:
                continue
            source = by_prefix.get(mirror_prefix(url, Origin.parse(origin)))
            if source is not None:
                found.append((shown.size, Heard(source, shown.item.note, shown.item.keys)))
        return tuple(each for _, each in sorted(found, key=lambda pair: -pair[0]))

    def _revisit(self, origin: str) -> None:
        newest = self._disks[origin].chain.newest.version
        for url, shown in list(self._heads(origin).items()):
            if shown.state in (HeadState.AHEAD, HeadState.UNVERIFIED) or shown.item.keys > newest:
                self._look(
                    url, origin, FeedItem(shown.item.note, min(shown.item.keys, newest), shown.item.evidence)
                )
