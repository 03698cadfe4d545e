"""The vocabularies, named in the reader's language.

::

    GET /api/v1/vocabularies?lang=fr
        {"vocabularies": [{"name": "ogp", "version": "2", "terms": 11, "url": …}, …]}
    GET /api/v1/vocabularies/ogp?lang=fr
        {"name": "ogp", "title": "Thèmes du numérique ouvert", "terms": [{"value": "ogp:open-data",
         "label": "Données ouvertes", "meaning": …, "synonyms": […], "broader": ["ogp:open-digital"], …}, …]}

An address stays: later versions of a vocabulary have all terms of the earlier ones.
"""

import asyncio
from typing import Final

import msgspec
from aiohttp import web

from node.home import Home
from node.vocabularies.every import summaries, vocabulary
from node.vocabularies.terms import Summary, View

from .card import base_path
from .documents import answer
from .parameters import Languages, read
from .routes import Route


class Listed(Summary, frozen=True):
    """A vocabulary in the list.

    Attributes:
        url: Where its terms are, on this node; the path is the same on every other one.
    """

    url: str


class Listing(msgspec.Struct, frozen=True):
    """All vocabularies."""

    vocabularies: list[Listed]


class Vocabularies:
    """Answers ``/api/v1/vocabularies`` and what is below it."""

    def __init__(self, home: Home) -> None:
        self._place = f"{base_path(home)}/api/v1/vocabularies"

    async def vocabularies(self, request: web.Request) -> web.Response:
        """List the vocabularies with their versions."""
        return await asyncio.to_thread(self._list, request, read(request, Languages).languages)

    async def vocabulary(self, request: web.Request) -> web.Response:
        """Answer the terms of a vocabulary: labels, meanings, synonyms, what is broader and narrower."""
        languages, name = read(request, Languages).languages, request.match_info["name"]
        # In a thread as a whole: the places are a megabyte.
        return await asyncio.to_thread(lambda: _json(request, vocabulary(name, languages)))

    def _list(self, request: web.Request, languages: tuple[str, ...]) -> web.Response:
        found = [
            Listed(**msgspec.structs.asdict(each), url=f"{self._place}/{each.name}")
            for each in summaries(languages)
        ]
        return _json(request, Listing(found))


def _json(request: web.Request, document: msgspec.Struct) -> web.Response:
    return answer(request, msgspec.json.encode(document), {"Content-Type": "application/json"})


ROUTES: Final = (
    Route("/api/v1/vocabularies", Vocabularies.vocabularies, Listing, Languages),
    Route("/api/v1/vocabularies/{name}", Vocabularies.vocabulary, View, Languages, (404,)),
)
"""What is answered here."""
