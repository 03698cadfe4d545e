"""The application: which path goes where, and what every answer carries.

::

    /livez  /readyz  /.well-known/fedcat      card.Health
    /policy                                   card.Health
    /checkpoints  /evidence/…                 feed.Feeds
    /witness/…                                witness.Witness
    /hint                                     hints.Hints
    /api/v1/…                                 api.Api
    everything else                           log_files.LogFiles

Reading is open to pages of any site (CORS ``*``). Nothing of a log can be written over HTTP: the two POSTs
are a log's own question to a witness, and a peer's hint.
"""

from typing import Final

from aiohttp import hdrs, web

from node.home import Home

from .api import Api
from .bodies import expect_body
from .caching import Memory
from .card import Health, base_path
from .feed import Feeds
from .hints import Hints
from .log_files import LogFiles
from .problems import Handler, HttpProblemError, problems
from .witness import Witness

HEALTH: Final = web.AppKey("health", Health)
"""The one thing that changes while the application runs."""

MEMORY_BYTES: Final = 16 * 1024 * 1024
"""Full tiles and bundles kept in memory: a thousand bundles, the working set of many followers."""

_READS: Final = ("GET", "HEAD")
_ALLOW: Final = "GET, HEAD, OPTIONS"


def make_app(home: Home) -> web.Application:
    """Return the application of a node; ``app[HEALTH].is_listening`` is for whoever runs it."""
    base = base_path(home)
    health, api, feeds, witness = Health(home), Api(home), Feeds(home), Witness(home)
    files = LogFiles(home, base, Memory(MEMORY_BYTES))
    app = web.Application(middlewares=[problems, only_reading])
    app[HEALTH] = health
    app.on_response_prepare.append(_finish)
    for path, handler in (
        (f"{base}/.well-known/fedcat", health.card),
        (f"{base}/livez", health.live),
        (f"{base}/readyz", health.ready),
        (f"{base}/policy", health.policy),
        (f"{base}/checkpoints", feeds.checkpoints),
        (f"{base}/evidence/{{hash}}", feeds.evidence),
        (f"{base}/witness/{{hash}}/checkpoint", witness.checkpoint),
        (f"{base}/api/v1/search", api.search),
        (f"{base}/api/v1/projects/{{ref:.+}}", api.project),
        (f"{base}/api/v1/publishers", api.publishers),
        (f"{base}/api/v1/publishers/{{ref:.+}}", api.publisher),
        (f"{base}/api/v1/candidates", api.candidates),
        (f"{base}/api/v1/nodes", api.nodes),
        (f"{base}/api/v1/nodes/{{ref:.+}}/policy", api.policy),
        (f"{base}/api/v1/heads", feeds.heads),
        (f"{base}/api/v1/entries/{{ref:.+}}/history", api.history),
        (f"{base}/api/v1/entries/{{ref:.+}}/proof", api.proof),
        (f"{base}/api/v1/entries/{{ref:.+}}", api.entry),
    ):
        app.router.add_get(path, handler, expect_handler=expect_nothing)
    for path, handler in (
        (f"{base}/witness/add-checkpoint", witness.add_checkpoint),
        (f"{base}/hint", Hints(home).hint),
    ):
        app.router.add_post(path, handler, expect_handler=expect_body)
    # Line breaks too, so that every path there is ends in the same place.
    app.router.add_route(hdrs.METH_ANY, "/{path:(?s:.*)}", files.answer, expect_handler=expect_nothing)
    return app


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
    headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
    if hdrs.ORIGIN in request.headers:
        headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = "ETag, Content-Range, Link"
    if response.status in (204, 304):
        # No body, so nothing to say about one.
        headers.popall(hdrs.CONTENT_TYPE, None)
        headers.popall(hdrs.CONTENT_LENGTH, None)
    else:
        headers["X-Content-Type-Options"] = "nosniff"
