"""One thing, and the sources that may have it: one is asked, and another one when that takes too long.

Most races have one runner. While a source keeps us waiting for much longer than another one would take
(``Roster.patience``), that one is asked as well; the first good answer counts, and the rest is broken off.
So nobody slow or stuck decides when a pull ends, as long as somebody else has the files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf

from .faults import FaultError
from .sources import Roster, Source

_LOOK_SECONDS = 0.1

Ask = Callable[[Source], Awaitable[bool]]
"""Asks one source; returns whether that ends the search, or raises ``FaultError``.

It may be broken off wherever it waits, so what it takes of an answer it takes at once.
"""


class Race:
    """The search for one thing."""

    def __init__(self, roster: Roster, ask: Ask, size: int, needs: int) -> None:
        """Begin.

        Args:
            roster: Whom to ask.
            ask: Asks one source.
            size: Bytes of what is wanted, as far as they are known.
            needs: Size of the tree that whoever has it must hold.
        """
        self._roster, self._ask, self._size, self._needs = roster, ask, size, needs
        self._tried: set[Source] = set()
        self._running: dict[asyncio.Task[bool | FaultError], _Question] = {}
        self._clock = asyncio.get_running_loop().time

    async def run(self) -> bool:
        """Ask until somebody ends the search; return False when nobody does.

        Raises:
            OriginError: No source can help, as what the origin signed is wrong.
        """
        only = self._next()
        if only is not None and self._roster.pick({only}) is None:
            return await self._ask_only(only)
        try:
            while not self._is_won():
                source = self._next()
                wait = inf if source is None else self._wait(source)
                if source is not None and wait <= 0:
                    self._begin(source)
                elif not self._running:
                    return False
                else:
                    if self._roster.is_shared and wait < inf:
                        # Meanwhile others may have shown how fast they are, or have less in hand.
                        wait = min(wait, max(_LOOK_SECONDS, (self._clock() - self._newest()) / 2))
                    timeout = None if wait == inf else wait
                    await asyncio.wait(self._running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            return True
        finally:
            await self._break_off()

    async def _ask_only(self, source: Source) -> bool:
        """Ask the only source there is, without a task of its own: there is nothing to be broken off for."""
        question = _Question(source, self._clock(), self._roster.begin(source, self._size))
        try:
            answer = await _put(self._ask, source)
        finally:
            self._roster.end(source, self._size)
        return self._is_good(question, answer)

    def _next(self) -> Source | None:
        return self._roster.pick(self._tried, size=self._size, needs=self._needs)

    def _newest(self) -> float:
        """Return when the last question was asked that is open."""
        return max(question.begun for question in self._running.values())

    def _wait(self, source: Source) -> float:
        """Return in how many seconds to ask one more source."""
        if not self._running:
            return 0.0
        patience = self._roster.patience(source, self._size, self._needs, self._tried)
        return self._newest() + patience - self._clock()

    def _begin(self, source: Source) -> None:
        self._tried.add(source)
        question = _Question(source, self._clock(), self._roster.begin(source, self._size))
        self._running[asyncio.create_task(_put(self._ask, source))] = question

    def _is_won(self) -> bool:
        """Look at all answers that are there, so that no fault is lost; report whether one is good."""
        done = [(task, self._running.pop(task)) for task in list(self._running) if task.done()]
        for task, question in done:
            self._roster.end(question.source, self._size)
            task.exception()  # of several that break off the pull, one is raised
        won = [question for task, question in done if self._is_good(question, task.result())]
        for question in self._running.values() if won else ():
            if question.begun < won[0].begun:
                self._roster.overtaken(question.source, self._clock() - question.begun, question.load)
        return bool(won)

    def _is_good(self, question: _Question, answer: bool | FaultError) -> bool:
        if isinstance(answer, FaultError):
            self._roster.blame(question.source, answer.fault)
            return False
        if answer:
            self._roster.delivered(question.source, self._clock() - question.begun, question.load)
        return answer

    async def _break_off(self) -> None:
        for task, question in self._running.items():
            self._roster.end(question.source, self._size)
            task.cancel()
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Question:
    """Whom we asked when, and the load of the server then."""

    source: Source
    begun: float
    load: int


async def _put(ask: Ask, source: Source) -> bool | FaultError:
    """Ask one source; what is wrong with it is an answer as well."""
    try:
        return await ask(source)
    except FaultError as error:
        if type(error) is not FaultError:
            raise
        return error
