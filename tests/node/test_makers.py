"""Documents made by processes of their own: the same ones, whatever happens to the processes."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from node.answers import indexing, makers, workers
from node.answers.facets import FACETS
from node.answers.indexing import catch_up, reindex
from node.answers.makers import makers_of, portions
from node.answers.portions import Portion, Range, portion_of
from node.answers.search import Question, search
from node.answers.workers import Workers
from node.home import Home
from node.plans.questions import PlanQuestion, plans
from node.scoping import set_scope
from tests.publisher import Publisher, entry

CITY, STATE = "127.0.0.1:8401/log/city/1", "b.example/log/state/1"
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def logs(home: Home) -> tuple[Publisher, Publisher]:
    """Two publishers with projects in common, profiles, plans, and statements that are gone."""
    city, state = Publisher(home, CITY), Publisher(home, STATE, own=False)
    for number in range(20):
        thing = {"identifiers": [{"scheme": "dpg", "value": f"gid-{number}"}]}
        plan = [{"id": "r", "title": {"en": f"Better budget {number}"}}]
        city.put(entry(f"Budget {number}", topics=["sector:health"] * (number % 2), **thing))
        state.put(entry(f"Spending {number}", roadmap=plan, **(thing if number % 3 else {})))
    state.put({"type": "profile", "v": 1, "name": {"en": "State"}})
    gone = state.put(entry("Gone"))
    for each in (city, state):
        each.publish()
    catch_up(home)
    state.withdraw(gone)
    state.publish()
    set_scope(home, STATE, {"topic": ["sector:health"]}, "ada")
    return city, state


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portions of three statements, two of which are worth other processes, on a machine with two cores."""
    monkeypatch.setattr(indexing, "SIZE", 3)
    monkeypatch.setattr(makers, "ENOUGH", 2)
    monkeypatch.setattr(workers, "cores", lambda: 2)


def shown(home: Home) -> Any:  # noqa: ANN401 - two kinds of pages
    found = search(home, Question(), 100, facets=FACETS)
    return found, plans(home, PlanQuestion("roadmap"), 100)


@pytest.mark.usefixtures("logs")
def test_processes_make_the_same_index(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    reindex(home)
    here = shown(home)
    assert here[0].total > 10
    with monkeypatch.context() as patched:
        patched.setattr(indexing, "SIZE", 3)
        patched.setattr(makers, "ENOUGH", 2)
        patched.setattr(workers, "cores", lambda: 2)
        assert reindex(home) == 42
    assert shown(home) == here
    assert multiprocessing.active_children() == []


def _dies(*_: object) -> None:
    os._exit(3)


def _is_killed(today: object, between: Range) -> Portion:
    if between[0][0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return portion_of(makers._opened[0], between, today)  # type: ignore[arg-type]


@pytest.mark.usefixtures("logs", "many")
@pytest.mark.parametrize(("name", "stand_in"), [("_open", _dies), ("_made", _is_killed)])
def test_where_processes_die_this_one_goes_on(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    stand_in: Callable[..., Any],
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(makers, "ENOUGH", 1000)
        reindex(home)
        here = shown(home)
    monkeypatch.setattr(makers, name, stand_in)
    assert reindex(home) == 42
    assert shown(home) == here


def test_what_was_read_too_early_is_looked_at_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = {"identifiers": [{"scheme": "dpg", "value": "gid-tool"}]}
    state, other = Publisher(home, STATE, own=False), Publisher(home, "c.example/log/other/1", own=False)
    for each in (state, other):
        each.put(entry("Hammer", **tool))
        each.publish()
        set_scope(home, each.origin, {"kind": ["dataset"]}, "ada")
    assert search(home, Question()).total == 0
    set_scope(home, other.origin, {"kind": ["service"]}, "ada")
    set_scope(home, state.origin, {"kind": ["service"]}, "ada")

    def late(home: Home, ranges: Sequence[Range], today: Any, _: Workers) -> Iterator[Portion]:  # noqa: ANN401
        monkeypatch.undo()
        # The last portion is read first. Then what both have in common is to be found again, which has only
        # the first one's statement queued.
        last = portion_of(home, ranges[-1], today)
        with ThreadPoolExecutor(1) as somebody_else:
            somebody_else.submit(set_scope, home, state.origin, {}, "ada").result()
        yield from (portion_of(home, each, today) for each in ranges[:-1])
        yield last

    monkeypatch.setattr(indexing, "SIZE", 1)
    monkeypatch.setattr(indexing, "portions", late)
    assert search(home, Question("hammer")).total == 1


@pytest.mark.usefixtures("logs")
def test_processes_end_with_the_one_that_started_them(home: Home) -> None:
    program = (
        "import datetime, multiprocessing, time\n"
        "from pathlib import Path\n"
        "from node.answers import makers, workers\n"
        "from tests.publisher import open_home\n"
        "if __name__ == '__main__':\n"
        "    makers.ENOUGH, workers.cores = 2, lambda: 2\n"
        f"    home = open_home(Path({str(home.path)!r}))\n"
        "    ranges = [((0, b''), (9, b''))] * 9\n"
        "    made = makers.portions(home, ranges, datetime.date(2026, 1, 1), makers.makers_of(home))\n"
        "    next(made)\n"
        "    print(*[each.pid for each in multiprocessing.active_children()], flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        children = [int(each) for each in process.stdout.readline().split()]
        process.kill()
    assert len(children) == 2
    deadline = time.monotonic() + 30
    while any(map(_runs, children)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        # Whoever adopted it may not have asked yet how it ended.
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.usefixtures("logs")
def test_little_is_made_here(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "ProcessPoolExecutor", None)
    monkeypatch.setattr(workers, "cores", lambda: 2)
    ranges: list[Range] = [((0, b""), (9, b""))]
    with makers_of(home) as some:
        made = list(portions(home, ranges, indexing._today(home), some))
    assert [len(each.done) for each in made] == [22]


@pytest.mark.usefixtures("logs", "many")
def test_processes_stay_for_what_comes_next(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    pools: list[Any] = []

    def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401
        pools.append(given)
        return ProcessPoolExecutor(*given, **named)

    monkeypatch.setattr(workers, "ProcessPoolExecutor", counted)
    # Three steps, the last one of less than is worth starting processes.
    monkeypatch.setattr(indexing, "_BATCH", 20)
    assert reindex(home) == 42
    assert len(pools) == 1
    assert multiprocessing.active_children() == []
