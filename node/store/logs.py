"""The logs of this home: own ones and followed ones, in one table and one shape.

Each has a directory of its own, named after the hash of its origin, with the files that
``tree`` and ``content`` describe::

    logs/5e0c…9b/entries  hashes.0  hashes.1  content/0.gz  writer
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from node.errors import DamagedError, InvalidInputError, LockedError, NotFoundError
from protocol.keyset import KeyChain
from protocol.merkle import EMPTY_ROOT
from protocol.origin import origin_hash

from .database import Database
from .files import flush_directory
from .logreader import chain_of, read_key_notes
from .logstore import LogStore
from .projection import Projection
from .purged import purged

# In the order of LogRow's fields.
_COLUMNS = (
    "id, origin, hash, own, fingerprint, size, root, visible, visible_size, note, note_size,"
    " mirror_time, unlocked_size, verified_at"
)


@dataclass(frozen=True, slots=True)
class LogRow:
    """What is known of one log, read in one moment.

    Attributes:
        id: Its number in this database; it means nothing elsewhere.
        origin: Its name.
        hash: Hex SHA-256 of the origin: its directory here and at every mirror.
        own: Whether this node publishes it.
        fingerprint: The pinned identity, 64 hex digits.
        size: The head: what is verified, durable and in the catalogue.
        root: 32-byte root at ``size``.
        note: The visible checkpoint, with this node's mirror line; empty before the first.
        visible_size: Size of ``note``; between append and signature it is behind ``size``.
        signed: The newest signed checkpoint, with the lines of log and beat only.
        signed_size: Size of ``signed``.
        mirror_time: POSIX seconds of this node's cosignature; 0 before the first.
        unlocked_size: Where an operator vouched for the head, if ever.
        verified_at: POSIX seconds of the last step, or None.
        key_notes: The key-set notes, version 1 first.
    """

    id: int
    origin: str
    hash: str
    own: bool
    fingerprint: str
    size: int
    root: bytes
    note: bytes
    visible_size: int
    signed: bytes
    signed_size: int
    mirror_time: int
    unlocked_size: int | None
    verified_at: int | None
    key_notes: tuple[bytes, ...]

    @property
    def chain(self) -> KeyChain:
        """The verified key sets."""
        return chain_of(self.key_notes)


class Logs:
    """All logs of one home.

    Attributes:
        database: The home's database.
        directory: Where the logs' directories are.
    """

    def __init__(
        self,
        database: Database,
        directory: Path,
        *,
        projection: Projection,
        now: Callable[[], int],
    ) -> None:
        self.database = database
        self.directory = directory
        self._now = now
        self._projection = projection

    def all(self) -> tuple[LogRow, ...]:
        """Return every log, by origin."""
        return self._select("ORDER BY origin", ())

    def get(self, origin: str) -> LogRow | None:
        """Return the log of an origin, or None when it is neither own nor followed."""
        return next(iter(self._select("WHERE origin = ?", (origin,))), None)

    def by_hash(self, hex_hash: str) -> LogRow | None:
        """Return the log with this origin hash, or None."""
        return next(iter(self._select("WHERE hash = ?", (hex_hash,))), None)

    def published(self) -> list[tuple[int, str, int]]:
        """Return number, origin and visible size of each own log that readers see, by origin."""
        return self.database.connection.execute(
            "SELECT id, origin, visible_size FROM log WHERE own = 1 AND visible_size > 0 ORDER BY origin"
        ).fetchall()

    def has_files(self, origin: str) -> bool:
        """Report whether leaves of an origin are stored, be it a log that the database knows or not."""
        return (self.directory / origin_hash(origin) / "entries").exists()

    def store(self, origin: str) -> LogStore:
        """Return the store of a log.

        Raises:
            NotFoundError: It is neither own nor followed.
        """
        row = self.database.connection.execute(
            "SELECT id, hash FROM log WHERE origin = ?", (origin,)
        ).fetchone()
        if row is None:
            raise NotFoundError(f"log {origin}", hint="`fedcat log list` shows the logs of this node")
        log_id, name = row
        return LogStore(
            self.database,
            self.directory / name,
            log_id,
            origin,
            projection=self._projection,
            now=self._now,
        )

    def add(
        self,
        chain: KeyChain,
        own: bool,
        *,
        also: Callable[[sqlite3.Connection, int], None] | None = None,
    ) -> LogStore:
        """Start an empty log with a pinned identity; one that is here already stays as it is.

        Args:
            chain: Its verified key sets.
            own: Whether this node publishes it.
            also: Further writes of the same transaction, given the row's id.

        Raises:
            InvalidInputError: The origin is, or was before a purge, known here with another fingerprint or
                with newer key sets.
        """
        self._check_purged(chain)
        name = origin_hash(chain.origin)
        content = self.directory / name / "content"
        content.mkdir(parents=True, exist_ok=True)
        for path in (content.parent, self.directory, self.directory.parent):
            flush_directory(path)
        with self.database.write() as connection:
            added = connection.execute(
                # Whoever still has a purged log open must not write into another one by its number.
                "INSERT OR IGNORE INTO log (id, origin, hash, own, fingerprint, root, added_at)"
                " VALUES ((SELECT 1 + max(id) FROM (SELECT id FROM log UNION ALL SELECT log FROM purged)),"
                " ?, ?, ?, ?, ?, ?)",
                (chain.origin, name, own, chain.fingerprint, EMPTY_ROOT, self._now()),
            )
            if added.rowcount:
                log_id = int(added.lastrowid or 0)
                connection.executemany(
                    "INSERT INTO key_set (log, version, note) VALUES (?, ?, ?)",
                    [
                        (log_id, held.version, note)
                        for held, note in zip(chain.sets, chain.notes, strict=True)
                    ],
                )
                if also is not None:
                    also(connection, log_id)
        row = self.get(chain.origin)
        if row is None or row.fingerprint != chain.fingerprint:
            raise _other_fingerprint(chain.origin)
        return self.store(chain.origin)

    def _check_purged(self, chain: KeyChain) -> None:
        kept = purged(self.database.connection, chain.origin)
        if kept is None:
            return
        if kept.fingerprint != chain.fingerprint:
            raise _other_fingerprint(chain.origin)
        if kept.version > chain.newest.version:
            raise InvalidInputError(
                f"{chain.origin} had key set {kept.version} when it was purged here, this source shows"
                f" {chain.newest.version}",
                hint="follow it from another source",
            )

    def scrub(self) -> None:
        """Remove content that is gone where a kill, or a reader, came in between; durable on return.

        Raises:
            LockedError: Another process kept writing a log; the others are done.
            DamagedError: A content file cannot be read; everything else is done.
        """
        rows = self.database.connection.execute(
            "SELECT origin FROM log WHERE id IN (SELECT log FROM scrub) ORDER BY origin"
        )
        left: LockedError | DamagedError | None = None
        for (origin,) in rows.fetchall():
            try:
                self.store(origin).scrub()
            except (LockedError, DamagedError) as error:
                left = error
        if left is not None:
            raise left

    def _select(self, condition: str, parameters: tuple[str, ...]) -> tuple[LogRow, ...]:
        with self.database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM log {condition}",  # noqa: S608 - our own words
                parameters,
            ).fetchall()
            return tuple(
                LogRow(*(*row[:3], bool(row[3]), *row[4:], read_key_notes(connection, row[0])))
                for row in rows
            )


def _other_fingerprint(origin: str) -> InvalidInputError:
    return InvalidInputError(
        f"{origin} is known here with another fingerprint",
        hint="a publisher that lost its root key must be told apart by people: compare fingerprints",
    )
