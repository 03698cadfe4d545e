"""Targets of requests that a proxy connects: resolved here, and refused before the proxy hears of them.

Without a proxy the guard sees each address where the socket is made. With one the only socket leads to the
proxy, so every name is resolved first, and refused when we do not connect to any one of its addresses.
The proxy resolves the name once more: whoever runs it should let it refuse private addresses too.
"""

from __future__ import annotations

import asyncio
import socket

from .guard import ForbiddenAddressError, refusal

FRESH_SECONDS = 10.0
"""How long a name that was resolved need not be resolved again."""

_MOST_NAMES = 1_024


class Screen:
    """Decides which names a proxy may be asked for.

    Args:
        allow_private: Loopback and private addresses are fine.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._fine: dict[tuple[str, bool], float] = {}

    async def check(self, host: str, port: int, *, only_private: bool) -> None:
        """Return when all addresses of a host are fine.

        Args:
            host: A name or a literal address.
            port: The port that will be asked for.
            only_private: Nothing but private addresses is fine: the rule for plain http.

        Raises:
            OSError: The name has no address; ``ForbiddenAddressError`` for one that is refused.
        """
        loop = asyncio.get_running_loop()
        if self._fine.get((host, only_private), 0.0) > loop.time():
            return
        for *_, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            why = refusal(str(address[0]), allow_private=self._allow_private, only_private=only_private)
            if why is not None:
                raise ForbiddenAddressError(f"not asked for: {why}")
        if len(self._fine) >= _MOST_NAMES:
            self._fine.clear()
        self._fine[host, only_private] = loop.time() + FRESH_SECONDS
