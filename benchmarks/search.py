"""G8: search with facets, in process and over HTTP, beside SQLite's FTS5 and Datasette.

    python -m benchmarks.search --entries 100000 --questions 250 --runs 3

A question asks for the first twenty hits, how many there are, and five facets. The mix is seeded: 20 %
common words (in more than 5 % of all entries), 10 % two of them together, 40 % medium ones (0.5 to
2 %), 30 % rare ones (2 to 20 entries). No question comes twice in a run, and each run has a fresh
process, so that nothing is answered from memory. fedcat counts projects of two publishers, stems in
six languages and looks up typing errors; FTS5 and Datasette count entries of the same data. In process
the engines take turns at each question; over HTTP one client asks, one question at a time. Goals, for
1,000,000 entries: p99 in process 25 ms for common words and 5 ms for medium ones, over HTTP 30 ms
for the mix, and 20 times as fast as either peer.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import urllib.parse
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import fmean, median

from node.answers.catalogue import CatalogueProjection
from node.answers.readying import make_ready
from node.answers.search import Question, search
from node.home import Home

from .measure import Took, alone, cpu_of, memory_of, quantile, run_benchmark, show, timed, verdict
from .peers import datasette, fts5
from .peers.installing import NotInstalledError
from .searchable import FACETS, searchable
from .worlds import catalogue, entry_in, free_port, port_of, served, workspace

_MIX = {"common": 0.2, "two words": 0.1, "medium": 0.4, "rare": 0.3}
_COMMON, _MEDIUM, _RARE = 0.05, (0.005, 0.02), (2, 20)
_LETTERS = 4  # words of fewer are often particles
_TOGETHER = 20  # entries that have both of two words, at least
_WARM_UP = 5  # questions asked first, whose cost does not count
_GOAL_ENTRIES = 1_000_000
_GOALS = {"common": 25.0, "medium": 5.0}
_GOAL_HTTP, _GOAL_TIMES = 30.0, 20.0
_PEER = "FTS5, newest first"  # the faster order of the two


@dataclass(frozen=True, slots=True)
class Asked:
    """A question.

    Attributes:
        kind: Its part of the mix.
        words: What is asked for.
    """

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer cost.

    Attributes:
        asked: The question.
        by: Who answered.
        took: Its cost; over HTTP the CPU is the server's, spread evenly over all questions.
        total: How many hits it counted.
    """

    asked: Asked
    by: str
    took: Took
    total: int


def mix(database: Path, number: int, seed: int = 8) -> list[Asked]:
    """Return different questions, in the shares of the mix, shuffled.

    Args:
        database: What ``fts5.build`` made: it knows how frequent words are.
        number: How many questions.
        seed: The same seed gives the same questions of the same data.
    """
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    frequent = fts5.frequencies(database)
    count = fts5.count(database)
    words = sorted(word for word in frequent if len(word) >= _LETTERS and word.isalpha())
    common = [word for word in words if frequent[word] > _COMMON * count]
    medium = [word for word in words if _MEDIUM[0] * count <= frequent[word] <= _MEDIUM[1] * count]
    rare = [word for word in words if _RARE[0] <= frequent[word] <= _RARE[1]]
    pairs = list(_pairs(rng, database, common, round(_MIX["two words"] * number)))
    asked = [Asked("two words", pair) for pair in pairs]
    for kind, some in (("common", common), ("medium", medium), ("rare", rare)):
        wanted = min(round(_MIX[kind] * number), len(some))
        asked += [Asked(kind, word) for word in rng.sample(some, wanted)]
    rng.shuffle(asked)
    return asked


def _pairs(rng: random.Random, database: Path, words: Sequence[str], wanted: int) -> Iterator[str]:
    """Yield pairs of words that occur together."""
    searcher, seen = fts5.Searcher(database, "newest first"), set[str]()
    for _ in range(wanted * 50):
        pair = " ".join(sorted(rng.sample(words, 2)))
        if len(seen) < wanted and pair not in seen and searcher.count(pair) >= _TOGETHER:
            seen.add(pair)
            yield pair
    searcher.close()


def build_peer(path: Path, database: Path) -> None:
    """Make the peers' database of the entries that a home holds."""
    home = Home.open(path, projection=CatalogueProjection())
    rows = home.database.connection.execute(
        "SELECT payload FROM entry WHERE type = 'entry' ORDER BY log, idx"
    )
    fts5.build(database, (entry_in(payload) for (payload,) in rows))
    home.close()


def in_process(path: Path, database: Path, asked: Sequence[Asked]) -> list[Answered]:
    """Ask every engine every question, in turns."""
    home = Home.open(path, projection=CatalogueProjection())
    searchers = {f"FTS5, {order}": fts5.Searcher(database, order) for order in fts5.ORDERS}

    def ours(words: str) -> int:
        return search(home, Question(words), facets=FACETS, fresh=False).total

    engines: dict[str, Callable[[str], int]] = {"fedcat": ours}
    engines |= {name: searcher.ask for name, searcher in searchers.items()}
    # As `serve` does: else some question pays for looking through all that was loaded.
    make_ready()
    gc.collect()
    gc.freeze()
    found = []
    for each in asked:
        for name, ask in engines.items():
            with timed() as took:
                total = ask(each.words)
            found.append(Answered(each, name, took, total))
    for searcher in searchers.values():
        searcher.close()
    home.close()
    return found[_WARM_UP * len(engines) :]


