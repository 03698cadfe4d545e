"""Datasette: the same SQLite file, asked over HTTP.

    python -m benchmarks.peers.datasette --entries 5000

Its best setting, as far as we know: the file opened as immutable, so that it need not count rows
anew; only the columns of a list; nothing suggested; and limits of 60 seconds instead of the usual 0.2 to
1, at which it would drop facets and whole answers.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
import time
import urllib.parse
from collections.abc import AsyncIterator
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.generate import entries
from benchmarks.measure import memory_of, quantile, run_benchmark, show
from benchmarks.worlds import free_port

from . import fts5
from .installing import python_with, running

_REQUIREMENTS = ("datasette==0.65.5",)
_SETTINGS = {
    "sql_time_limit_ms": 60_000,
    "facet_time_limit_ms": 60_000,
    "default_facet_size": 20,
    "suggest_facets": 0,
}


@contextlib.asynccontextmanager
async def served(database: Path) -> AsyncIterator[tuple[int, int]]:
    """Serve a database that ``fts5.build`` made; yield port and pid.

    Raises:
        NotInstalledError: It cannot be had here.
    """
    with tempfile.TemporaryDirectory(prefix="fedcat-bench-") as name:
        root = Path(name)
        python = await python_with(root, *_REQUIREMENTS)
        port = free_port()
        words: list[str | Path] = [
            python,
            "-m",
            "datasette",
            "serve",
            "--immutable",
            database,
            "--port",
            str(port),
        ]
        for setting, value in _SETTINGS.items():
            words += ["--setting", setting, str(value)]
        async with running(port, *words, directory=root) as pid:
            yield port, pid


def path_of(database: Path, words: str) -> str:
    """Return the path of a question: the first twenty, how many in all, five facets."""
    asked = [("_search", words), ("_size", "20"), ("_shape", "objects")]
    asked += [("_col", column) for column in ("name", "lead", *fts5.SINGLE)]
    asked += [("_facet", name) for name in fts5.SINGLE]
    asked += [("_facet_array", name) for name in fts5.MANY]
    return f"/{database.stem}/doc.json?{urllib.parse.urlencode(asked)}"


def total_of(document: dict[str, object]) -> int:
    """Return how many entries an answer says there are; stop when a facet was dropped."""
    facets = document["facet_results"]
    if not isinstance(facets, dict) or len(facets) < len(fts5.SINGLE + fts5.MANY):
        raise SystemExit("Datasette dropped a facet")
    return int(str(document["filtered_table_rows_count"]))


async def _main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="fedcat-bench-") as name:
        database = Path(name) / "entries.db"
        fts5.build(database, entries(count))
        frequent = sorted(fts5.frequencies(database).items(), key=lambda item: -item[1])
        walls: list[float] = []
        async with served(database) as (port, pid):
            connection = HTTPConnection("127.0.0.1", port)
            for word, _ in frequent[:200:10]:
                start = time.perf_counter()
                connection.request("GET", path_of(database, word))
                total_of(json.load(connection.getresponse()))
                walls.append(time.perf_counter() - start)
            connection.close()
            peak = memory_of(pid)
        row = (f"{quantile(walls, 0.5) * 1e3:.0f}", f"{max(walls) * 1e3:.0f}", f"{peak:.0f}")
        show((f"Datasette, {count} entries", "p50 ms", "max ms", "peak MB"), [("frequent words", *row)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=5_000)
    run_benchmark(_main(parser.parse_args().entries))
