"""What can be followed: all feeds of a node on one page.

::

    GET /fr/feeds
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from node.http.parameters import Listing
from node.http.routes import Route

from .marks import N_
from .organisations import paged
from .site import HTML, Site

FOLLOWED: Final[Mapping[str, str]] = {
    "roadmap": N_("Who plans what"),
    "seeking": N_("Partners wanted"),
    "offering": N_("Help offered"),
    "providers": N_("Who can be hired"),
    "consultations": N_("What the public is asked, and until when"),
}
"""Feed of plans → what is in it."""


class Following:
    """Shows what can be followed."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def feeds(self, request: web.Request) -> web.Response:
        """Show all feeds."""
        values = await asyncio.to_thread(paged, self._site, request)
        return self._site.page(request, "feeds", {"followed": FOLLOWED, **values})


PAGES: Final = (Route("/feeds", Following.feeds, HTML, Listing),)
"""What is shown here, in each language."""
