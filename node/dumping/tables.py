"""Dumps as tables: CSV for spreadsheets, SQLite for questions.

::

    dump.csv          one row for each statement; dump.csv.proof has the leaves between them, as lines
    dump.sqlite       the tables statement, leaves and dump (head and end, as their lines have them)

A row has the leaf, the salt and the payload themselves, so that it is verified like a line; all its other
columns are made of these, and a reader makes them again. CSV is UTF-8 with the line ends of RFC 4180.
"""

import csv
import functools
import heapq
import io
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from node.answers.texts import card_of, for_spreadsheets
from protocol.blob import SALT
from protocol.errors import MalformedError
from protocol.leaf import NEW, Leaf
from protocol.tiles import LEAF

from .items import End, Head, Item, Run, Stated, from_text, render, to_text
from .lines import MAX_LINE, Lines, run_of

COLUMNS: Final = (
    "address",
    "origin",
    "id",
    "index",
    "previous",
    "type",
    "kind",
    "name",
    "summary",
    "language",
    "modified",
    "statement",
    "leaf",
    "salt",
    "payload",
)
"""Of a statement. ``name`` and ``summary`` are in ``language``; ``statement`` is all of it, as JSON."""

_SCHEMA: Final = """
CREATE TABLE dump (part TEXT PRIMARY KEY, line TEXT NOT NULL) STRICT;
CREATE TABLE statement (
  address TEXT PRIMARY KEY, origin TEXT NOT NULL, id TEXT NOT NULL, "index" INTEGER NOT NULL,
  previous INTEGER, type TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, summary TEXT NOT NULL,
  language TEXT NOT NULL, modified TEXT NOT NULL, statement TEXT NOT NULL, leaf BLOB NOT NULL,
  salt BLOB NOT NULL, payload BLOB NOT NULL
) STRICT;
CREATE TABLE leaves (
  origin TEXT NOT NULL, "index" INTEGER NOT NULL, leaves BLOB NOT NULL, root BLOB NOT NULL,
  PRIMARY KEY (origin, "index")
) STRICT, WITHOUT ROWID;
"""
_TABLES: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name LIMIT 100"
_NAMES: Final = ", ".join(f'"{column}"' for column in COLUMNS)
_STATED: Final = ("type", "kind", "name", "summary", "language", "modified")  # texts of whoever likes to
_PARTS: Final = {("head",), ("end",)}
_DIGITS: Final = 19  # of the largest number that SQLite counts
_MARKS: Final = ", ".join("?" * len(COLUMNS))


@functools.cache
def _tables() -> list[tuple[Any, ...]]:
    """Return what a database of a dump consists of."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_SCHEMA)
        return connection.execute(_TABLES).fetchall()


def columns_of(item: Stated) -> dict[str, Any]:
    """Return the columns of a statement: texts, numbers, bytes, and None for no former version."""
    leaf, payload = Leaf.parse(item.leaf), item.payload
    card = card_of(payload)
    name, summary, language = card.shown()
    modified = payload.get("modified") if isinstance(payload, dict) else None
    values = (
        item.address,
        item.origin,
        leaf.id.hex(),
        item.index,
        None if leaf.prev == NEW else leaf.prev,
        card.type,
        card.kind,
        name,
        summary,
        language,
        modified if isinstance(modified, str) else "",
        _json(item),
        item.leaf,
        item.blob[:SALT],
        item.blob[SALT:],
    )
    return dict(zip(COLUMNS, values, strict=True))


def write_csv(
    stream: BinaryIO, proof: BinaryIO, head: Head, items: Iterable[Item], end: Callable[[], End]
) -> None:
    """Write a dump as CSV and, into another file, what proves it; see ``lines.write_lines``."""
    rows = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    writer = csv.writer(rows)
    writer.writerow(COLUMNS)
    proof.write(render(head))
    for item in items:
        if isinstance(item, Run):
            proof.write(item.line())
        else:
            writer.writerow(_as_text(columns_of(item)).values())
    proof.write(render(end()))
    rows.flush()
    # Whoever opened it closes it.
    rows.detach()


def proof_of(path: Path) -> Path:
    """Return where that lies which proves a CSV file: that of ``dump.csv.gz`` is ``dump.csv.proof.gz``."""
    packed = ".gz" if path.suffix == ".gz" else ""
    return path.with_name(f"{path.name.removesuffix(packed)}.proof{packed}")


def write_sqlite(path: Path, head: Head, items: Iterable[Item], end: Callable[[], End]) -> None:
    """Write a dump as a database; see ``lines.write_lines``."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN")
        for item in items:
            if isinstance(item, Run):
                row: Sequence[Any] = (item.origin, item.index, item.leaves, item.root)
                connection.execute("INSERT INTO leaves VALUES (?, ?, ?, ?)", row)
            else:
                row = tuple(columns_of(item).values())
                connection.execute(f"INSERT INTO statement VALUES ({_MARKS})", row)  # noqa: S608 - marks only
        parts = (("head", head), ("end", end()))
        lines = [(part, render(document).decode()) for part, document in parts]
        connection.executemany("INSERT INTO dump VALUES (?, ?)", lines)
        connection.execute("COMMIT")


