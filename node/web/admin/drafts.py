"""A draft: what there is to know before it is signed, what is decided about it, and the receipt.

::

    POST /fr/admin/drafts/7     do=acknowledge, key=…    →  303 to the draft
                                do=send, revision=3      →  303 to the draft, published by now: its receipt
                                do=approve, revision=3   →  the same, for whoever approved it
                                do=hand-in, refuse, take-over, discard
"""

import asyncio
import shlex
from typing import Any, Final

from aiohttp import web

from node.answers.texts import machine_made
from node.desk.accounts import Account
from node.desk.kept import Manuscript, own_manuscript, visible
from node.desk.looking import look
from node.desk.manuscripts import discard, save
from node.desk.sending import acknowledge, approve, hand_in, is_done, refuse, send
from node.errors import EditConflictError, InvalidInputError, NotFoundError, NotPermittedError
from node.http.parameters import Query, read
from node.http.problems import HttpProblemError
from node.http.routes import POST, Route
from node.web.changed import changed
from node.web.pieces import pieces_of
from node.web.site import HTML
from protocol.leaf import Op
from protocol.origin import address

from .commands import without_draft
from .gate import Gate, Here, for_accounts
from .showing import row
from .writing import numbered

_GONE: Final = ("refuse", "discard")
"""What whoever decided it sees the draft no more after."""


class Drafts:
    """Shows drafts, and does what is decided about them."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_accounts
    async def page(self, here: Here) -> web.Response:
        """Show a draft."""
        read(here.request, Query)
        return await asyncio.to_thread(self._page, here, None)

    @for_accounts
    async def decide(self, here: Here) -> web.Response:
        """Do what was decided about a draft."""
        number = numbered(here.request)
        try:
            is_there = await self._decided(here, number)
        except (InvalidInputError, NotFoundError, NotPermittedError, EditConflictError) as error:
            do, revision = here.sent.text("do"), here.sent.number("revision") or 0
            if await asyncio.to_thread(is_done, self.gate.home, here.account, do, number, revision):
                # Whoever presses a button twice means it once.
                return self.gate.lead(here, "" if do in _GONE else f"/drafts/{number}")
            if isinstance(error, NotFoundError):
                raise
            return await asyncio.to_thread(self._page, here, error)
        return self.gate.lead(here, f"/drafts/{number}" if is_there else "")

    async def _decided(self, here: Here, number: int) -> bool:
        """Do what a button says, and report whether the draft is still there for whoever pressed it."""
        home, account, sent = self.gate.home, here.account, here.sent
        # Without the revision that was on the screen nothing is decided about what is on it.
        revision = sent.number("revision") or 0
        match sent.text("do"):
            case "acknowledge":
                await asyncio.to_thread(acknowledge, home, account, number, sent.all("key"))
            case "hand-in":
                await asyncio.to_thread(hand_in, home, account, number, revision)
            case "take-over":
                await asyncio.to_thread(self._take_over, account, number, revision, sent.number("expected"))
            case "send":
                await send(home, account, number, revision)
            case "approve":
                await approve(home, account, number, revision)
            case "refuse":
                await asyncio.to_thread(refuse, home, account, number, revision, sent.text("reason"))
            case "discard":
                await asyncio.to_thread(discard, home, account, number)
            case _:
                raise HttpProblemError(400, "there is nothing of this name to decide")
        return sent.text("do") not in _GONE

    def _take_over(self, account: Account, number: int, revision: int, expected: int | None) -> None:
        """Let a draft come after the version that its author has seen now."""
        found = own_manuscript(self.gate.home, account, number)
        save(self.gate.home, account, number, revision, found.payload, expected=expected)

    def _page(self, here: Here, error: Exception | None) -> web.Response:
        home, languages = self.gate.home, here.languages
        found = visible(home, here.account, numbered(here.request))
        seen = look(home, found, languages)
        is_mine = found.author == here.account.name
        values: dict[str, Any] = {
            "draft": found,
            "row": row(home, found, languages),
            "is_mine": is_mine,
            "is_done": found.state in ("sent", "published"),
            "log": home.logs.get(found.origin),
            "where": None if found.id is None else address(found.origin, found.id),
            "seen": seen,
            "changes": changed(seen.changes, languages),
            "theirs": () if seen.conflict is None else changed(seen.conflict.theirs, languages),
            "says": () if seen.preview is None else pieces_of(seen.preview.statement, languages),
            "texts": _texts(found),
            "machine": machine_made(dict(found.payload)),
            "without": without_draft(found),
            "error": error,
            "problems": error.problems if isinstance(error, InvalidInputError) else (),
            "reason": here.sent.text("reason"),
        }
        command = _command(found, here.account.name, is_mine=is_mine, four_eyes=home.config.desk.four_eyes)
        return self.gate.page(here, "draft", values, status=200 if error is None else 422, command=command)


def _texts(found: Manuscript) -> tuple[tuple[str, str, str], ...]:
    """Return the language, name and summary of a draft, in each language that it has texts in."""
    names, summaries = (
        value if isinstance(value := found.payload.get(field), dict) else {} for field in ("name", "summary")
    )
    return tuple(
        (tag, str(names.get(tag, "")), str(summaries.get(tag, "")))
        for tag in dict.fromkeys((*names, *summaries))
    )


def _command(found: Manuscript, name: str, *, is_mine: bool, four_eyes: bool) -> str:
    """Return the command that does what is to be done next."""
    if found.state in ("sent", "published"):
        done = "entry history" if found.op is Op.PUT else "draft show"
        subject = found.id.hex() if found.id is not None and found.op is Op.PUT else str(found.number)
        words = [*f"fedcat {done}".split(), subject]
        return shlex.join(words if found.op is Op.PUT else [*words, "--as", name])
    verb = "approve" if not is_mine else "hand-in" if four_eyes else "send"
    return shlex.join(["fedcat", "draft", verb, str(found.number), "--as", name])


PAGES: Final = (
    Route("/admin/drafts/{number}", Drafts.page, HTML, problems=(404,), statuses=(200, 303)),
    Route(
        "/admin/drafts/{number}",
        Drafts.decide,
        HTML,
        problems=(400, 403, 404, 408, 413, 415),
        statuses=(303, 422),
        method=POST,
    ),
)
"""What is shown here, in each language."""
