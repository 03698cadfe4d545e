"""Processes that do what thousands of statements need, beside the one that has it done.

Python runs on one core at a time. What is made of many statements, each by itself, is handed to as many
processes as there are cores, a portion at a time, and comes back in order; whoever asks this process
something meanwhile need not wait for it. Where there are no processes, or they die, it is done here: slower,
not worse.
"""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Final, Self, TypeVar

from node.observe import log

Given = TypeVar("Given")
Made = TypeVar("Made")

_MOST: Final = 4  # processes; each holds 50 to 100 MB, and one process waits for them all
_AHEAD: Final = 2  # portions for each process that are made before they are asked for


def _nothing() -> None:
    """Prepare nothing."""


class Workers:
    """Processes that start when they are needed first, and end with the block."""

    def __init__(self, prepare: Callable[[], None] = _nothing) -> None:
        """Start nothing yet.

        Args:
            prepare: Called in each process before it makes anything; can be pickled.
        """
        self._prepare = prepare
        self._number = min(cores(), _MOST)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def each(
        self,
        given: Iterable[Given],
        make: Callable[[Given], Made],
        here: Callable[[Given], Made],
        *,
        is_much: bool,
    ) -> Iterator[tuple[Given, Made]]:
        """Yield each of some portions with what is made of it, in their order.

        A later one may have been made earlier. Portions are taken as they are needed, few ahead.

        Args:
            given: The portions; they can be pickled, as can what is made of them.
            make: How a process makes it; can be pickled.
            here: How this process does.
            is_much: Whether it is worth starting processes: each takes about a second until it is of use.
        """
        if self._pool is None and (self._number < 2 or not is_much):  # noqa: PLR2004 - one is this one
            for each in given:
                yield each, here(each)
            return
        left = iter(given)
        handed: deque[tuple[Given, Future[Made] | None]] = deque()
        self._start()
        while True:
            room = max(0, self._number * _AHEAD - len(handed))
            handed.extend((each, self._handed(make, each)) for each in islice(left, room))
            if not handed:
                return
            each, future = handed.popleft()
            yield each, self._result(future, each, here)

    def _handed(self, make: Callable[[Given], Made], given: Given) -> Future[Made] | None:
        """Return what is to come of a portion; None where there is nobody to make it."""
        try:
            return self._pool.submit(make, given) if self._pool else None
        except (BrokenProcessPool, OSError) as error:
            self._lose(error)
            return None

    def _result(self, future: Future[Made] | None, given: Given, here: Callable[[Given], Made]) -> Made:
        try:
            if future is not None:
                return future.result()
        except (BrokenProcessPool, CancelledError, OSError) as error:
            self._lose(error)
        return here(given)

    def _lose(self, error: Exception) -> None:
        if self._pool:
            # Killed for their memory, or forbidden by whoever set up this machine.
            log().warning("going on in one process", reason=str(error) or type(error).__name__)
        self._number = 1
        self._end()

    def _start(self) -> None:
        self._pool = self._pool or ProcessPoolExecutor(
            self._number,
            # A forked copy of a process with threads and open databases could hang, or spoil them.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._prepare,),
        )

    def _end(self) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin(prepare: Callable[[], None]) -> None:
    """Prepare a new process, which ends with the one that started it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever presses Ctrl-C means the one who is asked
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    prepare()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)
