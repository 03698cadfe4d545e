"""What happened, in order: a hash of all of it, and the last events to be shown."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from typing import Final

_SHOWN: Final = 60


class Trace:
    """Takes one line for each event.

    Attributes:
        last: The newest lines.
        events: How many there were.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.last: deque[str] = deque(maxlen=_SHOWN)
        self.events = 0
        self._clock = clock
        self._hash = hashlib.sha256()

    def add(self, *words: object) -> None:
        line = f"{self._clock():12.3f} " + " ".join(map(str, words))
        self._hash.update(line.encode() + b"\n")
        self.last.append(line)
        self.events += 1

    @property
    def digest(self) -> str:
        """Hex SHA-256 of all lines so far."""
        return self._hash.hexdigest()
