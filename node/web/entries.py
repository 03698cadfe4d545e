"""One statement: what it says, its versions and what changed between them, and how to check it.

::

    GET /fr/e/lyon.example/log/lyon/1/e/5e0c…               as it stands now
    GET /fr/e/lyon.example/log/lyon/1/e/5e0c…?version=412   as it stood

A use or a vouch is headed by who says what of which thing, and a list is a page of the things in it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, Final

from aiohttp import web
from msgspec import Meta

from node.answers.naming import things_named_in
from node.answers.nearshapes import NamedThing
from node.answers.provenance import history, show
from node.answers.publishers import publisher, publisher_names
from node.answers.shapes import Entry, VersionOf
from node.answers.texts import reporter_of
from node.desk.differing import edits
from node.http.parameters import EntryVersion, read
from node.http.routes import Route

from .changed import Changed, changed
from .pieces import Piece, piece, pieces_of, references
from .projects import named
from .site import HTML, Site

MOST: Final = 100
"""Versions of a page."""

MOST_NAMED: Final = 300
"""Things that a statement names and that are looked for here; a list has 200 at most."""


class Asked(EntryVersion, frozen=True, kw_only=True):
    """Which version of a statement is shown, and which versions are listed."""

    before: (
        Annotated[int, Meta(ge=0, description="Only versions before this index; the newest without.")] | None
    ) = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One item of a list.

    Attributes:
        what: What is known here of the thing or publisher; None where it is named by its fingerprint alone.
        ref: How the list names it: a host stands for all logs there.
        why: What the curator says of it.
        fingerprint: Of a publisher.
        until: The last day on which it is in the list; empty for none.
    """

    what: NamedThing | None
    ref: str
    why: Piece | None
    fingerprint: str
    until: str


class Entries:
    """Shows statements."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def entry(self, request: web.Request) -> web.Response:
        """Show a statement, or one of its versions."""
        asked, ref = read(request, Asked), named(request)
        languages = self._site.languages(request)
        values = await asyncio.to_thread(self._values, languages, ref, asked)
        return self._site.page(request, "entry", values)

    def _values(self, languages: tuple[str, ...], ref: str, asked: Asked) -> dict[str, Any]:
        home = self._site.home
        entry, versions = show(home, ref, asked.version, languages), history(home, ref)
        listed = [each for each in versions if asked.before is None or each["index"] < asked.before]
        said = entry["statement"]
        named_here = things_named_in(home, islice(references(said), MOST_NAMED), languages)
        return {
            "entry_": entry,
            "says": pieces_of(entry["statement"], languages),
            "versions": listed[:MOST],
            "more": len(listed) > MOST,
            "known": {text: each for text, each in named_here.items() if each["name"]},
            "target": named_here.get(said["target"]) if is_about(said) else None,
            "items": items_of(said, named_here, languages),
            "changes": _changes(entry, versions, languages),
            "reporter": reporter_of(said) if isinstance(said, dict) else "",
            "names": publisher_names(home, languages),
            "lead": publisher(home, entry["origin"], languages),
        }


def is_about(said: object) -> bool:
    """Report whether a statement says something about one thing."""
    return isinstance(said, dict) and isinstance(said.get("target"), str)


def items_of(
    said: object, here: Mapping[str, NamedThing], languages: Sequence[str]
) -> tuple[Listed, ...] | None:
    """Return the items of a list, as far as they can be read, in its own order; None of anything else."""
    if not isinstance(said, dict) or said.get("type") != "list":
        return None
    listed = said.get("items")
    return tuple(
        Listed(
            here.get(ref) if (ref := _text(each, "ref")) else None,
            ref,
            piece("text", each["text"], languages) if each.get("text") else None,
            _text(each, "fingerprint"),
            _text(each, "until"),
        )
        for each in (listed if isinstance(listed, list) else ())[:MOST_NAMED]
        if isinstance(each, dict)
    )


def _text(item: Mapping[str, object], field: str) -> str:
    value = item.get(field)
    return value if isinstance(value, str) else ""


def _changes(entry: Entry, versions: Sequence[VersionOf], languages: Sequence[str]) -> tuple[Changed, ...]:
    """Return what the version that is shown changed."""
    by_index = {each["index"]: each for each in versions}
    this = by_index.get(entry["index"])
    former = by_index.get(this["previous"]) if this and this["previous"] is not None else None
    if former and isinstance(former["statement"], dict) and isinstance(entry["statement"], dict):
        return changed(edits(former["statement"], entry["statement"]), languages)
    return ()


PAGES: Final = (Route("/e/{ref}", Entries.entry, HTML, Asked, (404, 409, 451)),)
"""What is shown here, in each language."""
