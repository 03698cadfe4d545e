"""The gate: who asks for a page of the desk, and whether a form is one of its pages' own.

::

    GET   → who it is, by the cookie; without a session 303 to the page for signing in
    POST  → the same, and 403 unless Origin or Sec-Fetch-Site say that this site sent it, and the form's token
            fits the cookie; where only the session is another by now, with what was typed

The cookie has the session's token and nothing else; browsers keep it from programs (``HttpOnly``), from
requests that other sites begin (``SameSite=Strict``) and, over https, from the clear and from other hosts
(``__Host-``). Whoever is not signed in has a cookie of chance, which is good for nothing but to tell that a
form was made for this browser; signing in begins a session with a token that nobody had before.

No page is kept by anybody (``no-store``), and no other site may read one.
"""

import asyncio
import functools
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import quote

from aiohttp import hdrs, web
from yarl import URL

from node.desk.accounts import Account
from node.desk.door import Door, Present
from node.desk.passwords import Passwords
from node.desk.sessions import form_token, is_form_token
from node.desk.submissions import Letterbox
from node.http.bodies import Room
from node.http.caching import NEVER
from node.http.private import is_private
from node.http.problems import HttpProblemError
from node.web.locales import Locale
from node.web.marks import N_
from node.web.site import HEADERS, Site

from .sent import ROOM, Sent, read_sent

FORM_FIELD: Final = "form"
"""The input of every form that has its token."""

