"""PouchDB: entries as documents in pouchdb-server, replicated into a PouchDB of another process.

    python -m benchmarks.peers.pouchdb --entries 5000

Its best setting, as far as we know: LevelDB on both sides, 1,000 documents a batch, gzip as its
client asks for it. It compares revisions and verifies nothing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from benchmarks.counting_proxy import CountingProxy
from benchmarks.generate import Entry, entries
from benchmarks.measure import Took, command, run_benchmark, show
from benchmarks.worlds import free_port

from .installing import Transfer, node_modules_with, running

_PACKAGES = ("pouchdb-server@4.2.0",)
_SERVER = "node_modules/pouchdb-server/bin/pouchdb-server"
_BATCH = 1_000
_CLIENT = """\
const PouchDB = require('pouchdb-core')
  .plugin(require('pouchdb-adapter-leveldb'))
  .plugin(require('pouchdb-adapter-http'))
  .plugin(require('pouchdb-replication'));
const [url, directory, batch] = process.argv.slice(2);
(async () => {
  const local = new PouchDB(directory, {adapter: 'leveldb'});
  const start = process.hrtime.bigint(), before = process.cpuUsage();
  const result = await PouchDB.replicate(url, local, {batch_size: Number(batch), batches_limit: 10});
  const used = process.cpuUsage(before);
  console.log(JSON.stringify({
    docs: result.docs_written,
    wall: Number(process.hrtime.bigint() - start) / 1e9,
    cpu: (used.user + used.system) / 1e6,
  }));
})();
"""


async def replicate(told: Sequence[Entry]) -> Transfer:
    """Return what replicating entries into an empty database costs.

    Raises:
        NotInstalledError: It cannot be had here.
    """
    with tempfile.TemporaryDirectory(prefix="fedcat-bench-") as name:
        root = Path(name)
        node = await node_modules_with(root, *_PACKAGES)
        (root / "data").mkdir()
        (root / "replicate.js").write_text(_CLIENT, encoding="ascii")
        port = free_port()
        options = ("--port", str(port), "--dir", "data", "--no-stdout-logs")
        async with running(port, node, _SERVER, *options, directory=root):
            await _load(f"http://127.0.0.1:{port}/entries", told)
            async with CountingProxy(port) as proxy:
                url = f"http://127.0.0.1:{proxy.port}/entries"
                answer = json.loads(await command(node, "replicate.js", url, "copy", str(_BATCH), cwd=root))
                if answer["docs"] != len(told):
                    raise SystemExit(f"PouchDB replicated {answer['docs']} of {len(told)} documents")
                return Transfer(len(told), proxy.up, proxy.down, Took(answer["wall"], answer["cpu"]))


async def _load(url: str, told: Sequence[Entry]) -> None:
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        async with session.put(url):
            pass
        for start in range(0, len(told), _BATCH):
            batch = enumerate(told[start : start + _BATCH], start)
            documents = [{"_id": f"{number:08}", **entry} for number, entry in batch]
            async with session.post(f"{url}/_bulk_docs", json={"docs": documents}) as answer:
                if any("error" in row for row in await answer.json(content_type=None)):
                    raise SystemExit("PouchDB refused a document")


async def _main(count: int) -> None:
    cost = await replicate(list(entries(count)))
    row = (
        f"{cost.took.wall:.2f}",
        f"{cost.took.cpu:.2f}",
        f"{cost.up:,}",
        f"{cost.down:,}",
        f"{cost.each:.0f}",
    )
    show((f"PouchDB, {count} entries", "wall s", "CPU s", "up", "down", "B/entry"), [("replicate", *row)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=5_000)
    run_benchmark(_main(parser.parse_args().entries))
