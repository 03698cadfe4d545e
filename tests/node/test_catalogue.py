"""Rows of current statements, written with the head they belong to."""

from typing import Any

import pytest

from node.answers.rows import MAX_PROBLEMS
from node.home import Home
from protocol.packing import pack, unpack
from tests.publisher import Publisher, entry

ORIGIN = "127.0.0.1:8401/log/city/1"


def rows(home: Home, table: str, columns: str) -> list[Any]:
    return home.database.connection.execute(f"SELECT {columns} FROM {table} ORDER BY idx").fetchall()  # noqa: S608


def test_a_row_has_what_lists_need(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    payload = entry({"fr": "Un", "en": "One"}, **{"x-unknown": {"kept": 1}})
    id_ = publisher.put(payload)
    publisher.publish()
    ((found, index, op, type_, kind, name, language, packed),) = rows(
        home, "entry", "id, idx, op, type, kind, name, language, payload"
    )
    assert (found, index, op, type_, kind, name, language) == (id_, 1, 1, "entry", "software", "One", "en")
    assert packed == pack(payload)


def test_a_row_follows_its_statement(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    id_ = publisher.put(entry("One"))
    other = publisher.put(entry("Other"))
    publisher.publish()
    publisher.put(entry("Two"), id_)
    publisher.publish()
    assert rows(home, "entry", "idx, name") == [(2, "Other"), (3, "Two")]
    publisher.withdraw(id_, successor="https://example.org")
    publisher.erase(other)
    publisher.publish()
    ((index, op, payload),) = rows(home, "entry", "idx, op, payload")
    assert (index, op) == (4, 2)
    assert unpack(payload) == {
        "type": "withdrawal",
        "v": 1,
        "reason": "withdrawn",
        "successor": "https://example.org",
    }


def test_withheld_content_has_a_row_once_it_arrives(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("One"), withheld=True)
    publisher.publish()
    assert rows(home, "entry", "idx") == []


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        b"\x81\xa1a",
        pack(None),
        pack([1]),
        pack({}),
        pack({"type": "entry", "v": 1}),
        pack({"type": "entry", "v": 1, "kind": "software", "name": "not a map"}),
        pack({"type": "entry", "v": 1, "kind": "software", "name": {"en": "x"}, "links": [{"url": 5}]}),
    ],
)
def test_what_does_not_validate_is_kept_and_listed(home: Home, payload: bytes) -> None:
    publisher = Publisher(home, ORIGIN)
    id_ = publisher.put(payload)
    publisher.put(entry("Fine"))
    publisher.publish()
    assert [row[0] for row in rows(home, "entry", "payload")] == [payload, pack(entry("Fine"))]
    problems = rows(home, "problem", "idx, severity, message")
    assert (1, "error") in {(index, severity) for index, severity, _ in problems}
    assert all(message for _, _, message in problems)
    publisher.put(entry("Good now"), id_)
    publisher.publish()
    assert not [row for row in rows(home, "problem", "idx, severity") if row[1] == "error"]


def test_a_type_of_later_is_kept_and_flagged(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put({"type": "poem", "v": 1, "target": "https://decidim.org", "status": "production"})
    publisher.publish()
    assert rows(home, "entry", "type, name") == [("poem", "")]
    assert {severity for (severity,) in rows(home, "problem", "severity")} == {"flag"}


def test_problems_of_one_statement_are_bounded(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Bad", links=[{"rel": 1, "url": 2} for _ in range(100)]))
    publisher.publish()
    assert len(rows(home, "problem", "idx")) == MAX_PROBLEMS


def test_every_change_waits_for_the_index(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    ids = {publisher.put(entry(f"Entry {n}")) for n in range(3)}
    publisher.publish()
    queued = home.database.connection.execute("SELECT id FROM index_queue").fetchall()
    assert {id_ for (id_,) in queued} == ids
