"""git: one file for each entry, served by git's own daemon, cloned and pulled.

    python -m benchmarks.peers.git --entries 20000

Its best setting, as far as we know: compact JSON in 256 directories, strongest compression, one pack
with a bitmap, no protocol around git's own, settings for many files, and everything in memory where
the machine has such a directory. Looking for deltas among 50 neighbours instead of 10 was tried: twice
the time, one byte in a thousand.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from benchmarks.counting_proxy import CountingProxy
from benchmarks.generate import Keyed, edited, entries, numbered
from benchmarks.measure import Took, command, run_benchmark, show, timed_children
from benchmarks.worlds import fast_directory, free_port

from .installing import NotInstalledError, running

_CONFIG = """\
[user]
  name = Benchmark
  email = benchmark@example.org
[core]
  looseCompression = 1
  compression = 9
[pack]
  compression = 9
  writeBitmaps = true
[feature]
  manyFiles = true
[gc]
  auto = 0
[init]
  defaultBranch = main
"""


@dataclass(frozen=True, slots=True)
class Repository:
    """Entries under git.

    Attributes:
        root: A directory that is there; everything is kept in it.
    """

    root: Path

    @property
    def source(self) -> Path:
        """The publisher's working copy."""
        return self.root / "source"

    async def create(self, told: Iterable[Keyed]) -> Took:
        """Commit entries, as files, and pack them.

        Raises:
            NotInstalledError: There is no git.
        """
        if shutil.which("git") is None:
            raise NotInstalledError("there is no git")
        (self.root / "config").write_text(_CONFIG, encoding="utf-8")
        with timed_children() as took:
            await self.git("init", "--quiet", self.source)
            await self.commit(told)
            await self.git("repack", "-adfq", directory=self.source)
        return took

    async def commit(self, told: Iterable[Keyed]) -> None:
        """Write entries and commit them."""
        for key, entry in told:
            name = hashlib.sha256(key.encode()).hexdigest()
            path = self.source / name[:2] / f"{name[2:12]}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(msgspec.json.encode(entry, order="deterministic"))
        await self.git("add", "--all", directory=self.source)
        await self.git("commit", "--quiet", "--message", "Entries", directory=self.source)

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator[int]:
        """Serve the repository; yield the port."""
        port = free_port()
        programs = (await self.git("--exec-path")).strip()
        options = [f"--base-path={self.root}", "--export-all", "--listen=127.0.0.1", f"--port={port}"]
        async with running(
            port, f"{programs}/git-daemon", *options, directory=self.root, **self._environment
        ):
            yield port

    async def clone(self, port: int, target: Path, *, bare: bool = False) -> Took:
        """Clone what is served at a port."""
        options = ("--bare",) if bare else ()
        with timed_children() as took:
            await self.git("clone", "--quiet", *options, f"git://127.0.0.1:{port}/source", target)
        return took

    async def pull(self, target: Path) -> Took:
        """Bring a clone up to date, its files included."""
        with timed_children() as took:
            await self.git("pull", "--quiet", "--ff-only", directory=target)
        return took

    async def fetch(self, target: Path) -> Took:
        """Bring a bare clone up to date."""
        with timed_children() as took:
            await self.git("fetch", "--quiet", "origin", "main:main", directory=target)
        return took

    async def git(self, *words: str | Path, directory: Path | None = None) -> str:
        """Run git with settings of its own; return what it wrote."""
        return await command("git", *words, cwd=directory or self.root, env=self._environment)

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GIT_CONFIG_GLOBAL": str(self.root / "config"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C",
        }


async def _main(count: int) -> None:
    with fast_directory() as root:
        repository = Repository(root)
        published = await repository.create(numbered(entries(count)))
        rows = [("add, commit, repack", f"{published.wall:.2f}", f"{published.cpu:.2f}", "")]
        async with repository.served() as port, CountingProxy(port) as proxy:

            async def measured(name: str, took: Took) -> None:
                size = proxy.up + proxy.down
                rows.append((name, f"{took.wall:.2f}", f"{took.cpu:.2f}", f"{size:,}"))
                proxy.reset()

            await measured("clone", await repository.clone(proxy.port, root / "clone"))
            await measured("clone --bare", await repository.clone(proxy.port, root / "bare", bare=True))
            some = list(islice(numbered(entries(count)), 0, None, 100))
            changed = edited(entry for _, entry in some)
            await repository.commit((key, new) for (key, _), new in zip(some, changed, strict=True))
            await measured(f"pull, {len(some)} changed", await repository.pull(root / "clone"))
        show((f"git, {count} entries", "wall s", "CPU s", "bytes"), rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=20_000)
    run_benchmark(_main(parser.parse_args().entries))
