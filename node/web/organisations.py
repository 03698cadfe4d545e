"""Who publishes: all of them, and each with what it says of itself, how that is proven, and what it has.

::

    GET /fr/publishers                        all of them
    GET /fr/o/lyon.example/log/lyon/1         one, by the origin of its log
"""

import asyncio
from typing import Any, Final

from aiohttp import web

from node.answers.publishers import publisher, publisher_names, publishers
from node.http.found import found
from node.http.parameters import SEARCH, Query, read
from node.http.plans import ASKED, asked_page
from node.http.routes import Route

from .projects import named
from .site import HTML, Site

MOST: Final = 12
"""Entries, and plans of each sort, that are shown of one publisher."""

PLANS: Final = ("roadmap", "seeking", "offering")


class Organisations:
    """Shows publishers."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def publishers(self, request: web.Request) -> web.Response:
        """Show everybody who publishes, as far as this node knows."""
        read(request, Query)
        languages = self._site.languages(request)
        everybody = await asyncio.to_thread(publishers, self._site.home, languages)
        return self._site.page(request, "organisations", {"publishers": everybody})

    async def organisation(self, request: web.Request) -> web.Response:
        """Show one publisher."""
        read(request, Query)
        values = await asyncio.to_thread(self._values, request, named(request))
        return self._site.page(request, "organisation", values)

    def _values(self, request: web.Request, origin: str) -> dict[str, Any]:
        home, languages = self._site.home, self._site.languages(request)
        who, lang = publisher(home, origin, languages), ",".join(languages)
        narrow: dict[str, Any] = {"publisher": [origin], "limit": MOST, "lang": lang}
        asked = SEARCH(sort="freshness", **narrow)
        document = found(home, asked, request.rel_url)
        return {
            "who": who,
            "entries": [each for each in document["items"] if each["type"] == "entry"],
            "total": document["total"],
            "plans": {type_: asked_page(home, type_, ASKED[type_](**narrow)) for type_ in PLANS},
            "names": publisher_names(home, languages),
        }


PAGES: Final = (
    Route("/publishers", Organisations.publishers, HTML),
    Route("/o/{ref}", Organisations.organisation, HTML, problems=(404,)),
)
"""What is shown here, in each language."""
