"""The rows in which a step of a log is written down: key sets, heads, and what became of leaves."""

import sqlite3
from collections.abc import Iterable

from federation.ports import Advance, ConflictError
from protocol.keyset import KeyChain
from protocol.note import Note
from protocol.tiles import WIDTH

from .database import in_order
from .marks import insert
from .moderated import take_down_versions


def record(connection: sqlite3.Connection, log_id: int, advance: Advance, now: int) -> None:
    """Write down the effect of a step, within the transaction that advances the head.

    Args:
        connection: In that transaction.
        log_id: The log's row.
        advance: The step.
        now: POSIX seconds: from here on what the step supersedes is superseded, and what it erases is erased.
    """
    record_chain(connection, log_id, advance.chain)
    ops = advance.ops
    with in_order(connection):
        insert(
            connection,
            "INSERT INTO statement (log, id, idx, op) VALUES {}"
            " ON CONFLICT (log, id) DO UPDATE SET idx = excluded.idx, op = excluded.op",
            # One by one: a first copy has a million of them.
            ((log_id, id_, index, ops[index]) for id_, index in advance.heads.items()),
        )
    # Of what came and was superseded in one step nobody asked for the content, unless it is stated here.
    new = range(advance.old_size, advance.size)
    is_here = bytearray(len(new))
    for index in advance.blobs:
        if index in new:
            is_here[index - advance.old_size] = True
    insert(
        connection,
        "INSERT INTO superseded (log, idx, since) VALUES {}",
        (
            (log_id, index, now if index < advance.old_size or is_here[index - advance.old_size] else None)
            for index in advance.superseded
        ),
    )
    connection.executemany(
        "INSERT INTO erased (log, idx, reason, at) VALUES (?, ?, ?, ?)",
        [(log_id, index, reason, now) for index, reason in advance.erased.items()],
    )
    connection.executemany(
        "INSERT INTO void_leaf (log, idx, reason) VALUES (?, ?, ?)",
        [(log_id, void.index, void.reason) for void in advance.voids],
    )
    list_for_scrub(connection, log_id, advance.erased)
    taken_down = take_down_versions(connection, log_id, advance.heads)
    if taken_down:
        # A step that was broken off before the takedown may have left content of theirs.
        list_for_scrub(connection, log_id, (*taken_down, *advance.superseded))
    _record_withheld(connection, log_id, advance)
    late = (index for index in advance.blobs if index < advance.old_size)
    connection.executemany(
        # Content of leaves that were told before, for readers of the changes (``changes``).
        "INSERT INTO step (log, low, high, arrived) VALUES (?, ?, ?, 1)",
        [(log_id, index, index + 1) for index in sorted(late)],
    )


def record_chain(connection: sqlite3.Connection, log_id: int, chain: KeyChain) -> None:
    """Write down the key sets of a log that are not written down yet, within a transaction.

    Raises:
        ConflictError: Since the caller looked, another set of some version was written down.
    """
    rows = connection.execute("SELECT note FROM key_set WHERE log = ? ORDER BY version", (log_id,))
    # Texts alone: what is written down may have been signed by other roots as well.
    pairs = zip((kept for (kept,) in rows), chain.notes, strict=False)
    if any(Note.parse(kept).text != Note.parse(note).text for kept, note in pairs):
        (size,) = connection.execute("SELECT size FROM log WHERE id = ?", (log_id,)).fetchone()
        raise ConflictError(size)
    connection.executemany(
        "INSERT OR IGNORE INTO key_set (log, version, note) VALUES (?, ?, ?)",
        [(log_id, held.version, note) for held, note in zip(chain.sets, chain.notes, strict=True)],
    )


def list_for_scrub(connection: sqlite3.Connection, log_id: int, indexes: Iterable[int]) -> None:
    """Put the content files of leaves on the list of those to be written anew, within a transaction."""
    connection.executemany(
        "INSERT OR IGNORE INTO scrub (log, bundle) VALUES (?, ?)",
        [(log_id, bundle) for bundle in {index // WIDTH for index in indexes}],
    )


def _record_withheld(connection: sqlite3.Connection, log_id: int, advance: Advance) -> None:
    """Write down which blobs are missing after a step; what others noted since it began stays."""
    rows = connection.execute("SELECT idx FROM withheld WHERE log = ?", (log_id,))
    noted = {index for (index,) in rows}.difference(advance.blobs, advance.erased, advance.superseded)
    connection.execute("DELETE FROM withheld WHERE log = ?", (log_id,))
    connection.executemany(
        # The step may have begun before somebody took the content down.
        "INSERT INTO withheld (log, idx) SELECT ?1, ?2 WHERE NOT EXISTS"
        " (SELECT 1 FROM taken_down WHERE log = ?1 AND idx = ?2)",
        [(log_id, index) for index in sorted(noted.union(advance.withheld))],
    )
