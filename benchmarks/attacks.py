"""What hostile peers make a node cost: memory of the process, and what others wait because of them.

    python -m benchmarks.attacks --hosts 4 --logs 4 --seconds 30
    python -m benchmarks.attacks --attack bomb

A real node follows an honest publisher and, at some hosts, some hostile logs (``hostile``). For each attack
it is started anew: its memory before, the most while it lasts (``VmHWM``, put back before), and some time
after. Meanwhile the honest publisher publishes, and the node is watched for when it shows that.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final

from node.home import Home
from node.peers import follow, introduce_all

from .followers import open_fetcher
from .generate import entries
from .hostile import ATTACKS, MEBIBYTE, HostileHost
from .measure import forget_peak, memory_of, run_benchmark, show, verdict
from .worlds import free_port, new_home, own_origin, put_all, searchable, served, workspace

MOST: Final = 64 * MEBIBYTE / 1e6
"""MB that an attack may cost a node."""

QUIET: Final = "no attack"
_PATIENCE = 120.0
_SETTLE = 3.0
_PAUSE = 7.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What an attack cost; memory in MB, waiting in seconds."""

    attack: str
    before: float
    peak: float
    after: float
    delays: tuple[float, ...]

    @property
    def growth(self) -> float:
        """MB that the process grew by at most."""
        return self.peak - self.before

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of the table."""
        waits = (median(self.delays), max(self.delays)) if self.delays else (float("nan"),) * 2
        numbers = (self.before, self.peak, self.growth, self.after)
        return (self.attack, *(f"{each:.0f}" for each in numbers), *(f"{each:.1f}" for each in waits))


async def measure(root: Path, attack: str, hosts: int, logs: int, seconds: float) -> Cost:
    """Run one attack against a fresh node.

    Args:
        root: A directory that does not exist yet.
        attack: One of ``ATTACKS``, or ``QUIET``.
        hosts: Hostile hosts.
        logs: Hostile logs of each.
        seconds: How long it lasts.
    """
    root.mkdir()  # noqa: ASYNC240 - nothing else runs yet
    victim, port = root / "victim", free_port()
    honest = new_home(root / "honest", free_port(), projection=searchable())
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(honest.close)
        await put_all(honest, entries(50))
        stack.enter_context(served(honest.path, honest.config.listen_at[1]))
        hostile = [HostileHost(free_port(), now=honest.now()) for _ in range(hosts)]
        for host in hostile:
            host.add(logs)
            await stack.enter_async_context(host.serving())
        await _follow(victim, port, honest, hostile)
        # Founding and following took memory of this process, not of that one.
        pid = await asyncio.to_thread(stack.enter_context, served(victim, port))
        await _until(lambda: _size(port, own_origin(honest)) == _own_size(honest))
        await _until(lambda: all(_size(port, origin) for host in hostile for origin in host.origins))
        # Whatever a node takes once, to index for the first time, is no attacker's doing.
        await _watch(honest, port, _SETTLE)
        await asyncio.sleep(_SETTLE)
        before = memory_of(pid, "VmRSS")
        forget_peak(pid)
        if attack != QUIET:
            await asyncio.to_thread(_arm, hostile, attack)
        delays = await _watch(honest, port, seconds)
        peak = memory_of(pid)
        for host in hostile:
            host.attack = "over"
        await asyncio.sleep(_SETTLE)
        return Cost(attack, before, peak, memory_of(pid, "VmRSS"), delays)


async def _follow(path: Path, port: int, honest: Home, hostile: list[HostileHost]) -> None:
    """Make the node that is attacked, and let it follow everybody."""
    home = new_home(path, port, projection=searchable())
    try:
        async with open_fetcher() as fetch:
            places = [(honest.config.address, own_origin(honest))]
            places += [(host.url, origin) for host in hostile for origin in host.origins]
            for url, origin in places:
                for introduction in await introduce_all(home, fetch, url, origin):
                    follow(home, introduction, url, "root")
    finally:
        home.close()


def _arm(hostile: list[HostileHost], attack: str) -> None:
    for host in hostile:
        next(iter(host.logs.values())).become(attack)
    for host in hostile:
        host.attack = attack


async def _watch(honest: Home, port: int, seconds: float) -> tuple[float, ...]:
    """Publish now and then for some seconds; return how long each took to be shown by the node."""
    source, delays, end = entries(10_000), [], time.monotonic() + seconds
    next(islice(source, 100, 100), None)
    while time.monotonic() < end:
        await put_all(honest, islice(source, 1))
        started, size = time.monotonic(), _own_size(honest)
        await _until(partial(_shows, port, own_origin(honest), size))
        delays.append(time.monotonic() - started)
        # Seldom, as what is indexed takes memory too.
        await asyncio.sleep(_PAUSE)
    return tuple(delays)


def _shows(port: int, origin: str, size: int) -> bool:
    return _size(port, origin) >= size


async def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not await asyncio.to_thread(holds):
        if time.monotonic() > deadline:
            raise SystemExit("the node under attack does not follow any more")
        await asyncio.sleep(0.05)


def _own_size(home: Home) -> int:
    row = home.logs.get(own_origin(home))
    return row.size if row else 0


def _size(port: int, origin: str) -> int:
    """Return the size of a log that the node shows, 0 while it shows none."""
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/publishers/{origin}", timeout=30) as answer,
    ):
        return int(json.load(answer)["served"])
    return 0


async def main() -> None:
    """Run the attacks and print what they cost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks", description=__doc__)
    parser.add_argument("--attack", choices=(QUIET, *ATTACKS), action="append", help="all of them without")
    parser.add_argument("--hosts", type=int, default=4)
    parser.add_argument("--logs", type=int, default=4, help="at each host")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each attack")
    args = parser.parse_args()
    os.environ["FEDCAT_SYNC_INTERVAL_SECONDS"] = "1"
    costs = []
    with workspace() as root:
        for number, attack in enumerate(args.attack or (QUIET, *ATTACKS)):
            costs.append(await measure(root / str(number), attack, args.hosts, args.logs, args.seconds))
            print(" ".join(costs[-1].row), flush=True)
    print()
    show(("attack", "before", "peak", "grew", "after", "median s", "most s"), [cost.row for cost in costs])
    print()
    # The same is published, and indexed, without an attack.
    quiet = next((cost.growth for cost in costs if cost.attack == QUIET), 0.0)
    for cost in costs:
        if cost.attack != QUIET:
            more = cost.growth - quiet
            verdict("memory", more < MOST, f"{cost.attack}: {more:.0f} MB more (at most {MOST:.0f})")


if __name__ == "__main__":
    run_benchmark(main())
