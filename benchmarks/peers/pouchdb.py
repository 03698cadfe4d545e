"""PouchDB: entries as documents in pouchdb-server, replicated into a PouchDB of another process.

    python -m benchmarks.peers.pouchdb --entries 5000

Its best setting, as far as we know: LevelDB on both sides, in memory where the machine has such a
directory, and 1,000 documents a batch. Its client asks for gzip, which takes a quarter of the bytes; without,
it was no faster. It compares revisions and verifies nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import aiohttp

from benchmarks.generate import Entry, Keyed, entries, numbered
from benchmarks.measure import run_benchmark
from benchmarks.worlds import fast_directory, free_port

from .installing import node_modules_with, running
from .source import Source, Transfer, show_transfers, transferred

_PACKAGES = ("pouchdb-server@4.2.0",)
_SERVER = "node_modules/pouchdb-server/bin/pouchdb-server"
_BATCH = 1_000
_CLIENT = """\
const PouchDB = require('pouchdb-core')
  .plugin(require('pouchdb-adapter-leveldb'))
  .plugin(require('pouchdb-adapter-http'))
  .plugin(require('pouchdb-replication'));
const batch = Number(process.argv[2]), copies = {};
require('readline').createInterface({input: process.stdin}).on('line', async (line) => {
  const [port, directory] = JSON.parse(line);
  const local = copies[directory] ??= new PouchDB(directory, {adapter: 'leveldb'});
  const url = `http://127.0.0.1:${port}/entries`;
  const start = process.hrtime.bigint(), before = process.cpuUsage();
  const result = await PouchDB.replicate(url, local, {batch_size: batch, batches_limit: 10});
  const used = process.cpuUsage(before);
  console.log(JSON.stringify({
    entries: result.docs_written,
    wall: Number(process.hrtime.bigint() - start) / 1e9,
    cpu: (used.user + used.system) / 1e6,
  }));
});
"""


@dataclass(frozen=True, slots=True)
class Database(Source):
    """A database of pouchdb-server.

    Attributes:
        revisions: Name of a document → its revision, which a new one must state.
    """

    revisions: dict[str, str] = field(default_factory=dict)

    async def put(self, told: Iterable[Keyed]) -> int:
        """Put entries, new ones or new versions; return how many."""
        url, source, count = f"http://127.0.0.1:{self.port}/entries", iter(told), 0
        async with aiohttp.ClientSession() as session:
            async with session.put(url):  # there already, or now
                pass
            while batch := [self._document(*each) for each in islice(source, _BATCH)]:
                async with session.post(
                    f"{url}/_bulk_docs", json={"docs": batch}, raise_for_status=True
                ) as answer:
                    rows = await answer.json(content_type=None)
                if any("error" in row for row in rows):
                    raise SystemExit("PouchDB refused a document")
                self.revisions.update((row["id"], row["rev"]) for row in rows)
                count += len(rows)
        return count

    def _document(self, key: str, entry: Entry) -> Entry:
        revision = self.revisions.get(key)
        return {"_id": key, **entry} | ({"_rev": revision} if revision else {})


@contextlib.asynccontextmanager
async def served(told: Iterable[Keyed]) -> AsyncIterator[Database]:
    """Serve entries.

    Raises:
        NotInstalledError: It cannot be had here.
    """
    with tempfile.TemporaryDirectory(prefix="fedcat-bench-") as name, fast_directory() as data:
        root, port = Path(name), free_port()
        node = await node_modules_with(root, *_PACKAGES)
        (root / "replicate.js").write_text(_CLIENT, encoding="ascii")
        options = ("--port", str(port), "--dir", data, "--no-stdout-logs")
        async with running(port, node, _SERVER, *options, directory=root):
            source = Database(port, 0, root, (node, "replicate.js", str(_BATCH)))
            yield replace(source, entries=await source.put(told))


async def replicate(told: Iterable[Keyed]) -> Transfer:
    """Return what replicating entries into an empty database costs.

    Raises:
        NotInstalledError: It cannot be had here.
    """
    async with served(told) as source:
        return await transferred(source)


async def _main(count: int) -> None:
    show_transfers("PouchDB", {"replicate": await replicate(numbered(entries(count)))})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=5_000)
    run_benchmark(_main(parser.parse_args().entries))
