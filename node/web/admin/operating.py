"""For operators: whom this node follows and might follow, what it does not show, and who did what.

::

    GET  /fr/admin/peers           followed logs, and candidates with who vouches for them
    POST /fr/admin/peers           do=look, url=…                        →  200 whom that address shows
                                   do=follow, url=…, origin=…, typed=…   →  303 followed: the fingerprint that
                                                                            was typed is that of the log
    GET  /fr/admin/moderation      what is hidden or taken down, with reasons
    POST /fr/admin/moderation      do=hide, takedown or restore, ref=…, reason=…   →  303
    GET  /fr/admin/problems        leaves of logs that have no effect, with reasons, and feeds that failed
    GET  /fr/admin/checklist       whether the node's home is in order
    GET  /fr/admin/keys            which keys there are, and what a backup needs; no key itself
    GET  /fr/admin/trail           who did what, by whom or by what

Operators are the accounts that ``desk.operators`` names: what concerns the whole node is not for everybody
who publishes for one organisation on it.
"""

import asyncio
import shlex
from collections.abc import Sequence
from typing import Annotated, Any, Final

from aiohttp import web
from msgspec import Meta

from federation.faults import FaultError
from federation.introduce import Introduction
from node.answers.restrained import restrained
from node.candidates import candidates
from node.checking import checks
from node.desk.trail import PAGE, deeds
from node.errors import InvalidInputError, NodeError
from node.http.parameters import Query, read
from node.http.problems import HttpProblemError
from node.http.routes import POST, Route
from node.moderation import HIDE, TAKEDOWN, decisions, moderate, restore
from node.outcomes import source_states
from node.own.keyring import rings
from node.peers import follow, introduce_all
from node.planet.shown import feed_states
from node.reaching import fetcher
from node.rejected import rejected
from node.web.site import HTML
from protocol.errors import ProtocolError
from protocol.keyset import grouped

from .gate import Gate, Here, for_operators

MOST_CANDIDATES: Final = 100
"""Candidates that are shown; `fedcat candidates` shows all."""


class Trail(Query, frozen=True):
    """Which part of the trail."""

    actor: Annotated[str, Meta(max_length=300)] = ""
    action: Annotated[str, Meta(max_length=300)] = ""
    before: int | None = None


class Operating:
    """Shows what concerns the whole node, and does what is decided about it."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_operators
    async def peers(self, here: Here) -> web.Response:
        """Show whom this node follows, and who might be followed."""
        read(here.request, Query)
        return await asyncio.to_thread(self._peers, here, (), None)

    @for_operators
    async def meet(self, here: Here) -> web.Response:
        """Look whom an address shows, or follow whom a person has compared."""
        sent = here.sent
        if sent.text("do") not in ("look", "follow"):
            raise HttpProblemError(400, "there is nothing of this name to do")
        try:
            found = await self._introduced(sent.text("url"), sent.text("origin") or None)
            if sent.text("do") == "follow":
                await asyncio.to_thread(self._follow, here, found)
                return self.gate.lead(here, "/peers")
        except (NodeError, ProtocolError, FaultError) as error:
            return await asyncio.to_thread(self._peers, here, (), error)
        return await asyncio.to_thread(self._peers, here, found, None)

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
        """Show whether the node's home is in order."""
        read(here.request, Query)
        found = await asyncio.to_thread(checks, self.gate.home)
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
        found = await asyncio.to_thread(
            deeds, self.gate.home, asked.actor.strip(), asked.action.strip(), asked.before
        )
        given = (("--actor", asked.actor), ("--action", asked.action))
        words = ["fedcat", "trail", *(word for pair in given if pair[1] for word in pair)]
        next_ = found[-1].number if len(found) == PAGE else None
        values = {"asked": asked, "deeds": found, "next": next_}
        return self.gate.page(here, "trail", values, command=shlex.join(words))

    async def _introduced(self, url: str, origin: str | None) -> tuple[Introduction, ...]:
        if not url.startswith(("http://", "https://")):
            raise InvalidInputError(f"{url!r} is no address on the web", hint="such as https://lyon.example")
        async with fetcher(self.gate.home) as fetch:
            return await introduce_all(self.gate.home, fetch, url, origin)

    def _follow(self, here: Here, found: Sequence[Introduction]) -> None:
        """Follow the log whose fingerprint a person typed: nobody is followed by a click alone."""
        typed = "".join(here.sent.text("typed").split()).lower()
        matching = [each for each in found if each.chain.fingerprint == typed]
        if not matching:
            hint = "ask the publisher for it by another way than this network, and type it as you were told"
            raise InvalidInputError("this is not the fingerprint of that log", hint=hint)
        follow(self.gate.home, matching[0], here.sent.text("url"))

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

    def _peers(self, here: Here, found: Sequence[Introduction], error: Exception | None) -> web.Response:
        home = self.gate.home
        values: dict[str, Any] = {
            "states": source_states(home),
            "remarks": restrained(home),
            "candidates": candidates(home)[:MOST_CANDIDATES],
            "offered": found,
            "grouped": grouped,
            "url": here.sent.text("url"),
            "error": error,
        }
        return self._shown(here, "peers", values, error, "fedcat follow URL --fingerprint HEX")

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
    Route("/admin/peers", Operating.peers, HTML, problems=(403,), statuses=(200, 303)),
    Route("/admin/peers", Operating.meet, HTML, problems=_OF_FORMS, statuses=(200, 303, 422), method=POST),
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
