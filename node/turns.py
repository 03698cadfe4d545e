"""Whose turn it is: a few logs are synced side by side, and the slow make room for the others.

A log has one of ``LOGS_AT_ONCE`` places. Whoever still has it after ``SLOW_SECONDS`` goes on at one of as
many other places, where slow ones wait for each other; a log that was slow the last time begins there. So
servers that trickle, or take a question and say nothing, keep up only their like, and what is held in memory
at once stays bounded.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

LOGS_AT_ONCE: Final = 8
"""Logs synced side by side, and as many slow ones; each keeps some requests in flight of its own."""

SLOW_SECONDS: Final = 8.0
"""Longest turn of a log that has nothing to fetch but its news; a slow mirror is waited for less long."""


class Turns:
    """The places at which logs are synced."""

    def __init__(self, logs_at_once: int = LOGS_AT_ONCE) -> None:
        """Begin with all places free and nobody known to be slow."""
        self._quick = asyncio.Semaphore(logs_at_once)
        self._slow = asyncio.Semaphore(logs_at_once)
        self._known_slow: set[str] = set()

    @contextlib.asynccontextmanager
    async def turn(self, origin: str) -> AsyncIterator[None]:
        """Wait for a place and keep it while the block runs.

        Args:
            origin: The log that is synced in the block.
        """
        place = self._slow if origin in self._known_slow else self._quick
        await place.acquire()
        held = [place]
        begun = asyncio.get_running_loop().time()
        moving = asyncio.create_task(self._make_room(held))
        try:
            yield
        finally:
            moving.cancel()
            await asyncio.gather(moving, return_exceptions=True)
            held[0].release()
            if asyncio.get_running_loop().time() - begun < SLOW_SECONDS:
                self._known_slow.discard(origin)
            else:
                self._known_slow.add(origin)

    async def _make_room(self, held: list[asyncio.Semaphore]) -> None:
        """Exchange a place for one among the slow, when there is one."""
        await asyncio.sleep(SLOW_SECONDS)
        if held[0] is self._quick:
            await self._slow.acquire()
            held[0] = self._slow
            self._quick.release()
