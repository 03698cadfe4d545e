"""How asking went, source by source: what ``rounds`` remembered, for people to read.

One line for each place that was asked for a log::

    directory.oslo.example/log/oslo/1  https://directory.oslo.example/log/oslo/1  ok since 12:00:01
    directory.oslo.example/log/oslo/1  https://lyon.example/mirror/5e0c…9b        unreachable, 3 times

A node that is asked for its feed says with each answer how large all logs are that it carries. What it says
there is newer than what its files said when they were asked for, which is seldom: both are shown with their
times.
"""

import re
import sqlite3
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Final

from .home import Home

_ASKED: Final = (
    "SELECT l.origin, l.own, l.size, s.url, s.last_try, s.last_success, s.size, s.fault, s.file, s.detail,"
    " s.failures, s.next_due, l.id FROM source s JOIN log l ON l.id = s.log ORDER BY l.origin, s.rowid"
)
_FEEDS: Final = "SELECT url, last_try, last_success, fault, detail, failures FROM neighbour"
# A tree that contradicts the one held, or that nobody signed, is no copy of it.
_CARRIED: Final = (
    "SELECT url, count(*), max(max(log.size - head.size, 0)) FROM seen_head AS head"
    " JOIN log ON log.id = head.log WHERE state IN ('agrees', 'ahead') GROUP BY url"
)
_SHOWN: Final = (
    "SELECT coalesce(last_success, seen_at), size FROM seen_head AS head LEFT JOIN neighbour USING (url)"
    " WHERE state IN ('agrees', 'ahead') AND log = ? AND url = ?"
)
_FILES: Final = re.compile(r"(.+?)/(?:mirror/[0-9a-f]{64}|log/[a-z0-9-]+/[0-9]+)")


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is remembered of one source of one log.

    Attributes:
        origin: The log.
        own: Whether it is this node's own; its sources are the nodes that may carry it.
        held: Its size here.
        source: URL prefix.
        last_try: POSIX seconds of the last question, None before the first.
        last_success: POSIX seconds of the last good answer, None before the first.
        size: Verified size after the last question, None before the first.
        fault: Name of the last question's fault, or None.
        file: The file at fault, or None.
        detail: Why, or None.
        failures: Questions in a row that failed.
        next_due: POSIX seconds when it may be asked again.
        shown: Size that the node showed last of the log, in its feed or as a carrier of an own one; None
            where this is not known.
        shown_at: POSIX seconds when it last showed that.
    """

    origin: str
    own: bool
    held: int
    source: str
    last_try: int | None
    last_success: int | None
    size: int | None
    fault: str | None
    file: str | None
    detail: str | None
    failures: int
    next_due: int
    shown: int | None = None
    shown_at: int | None = None


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is remembered of a node's feed, which tells how all logs are that it carries.

    Attributes:
        last_try: POSIX seconds of the last question.
        last_success: POSIX seconds of the last good answer, None before the first.
        fault: Name of the last question's fault, or None.
        detail: Why, or None.
        failures: Questions in a row that failed.
        carried: Logs here of which it shows the tree that is held, a beginning or more of it.
        behind: Leaves that the one of them which is shortest is short of what is held here.
    """

    last_try: int | None
    last_success: int | None
    fault: str | None
    detail: str | None
    failures: int
    carried: int
    behind: int


def asked_nodes(home: Home) -> frozenset[str]:
    """Return the addresses of the nodes of all sources; see ``node_of``."""
    rows = home.database.connection.execute("SELECT DISTINCT url FROM source")
    return frozenset(node_of(url) for (url,) in rows)


def source_states(home: Home, only: Container[str] | None = None) -> tuple[SourceState, ...]:
    """Return what is remembered of every source, by origin and in the order they became known.

    Args:
        home: The node.
        only: Addresses of the nodes whose sources are wanted; all of them without.
    """
    connection = home.database.connection
    rows = connection.execute(_ASKED).fetchall()
    states = ((log, SourceState(origin, bool(own), *rest)) for origin, own, *rest, log in rows)
    return tuple(
        _with_shown(connection, log, state)
        for log, state in states
        if only is None or node_of(state.source) in only
    )


def feed_states(home: Home) -> Mapping[str, FeedState]:
    """Return what is remembered of the feeds of nodes, by URL."""
    connection = home.database.connection
    carried = {url: (count, behind) for url, count, behind in connection.execute(_CARRIED)}
    rows = connection.execute(_FEEDS)
    found = {}
    for url, last_try, last_success, fault, detail, failures in rows:
        count, behind = carried.get(url, (0, 0))
        found[url] = FeedState(last_try, last_success, fault, detail, failures, count, behind)
    return found


def node_of(source: str) -> str:
    """Return the address that a log's files lie below: what a node's own would be, if there is one."""
    match = _FILES.fullmatch(source)
    return source if match is None else match[1]


def _with_shown(connection: sqlite3.Connection, log: int, state: SourceState) -> SourceState:
    """Return a state with what its node showed last of the log."""
    # Of somebody else's log a source's own size is not remembered, only what we held after asking it.
    asked = state.own and state.fault is None and state.size is not None
    known = [(state.last_success or 0, state.size or 0)] if asked else []
    known += connection.execute(_SHOWN, (log, node_of(state.source))).fetchall()
    at, size = max(known, default=(None, None))
    return replace(state, shown=size, shown_at=at)
