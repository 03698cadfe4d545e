"""G5: one entry in a hundred changes, and a follower takes it: verified, and searchable.

    python -m benchmarks.update --entries 100000 --runs 5

In each run the publisher publishes new versions of 1 % of its entries. Three followers hold
everything before: ``verified`` keeps the log only; ``searchable`` keeps rows, index and projects, and is
there when a search, with five facets, finds a new text; one takes its copy through a proxy that
counts the bytes of both directions. ``raw`` is a GET and write of the files that it asked for. The same
change is committed in git, in memory where the machine allows it, and pulled with files and fetched
without. PouchDB replicates it, and an idealised REST interface hands out what came after the last change
that its client knows: both by processes that stay, so that nothing has to warm up, and each once more
through the proxy (``--peers`` chooses). ``delta`` is the changed entries alone, as one gzip -6: what a
system sends that knows exactly what changed and signs nothing. Goals: verified in 30 ms, searchable in
250 ms; verified 60 times as fast as git pull, 20 times as fast as PouchDB, never slower than REST; at most
1.4 times the delta's bytes.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from node.answers.indexing import catch_up
from node.answers.search import Question, search
from node.home import Home
from node.store.projection import NoProjection
from protocol.packing import pack

from .counting_proxy import CountingProxy
from .followers import Follower, open_fetcher
from .generate import Entry, Keyed, edited, entries
from .measure import Took, middle, run_benchmark, show, timed, timed_await, verdict
from .peers import pouchdb, rest
from .peers.git import Repository
from .peers.installing import NotInstalledError
from .peers.source import Client
from .raw_limit import Recording, raw
from .searchable import FACETS
from .worlds import Log, entry_in, fast_directory, free_port, one_log, put_all, searchable, served, workspace

_SHARE = 100  # one entry in so many changes
_GOAL_VERIFIED, _GOAL_SEARCHABLE = 0.030, 0.250
_GOAL_DELTA = 1.4
_GOALS = {"git pull": 60, "PouchDB": 20, "REST": 1}
"""How many times as long as fedcat's verified update a peer should take at least."""

PEERS = {"rest": "REST", "pouchdb": "PouchDB"}
"""Whom to compare with beside git: option → name for people."""

Changing = rest.Api | pouchdb.Database
"""A peer's source that takes new versions."""

_SERVED: Mapping[str, Callable[[Iterable[Keyed]], AbstractAsyncContextManager[Changing]]] = {
    "rest": rest.served,
    "pouchdb": pouchdb.served,
}

Named = tuple[bytes, Entry]
"""A statement's id and what it says."""


@dataclass(slots=True)
class Costs:
    """What all runs cost.

    Attributes:
        took: Name → cost of each run.
        sizes: Name → bytes of each run.
    """

    took: dict[str, list[Took]] = field(default_factory=dict)
    sizes: dict[str, list[int]] = field(default_factory=dict)

    def add(self, name: str, took: Took) -> None:
        """Keep what a run cost."""
        self.took.setdefault(name, []).append(took)

    def add_size(self, name: str, size: int) -> None:
        """Keep how many bytes a run took."""
        self.sizes.setdefault(name, []).append(size)


