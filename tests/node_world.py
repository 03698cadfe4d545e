"""Real homes in a temporary directory, with a clock that a test turns, and carriers without sockets.

A ``NodeWorld`` founds nodes and opens them again, as a restart would. A ``Carrier`` is what the rest of the
world holds of a log at one moment: a copy of a home's files, served through the ``Fetch`` interface.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from federation.faults import Fault, FaultError, FaultKind
from federation.response import Response
from node.answers.catalogue import CatalogueProjection
from node.home import Home
from node.own.founding import Founded, found_node
from node.own.sequencer import Draft
from node.store.gzipped import unpack
from protocol.leaf import Op
from protocol.tiles import (
    BundleId,
    TileId,
    parse_blob_path,
    parse_content_path,
    parse_keys_path,
    parse_path,
)

NOW = 1_800_000_000


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


class NodeWorld:
    """Homes below one directory, sharing one clock."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = Clock()
        self.founded: dict[str, Founded] = {}
        self._open: list[Home] = []

    def found(self, name: str = "city", port: int = 8401) -> Home:
        """Found a node with one log, and open it as a later process would: not cleared."""
        self.founded[name] = found_node(
            self.root / name,
            address=f"http://127.0.0.1:{port}",
            name=f"City of {name.title()}",
            log_name=name,
            allow_private=True,
            projection=CatalogueProjection(),
            clock=self.clock,
        )
        return self.open(name)

    def open(self, name: str = "city") -> Home:
        """Open a home once more, beside those that are open."""
        home = Home.open(self.root / name, projection=CatalogueProjection(), clock=self.clock)
        self._open.append(home)
        return home

    def restart(self, home: Home) -> Home:
        """Close a home and open it again."""
        home.close()
        return self.open(home.path.name)

    def origin(self, name: str = "city") -> str:
        return self.founded[name].origin

    def copy_database(self, name: str = "city") -> Path:
        """Copy a closed home's database aside and return the copy."""
        aside = self.root / f"{name}.aside.db"
        shutil.copy(self.root / name / "fedcat.db", aside)
        return aside

    def put_back(self, aside: Path, name: str = "city") -> None:
        """Put a copied database back into a closed home."""
        for leftover in (self.root / name).glob("fedcat.db-*"):
            leftover.unlink()
        shutil.copy(aside, self.root / name / "fedcat.db")

    def close(self) -> None:
        for home in self._open:
            home.close()


@contextmanager
def node_world(root: Path) -> Iterator[NodeWorld]:
    """Make a world and close everything in it at the end; the lock directory is the caller's to set."""
    world = NodeWorld(root)
    try:
        yield world
    finally:
        world.close()


def payload(name: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return an imported entry: held to the rules for imports because of its source."""
    return {
        "type": "entry",
        "v": 1,
        "kind": "software",
        "name": {"en": name},
        "source": {"format": "publiccode", "path": f"{name}.yml"},
        **fields,
    }


def put(name: str, id_: bytes | None = None, expected: int | None = None) -> Draft:
    return Draft(Op.PUT, id_, payload(name), expected)


def withdraw(id_: bytes, expected: int | None = None) -> Draft:
    return Draft(Op.WITHDRAW, id_, {"type": "withdrawal", "v": 1, "reason": "withdrawn"}, expected)


def erase(id_: bytes, index: int | None = None, reason: int = 1) -> Draft:
    return Draft(Op.ERASE, id_, None, index, reason)


class Carrier:
    """A copy of what a home serves of its logs, under one base URL."""

    def __init__(self, home: Home, root: Path, base: str) -> None:
        self.base = base
        shutil.copytree(home.path, root)
        # A copy of a database in use may miss its write-ahead log; this one is complete.
        home.database.connection.execute("VACUUM INTO ?", (str(root / "copy.db"),))
        for leftover in root.glob("fedcat.db*"):
            leftover.unlink()
        (root / "copy.db").rename(root / "fedcat.db")
        self.home = Home.open(root, projection=CatalogueProjection(), clock=lambda: NOW)

    def prefix(self, origin: str) -> str:
        row = self.home.logs.get(origin)
        assert row is not None
        return f"{self.base}/mirror/{row.hash}"

    def file(self, path: str) -> bytes | None:  # noqa: PLR0911 - one for each kind of file
        """Return the file under ``/mirror/<hash>/``, or None when it is not there."""
        name, _, rest = path.removeprefix("/mirror/").partition("/")
        row = self.home.logs.by_hash(name)
        if row is None:
            return None
        store = self.home.logs.store(row.origin)
        if rest == "checkpoint":
            return store.note() or None
        if rest.startswith("tile/"):
            named = parse_path(rest)
            start = named.index * 256
            if isinstance(named, TileId):
                return store.read_hashes(named.level, start, named.width)
            assert isinstance(named, BundleId)
            return store.read_entries(start, start + named.width)
        if rest.startswith("content/"):
            return unpack(store.served_content(parse_content_path(rest), row.size))
        if rest.startswith("blob/"):
            return store.kept_blob(parse_blob_path(rest))
        version = parse_keys_path(rest)
        return row.key_notes[version - 1] if version <= len(row.key_notes) else None

    def close(self) -> None:
        self.home.close()


class CarrierFetch:
    """The network: some carriers answer, everything else is unreachable."""

    def __init__(self, carriers: Iterable[Carrier] = ()) -> None:
        self.carriers = list(carriers)
        self.replaced: dict[str, bytes] = {}
        self.asked: list[str] = []

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        assert limit > 0
        assert not gzip or "Range" not in (headers or {})
        self.asked.append(url)
        if url in self.replaced:
            return Response(200, {}, self.replaced[url])
        for carrier in self.carriers:
            if url.startswith(carrier.base + "/"):
                return self._answer(carrier, url, headers or {})
        raise FaultError(Fault(FaultKind.UNREACHABLE, url, "nobody answers"))

    def _answer(self, carrier: Carrier, url: str, headers: Mapping[str, str]) -> Response:
        body = carrier.file(url.removeprefix(carrier.base))
        if body is None:
            return Response(404)
        wanted = headers.get("Range", "")
        if wanted:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            return Response(206, {"content-range": span}, body[start:])
        return Response(200, {}, body)
