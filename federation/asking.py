"""Asks the sources of one log for its files, and keeps account of who failed how."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

from .faults import Fault, FaultError, FaultKind
from .limits import Limits
from .response import ABSENT, OK, PARTIAL, UNCHANGED, Fetch, Response
from .sources import Roster, Source

T = TypeVar("T")


class Asker:
    """One round's questions about one log.

    Attributes:
        roster: The sources and their faults.
        limits: The bounds in force.
        asked: Sources that were asked anything, in the order in which that happened.
    """

    def __init__(self, fetch: Fetch, sources: Iterable[Source], limits: Limits) -> None:
        """Begin a round."""
        self.roster = Roster(sources, limits.strikes)
        self.limits = limits
        self.asked: dict[Source, None] = {}
        self._fetch = fetch
        self._thread = asyncio.Lock()

    async def get(
        self,
        source: Source,
        path: str,
        limit: int,
        *,
        gzip: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Response | None:
        """Return a source's answer (200, 206, or 304 to a condition), or None when it is not there.

        Raises:
            FaultError: There is no usable answer; the fault's file is the path.
        """
        self.asked.setdefault(source)
        try:
            response = await self._fetch.get(source.url(path), limit=limit, gzip=gzip, headers=headers)
        except FaultError as error:
            raise FaultError(Fault(error.fault.kind, path, error.fault.detail)) from error
        if response.status in ABSENT:
            return None
        is_conditional = headers is not None and "If-None-Match" in headers
        if response.status in (OK, PARTIAL) or (response.status == UNCHANGED and is_conditional):
            return response
        raise FaultError(Fault(FaultKind.UNREACHABLE, path, f"it answers with status {response.status}"))

    async def first(self, path: str, ask: Callable[[Source], Awaitable[bool]]) -> bool:
        """Ask one source after another until one has what is wanted; report whether one had it.

        Args:
            path: What faults of an absent file name.
            ask: Returns whether the source has it, or raises ``FaultError``.
        """
        tried: set[Source] = set()
        while (source := self.roster.pick(tried)) is not None:
            tried.add(source)
            try:
                if await ask(source):
                    return True
            except FaultError as error:
                if type(error) is not FaultError:
                    raise
                self.roster.blame(source, error.fault)
            else:
                self.roster.absent(source, path)
        return False

    async def each(self, items: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
        """Do the work for each item, a few at a time; the first error ends all of it."""
        waiting = list(items)[::-1]

        async def run() -> None:
            while waiting:
                await work(waiting.pop())

        tasks = [asyncio.create_task(run()) for _ in range(min(self.limits.parallel, len(waiting)))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def stored(self, work: Callable[[], T]) -> T:
        """Do blocking work of the store in a worker thread, one piece at a time; never leave it behind."""
        async with self._thread:
            thread = asyncio.ensure_future(asyncio.to_thread(work))
            try:
                return await asyncio.shield(thread)
            except asyncio.CancelledError:
                # A thread cannot be broken off. Whoever cancels us may close the store next.
                await asyncio.wait((thread,))
                if not thread.cancelled():
                    thread.exception()
                raise
