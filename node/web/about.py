"""What this node is, how its pages can be used by everybody.

::

    GET /fr/about            who runs it, its logs, its policy
    GET /fr/accessibility    what was done, what was checked, whom to tell
"""

import asyncio
from typing import Any, Final

from aiohttp import web

from node.answers.publishers import publishers
from node.http.card import card
from node.http.parameters import Query, read
from node.http.routes import Route
from node.policies import own_policy

from .site import HTML, Site


class About:
    """Shows what this node is."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._policy = own_policy(site.home.config, site.home.path).decode()

    async def about(self, request: web.Request) -> web.Response:
        """Show who runs this node, its logs and its policy."""
        read(request, Query)
        languages = self._site.languages(request)
        return self._site.page(request, "about", await asyncio.to_thread(self._values, languages))

    async def accessibility(self, request: web.Request) -> web.Response:
        """Show how these pages can be used by everybody."""
        return self._site.page(request, "accessibility", await asyncio.to_thread(self._contacts, request))

    def _values(self, languages: tuple[str, ...]) -> dict[str, Any]:
        home = self._site.home
        own, others = self._logs()
        return {
            "card": card(home, self._policy.encode()),
            "policy": self._policy,
            "own": publishers(home, languages, own),
            "others": others,
        }

    def _contacts(self, request: web.Request) -> dict[str, Any]:
        read(request, Query)
        own = publishers(self._site.home, self._site.languages(request), self._logs()[0])
        return {"contacts": [each["contact"] for each in own if each["contact"]]}

    def _logs(self) -> tuple[frozenset[str], int]:
        """Return the origins of this node's own logs, and how many others it has."""
        rows = self._site.home.logs.all()
        own = frozenset(row.origin for row in rows if row.own)
        return own, len(rows) - len(own)


PAGES: Final = (
    Route("/about", About.about, HTML),
    Route("/accessibility", About.accessibility, HTML),
)
"""What is shown here, in each language."""
