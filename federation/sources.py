"""Where the files of a log may come from, and which source to ask next.

An origin is a name, not a place. Its files are the same wherever they lie, and are verified the same
way, so any source will do; which one is asked first is a matter of courtesy and of load: the
origin's own places, then those that the operator named, then other nodes that mirror it. What is small
comes from whoever said that it is there. What is large is shared out among all by how soon each of them
would have sent it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from math import inf

from protocol.keyset import KeySet
from protocol.origin import Origin

from .faults import Fault, FaultKind
from .limits import Limits
from .memory import Memory
from .pace import REQUEST_BYTES, server_of

_SEVERAL = 2
# How many times as slow a source counts as it is:
_COURTESY = 4  # the origin's own places, as everybody asks there, and mirrors are there to spare them
_CAUTION = 16  # who was asked and has not answered yet, in this round or lately; it may be dead
_MOST_MISSES = 10  # each file that somebody misses doubles his time; more of them mean nothing more
_PATIENCE = 4.0  # times what another source would take
_SHORTEST_PATIENCE = 0.5  # seconds; below it a pause of the line is nobody's fault


@dataclass(frozen=True, slots=True)
class Source:
    """One place that may have the files of a log.

    Attributes:
        prefix: URL before the paths, without a slash at its end.
        is_origin: The place is the origin's own, so that its answer is the newest there is.
    """

    prefix: str
    is_origin: bool = False

    def url(self, path: str) -> str:
        """Return where a file of the log lies."""
        return f"{self.prefix}/{path}"


def sources_of(
    newest: KeySet, followed: Iterable[str] = (), peers: Iterable[str] = (), *, allow_private: bool = False
) -> tuple[Source, ...]:
    """Return every place to ask for a log, the first one first, none twice.

    Args:
        newest: The newest verified key set.
        followed: Prefixes under which the operator found the log.
        peers: Base URLs of nodes that may mirror it.
        allow_private: An origin at a private literal may be asked without TLS.
    """
    origin = Origin.parse(newest.origin)
    own = list(newest.urls) or [f"https://{origin}"]
    if allow_private and not newest.urls and origin.is_ip:
        own.append(f"http://{origin}")
    found = {_trimmed(prefix): Source(_trimmed(prefix), is_origin=True) for prefix in own}
    mirrored = (mirror_prefix(peer, origin) for peer in peers)
    for prefix in (*followed, *mirrored):
        found.setdefault(_trimmed(prefix), Source(_trimmed(prefix)))
    return tuple(found.values())


def mirror_prefix(base_url: str, origin: Origin) -> str:
    """Return the prefix under which a node serves a log that it carries."""
    return f"{_trimmed(base_url)}/mirror/{origin.hash}"


class Roster:
    """The sources of one log during one round, and what is known for and against them.

    Attributes:
        sources: All of them, in order of preference.
        faults: The first fault of each source that had one.
        is_shared: Whether files are shared out among all sources, to be there soon; else they come
            from the first source that has them.
    """

    def __init__(
        self, sources: Iterable[Source], limits: Limits, memory: Memory, clock: Callable[[], float]
    ) -> None:
        """Begin a round.

        Args:
            sources: The first one first.
            limits: For patience.
            memory: How fast they were before.
            clock: Seconds that only go forward, the same for all who share the memory.
        """
        self.sources = tuple(dict.fromkeys(sources))
        self.faults: dict[Source, Fault] = {}
        self.is_shared = False
        self._limits, self._memory, self._clock = limits, memory, clock
        self._servers = {source: server_of(source.prefix) for source in self.sources}
        self._origin_servers = {self._servers[source] for source in self.sources if source.is_origin}
        self._strikes: Counter[Source] = Counter()
        self._lies: Counter[Source] = Counter()
        self._unreachable: Counter[Source] = Counter()  # times in a row
        self._misses: Counter[Source] = Counter()
        self._busy: Counter[Source] = Counter()
        self._reach: dict[Source, int] = {}
        self._proven: set[Source] = set()
        self._promised: Source | None = None

    def pick(self, tried: Collection[Source] = (), *, size: int = 0, needs: int = 0) -> Source | None:
        """Return whom to ask next for a file.

        In order: the one with the fewest faults, then the first. Shared out: of those that told no lie
        and may have it the one that would have sent it first. Servers that were asked already come last.

        Args:
            tried: Who was asked for it already.
            size: Its bytes, as far as they are known.
            needs: Size of the tree that whoever has it must hold.
        """
        left = [source for source in self.sources if source not in tried and not self.is_given_up(source)]
        if len(left) < _SEVERAL:
            return left[0] if left else None
        servers = self._servers_of(tried)
        if not self.is_shared:
            return min(left, key=lambda source: self._order(source, needs, servers))
        guess = self._guess()
        return min(left, key=lambda source: self._rank(source, size, needs, servers, guess))

    def patience(self, other: Source, size: int, needs: int, tried: Collection[Source] = ()) -> float:
        """Return for how many seconds to wait for others before this one is asked for the file as well.

        Infinite for whoever told a lie, is not known to have it, or is at a server that was asked: nobody
        else being left, they are asked when the others have failed.
        """
        is_bad = self._lies[other] or self._unreachable[other] or self._is_behind(other, needs)
        if is_bad or self._servers[other] in self._servers_of(tried):
            return inf
        pace, now = self._memory.pace(other.prefix), self._clock()
        if not self.is_shared or pace.seconds(now) is None:
            return self._limits.stall_seconds
        return max(_SHORTEST_PATIENCE, _PATIENCE * pace.finish(size, now, 0.0))

    def prefer(self, source: Source) -> None:
        """Ask this source first from now on: its checkpoint is the one being followed."""
        self._promised = source
        self._proven.add(source)
        self.sources = (source, *(other for other in self.sources if other != source))

    def begin(self, source: Source, size: int) -> int:
        """Note that a source is asked for a file of so many bytes; return the load of its server."""
        self._busy[source] += 1
        return self._memory.pace(source.prefix).begin(size)

    def end(self, source: Source, size: int) -> None:
        """Note that this question is over, whatever came of it."""
        self._busy[source] -= 1
        self._memory.pace(source.prefix).end(size)

    def delivered(self, source: Source, seconds: float, load: int) -> None:
        """Note that a source sent a file that verified, and how long that took under its load."""
        self._proven.add(source)
        self._unreachable.pop(source, None)
        self._misses[source] //= 2
        self._memory.lacking.pop(source.prefix, None)
        self._memory.pace(source.prefix).took(seconds, load, self._clock())

    def overtaken(self, source: Source, seconds: float, load: int) -> None:
        """Note that a source had not sent after so long what another one has sent meanwhile."""
        self._strikes[source] += 1
        self._memory.pace(source.prefix).lasts(seconds, load, self._clock())

    def absent(self, source: Source, path: str, needs: int = 0) -> None:
        """Note that a source does not have a file. It is a fault of whoever's checkpoint needs it.

        Args:
            source: Who was asked.
            path: The file.
            needs: Size of the tree that whoever holds it always has the file of; 0 for files that
                may be gone.
        """
        if not needs:
            self._misses[source] += 1
        else:
            self._reach[source] = min(needs, self._reach.get(source, needs))
            if source not in self._proven:
                # It may never have heard of the log.
                self._reach[source] = 0
                self._memory.lacking[source.prefix] = self._clock()
        if source == self._promised:
            self._strikes[source] += 1
            self.faults.setdefault(source, Fault(FaultKind.WITHHELD, path, "it does not have this file"))

    def incomplete(self, source: Source) -> None:
        """Note that a source has a file, and much less in it than others may have."""
        self._misses[source] += 1

    def blame(self, source: Source, fault: Fault) -> None:
        """Note a fault; the source is asked after all others from now on."""
        self.faults.setdefault(source, fault)
        self._strikes[source] += 1
        if fault.kind is FaultKind.UNREACHABLE:
            self._unreachable[source] += 1
        elif fault.kind is not FaultKind.WITHHELD:
            self._lies[source] += 1
        self._memory.pace(source.prefix).took(self._limits.answer_seconds, REQUEST_BYTES, self._clock())

    def convict(self, source: Source, fault: Fault) -> None:
        """Note that the origin signed something wrong; of all a source did this is what to show."""
        self.faults[source] = fault
        self._strikes[source] += 1
        self._lies[source] += 1

    def is_given_up(self, source: Source) -> bool:
        """Report whether a source failed to answer too often for this round."""
        return self._unreachable[source] >= self._limits.strikes

    def _servers_of(self, sources: Collection[Source]) -> set[str]:
        return {self._servers[source] for source in sources if source in self._servers}

    def _order(self, source: Source, needs: int, servers: Collection[str]) -> tuple[int, bool, bool, int]:
        is_tried = self._servers[source] in servers
        return self._strikes[source], self._is_behind(source, needs), is_tried, self._misses[source]

    def _rank(
        self, source: Source, size: int, needs: int, servers: Collection[str], guess: float
    ) -> tuple[int, bool, bool, float]:
        pace, now = self._memory.pace(source.prefix), self._clock()
        seconds = pace.finish(size, now, guess)
        if self._servers[source] in self._origin_servers:
            seconds *= _COURTESY
        if source not in self._proven and self._busy[source] and pace.seconds(now) is None:
            seconds *= _CAUTION
        seconds *= 2 ** min(self._misses[source], _MOST_MISSES)
        is_tried = self._servers[source] in servers
        return self._lies[source], self._is_behind(source, needs), is_tried, seconds

    def _guess(self) -> float:
        """Return what to think of servers of which nothing is known: that they are as good as the best."""
        now = self._clock()
        known = [self._memory.pace(source.prefix).seconds(now) for source in self.sources]
        return min((seconds for seconds in known if seconds is not None), default=1.0)

    def _is_behind(self, source: Source, needs: int) -> bool:
        """Report whether a source is known not to have a file of a tree so large."""
        if source in self._reach:
            return needs >= self._reach[source]
        return source not in self._proven and self._memory.is_lacking(source.prefix, self._clock())


def _trimmed(prefix: str) -> str:
    return prefix.rstrip("/")
