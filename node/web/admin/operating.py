"""For operators: what this node does not show, what has no effect, whether all is in order, who did what.

::

    GET  /fr/admin/moderation      what is hidden or taken down, with reasons
    POST /fr/admin/moderation      do=hide, takedown or restore, ref=…, reason=…   →  303
    GET  /fr/admin/problems        what in logs breaks a rule, with reasons, and feeds that failed
    GET  /fr/admin/checklist       whether the node is in order
    GET  /fr/admin/keys            which keys there are, and what a backup needs; no key itself
    GET  /fr/admin/trail           who did what, by whom, by what, or about what

Operators are the accounts that ``desk.operators`` names: what concerns the whole node is not for everybody
who publishes for one organisation on it.
"""

import asyncio
import shlex
from typing import Annotated, Any, Final

from aiohttp import web
from msgspec import Meta

from node.checking import checks
from node.desk.trail import PAGE, deeds
from node.errors import InvalidInputError, NodeError
from node.http.parameters import Query, read
from node.http.routes import POST, Route
from node.moderation import HIDE, TAKEDOWN, decisions, moderate, restore
from node.own.keyring import rings
from node.planet.shown import feed_states
from node.rejected import rejected
from node.web.site import HTML
from protocol.errors import ProtocolError
from protocol.keyset import grouped

from .gate import Gate, Here, for_operators


class Trail(Query, frozen=True):
    """Which part of the trail."""

    actor: Annotated[str, Meta(max_length=300)] = ""
    action: Annotated[str, Meta(max_length=300)] = ""
    about: Annotated[str, Meta(max_length=300)] = ""
    before: int | None = None


class Operating:
    """Shows what concerns the whole node, and does what is decided about it."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_operators
    async def moderation(self, here: Here) -> web.Response:
        """Show what this node does not show or hold."""
        read(here.request, Query)
        return await asyncio.to_thread(self._moderation, here, None)

    @for_operators
    async def moderate(self, here: Here) -> web.Response:
        """Hide a statement, take it down, or undo that."""
        try:
            await asyncio.to_thread(self._decide, here)
        except (NodeError, ProtocolError) as error:
            return await asyncio.to_thread(self._moderation, here, error)
        return self.gate.lead(here, "/moderation")

    @for_operators
    async def problems(self, here: Here) -> web.Response:
        """Show leaves of logs that have no effect, with the reasons, and feeds that could not be read."""
        read(here.request, Query)
        found = await asyncio.to_thread(rejected, self.gate.home)
        feeds = await asyncio.to_thread(feed_states, self.gate.home)
        values = {"rejected": found, "failed": [each for each in feeds if each["fault"]]}
        return self.gate.page(here, "problems", values, command="fedcat publishers; fedcat planet feeds")

    @for_operators
    async def checklist(self, here: Here) -> web.Response:
        """Show whether the node is in order."""
        read(here.request, Query)
        found = await checks(self.gate.home)
        return self.gate.page(here, "checklist", {"checks": found}, command="fedcat doctor")

    @for_operators
    async def keys(self, here: Here) -> web.Response:
        """Show which keys there are, and what a backup needs."""
        read(here.request, Query)
        found = await asyncio.to_thread(rings, self.gate.home)
        return self.gate.page(here, "keys", {"rings": found, "grouped": grouped}, command="fedcat key show")

    @for_operators
    async def trail(self, here: Here) -> web.Response:
        """Show who did what."""
        asked = read(here.request, Trail)
        home, about = self.gate.home, asked.about.strip()
        found = await asyncio.to_thread(
            deeds, home, asked.actor.strip(), asked.action.strip(), asked.before, about=about
        )
        own = [row.origin for row in await asyncio.to_thread(home.logs.all) if row.own]
        given = (("--actor", asked.actor), ("--action", asked.action), ("--about", about))
        words = ["fedcat", "trail", *(word for pair in given if pair[1] for word in pair)]
        next_ = found[-1].number if len(found) == PAGE else None
        # Whatever else is in the trail can be chosen in its lines.
        logs = (*own, *({about} - {"", *own}))
        values = {"asked": asked, "about": about, "logs": logs, "deeds": found, "next": next_}
        return self.gate.page(here, "trail", values, command=shlex.join(words))

    def _decide(self, here: Here) -> None:
        home, sent, actor = self.gate.home, here.sent, here.account.actor
        ref, reason = sent.text("ref"), sent.text("reason")
        match sent.text("do"):
            case "hide":
                moderate(home, ref, HIDE, reason, actor)
            case "takedown":
                moderate(home, ref, TAKEDOWN, reason, actor)
            case "restore":
                restore(home, ref, reason, actor)
            case _:
                raise InvalidInputError("there is nothing of this name to do")

    def _moderation(self, here: Here, error: Exception | None) -> web.Response:
        values = {
            "decisions": decisions(self.gate.home),
            "ref": here.sent.text("ref"),
            "reason": here.sent.text("reason"),
            "error": error,
        }
        return self._shown(here, "moderation", values, error, "fedcat moderate hide ENTRY --reason TEXT")

    def _shown(
        self, here: Here, template: str, values: dict[str, Any], error: Exception | None, command: str
    ) -> web.Response:
        status = 200 if error is None else 422
        return self.gate.page(here, template, values, status=status, command=command)


_OF_FORMS: Final = (400, 403, 408, 413, 415)

PAGES: Final = (
    Route("/admin/moderation", Operating.moderation, HTML, problems=(403,), statuses=(200, 303)),
    Route(
        "/admin/moderation", Operating.moderate, HTML, problems=_OF_FORMS, statuses=(303, 422), method=POST
    ),
    Route("/admin/problems", Operating.problems, HTML, problems=(403,), statuses=(200, 303)),
    Route("/admin/checklist", Operating.checklist, HTML, problems=(403,), statuses=(200, 303)),
    Route("/admin/keys", Operating.keys, HTML, problems=(403,), statuses=(200, 303)),
    Route("/admin/trail", Operating.trail, HTML, Trail, problems=(403,), statuses=(200, 303)),
)
"""What is shown here, in each language."""
