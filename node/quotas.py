"""How much of its limits each followed log has used, and which logs stand at one.

::

    growth      log  size  spent  at                         how much of its growth was used up, and when
    over_limit  log  measure  wanted  allowed  size  …       what was not taken, and why; until it advances

The limits and what is checked against them are in ``federation.quotas``; what the operator says of single
publishers is in the configuration (``[[quota]]``) and, before that, in ``own_limit``, see ``node.limiting``.
"""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from federation.quotas import (
    Budget,
    Excess,
    Measure,
    Quota,
    QuotaRule,
    Used,
    growth_left,
    quota_of,
    spent,
    until_left,
)
from protocol.tiles import WIDTH

from .home import Home
from .observe import log
from .store.logs import LogRow
from .store.logstore import LogStore


def budget_of(home: Home, row: LogRow, store: LogStore) -> Budget:
    """Return what a followed log may cost in this round."""
    quota = quota_for(home, row)
    growth = growth_left(_spent(home, row, quota), quota) if row.size else None

    def used() -> Used:
        (voids,) = home.database.connection.execute(
            "SELECT count(*) FROM void_leaf WHERE log = ?", (row.id,)
        ).fetchone()
        return Used(_kept_bytes(store.content_files.directory, row.size), voids)

    return Budget(quota, growth, used)


def quota_for(home: Home, row: LogRow) -> Quota:
    """Return the limits of a log."""
    rules = (*home.config.quota, *own_rules(home.database.connection))
    return quota_of(home.config.limits, rules, row.origin, row.fingerprint)


def own_rules(connection: sqlite3.Connection) -> tuple[QuotaRule, ...]:
    """Return what was said about single publishers while the node runs."""
    rows = connection.execute(
        "SELECT publisher, entries, new_entries, kept_bytes, void_leaves FROM own_limit ORDER BY publisher"
    )
    return tuple(QuotaRule(*row) for row in rows)


def settle(home: Home, row: LogRow, excesses: Sequence[Excess], *, is_current: bool) -> None:
    """Remember after a round how much a log grew, and whether it stands at a limit.

    Args:
        home: The node.
        row: The log as it was before the round.
        excesses: What was not taken, if anything.
        is_current: Whether the round brought something, or its origin has nothing that was not taken.
    """
    connection = home.database.connection
    (size,) = connection.execute("SELECT size FROM log WHERE id = ?", (row.id,)).fetchone()
    known = connection.execute("SELECT size FROM growth WHERE log = ?", (row.id,)).fetchone()
    was_paused = connection.execute("SELECT at FROM over_limit WHERE log = ?", (row.id,)).fetchone()
    is_counted = not size or (known is not None and known[0] == size)
    if is_counted and not excesses and not (was_paused and is_current):
        return
    quota = quota_for(home, row)
    used_up = _spent(home, row, quota, size)
    with home.database.write():
        if not is_counted:
            connection.execute(
                "INSERT OR REPLACE INTO growth (log, size, spent, at) VALUES (?, ?, ?, ?)",
                (row.id, size, used_up, home.now()),
            )
        if excesses:
            _pause(connection, home, row, excesses[0], until_left(used_up, excesses[0].wanted, quota))
        elif was_paused and is_current:
            connection.execute("DELETE FROM over_limit WHERE log = ?", (row.id,))
            log().info("within its limits again", origin=row.origin, size=size)


def resume(home: Home) -> tuple[str, ...]:
    """Have logs asked at once that stood at a limit which has room for them now.

    Returns:
        Their origins.
    """
    connection, now, found = home.database.connection, home.now(), []
    rows = connection.execute("SELECT log, measure, wanted, allowed, until FROM over_limit").fetchall()
    by_id = {row.id: row for row in home.logs.all()} if rows else {}
    for log_id, measure, wanted, allowed, until in rows:
        quota = quota_for(home, by_id[log_id])
        is_growth = measure == Measure.NEW
        used_up = _spent(home, by_id[log_id], quota)
        room = growth_left(used_up, quota) if is_growth else getattr(quota, measure)
        is_open = wanted <= room and (room > allowed or (until is not None and until <= now))
        if is_open:
            found.append((by_id[log_id].origin, room, log_id))
    if found:
        with home.database.write():
            for _, room, log_id in found:
                # Once: whether it fits is seen when it is asked.
                connection.execute(
                    "UPDATE over_limit SET allowed = ?, until = NULL WHERE log = ?", (room, log_id)
                )
                connection.execute("UPDATE source SET next_due = 0 WHERE log = ?", (log_id,))
    return tuple(origin for origin, _, _ in found)


def _spent(home: Home, row: LogRow, quota: Quota, size: int | None = None) -> int:
    """Return how much of its growth a log has used up now that it has a size."""
    found = home.database.connection.execute(
        "SELECT size, spent, at FROM growth WHERE log = ?", (row.id,)
    ).fetchone()
    if found is None:
        return 0
    counted, before, at = found
    return spent(before, (row.size if size is None else size) - counted, home.now() - at, quota)


def _pause(connection: sqlite3.Connection, home: Home, row: LogRow, excess: Excess, wait: int | None) -> None:
    is_new = connection.execute("SELECT 1 FROM over_limit WHERE log = ?", (row.id,)).fetchone() is None
    now = home.now()
    connection.execute(
        "INSERT INTO over_limit (log, measure, wanted, allowed, size, detail, at, until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (log) DO UPDATE SET measure = excluded.measure,"
        " wanted = excluded.wanted, allowed = excluded.allowed, size = excluded.size,"
        " detail = excluded.detail, until = excluded.until",
        (
            row.id,
            str(excess.measure),
            excess.wanted,
            excess.allowed,
            # SQLite's integers end where no log will.
            min(excess.size, 2**63 - 1),
            str(excess),
            now,
            None if wait is None or excess.measure is not Measure.NEW else now + wait,
        ),
    )
    if is_new:
        log().warning("paused at a limit", origin=row.origin, reason=str(excess))


def _kept_bytes(directory: Path, size: int) -> int:
    """Return the bytes of a log's content files; what is only staged beyond the held size is not counted."""
    total = 0
    with os.scandir(directory) as files:
        for file in files:
            bundle = file.name.partition(".")[0]
            if bundle.isdigit() and int(bundle) * WIDTH < size:
                total += file.stat().st_size
    return total
