"""What goes with content that was erased: the notes about it, and what else it left in files.

An import remembers under which path and name it read an entry. When the entry is erased, that memory is
masked: salted hashes take the place of what can be read, so that the next import of the same file still
knows that this was there, and does not publish it again::

    forgotten_record:  log  id  format  source  record  digest  salt

Content that is deleted also stays a while in files which are only written anew as a whole: in segments of the
search index, and in unused parts of the database's pages. ``remains`` says that this is to be done; see
``node.forgetting``.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_SALT: Final = 16  # bytes
_MASK: Final = 16  # bytes


@dataclass(frozen=True, slots=True)
class Mask:
    """Turns what can be read into what can only be compared.

    Attributes:
        salt: 16 random bytes of one log; None leaves everything as it is.
    """

    salt: bytes | None

    def text(self, value: str) -> str:
        """Return a text masked; an empty one stays empty."""
        return value if self.salt is None or not value else self._hash(value.encode()).hex()

    def digest(self, value: bytes) -> bytes:
        """Return a digest masked; an empty one stays empty."""
        return value if self.salt is None or not value else self._hash(value)

    def record(self, written: str) -> str:
        """Return the stored form of a record's key, ``["https://…", "Name"]``, with both parts masked."""
        url, name, *rest = json.loads(written)
        return json.dumps([self.text(url), self.text(name), *rest])

    def _hash(self, value: bytes) -> bytes:
        return hashlib.blake2b(value, digest_size=_MASK, key=self.salt or b"").digest()


def mask_of(connection: sqlite3.Connection, log_id: int) -> Mask:
    """Return the mask of a log's forgotten records; one that changes nothing while there are none."""
    row = connection.execute("SELECT salt FROM forgotten_record WHERE log = ? LIMIT 1", (log_id,)).fetchone()
    return Mask(None if row is None else row[0])


def has_notes(connection: sqlite3.Connection, log_id: int) -> bool:
    """Report whether anything was noted about statements of a log; of followed ones nothing is."""
    (found,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM import_record WHERE log = ?1)"
        " OR EXISTS (SELECT 1 FROM annotation WHERE log = ?1)"
        " OR EXISTS (SELECT 1 FROM manuscript WHERE log = ?1)",
        (log_id,),
    ).fetchone()
    return bool(found)


def forget_notes(connection: sqlite3.Connection, log_id: int, ids: Iterable[bytes]) -> None:
    """Delete what this node noted about statements whose content was erased, within the transaction.

    Args:
        connection: In a transaction.
        log_id: The log's row.
        ids: Statements of which the newest thing said is erased.
    """
    keys = [(log_id, id_) for id_ in ids]
    if not keys:
        return
    connection.executemany("DELETE FROM annotation WHERE log = ? AND id = ?", keys)
    # A new version that somebody works on began as what is gone now.
    connection.executemany("DELETE FROM manuscript WHERE log = ? AND id = ? AND state <> 'sent'", keys)
    mask = Mask(mask_of(connection, log_id).salt or os.urandom(_SALT))
    for key in keys:
        row = connection.execute(
            "SELECT format, source, record, digest FROM import_record WHERE log = ? AND id = ?", key
        ).fetchone()
        if row is not None:
            format_, source, record, digest = row
            connection.execute(
                "INSERT OR REPLACE INTO forgotten_record (log, id, format, source, record, digest, salt)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *key,
                    format_,
                    mask.text(source),
                    mask.record(record),
                    mask.digest(digest or b""),
                    mask.salt,
                ),
            )
    connection.executemany("DELETE FROM import_record WHERE log = ? AND id = ?", keys)


def note_remains(connection: sqlite3.Connection) -> None:
    """Note, in the transaction that deletes content, that it may have left something in every part."""
    connection.execute("UPDATE remains SET wanted = wanted + 1")
