"""What a process remembers of its sources between two rounds. Losing it costs a few requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Memory:
    """Hints that make the next round cheaper; nothing in here is trusted.

    Attributes:
        etags: Source prefix → ETag of a checkpoint that had nothing new for us.
        missed: Origin → leaf index → when its blob was missing from all sources for the first time,
            in POSIX seconds.
        retries: Origin → when to ask again for its withheld blobs, in POSIX seconds.
    """

    etags: dict[str, str] = field(default_factory=dict)
    missed: dict[str, Mapping[int, int]] = field(default_factory=dict)
    retries: dict[str, int] = field(default_factory=dict)

    def missing_since(self, origin: str, missing: Iterable[int], now: int) -> Mapping[int, int]:
        """Note which blobs are missing now; return since when each is."""
        before = self.missed.pop(origin, {})
        since = {index: before.get(index, now) for index in missing}
        if since:
            self.missed[origin] = since
        return since
