"""Long work that a node does beside answering: a part, then a rest, and no more once the node ends."""

import threading
import time
from typing import Final

_RESTS: Final = 3.0  # times as long as a part took: a quarter of one core is left for it


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

    def end(self) -> None:
        """Have the work end at its next rest, or in the one that it takes."""
        self._ended.set()
