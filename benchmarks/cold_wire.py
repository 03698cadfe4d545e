"""G4: what a first copy of a log costs on the wire, every byte of both directions.

    python -m benchmarks.cold_wire --entries 100000

A fresh follower takes a whole log through a counting proxy, headers included; so do a clone by git
and, with fewer entries because they are slow, PouchDB and OAI-PMH (``--peers`` chooses). ``one dump``
is what a file of all entries would cost, gzip -6, with nothing signed in it. Goal: at most 450 bytes
an entry on the reference set, 0.6 of git, 0.85 of PouchDB, 0.33 of OAI-PMH.

The reference set, real texts recombined, cannot be published. Generated entries stand for it: 1,270
bytes instead of 1,190, which gzip -6 packs 3.7 instead of 3.3 times in bundles, so 347 instead of
356 bytes an entry. Where the corpus lies beside this checkout its records are measured too.
"""

from __future__ import annotations

import argparse
import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from protocol.blob import SALT
from protocol.packing import pack
from protocol.tiles import WIDTH

from .corpus import corpus_entries
from .counting_proxy import CountingProxy
from .followers import Follower, open_fetcher
from .generate import Entry, entries, numbered
from .measure import Took, run_benchmark, show, timed_await, verdict
from .peers.git import Repository
from .peers.installing import NotInstalledError
from .peers.oai import harvest
from .peers.pouchdb import replicate
from .peers.source import Transfer
from .raw_limit import Recording
from .worlds import fast_directory, free_port, one_log, served, workspace

_GOAL_BYTES = 450
_GOAL_SHARES = {"git clone --bare": 0.6, "PouchDB": 0.85, "OAI-PMH, identity": 0.33}
_LEVELS = (6, 9)
PEERS = ("git", "pouchdb", "oai")
"""Whom to compare with."""

