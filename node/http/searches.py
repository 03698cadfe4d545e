"""Saved searches as feeds.

::

    GET /feeds/search.atom?q=budget&kind=software&lang=fr    what it finds, the newest to this node first
    GET /feeds/search.json?…                                 the same as a JSON Feed
"""

import asyncio
from typing import Final

from aiohttp import web

from node.feeds import atom, jsonfeed

from .forms import search_feed
from .parameters import SEARCH, read
from .resources import FeedResource
from .routes import Route


class SearchFeeds(FeedResource):
    """Answers questions as feeds."""

    async def search_atom(self, request: web.Request) -> web.Response:
        """Answer a search as an Atom feed, the newest to this node first."""
        return await self._feed(request, "atom")

    async def search_json(self, request: web.Request) -> web.Response:
        """Answer a search as a JSON Feed, the newest to this node first."""
        return await self._feed(request, "json")

    async def _feed(self, request: web.Request, ending: str) -> web.Response:
        asked = read(request, SEARCH)
        reader = self._readers(asked.languages)
        return await asyncio.to_thread(search_feed, request, self._home, asked, ending, reader)


ROUTES: Final = (
    Route("/feeds/search.atom", SearchFeeds.search_atom, atom.MEDIA_TYPE, SEARCH),
    Route("/feeds/search.json", SearchFeeds.search_json, jsonfeed.MEDIA_TYPE, SEARCH),
)
"""What is answered here."""
