"""The witness over HTTP (C2SP tlog-witness v1.0.0), with the one table from its errors to statuses.

::

    POST /witness/add-checkpoint                         200 and cosignature lines, or what ``STATUSES`` says
    GET  /witness/<hex SHA-256(origin)>/checkpoint       what was cosigned last, with both lines

Nobody signs in: the log's signature is what counts. Requests of a log that are validly signed are counted, as
each may cost a write to the disk; how much of all bodies is held at once is bounded.
"""

import asyncio
import re
from typing import Final

from aiohttp import web

from node.errors import NotFoundError, NotWitnessedError, WitnessConflictError
from node.home import Home
from node.store.witnessed import witnessed_note
from node.witness import cosign, open_request
from protocol.errors import InconsistentError, MalformedError, SignatureError
from protocol.witness import MAX_REQUEST, SIZE_TYPE, render_size

from .bodies import Pace, Room, read_body, too_often
from .log_files import NOTE_TYPE
from .parameters import Query, read
from .problems import HttpProblemError
from .routes import POST, Route

STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (MalformedError, 400),
    (SignatureError, 403),
    (NotWitnessedError, 403),
    (NotFoundError, 404),
    (InconsistentError, 422),
)
"""Beside these: 200, and 409 with the size that was cosigned last."""

ROOM: Final = 8_388_608
"""Bytes of bodies held at once, of all logs together: a usual one has 1 KB."""

BURST: Final = 60
"""Signed requests of one log at once."""

PER_SECOND: Final = 1.0
"""Further ones in each second."""

_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Witness:
    """Answers what lies below ``/witness/``."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._room = Room(ROOM)
        self._pace = Pace(BURST, PER_SECOND)

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        """Cosign a checkpoint that a log shows.

        Raises:
            HttpProblemError: It is not cosigned, for a reason that the status tells.
        """
        read(request, Query)
        if not self._home.config.witness.logs:
            raise HttpProblemError(404, "this node is no witness")
        try:
            with self._room.share() as take:
                answer = await self._answer(await read_body(request, MAX_REQUEST, take))
        except WitnessConflictError as error:
            return web.Response(
                status=409,
                body=render_size(error.size),
                headers={"Content-Type": SIZE_TYPE, "Cache-Control": "no-store"},
            )
        except tuple(kind for kind, _ in STATUSES) as error:
            status = next(status for kind, status in STATUSES if isinstance(error, kind))
            raise HttpProblemError(status, str(error)) from error
        return web.Response(body=answer, headers={"Content-Type": NOTE_TYPE, "Cache-Control": "no-store"})

    async def checkpoint(self, request: web.Request) -> web.Response:
        """Answer the checkpoint that was cosigned last of one log.

        Raises:
            HttpProblemError: There is none.
        """
        read(request, Query)
        name = request.match_info["hash"]
        note = await asyncio.to_thread(self._note, name) if _HASH.fullmatch(name) else None
        if note is None:
            raise HttpProblemError(404, "no log of this hash was cosigned by this witness")
        return web.Response(body=note, headers={"Content-Type": NOTE_TYPE, "Cache-Control": "no-store"})

    async def _answer(self, body: bytes) -> bytes:
        shown = await asyncio.to_thread(open_request, self._home, body)
        # Only now: nobody but the log itself can use up what it is allowed.
        if not self._pace.allows(shown.checkpoint.origin):
            raise too_often()
        return await asyncio.to_thread(cosign, self._home, shown)

    def _note(self, name: str) -> bytes | None:
        return witnessed_note(self._home.database.connection, name)


ROUTES: Final = (
    Route(
        "/witness/add-checkpoint",
        Witness.add_checkpoint,
        NOTE_TYPE,
        problems=(403, 404, 409, 413, 422, 429),
        method=POST,
    ),
    Route("/witness/{hash}/checkpoint", Witness.checkpoint, NOTE_TYPE, problems=(404,)),
)
"""What is answered here."""
