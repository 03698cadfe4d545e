"""Many values in SQL statements."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.store.marks import CHOSEN, MOST, by_log, chosen, insert, portions


@given(st.integers(0, 3 * MOST))
def test_each_value_is_in_one_portion_with_a_mark(number: int) -> None:
    found = list(portions(range(number)))
    assert [value for some, _ in found for value in some] == list(range(number))
    assert all(0 < len(some) <= MOST for some, _ in found)
    assert all(marks == ", ".join(["?"] * len(some)) for some, marks in found)


def test_what_is_asked_of_one_log_is_asked_together() -> None:
    keys = [(number % 2, number.to_bytes(2)) for number in range(2 * MOST + 2)]
    found = list(by_log(keys))
    assert [(log, len(some), marks.count("?")) for log, some, marks in found] == [
        (log, size, size) for log in (0, 1) for size in (MOST, 1)
    ]
    assert {(log, id_) for log, some, _ in found for id_ in some} == set(keys)


def test_what_is_chosen_is_told_once_for_several_statements() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE thing (id BLOB PRIMARY KEY)")
        ids = [number.to_bytes(2) for number in range(2 * MOST + 2)]
        insert(connection, "INSERT INTO thing VALUES {}", ((id_,) for id_ in ids))
        for some in (ids, ids[:1], [], ids[:7] + ids[:7]):
            with chosen(connection, some):
                found = connection.execute(f"SELECT id FROM thing WHERE id {CHOSEN} ORDER BY id")  # noqa: S608
                assert [id_ for (id_,) in found] == sorted(set(some))


@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 250])
def test_rows_are_written_in_their_order_and_once(number: int) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(
            "CREATE TABLE thing (place INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, turn)"
        )
        statement = (
            "INSERT INTO thing (name, turn) VALUES {} ON CONFLICT (name) DO UPDATE SET turn = excluded.turn"
        )
        for turn in (1, 2):
            insert(connection, statement, ((f"{at:03}", turn) for at in range(number)))
        found = connection.execute("SELECT name, turn FROM thing ORDER BY place").fetchall()
        assert found == [(f"{at:03}", 2) for at in range(number)]
