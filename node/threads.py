"""Blocking work beside the event loop, and knowing when it has ended.

Cancelling a task does not stop what it had handed to a thread. Before a home is closed
its threads must be through with it: to close a database connection that a thread is using
crashes the process.
"""

import asyncio
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

WORKERS: Final = 16
"""Threads at most: commits wait for the disk, searches for the processor."""


class Threads(ThreadPoolExecutor):
    """An executor that can be waited for without being shut down."""

    def __init__(self) -> None:
        super().__init__(WORKERS, thread_name_prefix="fedcat")
        self._pending: set[Future[object]] = set()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a call in a thread."""
        future = super().submit(fn, *args, **kwargs)
        self._pending.add(future)  # type: ignore[arg-type] # only awaited, never read
        future.add_done_callback(self._pending.discard)
        return future

    async def idle(self) -> None:
        """Return when nothing that was begun until now, or meanwhile, is still running."""
        while pending := tuple(self._pending):
            await asyncio.wait([asyncio.wrap_future(future) for future in pending])


_THREADS: Final[weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Threads]] = weakref.WeakKeyDictionary()


def threads() -> Threads:
    """Return the threads of the running loop; from the first call on ``asyncio.to_thread`` uses them."""
    loop = asyncio.get_running_loop()
    found = _THREADS.get(loop)
    if found is None:
        found = _THREADS[loop] = Threads()
        loop.set_default_executor(found)
    return found
