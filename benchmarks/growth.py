"""G10: how costs grow with the number of entries, from 10,000 to a million.

    python -m benchmarks.growth --sizes 10000,30000,100000,300000,1000000 --runs 11

Of each size one publisher's log is made, and taken by two followers with empty homes: ``mirror`` only
verifies and stores, ``searchable`` is there when it answers the first question with facets. Both then take
the same number of changed entries (``--delta``), and ask without news; the publisher publishes one entry; and
the follower is asked for common words, each of which the same share of all entries has. A cost grows like
the size to the power of its exponent, the slope of a straight line through the logarithms (least squares):
0 is a cost that does not grow, 1 one that is proportional. Goals, of CPU seconds: cold sync at most 1.05,
poll 0 ± 0.05, update of a fixed number of entries and publishing one at most 0.1, search at most 1.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import linear_regression

from federation.response import Fetch
from node.answers.indexing import catch_up
from node.answers.search import Question, search
from node.home import Home
from node.store.projection import NoProjection, Projection

from .followers import Follower, open_fetcher
from .generate import Entry, edited, entries
from .measure import Took, alone, middle, run_benchmark, show, timed, timed_await, verdict
from .searchable import FACETS, mirror
from .searchable import searchable as made_searchable
from .words import common_words
from .worlds import Log, entry_in, free_port, one_log, put_all, searchable, served, workspace

_WORDS = 40  # the most common ones that are asked for


@dataclass(frozen=True, slots=True)
class Goal:
    """What an exponent may be.

    Attributes:
        most: At most.
        least: At least; a cost that shrinks would be measured wrong where it should stay.
    """

    most: float
    least: float = -math.inf

    def __str__(self) -> str:
        """Return it as a clause."""
        return f"at most {self.most:g}" if self.least == -math.inf else f"{self.least:g} to {self.most:g}"


GOALS: Mapping[str, Goal] = {
    "cold, mirror": Goal(1.05),
    "cold, searchable": Goal(1.05),
    "update, verified": Goal(0.1),
    "update, searchable": Goal(0.1),
    "publish one": Goal(0.1),
    "poll": Goal(0.05, -0.05),
    "search, common": Goal(1.0),
}
"""What is measured, and its goal."""


@dataclass(slots=True)
class Costs:
    """What everything cost at one size.

    Attributes:
        took: Name of ``GOALS`` → cost of each run.
    """

    took: dict[str, list[Took]] = field(default_factory=dict)

    def add(self, name: str, took: Took) -> None:
        """Keep what a run cost."""
        self.took.setdefault(name, []).append(took)


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """Return the power of the size with which a cost grows."""
    return linear_regression([math.log(size) for size in sizes], [math.log(cost) for cost in costs]).slope


async def _measured(root: Path, count: int, delta: int, runs: int) -> Costs:
    """Make a world of one size, and measure everything in it."""
    port, costs = free_port(), Costs()
    log = await one_log(root / "publisher", port, entries(count))
    with served(root / "publisher", port):
        costs.add("cold, mirror", alone(mirror, root / "mirror", [log]).stages["mirror"])
        word = next(common_words())
        costs.add("cold, searchable", alone(made_searchable, root / "node", [log], word).stages["whole"])
        async with open_fetcher() as fetcher:
            held, node = (
                _again(root / "mirror", fetcher, NoProjection()),
                _again(root / "node", fetcher, searchable()),
            )
            for number in range(runs):
                await _update(root / "publisher", log, held, node, _changed(node.home, delta, number), costs)
                await _publish_one(root / "publisher", number, costs)
                await held.sync(log)
                await node.sync(log)
                catch_up(node.home)
                costs.add("poll", await timed_await(held.sync(log)))
            for each in islice(common_words(), _WORDS):
                with timed() as took:
                    search(node.home, Question(each), facets=FACETS, fresh=False)
                costs.add("search, common", took)
            held.home.close()
            node.home.close()
    return costs


def _again(path: Path, fetcher: Fetch, projection: Projection) -> Follower:
    """Return a follower with a home that it had before."""
    return Follower(Home.open(path, projection=projection), fetcher)


def _changed(home: Home, delta: int, number: int) -> list[tuple[bytes, Entry]]:
    """Return new versions of some entries, spread over the whole log by chance."""
    connection = home.database.connection
    ids = connection.execute("SELECT id FROM entry WHERE type = 'entry' ORDER BY id").fetchall()
    rng = random.Random(number)  # noqa: S311 - reproducible, not secret
    chosen = [id_ for (id_,) in rng.sample(ids, delta)]
    payloads = (
        connection.execute("SELECT payload FROM entry WHERE id = ?", (id_,)).fetchone()[0] for id_ in chosen
    )
    return list(zip(chosen, edited((entry_in(payload) for payload in payloads), number), strict=True))


async def _update(
    path: Path,
    log: Log,
    held: Follower,
    node: Follower,
    changed: Sequence[tuple[bytes, Entry]],
    costs: Costs,
) -> None:
    """Publish new versions, and let both followers take them."""
    home = Home.open(path, projection=NoProjection())
    await put_all(home, (entry for _, entry in changed), ids=(id_ for id_, _ in changed))
    home.close()
    costs.add("update, verified", await timed_await(held.sync(log)))
    took = await timed_await(node.sync(log))
    with timed(took):
        catch_up(node.home)
    costs.add("update, searchable", took)


async def _publish_one(path: Path, number: int, costs: Costs) -> None:
    """Publish one entry more; what it takes to open the home does not count."""
    home = Home.open(path, projection=NoProjection())
    await put_all(home, entries(1, seed=number + 1_000))  # clearance, and what is read once
    costs.add("publish one", await timed_await(put_all(home, entries(1, seed=number + 2_000))))
    home.close()


async def _main(sizes: Sequence[int], delta: int, runs: int) -> None:
    found: dict[int, dict[str, Took]] = {}
    for size in sizes:
        with workspace() as root:
            costs = await _measured(root, size, delta, runs)
        found[size] = {name: middle(took) for name, took in costs.took.items()}
        print(f"{size:,} entries: measured", flush=True)
    _report(found, delta, runs)


def _report(found: Mapping[int, Mapping[str, Took]], delta: int, runs: int) -> None:
    sizes = list(found)
    slopes = {
        name: (
            exponent(sizes, [found[size][name].cpu for size in sizes]),
            exponent(sizes, [found[size][name].wall for size in sizes]),
        )
        for name in GOALS
    }
    print(
        f"\nms of CPU / wall, medians of {runs} runs ({_WORDS} words; cold once); updates of {delta} entries"
    )
    rows = [
        (name, *(_cell(found[size][name]) for size in sizes), f"{cpu:.2f} / {wall:.2f}", str(GOALS[name]))
        for name, (cpu, wall) in slopes.items()
    ]
    show(("", *(f"{size:,}" for size in sizes), "exponents", "goal"), rows)
    for name, (cpu, _) in slopes.items():
        goal = GOALS[name]
        verdict("G10", goal.least <= cpu <= goal.most, f"{name}: exponent {cpu:.2f} (goal {goal})")


def _cell(took: Took) -> str:
    return f"{took.cpu * 1e3:,.1f} / {took.wall * 1e3:,.1f}"


def _sizes(text: str) -> list[int]:
    sizes = sorted({int(each) for each in text.split(",")})
    if len(sizes) < 2:  # noqa: PLR2004 - a line has two ends
        raise argparse.ArgumentTypeError("growth needs two sizes at least")
    return sizes


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=_sizes, default="10000,30000,100000", help="separated by commas")
    parser.add_argument("--delta", type=int, default=100, help="entries that change in an update")
    parser.add_argument("--runs", type=int, default=11)
    arguments = parser.parse_args()
    run_benchmark(_main(arguments.sizes, arguments.delta, arguments.runs))
