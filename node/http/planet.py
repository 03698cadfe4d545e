"""What publishers write elsewhere, gathered from the feeds that they name.

::

    GET /api/v1/planet?publisher=<origin>&lang=fr    a page of it, the newest first
    GET /feeds/planet.atom?…                         the newest 50 as a feed; .json too
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Final
from urllib.parse import quote

from aiohttp import web
from msgspec import Meta

from node.feeds import atom, jsonfeed
from node.feeds.entries import MOST_ENTRIES, Feed
from node.feeds.news import news_entries
from node.feeds.titles import news_title
from node.home import Home
from node.planet.shown import Planet, planet

from .card import base_url
from .documents import answer, json_answer
from .parameters import Cursor, Languages, Limit, read
from .resources import FeedResource
from .routes import Route

_WRITERS: Final[Mapping[str, tuple[str, Callable[[Feed], bytes]]]] = {
    "atom": (atom.MEDIA_TYPE, atom.atom),
    "json": (jsonfeed.MEDIA_TYPE, jsonfeed.json_feed),
}


class OfPlanet(Languages, frozen=True, kw_only=True):
    """Whose news."""

    publisher: Annotated[
        str, Meta(max_length=200, description="The origin of a publisher's log; all of them without.")
    ] = ""


class PlanetPage(OfPlanet, frozen=True, kw_only=True):
    """One page of them."""

    limit: Limit = 20
    cursor: Cursor | None = None


class News(FeedResource):
    """Answers what publishers write elsewhere."""

    async def page(self, request: web.Request) -> web.Response:
        """Answer a page of what publishers write elsewhere, the newest first."""
        return json_answer(
            request, await asyncio.to_thread(asked_news, self._home, read(request, PlanetPage))
        )

    async def feed(self, request: web.Request) -> web.Response:
        """Answer what publishers wrote elsewhere last as a feed."""
        asked = read(request, OfPlanet)
        media_type, write = _WRITERS[request.path.rpartition(".")[2]]
        feed = await asyncio.to_thread(self._feed, request, asked)
        return answer(request, write(feed), {"Content-Type": media_type})

    def _feed(self, request: web.Request, asked: OfPlanet) -> Feed:
        base, reader = base_url(self._home), self._readers(asked.languages)
        query = request.rel_url.raw_query_string
        pages = reader.pages(base)
        found = planet(self._home, asked.publisher, asked.languages, MOST_ENTRIES)
        return Feed(
            f"{self._home.config.name}: {news_title(reader)}",
            f"{base}/feeds/{request.path.rpartition('/')[2]}" + (f"?{query}" if query else ""),
            f"{pages}/planet" + (f"?publisher={quote(asked.publisher)}" if asked.publisher else ""),
            None,
            news_entries(found["items"], pages, reader),
            f"{base}/api/v1/planet" + (f"?publisher={quote(asked.publisher)}" if asked.publisher else ""),
        )


def asked_news(home: Home, asked: PlanetPage) -> Planet:
    """Return a page of what publishers write elsewhere; it blocks.

    Raises:
        InvalidInputError: The cursor is none.
    """
    return planet(home, asked.publisher, asked.languages, asked.limit, asked.cursor)


ROUTES: Final = (
    Route("/api/v1/planet", News.page, Planet, PlanetPage),
    Route("/feeds/planet.atom", News.feed, atom.MEDIA_TYPE, OfPlanet),
    Route("/feeds/planet.json", News.feed, jsonfeed.MEDIA_TYPE, OfPlanet),
)
"""What is answered here."""
