"""Making the documents of many portions: here, or in processes of their own where there is much to do.

Most of what indexing costs is Python's, and one process runs on one core. Where thousands of statements wait
and there are several cores, each portion is made by another process with the same home open, while this one
feeds the index; whoever asks this process something meanwhile need not wait for it.
"""

import datetime as dt
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from typing import Final

from node.config import Config
from node.home import Home
from node.observe import log

from .catalogue import CatalogueProjection
from .portions import Portion, Range, portion_of

ENOUGH: Final = 16
"""Portions from which on it is worth starting processes: each takes about a second until it is of use."""

_MOST: Final = 4  # processes; each holds about 100 MB, and the index is written by one thread
_AHEAD: Final = 2  # portions for each process that are made before they are asked for

_opened: list[Home] = []  # of this process, when it is one of those


def portions(home: Home, ranges: Sequence[Range], today: dt.date) -> Iterator[Portion]:
    """Yield what ranges of the queue stand for on a day, in their order.

    Each is read in one moment, and a later one may have been read earlier.
    """
    workers, done = min(_cores(), _MOST), 0
    if len(ranges) >= ENOUGH and workers > 1:
        try:
            for portion in _elsewhere(home, ranges, today, workers):
                yield portion
                done += 1
        except (BrokenProcessPool, OSError) as error:
            # Killed for its memory, or forbidden by whoever set up this machine: slower, not worse.
            log().warning("indexing in one process", reason=str(error) or type(error).__name__)
    for each in ranges[done:]:
        yield portion_of(home, each, today)


def _elsewhere(home: Home, ranges: Iterable[Range], today: dt.date, workers: int) -> Iterator[Portion]:
    pool = ProcessPoolExecutor(
        workers,
        # A forked copy of a process with threads and open databases could hang, or spoil them.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_open,
        initargs=(home.path, home.config, home.now()),
    )
    left = iter(ranges)
    try:
        made: deque[Future[Portion]] = deque(
            pool.submit(_made, each, today) for each in islice(left, workers * _AHEAD)
        )
        while made:
            portion = made.popleft().result()
            made.extend(pool.submit(_made, each, today) for each in islice(left, 1))
            yield portion
    finally:
        pool.shutdown(cancel_futures=True)


def _open(path: Path, config: Config, now: int) -> None:
    """Open the home in a new process, which ends with the one that started it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever presses Ctrl-C means the one who is asked
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    _opened.append(Home(path, config, projection=CatalogueProjection(), clock=lambda: now))


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _made(between: Range, today: dt.date) -> Portion:
    return portion_of(_opened[0], between, today)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