@dataclass(frozen=True, slots=True)
class Ours:
    """The three followers of a log, and what they are asked through.

    Attributes:
        publisher: The home of the log.
        log: It, at its publisher.
        mirror: Keeps the log only.
        node: Answers questions.
        counted: Keeps the log only, through the proxy.
        recording: What that one asks for.
        proxy: What counts.
    """

    publisher: Path
    log: Log
    mirror: Follower
    node: Follower
    counted: Follower
    recording: Recording
    proxy: CountingProxy

    @property
    def counted_log(self) -> Log:
        """The log as the counted follower reaches it."""
        return self.log.through(self.proxy.port)

    async def start(self) -> None:
        """Take everything."""
        await self.mirror.take(self.log)
        await self.node.take(self.log)
        await self.counted.take(self.counted_log)
        catch_up(self.node.home)

    def entries(self) -> Iterator[Named]:
        """Yield the current version of every entry, in order of publication."""
        rows = self.node.home.database.connection.execute(
            "SELECT e.id, e.payload FROM entry e JOIN log l ON l.id = e.log"
            " WHERE l.origin = ? AND e.type = 'entry' ORDER BY e.idx",
            (self.log.origin,),
        )
        for id_, payload in rows:
            yield id_, entry_in(payload)

    async def update(self, changed: Sequence[Named], costs: Costs) -> None:
        """Publish new versions, and let every follower take them."""
        home = Home.open(self.publisher, projection=NoProjection())
        try:
            await put_all(home, (entry for _, entry in changed), ids=(id_ for id_, _ in changed))
        finally:
            home.close()
        costs.add("verified", await timed_await(self.mirror.sync(self.log)))
        rows = await timed_await(self.node.sync(self.log))
        with timed() as index:
            catch_up(self.node.home)
        with timed() as answer:
            self._find(*changed[0])
        costs.add("  log and rows", rows)
        costs.add("  index", index)
        costs.add("  answer", answer)
        costs.add("searchable", _sum(rows, index, answer))
        self.proxy.reset()
        self.recording.asked.clear()
        await self.counted.sync(self.counted_log)
        costs.add_size("verified", self.proxy.up + self.proxy.down)
        with tempfile.TemporaryDirectory() as directory:
            there, here = self.counted_log.prefix, self.log.prefix
            asked = [(url.replace(there, here), gzip, headers) for url, gzip, headers in self.recording.asked]
            costs.add("raw GET + write", await raw(Path(directory) / "raw", asked))

    def _find(self, id_: bytes, entry: Entry) -> None:
        """Find a statement by its newest text."""
        text = next(iter(entry["summary"].values()))
        page = search(self.node.home, Question(text), facets=FACETS, fresh=False)
        if id_.hex() not in {item["id"] for item in page.items}:
            raise SystemExit(f"the new text is not found: {text}")

    def close(self) -> None:
        """Close the homes."""
        for follower in (self.mirror, self.node, self.counted):
            follower.home.close()


def _sum(*parts: Took) -> Took:
    return Took(sum(part.wall for part in parts), sum(part.cpu for part in parts))


