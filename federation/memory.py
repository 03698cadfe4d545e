"""What is remembered of a log's sources between two rounds. Losing it costs requests and patience.

Whoever runs each round in a process of its own has to keep ``etags`` and ``missed`` in between: a
missing blob could else never be missing for long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Memory:
    """Hints that make the next round cheaper; nothing in here is trusted.

    Attributes:
        etags: Source prefix → ETag of a checkpoint that had nothing new for us.
        missed: Origin → leaf index → when its blob was missing from all sources for the first time,
            in POSIX seconds; only of leaves that the log does not go on without yet.
        retries: Origin → when to ask again for its withheld blobs, in POSIX seconds.
    """

    etags: dict[str, str] = field(default_factory=dict)
    missed: dict[str, Mapping[int, int]] = field(default_factory=dict)
    retries: dict[str, int] = field(default_factory=dict)

    def missing_since(self, origin: str, missing: Iterable[int], size: int, now: int) -> Mapping[int, int]:
        """Note which blobs are missing now; return since when each is.

        Args:
            origin: The log.
            missing: Leaf indexes.
            size: Size at which they are missing. Nothing is learned about leaves beyond it.
            now: POSIX seconds.
        """
        before = self.missed.pop(origin, {})
        since = {index: when for index, when in before.items() if index >= size}
        # A clock that was put back must not make it wait for longer.
        since |= {index: min(before.get(index, now), now) for index in missing}
        if since:
            self.missed[origin] = since
        return since
