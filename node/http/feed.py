"""The feed: the newest checkpoint of every log that this node carries, in one small answer.

::

    GET /checkpoints                     all of them
    GET /checkpoints?since=9f3c…-1840    those that changed since an answer with that cursor
    If-None-Match: "5d41…"               304 while nothing did

The database numbers the changes (``store.schema``), so that it does not matter which process made
them. A cursor is such a number behind a word of this process: after a restart, perhaps with a
database that was put back, old cursors are unknown and everything is told once more.
"""

import asyncio
import re
import secrets
from typing import Final

from aiohttp import web

from node.home import Home
from protocol.feed import MAX_BYTES, Feed, FeedItem, note_fault

from .documents import answer
from .log_files import BYTES_TYPE
from .parameters import read_since

_ITEM: Final = 64  # bytes of an item beside its note, and more than that


class Feeds:
    """Answers ``/checkpoints``.

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
        match = self._cursor.fullmatch(read_since(request))
        feed = await asyncio.to_thread(self._read, int(match[1]) if match else None)
        return answer(request, feed.render(), {"Content-Type": BYTES_TYPE})

    def _read(self, since: int | None) -> Feed:
        with self._home.database.read() as connection:
            (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM feed_change").fetchone()
            is_known = since is not None and since <= last
            rows = connection.execute(
                "SELECT seq, visible, (SELECT max(version) FROM key_set WHERE key_set.log = log.id)"
                " FROM feed_change JOIN log ON log.id = feed_change.log"
                " WHERE seq > ? AND visible <> x'' ORDER BY seq",
                (since if is_known else 0,),
            )
            items: list[FeedItem] = []
            left = self._most - _ITEM
            for seq, note, keys in rows:
                left -= len(note) + _ITEM
                if left < 0 and items:
                    last = seq - 1
                    break
                if note_fault(note) is None:
                    items.append(FeedItem(note, keys))
        return Feed.of(f"{self._word}-{last}", items, full=not is_known)
