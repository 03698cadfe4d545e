"""The server under the application: what is no request gets a problem document too.

aiohttp answers what it cannot parse by itself, before any application: as plain text that
repeats what was sent, with its own name and version. Here such an answer is as small and as
silent as all others::

    HTTP/1.0 400 Bad Request
    Content-Type: application/problem+json

    {"type":"about:blank","title":"Bad Request","status":400,"detail":"this is no HTTP request that …"}
"""

from aiohttp import hdrs, web
from aiohttp.web_protocol import RequestHandler

from .problems import problem

_BAD_REQUEST = 400


class Runner(web.AppRunner):
    """An ``AppRunner`` whose connections answer with problem documents."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            made.request_handler,
            request_factory=made.request_factory,
            handler_cancellation=made.handler_cancellation,
            **made._kwargs,  # noqa: SLF001 - what AppRunner was given; aiohttp has no other way to our handler
        )


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be parsed, or what failed outside of the application; then hang up."""
        # aiohttp decides here whether an answer was begun already, and logs what is ours.
        answered = super().handle_error(request, status, exc, message)
        detail = "this is no HTTP request that this node understands"
        if status != _BAD_REQUEST:
            detail = "the node failed to answer; its log says why"
        response = problem(answered.status, detail)
        response.headers[hdrs.SERVER] = "fedcat"
        response.force_close()
        return response
