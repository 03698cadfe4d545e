"""From errors to HTTP: the one table, and the small documents clients get.

Every answer of 400 and above is a problem document (RFC 9457)::

    HTTP/1.1 404 Not Found
    Content-Type: application/problem+json

    {"type":"about:blank","title":"Not Found","status":404,"detail":"no such file of this log"}

``type`` is always ``about:blank``: the status says what kind of problem it is, and
``detail`` is a sentence for people.
"""

import http
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal, NotRequired, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from node.errors import (
    AmbiguousError,
    EditConflictError,
    InvalidInputError,
    LockedError,
    NodeError,
    NotClearedError,
    NotFoundError,
    NotPermittedError,
    TakenDownError,
)
from node.observe import log
from protocol.errors import ProtocolError
from protocol.problem import Problem


class ProblemItem(TypedDict):
    """One thing about a statement, and what to do about it."""

    pointer: Annotated[str, Meta(description="A JSON pointer (RFC 6901) into what was sent.")]
    message: str
    hint: str
    severity: Literal["error", "flag"]


class ProblemDocument(TypedDict):
    """What was wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    problems: NotRequired[Annotated[list[ProblemItem], Meta(description="All that is wrong, of a 422.")]]


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (NotFoundError, 404),
    (TakenDownError, 451),
    (AmbiguousError, 409),
    (EditConflictError, 409),
    (InvalidInputError, 400),
    (ProtocolError, 400),
    (NotPermittedError, 403),
    (LockedError, 503),
    (NotClearedError, 503),
)
"""What a caller or a moment can do about; any other error is ours and a 500."""

_BESIDE: Final[Mapping[int, Mapping[str, str]]] = {
    503: {"Retry-After": "1"},
    # RFC 7725: who keeps it back, which is this node and not the publisher.
    451: {"Link": '</>; rel="blocked-by"'},
}


@dataclass(eq=False)
class HttpProblemError(Exception):
    """A request that cannot be answered, for a reason only HTTP knows.

    Attributes:
        status: 400 to 599.
        detail: A sentence without a full stop.
        headers: What the status requires beside it, such as ``Allow``.
        problems: Each thing that is wrong with what was sent.
    """

    status: int
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    def __str__(self) -> str:
        """Return the status and the sentence."""
        return f"{self.status}: {self.detail}"


def problem_items(problems: Iterable[Problem]) -> list[ProblemItem]:
    """Return problems of a statement as documents show them."""
    return [
        {"pointer": each.pointer, "message": each.message, "hint": each.hint, "severity": each.severity}
        for each in problems
    ]


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, problems: Sequence[Problem] = ()
) -> web.Response:
    """Return a problem document.

    Args:
        status: 400 to 599.
        detail: What went wrong, for a person.
        headers: Further headers.
        problems: Each thing that is wrong with what was sent.
    """
    title = http.HTTPStatus(status).phrase
    # What is not here now may be here in a moment, and caches may keep a 404 or 410 that says nothing.
    headers = {"Cache-Control": "no-store", **(headers or {})}
    body: ProblemDocument = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if problems:
        body["problems"] = problem_items(problems)
    return web.Response(
        status=status,
        body=msgspec.json.encode(body),
        content_type="application/problem+json",
        headers=headers,
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error as a problem document; an unexpected one is logged whole."""
    try:
        return await handler(request)
    except HttpProblemError as error:
        return problem(error.status, error.detail, error.headers, error.problems)
    except web.HTTPException as error:
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return problem(error.status, error.reason, allow)
    except (NodeError, ProtocolError) as error:
        status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
        if status == http.HTTPStatus.INTERNAL_SERVER_ERROR:
            log().error("request failed", path=request.path, reason=str(error))
            return problem(status, "the node cannot answer this now")
        return problem(status, str(error), _BESIDE.get(status))
    except Exception:  # noqa: BLE001 - the last place where anything can still become an answer
        log().error("request failed", path=request.path, exc_info=True)
        return problem(500, "the node failed to answer; its log says why")
