"""Writing: the form of a draft, in as many languages as its author wants.

::

    GET  /fr/admin/drafts/7/edit     what is there, and what is missing with links to the inputs
    POST /fr/admin/drafts/7/edit     do=save      →  303 to the draft
                                     do=language  →  303 to the form, at a tab for one language more
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from aiohttp import web
from msgspec import Meta

from node.desk.differing import edits
from node.desk.kept import Manuscript, own_manuscript
from node.desk.looking import problems_of
from node.desk.manuscripts import save
from node.errors import InvalidInputError, NotFoundError, NotPermittedError
from node.http.parameters import Query, read
from node.http.problems import HttpProblemError
from node.http.routes import POST, Route
from node.web.changed import Changed, changed
from node.web.site import HTML
from protocol.leaf import Op
from protocol.packing import Value
from protocol.problem import Problem

from .filling import filled, id_of, inputs_shown, languages_of, named, opened_by, part_of, places_of
from .gate import Gate, Here, for_accounts
from .sheets import LANGUAGES, SHEETS, Sheet, sheet_for
from .showing import row

_OPENED: Final = "languages"
_OWN: Final = ("type", "v", "modified", "reviewed", "incomplete", "target")


class Form(Query, frozen=True):
    """A form as it is opened."""

    language: Annotated[str, Meta(max_length=35, description="Whose tab is open.")] = ""


class Writing:
    """Shows forms of drafts, and keeps what was typed."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_accounts
    async def page(self, here: Here) -> web.Response:
        """Show the form of a draft."""
        asked = read(here.request, Form)
        found = await asyncio.to_thread(self._found, here)
        return await asyncio.to_thread(self._page, here, found, found.payload, (), asked.language)

    @for_accounts
    async def keep(self, here: Here) -> web.Response:
        """Keep what was typed."""
        try:
            found = await asyncio.to_thread(self._found, here)
        except NotFoundError:
            return self.gate.stale(here, is_gone=True)
        sheet = _sheet(found)
        languages = _languages(found, sheet, here)
        payload = filled(found.payload, sheet, here.sent, languages)
        try:
            added = opened_by(here.sent) if here.sent.text("do") == "language" else ""
            opened = (*languages, added) if added else languages
            await asyncio.to_thread(self._keep, here, found, payload, opened)
        except InvalidInputError as error:
            return await asyncio.to_thread(self._page, here, found, payload, (error,))
        except NotPermittedError as error:
            # The role was taken away meanwhile; what was typed is not.
            refused = InvalidInputError(str(error), hint=error.hint)
            return await asyncio.to_thread(self._page, here, found, payload, (refused,))
        place = f"/drafts/{found.number}"
        if here.sent.text("do") == "language":
            place += f"/edit{_tab(sheet, added) if added else ''}"
        return self.gate.lead(here, place)

    def _found(self, here: Here) -> Manuscript:
        number = numbered(here.request)
        found = own_manuscript(self.gate.home, here.account, number)
        if found.op is not Op.PUT or found.state in ("sent", "published"):
            raise NotFoundError(f"something to write in draft {number}", hint="it is published")
        return found

    def _keep(
        self, here: Here, found: Manuscript, payload: Mapping[str, Value], languages: Sequence[str]
    ) -> Manuscript:
        form = {**found.form, _OPENED: " ".join(languages)}
        revision = here.sent.number("revision")
        return save(
            self.gate.home,
            here.account,
            found.number,
            found.revision if revision is None else revision,
            payload,
            form=form,
        )

    def _page(
        self,
        here: Here,
        found: Manuscript,
        payload: Mapping[str, Value],
        errors: Sequence[InvalidInputError],
        added: str = "",
    ) -> web.Response:
        sheet = _sheet(found)
        languages = _languages(found, sheet, here)
        problems = _problems(found, payload, self.gate.home.now())
        names = [name for _, name, _ in named(sheet.all, languages)]
        places = places_of(problems, names, payload)
        reader = here.locale.tag
        command = f"fedcat draft save FILE --number {found.number} --as {here.account.name}"
        values: dict[str, Any] = {
            "draft": found,
            "row": row(self.gate.home, found, here.languages),
            "sheet": sheet,
            "form": part_of(inputs_shown(sheet.inputs, payload, languages, problems), added, reader),
            "more": part_of(inputs_shown(sheet.more, payload, languages, problems), added, reader),
            "others": tuple(tag for tag in LANGUAGES if tag not in languages),
            "problems": problems,
            "places": {pointer: id_of(name) for pointer, name in places.items()},
            "errors": errors,
            "kept": _kept(payload, sheet),
            "meanwhile": self._meanwhile(here, found, payload),
        }
        return self.gate.page(here, "edit", values, status=422 if errors else 200, command=command)

    def _meanwhile(self, here: Here, found: Manuscript, payload: Mapping[str, Value]) -> tuple[Changed, ...]:
        """Return what another window kept that would be lost with what was typed in this one."""
        revision = here.sent.number("revision")
        if revision is None or revision == found.revision:
            return ()
        return changed(edits(found.payload, payload), here.languages)


def numbered(request: web.Request) -> int:
    """Return the number of the draft that a path names.

    Raises:
        HttpProblemError: It names none.
    """
    text = request.match_info["number"]
    if not (text.isascii() and text.isdecimal() and len(text) < 16):  # noqa: PLR2004 - what SQLite can count
        raise HttpProblemError(404, "there is no draft of this name")
    return int(text)


def _sheet(found: Manuscript) -> Sheet:
    type_ = str(found.payload.get("type") or "entry")
    name = found.form.get("sheet") or type_
    if name not in SHEETS:
        hint = "`fedcat draft save` takes them as files"
        raise NotFoundError(f"a form for statements of type {type_}", hint=hint)
    return sheet_for(name, found.payload, found.form.get("item", ""))


def _languages(found: Manuscript, sheet: Sheet, here: Here) -> tuple[str, ...]:
    return languages_of(found.payload, sheet, found.form.get(_OPENED, ""), here.locale.tag)


def _tab(sheet: Sheet, language: str) -> str:
    """Return the way to the tab of a language: it is open, and its first text is where one goes on."""
    first = next((name for each, name, _ in named(sheet.all, (language,)) if each.is_text), "")
    return f"?language={language}#{id_of(first)}"


def _problems(found: Manuscript, payload: Mapping[str, Value], now: int) -> tuple[Problem, ...]:
    if payload is found.payload:
        return problems_of(found, now)
    return ()


def _kept(payload: Mapping[str, Value], sheet: Sheet) -> tuple[str, ...]:
    """Return the fields of a statement of which a form has no input."""
    shown = {each.path.split("/")[1] for each in sheet.all}
    return tuple(field for field in payload if field not in shown and field not in _OWN)


PAGES: Final = (
    Route("/admin/drafts/{number}/edit", Writing.page, HTML, Form, problems=(404,), statuses=(200, 303)),
    Route(
        "/admin/drafts/{number}/edit",
        Writing.keep,
        HTML,
        problems=(403, 404, 408, 413, 415),
        statuses=(303, 422),
        method=POST,
    ),
)
"""What is shown here, in each language."""