async def _update_git(
    repository: Repository, proxy: CountingProxy, changed: Sequence[Named], costs: Costs
) -> None:
    """Commit the same change, and bring the clones up to date."""
    await repository.commit(_keyed(changed))
    costs.add("git pull", await repository.pull(repository.root / "clone"))
    costs.add("git fetch, bare", await repository.fetch(repository.root / "bare"))
    proxy.reset()
    await repository.pull(repository.root / "counted")
    costs.add_size("git pull", proxy.up + proxy.down)


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer that can be asked for what changed, and two copies of its entries.

    Attributes:
        name: For people.
        source: What serves them.
        client: What keeps the copies up to date.
        proxy: What counts the bytes of the second copy.
        root: Where the copies are.
    """

    name: str
    source: Changing
    client: Client
    proxy: CountingProxy
    root: Path

    async def start(self) -> None:
        """Copy everything, twice."""
        await self._copy(self.source.port, "timed", self.source.entries)
        await self._copy(self.proxy.port, "counted", self.source.entries)

    async def update(self, changed: Sequence[Named], costs: Costs) -> None:
        """Put new versions, and bring both copies up to date."""
        await self.source.put(_keyed(changed))
        costs.add(self.name, await self._copy(self.source.port, "timed", len(changed)))
        self.proxy.reset()
        await self._copy(self.proxy.port, "counted", len(changed))
        costs.add_size(self.name, self.proxy.up + self.proxy.down)

    async def _copy(self, port: int, which: str, expected: int) -> Took:
        entries, took = await self.client.copy(port, self.root / which)
        if entries != expected:
            raise SystemExit(f"{self.name} brought {entries} of {expected} entries")
        return took


def _keyed(named: Iterable[Named]) -> Iterator[Keyed]:
    return ((id_.hex(), entry) for id_, entry in named)


async def _peers(stack: AsyncExitStack, options: Sequence[str], ours: Ours) -> list[Peer]:
    """Return those of some peers that can be had; what they run ends when the stack is left."""
    found = []
    for option in options:
        try:
            source = await stack.enter_async_context(_SERVED[option](_keyed(ours.entries())))
        except NotInstalledError as error:
            print(f"{option} is left out: it cannot be installed here ({error})")
            continue
        client = await stack.enter_async_context(source.client())
        proxy = await stack.enter_async_context(CountingProxy(source.port))
        peer = Peer(PEERS[option], source, client, proxy, stack.enter_context(fast_directory()))
        await peer.start()
        found.append(peer)
    return found


async def _main(count: int, runs: int, options: Sequence[str]) -> None:
    with workspace() as root, fast_directory() as fast:
        port, costs = free_port(), Costs()
        log = await one_log(root / "publisher", port, entries(count))
        repository = Repository(fast)
        with served(root / "publisher", port):
            async with CountingProxy(port) as proxy, open_fetcher() as fetcher, AsyncExitStack() as stack:
                recording = Recording(fetcher)
                ours = Ours(
                    root / "publisher",
                    log,
                    Follower.start(root / "mirror", fetcher),
                    Follower.start(root / "node", fetcher, projection=searchable()),
                    Follower.start(root / "counted", recording),
                    recording,
                    proxy,
                )
                await ours.start()
                await repository.create(_keyed(ours.entries()))
                peers = await _peers(stack, options, ours)
                async with repository.served() as git_port, CountingProxy(git_port) as git_proxy:
                    await repository.clone(git_port, fast / "clone")
                    await repository.clone(git_port, fast / "bare", bare=True)
                    await repository.clone(git_proxy.port, fast / "counted")
                    for number in range(runs):
                        changed = _changed(ours, count, number)
                        delta = b"".join(pack(entry) for _, entry in changed)
                        costs.add_size("delta, gzip -6", len(zlib.compress(delta, 6)))
                        await ours.update(changed, costs)
                        await _update_git(repository, git_proxy, changed, costs)
                        for peer in peers:
                            await peer.update(changed, costs)
                ours.close()
        _report(count, costs)
        print(f"homes in {root.parent}, git in {fast.parent}")


def _changed(ours: Ours, count: int, number: int) -> list[Named]:
    """Return new versions of some entries, spread over the whole log."""
    rng = random.Random(number)  # noqa: S311 - reproducible, not secret
    chosen = set(rng.sample(range(count), max(1, count // _SHARE)))
    some = [named for place, named in enumerate(ours.entries()) if place in chosen]
    return [
        (id_, new) for (id_, _), new in zip(some, edited((entry for _, entry in some), number), strict=True)
    ]


def _report(count: int, costs: Costs) -> None:
    took = {name: middle(found) for name, found in costs.took.items()}
    sizes = {name: median(found) for name, found in costs.sizes.items()}
    git, delta = took["git pull"].wall, sizes["delta, gzip -6"]
    runs = len(costs.took["verified"])
    print(f"\n{max(1, count // _SHARE)} of {count} entries changed; medians of {runs} runs")
    rows = []
    for name in dict.fromkeys((*took, *sizes)):
        cost, size = took.get(name), sizes.get(name)
        times = (
            (f"{cost.wall * 1e3:.0f}", f"{cost.cpu * 1e3:.0f}", f"{git / cost.wall:.1f}x")
            if cost
            else ("",) * 3
        )
        bytes_ = (f"{size:,.0f}", f"{size / delta:.2f}x") if size else ("", "")
        rows.append((name, *times, *bytes_))
    show(("", "wall ms", "CPU ms", "git pull takes", "bytes", "of the delta"), rows)
    verified, searched = took["verified"].wall, took["searchable"].wall
    verdict(
        "G5",
        verified <= _GOAL_VERIFIED,
        f"verified in {verified * 1e3:.0f} ms (goal {_GOAL_VERIFIED * 1e3:.0f})",
    )
    verdict(
        "G5",
        searched <= _GOAL_SEARCHABLE,
        f"searchable in {searched * 1e3:.0f} ms (goal {_GOAL_SEARCHABLE * 1e3:.0f})",
    )
    for name, goal in _GOALS.items():
        if name in took:
            ratio = took[name].wall / verified
            verdict("G5", ratio >= goal, f"{name} takes {ratio:.3g} times as long as verified (goal {goal})")
    share = sizes["verified"] / delta
    verdict("G5", share <= _GOAL_DELTA, f"{share:.2f} times the bytes of the delta (goal {_GOAL_DELTA})")
    for name in ("verified", "searchable", *(name for name in _GOALS if name in took)):
        print(f"runs, {name}: " + ", ".join(f"{cost.wall * 1e3:.0f}" for cost in costs.took[name]) + " ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", default=",".join(PEERS), help="of rest, pouchdb; git always")
    arguments = parser.parse_args()
    chosen = [peer for peer in arguments.peers.split(",") if peer]
    if unknown := set(chosen) - set(PEERS):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    run_benchmark(_main(arguments.entries, arguments.runs, chosen))
