"""Slowing down whoever guesses: after some failures the next try has to wait, twice as long each time.

What is counted apart is bounded. Names that somebody gave us a list of are counted each for itself; all
others share a fixed number of counters, chosen by a hash that nobody else can compute. So no flood of names
makes anything forget, and a name that exists is slowed down exactly as one that does not.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

_FORGET_SECONDS: Final = 86_400


@dataclass(slots=True)
class _Count:
    """How often something failed, and when last."""

    failures: int = 0
    last: int = 0


class Backoff:
    """Failures by name.

    Args:
        free: Failures that cost no waiting.
        most_seconds: The longest wait.
        shared: Counters for names that are not known.
    """

    def __init__(self, free: int, most_seconds: int, shared: int = 65_536) -> None:
        self._free = free
        self._most = most_seconds
        self._size = shared
        self._secret = secrets.token_bytes(16)
        self._counts: dict[str | int, _Count] = {}

    def wait(self, name: str, now: int, *, known: bool = False) -> int:
        """Return for how many seconds a name has to wait; 0 for not at all.

        Args:
            name: What is counted.
            now: POSIX seconds.
            known: Whether it is one of a bounded number of names.
        """
        count = self._count(name, known=known)
        over = count.failures - self._free
        if over < 0 or now - count.last >= _FORGET_SECONDS:
            return 0
        # Shifted no further than matters: failures may be many.
        pause = min(self._most, 1 << min(over, 30))
        # A clock that was set back makes nobody wait longer than that.
        return max(0, min(pause, count.last + pause - now))

    def failed(self, name: str, now: int, *, known: bool = False) -> bool:
        """Count a failure, and report whether it is the one from which on tries have to wait."""
        count = self._count(name, known=known)
        if now - count.last >= _FORGET_SECONDS:
            count.failures = 0
        count.failures += 1
        count.last = now
        return count.failures == self._free

    def succeeded(self, name: str) -> None:
        """Forget the failures of a known name."""
        self._counts.pop(name, None)

    def _count(self, name: str, *, known: bool) -> _Count:
        return self._counts.setdefault(name if known else self._shared_by(name), _Count())

    def _shared_by(self, name: str) -> int:
        data = name.encode(errors="surrogatepass")
        digest = hashlib.blake2b(data, key=self._secret, digest_size=8).digest()
        return int.from_bytes(digest, "big") % self._size
