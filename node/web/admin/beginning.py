"""Where a draft begins: with an address, from scratch, or as a plan, a call, a use, a vouch or a list.

::

    POST /fr/admin/new   do=url, url=https://forge.example/acme/tool   →  303 to the draft
                         do=use, target=https://forge.example/…        →  303 to its form
"""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from federation.vouching import day_of
from node.answers.texts import card_of
from node.desk.kept import Manuscript, current
from node.desk.manuscripts import begin, require_editor
from node.desk.own import PAGE, Standing, standing
from node.desk.prefilling import prefill
from node.errors import InvalidInputError, NodeError, NotFoundError
from node.http.bodies import Pace, too_often
from node.http.parameters import Query, read
from node.http.problems import HttpProblemError
from node.http.routes import POST, Route
from node.reaching import fetcher
from node.stating import thing_named
from node.store.profiles import newest_profile_of
from node.uses import use_of
from node.web.site import HTML
from protocol.errors import ProtocolError
from protocol.origin import parse_address
from protocol.packing import Value
from protocol.problem import ERROR
from protocol.validate import validate

from .gate import Gate, Here, for_accounts
from .sheets import SHEETS

AT_ONCE: Final = 10
"""Addresses that one account may have looked at, one after the other without a pause."""

PER_SECOND: Final = 0.1
"""How many more after that."""

_COMMANDS: Final = {
    "url": "fedcat draft fetch URL",
    "use": "fedcat use TARGET --status production",
    "vouch": "fedcat vouch TARGET --type recommend",
}


class Asked(Query, frozen=True):
    """What is to begin, and of what; of a plan or a call also words of the name of the entry."""

    what: str = "entry"
    of: str = ""
    q: str = ""


class Beginning:
    """Begins drafts."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._pace = Pace(AT_ONCE, PER_SECOND)

    @for_accounts
    async def page(self, here: Here) -> web.Response:
        """Show what can be begun."""
        asked = read(here.request, Asked)
        return await self._page(here, asked.what, asked.of, words=asked.q)

    @for_accounts
    async def begin(self, here: Here) -> web.Response:
        """Begin a draft, and lead to it."""
        sent = here.sent
        what, origin = sent.text("do"), sent.text("log")
        if what not in (*SHEETS, "url"):
            raise HttpProblemError(400, "there is nothing of this name to begin")
        try:
            if what == "url":
                return await self._from_address(here, origin, sent.text("url"))
            made = await asyncio.to_thread(self._begun, here, what, origin)
        except (NodeError, ProtocolError) as error:
            return await self._page(here, what, sent.text("of"), error)
        return self.gate.lead(here, f"/drafts/{made.number}/edit")

    async def _from_address(self, here: Here, origin: str, url: str) -> web.Response:
        # Nobody who may not write has this node look at addresses.
        require_editor(here.account, origin)
        if not self._pace.allows(here.account.name):
            raise too_often(10)
        async with fetcher(self.gate.home) as fetch:
            found = await prefill(self.gate.home, url, fetch)
        home, account = self.gate.home, here.account
        made = await asyncio.to_thread(begin, home, account, origin, found.payload)
        return self.gate.lead(here, f"/drafts/{made.number}/edit")

    def _begun(self, here: Here, what: str, origin: str) -> Manuscript:
        home, account, sent = self.gate.home, here.account, here.sent
        form = {"sheet": what}
        if SHEETS[what].list:
            origin, id_ = parse_address(sent.text("of"))
            # A name that no item of the entry has, and that says nothing.
            form["item"] = f"{what}-{secrets.token_hex(4)}"
            return begin(home, account, origin, current(home, origin, id_)[1], id_=id_, form=form)
        if what == "use":
            former, use = use_of(home, origin, thing_named(home, sent.text("of")), {})
            check_field(use, "target")
            return begin(home, account, origin, use, id_=former, form=form)
        if what == "profile" and (said := newest_profile_of(home.database.connection, origin)) is not None:
            # A publisher says once who it is: saying it anew changes it.
            return begin(home, account, origin, {}, id_=said.id, form=form)
        payload: dict[str, Value] = {"type": what, "v": 1}
        if what == "vouch":
            payload |= {"target": thing_named(home, sent.text("of")), "issued": day_of(home.now())}
        elif what == "entry":
            payload["languages"] = [here.locale.tag]
        return begin(home, account, origin, payload, form=form)

    async def _page(
        self, here: Here, what: str, of: str, error: Exception | None = None, words: str = ""
    ) -> web.Response:
        known = what if what in (*SHEETS, "url") else "entry"
        values = await asyncio.to_thread(self._values, here, known, of, words)
        problems = error.problems if isinstance(error, InvalidInputError) else ()
        command = f"{_COMMANDS.get(what, 'fedcat draft save FILE')} --as {here.account.name}"
        if what in ("use", "vouch"):
            command = _COMMANDS[what]
        return self.gate.page(
            here,
            "new",
            {**values, "error": error, "problems": problems},
            status=200 if error is None else 422,
            command=command,
        )

    def _values(self, here: Here, what: str, of: str, words: str) -> dict[str, Any]:
        origins = tuple(here.account.roles)
        found: list[tuple[Standing, ...]] = []
        if what != "url" and SHEETS[what].list:
            found = [
                standing(self.gate.home, origin, here.languages, type_="entry", words=words)
                for origin in origins
            ]
        mine = [each for some in found for each in some]
        return {
            "what": what,
            "of": of,
            "sheet": None if what in ("url", "entry") else SHEETS[what],
            "sheets": SHEETS,
            "origins": origins,
            "entries": mine,
            # The one that somebody comes from is there, however many are newer.
            "named": self._named(here, of) if found and of not in (each.address for each in mine) else None,
            "words": words,
            "is_cut": any(len(some) == PAGE for some in found),
            "most": PAGE,
            "sent": here.sent,
        }

    def _named(self, here: Here, of: str) -> tuple[str, str, str] | None:
        """Return the address, the name and its language of an entry that the account may write; else None."""
        try:
            origin, id_ = parse_address(of)
            if not here.account.may_edit(origin):
                return None
            card = card_of(dict(current(self.gate.home, origin, id_)[1]))
        except (ProtocolError, NotFoundError):
            return None
        name, _, language = card.shown(here.languages)
        return (of, name, language) if card.type == "entry" else None


def check_field(payload: Mapping[str, Value], field: str) -> None:
    """Refuse what is wrong in a field of which no form has an input: in a draft nobody could mend it.

    Raises:
        InvalidInputError: It is wrong.
    """
    for each in validate(dict(payload), written_here=True):
        if each.pointer == f"/{field}" and each.severity == ERROR:
            raise InvalidInputError(each.message, hint=each.hint)


PAGES: Final = (
    Route("/admin/new", Beginning.page, HTML, Asked, statuses=(200, 303)),
    Route(
        "/admin/new",
        Beginning.begin,
        HTML,
        problems=(400, 403, 408, 413, 415, 429),
        statuses=(303, 422),
        method=POST,
    ),
)
"""What is shown here, in each language."""
