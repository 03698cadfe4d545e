"""In and out: signing in by a password or by the word of the proxy, choosing a password, signing out.

::

    GET  /fr/admin/sign-in      name and password; behind single sign-on one button
    GET  /fr/admin/sign-in?to=/new?what=use
                                the same, for who asked for a page of the desk
    POST /fr/admin/sign-in   →  303 to the desk, or to that page, with the cookie of a new session
                             →  403 for a wrong name or password, the same for both
                             →  429 Retry-After: 8 for whoever tried too often
"""

import asyncio
from typing import Annotated, Any, Final

from aiohttp import web
from msgspec import Meta

from node.desk.door import Entered, Refused
from node.desk.passwords import LEAST
from node.errors import InvalidInputError, NotFoundError
from node.http.parameters import Query, read
from node.http.routes import POST, Route
from node.web.site import HTML

from .gate import Gate, Visit, for_all, is_within


class Told(Query, frozen=True):
    """What has just been done, and what was asked for before: a path below the desk's."""

    done: str = ""
    to: Annotated[str, Meta(max_length=1_000)] = ""


class Entering:
    """Lets people in and out."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_all
    async def sign_in_page(self, visit: Visit) -> web.Response:
        """Show how to sign in."""
        asked = read(visit.request, Told)
        if visit.present is not None:
            return self.gate.lead(visit, asked.to if is_within(asked.to) else "")
        return self._page(visit, done=asked.done, wanted=asked.to)

    @for_all
    async def sign_in(self, visit: Visit) -> web.Response:
        """Sign somebody in, in a new session."""
        gate, request, sent = self.gate, visit.request, visit.sent
        if sent.text("by") == "proxy":
            values = gate.proxy_values(request)
            entered = await asyncio.to_thread(gate.door.sign_in_by_proxy, request.remote or "", values)
            found: Entered | Refused = entered or Refused()
        else:
            found = await asyncio.to_thread(
                gate.door.sign_in, sent.text("name"), sent.raw("password"), gate.client(request)
            )
        if isinstance(found, Entered):
            if visit.present is not None:
                await asyncio.to_thread(gate.door.sign_out, visit.present)
            return gate.let_in(visit, found.token, sent.text("to"))
        if found.wait:
            wait = {"Retry-After": str(found.wait)}
            return self._page(visit, refused=found, wanted=sent.text("to"), status=429, headers=wait)
        return self._page(visit, refused=found, wanted=sent.text("to"), status=403)

    @for_all
    async def sign_out(self, visit: Visit) -> web.Response:
        """End a session."""
        if visit.present is not None:
            await asyncio.to_thread(self.gate.door.sign_out, visit.present)
        return self.gate.let_out(visit)

    @for_all
    async def signed_out(self, visit: Visit) -> web.Response:
        """Lead whoever only looks for the way out to where it is."""
        read(visit.request, Query)
        return self.gate.lead(visit, "")

    @for_all
    async def password_page(self, visit: Visit) -> web.Response:
        """Show how to choose a password by a code."""
        read(visit.request, Query)
        return self._choosing(visit)

    @for_all
    async def choose_password(self, visit: Visit) -> web.Response:
        """Give an account a password by its code."""
        sent = visit.sent
        password = sent.raw("password")
        if password != sent.raw("again"):
            return self._choosing(visit, differs=True)
        try:
            await asyncio.to_thread(self.gate.door.choose_password, sent.text("code"), password)
        except NotFoundError:
            return self._choosing(visit, no_code=True)
        except InvalidInputError as error:
            return self._choosing(visit, problems=error.problems)
        return self.gate.lead(visit, "/sign-in?done=password")

    def _page(
        self,
        visit: Visit,
        *,
        refused: Refused | None = None,
        done: str = "",
        wanted: str = "",
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> web.Response:
        values = {
            "refused": refused,
            "done": done,
            "wanted": wanted if is_within(wanted) else "",
            "name": visit.sent.text("name"),
            "by_proxy": self.gate.named_by_proxy(visit.request),
        }
        return self.gate.page(visit, "sign-in", values, status=status, headers=headers)

    def _choosing(self, visit: Visit, **wrong: Any) -> web.Response:  # noqa: ANN401 - what is wrong
        values = {
            "no_code": False,
            "differs": False,
            "problems": (),
            "least": LEAST,
            "code_value": visit.sent.text("code"),
            **wrong,
        }
        command = "fedcat account password --code CODE"
        return self.gate.page(visit, "password", values, status=422 if wrong else 200, command=command)


PAGES: Final = (
    Route("/admin/sign-in", Entering.sign_in_page, HTML, Told, statuses=(200, 303)),
    Route(
        "/admin/sign-in",
        Entering.sign_in,
        HTML,
        problems=(403, 408, 413, 415, 429, 503),
        statuses=(303,),
        method=POST,
    ),
    Route("/admin/sign-out", Entering.signed_out, HTML, statuses=(303,)),
    Route("/admin/sign-out", Entering.sign_out, HTML, problems=(403, 415), statuses=(303,), method=POST),
    Route("/admin/password", Entering.password_page, HTML),
    Route(
        "/admin/password",
        Entering.choose_password,
        HTML,
        problems=(403, 408, 413, 415, 503),
        statuses=(303, 422),
        method=POST,
    ),
)
"""What is shown here, in each language."""
