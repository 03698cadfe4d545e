"""Seconds of wall and CPU, memory, and how the figures of several runs are shown."""

from __future__ import annotations

import asyncio
import contextlib
import math
import multiprocessing
import os
import resource
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Took:
    """What something cost.

    Attributes:
        wall: Seconds that passed.
        cpu: Seconds of CPU, all threads, and of the processes that ended meanwhile.
    """

    wall: float = 0.0
    cpu: float = 0.0


@contextlib.contextmanager
def timed(into: Took | None = None) -> Iterator[Took]:
    """Measure a block in this process; yield where its costs are added when it ends."""
    took = Took() if into is None else into
    wall, cpu = time.perf_counter(), time.process_time() + _children()
    try:
        yield took
    finally:
        took.wall += time.perf_counter() - wall
        took.cpu += time.process_time() + _children() - cpu


@contextlib.contextmanager
def timed_children() -> Iterator[Took]:
    """Measure a block in which child processes work, and are waited for; CPU is theirs."""
    took = Took()
    wall, cpu = time.perf_counter(), _children()
    yield took
    took.wall, took.cpu = time.perf_counter() - wall, _children() - cpu


def _children() -> float:
    """Return the CPU seconds of child processes that ended and were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


async def timed_await(work: Awaitable[object]) -> Took:
    """Return what it cost this process to await something."""
    with timed() as took:
        await work
    return took


def middle(runs: Sequence[Took]) -> Took:
    """Return the medians of wall and CPU."""
    return Took(median(run.wall for run in runs), median(run.cpu for run in runs))


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that ``share`` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a running process, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_of(pid: int | None = None, what: str = "VmHWM") -> float:
    """Return MB of a process: the most it ever held (``VmHWM``), or now without files (``RssAnon``)."""
    status = Path(f"/proc/{pid or os.getpid()}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith(what + ":"))
    return int(line.split()[1]) / 1024


def forget_peak(pid: int) -> None:
    """Let the most that a process ever held (``VmHWM``) begin anew with what it holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def alone(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Return what a function of a module returns, run in a fresh process: its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


async def command(*words: str | Path, **options: Any) -> str:  # noqa: ANN401 - options of the process
    """Run a command to its end beside this event loop; return what it wrote.

    Raises:
        SystemExit: It failed; with what it complained about.
    """
    process = await asyncio.create_subprocess_exec(
        *map(str, words), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, **options
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"{words[0]} failed:\n{output.decode(errors='replace')[-2_000:]}")
    return output.decode(errors="replace")


def run_benchmark(main: Coroutine[object, object, None]) -> None:
    """Run a benchmark and say how busy the machine was."""
    before = os.getloadavg()[0]
    asyncio.run(main)
    print(f"\nload {before:.1f} before, {os.getloadavg()[0]:.1f} after, on {os.cpu_count()} cores")


def show(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, its first column to the left."""
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings))]
    for row in (headings, *rows):
        first, *rest = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join((first, *rest)).rstrip())


def verdict(goal: str, is_met: bool, text: str) -> None:
    """Print whether a goal was met, and the figures."""
    print(f"{goal} {'met' if is_met else 'MISSED'}: {text}")
