"""The first page of the desk: what waits for whoever is signed in."""

import asyncio
from typing import Any, Final

from aiohttp import web

from node.desk.waiting import waiting
from node.http.parameters import Query, read
from node.http.routes import Route
from node.web.site import HTML

from .gate import Gate, Here, for_accounts
from .showing import rows


class Start:
    """Shows what waits."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_accounts
    async def start(self, here: Here) -> web.Response:
        """Show what waits for whoever is signed in."""
        read(here.request, Query)
        command = f"fedcat draft list --as {here.account.name}"
        return self.gate.page(here, "start", await asyncio.to_thread(self._values, here), command=command)

    def _values(self, here: Here) -> dict[str, Any]:
        home, found = self.gate.home, waiting(self.gate.home, here.account)
        return {
            "waiting": found,
            "drafts": rows(home, found.drafts, here.languages),
            "approvals": rows(home, found.approvals, here.languages),
            "approved": rows(home, found.approved, here.languages),
        }


PAGES: Final = (Route("/admin", Start.start, HTML, statuses=(200, 303)),)
"""What is shown here, in each language."""
