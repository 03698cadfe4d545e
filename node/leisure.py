"""Long work that a node does beside answering: in parts, perhaps with rests, and none once the node ends."""

import threading
import time
from collections.abc import Callable
from typing import Final

_RESTS: Final = 3.0  # times as long as a part took: a quarter of one core is left for it


GoOn = Callable[[], None]
"""Called after each part of long work, which ends by what it raises."""


def always() -> None:
    """Go on at once: for work that nobody ends."""


class EndedError(Exception):
    """Whoever wanted the work wants it no more."""


class Leisure:
    """The pace of one piece of work, which is cut into parts of some milliseconds.

    Answers, and whatever else the machine is for, are not kept waiting for long, and a node that is told to
    end does not wait for work that takes minutes.
    """

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._begun = time.monotonic()

    def rest(self) -> None:
        """Rest after a part, in the thread that does the work; it may go on then.

        Raises:
            EndedError: ``end`` was called.
        """
        if self._ended.wait(_RESTS * (time.monotonic() - self._begun)):
            raise EndedError
        self._begun = time.monotonic()

    def go_on(self) -> None:
        """Go on after a part without a rest: for work that somebody waits for.

        Raises:
            EndedError: ``end`` was called.
        """
        if self._ended.is_set():
            raise EndedError

    def end(self) -> None:
        """Have the work end after the part that it is at, or in the rest that it takes."""
        self._ended.set()
