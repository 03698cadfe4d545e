"""Push hints: telling peers that own logs have grown, and being told by them.

A hint (``protocol.hint``) makes a log due, and nothing else: it is asked for, verified and believed as ever.
Peers and secrets are the operator's, written down on both sides (``[[hints]]``). Nobody is told twice of one
size, and a hint that does not arrive is not sent again: peers ask by themselves a little later.
"""

import asyncio
from typing import Final

from federation.faults import FaultError
from federation.response import Post
from protocol.hint import Hint

from .contacts import HintPeer
from .errands import Errands
from .home import Home
from .observe import log
from .store.logs import LogRow

PAUSE_SECONDS: Final = 5.0
"""Between two hints about one log to one peer: what grows quickly is told of once, at its newest size."""

_ANSWER: Final = 4_096  # bytes of an answer; only its status is of interest
_MEDIA_TYPE: Final = "text/plain; charset=utf-8"


class Hinting:
    """The hints that a running node sends.

    Args:
        home: The node.
        post: An open fetcher.
    """

    def __init__(self, home: Home, post: Post) -> None:
        self._home = home
        self._post = post
        self._errands = Errands()
        self._told: dict[tuple[str, str], int] = {}
        self._waits: dict[tuple[str, str], float] = {}

    async def step(self) -> None:
        """Start telling every peer what it was not told yet."""
        self._errands.settle()
        if not self._home.config.hints:
            return
        clock = asyncio.get_running_loop().time
        published = await asyncio.to_thread(self._home.logs.published)
        for peer in self._home.config.hints:
            for _, origin, size in published:
                name = (peer.url, origin)
                is_waiting = self._errands.is_running(name) or clock() < self._waits.get(name, 0.0)
                if size > self._told.get(name, 0) and not is_waiting:
                    self._told[name] = size
                    self._waits[name] = clock() + PAUSE_SECONDS
                    self._errands.start(name, self._tell(peer, Hint(origin, size)))

    async def close(self) -> None:
        """Break off what is being sent."""
        await self._errands.close()

    async def _tell(self, peer: HintPeer, hint: Hint) -> None:
        try:
            answer = await self._post.post(
                f"{peer.url}/hint", hint.seal(peer.secret), limit=_ANSWER, media_type=_MEDIA_TYPE
            )
        except FaultError as error:
            log().info("hint lost", peer=peer.url, origin=hint.origin, fault=str(error.fault))
            return
        # 404: the peer does not follow this log, and may yet.
        say = log().debug if answer.status in (204, 404) else log().warning
        say("hinted", peer=peer.url, origin=hint.origin, size=hint.size, status=answer.status)


def take_hint(home: Home, row: LogRow, hint: Hint, url: str) -> bool:
    """Make a followed log due when a hint is news.

    Args:
        home: The node.
        row: The log.
        hint: A hint about it that one of the peers sealed.
        url: The peer's address.

    Returns:
        Whether it was news.
    """
    if hint.size <= row.size:
        return False
    with home.database.write() as connection:
        # Beside what works, what the peer itself serves: it was just heard of.
        connection.execute(
            "UPDATE source SET next_due = 0 WHERE log = ? AND (failures = 0 OR substr(url, 1, ?) = ?)",
            (row.id, len(url) + 1, f"{url}/"),
        )
    return True