class Csv:
    """A CSV file and its proof that are read; see ``lines.Reading``.

    Args:
        stream: The open file.
        proof: Its proof.
        name: What it is called where a place is named.
    """

    def __init__(self, stream: BinaryIO, proof: Lines, name: str) -> None:
        self._lines = _RowLines(stream, name)
        self._name = name
        self._proof = proof
        self.head = proof.head
        self.end: End | None = None

    def items(self) -> Iterator[tuple[str, Item]]:
        """Yield the items; see ``lines.Reading``."""
        order = {log.origin: number for number, log in enumerate(self.head.logs)}

        def place(item: tuple[str, Item]) -> tuple[int, int]:
            return order.get(item[1].origin, -1), item[1].index

        yield from heapq.merge(self._statements(), self._proof.items(), key=place)
        self.end = self._proof.end

    def _statements(self) -> Iterator[tuple[str, Item]]:
        # The usual limit is less than a long statement in base64; there is one for the process alone.
        csv.field_size_limit(MAX_LINE)
        try:
            for number, row in enumerate(csv.reader(self._lines, strict=True), 1):
                place = f"{self._name}, row {number}"
                self._lines.of_row = 0
                if number == 1:
                    if tuple(row) != COLUMNS:
                        raise MalformedError(place, "its columns are not those of a dump")
                elif len(row) != len(COLUMNS):
                    raise MalformedError(place, f"it has not {len(COLUMNS)} columns")
                else:
                    yield place, _from_text(dict(zip(COLUMNS, row, strict=True)), place)
        except (csv.Error, UnicodeDecodeError) as error:
            raise MalformedError(self._name, f"it is no CSV in UTF-8: {error}") from error


