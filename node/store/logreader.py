"""Reading one log with its content, without what is gone.

Gone is what its publisher erased, what was taken down here, and what was superseded for longer than it is
kept. Such a blob is never returned from here, even before it is scrubbed from its file: the database changes
in the transaction that decides it.
"""

import functools
import sqlite3
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from federation.ports import Held
from node.errors import DamagedError
from protocol.errors import MalformedError
from protocol.keyset import KeyChain
from protocol.tiles import LEAF, WIDTH

from .content import ContentFiles, contents
from .database import Database
from .gzipped import Effort, is_packed_from, packed_portions
from .moderated import TAKEDOWN, moderated
from .projection import Changes, is_statement
from .statementreader import StatementReader

_ITEM = 4  # bytes of an item's length in a content file
_GONE = (
    "SELECT idx FROM erased WHERE log = ?1 AND idx >= ?2 AND idx < ?3"
    " UNION ALL SELECT idx FROM taken_down WHERE log = ?1 AND idx >= ?2 AND idx < ?3"
    " UNION ALL SELECT idx FROM superseded WHERE log = ?1 AND idx >= ?2 AND idx < ?3 AND since IS NULL"
)


class LogReader(StatementReader):
    """One log of the home, for reading.

    Attributes:
        content_files: Its blobs, ones that are gone possibly among them; see ``each_blob``.
    """

    def __init__(self, database: Database, directory: Path, log_id: int, origin: str) -> None:
        super().__init__(database, directory, log_id, origin)
        self.content_files = ContentFiles(directory / "content")

    def held(self) -> Held:
        """Return what is verified and committed; the note is empty while an own head is unsigned."""
        with self.database.read() as connection:
            size, root, note, note_size = self._row(connection, "size, root, note, note_size")
            withheld = self._indexes(connection, "withheld", 0, size)
            chain = chain_of(read_key_notes(connection, self.id))
        return Held(chain, size, root, note if note_size == size else b"", tuple(withheld))

    def is_taken_down(self, index: int) -> bool:
        """Report whether the operator of this node took the content of a leaf down."""
        return bool(self._indexes(self.database.connection, "taken_down", index, index + 1))

    def is_gone(self, index: int) -> bool:
        """Report whether the content of a leaf is not to be kept here: erased, taken down or too old."""
        return self.database.connection.execute(_GONE, (self.id, index, index + 1)).fetchone() is not None

    def declined(self, ids: AbstractSet[bytes]) -> AbstractSet[bytes]:
        """Return those of some statements of which no content is to be fetched: they were taken down here."""
        decided = moderated(self.database.connection, self.id)
        return {id_ for id_, each in decided.items() if each.action == TAKEDOWN} & ids

    def each_blob(self, bundle: int) -> Iterator[tuple[int, bytes]]:
        """Yield the kept blobs of a bundle with their leaf indexes, in order; unverified beyond the size.

        Raises:
            DamagedError: The file does not fit the committed leaves; perhaps only after some of them.
        """
        if not self.content_files.has(bundle):
            return
        start = bundle * WIDTH
        # The size first: what a writer stages and commits meanwhile is then beyond it, and not trusted.
        trusted = max(0, min(WIDTH, self.size - start))
        leaves = self.tree.read_leaves(start, start + WIDTH)
        lengths = [int.from_bytes(leaves[at + 4 : at + 8], "big") for at in range(0, len(leaves), LEAF)]
        rows = self.database.connection.execute(_GONE, (self.id, start, start + WIDTH))
        gone = {index for (index,) in rows}
        try:
            for at, blob in self.content_files.each(bundle, lengths, trusted):
                if start + at not in gone:
                    yield start + at, blob
        except MalformedError as error:
            what = f"content of bundle {bundle} of {self.origin}"
            raise DamagedError(what, error.reason, bundle=bundle) from error

    def read_blobs(self, bundle: int) -> Mapping[int, bytes]:
        """Return all that ``each_blob`` yields: of a bundle that is known to be small."""
        return dict(self.each_blob(bundle))

    def kept_blob(self, index: int) -> bytes | None:
        """Return the blob of a committed leaf, superseded ones too, or None when it is not kept."""
        if not 0 <= index < self.size:
            return None
        found = None
        # To its end, where the checksum is.
        for at, blob in self.each_blob(index // WIDTH):
            if at == index:
                found = blob
        return found

    def current_blobs(self, bundle: int, upto: int) -> Iterator[tuple[int, bytes]]:
        """Yield the blobs of a bundle that are current, of leaves below ``upto``, with their indexes."""
        start = bundle * WIDTH
        connection = self.database.connection
        gone = {
            index
            for table in ("superseded", "void_leaf")
            for index in self._indexes(connection, table, start, start + WIDTH)
        }
        return ((index, blob) for index, blob in self.each_blob(bundle) if index < upto and index not in gone)

    def served_content(self, bundle: int, upto: int) -> bytes:
        """Return ``content/<bundle>`` for readers of a tree of size ``upto``, as a gzip body.

        A stored file in which everything is current is returned as it is. Whether one is, is seen without
        unpacking it: whoever asks verifies what it holds.

        Raises:
            DamagedError: The file had to be unpacked and does not fit the committed leaves.
        """
        start = bundle * WIDTH
        width = max(0, min(WIDTH, upto - start))
        packed = self.content_files.packed(bundle)
        if packed is not None and self._is_all_current(start, start + width, packed):
            return packed

        def current() -> Iterator[bytes]:
            return contents(((at - start, blob) for at, blob in self.current_blobs(bundle, upto)), width)

        # Comparing costs a millisecond less than packing, and the ETag of a received file stays the same.
        if packed is not None and is_packed_from(packed, current()):
            return packed
        return b"".join(packed_portions(current(), Effort.SOME))

    def _is_all_current(self, start: int, end: int, packed: bytes) -> bool:
        """Report whether a bundle's file holds the blobs of these leaves and no others, all current."""
        connection = self.database.connection
        if any(
            self._indexes(connection, table, start, end)
            for table in ("superseded", "void_leaf", "erased", "taken_down")
        ):
            return False
        leaves = self.tree.read_leaves(start, start + WIDTH)
        if len(leaves) > (end - start) * LEAF:
            # More may be arriving, in members of their own: the last one says nothing of the others.
            return False
        length = _ITEM * (end - start) + sum(
            int.from_bytes(leaves[at + 4 : at + 8], "big")
            for at in range(0, len(leaves), LEAF)
            if is_statement(leaves[at + 1])
        )
        # RFC 1952: the last four bytes are the length of what is packed.
        return int.from_bytes(packed[-4:], "little") == length

    def everything(self, verified_at: int) -> Changes:
        """Return the whole log as one step, as far as it is shown, for whoever derives rows anew."""
        with self.database.read() as connection:
            size, shown = self._row(connection, "size, shown_size")
            statements = connection.execute(
                "SELECT idx, id, op FROM statement WHERE log = ? AND idx < ? ORDER BY idx", (self.id, shown)
            ).fetchall()
            if shown < size:
                statements = sorted({*statements, *self._shown_before(shown, size)})
            erased = dict(
                connection.execute("SELECT idx, reason FROM erased WHERE log = ?", (self.id,)).fetchall()
            )
            voids = self._voids(connection)
            withheld = self._indexes(connection, "withheld", 0, size)
        return Changes(size, verified_at, tuple(statements), erased, voids, tuple(withheld), self.each_blob)

    def _shown_before(self, shown: int, size: int) -> Iterator[tuple[int, bytes, int]]:
        """Yield (index, id, op) of what is still shown of the statements that [shown, size) changes."""
        for index in range(shown, size):
            leaf = self.leaf(index)
            if is_statement(leaf.op) and (head := self.shown_head(leaf.id)) is not None:
                yield head[0], leaf.id, head[1]


def read_key_notes(connection: sqlite3.Connection, log_id: int) -> tuple[bytes, ...]:
    """Return the key-set notes of a log, version 1 first."""
    rows = connection.execute("SELECT note FROM key_set WHERE log = ? ORDER BY version", (log_id,))
    return tuple(note for (note,) in rows)


@functools.lru_cache(maxsize=4096)
def chain_of(notes: tuple[bytes, ...]) -> KeyChain:
    """Return the chain of stored key-set notes, verified once: every look at a log asks for it."""
    chain = KeyChain.start(notes[0], fingerprint=None, origin=None)
    for note in notes[1:]:
        chain = chain.extend(note)
    return chain
