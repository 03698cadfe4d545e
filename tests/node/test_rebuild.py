"""All that is derived, made again from the logs."""

import sqlite3
from contextlib import AbstractContextManager
from typing import Any

import pytest

from node.answers import rebuild as rebuild_module
from node.answers.digest import digest
from node.answers.provenance import show
from node.answers.rebuild import rebuild
from node.answers.search import Question, search
from node.home import Home
from tests.publisher import Publisher, entry

ORIGIN = "127.0.0.1:8401/log/city/1"
PARKS = "a.example/log/parks/1"


def answers(home: Home, addresses: list[str]) -> list[Any]:
    tables = [
        home.database.connection.execute(question).fetchall()
        for question in (
            "SELECT log, id, idx, op, type, kind, name, language, payload FROM entry ORDER BY log, idx",
            "SELECT log, idx, severity, pointer, message, hint FROM problem ORDER BY log, idx, pointer",
        )
    ]
    questions = [
        search(home, Question(text), limit=100) for text in ("", "budget", "budget 2", "parc", "office")
    ]
    return [digest(home), *tables, *questions, *(show(home, address) for address in addresses)]


def fill(home: Home) -> list[str]:
    city, parks = Publisher(home, ORIGIN), Publisher(home, PARKS, own=False)
    ids = [city.put(entry(f"Budget {n}", summary={"en": "Money"})) for n in range(8)]
    city.put({"type": "profile", "v": 1, "name": {"en": "City budget office"}, "publisherType": "local"})
    city.put(b"\xc1 unreadable")
    city.put(entry("Hidden"), withheld=True)
    city.publish()
    city.withdraw(ids[0])
    city.erase(ids[1])
    city.put(entry("Budget two again"), ids[2])
    city.publish()
    park = parks.put(entry({"fr": "Parcs et budgets"}))
    parks.publish()
    return [*(f"{ORIGIN}/e/{id_.hex()}" for id_ in ids), f"{PARKS}/e/{park.hex()}"]


def test_answers_are_the_same_before_and_after(home: Home) -> None:
    addresses = fill(home)
    before = answers(home, addresses)
    rebuild(home)
    assert answers(home, addresses) == before


def test_what_was_damaged_is_made_again(home: Home) -> None:
    addresses = fill(home)
    before = answers(home, addresses)
    with home.database.write() as connection:
        connection.execute("DELETE FROM entry WHERE idx > 3")
        connection.execute("UPDATE entry SET name = 'wrong', payload = x'c0'")
        connection.execute("DELETE FROM problem")
        connection.execute("INSERT INTO problem (log, idx, severity, message) VALUES (1, 2, 'error', 'none')")
        connection.execute(
            "INSERT INTO entry (log, id, idx, op, type, payload) VALUES (1, x'00', 99, 1, 'entry', x'c0')"
        )
        connection.execute("INSERT OR IGNORE INTO index_queue (log, id) SELECT log, id FROM entry")
    for path in home.index_dir.iterdir():
        path.write_bytes(b"damaged")
    rebuild(home)
    assert answers(home, addresses) == before


def test_a_log_that_grows_meanwhile_is_read_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("One"))
    publisher.publish()
    rederive = rebuild_module._rederive
    write = home.database.write

    def grow_first() -> AbstractContextManager[sqlite3.Connection]:
        monkeypatch.undo()
        publisher.put(entry("Two"))
        publisher.publish()
        return write()

    monkeypatch.setattr(home.database, "write", grow_first)
    row = home.logs.get(ORIGIN)
    assert row is not None
    assert not rederive(home, row)
    monkeypatch.setattr(home.database, "write", grow_first)
    rebuild(home)
    assert search(home, Question()).total == 3


def test_import_ids_come_from_the_log_again_but_for_waiting_drafts(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    id_ = publisher.put(entry("One"))
    publisher.publish()
    with home.database.write() as connection:
        connection.executemany(
            "INSERT INTO import_record (log, format, source, record, id) VALUES (1, 'f', 's', ?, ?)",
            [("known", id_), ("waits", b"w" * 16)],
        )
    rebuild(home)
    kept = home.database.connection.execute("SELECT record FROM import_record").fetchall()
    assert kept == [("waits",)]
