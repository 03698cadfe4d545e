"""How fast a server answers us, as far as that was seen lately, and what it has in hand for us.

One number for each server, seconds a byte, tells when one more file would be there::

    finish = (bytes asked for and not answered + bytes of the file) * seconds a byte

What is in hand shares the server, or the line to it, so an answer that took ten seconds beside nine
others of its size counts for one second. The number is an exponentially weighted mean. A wrong answer,
or none, counts as one that took very long: the fast and the honest are found by the same number. It is
forgotten after a while, so that whoever was slow once gets another try.
"""

from __future__ import annotations

from typing import Final

REQUEST_BYTES: Final = 16_384
"""What a request costs beside the bytes of its answer, told in bytes."""

FORGET_SECONDS: Final = 600.0
"""A measurement that is older says nothing any more."""

_SHARE = 0.3  # of the newest measurement in the mean: three of them are two thirds of it


class Pace:
    """The pace of one server. All times are of one clock that only goes forward, in seconds.

    Attributes:
        load: Bytes asked for and not answered yet, of all logs, each request counted as
            ``REQUEST_BYTES`` more.
    """

    __slots__ = ("_at", "_seconds", "load")

    def __init__(self) -> None:
        """Begin without knowing anything."""
        self.load = 0
        self._seconds: float | None = None
        self._at = 0.0

    def begin(self, size: int) -> int:
        """Note that a file of so many bytes is asked for; return the load that it shares."""
        self.load += REQUEST_BYTES + size
        return self.load

    def end(self, size: int) -> None:
        """Note that a question which was begun is over, however that was."""
        self.load -= REQUEST_BYTES + size

    def took(self, seconds: float, load: int, now: float) -> None:
        """Learn from an answer.

        Args:
            seconds: How long it took.
            load: What it shared the server with, as ``begin`` returned it.
            now: The time.
        """
        known, measured = self.seconds(now), seconds / load
        self._seconds = measured if known is None else known + _SHARE * (measured - known)
        self._at = now

    def lasts(self, seconds: float, load: int, now: float) -> None:
        """Learn from an answer that had not come after so long, and is not waited for any more."""
        known = self.seconds(now)
        if known is None or seconds / load > known:
            self._seconds, self._at = seconds / load, now

    def seconds(self, now: float) -> float | None:
        """Return seconds a byte, None when nothing is known."""
        return self._seconds if now - self._at < FORGET_SECONDS else None

    def finish(self, size: int, now: float, guess: float) -> float:
        """Return in how many seconds a file would be there that is asked for now.

        Args:
            size: Its bytes.
            now: The time.
            guess: Seconds a byte, for a server of which nothing is known.
        """
        known = self.seconds(now)
        return (self.load + REQUEST_BYTES + size) * (guess if known is None else known)


def server_of(url: str) -> str:
    """Return the server of a URL, such as ``https://node.example``."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
