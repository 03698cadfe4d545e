"""Where the files of a log may come from, and which source to ask next.

An origin is a name, not a place. Its files are the same wherever they lie, and are verified the same
way, so any source will do; which one is asked first is a matter of courtesy and of load: the
origin's own places, then those that the operator named, then other nodes that mirror it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from protocol.keyset import KeySet
from protocol.origin import Origin

from .faults import Fault, FaultKind


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
    """The sources of one log during one round, and what is known against them.

    Attributes:
        sources: All of them, in order of preference.
        faults: The first fault of each source that had one.
    """

    def __init__(self, sources: Iterable[Source], strikes: int) -> None:
        """Begin a round; ``strikes``: how often an unreachable source is tried."""
        self.sources = tuple(dict.fromkeys(sources))
        self.faults: dict[Source, Fault] = {}
        self._strikes = dict.fromkeys(self.sources, 0)
        self._unreachable = dict.fromkeys(self.sources, 0)
        self._promised: Source | None = None
        self._patience = strikes

    def pick(self, tried: Collection[Source] = ()) -> Source | None:
        """Return whom to ask next for a file: the one with the fewest faults, then the first.

        Args:
            tried: Who was asked for it already.
        """
        left = [source for source in self.sources if source not in tried and not self.is_given_up(source)]
        return min(left, key=self._strikes.__getitem__, default=None)

    def prefer(self, source: Source) -> None:
        """Ask this source first from now on: its checkpoint is the one being followed."""
        self._promised = source
        self.sources = (source, *(other for other in self.sources if other != source))

    def absent(self, source: Source, path: str) -> None:
        """Note that a source does not have a file. It is a fault of whoever's checkpoint needs it."""
        self._strikes[source] += 1
        if source == self._promised:
            self.faults.setdefault(source, Fault(FaultKind.WITHHELD, path, "it does not have this file"))

    def blame(self, source: Source, fault: Fault) -> None:
        """Note a fault; the source is asked after all others from now on."""
        self.faults.setdefault(source, fault)
        self._strikes[source] += 1
        if fault.kind is FaultKind.UNREACHABLE:
            self._unreachable[source] += 1

    def convict(self, source: Source, fault: Fault) -> None:
        """Note that the origin signed something wrong; of all a source did this is what to show."""
        self.blame(source, fault)
        self.faults[source] = fault

    def is_given_up(self, source: Source) -> bool:
        """Report whether a source failed to answer too often for this round."""
        return self._unreachable[source] >= self._patience


def _trimmed(prefix: str) -> str:
    return prefix.rstrip("/")
