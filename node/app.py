"""The application: which path goes where, and what every answer carries.

::

    /livez  /readyz  /policy  /.well-known/fedcat      card
    /checkpoints  /evidence/…                          feed
    /witness/…                                         witness
    /hint                                              hints
    /feeds/…                                           plans, searches, followed
    /dumps/…                                           dumps
    /schema/v1/…                                       schemas
    /api/v1/…                                          api, backlinks, organisations, plans, changes, …
    /  /static/…                                       web.front, web.statics
    /{locale}/admin…                                   web.admin.pages
    /{locale}/…                                        web.pages
    everything else                                    log_files

Each of these modules has a table of its resources (``routes``). What is in no table is not served, and what
is served below ``/api/`` is in the OpenAPI document.

Reading is open to pages of any site (CORS ``*``), but for the pages of the desk, which are of those who are
signed in. Nobody else can write over HTTP but the holder of a token; the other two POSTs are a log's own
question to a witness, and a peer's hint.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import hdrs, web

from .desk.passwords import Passwords
from .home import Home
from .http import (
    api,
    backlinks,
    card,
    changes,
    dumps,
    feed,
    followed,
    hints,
    likeness,
    openapi,
    organisations,
    planet,
    plans,
    questions,
    schemas,
    searches,
    statements,
    vocabularies,
    witness,
)
from .http.bodies import expect_body
from .http.caching import Memory
from .http.card import Health, base_path
from .http.log_files import LogFiles
from .http.problems import Handler, HttpProblemError, problems
from .http.routes import GET, POST, Route, in_order
from .web import front, statics
from .web.admin.gate import Gate
from .web.admin.pages import PAGES as DESK_PAGES
from .web.admin.pages import TABLES as DESK
from .web.locales import reader_of
from .web.pages import LANGUAGE, PAGES, tables
from .web.refusals import as_pages
from .web.site import Site

HEALTH: Final = web.AppKey("health", Health)
"""The one thing that changes while the application runs."""

MEMORY_BYTES: Final = 16 * 1024 * 1024
"""Full tiles and bundles kept in memory: a thousand bundles, the working set of many followers."""

TABLES: Final[tuple[tuple[Callable[[Home], Any], tuple[Route, ...]], ...]] = (
    (Health, card.ROUTES),
    (feed.Feeds, feed.ROUTES),
    (witness.Witness, witness.ROUTES),
    (hints.Hints, hints.ROUTES),
    (schemas.Schemas, schemas.ROUTES),
    (lambda home: api.Api(home, reader_of), api.ROUTES),
    (likeness.Likeness, likeness.ROUTES),
    (lambda home: searches.SearchFeeds(home, reader_of), searches.ROUTES),
    (lambda home: followed.Followed(home, reader_of), followed.ROUTES),
    (lambda home: plans.Plans(home, reader_of), plans.ROUTES),
    (lambda home: planet.News(home, reader_of), planet.ROUTES),
    (backlinks.Backlinks, backlinks.ROUTES),
    (organisations.Organisations, organisations.ROUTES),
    (changes.ChangeFeed, changes.ROUTES),
    (statements.Statements, statements.ROUTES),
    (dumps.Serving, dumps.ROUTES),
    (vocabularies.Vocabularies, vocabularies.ROUTES),
    (front.Root, front.ROOT),
    (statics.Statics, statics.ROUTES),
    (lambda home: openapi.Description(home, API), openapi.ROUTES),
)
"""Who answers, and what: every resource of a node but its pages and the files of its logs."""

ROUTES: Final[tuple[Route, ...]] = tuple(route for _, routes in TABLES for route in routes)

LEADING: Final = front.leading((*PAGES, *DESK_PAGES))
"""What leads to pages for whoever writes their addresses without a language."""

ASKING: Final = (
    api.Api,
    likeness.Likeness,
    searches.SearchFeeds,
    plans.Plans,
    planet.News,
    backlinks.Backlinks,
    organisations.Organisations,
)
"""Whose answers are looked for in the whole catalogue, as pages are: given in turn (see ``questions``)."""

API: Final[tuple[Route, ...]] = tuple(route for route in ROUTES if route.path.startswith("/api/"))
"""What programs may rely on: described in ``openapi.json``, changed only as ``docs/api.md`` says."""

_READS: Final = (GET, "HEAD")
_ALLOW: Final = "GET, HEAD, OPTIONS"


def make_app(home: Home, passwords: Passwords | None = None, *, first: str | None = None) -> web.Application:
    """Return the application of a node; ``app[HEALTH].is_listening`` is for whoever runs it.

    Args:
        home: The node.
        passwords: How passwords are compared; tests bring cheap ones.
        first: The code of the link to the first run's checklist; None for no such link.
    """
    base = base_path(home)
    site = Site(home)
    app = web.Application(middlewares=[as_pages(site), problems, only_reading])
    app.on_response_prepare.append(_finish)
    turns = questions.Questions(home)
    served: dict[Route, Any] = dict.fromkeys(LEADING, front.Root(home))
    for kind, routes in TABLES:
        answering = kind(home)
        served |= dict.fromkeys(routes, answering)
        if isinstance(answering, Health):
            app[HEALTH] = answering
    _add(app, base, served, lambda route: isinstance(served[route], ASKING), turns)
    shown: dict[Route, Any] = {}
    for show, routes in tables(API):
        shown |= dict.fromkeys(routes, show(site))
    questioned = frozenset(shown)
    gate = Gate(site, passwords, first)
    for receive, routes in DESK:
        shown |= dict.fromkeys(routes, receive(gate))
    # Those who publish and operate get in whatever strangers ask.
    _add(app, base + LANGUAGE, shown, questioned.__contains__, turns)
    files = LogFiles(home, base, Memory(MEMORY_BYTES))
    # Line breaks too, so that every path there is ends in the same place.
    app.router.add_route(hdrs.METH_ANY, "/{path:(?s:.*)}", files.answer, expect_handler=expect_nothing)
    return app


def _add(
    app: web.Application,
    base: str,
    answering: Mapping[Route, Any],
    is_question: Callable[[Route], bool],
    turns: questions.Questions,
) -> None:
    for route in in_order(answering):
        handler: Handler = functools.partial(route.handler, answering[route])
        if is_question(route):
            handler = turns.in_turn(handler)
        if route.method == POST:
            app.router.add_post(base + route.pattern, handler, expect_handler=expect_body)
        else:
            app.router.add_get(base + route.pattern, handler, expect_handler=expect_nothing)


async def expect_nothing(_: web.Request) -> None:
    """Let a request with ``Expect`` be answered like any other; nobody's body is waited for."""


