"""One statement: what it says, its versions and what changed between them, and how to check it.

::

    GET /fr/e/lyon.example/log/lyon/1/e/5e0c…               as it stands now
    GET /fr/e/lyon.example/log/lyon/1/e/5e0c…?version=412   as it stood
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from node.answers.provenance import history, show
from node.answers.publishers import publisher, publisher_names
from node.answers.shapes import Entry, VersionOf
from node.desk.differing import edits
from node.http.parameters import EntryVersion, read
from node.http.routes import Route

from .changed import Changed, changed
from .pieces import pieces_of
from .projects import named
from .site import HTML, Site

MOST: Final = 100
"""Versions that are listed; the API has all of them."""


class Entries:
    """Shows statements."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def entry(self, request: web.Request) -> web.Response:
        """Show a statement, or one of its versions."""
        asked, ref = read(request, EntryVersion), named(request)
        languages = self._site.languages(request)
        values = await asyncio.to_thread(self._values, languages, ref, asked.version)
        return self._site.page(request, "entry", values)

    def _values(self, languages: tuple[str, ...], ref: str, version: int | None) -> dict[str, Any]:
        home = self._site.home
        entry, versions = show(home, ref, version, languages), history(home, ref)
        return {
            "entry_": entry,
            "says": pieces_of(entry["statement"], languages),
            "versions": versions[:MOST],
            "changes": _changes(entry, versions, languages),
            "names": publisher_names(home, languages),
            "lead": publisher(home, entry["origin"], languages),
        }


def _changes(entry: Entry, versions: Sequence[VersionOf], languages: Sequence[str]) -> tuple[Changed, ...]:
    """Return what the version that is shown changed."""
    by_index = {each["index"]: each for each in versions}
    this = by_index.get(entry["index"])
    former = by_index.get(this["previous"]) if this and this["previous"] is not None else None
    if former and isinstance(former["statement"], dict) and isinstance(entry["statement"], dict):
        return changed(edits(former["statement"], entry["statement"]), languages)
    return ()


PAGES: Final = (Route("/e/{ref}", Entries.entry, HTML, EntryVersion, (404, 409, 451)),)
"""What is shown here, in each language."""
