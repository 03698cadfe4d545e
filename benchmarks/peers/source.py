"""What a peer serves entries from, its clients, and what a first copy costs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from benchmarks.counting_proxy import CountingProxy
from benchmarks.measure import Took, show
from benchmarks.worlds import fast_directory

EACH_LINE: Final = """
import json, sys, time
for line in sys.stdin:
    start, before = time.perf_counter(), time.process_time()
    entries = copy(*json.loads(line))
    took = {"wall": time.perf_counter() - start, "cpu": time.process_time() - before}
    print(json.dumps({"entries": entries} | took), flush=True)
"""
"""How a client in Python ends, after ``copy(port, target)``, which returns how many entries came."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A first copy of entries.

    Attributes:
        entries: How many it brought.
        up: Bytes to the source.
        down: Bytes from it.
        took: What it cost the taker.
    """

    entries: int
    up: int
    down: int
    took: Took

    @property
    def each(self) -> float:
        """Bytes an entry, both directions."""
        return (self.up + self.down) / self.entries


class Client:
    """A peer's client: a process that does one round for each line that it is told.

    It is told ``[port, target]`` and answers ``{"entries": 3, "wall": 0.25, "cpu": 0.125}``, both
    JSON. It measures itself, so what starting a process costs does not count, and it may keep
    between rounds what it likes: connections, an open database.
    """

    def __init__(self, process: asyncio.subprocess.Process, complaints: IO[bytes]) -> None:
        self._process = process
        self._complaints = complaints

    async def copy(self, port: int, target: Path) -> tuple[int, Took]:
        """Return how many entries one round brought, and its cost.

        Args:
            port: Where the source, or somebody before it, listens.
            target: Where the copy is kept; before the first round nothing is there.

        Raises:
            SystemExit: The client failed; with what it complained about.
        """
        writer, reader = self._process.stdin, self._process.stdout
        assert writer is not None  # noqa: S101 - it was started with pipes
        assert reader is not None  # noqa: S101
        writer.write(json.dumps([port, str(target)]).encode() + b"\n")
        await writer.drain()
        line = await reader.readline()
        if not line:
            self._complaints.seek(0)
            raise SystemExit(f"a client failed:\n{self._complaints.read().decode(errors='replace')[-2_000:]}")
        answer = json.loads(line)
        return int(answer["entries"]), Took(answer["wall"], answer["cpu"])


@dataclass(frozen=True, slots=True)
class Source:
    """Entries that a peer serves.

    Attributes:
        port: Where, on 127.0.0.1.
        entries: How many they were when it started.
        root: Where what its clients need is installed.
        words: The command of a client.
    """

    port: int
    entries: int
    root: Path
    words: tuple[str | Path, ...]

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Yield a client, which ends with the block; its temporary files are in memory too."""
        with tempfile.TemporaryFile() as complaints, fast_directory() as scratch:
            process = await asyncio.create_subprocess_exec(
                *map(str, self.words),
                cwd=self.root,
                env=os.environ | {"TMPDIR": str(scratch)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
            try:
                yield Client(process, complaints)
            finally:
                if process.returncode is None:
                    process.terminate()
                await process.wait()

    async def first_copy(self, target: Path, port: int = 0) -> Took:
        """Return what it costs a fresh client to take all entries.

        Args:
            target: Where the copy is kept, where nothing is yet.
            port: Where to ask, if not where the source listens.

        Raises:
            SystemExit: Not all of them came.
        """
        async with self.client() as client:
            entries, took = await client.copy(port or self.port, target)
        if entries != self.entries:
            raise SystemExit(f"{entries} of {self.entries} entries came")
        return took


async def transferred(source: Source) -> Transfer:
    """Return what a first copy costs, every byte counted on its way."""
    with fast_directory() as root:
        async with CountingProxy(source.port) as proxy:
            took = await source.first_copy(root / "copy", proxy.port)
            return Transfer(source.entries, proxy.up, proxy.down, took)


def show_transfers(title: str, transfers: Mapping[str, Transfer]) -> None:
    """Print what first copies of the same entries cost."""
    count = next(iter(transfers.values())).entries
    rows = [
        (
            name,
            f"{each.took.wall:.2f}",
            f"{each.took.cpu:.2f}",
            f"{each.up:,}",
            f"{each.down:,}",
            f"{each.each:.0f}",
        )
        for name, each in transfers.items()
    ]
    show((f"{title}, {count} entries", "wall s", "CPU s", "up", "down", "B/entry"), rows)
