"""What the last audit of each log found (``node.audit``): whoever would sign asks here first."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was signed.

    Attributes:
        file: The file, from the home.
        place: Where in it.
        reason: What is wrong, as a clause without a full stop.
    """

    file: str
    place: str
    reason: str

    def __str__(self) -> str:
        """Return ``file: place: reason``."""
        return f"{self.file}: {self.place}: {self.reason}"


def keep_audit(
    connection: sqlite3.Connection, origin: str, now: int, size: int, findings: Sequence[Finding]
) -> None:
    """Remember what an audit found, within a transaction.

    Args:
        connection: In the transaction.
        origin: The log.
        now: POSIX seconds.
        size: The size that was audited.
        findings: What is wrong; the first one is kept.
    """
    connection.execute(
        "INSERT OR REPLACE INTO audited (log, at, size, finding)"
        " SELECT id, ?, ?, ? FROM log WHERE origin = ?",
        (now, size, str(findings[0]) if findings else None, origin),
    )


def damage_of(connection: sqlite3.Connection, log_id: int) -> str | None:
    """Return what the last audit of a log found, as a clause, or None when nothing is known to be wrong."""
    row = connection.execute("SELECT finding FROM audited WHERE log = ?", (log_id,)).fetchone()
    return None if row is None or row[0] is None else f"an audit found damage: {row[0]}"


def is_audit_due(connection: sqlite3.Connection, before: int) -> str | None:
    """Return the origin whose last audit is the oldest and from before a time, or None."""
    row = connection.execute(
        "SELECT origin FROM log LEFT JOIN audited ON audited.log = log.id"
        " WHERE log.size > 0 AND coalesce(audited.at, -1) < ? ORDER BY own DESC, audited.at LIMIT 1",
        (before,),
    ).fetchone()
    return None if row is None else str(row[0])
