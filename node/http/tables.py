"""Answers as tables for spreadsheets: CSV as RFC 4180 has it, in UTF-8.

::

    GET /api/v1/search?q=budget&format=csv      a page of a search, a row for each hit

A spreadsheet takes a cell that begins with ``=`` for a formula, and what stands in these cells was written by
whoever likes to. Such a cell gets an apostrophe in front, by which spreadsheets know a text
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from aiohttp import web

from node.answers.shapes import Found

from .documents import answer, next_link

MEDIA_TYPE: Final = "text/csv; charset=utf-8"

COLUMNS: Final = (
    "address",
    "type",
    "name",
    "language",
    "summary",
    "summary_language",
    "kind",
    "lifecycle",
    "license",
    "jurisdictions",
    "uses",
    "parts",
    "copies",
    "publishers",
    "origin",
    "verified_at",
)
"""Of a hit; what is a list in JSON is separated by spaces."""

# What spreadsheets look at first, and the forms of it that some of them take for it (East Asian widths).
_BEGINS_A_FORMULA: Final = tuple("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as CSV; numbers stay numbers, and no text is a formula."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([_cell(each) for each in columns])
    for row in rows:
        writer.writerow([_cell(each) for each in row])
    return stream.getvalue().encode()


def table_answer(
    request: web.Request,
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    next_url: str | None = None,
) -> web.Response:
    """Return a table as a file to keep.

    Args:
        request: Says what the client holds and takes.
        name: Of the file, without its ending.
        columns: What its columns are called.
        rows: Its rows.
        next_url: Where it goes on; None where it does not.
    """
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        **next_link(next_url),
    }
    return answer(request, table(columns, rows), headers)


def found_table(request: web.Request, document: Found) -> web.Response:
    """Return a page of a search as a table."""
    rows = (
        (
            each["address"],
            each["type"],
            each["name"],
            each["language"],
            each["summary"],
            each["summary_language"],
            each["kind"],
            each["lifecycle"],
            each["license"],
            " ".join(each["jurisdictions"]),
            each["uses"],
            each["parts"]["total"] if each["parts"] else None,
            each["copies"],
            " ".join(each["publishers"]),
            each["provenance"]["origin"],
            each["provenance"]["verified_at"],
        )
        for each in document["items"]
    )
    return table_answer(request, "search", COLUMNS, rows, document["next_url"])


def _cell(value: object) -> object:
    if value is None or isinstance(value, int):
        return value
    text = str(value)
    # Spaces in front do not hide a formula from every spreadsheet.
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_BEGINS_A_FORMULA) else text
