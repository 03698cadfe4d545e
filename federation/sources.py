"""Where the files of a log may come from, and which source to ask next.

An origin is a name, not a place. Its files are the same wherever they lie, and are verified the same
way, so any source will do; which one is asked first is a matter of courtesy and of load: the
origin's own places, then those that the operator named, then other nodes that mirror it. What is small
comes from whoever said that it is there. What is large is shared out among all by how soon each of them
would have sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from math import inf

from protocol.keyset import KeySet
from protocol.origin import Origin

from .faults import Fault, FaultKind
from .limits import Limits
from .memory import Memory
from .pace import REQUEST_BYTES, Pace, server_of

_SEVERAL = 2
# How many times as slow a source counts as it is:
_COURTESY = 4  # the origin's own places, as everybody asks there, and mirrors are there to spare them
_CAUTION = 16  # who was asked and has not answered yet, in this round or lately; it may be dead
_MOST_MISSES = 10  # each file that somebody misses doubles his time; more of them mean nothing more
_PATIENCE = 4.0  # times what another source would take
_SHORTEST_PATIENCE = 0.5  # seconds; below it a pause of the line is nobody's fault
_NOTHING_SENT = (FaultKind.UNREACHABLE, FaultKind.WITHHELD)


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
        spared = {server_of(source.prefix) for source in self.sources if source.is_origin}
        self._accounts = {
            source: _Account(source, memory.pace(source.prefix), server, server in spared)
            for source in self.sources
            for server in (server_of(source.prefix),)
        }
        for source in self.sources if memory.lacking else ():
            if memory.is_lacking(source.prefix, clock()):
                self._accounts[source].reach = 0
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
        accounts = self._accounts
        left = [accounts[source] for source in self.sources if source not in tried]
        left = [each for each in left if not self._is_lost(each)]
        if len(left) < _SEVERAL:
            return left[0].source if left else None
        servers = {accounts[source].server for source in tried}
        if not self.is_shared:
            return min(left, key=lambda each: each.order(needs, servers)).source
        now = self._clock()
        known = [seconds for each in left if (seconds := each.pace.seconds(now)) is not None]
        # Of whom nothing is known may be as good as the best.
        guess = min(known, default=1.0)
        return min(left, key=lambda each: each.rank(size, needs, servers, now, guess)).source

    def patience(self, other: Source, size: int, needs: int, tried: Collection[Source] = ()) -> float:
        """Return for how many seconds to wait for others before this one is asked for the file as well.

        Infinite for whoever told a lie, is not known to have it, or is at a server that was asked: nobody
        else being left, they are asked when the others have failed.
        """
        account, now = self._accounts[other], self._clock()
        is_bad = account.lies or account.unreachable or account.is_behind(needs)
        if is_bad or any(self._accounts[source].server == account.server for source in tried):
            return inf
        if not self.is_shared or account.pace.seconds(now) is None:
            return self._limits.stall_seconds
        return max(_SHORTEST_PATIENCE, _PATIENCE * account.pace.finish(size, now, 0.0))

    def prefer(self, source: Source) -> None:
        """Ask this source first from now on: its checkpoint is the one being followed."""
        self._promised = source
        self._prove(source)
        self.sources = (source, *(other for other in self.sources if other != source))

    def begin(self, source: Source, size: int) -> int:
        """Note that a source is asked for a file of so many bytes; return the load of its server."""
        account = self._accounts[source]
        account.busy += 1
        return account.pace.begin(size)

    def end(self, source: Source, size: int) -> None:
        """Note that this question is over, whatever came of it."""
        account = self._accounts[source]
        account.busy -= 1
        account.pace.end(size)

    def delivered(self, source: Source, seconds: float, load: int) -> None:
        """Note that a source sent a file that verified, and how long that took under its load."""
        account = self._prove(source)
        account.unreachable = 0
        account.misses //= 2
        account.pace.took(seconds, load, self._clock())

    def overtaken(self, source: Source, seconds: float, load: int) -> None:
        """Note that a source had not sent after so long what another one has sent meanwhile."""
        account = self._accounts[source]
        account.strikes += 1
        account.pace.lasts(seconds, load, self._clock())

    def absent(self, source: Source, path: str, needs: int = 0) -> None:
        """Note that a source does not have a file. It is a fault of whoever's checkpoint needs it.

        Args:
            source: Who was asked.
            path: The file.
            needs: Size of the tree that whoever holds it always has the file of; 0 for files that
                may be gone.
        """
        account = self._accounts[source]
        if not needs:
            account.misses += 1
        elif account.is_proven:
            account.reach = needs if account.reach is None else min(needs, account.reach)
        else:
            # It may never have heard of the log.
            account.reach = 0
            self._memory.lacking[source.prefix] = self._clock()
        if source == self._promised:
            account.strikes += 1
            self.faults.setdefault(source, Fault(FaultKind.WITHHELD, path, "it does not have this file"))

    def incomplete(self, source: Source) -> None:
        """Note that a source has a file, and much less in it than others may have."""
        self._accounts[source].misses += 1

    def blame(self, source: Source, fault: Fault) -> None:
        """Note a fault; the source is asked after all others from now on.

        The first one is what to show, unless it only did not answer, or did not have a file, and what it
        sent another time is wrong.
        """
        account = self._accounts[source]
        known = self.faults.setdefault(source, fault)
        account.strikes += 1
        if fault.kind is FaultKind.UNREACHABLE:
            account.unreachable += 1
        elif fault.kind is not FaultKind.WITHHELD:
            account.lies += 1
            if known.kind in _NOTHING_SENT:
                self.faults[source] = fault
        account.pace.took(self._limits.answer_seconds, REQUEST_BYTES, self._clock())

    def convict(self, source: Source, fault: Fault) -> None:
        """Note that the origin signed something wrong; of all a source did this is what to show."""
        self.faults[source] = fault
        self._accounts[source].strikes += 1
        self._accounts[source].lies += 1

    def is_given_up(self, source: Source) -> bool:
        """Report whether a source failed to answer too often for this round."""
        return self._is_lost(self._accounts[source])

    def _is_lost(self, account: _Account) -> bool:
        return account.unreachable >= self._limits.strikes

    def _prove(self, source: Source) -> _Account:
        account = self._accounts[source]
        if not account.is_proven:
            account.is_proven, account.reach = True, None
            self._memory.lacking.pop(source.prefix, None)
        return account


@dataclass(slots=True)
class _Account:
    """What is known for and against one source in one round.

    Attributes:
        source: The source.
        pace: Of its server.
        server: Its server.
        is_spared: Whether a place of the origin is at the same server.
        strikes: Whatever made it worse than others.
        lies: Faults but for those of not answering.
        unreachable: Times in a row that it did not answer.
        misses: Files that it did not have, or not whole; half of them are forgiven for each that it had.
        busy: Questions that it has not answered yet.
        reach: Size of the smallest tree of which it does not have a file; None while nothing is missing.
        is_proven: Whether it has the log: it showed a checkpoint or a file.
    """

    source: Source
    pace: Pace
    server: str
    is_spared: bool
    strikes: int = 0
    lies: int = 0
    unreachable: int = 0
    misses: int = 0
    busy: int = 0
    reach: int | None = None
    is_proven: bool = False

    def is_behind(self, needs: int) -> bool:
        """Report whether it is known not to have a file of a tree so large."""
        return self.reach is not None and needs >= self.reach

    def order(self, needs: int, servers: Collection[str]) -> tuple[int, bool, bool, int]:
        """Return what sorts sources of which one is asked after the other."""
        return self.strikes, self.is_behind(needs), self.server in servers, self.misses

    def rank(
        self, size: int, needs: int, servers: Collection[str], now: float, guess: float
    ) -> tuple[int, bool, bool, float]:
        """Return what sorts sources among which files are shared out: in the end, when each would send it."""
        seconds = self.pace.finish(size, now, guess)
        if self.is_spared:
            seconds *= _COURTESY
        if self.busy and not self.is_proven and self.pace.seconds(now) is None:
            seconds *= _CAUTION
        if self.misses:
            seconds *= 2 ** min(self.misses, _MOST_MISSES)
        return self.lies, self.is_behind(needs), self.server in servers, seconds


def _trimmed(prefix: str) -> str:
    return prefix.rstrip("/")
