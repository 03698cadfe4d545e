"""Saved searches as feeds.

::

    GET /feeds/search.atom?q=budget&kind=software&lang=fr    what it finds, the newest to this node first
    GET /feeds/search.json?…                                 the same as a JSON Feed
"""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web

from node.feeds import atom, jsonfeed
from node.feeds.entries import Feed, feed_entries
from node.feeds.readers import Readers
from node.feeds.searches import newest
from node.feeds.titles import catalogue_title
from node.home import Home

from .card import base_url
from .documents import answer
from .parameters import SEARCH, read
from .routes import Route


class SearchFeeds:
    """Answers questions as feeds.

    Args:
        home: The node.
        readers: For whom feeds are written.
    """

    def __init__(self, home: Home, readers: Readers) -> None:
        self._home = home
        self._readers = readers

    async def search_atom(self, request: web.Request) -> web.Response:
        """Answer a search as an Atom feed, the newest to this node first."""
        return await self._feed(request, atom.atom, atom.MEDIA_TYPE)

    async def search_json(self, request: web.Request) -> web.Response:
        """Answer a search as a JSON Feed, the newest to this node first."""
        return await self._feed(request, jsonfeed.json_feed, jsonfeed.MEDIA_TYPE)

    async def _feed(
        self, request: web.Request, write: Callable[[Feed], bytes], media_type: str
    ) -> web.Response:
        asked = read(request, SEARCH)
        items = await asyncio.to_thread(newest, self._home, asked.question)
        base, query = base_url(self._home), request.rel_url.raw_query_string
        reader = self._readers(asked.languages)
        here = f"{base}/feeds/{request.path.rpartition('/')[2]}"
        feed = Feed(
            f"{self._home.config.name}: {catalogue_title(asked.q, reader)}",
            f"{here}?{query}" if query else here,
            f"{reader.pages(base)}/search" + (f"?{query}" if query else ""),
            None,
            feed_entries(items, base, reader),
        )
        return answer(request, write(feed), {"Content-Type": media_type})


ROUTES: Final = (
    Route("/feeds/search.atom", SearchFeeds.search_atom, atom.MEDIA_TYPE, SEARCH),
    Route("/feeds/search.json", SearchFeeds.search_json, jsonfeed.MEDIA_TYPE, SEARCH),
)
"""What is answered here."""
