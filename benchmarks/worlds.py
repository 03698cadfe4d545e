"""Nodes for benchmarks: real homes in a temporary directory, served by real processes on loopback."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from federation.fetch import Fetcher
from federation.limits import Limits
from node.answers.catalogue import CatalogueProjection
from node.home import Home
from node.own.clearance import clear
from node.own.founding import found_node
from node.own.sequencer import Draft, publish
from node.store.projection import NoProjection, Projection
from protocol.leaf import Op

_BATCH = 4_096
_READY_SECONDS = 20


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """Yield a directory that is removed at the end; head locks are kept inside it as well."""
    with tempfile.TemporaryDirectory(prefix="fedcat-bench-") as name:
        root = Path(name)
        os.environ["FEDCAT_LOCK_DIR"] = str(root / "heads")
        yield root


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


def searchable() -> Projection:
    """Return the projection of a node that answers queries."""
    return CatalogueProjection()


async def put_all(home: Home, payloads: Iterable[dict[str, Any]]) -> float:
    """Publish entries in the home's first own log; return wall seconds."""
    origin = next(row.origin for row in home.logs.all() if row.own)
    async with Fetcher(Limits(), allow_private=True) as fetcher:
        await clear(home, origin, fetcher)
    source = iter(payloads)
    start = time.perf_counter()
    while batch := [Draft(Op.PUT, None, payload) for payload in islice(source, _BATCH)]:
        receipt = await publish(home, origin, batch)
        if not receipt.signed:
            raise SystemExit(f"the benchmark's node does not sign: {receipt.why_not}")
    return time.perf_counter() - start


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
