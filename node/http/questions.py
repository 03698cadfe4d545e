"""Whose question is answered next: what strangers ask must not take all threads from sync and commits.

``AT_ONCE`` questions are answered side by side. The others wait, and of those who wait each has a place in
turn, so that somebody with a hundred questions keeps nobody else waiting for more than one of them. Where too
many wait, the newest question of whoever has most of them is refused; so is one that waited for too long::

    HTTP/1.1 503 Service Unavailable
    Retry-After: 1

Files of logs, checkpoints and writing are no questions: nodes get what they sync from each other at once.
"""

import asyncio
import contextlib
import functools
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import hdrs, web

from node.home import Home
from node.threads import WORKERS
from node.visitors import client_of, client_place

from .problems import Handler, HttpProblemError

AT_ONCE: Final = WORKERS // 4
"""Questions that are answered side by side: more are answered no sooner, for they share one interpreter."""

MOST_WAITING: Final = 64
"""Questions that wait, of all clients together."""

WAIT_SECONDS: Final = 10.0
"""Longest wait; whoever asks has probably gone by then."""


class Questions:
    """The places at which questions are answered.

    Args:
        home: The node.
        at_once: How many there are.
        most_waiting: How many questions may wait for one.
    """

    def __init__(self, home: Home, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._proxy = home.config.desk.proxy
        self._free, self._most_waiting = at_once, most_waiting
        # Whoever has waited longest for a turn comes first.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def in_turn(self, handler: Handler) -> Handler:
        """Return what answers requests as a handler does, each in its turn."""

        @functools.wraps(handler)
        async def answer(request: web.Request) -> web.StreamResponse:
            forwarded = request.headers.getall(hdrs.X_FORWARDED_FOR, [])
            client = client_place(client_of(self._proxy, request.remote or "", forwarded))
            async with self.place(client):
                return await handler(request)

        return answer

    @contextlib.asynccontextmanager
    async def place(self, client: str) -> AsyncIterator[None]:
        """Wait for a place and keep it while the block runs.

        Args:
            client: Who asks.

        Raises:
            HttpProblemError: Too many wait, or it took too long.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(client)
        try:
            yield
        finally:
            self._give()

    async def _wait(self, client: str) -> None:
        self._make_room(client)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await turn
        except TimeoutError:
            self._leave(client, turn)
            raise _too_busy() from None
        except asyncio.CancelledError:
            self._leave(client, turn)
            raise

    def _make_room(self, client: str) -> None:
        """Refuse a question where too many wait: of whoever has most of them, the new one among equals."""
        if sum(map(len, self._waiting.values())) < self._most_waiting:
            return
        mine = len(self._waiting.get(client, ()))
        most = max(self._waiting, key=lambda each: len(self._waiting[each]))
        if len(self._waiting[most]) <= mine + 1:
            raise _too_busy()
        turn = self._waiting[most].pop()
        if not turn.done():
            turn.set_exception(_too_busy())

    def _leave(self, client: str, turn: asyncio.Future[None]) -> None:
        """Let a question go that is not to be answered any more, also where its turn has just come."""
        turns = self._waiting.get(client, deque())
        if turn in turns:
            turns.remove(turn)
            if not turns:
                del self._waiting[client]
        elif not turn.cancelled() and turn.exception() is None:
            self._give()

    def _give(self) -> None:
        """Give a place to whoever is next; who asked more than once goes to the end."""
        while self._waiting:
            client = next(iter(self._waiting))
            turns = self._waiting.pop(client)
            turn = turns.popleft()
            if turns:
                self._waiting[client] = turns
            # Whoever hung up in this moment has not left yet.
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


def _too_busy() -> HttpProblemError:
    return HttpProblemError(503, "too many questions at once; ask again in a moment", {"Retry-After": "1"})
