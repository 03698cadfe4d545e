"""What of a followed log is found by search: everything, or what the operator chose; see ``node.scoping``."""

import sqlite3
from collections.abc import Iterable, Mapping

Scope = Mapping[str, tuple[str, ...]]
"""Facet → values, of which one is enough; of every facet that is named. Empty: everything."""


def scopes_in(connection: sqlite3.Connection) -> Mapping[int, Scope]:
    """Return the scope of each log that has one, by its number in the database."""
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    for log, facet, value in connection.execute("SELECT log, facet, value FROM scope ORDER BY 1, 2, 3"):
        scope = found.setdefault(log, {})
        scope[facet] = (*scope.get(facet, ()), value)
    return found


def put_scope(connection: sqlite3.Connection, log: int, scope: Scope) -> None:
    """Let a log have this scope in place of any other, within a transaction."""
    connection.execute("DELETE FROM scope WHERE log = ?", (log,))
    rows: Iterable[tuple[int, str, str]] = (
        (log, facet, value) for facet, values in scope.items() for value in values
    )
    connection.executemany("INSERT INTO scope (log, facet, value) VALUES (?, ?, ?)", rows)
