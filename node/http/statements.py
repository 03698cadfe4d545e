"""Publishing over HTTP, for programs that hold a token of this node.

::

    POST /api/v1/statements
    Authorization: Bearer fedcat_…
    Content-Type: application/json
    Idempotency-Key: 7d1c…                 the same request once more is not done once more

    {"statement": {"type": "use", …}}      see ``node.posting``

A token must not cross a network in the clear: it is taken where this node's address is one of ``https``, or
from the machine itself. Pages of other sites cannot send one, because no answer here allows their browser to.
"""

import asyncio
import re
from http import HTTPStatus
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

from node.errors import InvalidInputError, NotPermittedError
from node.home import Home
from node.interop.json_loader import JsonError, JsonLimits, load_json
from node.posting import Outcome, Posted, post
from node.tokens import SCOPES, Token, holder
from protocol.origin import address
from protocol.problem import ERROR, Problem

from .bodies import Pace, Room, read_body, too_often
from .card import base_path
from .parameters import Query, read
from .private import is_private
from .problems import HttpProblemError, ProblemItem, problem_items
from .routes import POST, Route

LIMITS: Final = JsonLimits(max_bytes=262_144, max_depth=32, max_values=20_000)
"""Of one request."""

ROOM: Final = 4_194_304
"""Bytes of bodies held at once, of all tokens together."""

BURST: Final = 60
"""Statements of one token at once; a further one each second."""

PER_SECOND: Final = 1.0

_KEY: Final = re.compile(r"[!-~]{1,200}", re.ASCII)
_REALM: Final = 'Bearer realm="fedcat"'
_AT: Final = re.compile(r" - at `\$(.*)`$")
_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


class Published(TypedDict):
    """What became of a statement."""

    origin: str
    address: Annotated[str | None, Meta(description="None of a new one that was only checked.")]
    index: Annotated[int | None, Meta(description="Its place in the log; None while it waits.")]
    size: Annotated[int | None, Meta(description="Leaves of the log now; of its checkpoint, once signed.")]
    signed: Annotated[bool, Meta(description="Whether a signed checkpoint covers it.")]
    why_not: Annotated[str | None, Meta(description="Why it waits.")]
    dry_run: bool
    problems: Annotated[list[ProblemItem], Meta(description="What is worth a second look.")]
    warnings: Annotated[list[ProblemItem], Meta(description="What seems to be about a person.")]


class Statements:
    """Answers ``/api/v1/statements``."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._room = Room(ROOM)
        self._pace = Pace(BURST, PER_SECOND)

    async def statements(self, request: web.Request) -> web.Response:
        """Publish a statement, or withdraw one.

        Raises:
            HttpProblemError: There is no token, it is not for this, or the request is wrong or too soon.
            NotFoundError: There is no such statement in the token's log.
            EditConflictError: It was written against another version than the newest.
        """
        read(request, Query)
        token = await self._holder(request)
        if not self._pace.allows(token.name):
            raise too_often()
        if request.content_type != "application/json":
            raise HttpProblemError(415, "a statement is sent as application/json")
        key = request.headers.get("Idempotency-Key")
        if key is not None and _KEY.fullmatch(key) is None:
            raise HttpProblemError(400, "an idempotency key has 1 to 200 printable characters of ASCII")
        with self._room.share() as take:
            body = await read_body(request, LIMITS.max_bytes, take)
            try:
                posted = await asyncio.to_thread(_posted, body)
                outcome = await post(self._home, token, posted, body, key)
            except NotPermittedError as error:
                # What is asked for may be any text, and is no scope then.
                scope = f', scope="{error.scope}"' if error.scope in SCOPES else ""
                challenge = f'{_REALM}, error="insufficient_scope"{scope}'
                raise HttpProblemError(403, str(error), {hdrs.WWW_AUTHENTICATE: challenge}) from error
            except JsonError as error:
                raise HttpProblemError(400, str(error)) from error
            except InvalidInputError as error:
                raise HttpProblemError(422, error.message, problems=error.problems) from error
        return self._answer(token, posted, outcome)

    async def _holder(self, request: web.Request) -> Token:
        scheme, _, secret = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "bearer":
            raise _unauthorized("this needs a token", "")
        if not is_private(self._home, request):
            raise HttpProblemError(403, "tokens are taken over https, or from the machine of this node alone")
        token = await asyncio.to_thread(holder, self._home, secret.strip())
        if token is None:
            raise _unauthorized("this token is unknown, revoked or too old", ', error="invalid_token"')
        return token

    def _answer(self, token: Token, posted: Posted, outcome: Outcome) -> web.Response:
        receipt = outcome.receipt
        where = posted.id and (posted.id if "/" in posted.id else f"{token.origin}/e/{posted.id}")
        if receipt is not None:
            where = address(token.origin, receipt.ids[0])
        document: Published = {
            "origin": token.origin,
            "address": where,
            "index": receipt.indexes[0] if receipt and receipt.indexes else None,
            "size": None if receipt is None else receipt.size,
            "signed": receipt is not None and receipt.signed,
            "why_not": None if receipt is None else receipt.why_not,
            "dry_run": receipt is None,
            "problems": problem_items(outcome.problems),
            "warnings": problem_items(outcome.warnings),
        }
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        if outcome.is_repeated:
            headers["Idempotency-Replayed"] = "true"
        status = HTTPStatus.OK
        if receipt is not None:
            status = HTTPStatus.CREATED if receipt.signed else HTTPStatus.ACCEPTED
            headers["Location"] = f"{base_path(self._home)}/api/v1/entries/{where}"
        return web.Response(status=status, body=msgspec.json.encode(document), headers=headers)


def _posted(body: bytes) -> Posted:
    """Return a request from its body.

    Raises:
        JsonError: It is not JSON that anybody would read alike.
        InvalidInputError: It is no such request.
    """
    try:
        return msgspec.convert(load_json(body, LIMITS), Posted)
    except msgspec.ValidationError as error:
        place = _AT.search(str(error))
        steps = _STEP.findall(place[1]) if place else ()
        pointer = "".join(f"/{name or number}" for name, number in steps)
        fault = Problem(pointer, _AT.sub("", str(error)), "docs/api.md shows the shape.", ERROR)
        raise InvalidInputError("1 problem; nothing was published", (fault,)) from error


def _unauthorized(why: str, error: str) -> HttpProblemError:
    return HttpProblemError(401, why, {hdrs.WWW_AUTHENTICATE: f"{_REALM}{error}"})


ROUTES: Final = (
    Route(
        "/api/v1/statements",
        Statements.statements,
        Published,
        problems=(401, 403, 404, 408, 409, 413, 415, 422, 429),
        statuses=(200, 201, 202),
        method=POST,
        body=Posted,
        headers=(("Idempotency-Key", "The same request with the same key is done once, for seven days."),),
        needs_token=True,
    ),
)
"""What is answered here."""
