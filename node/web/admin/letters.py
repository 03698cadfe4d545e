"""What outsiders send in: their form, what became of it, and the queue for those who decide.

::

    GET  /fr/report                    the form, where desk.submissions opens it
    POST /fr/report                 →  200 with a code, which is shown once
    POST /fr/report/status             code=…  →  200 what became of it
    GET  /fr/admin/submissions         what waits, and what was decided
    POST /fr/admin/submissions/7       do=accept  →  303 to the draft that was made of it; do=refuse, reason=…
"""

import asyncio
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from node.answers.provenance import readable
from node.answers.publishers import publisher_names
from node.desk.submissions import Letter, accept, letter, letters, refuse, status
from node.errors import InvalidInputError, LockedError, NodeError, NotFoundError
from node.http.parameters import Query, read
from node.http.problems import HttpProblemError
from node.http.routes import POST, Route
from node.privacy.lint import lint
from node.web.pieces import pieces_of
from node.web.site import HTML

from .filling import filled, id_of, inputs_shown, named, part_of, places_of
from .gate import Gate, Here, Visit, for_accounts, for_all
from .sheets import Sheet, sheet_for
from .writing import numbered

_NEEDED: Final = ("/kind", "/name")
_LATER: Final = "86400"


class Queue(Query, frozen=True):
    """What was sent in for which log; for all of the account's where none is named."""

    log: str = ""


