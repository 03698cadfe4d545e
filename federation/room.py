"""How much may be held at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Room:
    """Bytes that several tasks share; whoever needs more than are free waits for the others."""

    def __init__(self, most: int) -> None:
        """Begin with all of it free."""
        self._most, self._held = most, 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def taken(self, weight: int) -> AsyncIterator[None]:
        """Take some bytes while the block runs; alone also more than there are."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._held or self._held + weight <= self._most)
            self._held += weight
        try:
            yield
        finally:
            self._held -= weight
            async with self._changed:
                self._changed.notify_all()
