"""Asks the sources of one log for its files, and keeps account of who failed how."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar, cast

from .faults import Fault, FaultError, FaultKind
from .limits import Limits
from .memory import Memory
from .racing import Ask, Race
from .response import ABSENT, OK, PARTIAL, UNCHANGED, Fetch, Response
from .sources import Roster, Source

T = TypeVar("T")


class Asker:
    """One round's questions about one log.

    Attributes:
        roster: The sources and their faults.
        limits: The bounds in force.
        asked: Sources that said anything but "not here", or failed to, in the order in which that
            happened.
    """

    def __init__(
        self, fetch: Fetch, sources: Iterable[Source], limits: Limits, memory: Memory | None = None
    ) -> None:
        """Begin a round; ``memory`` knows how fast the sources were before."""
        self.roster = Roster(sources, limits, Memory() if memory is None else memory, _clock)
        self.limits = limits
        self.asked: dict[Source, None] = {}
        self._fetch = fetch
        self._works: list[_Work] = []  # for the store, not begun
        self._is_storing = False

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
        try:
            response = await self._fetch.get(source.url(path), limit=limit, gzip=gzip, headers=headers)
        except FaultError as error:
            self.asked.setdefault(source)
            raise FaultError(Fault(error.fault.kind, path, error.fault.detail)) from error
        if response.status in ABSENT:
            return None
        self.asked.setdefault(source)
        is_conditional = headers is not None and "If-None-Match" in headers
        if response.status in (OK, PARTIAL) or (response.status == UNCHANGED and is_conditional):
            return response
        raise FaultError(Fault(FaultKind.UNREACHABLE, path, f"it answers with status {response.status}"))

    async def first(self, ask: Ask, *, size: int = 0, needs: int = 0) -> bool:
        """Ask one source after another until one ends the search; report whether one did.

        While one keeps us waiting for much longer than another would take, that one is asked as well. The
        first good answer counts, and the rest is broken off.

        Args:
            ask: Asks one source.
            size: Bytes of what is wanted, as far as they are known.
            needs: Size of the tree that whoever has it must hold.
        """
        return await Race(self.roster, ask, size, needs).run()

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
        """Do blocking work of the store in a worker thread, one piece after the other; never leave it behind.

        What comes while the thread is busy is done together then: to change threads costs about as much as
        asking for a file.
        """
        loop = asyncio.get_running_loop()
        piece = _Work(work, loop.create_future())
        self._works.append(piece)
        if not self._is_storing:
            self._store(loop)
        try:
            await asyncio.shield(piece.done)
        except asyncio.CancelledError:
            if piece in self._works:
                self._works.remove(piece)
            else:
                # A thread cannot be broken off. Whoever cancels us may close the store next.
                await asyncio.wait((piece.done,))
            raise
        try:
            if piece.error is not None:
                raise piece.error
            return cast("T", piece.result)
        finally:
            # The error knows this frame, and all that the frame holds.
            del piece

    def _store(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have a thread do what waits, and again what has come meanwhile."""
        works, self._works = self._works, []
        self._is_storing = bool(works)
        if works:
            ended: Future[None] = Future()
            try:
                thread = loop.run_in_executor(None, _do_all, works, ended)
            except RuntimeError as error:  # no thread can be had
                # The executor has queued it by then, and another thread may have begun it.
                if ended.cancel():
                    for each in works:
                        each.error = error
                    self._stored(works, loop)
                    return
                thread = asyncio.wrap_future(ended, loop=loop)
            thread.add_done_callback(lambda _: self._stored(works, loop))

    def _stored(self, works: Iterable[_Work], loop: asyncio.AbstractEventLoop) -> None:
        for each in works:
            each.done.set_result(None)
        self._store(loop)


@dataclass(slots=True, eq=False)
class _Work:
    """A piece of work for the store, and what came of it."""

    run: Callable[[], object]
    done: asyncio.Future[None]
    result: object = None
    error: BaseException | None = None


def _do_all(works: Iterable[_Work], ended: Future[None]) -> None:
    if not ended.set_running_or_notify_cancel():
        return
    for each in works:
        try:
            each.result = each.run()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            each.error = error
    ended.set_result(None)


def _clock() -> float:
    return asyncio.get_running_loop().time()
