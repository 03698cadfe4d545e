"""Many entries at once: a table, each line of which becomes a draft.

::

    POST /fr/admin/table   file=entries.csv, do=check   →  200 what is missing, line by line
                           file=entries.csv, do=keep    →  200 the same, each line with its draft
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from aiohttp import web

from node.answers.texts import card_of
from node.desk.bulk import MOST_BYTES, Row, keep_rows, read_table
from node.desk.kept import Manuscript
from node.desk.manuscripts import require_editor
from node.errors import InvalidInputError, NodeError
from node.http.parameters import Query, read
from node.http.routes import POST, Route
from node.web.site import HTML

from .gate import Gate, Here, for_accounts


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table.

    Attributes:
        row: What it says.
        name: Of the entry; empty where it has none.
        language: Of the name.
        draft: What was made of it; None of one that was only read.
    """

    row: Row
    name: str
    language: str
    draft: Manuscript | None


class Tables:
    """Reads tables."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_accounts
    async def page(self, here: Here) -> web.Response:
        """Show how a table is sent."""
        read(here.request, Query)
        return self._page(here, ())

    @for_accounts
    async def read(self, here: Here) -> web.Response:
        """Read a table, and keep its lines as drafts when that is wanted."""
        try:
            return self._page(here, await asyncio.to_thread(self._read, here))
        except NodeError as error:
            return self._page(here, (), error)

    def _read(self, here: Here) -> tuple[Line, ...]:
        home, sent = self.gate.home, here.sent
        origin = sent.text("log")
        require_editor(here.account, origin)
        if "file" not in sent.files:
            raise InvalidInputError("no file was chosen", hint="choose a CSV file")
        rows = read_table(home, sent.files["file"])
        kept = keep_rows(home, here.account, origin, rows) if sent.text("do") == "keep" else ()
        lines = []
        for row, draft in zip_longest(rows, kept):
            name, _, language = card_of({"type": "entry", **row.payload}).shown(here.languages)
            lines.append(Line(row, name, language, draft))
        return tuple(lines)

    def _page(self, here: Here, lines: Sequence[Line], error: NodeError | None = None) -> web.Response:
        values = {
            "origins": tuple(here.account.roles),
            "sent": here.sent,
            "lines": lines,
            "kilobytes": MOST_BYTES // 1024,
            "error": error,
            "problems": error.problems if isinstance(error, InvalidInputError) else (),
        }
        command = f"fedcat draft import FILE --as {here.account.name}"
        return self.gate.page(here, "table", values, status=200 if error is None else 422, command=command)


PAGES: Final = (
    Route("/admin/table", Tables.page, HTML, statuses=(200, 303)),
    Route(
        "/admin/table",
        Tables.read,
        HTML,
        problems=(403, 408, 413, 415),
        statuses=(200, 303, 422),
        method=POST,
    ),
)
"""What is shown here, in each language."""
