"""For operators: whom this node follows, might follow or blocks, and what single publishers may cost it.

::

    GET  /fr/admin/peers             followed logs, who is blocked or allowed, candidates with who vouches
    POST /fr/admin/peers             do=look, url=…                        →  200 whom that address shows
                                     do=follow, url=…, origin=…, typed=…   →  303 followed: that is the
                                                                              fingerprint of the log
                                     do=block, allow or clear, name=…, reason=…   →  303
    GET  /fr/admin/peers/{origin}    one followed log: its sources, its limits, what was said about it
    POST /fr/admin/peers/{origin}    do=limit, entries=…, reason=…; do=usual      →  303
                                     do=block, allow or clear, reason=…           →  303
                                     do=purge, typed=…                            →  303 it is deleted here
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from federation.faults import FaultError
from federation.introduce import Introduction
from federation.listing import Verdict
from node.answers.restrained import restrained
from node.blocking import own_words, refresh, say, take_back
from node.candidates import candidates
from node.errors import InvalidInputError, NodeError, NotFoundError
from node.http.parameters import Query, read
from node.http.problems import HttpProblemError
from node.http.routes import POST, Route
from node.limiting import MEASURES, MOST, lift, limit, limited
from node.outcomes import source_states
from node.peers import follow, introduce_all
from node.purging import purge
from node.quotas import quota_for
from node.reaching import fetcher
from node.store.logs import LogRow
from node.store.restraints import listed
from node.web.locales import LOCALES
from node.web.site import HTML
from protocol.errors import ProtocolError
from protocol.forms import is_fingerprint
from protocol.keyset import grouped

from .gate import Gate, Here, for_operators

MOST_CANDIDATES: Final = 100
"""Candidates that are shown; `fedcat candidates` shows all."""

_VERDICTS: Final = ("block", "allow", "clear")
# What somebody copies who looks at a node in a browser.
_PAGE: Final = re.compile(rf"(https?://.+?)/(?:{'|'.join(LOCALES)})(?:/.*)?")


@dataclass(frozen=True, slots=True)
class Rule:
    """Somebody who is blocked, or whom nobody may block.

    Attributes:
        verdict: ``block`` or ``allow``.
        name: An origin or a host; empty beside a fingerprint alone.
        fingerprint: 64 hex digits, or empty.
        by: The account or person of this node, the address of a list, or ``config.toml``.
        reason: Why; may be empty.
        is_own: Whether it can be taken back here.
    """

    verdict: str
    name: str
    fingerprint: str
    by: str
    reason: str
    is_own: bool


class Peers:
    """Shows whom this node follows, and does what is decided about them."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_operators
    async def all(self, here: Here) -> web.Response:
        """Show whom this node follows, and who might be followed."""
        read(here.request, Query)
        return await asyncio.to_thread(self._all, here, (), None)

    @for_operators
    async def meet(self, here: Here) -> web.Response:
        """Look whom an address shows, follow whom a person has compared, or block somebody."""
        sent, do = here.sent, here.sent.text("do")
        if do not in ("look", "follow", *_VERDICTS):
            raise _nothing_of_this_name()
        found: tuple[Introduction, ...] = ()
        try:
            if do in _VERDICTS:
                await asyncio.to_thread(self._judge, here, sent.text("name"))
                return self.gate.lead(here, "/peers")
            found, url = await self._introduced(sent.text("url"), sent.text("origin") or None)
            if do == "follow":
                await asyncio.to_thread(self._follow, here, found, url)
                return self.gate.lead(here, "/peers")
        except (NodeError, ProtocolError, FaultError) as error:
            # Whoever mistyped types it again, beside what the address shows.
            return await asyncio.to_thread(self._all, here, found, error)
        return await asyncio.to_thread(self._all, here, found, None)

    @for_operators
    async def one(self, here: Here) -> web.Response:
        """Show a followed log."""
        read(here.request, Query)
        return await asyncio.to_thread(self._one, here, None)

    @for_operators
    async def decide(self, here: Here) -> web.Response:
        """Limit, block or delete a followed log."""
        row = await asyncio.to_thread(self._followed, here)
        try:
            await asyncio.to_thread(self._decide, here, row.origin)
        except NodeError as error:
            return await asyncio.to_thread(self._one, here, error)
        return self.gate.lead(here, "/peers" if here.sent.text("do") == "purge" else f"/peers/{row.origin}")

    async def _introduced(self, url: str, origin: str | None) -> tuple[tuple[Introduction, ...], str]:
        """Return whom an address shows, and the node's own one where that of one of its pages is given."""
        if not url.startswith(("http://", "https://")):
            raise InvalidInputError(f"{url!r} is no address on the web", hint="such as https://lyon.example")
        page = _PAGE.fullmatch(url)
        async with fetcher(self.gate.home) as fetch:
            try:
                return await introduce_all(self.gate.home, fetch, url, origin), url
            except FaultError:
                if page is None:
                    raise
            return await introduce_all(self.gate.home, fetch, page[1], origin), page[1]

    def _follow(self, here: Here, found: Sequence[Introduction], url: str) -> None:
        """Follow the log whose fingerprint a person typed: nobody is followed by a click alone."""
        typed = "".join(here.sent.text("typed").split()).lower()
        matching = [each for each in found if each.chain.fingerprint == typed]
        if not matching:
            hint = "ask the publisher for it by another way than this network, and type it as you were told"
            raise InvalidInputError("this is not the fingerprint of that log", hint=hint)
        follow(self.gate.home, matching[0], url, here.account.actor)

    def _judge(self, here: Here, who: str) -> None:
        """Say that somebody is blocked, or that nobody may block them, or take that back."""
        home, sent, actor = self.gate.home, here.sent, here.account.actor
        typed = "".join(who.split()).lower()
        name, fingerprint = ("", typed) if is_fingerprint(typed) else (who, "")
        if sent.text("do") == "clear":
            take_back(home, name, sent.text("fingerprint") or fingerprint, actor=actor)
        else:
            verdict = Verdict(sent.text("do"))
            say(home, verdict, name, fingerprint, reason=sent.text("reason"), actor=actor)

    def _followed(self, here: Here) -> LogRow:
        origin = here.request.match_info["origin"]
        row = self.gate.home.logs.get(origin)
        if row is None or row.own:
            raise NotFoundError(f"followed log {origin}", hint="`fedcat peers` lists those that are followed")
        return row

    def _decide(self, here: Here, origin: str) -> None:
        home, sent, actor, reason = self.gate.home, here.sent, here.account.actor, here.sent.text("reason")
        match sent.text("do"):
            case "limit":
                limit(home, origin, _limits(here), reason=reason, actor=actor)
            case "usual":
                lift(home, origin, reason=reason, actor=actor)
            case "purge":
                if sent.text("typed") != origin:
                    hint = "type it as it stands above: what is deleted has to be fetched and verified anew"
                    raise InvalidInputError("this is not the name of this log", hint=hint)
                purge(home, origin, actor)
            case do if do in _VERDICTS:
                self._judge(here, origin)
            case _:
                raise _nothing_of_this_name()

    def _all(self, here: Here, found: Sequence[Introduction], error: Exception | None) -> web.Response:
        home = self.gate.home
        states = source_states(home)
        values: dict[str, Any] = {
            "logs": [
                (row, [each for each in states if each.origin == row.origin]) for row in home.logs.all()
            ],
            "remarks": restrained(home),
            "rules": self._rules(),
            "candidates": candidates(home)[:MOST_CANDIDATES],
            "offered": found,
            "grouped": grouped,
            "url": here.sent.text("url"),
            "named": here.sent.text("name"),
            "reason": here.sent.text("reason"),
            "error": error,
        }
        command = "fedcat follow URL --fingerprint HEX"
        if here.sent.text("do") in _VERDICTS:
            command = "fedcat peer block NAME --reason TEXT"
        return self.gate.page(here, "peers", values, status=200 if error is None else 422, command=command)

    def _one(self, here: Here, error: NodeError | None) -> web.Response:
        home, row = self.gate.home, self._followed(here)
        said = [each for each in limited(home) if each.rule.publisher == row.origin]
        quota = quota_for(home, row)
        sent = here.sent
        values: dict[str, Any] = {
            "origin": row.origin,
            "fingerprint": grouped(row.fingerprint),
            "size": row.size,
            "sources": [each for each in source_states(home) if each.origin == row.origin],
            "remark": restrained(home).get(row.origin, ""),
            "said_": said[0] if said else None,
            "most": MOST,
            "limits": [
                (
                    name,
                    getattr(quota, name),
                    sent.text(name) or (getattr(said[0].rule, name) if said else None),
                )
                for name in MEASURES
            ],
            "rules": [each for each in self._rules() if each.name == row.origin],
            "reason": sent.text("reason"),
            "typed": sent.text("typed"),
            "error": error,
        }
        command = f"fedcat peer limit {row.origin} --entries N --reason TEXT"
        return self.gate.page(here, "peer", values, status=200 if error is None else 422, command=command)

    def _rules(self) -> tuple[Rule, ...]:
        home = self.gate.home
        # The configuration may be newer than what is in force.
        refresh(home)
        with home.database.read() as connection:
            said, found = own_words(connection), listed(connection)
        rules = []
        for each in found:
            actor, _ = said.get((each.name, each.fingerprint), ("", 0)) if not each.by else ("", 0)
            by = each.by or actor or "config.toml"
            rule = Rule(str(each.verdict), each.name, each.fingerprint, by, each.reason, bool(actor))
            rules.append(rule)
        return tuple(rules)


def _limits(here: Here) -> dict[str, int | None]:
    """Return the limits that were typed; an empty input is as for everybody."""
    for name in MEASURES:
        if here.sent.text(name) and here.sent.number(name) is None:
            raise InvalidInputError(f"{name}: {here.sent.text(name)!r} is no number", hint="such as 20000000")
    return {name: here.sent.number(name) for name in MEASURES}


def _nothing_of_this_name() -> HttpProblemError:
    return HttpProblemError(400, "there is nothing of this name to do")


_OF_FORMS: Final = (400, 403, 408, 413, 415)

PAGES: Final = (
    Route("/admin/peers", Peers.all, HTML, problems=(403,), statuses=(200, 303)),
    Route("/admin/peers", Peers.meet, HTML, problems=_OF_FORMS, statuses=(200, 303, 422), method=POST),
    Route("/admin/peers/{origin}", Peers.one, HTML, problems=(403, 404), statuses=(200, 303)),
    Route(
        "/admin/peers/{origin}",
        Peers.decide,
        HTML,
        problems=(*_OF_FORMS, 404),
        statuses=(303, 422),
        method=POST,
    ),
)
"""What is shown here, in each language."""