class _RowLines:
    """The lines of a CSV file, of which its reader takes as many as a row has.

    Attributes:
        of_row: Bytes taken for the row that is being read.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.of_row = 0
        self._stream, self._name = stream, name

    def __iter__(self) -> "_RowLines":
        return self

    def __next__(self) -> str:
        line = self._stream.readline(MAX_LINE + 1)
        self.of_row += len(line)
        if self.of_row > MAX_LINE:
            raise MalformedError(self._name, f"one of its rows is longer than {MAX_LINE} bytes")
        if not line:
            raise StopIteration
        return line.decode()


class Sqlite:
    """A database that is read; see ``lines.Reading``.

    It has the tables of a dump and nothing else: a view could say one thing to whoever verifies and another
    one to readers, or have no end, and what stands in a column or table of its own nobody would compare.

    Raises:
        MalformedError: It is no database of a dump.
    """

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        if list(self._rows(_TABLES)) != _tables():
            raise MalformedError(name, "its tables are not those of a dump")
        # Readers find rows by indexes, which say in other pages what the tables say; and a damaged file need
        # not hold what its columns are declared to hold.
        if list(self._rows("PRAGMA integrity_check(1)")) != [("ok",)]:
            raise MalformedError(name, "it is damaged: its tables and indexes do not belong together")
        parts = list(self._rows("SELECT part FROM dump LIMIT 3"))
        if len(parts) != len(_PARTS) or set(parts) != _PARTS:
            raise MalformedError(f"{name}, dump", "it has not a head and an end alone")
        self.head = self._part("head", Head)
        self.end: End | None = None

    def items(self) -> Iterator[tuple[str, Item]]:
        """Yield the items; see ``lines.Reading``."""
        order = {log.origin: number for number, log in enumerate(self.head.logs)}
        strangers = [
            origin
            for table in ("statement", "leaves")
            for (origin,) in self._rows(f"SELECT DISTINCT origin FROM {table}")  # noqa: S608 - our names
            if origin not in order
        ]
        if strangers:
            raise MalformedError(self._name, f"it has rows of {strangers[0]!r}, which its head does not name")
        for origin in order:
            yield from heapq.merge(
                self._statements(origin), self._runs(origin), key=lambda found: found[1].index
            )
        self.end = self._part("end", End)

    def _statements(self, origin: str) -> Iterator[tuple[str, Item]]:
        rows = self._rows(f'SELECT {_NAMES} FROM statement WHERE origin = ? ORDER BY "index"', origin)  # noqa: S608
        for row in rows:
            found = dict(zip(COLUMNS, row, strict=True))
            place = f"{self._name}, statement {found['address']}"
            yield place, _checked(found, place)

    def _runs(self, origin: str) -> Iterator[tuple[str, Item]]:
        rows = self._rows(
            'SELECT "index", leaves, root FROM leaves WHERE origin = ? ORDER BY "index"', origin
        )
        for index, leaves, root in rows:
            place = f"{self._name}, leaves {index} of {origin}"
            yield place, run_of(origin, index, leaves, root, place)

    def _part(self, part: str, kind: type[Any]) -> Any:  # noqa: ANN401 - a head or an end
        place = f"{self._name}, {part}"
        rows = list(self._rows("SELECT line FROM dump WHERE part = ?", part))
        try:
            ((line,),) = rows
            found = msgspec.json.decode(line, type=kind)
        except (ValueError, TypeError) as error:
            raise MalformedError(place, f"it is no {part} of a dump") from error
        if render(found).decode() != line:
            raise MalformedError(place, "it is not written as a dump writes it")
        return found

    def _rows(self, question: str, *values: str) -> Iterator[tuple[Any, ...]]:
        try:
            # Not `yield from`: a reader who stops early would close the cursor, after its database.
            for row in self._connection.execute(question, values):  # noqa: UP028
                yield row
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise MalformedError(self._name, f"it is no database of a dump: {error}") from error


def _json(item: Stated) -> str:
    (statement,) = (msgspec.json.decode(item.line(), type=dict[str, msgspec.Raw])["statement"],)
    return bytes(statement).decode()


def _as_text(columns: Mapping[str, Any]) -> dict[str, str]:
    """Return columns as CSV has them: bytes in base64, and nothing for None."""
    texts = {name: _text(value) for name, value in columns.items()}
    return texts | {name: for_spreadsheets(texts[name]) for name in _STATED}


def _text(value: str | int | bytes | None) -> str:
    if isinstance(value, bytes):
        return to_text(value)
    return "" if value is None else str(value)


def _from_text(row: dict[str, str], place: str) -> Stated:
    found: dict[str, Any] = dict(row)
    for name in ("leaf", "salt", "payload"):
        found[name] = from_text(row[name], f"{place}, column {name}")
    for name in ("index", "previous"):
        text = row[name]
        is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS
        found[name] = int(text) if is_number else None
        if text != ("" if found[name] is None else str(found[name])):
            raise MalformedError(f"{place}, column {name}", "it is no number")
    return _checked(found, place, for_spreadsheets)


def _checked(row: Mapping[str, Any], place: str, shown: Callable[[str], str] = lambda text: text) -> Stated:
    """Return the statement of a row whose columns are all made of its leaf, salt and payload."""
    leaf, salt, payload = (row[name] for name in ("leaf", "salt", "payload"))
    if len(leaf) != LEAF or len(salt) != SALT or not isinstance(row["index"], int):
        raise MalformedError(place, "its leaf, salt or index is none")
    item = Stated(row["origin"], row["index"], leaf, salt + payload)
    for name, value in columns_of(item).items():
        # Dumps were made without apostrophes before.
        if row[name] != value and (name not in _STATED or row[name] != shown(value)):
            raise MalformedError(f"{place}, column {name}", "it does not say what leaf and payload say")
    return item
