"""What publishers write elsewhere, gathered from the feeds that they name.

::

    GET /fr/planet                       the newest first
    GET /fr/planet?publisher=<origin>    all that is kept of one of them

A page reads the same parameters as ``/api/v1/planet``.
"""

import asyncio
from typing import Any, Final

import msgspec
from aiohttp import web

from node.http.parameters import read
from node.http.planet import PlanetPage, asked_news
from node.http.routes import Route

from .searching import question
from .site import HTML, Site, without


class Gathered:
    """Shows what publishers write elsewhere."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def planet(self, request: web.Request) -> web.Response:
        """Show a page of what publishers write elsewhere, the newest first."""
        asked = read(request, PlanetPage)
        return self._site.page(request, "planet", await asyncio.to_thread(self._values, request, asked))

    def _values(self, request: web.Request, asked: PlanetPage) -> dict[str, Any]:
        url = request.rel_url
        languages = asked.languages or self._site.languages(request)
        found = asked_news(self._site.home, msgspec.structs.replace(asked, lang=",".join(languages)))
        who = {each["origin"]: each["name"] for item in found["items"] for each in item["publishers"]}
        return {
            "asked": asked,
            "gathers": self._site.home.config.planet.gather,
            "news": found["items"],
            "who": dict(sorted(who.items(), key=lambda each: each[1] or each[0])),
            "everybody": without(url, "publisher", asked.publisher),
            "question": question(url.without_query_params("limit"), ",".join(languages)),
            "next_url": str(url.update_query(cursor=found["next"])) if found["next"] else None,
        }


PAGES: Final = (Route("/planet", Gathered.planet, HTML, PlanetPage),)
"""What is shown here, in each language."""
