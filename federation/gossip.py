"""What neighbours' feeds say about logs that we follow: whom to ask, and what to make of the answers.

A feed names the head of every log that its node carries. One request for each of a few neighbours thus
replaces one for each log; a log is synced when a feed shows more of it than we hold::

    few = choose(listed, followed, turn, own=own)         whom to ask
    seen = weigh(item.note, mirror, source, limits)       agrees | ahead | contradicts | unverified
    Heard(source, item.note, item.keys)                   → ``sync_log(…, heard=…)``

Nobody is believed: what counts in a feed is what the log itself signed. Pure but for the two that ask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from protocol.errors import MalformedError
from protocol.feed import Feed

from .asking import Asker
from .faults import Fault, FaultError, FaultKind, fault_of
from .known import was_root
from .limits import Limits
from .offers import Offer, open_offer
from .ports import Held, Mirror
from .response import UNCHANGED, Fetch
from .sources import Source

FEED: Final = "checkpoints"
EVIDENCE: Final = "evidence"

COVER: Final = 2
"""Neighbours that must list a log before its origin is spared: one alone could hide news."""

TURNS: Final = 64
"""Rounds within which every neighbour is asked, however many there are."""


class HeadState(StrEnum):
    """How the head that a neighbour shows relates to the tree that is held."""

    AGREES = "agrees"  # of the held tree, or of a beginning of it
    AHEAD = "ahead"
    CONTRADICTS = "contradicts"  # signed by the log, and not of the held tree
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Seen:
    """A head as a neighbour shows it.

    Attributes:
        state: How it relates to the held tree.
        offer: The verified checkpoint; None when it is none.
        detail: Why it is not verified; empty otherwise.
    """

    state: HeadState
    offer: Offer | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """News of a log that some neighbour has; a hint for ``sync_log``, which verifies it.

    Attributes:
        source: Where that neighbour serves the log.
        note: The checkpoint note.
        keys: Newest key-set version that the neighbour knows.
    """

    source: Source
    note: bytes
    keys: int


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """A neighbour's answer.

    Attributes:
        feed: What it says.
        etag: What makes the same question conditional; empty without one.
    """

    feed: Feed
    etag: str


def choose(
    listed: Mapping[str, Collection[int]],
    followed: Collection[int],
    turn: int,
    *,
    own: Mapping[str, Collection[int]] = MappingProxyType({}),
    few: int = 4,
) -> tuple[str, ...]:
    """Return whose feeds to ask for: few who cover all logs twice, and some more in turn.

    A log counts as covered by two carriers other than the node at its own host, where there are two: what
    that one shows us it may show to nobody else. Everybody is asked within ``TURNS`` turns, because of
    two who were shown the same history a third one may know better.

    Args:
        listed: Neighbour → followed logs that it listed the last time; those who were never asked list
            nothing, and are asked.
        followed: The logs that are followed.
        turn: A number that rises with each round.
        own: Neighbour → followed logs whose own node it is.
        few: So many are asked without choosing.
    """
    names = sorted(listed)
    if len(names) <= few:
        return tuple(names)
    chosen = dict.fromkeys(name for name in names if not listed[name])
    others = {name: set(listed[name]).difference(own.get(name, ())) for name in names}
    _cover(chosen, others, followed)
    _cover(chosen, listed, followed)
    step = min(TURNS, len(names))
    return tuple(chosen | dict.fromkeys(names[turn % step :: step]))


def weigh(note: bytes, mirror: Mirror, source: Source, limits: Limits) -> Seen:
    """Return what a note in a feed is worth, next to the held tree.

    Args:
        note: The note as the feed has it.
        mirror: The log's store.
        source: Where the neighbour serves the log.
        limits: The bounds.

    Raises:
        InconsistentError: The stored tree is damaged: our own disk is at fault.
    """
    held = mirror.held()
    try:
        offer = open_offer(held.chain, note, source, limits.checkpoint_bytes)
    except FaultError as error:
        return Seen(HeadState.UNVERIFIED, detail=error.fault.detail)
    if offer.size > held.size:
        return Seen(HeadState.AHEAD, offer)
    agrees = was_root(mirror, held, offer.size, offer.root)
    return Seen(HeadState.AGREES if agrees else HeadState.CONTRADICTS, offer)


def is_news(seen: Seen, keys: int, held: Held) -> bool:
    """Report whether a head is worth a sync: a larger tree, another history, or a key set unknown to us.

    Args:
        seen: The head.
        keys: Newest key-set version that the neighbour knows.
        held: What is held.
    """
    return seen.state in (HeadState.AHEAD, HeadState.CONTRADICTS) or keys > held.chain.newest.version


def is_alive(beat: int | None, now: int, stale: int, ahead: int) -> bool:
    """Report whether a heartbeat says that an origin lives.

    Args:
        beat: Its time in POSIX seconds, None without one.
        now: POSIX seconds.
        stale: Seconds after which a heartbeat is too old.
        ahead: Seconds that it may lie ahead of us.
    """
    return beat is not None and now - stale < beat <= now + ahead


async def ask_feed(
    fetch: Fetch, url: str, limits: Limits, *, cursor: str = "", etag: str = ""
) -> FeedAnswer | None:
    """Ask one neighbour for its feed.

    Args:
        fetch: The bounded fetcher.
        url: The neighbour's address.
        limits: The bounds.
        cursor: Of its last answer; empty to be told everything.
        etag: Of its last answer.

    Returns:
        The answer, or None when nothing changed since.

    Raises:
        FaultError: It has no feed, or none that can be read.
    """
    source = Source(url.rstrip("/"))
    path = f"{FEED}?since={cursor}" if cursor else FEED
    headers = {"If-None-Match": etag} if etag else {}
    asker = Asker(fetch, (source,), limits)
    response = await asker.get(source, path, limits.feed_bytes, gzip=True, headers=headers)
    if response is None:
        raise FaultError(Fault(FaultKind.UNREACHABLE, FEED, "it has no feed"))
    if response.status == UNCHANGED:
        return None
    try:
        feed = Feed.parse(response.body)
    except MalformedError as error:
        raise FaultError(fault_of(error, FEED)) from error
    found = response.headers.get("etag", "")
    is_fit = len(found) <= limits.etag_chars and found.isascii() and found.isprintable()
    return FeedAnswer(feed, found if is_fit else "")


async def ask_evidence(fetch: Fetch, url: str, name: bytes, limits: Limits) -> bytes:
    """Ask a neighbour for evidence that its feed names; what it proves is unverified.

    Args:
        fetch: The bounded fetcher.
        url: The neighbour's address.
        name: SHA-256 of the evidence.
        limits: The bounds.

    Raises:
        FaultError: It does not have it, or hands out something else.
    """
    source, path = Source(url.rstrip("/")), f"{EVIDENCE}/{name.hex()}"
    response = await Asker(fetch, (source,), limits).get(source, path, limits.evidence_bytes, gzip=True)
    if response is None:
        raise FaultError(Fault(FaultKind.WITHHELD, path, "it names this evidence and does not have it"))
    if sha256(response.body).digest() != name:
        raise FaultError(Fault(FaultKind.INCONSISTENT, path, "it does not hash to its name"))
    return response.body


def _cover(chosen: dict[str, None], listed: Mapping[str, Collection[int]], followed: Collection[int]) -> None:
    """Choose more neighbours until all logs are listed twice, or as often as can be."""
    left = {name: set(logs) for name, logs in listed.items()}
    seen = Counter(log for name in chosen for log in left.pop(name))
    while missing := {log for log in followed if seen[log] < COVER}:
        best = max(left, key=lambda name: len(left[name] & missing), default=None)
        if best is None or not left[best] & missing:
            break
        chosen[best] = None
        seen.update(left.pop(best))
