"""Where the files of followed logs are asked for, and how asking went.

A log has sources in an order that ``federation.sources`` gives: the origin's own places,
the URLs it was followed through, then every other followed node, which may mirror it. A
source that was asked has a row, which survives restarts and is shown to people::

    last_try  last_success  size  new  fault  file  detail  failures  next_due  etag

An origin that answers is asked at its interval and nobody beside it. While it does not, all
sources that are not backing off are asked.
"""

import random
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Final

from federation.faults import Fault, FaultKind
from federation.memory import Memory, Missed
from federation.schedule import next_due
from federation.sources import Source, sources_of
from federation.sync import Outcome

from .disputes import disputed_logs
from .home import Home
from .store.frozen import frozen_logs
from .store.logs import LogRow
from .store.restraints import unasked_logs, unblocked

State = tuple[int, int]
"""Failures in a row, and when to ask next in POSIX seconds."""

NEVER: Final[State] = (0, 0)
"""The state of a source that was not asked yet."""


def log_sources(home: Home, row: LogRow) -> tuple[Source, ...]:
    """Return every place to ask for a log, the origin's own first, those that fail later."""
    connection = home.database.connection
    followed = [
        url
        for (url,) in connection.execute(
            "SELECT url FROM source WHERE log = ? AND followed = 1 ORDER BY rowid", (row.id,)
        )
    ]
    found = sources_of(row.chain.newest, followed, peer_urls(home), allow_private=home.config.allow_private)
    open_ = frozenset(unblocked(connection, [source.prefix for source in found]))
    known = known_states(home, row)
    # Mirrors are all asked at once anyway; of the origin's places, one that works comes first.
    return tuple(
        sorted(
            (source for source in found if source.prefix in open_),
            key=lambda source: (not source.is_origin, known.get(source.prefix, NEVER)[0] * source.is_origin),
        )
    )


def is_any_due(home: Home) -> bool:
    """Report whether a round with ``only_due`` may have something to do; cheap enough for every tick."""
    connection = home.database.connection
    due = connection.execute(
        "SELECT id FROM log WHERE own = 0"
        " AND (NOT EXISTS (SELECT 1 FROM source WHERE source.log = log.id)"
        " OR EXISTS (SELECT 1 FROM source WHERE source.log = log.id AND next_due <= ?))",
        (home.now(),),
    ).fetchall()
    # What stands still is due for ever, and would have all logs looked through at every tick.
    standing = unasked_logs(connection) | frozen_logs(connection).keys() | disputed_logs(connection)
    return any(log_id not in standing for (log_id,) in due)


def remembered(home: Home) -> Memory:
    """Return what earlier processes left to remember: ETags, and since when blobs are missing."""
    connection = home.database.connection
    memory = Memory(etags=dict(connection.execute("SELECT url, etag FROM source WHERE etag IS NOT NULL")))
    rows = connection.execute(
        "SELECT origin, idx, since FROM missed JOIN log ON log.id = missed.log ORDER BY log.id, idx"
    )
    for origin, items in groupby(rows, key=itemgetter(0)):
        memory.missed[origin] = Missed((index, since) for _, index, since in items)
    return memory


def keep_missed(home: Home, row: LogRow, memory: Memory) -> None:
    """Remember since when a log's blobs are missing, within this thread's transaction."""
    connection, missed = home.database.connection, memory.missed.get(row.origin, Missed())
    known = Missed(connection.execute("SELECT idx, since FROM missed WHERE log = ? ORDER BY idx", (row.id,)))
    connection.executemany(
        "DELETE FROM missed WHERE log = ? AND idx = ?",
        ((row.id, index) for index in known if index not in missed),
    )
    connection.executemany(
        "INSERT INTO missed (log, idx, since) VALUES (?, ?, ?)"
        " ON CONFLICT (log, idx) DO UPDATE SET since = min(since, excluded.since)",
        ((row.id, index, since) for index, since in missed.items() if known.get(index) != since),
    )


