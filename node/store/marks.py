"""Many values in SQL statements: SQLite takes so many parameters at once, and a mark for each.

Where several statements are about the same ids these are told once, as a table (``chosen``): to look up each
of five hundred marks costs as much again as what is looked up by it.
"""

import contextlib
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Final, TypeVar

MOST: Final = 500
"""Values that one statement is given."""

_ROWS: Final = 100  # of one INSERT; beyond, nothing is gained

CHOSEN: Final = "IN (SELECT id FROM temp.chosen)"
"""The ids of the block around it, see ``chosen``."""

Value = TypeVar("Value")


@contextlib.contextmanager
def chosen(connection: sqlite3.Connection, ids: Collection[bytes]) -> Iterator[None]:
    """Run a block in which ``CHOSEN`` stands for some statement ids, within a transaction."""
    # It is the connection's own, and holds no more than ids.
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (id BLOB PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM temp.chosen")
    for some, _ in portions(sorted(ids)):
        values = ", ".join(["(?)"] * len(some))
        connection.execute(f"INSERT OR IGNORE INTO temp.chosen VALUES {values}", some)  # noqa: S608 - marks only
    yield


def insert(connection: sqlite3.Connection, statement: str, rows: Iterable[Sequence[object]]) -> None:
    """Write rows, many by one statement each time: to begin one costs as much as half of what it writes.

    Args:
        connection: Where to.
        statement: ``INSERT … VALUES {}`` and perhaps what follows, for rows of as many values each.
        rows: The rows, taken as they are needed.
    """
    left = iter(rows)
    while some := list(islice(left, _ROWS)):
        marks = f"({', '.join('?' * len(some[0]))})"
        if len(some) == _ROWS:
            values = list(chain.from_iterable(some))
            connection.execute(statement.format(", ".join([marks] * _ROWS)), values)
        else:
            connection.executemany(statement.format(marks), some)


def portions(values: Sequence[Value]) -> Iterator[tuple[Sequence[Value], str]]:
    """Yield values in portions of at most ``MOST``, each with its marks for ``IN (…)``."""
    for at in range(0, len(values), MOST):
        some = values[at : at + MOST]
        yield some, ", ".join("?" * len(some))


def by_log(keys: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Sequence[bytes], str]]:
    """Yield the statement ids of each log in portions, each with its marks."""
    ids: dict[int, list[bytes]] = {}
    for log, id_ in keys:
        ids.setdefault(log, []).append(id_)
    for log, those in ids.items():
        for some, marks in portions(those):
            yield log, some, marks
