"""REST, idealised: entries page by page from an API that stores its answers ready-made.

    python -m benchmarks.peers.rest --entries 20000

What an interface like CKAN's could be at best: starlette and uvicorn with their compiled parts, over
SQLite. 1,000 entries a page, found by key (``since``, the number of the last change that is known), so
that a first copy and an update are the same question; an entry is stored as the line of JSON that
answers have, so that the server only joins lines. The client keeps its connection, asks for the next
page while it works on this one, decodes with orjson, and writes rows with their usual columns into
SQLite, one transaction a page, in memory where the machine has such a directory. Nothing is packed, which
is fastest where the network is; nothing is signed, nobody notices what is left out, and what was deleted
stays.
"""

from __future__ import annotations

import argparse
import contextlib
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import msgspec

from benchmarks.counting_proxy import CountingProxy
from benchmarks.generate import Keyed, edited, entries, numbered
from benchmarks.measure import run_benchmark, show
from benchmarks.worlds import fast_directory, free_port

from .installing import python_with, running
from .source import EACH_LINE, Source

_REQUIREMENTS = (
    "starlette==1.10.0",
    "uvicorn==0.54.0",
    "uvloop==0.23.0",
    "httptools==0.9.0",
    "orjson==3.13.0",
)
_PAGE = 1_000
_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE entry (change INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, line BLOB NOT NULL);
"""
_SERVE = """\
import sqlite3, sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
database, port, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
connection = sqlite3.connect(database, isolation_level=None)
connection.execute("PRAGMA mmap_size = 8589934592")
async def changes(request):
    since = int(request.query_params["since"])
    rows = connection.execute(
        "SELECT change, line FROM entry WHERE change > ? ORDER BY change LIMIT ?", (since, size)
    ).fetchall()
    last = rows[-1][0] if rows else since
    body = b"\\n".join([line for _, line in rows])
    return Response(body, media_type="application/x-ndjson", headers={"X-Last": str(last)})
uvicorn.run(
    Starlette(routes=[Route("/entries", changes)]), host="127.0.0.1", port=port,
    loop="uvloop", http="httptools", log_level="critical", access_log=False, timeout_keep_alive=3600,
)
"""
_COPY = """\
import sqlite3, sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http.client import HTTPConnection
import orjson
size, reader = int(sys.argv[1]), ThreadPoolExecutor(1)
@cache
def connected(port):
    return HTTPConnection("127.0.0.1", port)
@cache
def opened(target):
    database = sqlite3.connect(target, isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA mmap_size = 8589934592;"
        "CREATE TABLE IF NOT EXISTS entry (key TEXT NOT NULL UNIQUE, kind TEXT, modified TEXT,"
        " lifecycle TEXT, license TEXT, name TEXT, line BLOB);"
        "CREATE TABLE IF NOT EXISTS state (since INTEGER);"
        "INSERT INTO state SELECT 0 WHERE NOT EXISTS (SELECT * FROM state);"
    )
    return database
def page(port, since):
    connection = connected(port)
    connection.request("GET", f"/entries?since={since}")
    response = connection.getresponse()
    body = response.read()
    return (body.split(b"\\n") if body else []), int(response.headers["X-Last"])
def row(line):
    entry = orjson.loads(line)
    get, name = entry.get, next(iter(entry["name"].values()))
    return get("key"), get("kind"), get("modified"), get("lifecycle"), get("license"), name, line
def copy(port, target):
    database, entries, is_more = opened(target), 0, True
    (since,) = database.execute("SELECT since FROM state").fetchone()
    waiting = reader.submit(page, port, since)
    while is_more:
        lines, since = waiting.result()
        if is_more := len(lines) == size:
            waiting = reader.submit(page, port, since)
        database.execute("BEGIN")
        database.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", map(row, lines))
        database.execute("UPDATE state SET since = ?", (since,))
        database.execute("COMMIT")
        entries += len(lines)
    return entries
"""


@dataclass(frozen=True, slots=True)
class Api(Source):
    """An API over a database.

    Attributes:
        database: Its file.
    """

    database: Path

    async def put(self, told: Iterable[Keyed]) -> int:
        """Put entries, new ones or new versions; return how many."""
        lines = ((key, msgspec.json.encode({"key": key, **entry})) for key, entry in told)
        with closing(sqlite3.connect(self.database)) as connection, connection:
            statement = "INSERT OR REPLACE INTO entry (key, line) VALUES (?, ?)"
            return connection.executemany(statement, lines).rowcount


@contextlib.asynccontextmanager
async def served(told: Iterable[Keyed]) -> AsyncIterator[Api]:
    """Serve entries.

    Raises:
        NotInstalledError: It cannot be had here.
    """
    with tempfile.TemporaryDirectory(prefix="fedcat-bench-") as name, fast_directory() as data:
        root, database, port = Path(name), data / "entries.db", free_port()
        python = await python_with(root, *_REQUIREMENTS)
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript(_SCHEMA)
        serve = (python, "-c", _SERVE, database, str(port), str(_PAGE))
        async with running(port, *serve, directory=root):
            source = Api(port, 0, root, (python, "-c", _COPY + EACH_LINE, str(_PAGE)), database)
            yield replace(source, entries=await source.put(told))


async def _main(count: int) -> None:
    rows = []
    async with served(numbered(entries(count))) as source:
        with fast_directory() as root:
            async with source.client() as client, CountingProxy(source.port) as proxy:

                async def measured(name: str) -> None:
                    proxy.reset()
                    copied, took = await client.copy(proxy.port, root / "copy.db")
                    size = proxy.up + proxy.down
                    rows.append((name, f"{copied:,}", f"{took.wall:.3f}", f"{took.cpu:.3f}", f"{size:,}"))

                await measured("first copy")
                some = list(islice(numbered(entries(count)), 0, None, 100))
                changed = edited(entry for _, entry in some)
                await source.put((key, new) for (key, _), new in zip(some, changed, strict=True))
                await measured("one in a hundred changed")
                await measured("nothing changed")
    show((f"REST, {count} entries", "entries", "wall s", "CPU s", "bytes"), rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=20_000)
    run_benchmark(_main(parser.parse_args().entries))
