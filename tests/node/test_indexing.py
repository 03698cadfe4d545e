"""Keeping the index in step: what waits is indexed by project, and nothing is forgotten."""

import datetime as dt

import pytest

from node.answers import index as index_module
from node.answers import indexing, makers
from node.answers.facets import FACETS
from node.answers.indexing import catch_up, reindex
from node.answers.portions import Portion, Range, portion_of
from node.answers.search import Question, search
from node.errors import LockedError
from node.home import Home
from tests.asking import names
from tests.publisher import NOW, Publisher, entry

ORIGIN = "127.0.0.1:8401/log/city/1"


def test_what_changes_while_it_is_indexed_stays_queued(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = Publisher(home, ORIGIN)
    id_ = publisher.put(entry("Budget"))
    publisher.publish()
    commit = index_module.IndexBatch.commit

    def commit_late(self: index_module.IndexBatch, stamp: str) -> None:
        monkeypatch.undo()
        publisher.put(entry("Spending"), id_)
        publisher.publish()
        commit(self, stamp)

    monkeypatch.setattr(index_module.IndexBatch, "commit", commit_late)
    assert catch_up(home) == 2
    assert names(home, "spending") == ["Spending"]
    assert names(home, "budget") == []


def test_a_kill_between_index_and_database_repeats(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    publisher.publish()
    commit = index_module.IndexBatch.commit

    def commit_and_die(self: index_module.IndexBatch, stamp: str) -> None:
        commit(self, stamp)
        raise KeyboardInterrupt

    monkeypatch.setattr(index_module.IndexBatch, "commit", commit_and_die)
    with pytest.raises(KeyboardInterrupt):
        catch_up(home)
    monkeypatch.undo()
    assert search(home, Question("budget")).total == 1


CITY, PARKS, STATE = ORIGIN, "a.example/log/parks/1", "b.example/log/state/1"
TOOL = {"identifiers": [{"scheme": "dpg", "value": "gid-tool"}]}


def shown(home: Home, question: str = "") -> list[tuple[str, int]]:
    """Return name and number of members of all that is found."""
    return sorted((item["name"], item["members"]) for item in search(home, Question(question)).items)


def test_a_project_is_one_document_and_goes_with_its_members(home: Home) -> None:
    city, parks, state = (Publisher(home, origin, own=origin == CITY) for origin in (CITY, PARKS, STATE))
    one = city.put(entry("Tool", **TOOL))
    other = parks.put(entry("Tool", summary={"fr": "Une serpette"}, **TOOL))
    city.publish()
    parks.publish()
    assert shown(home) == [("Tool", 2)]
    # Found by what any of them says, by nobody's word twice.
    assert shown(home, "serpette") == shown(home, "tool") == [("Tool", 2)]
    third = state.put(entry("Tool", description={"en": "For gardeners"}, **TOOL))
    state.publish()
    assert shown(home, "gardeners") == [("Tool", 3)]
    # One of them turns to something else, and the others stay what they are.
    parks.put(entry("Spade"), other)
    parks.publish()
    assert shown(home) == [("Spade", 1), ("Tool", 2)]
    city.withdraw(one)
    city.publish()
    assert shown(home) == [("Spade", 1), ("Tool", 1)]
    assert shown(home, "serpette") == []
    state.erase(third)
    state.publish()
    assert shown(home) == [("Spade", 1)]


def test_many_small_steps_give_the_same_as_a_large_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = [Publisher(home, origin, own=origin == CITY) for origin in (CITY, PARKS, STATE)]
    for number in range(12):
        thing = {"identifiers": [{"scheme": "dpg", "value": f"gid-{number}"}]}
        for log in logs[: 1 + number % 3]:
            log.put(entry(f"Budget {number}", **thing))
        logs[0].put({"type": "profile", "v": 1, "name": {"en": f"Budget office {number}"}})
    for log in logs:
        log.publish()
    monkeypatch.setattr(indexing, "SIZE", 2)
    monkeypatch.setattr(indexing, "_BATCH", 5)
    assert catch_up(home) == 36
    found = search(home, Question("budget"), 100, facets=FACETS)
    assert found.total == 24
    monkeypatch.undo()
    assert reindex(home) == 36
    assert search(home, Question("budget"), 100, facets=FACETS) == found


def test_what_is_large_is_indexed_a_few_at_a_time(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Publisher(home, CITY)
    for number in range(7):
        log.put(
            entry(f"Budget {number}", description={"en": "Money for everybody. " * (3_000 * (number % 2))})
        )
    log.publish()
    held: list[int] = []

    def noted(home: Home, between: Range, today: dt.date) -> Portion:
        portion = portion_of(home, between, today)
        held.append(len(portion.done))
        return portion

    monkeypatch.setattr(makers, "portion_of", noted)
    monkeypatch.setattr(indexing, "SIZE_BYTES", 100_000)
    assert catch_up(home) == 7
    assert sum(held) == 7
    assert len(held) > 1
    monkeypatch.setattr(indexing, "SIZE_BYTES", 1)
    assert reindex(home) == 7
    assert held[-7:] == [1] * 7
    assert search(home, Question("budget")).total == 7


def test_what_parts_while_it_is_indexed_is_looked_at_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
    one, other = city.put(entry("Tool", **TOOL)), parks.put(entry("Tool", **TOOL))
    city.publish()
    parks.publish()
    assert shown(home) == [("Tool", 2)]
    city.put(entry("Tool", summary={"en": "Better"}, **TOOL), one)
    city.publish()
    commit = index_module.IndexBatch.commit

    def commit_late(self: index_module.IndexBatch, stamp: str) -> None:
        monkeypatch.undo()
        # The other one leaves: the first one is queued again, though it did not change.
        parks.put(entry("Spade"), other)
        parks.publish()
        commit(self, stamp)

    monkeypatch.setattr(index_module.IndexBatch, "commit", commit_late)
    catch_up(home)
    assert shown(home) == [("Spade", 1), ("Tool", 1)]


def test_a_reader_has_little_indexed_and_waits_for_no_sync(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "LITTLE", 2)
    publisher = Publisher(home, ORIGIN)

    def found_after(*titles: str) -> int:
        for title in titles:
            publisher.put(entry(title))
        publisher.publish()
        indexing.catch_up_if_little(home)
        return search(home, Question(), fresh=False).total

    assert found_after("One", "Two") == 2
    assert found_after("Three") == 3
    # Somebody else has it in hand, or much waits: there is what there is.
    with index_module.index_in(home.index_dir).writing(0), pytest.raises(LockedError):
        found_after("Four")
    assert found_after("Five", "Six") == 3
    catch_up(home)
    monkeypatch.setattr(home, "_clock", lambda: NOW + 86_400)
    assert found_after("Seven") == 6
    catch_up(home)
    assert search(home, Question(), fresh=False).total == 7
    # An index that is lost is made again by whoever keeps it, where it is large.
    (home.index_dir / "stamp").unlink()
    indexing.catch_up_if_little(home)
    assert not (home.index_dir / "stamp").exists()
