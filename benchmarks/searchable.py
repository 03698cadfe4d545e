"""G2: a cold sync to the first complete search answer, facets and full text, in a fresh home.

    python -m benchmarks.searchable --entries 100000 --runs 3

One node serves two publishers; one entry in twenty is the second's, about a thing that the first
describes too. Each run starts processes of their own with empty homes: ``mirror`` only verifies and
stores; ``sync`` writes the catalogue's rows as well, ``rows`` being the part of it that does; ``index``
is full text, facets and projects; ``first answer`` is one page with five facets, in a process that never
searched. ``whole`` is all of it, what the goal counts. ``as it runs`` is a real ``serve`` process that is
told to follow and asked over HTTP until its answer is complete: its loops look for work twice a second.
``raw`` asks for the same files with the same client and writes them. Goal: ``whole`` reaches 20,000
entries a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from node.answers.catalogue import CatalogueProjection
from node.answers.indexing import catch_up, reindex
from node.answers.policy import show_policy
from node.answers.rebuild import rebuild
from node.answers.search import Page, Question, search
from node.home import Home
from node.peers import follow, introduce_all
from node.store.projection import Changes

from .followers import Follower, open_fetcher
from .measure import (
    Took,
    alone,
    cpu_of,
    memory_of,
    middle,
    run_benchmark,
    show,
    timed,
    verdict,
)
from .raw_limit import Asked, Recording, raw
from .words import common_words
from .worlds import Log, catalogue, free_port, new_home, served, workspace

FACETS = ("kind", "topic", "lifecycle", "license", "jurisdiction")
"""The five that the benchmarks ask for."""

_GOAL_RATE = 20_000
_PATIENCE = 600  # seconds for a node to become complete


@dataclass(slots=True)
class Cold:
    """What one cold start cost.

    Attributes:
        stages: Name → cost.
        peak: MB that the process held at most.
        total: Projects and profiles that an empty question finds.
        asked: What was asked for.
    """

    stages: dict[str, Took] = field(default_factory=dict)
    peak: float = 0.0
    total: int = 0
    asked: list[Asked] = field(default_factory=list)


class TimedProjection(CatalogueProjection):
    """A catalogue projection that says how long it took.

    Attributes:
        took: All its work so far.
    """

    def __init__(self) -> None:
        self.took = Took()

    def apply(self, connection: sqlite3.Connection, log_id: int, origin: str, changes: Changes) -> None:
        """Write the rows of one step; see ``CatalogueProjection``."""
        with timed(self.took):
            super().apply(connection, log_id, origin, changes)


def mirror(path: Path, logs: Sequence[Log]) -> Cold:
    """Sync into a home that keeps no rows of the catalogue."""

    async def run() -> Cold:
        async with open_fetcher() as fetcher:
            recording = Recording(fetcher)
            follower = Follower.start(path, recording)
            with timed() as took:
                await follower.take_all(logs)
            follower.home.close()
        return Cold({"mirror": took}, memory_of(), asked=recording.asked)

    return asyncio.run(run())


def searchable(path: Path, logs: Sequence[Log], word: str) -> Cold:
    """Sync into a home that answers questions, to the first answer."""

    async def run() -> Cold:
        projection = TimedProjection()
        async with open_fetcher() as fetcher:
            follower = Follower.start(path, fetcher, projection=projection)
            projection.took = Took()
            with timed() as sync:
                await follower.take_all(logs)
        home = follower.home
        with timed() as index:
            # As a round does: answers say whom the index believes.
            show_policy(home)
            catch_up(home)
        with timed() as answer:
            search(home, Question(word), facets=FACETS)
        peak, total = memory_of(), _complete(home, logs)
        home.close()
        whole = Took(
            sync.wall + index.wall + answer.wall,
            sync.cpu + index.cpu + answer.cpu,
        )
        stages = {
            "sync": sync,
            "  rows": projection.took,
            "index": index,
            "first answer": answer,
            "whole": whole,
        }
        return Cold(stages, peak, total)

    return asyncio.run(run())


def rebuilt(path: Path, logs: Sequence[Log], *, only_index: bool) -> Cold:
    """Derive everything, or the index alone, of an existing home anew."""
    home = Home.open(path, projection=CatalogueProjection())
    with timed() as took:
        if only_index:
            reindex(home)
        else:
            rebuild(home)
    peak, total = memory_of(), _complete(home, logs)
    home.close()
    return Cold({"index rebuild" if only_index else "db rebuild": took}, peak, total)


def _complete(home: Home, logs: Sequence[Log]) -> int:
    """Return how many projects and profiles there are; stop when some statement is not among them."""
    page = search(home, Question(), 1, facets=("publisher",))
    if _described(page) < _statements(logs):
        raise SystemExit(f"only {_described(page)} of {_statements(logs)} statements are found")
    return page.total


def _described(page: Page) -> int:
    """Return how many statements the publishers have in an answer: a project counts for each of its own."""
    return sum(value.count for value in page.facets["publisher"])


def _statements(logs: Sequence[Log]) -> int:
    """Return the statements of logs: each leaf but the first, which holds the keys."""
    return sum(log.size - 1 for log in logs)


def as_it_runs(path: Path, logs: Sequence[Log]) -> Cold:
    """Follow with a real node and ask it over HTTP until its answer is complete."""
    port = free_port()
    new_home(path, port, projection=CatalogueProjection()).close()
    with served(path, port) as pid:
        asyncio.run(_follow_all(path, logs))
        cpu, start = cpu_of(pid), time.perf_counter()
        question = urllib.parse.urlencode({"limit": 1, "facets": "publisher"})
        url, wanted = f"http://127.0.0.1:{port}/api/v1/search?{question}", _statements(logs)
        while True:
            with urllib.request.urlopen(url, timeout=60) as response:
                answer = json.load(response)
            if sum(value["count"] for value in answer["facets"]["publisher"]) >= wanted:
                break
            if time.perf_counter() - start > _PATIENCE:
                raise SystemExit(f"a running node did not become complete: {answer['total']} found")
            time.sleep(0.1)
        took = Took(time.perf_counter() - start, cpu_of(pid) - cpu)
        return Cold({"as it runs": took}, memory_of(pid), int(answer["total"]))


async def _follow_all(path: Path, logs: Sequence[Log]) -> None:
    home = Home.open(path, projection=CatalogueProjection())
    async with open_fetcher() as fetcher:
        for log in logs:
            (introduction,) = await introduce_all(home, fetcher, log.prefix, log.origin)
            follow(home, introduction, log.prefix, "root")
    home.close()


def _raw(directory: Path, asked: list[Asked]) -> Cold:
    took = asyncio.run(raw(directory, asked))
    return Cold({"raw GET + write": took}, memory_of())


async def _main(count: int, runs: int) -> None:
    with workspace() as root:
        port = free_port()
        logs, seconds = await catalogue(root / "publisher", port, count)
        print(f"{count} entries of two publishers published in {seconds:.1f} s ({count / seconds:,.0f}/s)")
        word = next(common_words())
        found: list[Cold] = []
        with served(root / "publisher", port):
            for number in range(runs):
                found.append(alone(mirror, root / f"mirror{number}", logs))
                found.append(alone(_raw, root / f"raw{number}", found[-1].asked))
                home = root / f"searchable{number}"
                found.append(alone(searchable, home, logs, word))
                found.append(alone(rebuilt, home, logs, only_index=True))
                found.append(alone(rebuilt, home, logs, only_index=False))
                found.append(await asyncio.to_thread(as_it_runs, root / f"node{number}", logs))
        _report(count, logs, found)


def _report(count: int, logs: Sequence[Log], found: Sequence[Cold]) -> None:
    costs = {
        name: middle([cold.stages[name] for cold in found if name in cold.stages])
        for name in dict.fromkeys(name for cold in found for name in cold.stages)
    }
    limit = count / costs["raw GET + write"].wall
    rows = []
    for name, took in costs.items():
        peak = median(cold.peak for cold in found if name in cold.stages)
        is_part = name in {"  rows", "index", "first answer"}
        rate = count / took.wall
        whole = ("", "", "") if is_part else (f"{rate:,.0f}", f"{rate / limit:.1%}", f"{peak:.0f}")
        rows.append((name, f"{took.wall:.2f}", f"{took.cpu:.2f}", *whole))
    print()
    show(("", "wall s", "CPU s", "entries/s", "of raw", "peak MB"), rows)
    reached = count / costs["whole"].wall
    verdict(
        "G2", reached >= _GOAL_RATE, f"{reached:,.0f} entries/s to the first answer (goal {_GOAL_RATE:,})"
    )
    spread = [cold.stages["whole"].wall for cold in found if "whole" in cold.stages]
    print("runs: " + ", ".join(f"{count / wall:,.0f}" for wall in spread))
    totals = {cold.total for cold in found if cold.total}
    print(f"{_statements(logs)} statements are {', '.join(map(str, sorted(totals)))} projects and profiles")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    run_benchmark(_main(arguments.entries, arguments.runs))
