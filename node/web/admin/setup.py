"""The first run: what is in order and what to do next, for who has the link that ``fedcat serve`` prints.

::

    GET /en/setup?code=Zk3V…   →  200, once; after that for this browser alone, until the node starts anew
    GET /en/setup              →  404 for everybody else
"""

from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta

from node.checking import checks
from node.errors import NotFoundError
from node.http.parameters import Query, read
from node.http.routes import Route
from node.web.site import HTML

from .gate import Gate, Visit, for_all


class Code(Query, frozen=True):
    """That of the link."""

    code: Annotated[str, Meta(max_length=200)] = ""


class Setup:
    """Shows the first run's checklist."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_all
    async def page(self, visit: Visit) -> web.Response:
        """Show what is in order, and what to do next."""
        asked = read(visit.request, Code)
        if not self.gate.is_first(visit, asked.code):
            hint = "its link is good once; `fedcat doctor` says the same"
            raise NotFoundError("a first run to be looked at", hint=hint)
        found = await checks(self.gate.home)
        return self.gate.page(visit, "setup", {"checks": found}, command="fedcat doctor")


PAGES: Final = (Route("/setup", Setup.page, HTML, Code, problems=(404,)),)
"""What is shown here, in each language."""