_PEER_ENTRIES = {"pouchdb": 25_000, "oai": 2_000}
"""How many entries the slow ones get; what they send grows with the number."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """Entries to copy.

    Attributes:
        name: For people.
        make: Returns them, the same ones every time.
        count: How many there are.
        is_reference: Whether the goals are meant for such entries.
    """

    name: str
    make: Callable[[], Iterable[Entry]]
    count: int
    is_reference: bool


async def _ours(root: Path, data: DataSet) -> tuple[Transfer, dict[str, float]]:
    """Return the cost of a sync, and the bytes an entry of its parts."""
    port = free_port()
    log = await one_log(root / "publisher", port, data.make())
    with served(root / "publisher", port):
        async with CountingProxy(port) as proxy, open_fetcher() as fetcher:
            recording = Recording(fetcher, keep=True)
            follower = Follower.start(root / "follower", recording)
            took = await timed_await(follower.take(log.through(proxy.port)))
            follower.home.close()
            cost = Transfer(data.count, proxy.up, proxy.down, took)
            requests = proxy.requests
    parts = {"contents": 0, "leaves": 0, "tiles and keys": 0}
    for url, answer in recording.answers.items():
        path = url.split("/1/", 1)[-1]
        kind = "contents" if path.startswith(("content/", "blob/")) else "tiles and keys"
        kind = "leaves" if path.startswith("tile/entries/") else kind
        parts[kind] += len(answer.packed or answer.body)
    parts[f"headers of {requests} requests"] = cost.up + cost.down - sum(parts.values())
    return cost, {name: size / data.count for name, size in parts.items()}


async def _git(data: DataSet) -> Transfer:
    with fast_directory() as root:
        repository = Repository(root)
        await repository.create(numbered(data.make()))
        async with repository.served() as port, CountingProxy(port) as proxy:
            took = await repository.clone(proxy.port, root / "clone", bare=True)
            return Transfer(data.count, proxy.up, proxy.down, took)


async def _others(data: DataSet, wanted: Sequence[str]) -> dict[str, Transfer]:
    """Return what the peers cost that were asked for and can be had."""
    found: dict[str, Transfer] = {}
    for peer in wanted:
        told = islice(numbered(data.make()), _PEER_ENTRIES.get(peer))
        try:
            if peer == "git":
                found["git clone --bare"] = await _git(data)
            elif peer == "pouchdb":
                found["PouchDB"] = await replicate(told)
            else:
                for coding, cost in (await harvest(told)).items():
                    found[f"OAI-PMH, {coding}"] = cost
        except NotInstalledError as error:
            print(f"{peer} is left out: it cannot be installed here ({error})")
    return found


def _dump(told: Iterable[Entry]) -> Transfer:
    packer, size, count = zlib.compressobj(6), 0, 0
    for count, entry in enumerate(told, 1):  # noqa: B007 - used after the loop
        size += len(packer.compress(msgspec.json.encode(entry) + b"\n"))
    return Transfer(count, 0, size + len(packer.flush()), Took())


def _packed(told: Iterable[Entry]) -> dict[str, float]:
    """Return what contents would take an entry, packed by others in the bundles they are served in."""
    sizes, count, bundle = dict.fromkeys(_LEVELS, 0), 0, b""

    def close() -> None:
        for level in _LEVELS:
            sizes[level] += len(zlib.compress(bundle, level))

    for count, entry in enumerate(told, 1):
        blob = os.urandom(SALT) + pack(entry)
        bundle += len(blob).to_bytes(4, "big") + blob
        if count % WIDTH == 0:
            close()
            bundle = b""
    close()
    return {f"zlib -{level}": size / count for level, size in sizes.items()}


async def _main(count: int, peers: Sequence[str]) -> None:
    sets = [DataSet("generated", lambda: entries(count), count, is_reference=True)]
    real = sum(1 for _ in islice(corpus_entries(), count))
    if real:
        name = "records of the corpus"
        sets.append(DataSet(name, lambda: islice(corpus_entries(), count), real, is_reference=False))
    else:
        print("the corpus is not beside this checkout: generated entries only")
    for data in sets:
        with workspace() as root:
            ours, parts = await _ours(root, data)
        # Their projections are made for what the generator writes.
        found = await _others(data, peers if data.is_reference else [peer for peer in peers if peer != "oai"])
        _report(data, ours, parts, found | {"one dump, gzip -6": _dump(data.make())})


def _report(data: DataSet, ours: Transfer, parts: Mapping[str, float], found: Mapping[str, Transfer]) -> None:
    size = sum(len(pack(entry)) for entry in data.make()) / data.count
    print(f"\n{data.count} entries, {data.name}: {size:.0f} B/entry as msgpack")
    rows = [("fedcat", f"{ours.entries:,}", f"{ours.up:,}", f"{ours.down:,}", f"{ours.each:.0f}", "")]
    rows += [
        (name, f"{cost.entries:,}", f"{cost.up:,}", f"{cost.down:,}", f"{cost.each:.0f}", _ratio(ours, cost))
        for name, cost in found.items()
    ]
    show(("", "entries", "up B", "down B", "B/entry", "fedcat is"), rows)
    print("of fedcat's: " + ", ".join(f"{each:.0f} {name}" for name, each in parts.items()))
    packed = ", ".join(f"{each:.0f} by {name}" for name, each in _packed(data.make()).items())
    print(f"contents would be {packed}")
    if data.is_reference:
        verdict("G4", ours.each <= _GOAL_BYTES, f"{ours.each:.0f} B/entry (goal {_GOAL_BYTES})")
        for name, cost in found.items():
            if name in _GOAL_SHARES:
                share, goal = ours.each / cost.each, _GOAL_SHARES[name]
                verdict("G4", share <= goal, f"{share:.2f} of {name} (goal {goal})")


def _ratio(ours: Transfer, other: Transfer) -> str:
    return f"{ours.each / other.each:.2f}x"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--peers", default=",".join(PEERS), help="of git, pouchdb, oai; none when empty")
    arguments = parser.parse_args()
    chosen = [peer for peer in arguments.peers.split(",") if peer]
    if unknown := set(chosen) - set(PEERS):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    run_benchmark(_main(arguments.entries, chosen))
