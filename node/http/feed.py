"""The feed: the newest checkpoint of every log that this node carries, in one small answer.

Beside it what the feed names: evidence that a log showed two histories, a file to keep.

::

    GET /checkpoints                     all of them
    GET /checkpoints?since=9f3c…-1840    those that changed since an answer with that cursor
    If-None-Match: "5d41…"               304 while nothing did
    GET /evidence/<hex SHA-256>          a fork; protocol.evidence verifies it
    GET /api/v1/heads                    the other way round: what neighbours' feeds say, for people

The database numbers the changes (``store/schema/changes.sql``), so that it does not matter which process made
them. A cursor is such a number behind a word of this process: after a restart, perhaps with a
database that was put back, old cursors are unknown and everything is told once more.
"""

import asyncio
import re
import secrets
from typing import Final

from aiohttp import web

from node.answers.listing import listed_heads
from node.answers.logshapes import Heads
from node.home import Home
from protocol.feed import MAX_BYTES, Feed, FeedItem, note_fault

from .caching import IMMUTABLE
from .documents import answer, listed_answer
from .log_files import BYTES_TYPE
from .parameters import Paged, Query, Since, read
from .problems import HttpProblemError
from .routes import Route

_ITEM: Final = 64  # bytes of an item beside its note, and more than that
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Feeds:
    """Answers ``/checkpoints``, ``/evidence/…`` and ``/api/v1/heads``.

    Args:
        home: The node.
        most: Bytes of one answer. What does not fit is told to who asks with the cursor of that answer.
    """

    def __init__(self, home: Home, *, most: int = MAX_BYTES) -> None:
        self._home = home
        self._most = most
        self._word = secrets.token_hex(6)
        self._cursor = re.compile(rf"{self._word}-(0|[1-9][0-9]{{0,17}})", re.ASCII)

    async def checkpoints(self, request: web.Request) -> web.Response:
        """Answer the feed, whole or since a cursor.

        Raises:
            HttpProblemError: Something else is asked for.
        """
        match = self._cursor.fullmatch(read(request, Since).since)
        feed = await asyncio.to_thread(self._read, int(match[1]) if match else None)
        return answer(request, feed.render(), {"Content-Type": BYTES_TYPE})

    async def evidence(self, request: web.Request) -> web.Response:
        """Answer evidence by its hash.

        Raises:
            HttpProblemError: There is none of this name.
        """
        read(request, Query)
        name = request.match_info["hash"]
        data = await asyncio.to_thread(self._find, name) if _HASH.fullmatch(name) else None
        if data is None:
            raise HttpProblemError(404, "no such evidence is known here")
        headers = {
            "Content-Type": BYTES_TYPE,
            "Content-Disposition": f'attachment; filename="{name}.fork"',
            "Cache-Control": IMMUTABLE,
        }
        return answer(request, data, headers)

    async def heads(self, request: web.Request) -> web.Response:
        """Answer a page of all heads as all neighbours see them."""
        asked = read(request, Paged)
        page = await asyncio.to_thread(listed_heads, self._home, asked.limit, asked.cursor)
        return listed_answer(request, "heads", page)

    def _find(self, name: str) -> bytes | None:
        row = self._home.database.connection.execute(
            "SELECT data FROM evidence WHERE hash = ?", (bytes.fromhex(name),)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def _read(self, since: int | None) -> Feed:
        with self._home.database.read() as connection:
            (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM feed_change").fetchone()
            is_known = since is not None and since <= last
            rows = connection.execute(
                "SELECT seq, visible, (SELECT max(version) FROM key_set WHERE key_set.log = log.id),"
                # What the log stands still for, else the newest.
                " coalesce((SELECT evidence FROM frozen WHERE frozen.log = log.id),"
                " (SELECT hash FROM evidence WHERE evidence.log = log.id"
                " ORDER BY found_at DESC, hash LIMIT 1))"
                " FROM feed_change JOIN log ON log.id = feed_change.log"
                " WHERE seq > ? AND visible <> x'' ORDER BY seq",
                (since if is_known else 0,),
            )
            items: list[FeedItem] = []
            left = self._most - _ITEM
            for seq, note, keys, evidence in rows:
                left -= len(note) + _ITEM
                if left < 0 and items:
                    last = seq - 1
                    break
                if note_fault(note) is None:
                    items.append(FeedItem(note, keys, evidence))
        return Feed.of(f"{self._word}-{last}", items, full=not is_known)


ROUTES: Final = (
    Route("/checkpoints", Feeds.checkpoints, BYTES_TYPE, Since),
    Route("/evidence/{hash}", Feeds.evidence, BYTES_TYPE, problems=(404,)),
    Route("/api/v1/heads", Feeds.heads, Heads, Paged),
)
"""What is answered here."""
