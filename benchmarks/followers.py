"""Homes that follow logs, one round at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from federation.fetch import Fetcher
from federation.introduce import introduce
from federation.limits import Limits
from federation.memory import Memory
from federation.response import Fetch
from federation.sources import Source
from federation.sync import sync_log
from node.home import Home
from node.store.projection import Projection

from .worlds import Log, free_port, new_home


@dataclass(frozen=True, slots=True)
class Follower:
    """A home that follows, and how it asks.

    Attributes:
        home: The home, open.
        fetch: How it asks.
        memory: What it remembers of sources between rounds.
    """

    home: Home
    fetch: Fetch
    memory: Memory = field(default_factory=Memory)

    @classmethod
    def start(cls, path: Path, fetcher: Fetch, *, projection: Projection | None = None) -> Follower:
        """Return a follower with a home of its own in a directory that does not exist yet."""
        return cls(new_home(path, free_port(), projection=projection), fetcher)

    async def take(self, log: Log) -> int:
        """Get to know a log and sync it; return its leaves."""
        introduction = await introduce(self.fetch, log.prefix, log.origin)
        self.home.logs.add(introduction.chain, own=False)
        return await self.sync(log)

    async def sync(self, log: Log) -> int:
        """Run one round; return how many leaves it brought."""
        store = self.home.logs.store(log.origin)
        outcomes = await sync_log(
            store,
            [Source(log.prefix, is_origin=True)],
            self.fetch,
            Limits(),
            self.home.now,
            memory=self.memory,
        )
        if any(outcome.fault for outcome in outcomes):
            raise SystemExit(f"the benchmark's sync failed: {outcomes}")
        return sum(outcome.new for outcome in outcomes)

    async def take_all(self, logs: Sequence[Log]) -> None:
        """Take logs, one after the other, and see that all of each is there."""
        for log in logs:
            if await self.take(log) != log.size:
                raise SystemExit(f"not all of {log.origin} came")


def open_fetcher() -> Fetcher:
    """Return a fetcher for nodes on loopback, to be entered."""
    return Fetcher(Limits(), allow_private=True)
