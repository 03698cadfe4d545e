"""An event loop whose clock jumps: time passes only while everybody waits, and costs nothing.

Nobody sleeps and no thread is started, so that one seed gives one order of events. What federation hands
to ``asyncio.to_thread`` is done at once; what it bounds with ``asyncio.timeout`` is bounded in the time of
this loop.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")


class StalledError(Exception):
    """Everybody waits for somebody who never comes."""


class _Jump(selectors.SelectSelector):
    """Instead of waiting, it is later at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StalledError
        self.now += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; ``time()`` begins at 0."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now

    def run_in_executor(  # type: ignore[override] # typeshed's type variables cannot be named here
        self,
        executor: Executor | None,
        func: Callable[..., T],
        *args: Any,  # noqa: ANN401
    ) -> asyncio.Future[T]:
        assert executor is None
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the caller
            done.set_exception(error)
        return done
