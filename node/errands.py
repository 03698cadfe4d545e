"""Errands: things to do for others side by side, at most one at a time for each of them.

Somebody slow keeps nobody but himself waiting, and a loop's step returns at once.
"""

import asyncio
from collections.abc import Coroutine, Hashable
from typing import Any


class Errands:
    """Tasks by name. What they raise is raised by ``settle``."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[None]] = {}

    def is_running(self, name: Hashable) -> bool:
        """Report whether an errand of this name has not ended, or was not settled yet."""
        return name in self._running

    def start(self, name: Hashable, errand: Coroutine[Any, Any, None]) -> None:
        """Start an errand; none of its name may be running."""
        self._running[name] = asyncio.create_task(errand)

    def settle(self) -> None:
        """Forget what has ended; raise what the first of them raised."""
        ended = [name for name, task in self._running.items() if task.done()]
        for task in [self._running.pop(name) for name in ended]:
            task.result()

    async def finish(self) -> None:
        """Wait for all that is running, and settle it."""
        if self._running:
            await asyncio.wait(self._running.values())
        self.settle()

    async def close(self) -> None:
        """Break off what is running."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._running.clear()
