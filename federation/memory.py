"""What is remembered of a log's sources between two rounds. Losing it costs requests and patience.

Whoever runs each round in a process of its own has to keep ``etags`` and ``missed`` in between: a
missing blob could else never be missing for long.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from .pace import Pace, server_of

LACKING_SECONDS: Final = 300.0
"""For so long nobody is asked first who had nothing of a log."""


class Missed(Mapping[int, int]):
    """Leaf index → when its blob was missing for the first time, in POSIX seconds: 16 bytes for each.

    A log may have a quarter of a million new leaves without content.
    """

    __slots__ = ("_indexes", "_times")

    def __init__(self, items: Iterable[tuple[int, int]] = ()) -> None:
        """Take items in ascending order of the indexes."""
        self._indexes, self._times = array("Q"), array("Q")
        for index, time in items:
            self._indexes.append(index)
            self._times.append(time)

    def __getitem__(self, index: int) -> int:
        at = bisect_left(self._indexes, index)
        if at == len(self._indexes) or self._indexes[at] != index:
            raise KeyError(index)
        return self._times[at]

    def __iter__(self) -> Iterator[int]:
        return iter(self._indexes)

    def __len__(self) -> int:
        return len(self._indexes)


@dataclass(slots=True)
class Memory:
    """Hints that make the next round cheaper; nothing in here is trusted.

    Attributes:
        etags: Source prefix → ETag of a checkpoint that had nothing new for us.
        missed: Origin → leaf index → when its blob was missing from all sources for the first time,
            in POSIX seconds; only of leaves that the log does not go on without yet.
        retries: Origin → when to ask again for its withheld blobs, in POSIX seconds.
        paces: Server, such as ``https://node.example`` → how fast it is.
        lacking: Source prefix → when it was asked last and had nothing of the log, on the clock of
            ``paces``.
    """

    etags: dict[str, str] = field(default_factory=dict)
    missed: dict[str, Missed] = field(default_factory=dict)
    retries: dict[str, int] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)
    lacking: dict[str, float] = field(default_factory=dict)

    def pace(self, prefix: str) -> Pace:
        """Return the pace of the server of a source; all logs that it carries share it."""
        return self.paces.setdefault(server_of(prefix), Pace())

    def is_lacking(self, prefix: str, now: float) -> bool:
        """Report whether a source had nothing of the log lately."""
        since = self.lacking.get(prefix)
        return since is not None and now - since < LACKING_SECONDS

    def missing_since(self, origin: str, missing: Iterable[int], size: int, now: int) -> Mapping[int, int]:
        """Note which blobs are missing now; return since when each is.

        Args:
            origin: The log.
            missing: Leaf indexes, ascending.
            size: Size at which they are missing. Nothing is learned about leaves beyond it.
            now: POSIX seconds.
        """
        before = self.missed.pop(origin, Missed())
        # A clock that was put back must not make it wait for longer.
        here = ((index, min(before.get(index, now), now)) for index in missing)
        since = Missed(chain(here, ((index, time) for index, time in before.items() if index >= size)))
        if since:
            self.missed[origin] = since
        return since
