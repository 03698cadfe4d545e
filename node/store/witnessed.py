"""What this node cosigned last as a witness: one row for each log, which only ever goes on.

A step is one statement that names what it goes on from. Of several from one size, whichever process or
thread makes them, one changes the row; the others find that somebody was first.
"""

import sqlite3
from dataclasses import dataclass

from protocol.checkpoint import Checkpoint
from protocol.merkle import EMPTY_ROOT
from protocol.origin import origin_hash


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The last cosigned checkpoint of a log.

    Attributes:
        size: Its size; 0 before the first.
        root: Its root.
        time: POSIX seconds of the cosignature; 0 before the first.
        note: Its note with the log's line and the witness's; empty before the first.
    """

    size: int
    root: bytes
    time: int
    note: bytes


NOTHING = Witnessed(0, EMPTY_ROOT, 0, b"")


def last_witnessed(connection: sqlite3.Connection, origin: str) -> Witnessed:
    """Return what was cosigned last of a log."""
    row = connection.execute(
        "SELECT size, root, time, note FROM witnessed WHERE origin = ?", (origin,)
    ).fetchone()
    return NOTHING if row is None else Witnessed(*row)


def witnessed_note(connection: sqlite3.Connection, name: str) -> bytes | None:
    """Return the note that was cosigned last of the log whose origin has this hex hash, or None."""
    row = connection.execute("SELECT note FROM witnessed WHERE hash = ?", (name,)).fetchone()
    return None if row is None else bytes(row[0])


def step(
    connection: sqlite3.Connection, before: Witnessed, checkpoint: Checkpoint, time: int, note: bytes
) -> bool:
    """Go on from one checkpoint to another, in a transaction; report whether nobody else was first."""
    changed = connection.execute(
        "INSERT INTO witnessed (origin, hash, size, root, time, note)"
        " SELECT :origin, :hash, :size, :root, :time, :note"
        " WHERE :old = 0 OR EXISTS (SELECT 1 FROM witnessed WHERE origin = :origin)"
        " ON CONFLICT (origin) DO UPDATE SET size = :size, root = :root, time = :time, note = :note"
        " WHERE size = :old AND root = :old_root",
        {
            "origin": checkpoint.origin,
            "hash": origin_hash(checkpoint.origin),
            "size": checkpoint.size,
            "root": checkpoint.root,
            "time": time,
            "note": note,
            "old": before.size,
            "old_root": before.root,
        },
    ).rowcount
    return bool(changed)
