"""What the database holds, as migrations that are applied in order and never edited once released.

The tables are in the SQL files beside this module, by their subject. Those of ``catalogue.sql`` are derived:
``db rebuild`` refills them; ``logs.sql`` has facts about the logs; the others are this node's own memory.

Indexes of leaves are called ``idx``. Times are POSIX seconds. Digests, ids, notes and payloads are BLOB.
"""

import sqlite3
from collections.abc import Iterator
from importlib import resources
from typing import Final

from sqlite_utils import Database, Migrations

_FILES: Final = ("logs", "catalogue", "peers", "own", "trust", "changes", "desk", "planet")

migrations = Migrations("fedcat")


@migrations()
def m001_tables(db: Database) -> None:
    """All tables of the first release but those below."""
    for name in _FILES:
        _make(db, name)


@migrations()
def m002_limits(db: Database) -> None:
    """What single publishers may cost, said while the node runs."""
    _make(db, "limits")


def _make(db: Database, name: str) -> None:
    for statement in _statements(resources.files(__name__).joinpath(f"{name}.sql").read_text("utf-8")):
        db.conn.execute(statement)


@migrations()
def m002_seen(db: Database) -> None:
    """When this node took leaves and erases, and what one publisher uses and lists."""
    for statement in _statements(resources.files(__name__).joinpath("seen.sql").read_text("utf-8")):
        db.conn.execute(statement)


@migrations()
def m003_counts(db: Database) -> None:
    """How many entries each log has."""
    _make(db, "counts")


def _statements(text: str) -> Iterator[str]:
    """Yield the statements of a file one by one: ``executescript`` would end the transaction before them."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
