"""Push hints over HTTP: whoever shares a secret with this node may tell it that a log has grown.

::

    POST /hint      three lines (``protocol.hint``)      204: the log is asked about now, if it was news

A flood is refused before its bodies are read, whoever sends it; a hint that is lost that way costs one poll
interval.
"""

import asyncio
from typing import Final

from aiohttp import web

from node.errors import NotFoundError
from node.hints import take_hint
from node.home import Home
from protocol.errors import MalformedError, SignatureError
from protocol.hint import MAX_HINT, open_hint

from .bodies import Pace, read_body, too_often
from .parameters import Query, read
from .problems import HttpProblemError
from .routes import POST, Route

BURST: Final = 100
"""Hints of all peers at once."""

PER_SECOND: Final = 20.0
"""Further ones in a second."""

LOG_BURST: Final = 5
"""Hints about one log at once; a further one each five seconds."""

LOG_PER_SECOND: Final = 0.2


class Hints:
    """Answers ``/hint``."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._pace = Pace(BURST, PER_SECOND)
        self._logs = Pace(LOG_BURST, LOG_PER_SECOND)

    async def hint(self, request: web.Request) -> web.Response:
        """Take a hint.

        Raises:
            HttpProblemError: It is none, by nobody who is known, about no log that is followed, or too many.
        """
        read(request, Query)
        peers = self._home.config.hints
        if not peers:
            raise HttpProblemError(404, "this node takes no hints")
        if not self._pace.allows():
            raise too_often()
        body = await read_body(request, MAX_HINT)
        try:
            hint, place = open_hint(body, [peer.secret for peer in peers])
        except MalformedError as error:
            raise HttpProblemError(400, str(error)) from error
        except SignatureError as error:
            raise HttpProblemError(403, str(error)) from error
        row = await asyncio.to_thread(self._home.logs.get, hint.origin)
        if row is None or row.own:
            raise NotFoundError("a followed log of this origin")
        if not self._logs.allows(hint.origin):
            raise too_often(5)
        await asyncio.to_thread(take_hint, self._home, row, hint, peers[place].url)
        return web.Response(status=204)


ROUTES: Final = (Route("/hint", Hints.hint, None, problems=(403, 404, 413, 429), method=POST),)
"""What is answered here."""