class Letters:
    """Takes what outsiders send in, and shows it to those who decide."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_all
    async def form(self, visit: Visit) -> web.Response:
        """Show the form for what outsiders know of."""
        read(visit.request, Query)
        self._check_open()
        return await asyncio.to_thread(self._form, visit, None)

    @for_all
    async def send(self, visit: Visit) -> web.Response:
        """Take an entry into the queue."""
        self._check_open()
        sent, gate = visit.sent, self.gate
        payload = filled({}, _sheet(), sent, (visit.locale.tag,))
        try:
            code, _ = await asyncio.to_thread(
                gate.letterbox.put,
                sent.text("log"),
                payload,
                sent.text("reporter"),
                sent.text("reporter-url"),
                gate.client(visit.request),
            )
        except (InvalidInputError, NotFoundError, LockedError) as error:
            return await asyncio.to_thread(self._form, visit, error)
        days = gate.home.config.desk.submission_days
        return gate.page(visit, "sent", {"given": code, "days": days})

    @for_all
    async def status_page(self, visit: Visit) -> web.Response:
        """Show where to ask what became of a letter."""
        read(visit.request, Query)
        self._check_open()
        return self._told(visit)

    @for_all
    async def status(self, visit: Visit) -> web.Response:
        """Say what became of a letter, by its code."""
        self._check_open()
        try:
            found, where = await asyncio.to_thread(status, self.gate.home, visit.sent.text("code"))
        except NotFoundError:
            return self._told(visit, is_unknown=True)
        return self._told(visit, letter=found, published=where)

    @for_accounts
    async def queue(self, here: Here) -> web.Response:
        """Show what was sent in."""
        log = read(here.request, Queue).log
        if log and not here.account.may_edit(log):
            raise NotFoundError(f"log {log} of this account")
        found = await asyncio.to_thread(letters, self.gate.home, log or None)
        mine = tuple(each for each in found if here.account.may_edit(each.origin))
        values = {"letters": mine, "origins": tuple(here.account.roles), "origin": log}
        return self.gate.page(here, "submissions", values, command="fedcat submission list")

    @for_accounts
    async def one(self, here: Here) -> web.Response:
        """Show what was sent in under a number."""
        read(here.request, Query)
        return await asyncio.to_thread(self._one, here, None)

    @for_accounts
    async def decide(self, here: Here) -> web.Response:
        """Accept or refuse what was sent in."""
        number, home, do = numbered(here.request), self.gate.home, here.sent.text("do")
        if do not in ("accept", "refuse"):
            raise HttpProblemError(400, "there is nothing of this name to decide")
        await asyncio.to_thread(self._named, here, number)
        try:
            if do == "accept":
                made = await asyncio.to_thread(accept, home, here.account, number)
                return self.gate.lead(here, f"/drafts/{made.number}")
            await asyncio.to_thread(refuse, home, here.account, number, here.sent.text("reason"))
        except InvalidInputError as error:
            return await asyncio.to_thread(self._one, here, error)
        return self.gate.lead(here, "/submissions")

    def _check_open(self) -> None:
        if not self.gate.home.config.desk.submissions:
            raise NotFoundError(
                "a form for what others know of", hint="the operator can open it: desk.submissions"
            )

    def _form(self, visit: Visit, error: NodeError | None) -> web.Response:
        home, sent, language = self.gate.home, visit.sent, visit.locale.tag
        sheet, problems = _sheet(), error.problems if isinstance(error, InvalidInputError) else ()
        payload = filled({}, sheet, sent, (language,))
        names = [name for _, name, _ in named(sheet.all, (language,))]
        origins = tuple(row.origin for row in home.logs.all() if row.own)
        values = {
            "sheet": sheet,
            "form": part_of(inputs_shown(sheet.inputs, payload, (language,), problems)),
            "more": part_of(inputs_shown(sheet.more, payload, (language,), problems)),
            "places": {key: id_of(name) for key, name in places_of(problems, names, payload).items()},
            "origins": origins,
            "names": publisher_names(home, (language, "en")),
            "sent": sent,
            "error": error,
            "problems": problems,
        }
        is_full = isinstance(error, LockedError)
        code = 200 if error is None else 429 if is_full else 422
        headers = {"Retry-After": _LATER} if is_full else None
        return self.gate.page(visit, "report", values, status=code, headers=headers)

    def _told(
        self,
        visit: Visit,
        *,
        letter: Letter | None = None,
        published: str | None = None,
        is_unknown: bool = False,
    ) -> web.Response:
        values = {"letter": letter, "published": published, "is_unknown": is_unknown}
        return self.gate.page(visit, "report-status", values, status=404 if is_unknown else 200)

    def _named(self, here: Here, number: int) -> Letter:
        found = letter(self.gate.home, number)
        if not here.account.may_edit(found.origin):
            raise NotFoundError(f"submission {number} for this account")
        return found

    def _one(self, here: Here, error: NodeError | None) -> web.Response:
        found = self._named(here, numbered(here.request))
        said = readable(dict(found.payload))
        values: dict[str, Any] = {
            "letter": found,
            "says": pieces_of(said, here.languages),
            "warnings": lint(found.payload),
            "error": error,
            "reason": here.sent.text("reason"),
        }
        command = f"fedcat submission accept {found.number} --as {here.account.name}"
        return self.gate.page(
            here, "submission", values, status=200 if error is None else 422, command=command
        )


def _sheet() -> Sheet:
    """Return the form for outsiders: a kind and a name are enough."""
    sheet = sheet_for("entry", {})
    return replace(sheet, inputs=tuple(replace(each, needed=each.path in _NEEDED) for each in sheet.inputs))


_FORM_PROBLEMS: Final = (403, 404, 408, 413, 415)

PAGES: Final = (
    Route("/report", Letters.form, HTML, problems=(404,)),
    Route("/report", Letters.send, HTML, problems=_FORM_PROBLEMS, statuses=(200, 422, 429), method=POST),
    Route("/report/status", Letters.status_page, HTML, problems=(404,)),
    Route("/report/status", Letters.status, HTML, problems=_FORM_PROBLEMS, method=POST),
    Route("/admin/submissions", Letters.queue, HTML, Queue, statuses=(200, 303)),
    Route("/admin/submissions/{number}", Letters.one, HTML, problems=(404,), statuses=(200, 303)),
    Route(
        "/admin/submissions/{number}",
        Letters.decide,
        HTML,
        problems=(400, *_FORM_PROBLEMS),
        statuses=(303, 422),
        method=POST,
    ),
)
"""What is shown here, in each language."""
