"""The federation as this node sees it: logs, who saw the same of them, the nodes it asks, and split views.

::

    GET /fr/federation
"""

import asyncio
from typing import Any, Final

from aiohttp import web

from node.answers.heads import heads
from node.answers.nodes import nodes
from node.answers.publishers import publishers
from node.http.parameters import Query, read
from node.http.routes import Route

from .site import HTML, Site


class Federated:
    """Shows how the federation is doing."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def federation(self, request: web.Request) -> web.Response:
        """Show all logs and nodes with how they are doing."""
        read(request, Query)
        languages = self._site.languages(request)
        return self._site.page(request, "federation", await asyncio.to_thread(self._values, languages))

    def _values(self, languages: tuple[str, ...]) -> dict[str, Any]:
        home = self._site.home
        with home.database.read():
            known, seen, asked = publishers(home, languages), heads(home), nodes(home)
        return {
            "publishers": known,
            "heads": {each["origin"]: each for each in seen},
            "forks": [(each, fork) for each in seen for fork in each["evidence"]],
            "nodes": asked,
            "names": {each["origin"]: each["name"] for each in known},
        }


PAGES: Final = (Route("/federation", Federated.federation, HTML),)
"""What is shown here, in each language."""
