"""What was published: all of it, and what can be done with one statement.

::

    GET  /fr/admin/statements                     what stands in the own logs
    GET  /fr/admin/statements/{address}           one of it
    POST /fr/admin/statements/{address}           do=edit, confirm, withdraw or erase  →  303 to a draft

Nothing is done at once: each button begins a draft, which says what comes of it and is signed there.
"""

import asyncio
import shlex
from typing import Any, Final

from aiohttp import web

from node.answers.provenance import show
from node.desk.kept import Manuscript, current
from node.desk.manuscripts import begin, begin_erase, begin_withdrawal
from node.desk.own import PAGE, called, standing
from node.errors import InvalidInputError, NodeError, NotFoundError
from node.http.parameters import Query, read
from node.http.problems import HttpProblemError
from node.http.routes import POST, Route
from node.plans.freshness import reviewed, to_confirm
from node.vocabularies.bundled import terms_of
from node.web.site import HTML
from protocol.errors import ProtocolError
from protocol.leaf import EraseReason
from protocol.origin import parse_address

from .beginning import check_field
from .gate import Gate, Here, for_accounts
from .sheets import SHEETS


class Asked(Query, frozen=True):
    """Which part of which log."""

    log: str = ""
    before: int | None = None


class Statements:
    """Shows what was published, and begins what changes it."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_accounts
    async def all(self, here: Here) -> web.Response:
        """Show what stands in an own log."""
        asked = read(here.request, Asked)
        values = await asyncio.to_thread(self._listed, here, asked)
        return self.gate.page(here, "statements", values, command=_listing(values["origin"]))

    @for_accounts
    async def one(self, here: Here) -> web.Response:
        """Show what can be done with a statement."""
        read(here.request, Query)
        return await asyncio.to_thread(self._page, here, None)

    @for_accounts
    async def begin(self, here: Here) -> web.Response:
        """Begin what changes a statement."""
        try:
            made = await asyncio.to_thread(self._begun, here)
        except InvalidInputError as error:
            return await asyncio.to_thread(self._page, here, error)
        place = "/edit" if here.sent.text("do") == "edit" else ""
        return self.gate.lead(here, f"/drafts/{made.number}{place}")

    def _listed(self, here: Here, asked: Asked) -> dict[str, Any]:
        origins = tuple(here.account.roles)
        origin = asked.log or next(iter(origins), "")
        if asked.log and not here.account.may_edit(asked.log):
            raise NotFoundError(f"log {asked.log} of this account")
        found = standing(self.gate.home, origin, here.languages, asked.before) if origin else ()
        return {
            "origins": origins,
            "origin": origin,
            "found": found,
            "next": found[-1].index if len(found) == PAGE else None,
        }

    def _named(self, here: Here) -> tuple[str, bytes]:
        try:
            origin, id_ = parse_address(here.request.match_info["ref"])
        except ProtocolError as error:
            raise NotFoundError("a statement of this address") from error
        if not here.account.may_edit(origin):
            raise NotFoundError("a statement of this address that this account is for")
        return origin, id_

    def _begun(self, here: Here) -> Manuscript:
        home, account, sent, ref = self.gate.home, here.account, here.sent, here.request.match_info["ref"]
        origin, id_ = self._named(here)
        match sent.text("do"):
            case "edit":
                type_ = str(current(home, origin, id_)[1].get("type"))
                if type_ not in SHEETS:
                    hint = "`fedcat draft save` takes it as a file"
                    raise InvalidInputError(f"there is no form for statements of type {type_}", hint=hint)
                return begin(home, account, origin, {}, id_=id_)
            case "confirm":
                said = reviewed(current(home, origin, id_)[1], home.now())
                return begin(home, account, origin, said, id_=id_)
            case "withdraw":
                reason = sent.text("reason")
                if reason not in terms_of("withdrawal-reason"):
                    raise InvalidInputError("a withdrawal needs a reason", hint="choose one")
                successor = sent.text("successor")
                check_field({"type": "withdrawal", "v": 1, "successor": successor or ref}, "successor")
                return begin_withdrawal(home, account, origin, id_, reason, successor)
            case "erase":
                name = sent.text("reason").upper()
                if name not in EraseReason.__members__:
                    raise InvalidInputError("an erasure needs a reason", hint="choose one")
                return begin_erase(home, account, origin, id_, EraseReason[name])
            case _:
                raise HttpProblemError(400, "there is nothing of this name to do")

    def _page(self, here: Here, error: NodeError | None) -> web.Response:
        home = self.gate.home
        origin, id_ = self._named(here)
        ref = here.request.match_info["ref"]
        entry = show(home, ref)
        waits = [each for each in to_confirm(home) if each["id"] == id_.hex()]
        said = entry["statement"] if isinstance(entry["statement"], dict) else {}
        ((name, language),) = called(home, (said,), here.languages)
        values = {
            "entry_": entry,
            "name": entry["name"] or name or entry["address"],
            "language": entry["language"] if entry["name"] else language,
            "origin": origin,
            "waits": waits[0] if waits else None,
            "has_form": entry["type"] in SHEETS,
            "withdraw_reasons": tuple(terms_of("withdrawal-reason")),
            "erase_reasons": tuple(reason.name.lower() for reason in EraseReason),
            "sent": here.sent,
            "error": error,
            "problems": error.problems if isinstance(error, InvalidInputError) else (),
        }
        command = f"fedcat entry history {ref}"
        return self.gate.page(
            here, "statement", values, status=200 if error is None else 422, command=command
        )


def _listing(origin: str) -> str:
    """Return the command that lists the entries of an own log, each by itself."""
    return shlex.join(["fedcat", "search", "--unfold", *(["--publisher", origin] if origin else [])])


PAGES: Final = (
    Route("/admin/statements", Statements.all, HTML, Asked, problems=(404,), statuses=(200, 303)),
    Route("/admin/statements/{ref}", Statements.one, HTML, problems=(404, 451), statuses=(200, 303)),
    Route(
        "/admin/statements/{ref}",
        Statements.begin,
        HTML,
        problems=(400, 403, 404, 408, 413, 415),
        statuses=(303, 422),
        method=POST,
    ),
)
"""What is shown here, in each language."""
