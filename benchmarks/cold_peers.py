"""G3: a first copy of the same entries, by fedcat and by what people would use instead.

    python -m benchmarks.cold_peers --entries 100000 --few 20000 --runs 3

One publisher's log is served by a node. ``mirror`` is a fresh home that verifies and stores it, durable on
the disk; ``searchable`` is one that has answered the first question with five facets, which none of the
peers can do then: they have files, documents or rows. git clones from its own daemon, without files and
with them; REST is an idealised interface that hands out pages; PouchDB replicates. The slow ones, a
harvest by OAI-PMH and python-tuf's client, get fewer entries (``--few``), and are compared with fedcat
at as many, measured in the same run. What peers copy is in memory where the machine allows it, and
nothing of theirs is flushed. All take turns; the figures are medians, wall seconds beside the CPU seconds
of who takes the copy, not of who serves it. Goals: a mirror takes at most a quarter of ``git clone
--bare``, an eighth of ``git clone`` and of REST, an eightieth of PouchDB and OAI-PMH, a hundredth of tuf;
being searchable a fifth of PouchDB and OAI-PMH.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .generate import Keyed, entries, numbered
from .measure import Took, alone, middle, run_benchmark, show, verdict
from .peers import oai, pouchdb, rest, tuf
from .peers.git import Repository
from .peers.installing import NotInstalledError
from .peers.source import Source
from .searchable import mirror, searchable
from .words import common_words
from .worlds import fast_directory, free_port, one_log, served, workspace

Copying = Callable[[Path], Awaitable[Took]]
"""Makes a first copy at a path where nothing is yet; returns what it cost."""

_MIRROR, _SEARCHABLE = "fedcat, mirror", "fedcat, searchable"
_GOALS = {
    _MIRROR: {
        "git clone --bare": 4,
        "git clone": 8,
        "REST": 8,
        "PouchDB": 80,
        "OAI-PMH": 80,
        "python-tuf": 100,
    },
    _SEARCHABLE: {"PouchDB": 5, "OAI-PMH": 5},
}
"""How many times as long as fedcat a peer should take at least."""

PEERS = {"git": "git clone", "rest": "REST", "pouchdb": "PouchDB", "oai": "OAI-PMH", "tuf": "python-tuf"}
"""Whom to compare with: option → name for people."""

_SLOW = ("oai", "tuf")
_SERVED: Mapping[str, Callable[[Iterable[Keyed]], AbstractAsyncContextManager[Source]]] = {
    "rest": rest.served,
    "pouchdb": pouchdb.served,
    "tuf": tuf.served,
}


@dataclass(frozen=True, slots=True)
class Copy:
    """A way to a first copy.

    Attributes:
        name: For people.
        entries: How many it brings.
        make: Makes it.
    """

    name: str
    entries: int
    make: Copying


async def _ours(stack: AsyncExitStack, root: Path, count: int) -> dict[str, Copying]:
    """Publish entries in a new home, and serve it until the stack is left."""
    port, home, word = free_port(), root / f"publisher{count}", next(common_words())
    log = await one_log(home, port, entries(count))
    stack.enter_context(served(home, port))

    async def mirrored(target: Path) -> Took:
        return (await asyncio.to_thread(alone, mirror, target, [log])).stages["mirror"]

    async def answering(target: Path) -> Took:
        return (await asyncio.to_thread(alone, searchable, target, [log], word)).stages["whole"]

    return {_MIRROR: mirrored, _SEARCHABLE: answering}


async def _theirs(stack: AsyncExitStack, peer: str, count: int) -> dict[str, Copying]:
    """Let a peer serve entries until the stack is left.

    Raises:
        NotInstalledError: It cannot be had here.
    """
    told = numbered(entries(count))
    if peer == "git":
        repository = Repository(stack.enter_context(fast_directory()))
        await repository.create(told)
        port = await stack.enter_async_context(repository.served())
        return {
            "git clone --bare": partial(repository.clone, port, bare=True),
            "git clone": partial(repository.clone, port),
        }
    if peer == "oai":
        sources = await stack.enter_async_context(oai.served(told))
        return {PEERS[peer]: sources["identity"].first_copy}  # the faster one where the network is
    source = await stack.enter_async_context(_SERVED[peer](told))
    return {PEERS[peer]: source.first_copy}


async def _all(stack: AsyncExitStack, root: Path, sizes: Mapping[str, int]) -> list[Copy]:
    """Return every way to a copy: fedcat's at each of the sizes, and of the peers those that can be had."""
    found: list[Copy] = []
    for size in sorted(set(sizes.values()), reverse=True):
        made = await _ours(stack, root, size)
        found += [Copy(name, size, make) for name, make in made.items()]
    for peer, size in sizes.items():
        try:
            made = await _theirs(stack, peer, size)
        except NotInstalledError as error:
            print(f"{peer} is left out: it cannot be installed here ({error})")
        else:
            found += [Copy(name, size, make) for name, make in made.items()]
    return found


async def _main(count: int, few: int, peers: Sequence[str], runs: int) -> None:
    sizes = {peer: few if peer in _SLOW else count for peer in peers}
    async with AsyncExitStack() as stack:
        root, fast = stack.enter_context(workspace()), stack.enter_context(fast_directory())
        copies = await _all(stack, root, sizes)
        took: dict[Copy, list[Took]] = {copy: [] for copy in copies}
        for _ in range(runs):
            for copy, costs in took.items():
                parent = root if copy.name in _GOALS else fast
                with tempfile.TemporaryDirectory(dir=parent) as name:
                    costs.append(await copy.make(Path(name) / "copy"))
    _report(took, runs)


def _report(took: Mapping[Copy, Sequence[Took]], runs: int) -> None:
    costs = {copy: middle(found) for copy, found in took.items()}
    ours = {(copy.name, copy.entries): cost for copy, cost in costs.items() if copy.name in _GOALS}
    rows = []
    for copy, cost in costs.items():
        held, answering = ours[_MIRROR, copy.entries], ours[_SEARCHABLE, copy.entries]
        rows.append(
            (
                copy.name,
                f"{copy.entries:,}",
                f"{cost.wall:.2f}",
                f"{cost.cpu:.2f}",
                f"{copy.entries / cost.wall:,.0f}",
                f"{cost.wall / held.wall:.1f}x / {cost.cpu / held.cpu:.1f}x",
                f"{cost.wall / answering.wall:.1f}x / {cost.cpu / answering.cpu:.1f}x",
            )
        )
    print(f"\nfirst copies, medians of {runs} runs; how much more wall / CPU than fedcat of as many entries")
    show(("", "entries", "wall s", "CPU s", "entries/s", "than mirror", "than searchable"), rows)
    for name, goals in _GOALS.items():
        for copy, cost in costs.items():
            if copy.name in goals:
                times, goal = cost.wall / ours[name, copy.entries].wall, goals[copy.name]
                text = f"{copy.name} takes {times:.3g} times as long as {name} (goal {goal})"
                verdict("G3", times >= goal, text)
    for copy, found in took.items():
        each = ", ".join(f"{cost.wall:.2f}" for cost in found)
        print(f"runs, {copy.name}, {copy.entries:,}: {each} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--few", type=int, default=20_000, help="entries for " + " and ".join(_SLOW))
    parser.add_argument("--peers", default=",".join(PEERS), help="of " + ", ".join(PEERS))
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    chosen = [peer for peer in arguments.peers.split(",") if peer]
    if not chosen:
        parser.error("name a peer at least")
    if unknown := set(chosen) - set(PEERS):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    run_benchmark(_main(arguments.entries, arguments.few, chosen, arguments.runs))
