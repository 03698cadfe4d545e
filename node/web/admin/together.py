"""Drafts that could be sent as they are: looked over in one list, and signed together, or handed in together.

::

    GET  /fr/admin/ready              what is ready, each with what it is most like in the federation
    POST /fr/admin/ready              draft=7:3, draft=8:1 (number and revision)   →  303 to the receipts
    GET  /fr/admin/ready?done=7,8     the receipts

What was changed since the list was shown is not signed: then nothing is.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from aiohttp import web
from msgspec import Meta

from node.answers.nearshapes import SimilarItem
from node.desk.accounts import Account
from node.desk.kept import own_manuscript
from node.desk.looking import stated
from node.desk.sending import AT_ONCE, hand_in_together, is_done, ready, send_together
from node.errors import EditConflictError, InvalidInputError, NotFoundError, NotPermittedError
from node.http.parameters import Query, read
from node.http.routes import POST, Route
from node.similar.likeness import likest
from node.web.site import HTML
from protocol.origin import address

from .gate import Gate, Here, for_accounts
from .showing import Row, row

_CHOSEN: Final = re.compile(r"[0-9]{1,15}:[0-9]{1,15}")


class Asked(Query, frozen=True):
    """Whose receipts."""

    done: Annotated[str, Meta(max_length=1_000, pattern=r"^([0-9]{1,15}(,[0-9]{1,15})*)?(?![\s\S])")] = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """A draft that is ready.

    Attributes:
        row: What a list shows of it.
        like: Of a new entry what it is most like in the whole federation; None for nothing.
    """

    row: Row
    like: SimilarItem | None


class Together:
    """Shows what is ready, and sends it together."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_accounts
    async def page(self, here: Here) -> web.Response:
        """Show what is ready, or what became of what was sent."""
        asked = read(here.request, Asked)
        return await asyncio.to_thread(self._page, here, asked.done, None)

    @for_accounts
    async def send(self, here: Here) -> web.Response:
        """Sign what was chosen, or hand it in."""
        home, account = self.gate.home, here.account
        try:
            chosen = [_numbers(each) for each in here.sent.all("draft")]
            if await asyncio.to_thread(self._is_done, account, chosen):
                pass
            elif home.config.desk.four_eyes:
                await asyncio.to_thread(hand_in_together, home, account, chosen)
            else:
                await send_together(home, account, chosen)
        except (InvalidInputError, NotFoundError, NotPermittedError, EditConflictError) as error:
            return await asyncio.to_thread(self._page, here, "", error)
        return self.gate.lead(here, f"/ready?done={','.join(str(number) for number, _ in chosen)}")

    def _is_done(self, account: Account, chosen: Sequence[tuple[int, int]]) -> bool:
        """Report whether all of it was signed, or handed in, by a first press of the same button."""
        do = "hand-in" if self.gate.home.config.desk.four_eyes else "send"
        return bool(chosen) and all(is_done(self.gate.home, account, do, *each) for each in chosen)

    def _page(self, here: Here, done: str, error: Exception | None) -> web.Response:
        home, account, languages = self.gate.home, here.account, here.languages
        found = ready(home, account)
        logs: dict[str, list[Offered]] = {}
        for each in found[:AT_ONCE]:
            like = None
            if each.id is None and each.payload.get("type", "entry") == "entry":
                like = next(iter(likest(home, stated(each, home.now()), languages, limit=1)), None)
            logs.setdefault(each.origin, []).append(Offered(row(home, each, languages), like))
        values: dict[str, Any] = {
            "logs": logs,
            "more": max(len(found) - AT_ONCE, 0),
            "receipts": self._receipts(here, done),
            "error": error,
            "problems": error.problems if isinstance(error, InvalidInputError) else (),
        }
        verb = "hand-in" if home.config.desk.four_eyes else "send"
        command = f"fedcat draft {verb} NUMBER... --as {account.name}"
        return self.gate.page(here, "ready", values, status=200 if error is None else 422, command=command)

    def _receipts(self, here: Here, done: str) -> Sequence[Mapping[str, Any]]:
        """Return what became of drafts, as far as they are there and this account's own."""
        home, receipts = self.gate.home, []
        for number in done.split(",")[:AT_ONCE] if done else ():
            try:
                found = own_manuscript(home, here.account, int(number))
            except NotFoundError:
                continue
            where = None if found.id is None else address(found.origin, found.id)
            receipts.append({"row": row(home, found, here.languages), "where": where})
        return receipts


def _numbers(text: str) -> tuple[int, int]:
    """Return the number and the revision of a draft that was ticked."""
    number, _, revision = text.partition(":")
    if _CHOSEN.fullmatch(text) is None:
        raise InvalidInputError("a draft is named by its number and its revision")
    return int(number), int(revision)


PAGES: Final = (
    Route("/admin/ready", Together.page, HTML, Asked, statuses=(200, 303)),
    Route(
        "/admin/ready",
        Together.send,
        HTML,
        problems=(403, 408, 413, 415),
        statuses=(303, 422),
        method=POST,
    ),
)
"""What is shown here, in each language."""