def over_http(
    port: int,
    pid: int,
    by: str,
    asked: Sequence[Asked],
    path_of: Callable[[str], str],
    total_of: Callable[[dict[str, object]], int],
) -> list[Answered]:
    """Ask a server every question over one connection."""
    connection = HTTPConnection("127.0.0.1", port)
    found, cpu = [], 0.0
    for number, each in enumerate(asked):
        if number == _WARM_UP:
            cpu = cpu_of(pid)
        with timed() as took:
            connection.request("GET", path_of(each.words))
            body = connection.getresponse().read()
        found.append(Answered(each, by, took, total_of(json.loads(body))))
    share = (cpu_of(pid) - cpu) / (len(asked) - _WARM_UP)
    connection.close()
    for answered in found:
        answered.took.cpu = share
    return found[_WARM_UP:]


def _path(words: str) -> str:
    return "/api/v1/search?" + urllib.parse.urlencode({"q": words, "limit": 20, "facets": ",".join(FACETS)})


def _total(document: dict[str, object]) -> int:
    facets = document["facets"]
    if not isinstance(facets, dict) or set(facets) != set(FACETS):
        raise SystemExit("the answer lacks a facet")
    return int(str(document["total"]))


async def _main(count: int, number: int, runs: int) -> None:
    with workspace() as root:
        home, database, port = root / "home", root / "entries.db", free_port()
        logs, _ = await catalogue(root / "publisher", port, count)
        with served(root / "publisher", port):
            cold = alone(searchable, home, logs, "")
        alone(build_peer, home, database)
        asked = mix(database, number + _WARM_UP)
        print(f"{count} entries of two publishers, {cold.total} projects and profiles")
        found: list[Answered] = []
        memory: list[str] = []
        for _ in range(runs):
            found += alone(in_process, home, database, asked)
            with served(home, port_of(home)) as pid:
                found += over_http(port_of(home), pid, "fedcat, HTTP", asked, _path, _total)
                memory.append(f"{memory_of(pid):.0f} MB ({memory_of(pid, 'RssAnon'):.0f} anonymous)")
        try:
            async with datasette.served(database) as (http, pid):
                found += over_http(
                    http, pid, "Datasette, HTTP", asked,
                    lambda words: datasette.path_of(database, words), datasette.total_of,
                )  # fmt: skip
                theirs = f"; Datasette's {memory_of(pid):.0f} MB"
        except NotInstalledError as error:
            theirs = ""
            print(f"Datasette is left out: it cannot be installed here ({error})")
        _report(count, found)
        print(f"the serving process held up to {', '.join(memory)}{theirs}")


def _report(count: int, found: Sequence[Answered]) -> None:
    engines = list(dict.fromkeys(answered.by for answered in found))
    walls = {
        (name, kind): [each.took.wall * 1e3 for each in found if each.by == name and each.asked.kind == kind]
        for name in engines
        for kind in _MIX
    }
    rows = []
    for name in engines:
        mine = [each for each in found if each.by == name]
        cells = [_cell(walls[name, kind]) for kind in _MIX]
        cpu = fmean(each.took.cpu for each in mine) * 1e3
        rows.append(
            (name, *cells, _cell([each.took.wall * 1e3 for each in mine]), f"{_mean(mine):.1f}", f"{cpu:.1f}")
        )
    print("\np50 / p99 in ms; mean of the mix in ms, wall and CPU")
    show(("", *_MIX, "mix", "wall", "CPU"), rows)
    for name in ("fedcat", _PEER):
        hits = [
            median(each.total for each in found if each.by == name and each.asked.kind == kind)
            for kind in _MIX
        ]
        print(
            f"hits, median, {name}: "
            + ", ".join(f"{kind} {hit:.0f}" for kind, hit in zip(_MIX, hits, strict=True))
        )
    if count < _GOAL_ENTRIES:
        print(f"the goals are meant for {_GOAL_ENTRIES:,} entries")
    for kind, goal in _GOALS.items():
        reached = quantile(walls["fedcat", kind], 0.99)
        verdict("G8", reached <= goal, f"{kind}, in process: p99 {reached:.1f} ms (goal {goal:.0f})")
    http = quantile([each.took.wall * 1e3 for each in found if each.by == "fedcat, HTTP"], 0.99)
    verdict("G8", http <= _GOAL_HTTP, f"over HTTP: p99 {http:.1f} ms (goal {_GOAL_HTTP:.0f})")
    for ours, theirs in (("fedcat", _PEER), ("fedcat, HTTP", "Datasette, HTTP")):
        if theirs in engines:
            _compare(ours, theirs, found)


def _compare(ours: str, theirs: str, found: Sequence[Answered]) -> None:
    """Print how much longer a peer takes for the mix, and for each part of it."""

    def times(kinds: Collection[str]) -> float:
        ours_, theirs_ = (
            _mean([each for each in found if each.by == by and each.asked.kind in kinds])
            for by in (ours, theirs)
        )
        return theirs_ / ours_

    parts = ", ".join(f"{kind} {times((kind,)):.1f}" for kind in _MIX)
    text = f"{theirs} takes {times(_MIX):.1f} times as long as {ours} (goal {_GOAL_TIMES:.0f}): {parts}"
    verdict("G8", times(_MIX) >= _GOAL_TIMES, text)


def _mean(some: Sequence[Answered]) -> float:
    return fmean(each.took.wall for each in some) * 1e3


def _cell(values: Sequence[float]) -> str:
    return f"{quantile(values, 0.5):.1f} / {quantile(values, 0.99):.1f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000, help="1000000 is what the goals are for")
    parser.add_argument("--questions", type=int, default=250)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    run_benchmark(_main(arguments.entries, arguments.questions, arguments.runs))
