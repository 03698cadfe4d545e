"""SQLite alone: full text by FTS5, facets by GROUP BY, over the same entries.

Its best setting, as far as we know: one row for each entry with the newest first, so that the
newest hits come without sorting; external content; facet values as small numbers in narrow
tables of their own; hits gathered once in a temporary table, from which every facet is counted;
a cache that holds everything. It counts entries, not projects, which is less work, it does not
stem, and knows nothing of typing errors.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from benchmarks.generate import Entry

SINGLE: Final = ("kind", "lifecycle", "license")
"""Facets of which an entry has one value."""

MANY: Final = ("topics", "jurisdictions")
"""Facets of which it has several; the names of the payload's lists."""

ORDERS: Final = {"newest first": "rowid", "bm25": "rank"}
"""How the first twenty can be chosen; by date is what the index has in store, by score it must compute."""

_SCHEMA: Final = """
CREATE TABLE doc (
  id INTEGER PRIMARY KEY, name TEXT, lead TEXT, body TEXT,
  kind TEXT, lifecycle TEXT, license TEXT, topics TEXT, jurisdictions TEXT
);
CREATE TABLE facet (id INTEGER PRIMARY KEY, kind INTEGER, lifecycle INTEGER, license INTEGER);
CREATE TABLE topics (doc INTEGER, value INTEGER, PRIMARY KEY (doc, value)) WITHOUT ROWID;
CREATE TABLE jurisdictions (doc INTEGER, value INTEGER, PRIMARY KEY (doc, value)) WITHOUT ROWID;
CREATE TABLE code (value INTEGER PRIMARY KEY, text TEXT);
CREATE VIRTUAL TABLE doc_fts USING fts5 (name, lead, body, content="doc", content_rowid="id");
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (doc_fts, row);
"""
_INDEX: Final = (
    "INSERT INTO doc_fts (doc_fts) VALUES ('rebuild'); INSERT INTO doc_fts (doc_fts) VALUES ('optimize');"
)


def build(database: Path, entries: Iterable[Entry]) -> None:
    """Make the database of entries; they are numbered by date, the newest first."""
    codes: dict[str, int] = {}
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA} BEGIN;")
        connection.execute("CREATE TEMP TABLE raw (modified TEXT, payload TEXT)")
        connection.executemany(
            "INSERT INTO raw VALUES (?, ?)",
            ((entry.get("modified", ""), json.dumps(entry, ensure_ascii=False)) for entry in entries),
        )
        rows = connection.execute("SELECT payload FROM raw ORDER BY modified DESC, rowid")
        for id_, (payload,) in enumerate(rows, 1):
            _put(connection, codes, id_, json.loads(payload))
        connection.executemany(
            "INSERT INTO code VALUES (?, ?)", ((code, text) for text, code in codes.items())
        )
        connection.execute("COMMIT")
        connection.executescript(f"{_INDEX} DROP TABLE raw; ANALYZE;")


def _put(connection: sqlite3.Connection, codes: dict[str, int], id_: int, entry: Entry) -> None:
    def code(text: str) -> int:
        return codes.setdefault(text, len(codes) + 1)

    features = [text for each in entry.get("features", {}).values() for text in each]
    texts = [
        " ".join(entry["name"].values()),
        " ".join(entry.get("summary", {}).values()),
        " ".join([*entry.get("description", {}).values(), *features]),
    ]
    single = [entry.get(name, "") for name in SINGLE]
    many = [json.dumps(entry.get(name, [])) for name in MANY]
    connection.execute("INSERT INTO doc VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (id_, *texts, *single, *many))
    connection.execute("INSERT INTO facet VALUES (?, ?, ?, ?)", (id_, *map(code, single)))
    for name in MANY:
        values = [(id_, code(value)) for value in set(entry.get(name, []))]
        connection.executemany(f"INSERT INTO {name} VALUES (?, ?)", values)  # noqa: S608 - our own words


def frequencies(database: Path) -> Mapping[str, int]:
    """Return in how many entries each word is."""
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute("SELECT term, doc FROM vocabulary"))


def count(database: Path) -> int:
    """Return how many entries there are."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM facet").fetchone()[0])


class Searcher:
    """Asks the database."""

    def __init__(self, database: Path, order: str) -> None:
        """Open it.

        Args:
            database: What ``build`` made.
            order: One of ``ORDERS``.
        """
        self._by = ORDERS[order]
        self._connection = sqlite3.connect(database, isolation_level=None)
        self._connection.executescript(
            "PRAGMA mmap_size = 8589934592; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY;"
            "CREATE TEMP TABLE hit (id INTEGER PRIMARY KEY);"
        )

    def ask(self, words: str) -> int:
        """Answer a question: the first twenty, how many in all, five facets; return how many."""
        execute = self._connection.execute
        match = _match(words)
        execute("DELETE FROM hit")
        execute("INSERT INTO hit SELECT rowid FROM doc_fts WHERE doc_fts MATCH ?", (match,))
        (total,) = execute("SELECT count(*) FROM hit").fetchone()
        execute(
            "SELECT id, name, lead, kind, lifecycle, license FROM doc WHERE id IN"  # noqa: S608
            f" (SELECT rowid FROM doc_fts WHERE doc_fts MATCH ? ORDER BY {self._by} LIMIT 20)",
            (match,),
        ).fetchall()
        # CROSS JOIN: the hits lead, whatever the planner thinks of a table that it has no statistics of.
        for name in SINGLE:
            execute(
                f"SELECT text, n FROM (SELECT {name} AS value, count(*) AS n FROM hit CROSS JOIN facet"  # noqa: S608
                " ON facet.id = hit.id GROUP BY 1 ORDER BY 2 DESC LIMIT 20) JOIN code USING (value)"
            ).fetchall()
        for name in MANY:
            execute(
                f"SELECT text, n FROM (SELECT value, count(*) AS n FROM hit CROSS JOIN {name}"  # noqa: S608
                f" ON {name}.doc = hit.id GROUP BY 1 ORDER BY 2 DESC LIMIT 20) JOIN code USING (value)"
            ).fetchall()
        return int(total)

    def count(self, words: str) -> int:
        """Return how many entries have all of some words."""
        found = "SELECT count(*) FROM doc_fts WHERE doc_fts MATCH ?"
        return int(self._connection.execute(found, (_match(words),)).fetchone()[0])

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


def _match(words: str) -> str:
    """Return FTS5's words for: all of these."""
    return " ".join(f'"{word}"' for word in words.split())