def known_states(home: Home, row: LogRow) -> dict[str, State]:
    """Return failures and next_due of a log's sources, by prefix."""
    rows = home.database.connection.execute(
        "SELECT url, failures, next_due FROM source WHERE log = ?", (row.id,)
    )
    return {url: (failures, due) for url, failures, due in rows}


def peer_urls(home: Home) -> list[str]:
    """Return the addresses of followed nodes, other than this one's own and those at blocked hosts."""
    rows = home.database.connection.execute("SELECT url FROM peer ORDER BY added_at, url")
    return unblocked(home.database.connection, [url for (url,) in rows if url != home.config.address])


def is_due(sources: Iterable[Source], known: Mapping[str, State], now: int) -> bool:
    """Report whether a log's time has come: that of its origin while it answers, else of any source."""
    times = [(source.is_origin, *known.get(source.prefix, NEVER)) for source in sources]
    healthy = [due for is_origin, failures, due in times if is_origin and not failures and due]
    return any(due <= now for due in healthy or [due for _, _, due in times])


def may_ask(state: State, now: int) -> bool:
    """Report whether a source is not backing off."""
    failures, due = state
    return not failures or due <= now


def keep(home: Home, row: LogRow, outcome: Outcome, interval: int, *, etag: str | None = None) -> None:
    """Remember how one source did and when to ask it next, within this thread's transaction.

    Args:
        home: The node.
        row: The log.
        outcome: What asking came to.
        interval: Seconds until the next time, as long as it answers.
        etag: What makes the next question a conditional one.
    """
    fault, now = outcome.fault, home.now()
    failures = known_states(home, row).get(outcome.source, NEVER)[0] + 1 if is_failure(fault) else 0
    due = next_due(now, interval, failures, random.random())  # noqa: S311 - spreads load, guards nothing
    home.database.connection.execute(
        "INSERT INTO source (log, url, last_try, last_success, size, new, fault, file, detail, failures,"
        " next_due, etag) VALUES (:log, :url, :now, :success, :size, :new, :fault, :file, :detail, :failures,"
        " :due, :etag) ON CONFLICT (log, url) DO UPDATE SET last_try = :now,"
        " last_success = coalesce(:success, last_success), size = :size, new = :new, fault = :fault,"
        " file = :file, detail = :detail, failures = :failures, next_due = :due, etag = :etag",
        {
            "log": row.id,
            "url": outcome.source,
            "now": now,
            "success": None if failures else now,
            "size": outcome.size,
            "new": outcome.new,
            "fault": fault and str(fault.kind),
            "file": fault and fault.file,
            "detail": fault and fault.detail,
            "failures": failures,
            "due": due,
            "etag": etag,
        },
    )


def postpone(home: Home, row: LogRow, prefix: str, interval: int) -> None:
    """Let a source that was not needed wait as long as those that were, within this thread's transaction."""
    now = home.now()
    home.database.connection.execute(
        "UPDATE source SET next_due = ? WHERE log = ? AND url = ? AND next_due <= ?",
        (now + interval, row.id, prefix, now),
    )


def rest(home: Home, rows: Iterable[LogRow]) -> None:
    """Let the sources of logs that are not due wait with their log; they would be looked at in every tick."""
    now = home.now()
    with home.database.write() as connection:
        connection.executemany(
            # Not those that wait for news that was heard of: theirs is 0.
            "UPDATE source SET next_due = coalesce((SELECT min(next_due) FROM source AS s"
            " WHERE s.log = source.log AND s.next_due > ?2), ?3)"
            " WHERE log = ?1 AND next_due BETWEEN 1 AND ?2",
            [(row.id, now, now + home.config.sync.interval_seconds) for row in rows],
        )


def is_failure(fault: Fault | None) -> bool:
    """Report whether an outcome counts towards back-off."""
    # Who withholds a blob has handed out everything else; it is asked at its interval.
    return fault is not None and fault.kind is not FaultKind.WITHHELD