OWN_HEADERS: Final[Mapping[str, str]] = {
    **HEADERS,
    "Cache-Control": NEVER,
    # The address of a page goes to no other site. With no-referrer browsers would send `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""What every page of the desk carries."""

DESK_PAGES: Final = (
    ("", N_("What waits")),
    ("/new", N_("New")),
    ("/statements", N_("Published here")),
    ("/submissions", N_("Sent in")),
)
"""What the bar of every page leads to: path below the desk's, and name."""

OPERATORS_PAGES: Final = (
    ("/peers", N_("Others")),
    ("/moderation", N_("Not shown")),
    ("/problems", N_("Problems")),
    ("/checklist", N_("Checklist")),
    ("/keys", N_("Keys")),
    ("/access", N_("Who may write")),
    ("/trail", N_("Who did what")),
)
"""The same for operators."""

_VISITOR: Final = "-visitor"
_NOT_TYPED: Final = frozenset((FORM_FIELD, "do", "log", "revision", "expected"))
_SECRET: Final = frozenset(("password", "again", "code"))

# What an address may have, and no host: it stands behind the desk's own path.
_WITHIN: Final = re.compile(r"/[A-Za-z0-9/._~:,+=&?%#-]{1,600}")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page that everybody may see.

    Attributes:
        request: The request.
        locale: The language of the page.
        token: To which forms of the page are bound.
        sent: What a form sent.
        present: Who is signed in; None for nobody.
    """

    request: web.Request
    locale: Locale
    token: str
    sent: Sent
    present: Present | None


@dataclass(frozen=True, slots=True)
class Here(Visit):
    """One request of somebody who is signed in."""

    account: Account

    @property
    def languages(self) -> tuple[str, ...]:
        """What the reader reads, by preference."""
        return tuple(dict.fromkeys((self.locale.tag, "en")))


class StaleFormError(Exception):
    """A form that a page of this node sent, for a session that has ended or is another by now.

    Attributes:
        visit: What was sent; nothing is to be done with it.
    """

    def __init__(self, visit: Visit) -> None:
        super().__init__("this form was made for another session; open the page anew")
        self.visit = visit


class Gate:
    """Knows who asks; one for all pages of the desk of a running node.

    Args:
        site: What all pages have in common.
        passwords: How passwords are compared; tests bring cheap ones.
        first: The code of the link to the first run's checklist; None for no such link.
    """

    def __init__(self, site: Site, passwords: Passwords | None = None, first: str | None = None) -> None:
        self.site = site
        self.home = site.home
        self.door = Door(site.home, passwords)
        self.letterbox = Letterbox(site.home)
        url = site.home.config.url
        self._is_https = url.scheme == "https"
        # Cookies are of a host and not of a port: two nodes of one machine must not sign each other out.
        self._cookie = "__Host-fedcat" if self._is_https else f"fedcat-{url.port or 80}"
        # As browsers write it: without the usual port, and in the letters that names are registered in.
        self._origin = str(URL(site.home.config.address).origin())
        # Strangers must not keep those who are signed in from sending.
        self._room, self._strangers = Room(ROOM), Room(ROOM)
        self._first, self._first_visitor = first, ""

    async def visit(self, request: web.Request) -> Visit:
        """Return who asks, and what was sent.

        Raises:
            HttpProblemError: It crosses a network in the clear; or it is a form of another page than this
                node's, or no form.
            StaleFormError: It is a form that was made for another session.
        """
        if not is_private(self.home, request):
            raise HttpProblemError(
                403, "these pages are there over https, or on the machine of this node alone"
            )
        token = request.cookies.get(self._cookie, "")
        present = None
        if token:
            present = await asyncio.to_thread(self.door.present, token, self.named_by_proxy(request))
        if present is None:
            token = request.cookies.get(self._cookie + _VISITOR, "")
        sent = Sent()
        if request.method == hdrs.METH_POST:
            self._check_sender(request)
            sent = await read_sent(request, self._strangers if present is None else self._room)
            if not token or not is_form_token(token, sent.text(FORM_FIELD)):
                token = token or secrets.token_urlsafe(32)
                raise StaleFormError(Visit(request, self.site.reader(request), token, sent, present))
        token = token or secrets.token_urlsafe(32)
        return Visit(request, self.site.reader(request), token, sent, present)

    def named_by_proxy(self, request: web.Request) -> str | None:
        """Return whom the configured proxy names with a request."""
        return self.door.named_by_proxy(request.remote or "", self.proxy_values(request))

    def proxy_values(self, request: web.Request) -> Sequence[str]:
        """Return the values of the configured header."""
        header = self.home.config.desk.header
        return request.headers.getall(header, []) if header else []

    def is_operator(self, present: Present | None) -> bool:
        """Report whether somebody may see and do what concerns the whole node."""
        return present is not None and present.account.name in self.home.config.desk.operators

    def is_first(self, visit: Visit, code: str) -> bool:
        """Report whether a browser may see the first run's checklist: by the code, once, or since then.

        Args:
            visit: The request; its browser is remembered by its cookie.
            code: That of the link; empty for none.
        """
        if code and self._first is not None and secrets.compare_digest(code.encode(), self._first.encode()):
            self._first, self._first_visitor = None, visit.token
            return True
        return bool(self._first_visitor) and secrets.compare_digest(
            visit.token.encode(errors="surrogatepass"), self._first_visitor.encode()
        )

    def client(self, request: web.Request) -> str:
        """Return where a request comes from; see :meth:`Door.client`."""
        return self.door.client(request.remote or "", request.headers.getall(hdrs.X_FORWARDED_FOR, []))

    def page(
        self,
        visit: Visit,
        template: str,
        values: Mapping[str, Any],
        *,
        status: int = 200,
        command: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        """Return a page of the desk.

        Args:
            visit: For whom.
            template: The name of a template below ``admin/``, without its ending.
            values: What it shows.
            status: Of a page that says what was wrong.
            command: What does the same at the command line; empty for none.
            headers: Further ones.
        """
        shown = {
            "here": visit.request.rel_url,
            "who": None if visit.present is None else visit.present.account,
            "desk_pages": (*DESK_PAGES, *OPERATORS_PAGES) if self.is_operator(visit.present) else DESK_PAGES,
            "command": command,
            "form_field": FORM_FIELD,
            "form_token": lambda: form_token(visit.token),
            "four_eyes": self.home.config.desk.four_eyes,
            **values,
        }
        html = self.site.render(visit.locale, f"admin/{template}", shown)
        response = web.Response(status=status, body=html.encode(), headers={**OWN_HEADERS, **(headers or {})})
        if visit.present is None:
            self._set(response, self._cookie + _VISITOR, visit.token)
        return response

    def stale(self, visit: Visit, *, is_gone: bool = False) -> web.Response:
        """Return what was typed into a form that cannot be taken any more: not done, and not lost either.

        Args:
            visit: What was sent.
            is_gone: Whether what the form was for is gone; else its session has ended.
        """
        typed = tuple(
            (name, text)
            for name, texts in visit.sent.texts.items()
            for text in texts
            if text.strip() and name not in _NOT_TYPED | _SECRET
        )
        status = 404 if is_gone else 403
        return self.page(visit, "stale", {"typed": typed, "is_gone": is_gone}, status=status)

    def lead(self, visit: Visit, path: str) -> web.Response:
        """Return the way to a page of the desk, for what was sent or has to be asked elsewhere."""
        place = self.site.path(visit.locale, f"/admin{path}")
        return web.Response(status=303, headers={**OWN_HEADERS, "Location": place})

    def let_in(self, visit: Visit, token: str, wanted: str = "") -> web.Response:
        """Return the way to the page that was asked for, else to the first, for a session that begins."""
        response = self.lead(visit, wanted if is_within(wanted) else "")
        self._set(response, self._cookie, token)
        return response

    def let_out(self, visit: Visit) -> web.Response:
        """Return the way out, for somebody whose session has ended."""
        response = self.lead(visit, "/sign-in")
        response.del_cookie(self._cookie, path="/", secure=self._is_https, httponly=True, samesite="Strict")
        return response

    def _set(self, response: web.Response, name: str, value: str) -> None:
        response.set_cookie(name, value, path="/", secure=self._is_https, httponly=True, samesite="Strict")

    def _check_sender(self, request: web.Request) -> None:
        """Refuse a form that another site sent, by what the browser says of it.

        Every browser says one of the two with a form, at least.
        """
        origin, site = request.headers.get(hdrs.ORIGIN), request.headers.get("Sec-Fetch-Site")
        is_silent = origin is None and site is None
        if is_silent or origin not in (None, self._origin) or site not in (None, "same-origin"):
            raise HttpProblemError(403, f"forms are taken from pages at {self._origin} alone")


class Pages(Protocol):
    """Who shows pages of the desk."""

    gate: Gate


def for_all(act: Callable[[Any, Visit], Awaitable[web.Response]]) -> Callable[..., Awaitable[web.Response]]:
    """Make a handler of what answers everybody."""

    @functools.wraps(act)
    async def answer(pages: Pages, request: web.Request) -> web.Response:
        try:
            visit = await pages.gate.visit(request)
        except StaleFormError as error:
            return pages.gate.stale(error.visit)
        return await act(pages, visit)

    return answer


def for_accounts(
    act: Callable[[Any, Here], Awaitable[web.Response]],
) -> Callable[..., Awaitable[web.Response]]:
    """Make a handler of what answers those alone who are signed in; others are led to the way in."""

    @for_all
    @functools.wraps(act)
    async def answer(pages: Pages, visit: Visit) -> web.Response:
        if visit.present is None:
            return pages.gate.lead(visit, _way_in(visit))
        here = Here(
            visit.request, visit.locale, visit.token, visit.sent, visit.present, visit.present.account
        )
        return await act(pages, here)

    return answer


def is_within(path: str) -> bool:
    """Report whether a path, with its question, is one of a page below the desk's own."""
    return _WITHIN.fullmatch(path) is not None and ".." not in path


def _way_in(visit: Visit) -> str:
    """Return the path of the page for signing in, which leads on to what was asked for."""
    request = visit.request
    path = request.rel_url.raw_path_qs.partition(f"/{visit.locale.tag}/admin")[2]
    if request.method != hdrs.METH_GET or not is_within(path):
        return "/sign-in"
    return f"/sign-in?to={quote(path, safe='/:')}"


def for_operators(
    act: Callable[[Any, Here], Awaitable[web.Response]],
) -> Callable[..., Awaitable[web.Response]]:
    """Make a handler of what answers operators alone; for other accounts it is forbidden."""

    async def answer(pages: Pages, here: Here) -> web.Response:
        if not pages.gate.is_operator(here.present):
            raise HttpProblemError(403, f"{here.account.name} is no operator of this node: desk.operators")
        return await act(pages, here)

    return for_accounts(functools.wraps(act)(answer))
