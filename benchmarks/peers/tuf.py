"""The Update Framework: entries as signed targets, fetched by python-tuf's client.

    python -m benchmarks.peers.tuf --entries 2000

Its best setting, as far as we know: targets in 256 hash bins, which a whole copy needs about as
long for as for one list, and an update much less; Ed25519; compact metadata; one connection that
stays; a server that has every file in memory; the copy, and what the client writes on the way, in
memory too where the machine has such a directory. The client is told the names of all targets, which it
would have to find out first. It asks for one target after the other: that is its interface.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import msgspec
from aiohttp import web

from benchmarks.generate import Keyed, entries, numbered
from benchmarks.measure import command, run_benchmark
from benchmarks.worlds import fast_directory

from .installing import python_with
from .source import EACH_LINE, Source, Transfer, show_transfers, transferred

_REQUIREMENTS = ("tuf==7.0.1", "cryptography==50.0.2")
_BITS = 8  # 256 bins
_SIGN = """\
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    Delegations, MetaFile, Metadata, Root, Snapshot, SuccinctRoles, TargetFile, Targets, Timestamp
)
from tuf.api.serialization.json import JSONSerializer
root, bits = Path(sys.argv[1]), int(sys.argv[2])
expires = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=30)
signer = CryptoSigner.generate_ed25519()
key = signer.public_key
bins = SuccinctRoles([key.keyid], 1, bits, "bin")
roles = {name: Targets(expires=expires) for name in bins.get_roles()}
for path in sorted((root / "targets").iterdir()):
    target = TargetFile.from_file(path.name, str(path), ["sha256"])
    roles[bins.get_role_for_target(path.name)].targets[path.name] = target
targets = Targets(expires=expires, delegations=Delegations({key.keyid: key}, succinct_roles=bins))
known = {f"{name}.json": MetaFile(1) for name in ("targets", *roles)}
top = Root(expires=expires, consistent_snapshot=True)
for role in ("root", "timestamp", "snapshot", "targets"):
    top.add_key(key, role)
(root / "metadata").mkdir()
signed = {"1.root": top, "1.targets": targets, "1.snapshot": Snapshot(expires=expires, meta=known),
          "timestamp": Timestamp(expires=expires, snapshot_meta=MetaFile(1))}
signed |= {f"1.{name}": role for name, role in roles.items()}
for name, part in signed.items():
    metadata = Metadata(part)
    metadata.sign(signer)
    metadata.to_file(str(root / "metadata" / f"{name}.json"), JSONSerializer(compact=True))
"""
_COPY = """\
from pathlib import Path
from tuf.ngclient import Updater, UpdaterConfig
trusted, names = Path("1.root.json").read_bytes(), Path("names").read_text().split()
def copy(port, target):
    url, root = f"http://127.0.0.1:{port}", Path(target)
    for part in ("metadata", "targets"):
        (root / part).mkdir(parents=True, exist_ok=True)
    updater = Updater(
        str(root / "metadata"), f"{url}/metadata/", str(root / "targets"), f"{url}/targets/",
        config=UpdaterConfig(prefix_targets_with_hash=False), bootstrap=trusted,
    )
    updater.refresh()
    for name in names:
        updater.download_target(updater.get_targetinfo(name))
    return sum(1 for _ in (root / "targets").iterdir())
"""


@contextlib.asynccontextmanager
async def served(told: Iterable[Keyed]) -> AsyncIterator[Source]:
    """Serve entries.

    Raises:
        NotInstalledError: It cannot be had here.
    """
    with tempfile.TemporaryDirectory(prefix="fedcat-bench-") as name, fast_directory() as data:
        root = Path(name)
        python = await python_with(root, *_REQUIREMENTS)
        (data / "targets").mkdir()
        for key, entry in told:
            (data / "targets" / f"{key}.json").write_bytes(msgspec.json.encode(entry))
        await command(python, "-c", _SIGN, data, str(_BITS), cwd=root)
        files = {f"/{path.relative_to(data)}": path.read_bytes() for path in data.rglob("*.json")}
        names = [path.rpartition("/")[2] for path in files if path.startswith("/targets/")]
        (root / "names").write_text("\n".join(names), encoding="ascii")
        (root / "1.root.json").write_bytes(files["/metadata/1.root.json"])
        async with _serving(files) as port:
            yield Source(port, len(names), root, (python, "-c", _COPY + EACH_LINE))


@contextlib.asynccontextmanager
async def _serving(files: dict[str, bytes]) -> AsyncIterator[int]:
    """Serve files by their paths, from memory, until the block ends; yield the port."""

    async def answer(request: web.BaseRequest) -> web.Response:
        body = files.get(request.path)
        return web.Response(status=404) if body is None else web.Response(body=body)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def download(told: Iterable[Keyed]) -> Transfer:
    """Return what fetching all entries costs a client that has the first root alone.

    Raises:
        NotInstalledError: It cannot be had here.
    """
    async with served(told) as source:
        return await transferred(source)


async def _main(count: int) -> None:
    show_transfers("python-tuf", {"all targets": await download(numbered(entries(count)))})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=2_000)
    run_benchmark(_main(parser.parse_args().entries))
