"""Who publishes: all of them, and each with what it says of itself, how that is proven, and what it has.

::

    GET /fr/publishers                        all of them
    GET /fr/o/lyon.example/log/lyon/1         one with its parts, by the origin of its log
    GET /fr/o/lyon.example/log/lyon/1?parts=false   without them
"""

import asyncio
from typing import Annotated, Any, Final, Literal

from aiohttp import web
from msgspec import Meta

from node.answers.government import GROUPS, organisation
from node.answers.listing import listed
from node.answers.publishers import publisher, publisher_names
from node.http.documents import following
from node.http.found import found
from node.http.parameters import SEARCH, Cursor, Listing, Query, read
from node.http.plans import ASKED, asked_page
from node.http.routes import Route
from protocol.keyset import grouped

from .projects import named
from .site import HTML, Site

MOST: Final = 12
"""Entries, and plans of each sort, that are shown of one publisher."""

FIRST: Final = 20
"""Statements of each sort that are shown before somebody asks for all of them."""

ALL: Final = 100
"""The same once somebody asks."""

LISTED: Final = 50
"""Publishers on one page of a list."""

PLANS: Final = ("roadmap", "seeking", "offering")


class Asked(Query, frozen=True):
    """What of an organisation is shown."""

    parts: Annotated[bool, Meta(description="Whether its confirmed parts are put together with it.")] = True
    show: Annotated[
        Literal["", "use", "vouch", "vouched", "identity", "list"],
        Meta(description="Only its uses, vouches, the vouches for it, or its lists, page by page."),
    ] = ""
    cursor: Cursor | None = None


class Organisations:
    """Shows publishers."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def publishers(self, request: web.Request) -> web.Response:
        """Show a page of those who publish, as far as this node knows."""
        return self._site.page(request, "organisations", await asyncio.to_thread(paged, self._site, request))

    async def organisation(self, request: web.Request) -> web.Response:
        """Show one publisher with its parts, or alone."""
        asked = read(request, Asked)
        values = await asyncio.to_thread(self._values, request, named(request), asked)
        return self._site.page(request, "organisation", values)

    def _values(self, request: web.Request, origin: str, asked: Asked) -> dict[str, Any]:
        home, languages = self._site.home, self._site.languages(request)
        who = publisher(home, origin, languages)
        groups, most = ((asked.show,), None) if asked.show else ((), FIRST)
        whole = organisation(home, origin, groups, ALL, asked.cursor, languages, parts=asked.parts, most=most)
        values = {
            "who": who,
            "fingerprint": grouped(who["fingerprint"]),
            "whole": whole,
            "stated": dict.fromkeys(GROUPS, ()) | {each["group"]: each["items"] for each in whole["groups"]},
            "asked": asked,
            "names": publisher_names(home, languages),
        }
        if asked.show:
            return {**values, "entries": [], "total": 0, "plans": {}}
        narrow: dict[str, Any] = {
            "publisher": whole["together"],
            "limit": MOST,
            "lang": ",".join(languages),
        }
        document = found(home, SEARCH(sort="freshness", facets="kind", **narrow), request.rel_url)
        return {
            **values,
            "entries": [each for each in document["items"] if each["type"] == "entry"],
            # Profiles are found as well, and are no things.
            "total": sum(each["count"] for each in document["facets"]["kind"]),
            "plans": {type_: asked_page(home, type_, ASKED[type_](**narrow)) for type_ in PLANS},
        }


def paged(site: Site, request: web.Request, kind: type[Listing] = Listing) -> dict[str, Any]:
    """Return what a page shows that lists those who publish; it blocks.

    Args:
        site: What all pages have in common.
        request: What is asked.
        kind: Its parameters.

    Raises:
        InvalidInputError: The cursor is none, or belongs to another question.
        HttpProblemError: A parameter is none.
    """
    asked = read(request, kind)
    limit = asked.limit if "limit" in request.query else LISTED
    page = listed(site.home, asked.q, asked.languages or site.languages(request), limit, asked.cursor)
    return {
        "asked": asked,
        "publishers": page.items,
        "total": page.total,
        "next_url": following(request.rel_url, page.next),
    }


PAGES: Final = (
    Route("/publishers", Organisations.publishers, HTML, Listing),
    Route("/o/{ref}", Organisations.organisation, HTML, Asked, (404,)),
)
"""What is shown here, in each language."""
