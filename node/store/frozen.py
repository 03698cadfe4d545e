"""Logs that stand still because they showed two histories (``node.splits`` decides which).

A frozen log keeps its last agreed size, and every answer about it says so.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frozen:
    """A log that stands still.

    Attributes:
        evidence: Hex hash of the fork.
        size: The last agreed size.
        at: POSIX seconds since when.
    """

    evidence: str
    size: int
    at: int


def frozen_logs(connection: sqlite3.Connection) -> Mapping[int, Frozen]:
    """Return the logs that stand still, by their number in the database."""
    rows = connection.execute("SELECT log, evidence, size, at FROM frozen")
    return {log_id: Frozen(name.hex(), size, at) for log_id, name, size, at in rows}
