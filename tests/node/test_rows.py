"""Rows found out by processes of their own: the same ones, whatever happens to the processes."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from node.answers import catalogue, workers
from node.answers.catalogue import CatalogueProjection
from node.answers.rows import Rows, rows_of
from node.home import Home
from node.store.projection import Current
from tests.publisher import Publisher, entry

ORIGIN = "127.0.0.1:8401/log/city/1"
TABLES = ("entry", "problem", "identity", "reference", "named", "turning", "news_named", "index_queue")


@pytest.fixture
def city(home: Home) -> Publisher:
    """A log with things that share names, point at each other, are wrong, or are gone."""
    city = Publisher(home, ORIGIN)
    for number in range(12):
        city.put(
            entry(
                f"Budget {number}",
                identifiers=[
                    {"scheme": "dpg", "value": f"gid-{number // 2}"},
                    {"scheme": "url", "value": f"https://tool.example/{number // 3}"},
                ],
                partOf=[{"uri": "https://tool.example/1"}],
                links=[{"rel": "updates-feed", "url": f"https://tool.example/{number // 2}.xml"}],
                maintenance={"mode": "community", "supportUntil": "2027-03-01"},
            )
        )
    for payload in (entry({}, kind=1), b"\xff", {"type": "profile", "v": 1, "name": {"en": "City"}}):
        city.put(payload)
    city.put(entry("Withheld"), withheld=True)
    city.withdraw(city.put(entry("Gone")))
    city.publish()
    return city


def tables(home: Home) -> dict[str, list[Any]]:
    read = home.database.connection.execute
    return {name: sorted(read(f"SELECT * FROM {name}"), key=repr) for name in TABLES}  # noqa: S608


def derived(home: Home, city: Publisher) -> dict[str, list[Any]]:
    """Return all rows, derived anew over what there was, and once more over nothing."""
    changes, (row,) = city.store.everything(0), home.logs.all()
    with home.database.write() as connection:
        connection.execute("DELETE FROM index_queue")
        CatalogueProjection().apply(connection, row.id, ORIGIN, changes)
    found = tables(home)
    with home.database.write() as connection:
        CatalogueProjection().forget(connection, row.id)
        connection.execute("DELETE FROM index_queue")
        CatalogueProjection().apply(connection, row.id, ORIGIN, changes)
    assert [(log, id_) for log, id_, _ in tables(home)["index_queue"]] == [
        (log, id_) for log, id_, _ in found["index_queue"]
    ]
    assert {**tables(home), "index_queue": []} == {**found, "index_queue": []}
    return found


@pytest.fixture
def here(home: Home, city: Publisher, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """What one process makes of it; then portions of two are worth other processes, on two cores."""
    found = derived(home, city)
    assert all(found.values())
    monkeypatch.setattr(catalogue, "_BATCH", 2)
    monkeypatch.setattr(catalogue, "ENOUGH", 2)
    monkeypatch.setattr(workers, "cores", lambda: 2)
    return found


def _is_killed(log: int, states: Iterable[Current]) -> Rows:
    states = list(states)
    if states[0].index > 5 and multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGKILL)
    return rows_of(log, states)


@pytest.mark.parametrize("make", [rows_of, _is_killed])
def test_processes_make_the_same_rows(
    home: Home,
    city: Publisher,
    here: dict[str, list[Any]],
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[..., Rows],
) -> None:
    monkeypatch.setattr(catalogue, "rows_of", make)
    found = derived(home, city)
    # What is queued in several batches has had more turns.
    assert [row[:2] for row in found["index_queue"]] == [row[:2] for row in here["index_queue"]]
    assert {**found, "index_queue": []} == {**here, "index_queue": []}
