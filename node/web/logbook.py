"""A log as it is: its leaves, key sets and checkpoint, who cosigned it, and evidence against it.

::

    GET /fr/log/lyon.example/log/lyon/1               the newest leaves
    GET /fr/log/lyon.example/log/lyon/1?before=362    those before one of them
"""

import asyncio
from typing import Annotated, Any, Final

from aiohttp import web
from msgspec import Meta

from node.answers.heads import head_of
from node.answers.leaves import leaves_of
from node.answers.naming import things_named_in
from node.answers.publishers import publisher
from node.http.parameters import Query, read
from node.http.routes import Route
from protocol.keyset import grouped

from .projects import named
from .site import HTML, Site

LEAVES: Final = 50
"""Leaves of a page."""


class Before(Query, frozen=True):
    """Where in a log."""

    before: (
        Annotated[int, Meta(ge=0, description="Only leaves before this index; the newest without.")] | None
    ) = None


class Logbook:
    """Shows logs."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def log(self, request: web.Request) -> web.Response:
        """Show a page of a log's leaves, with what is known of the log."""
        asked = read(request, Before)
        languages = self._site.languages(request)
        values = await asyncio.to_thread(self._values, languages, named(request), asked.before)
        return self._site.page(request, "log", values)

    def _values(self, languages: tuple[str, ...], origin: str, before: int | None) -> dict[str, Any]:
        home = self._site.home
        with home.database.read():
            leaves = leaves_of(home, origin, before, LEAVES, languages)
            abouts = (each["said"]["about"] for each in leaves["leaves"] if each["said"])
            row = home.logs.get(origin)
            return {
                "who": (who := publisher(home, origin, languages)),
                "fingerprint": grouped(who["fingerprint"]),
                "about": things_named_in(home, filter(None, abouts), languages),
                "head": head_of(home, origin),
                "leaves": leaves,
                "place": f"mirror/{row.hash}" if row else "",
                "note": row.note.decode() if row else "",
                "key_notes": [note.decode() for note in row.key_notes] if row else [],
            }


PAGES: Final = (Route("/log/{ref}", Logbook.log, HTML, Before, (404,)),)
"""What is shown here, in each language."""