@web.middleware
async def only_reading(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what is not reading, on all paths but those for a POST, and answer browsers that ask first."""
    if request.method == hdrs.METH_OPTIONS:
        return web.Response(
            status=204,
            headers={
                "Allow": _ALLOW,
                "Access-Control-Allow-Methods": ", ".join(_READS),
                "Access-Control-Allow-Headers": "If-None-Match, Range",
                "Access-Control-Max-Age": "86400",
            },
        )
    if request.method not in _READS and request.match_info.route.method != hdrs.METH_POST:
        raise HttpProblemError(405, "this node only answers reading", {"Allow": _ALLOW})
    return await handler(request)


async def _finish(request: web.Request, response: web.StreamResponse) -> None:
    headers = response.headers
    # Says nothing of use to a reader, and polls are counted in bytes.
    headers.popall(hdrs.SERVER, None)
    if "Cross-Origin-Resource-Policy" not in headers:
        # What is for this site alone is opened to no other one.
        headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
    if hdrs.ORIGIN in request.headers:
        headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = "ETag, Content-Range, Link"
    if response.status in (204, 304):
        # No body, so nothing to say about one.
        headers.popall(hdrs.CONTENT_TYPE, None)
        headers.popall(hdrs.CONTENT_LENGTH, None)
    else:
        headers["X-Content-Type-Options"] = "nosniff"
