"""The first page, and the way to it.

::

    GET /          →  302  Location: /fr/      the language that the browser asks for
    GET /admin     →  302  Location: /fr/admin a page that somebody typed, or passed on to anybody
    GET /fr        →  302  Location: /fr/
    GET /fr/       what is new, who seeks partners, who plans what
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from aiohttp import web

from node.answers.publishers import publisher_names
from node.home import Home
from node.http.card import base_path
from node.http.found import found
from node.http.parameters import SEARCH, Query, read
from node.http.plans import ASKED, asked_page
from node.http.routes import GET, Route
from node.store.frozen import frozen_logs

from .locales import LOCALES
from .searching import NAMED
from .site import HTML, Site

NEWEST: Final = 6
CALLS: Final = 4
PLANNED: Final = 5
TOPICS: Final = 12
"""How many of each are on the first page."""


class Root:
    """Leads to the pages."""

    def __init__(self, home: Home) -> None:
        self._site = Site(home)

    async def root(self, request: web.Request) -> web.Response:
        """Lead a browser to the pages in its language."""
        read(request, Query)
        return self._lead(request)

    async def page(self, request: web.Request) -> web.Response:
        """Lead a browser to a page in its language; what is asked of the page goes with it."""
        return self._lead(request)

    async def language(self, request: web.Request) -> web.Response:
        """Lead a browser to the first page in a language."""
        read(request, Query)
        headers = {"Location": self._site.path(self._site.reader(request), "/"), "Cache-Control": "no-cache"}
        return web.Response(status=302, headers=headers)

    def _lead(self, request: web.Request) -> web.Response:
        below = request.rel_url.raw_path.removeprefix(base_path(self._site.home))
        place = self._site.path(self._site.reader(request), "") + below
        if request.rel_url.raw_query_string:
            place = f"{place}?{request.rel_url.raw_query_string}"
        headers = {"Location": place, "Vary": "Accept-Language", "Cache-Control": "no-cache"}
        return web.Response(status=302, headers=headers)


class Front:
    """Shows the first page."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def front(self, request: web.Request) -> web.Response:
        """Show what is new, who seeks partners and who plans what."""
        read(request, Query)
        return self._site.page(request, "front", await asyncio.to_thread(self._values, request))

    def _values(self, request: web.Request) -> dict[str, Any]:
        home, languages = self._site.home, self._site.languages(request)
        lang = ",".join(languages)
        newest = SEARCH(sort="freshness", limit=NEWEST, facets="topic,kind", lang=lang)
        calls = ASKED["seeking"](sort="date", limit=CALLS, lang=lang)
        planned = ASKED["roadmap"](sort="date", limit=PLANNED, expired="no", lang=lang)
        with home.database.read() as connection:
            ((count,),) = connection.execute("SELECT count(*) FROM log")
            frozen = frozen_logs(connection)
        return {
            "newest": found(home, newest, request.rel_url),
            "calls": asked_page(home, "seeking", calls),
            "planned": asked_page(home, "roadmap", planned),
            "names": publisher_names(home, languages),
            "publishers": count,
            "frozen": bool(frozen),
            "topics": TOPICS,
            "views": NAMED,
        }


def leading(pages: Iterable[Route]) -> tuple[Route, ...]:
    """Return what leads to pages for whoever writes an address without a language.

    Args:
        pages: All pages; those with parameters in their paths are left out, because logs have files there.
    """
    plain = dict.fromkeys(each.path for each in pages if each.method == GET and "{" not in each.path)
    return (
        *(Route(f"/{tag}", Root.language, HTML, statuses=(302,)) for tag in LOCALES),
        *(Route(path, Root.page, HTML, statuses=(302,)) for path in plain if path != "/"),
    )


ROOT: Final = (
    Route("/", Root.root, HTML, statuses=(302,)),
    *(Route(path, Root.page, HTML, statuses=(302,)) for path in ("/p/{ref}", "/e/{ref}", "/o/{ref}")),
)
"""What is answered outside of all languages, beside what leads to pages."""

PAGES: Final = (Route("/", Front.front, HTML),)
"""What is shown here, in each language."""
