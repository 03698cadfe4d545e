"""One statement: what it says, its versions and what changed between them, and how to check it.

::

    GET /fr/e/lyon.example/log/lyon/1/e/5e0c…               as it stands now
    GET /fr/e/lyon.example/log/lyon/1/e/5e0c…?version=412   as it stood
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from node.answers.provenance import history, show
from node.answers.publishers import publisher, publisher_names
from node.answers.shapes import Entry, VersionOf
from node.http.parameters import EntryVersion, read
from node.http.routes import Route

from .pieces import Piece, piece
from .projects import named
from .site import HTML, Site

MOST: Final = 100
"""Versions that are listed; the API has all of them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a version says otherwise than the one before it, of one field."""

    field: str
    before: Piece
    after: Piece


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
            "says": _says(entry, languages),
            "versions": versions[:MOST],
            "changes": tuple(_changes(entry, versions, languages)),
            "names": publisher_names(home, languages),
            "lead": publisher(home, entry["origin"], languages),
        }


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], languages: Sequence[str]
) -> Iterator[Change]:
    """Yield the fields that two versions say differently, by name."""
    for field in sorted({*before, *after}):
        if before.get(field) != after.get(field):
            yield Change(
                field,
                piece(field, before.get(field), languages),
                piece(field, after.get(field), languages),
            )


def _says(entry: Entry, languages: Sequence[str]) -> tuple[tuple[str, Piece], ...]:
    said = entry["statement"]
    if not isinstance(said, dict):
        return ()
    return tuple((field, piece(field, value, languages)) for field, value in said.items())


def _changes(entry: Entry, versions: Sequence[VersionOf], languages: Sequence[str]) -> Iterator[Change]:
    """Yield what the version that is shown changed."""
    by_index = {each["index"]: each for each in versions}
    this = by_index.get(entry["index"])
    former = by_index.get(this["previous"]) if this and this["previous"] is not None else None
    if former and isinstance(former["statement"], dict) and isinstance(entry["statement"], dict):
        yield from changes(former["statement"], entry["statement"], languages)


PAGES: Final = (Route("/e/{ref}", Entries.entry, HTML, EntryVersion, (404, 409, 451)),)
"""What is shown here, in each language."""
