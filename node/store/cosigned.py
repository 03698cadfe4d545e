"""The checkpoint that readers see, and the cosignatures of others on it.

It is the note of the log with the lines of log and beat, this node's mirror line, and at most fourteen more:
those of cosigners whom the operator's policy names first, then the newest. One line is kept for each
cosigner of a log, the one on the largest tree::

    cosignature:  log  vkey  name  rank  size  root  time  line
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from protocol.checkpoint import Checkpoint
from protocol.feed import note_fault
from protocol.note import Note, NoteSignature

MAX_OTHERS: Final = 14
"""Lines of other cosigners in a served checkpoint: sixteen in all are what every reader takes."""

OWN_RANK: Final = -1
"""The rank of this node's own second key: its line is never left out for others."""

RENEWAL_SECONDS: Final = 3_600
"""A newer cosignature of the same tree replaces an older one only by so much: each change is told to all."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A verified cosignature of a tree that is held.

    Attributes:
        vkey: The cosigner's verifier key.
        name: Its key name.
        rank: -1 for this node itself, 0 for those whom the operator's policy names, 1 for others.
        size: Size of the tree.
        root: Its root.
        time: POSIX seconds.
        line: The signature line.
    """

    vkey: str
    name: str
    rank: int
    size: int
    root: bytes
    time: int
    line: NoteSignature


def cosigned_by(connection: sqlite3.Connection, log_id: int) -> dict[str, tuple[int, int]]:
    """Return vkey → size and time of the cosignatures that are kept of a log."""
    rows = connection.execute("SELECT vkey, size, time FROM cosignature WHERE log = ?", (log_id,))
    return {vkey: (size, time) for vkey, size, time in rows}


def keep_cosigned(connection: sqlite3.Connection, log_id: int, found: Iterable[Cosigned]) -> None:
    """Keep verified cosignatures that are newer than those kept, and show them; in a transaction."""
    connection.executemany(
        "INSERT INTO cosignature (log, vkey, name, rank, size, root, time, line)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (log, vkey) DO UPDATE SET name = excluded.name, rank = excluded.rank,"
        " size = excluded.size, root = excluded.root, time = excluded.time, line = excluded.line"
        " WHERE excluded.size > size OR (excluded.size = size AND excluded.time > time)",
        [
            (log_id, *(each.vkey, each.name, each.rank, each.size, each.root, each.time), str(each.line))
            for each in found
        ],
    )
    show(connection, log_id)


def show(connection: sqlite3.Connection, log_id: int) -> None:
    """Let the visible checkpoint be the note with this node's line, once both are of one size."""
    shown = to_show(connection, log_id)
    if shown is not None:
        connection.execute(
            "UPDATE log SET visible = ?, visible_size = note_size WHERE id = ?", (shown, log_id)
        )


def to_show(connection: sqlite3.Connection, log_id: int) -> bytes | None:
    """Return what the visible checkpoint is to be, None while this node's line is of another size.

    Raises:
        ProtocolError: A stored note or line is damaged.
    """
    note, line = connection.execute(
        "SELECT note, CASE WHEN mirror_size = note_size THEN mirror_line ELSE '' END FROM log WHERE id = ?",
        (log_id,),
    ).fetchone()
    if not line:
        return None
    shown = Note.parse(note).with_signatures(NoteSignature.parse(line))
    checkpoint = Checkpoint.parse(shown.text)
    others = connection.execute(
        "SELECT line FROM cosignature WHERE log = ? AND size = ? AND root = ?"
        " ORDER BY rank, time DESC, vkey LIMIT ?",
        (log_id, checkpoint.size, checkpoint.root, MAX_OTHERS),
    )
    for (other,) in others.fetchall():
        longer = shown.with_signatures(NoteSignature.parse(other))
        # What fits no feed is left out; the next one may be shorter.
        shown = shown if note_fault(longer.render()) else longer
    return shown.render()
