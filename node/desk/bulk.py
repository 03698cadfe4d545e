"""Many entries from one table: a CSV file, each line of which becomes a draft.

::

    kind,name.en,name.fr,summary.en,topics,lifecycle,license,languages,links.landing,identifiers.repo
    software,Ballot,Scrutin,Counts votes,sector:democracy,live,MIT,en;fr,https://b.example,

A column is a field; ``name.fr`` is a text in one language, ``links.landing`` a link with that meaning,
``identifiers.repo`` an identifier of that scheme, ``contact.email`` a part of a part. Several values stand
with semicolons between them. Between the cells stands what the first line has between its columns: a comma,
or a semicolon or a tab, as spreadsheets write where the comma belongs to numbers.

A file that cannot be read as such a table is refused as a whole, every fault with its line; what is merely
missing in an entry is said, and can be filled in afterwards.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from node.errors import InvalidInputError, counted
from node.home import Home
from protocol.language import is_tag
from protocol.packing import Value, publishable
from protocol.problem import ERROR, Problem
from protocol.validate import validate

from .accounts import Account
from .kept import Manuscript
from .looking import completed
from .manuscripts import MOST, begin

MOST_BYTES: Final = 1_048_576
"""Of a table."""

_LINES: Final = ("kind", "subtype", "lifecycle", "license", "slug")
_LISTS: Final = ("topics", "languages", "jurisdictions", "audience")
_TEXTS: Final = ("name", "summary", "description")
_PARTS: Final = {"links": ("rel", "url"), "identifiers": ("scheme", "value")}
_CONTACT: Final = ("role", "email", "url")
_SEPARATORS: Final = ",;\t"  # no name of a column has one


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a table.

    Attributes:
        line: Of the file, from 1, on which it begins.
        payload: The entry.
        problems: What is missing in it, wrong, or worth a second look.
    """

    line: int
    payload: dict[str, Value]
    problems: tuple[Problem, ...]


def read_table(home: Home, data: bytes) -> tuple[Row, ...]:
    """Return the entries of a table, each with what is missing in it.

    Args:
        home: The node.
        data: The file.

    Raises:
        InvalidInputError: It is no such table; every fault names its line.
    """
    header, *lines = _lines_of(data)
    faults = [*_header_faults(header[1])]
    if not faults:
        faults += [fault for line, cells in lines for fault in _line_faults(line, cells, len(header[1]))]
    if not lines and not faults:
        faults.append(_fault(1, "The table has no line below its head.", "Add an entry."))
    if len(lines) > MOST:
        message = f"The table has {len(lines)} entries."
        faults.append(_fault(lines[MOST][0], message, f"Split it: an account has {MOST} drafts at most."))
    if faults:
        message = f"the table has {counted(len(faults), 'fault')}; nothing was kept"
        raise InvalidInputError(message, tuple(faults))
    return tuple(_row(home, line, dict(zip(header[1], cells, strict=True))) for line, cells in lines)


def keep_rows(home: Home, account: Account, origin: str, rows: Sequence[Row]) -> tuple[Manuscript, ...]:
    """Keep each entry of a table as a draft of an account; those before the first that cannot be stay.

    Raises:
        NotFoundError: The log is not an own one.
        NotPermittedError: The account is not for this log.
        InvalidInputError: The account has too many.
    """
    return tuple(begin(home, account, origin, row.payload) for row in rows)


def _lines_of(data: bytes) -> list[tuple[int, list[str]]]:
    """Return the lines that hold something, each with its number; the first is the head."""
    if len(data) > MOST_BYTES:
        raise InvalidInputError(f"the table is larger than {MOST_BYTES:,} bytes", hint="split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError("the table is not UTF-8", hint="save it as CSV, UTF-8") from error
    head = text.lstrip().partition("\n")[0]
    separator = next((each for each in head if each in _SEPARATORS), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found, first = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((first, [publishable(cell).strip() for cell in cells]))
            first = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInputError(
            f"line {reader.line_num}: no CSV: {error}", hint="save it as CSV, UTF-8"
        ) from error
    if not found:
        raise InvalidInputError("the table is empty", hint="its first line names the columns")
    return found


def _header_faults(columns: Sequence[str]) -> Iterator[Problem]:
    for number, column in enumerate(columns):
        if column in columns[:number]:
            yield _fault(1, f"The column '{column}' stands there twice.", "Join them.")
        elif not _is_column(column):
            known = ", ".join(
                (*_LINES, *_LISTS, "name.en", "links.landing", "identifiers.repo", "contact.url")
            )
            yield _fault(1, f"'{column}' is no column.", f"Use {known} and such.")


def _is_column(column: str) -> bool:
    field, dot, rest = column.partition(".")
    if not dot:
        return field in _LINES or field in _LISTS
    if field == "contact":
        return rest in _CONTACT
    return (field in _TEXTS and is_tag(rest)) or (field in _PARTS and bool(rest))


def _line_faults(line: int, cells: Sequence[str], count: int) -> Iterator[Problem]:
    if len(cells) != count:
        message = f"The line has {len(cells)} cells, the head {count}."
        yield _fault(line, message, "Put a text with commas in it into quotation marks.")


def _fault(line: int, message: str, hint: str) -> Problem:
    return Problem(f"/{line}", f"Line {line}: {message}", hint, ERROR)


def _row(home: Home, line: int, cells: Mapping[str, str]) -> Row:
    payload: dict[str, Value] = {}
    for column, cell in cells.items():
        if cell:
            _put(payload, *column.partition(".")[::2], cell)
    return Row(line, payload, validate(completed(payload, home.now()), written_here=True))


def _put(payload: dict[str, Value], field: str, rest: str, cell: str) -> None:
    """Put the value of a cell where its column says."""
    values: list[Value] = [value for each in cell.split(";") if (value := each.strip())]
    if field in _LISTS:
        payload[field] = values
    elif field in _PARTS:
        name, key = _PARTS[field]
        listed = payload.setdefault(field, [])
        if isinstance(listed, list):
            listed += [{name: rest, key: value} for value in values]
    elif rest:
        inner = payload.setdefault(field, {})
        if isinstance(inner, dict):
            inner[rest] = cell
    else:
        payload[field] = cell
