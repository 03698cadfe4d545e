"""Nodes for benchmarks: real homes in a temporary directory, served by real processes on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, repeat
from pathlib import Path

from federation.fetch import Fetcher
from federation.limits import Limits
from node.answers.catalogue import CatalogueProjection
from node.configfile import FILE_NAME, load
from node.home import Home
from node.own.clearance import clear
from node.own.founding import found_log, found_node
from node.own.sequencer import Draft, publish
from node.store.projection import NoProjection, Projection
from protocol.leaf import Op
from protocol.packing import unpack

from .generate import Entry, entries, retold

_BATCH = 4_096
_READY_SECONDS = 60
_RETOLD = 20  # one entry in so many is about a thing that another publisher describes too


@dataclass(frozen=True, slots=True)
class Log:
    """A log to follow.

    Attributes:
        origin: Its name.
        prefix: Where its files are.
        size: How many leaves it has, where somebody needs to know.
    """

    origin: str
    prefix: str
    size: int = 0

    def through(self, port: int) -> Log:
        """Return the log as those reach it who ask at another port."""
        scheme, _, host_and_path = self.prefix.partition("://")
        host, path = host_and_path.split("/", 1)
        return replace(self, prefix=f"{scheme}://{host.rpartition(':')[0]}:{port}/{path}")


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """Yield a directory that is removed at the end; head locks are kept inside it as well."""
    with tempfile.TemporaryDirectory(prefix="fedcat-bench-") as name:
        root = Path(name)
        os.environ["FEDCAT_LOCK_DIR"] = str(root / "heads")
        yield root


@contextlib.contextmanager
def fast_directory() -> Iterator[Path]:
    """Yield a directory in memory, or where there is none a usual one, that is removed at the end."""
    shared_memory = Path("/dev/shm")  # noqa: S108 - wanted: a file system in memory
    parent = shared_memory if os.access(shared_memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="fedcat-bench-", dir=parent) as name:
        yield Path(name)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def new_home(path: Path, port: int, *, projection: Projection | None = None) -> Home:
    """Return an open home for a node at a loopback port, with its own log.

    Args:
        path: A directory that does not exist yet.
        port: Its port on 127.0.0.1.
        projection: What derives catalogue rows; none for a node that only mirrors.
    """
    chosen = NoProjection() if projection is None else projection
    address = f"http://127.0.0.1:{port}"
    found_node(path, address=address, name=f"Bench {port}", allow_private=True, projection=chosen)
    return Home.open(path, projection=chosen)


def port_of(path: Path) -> int:
    """Return the port that a home's node is to be reached at."""
    return load(path / FILE_NAME, {}).listen_at[1]


def searchable() -> Projection:
    """Return the projection of a node that answers queries."""
    return CatalogueProjection()


async def catalogue(path: Path, port: int, count: int) -> tuple[tuple[Log, ...], float]:
    """Make a home with two publishers; the second has one entry in twenty, about things of the first.

    Args:
        path: A directory that does not exist yet.
        port: Its port on 127.0.0.1.
        count: Entries of both together.

    Returns:
        The logs, the larger one first, and the wall seconds that publishing took.
    """
    home = new_home(path, port)
    try:
        second = count // _RETOLD
        origins = (own_origin(home), found_log(home, name="Second").origin)
        seconds = await put_all(home, entries(count - second), origins[0])
        told = islice(entries(count - second), 0, None, _RETOLD - 1)
        seconds += await put_all(home, islice(retold(told), second), origins[1])
        return tuple(_log_of(home, origin, port) for origin in origins), seconds
    finally:
        home.close()


async def one_log(path: Path, port: int, payloads: Iterable[Entry]) -> Log:
    """Make a home with one publisher; return its log.

    Args:
        path: A directory that does not exist yet.
        port: Its port on 127.0.0.1.
        payloads: What it publishes.
    """
    home = new_home(path, port)
    try:
        await put_all(home, payloads)
        return _log_of(home, own_origin(home), port)
    finally:
        home.close()


def _log_of(home: Home, origin: str, port: int) -> Log:
    row = home.logs.get(origin)
    return Log(origin, f"http://127.0.0.1:{port}/{origin.split('/', 1)[1]}", row.size if row else 0)


def own_origin(home: Home) -> str:
    """Return the origin of a home's first own log."""
    return next(row.origin for row in home.logs.all() if row.own)


async def put_all(
    home: Home, payloads: Iterable[Entry], origin: str = "", ids: Iterable[bytes | None] = repeat(None)
) -> float:
    """Publish entries in an own log; return wall seconds, in which nothing was generated.

    Args:
        home: An open home.
        payloads: The entries.
        origin: The log; the first own one without it.
        ids: Of which statement each is a new version; of none without it.
    """
    origin = origin or own_origin(home)
    async with Fetcher(Limits(), allow_private=True) as fetcher:
        await clear(home, origin, fetcher)
    source, seconds = zip(payloads, ids, strict=False), 0.0
    while batch := [Draft(Op.PUT, id_, payload) for payload, id_ in islice(source, _BATCH)]:
        start = time.perf_counter()
        receipt = await publish(home, origin, batch)
        seconds += time.perf_counter() - start
        if not receipt.signed:
            raise SystemExit(f"the benchmark's node does not sign: {receipt.why_not}")
    return seconds


def entry_in(payload: bytes) -> Entry:
    """Return an entry of a home's database."""
    entry = unpack(payload)
    assert isinstance(entry, dict)  # noqa: S101 - the database says it is an entry
    return entry


@contextlib.contextmanager
def served(path: Path, port: int) -> Iterator[int]:
    """Serve a home in a process of its own until the block ends; yield its pid."""
    command = [sys.executable, "-m", "node", "--home", str(path), "serve"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await_ready(port)
            yield process.pid
        finally:
            process.terminate()
            process.wait(timeout=_READY_SECONDS)


async def await_port(port: int, is_alive: Callable[[], bool]) -> None:
    """Return once somebody listens at a port of 127.0.0.1.

    Args:
        port: The port.
        is_alive: Whether it is worth waiting for.
    """
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and is_alive():
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise SystemExit("a server of the benchmark does not get ready")


def _await_ready(port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1),
        ):
            return
        time.sleep(0.05)
    raise SystemExit("the benchmark's node does not get ready")
