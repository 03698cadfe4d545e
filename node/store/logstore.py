"""Writing one log: staged work, and the commit that makes it count.

The order of a step (design: own log and sync alike)::

    stage_*         bundles, tiles and blobs, beyond the committed size
    commit          1. all of it durable
                    2. head by compare-and-swap, with catalogue rows, in one transaction
                    3. blobs that are gone scrubbed from their files
    keep_note       the signed checkpoint of that size
    claim_mirror    the cosigner's memory, by compare-and-swap
    keep_cosignature  the checkpoint that readers see

A kill between any two of these leaves a state that verifies, and the next step goes on from it. One
writer at a time stages and commits a log (a lock file in its directory): what is staged can then not
be replaced under the feet of its commit. That the head only moves once from each size is not the
lock's task but the statement's.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Self

from federation.faults import Fault, FaultError, FaultKind
from federation.ports import Advance, ConflictError
from node.errors import DamagedError
from protocol.blob import Committer
from protocol.checkpoint import Checkpoint
from protocol.keyset import KeyChain
from protocol.merkle import HASH
from protocol.note import Note, NoteSignature
from protocol.tiles import LEAF, WIDTH

from .content import pack
from .cosigned import show
from .database import Database
from .files import PATIENCE_SECONDS, Flock, remove_leftovers
from .forgotten import forget_notes, has_notes, note_remains
from .logreader import LogReader
from .projection import Changes, Projection
from .purged import came_back, purged
from .recording import record, record_chain

_LEVEL_BITS = 8


class LogStore(LogReader):
    """The durable store of one log, own or followed: a ``federation.ports.Mirror``."""

    def __init__(
        self,
        database: Database,
        directory: Path,
        log_id: int,
        origin: str,
        *,
        projection: Projection,
        now: Callable[[], int],
    ) -> None:
        super().__init__(database, directory, log_id, origin)
        self._projection = projection
        self._now = now
        self._writer = Flock(directory / "writer")
        self._looked_at: set[int] = set()  # bundles whose content was, since this became the writer
        # Further writes of each commit's transaction, whoever makes it.
        self.with_each_commit: Callable[[sqlite3.Connection, Advance], None] = lambda *_: None

    def stage_leaves(self, start: int, leaves: bytes) -> None:
        """Write verified leaves (64 bytes each, joined) from ``start``; committed ones stay untouched."""
        self._become_writer()
        skipped = max(0, self.size - start)
        if leaves := leaves[skipped * LEAF :]:
            self.tree.write_leaves(start + skipped, leaves)

    def stage_hashes(self, level: int, start: int, hashes: bytes) -> None:
        """Write verified hashes (32 bytes each, joined) of a tile level; committed ones stay untouched."""
        self._become_writer()
        skipped = max(0, (self.size >> _LEVEL_BITS * level) - start)
        if hashes := hashes[skipped * HASH :]:
            self.tree.write_hashes(level, start + skipped, hashes)

    def stage_blobs(self, bundle: int, blobs: Mapping[int, bytes], packed: bytes | None = None) -> None:
        """Keep verified blobs of a bundle, beside those already kept; see ``federation.ports.Mirror``.

        A blob that does not belong to the leaf stored at its index is dropped: another writer
        may have committed another tail since the caller looked.
        """
        self._become_writer()
        self._looked_at.add(bundle)
        size, start = self.size, bundle * WIDTH
        if packed is not None and start >= size and not self.content_files.has(bundle):
            # A cold sync is mostly this: whole new bundles.
            self._write_content(bundle, blobs, packed)
            return
        leaves = self.tree.read_leaves(start, start + WIDTH)
        matches = Committer(self.origin).matches

        def belongs(index: int, blob: bytes) -> bool:
            at = (index - start) * LEAF
            return matches(leaves[at : at + LEAF], blob)

        # What an unfinished step left beyond the head was replaced by other leaves, perhaps.
        found = self.read_blobs(bundle)
        old = {index: blob for index, blob in found.items() if index < size or belongs(index, blob)}
        new = {
            index: blob
            for index, blob in blobs.items()
            if index >= size or (belongs(index, blob) and not self.is_gone(index))
        }
        whole = old | new
        if packed is not None and new == whole == blobs:
            self._write_content(bundle, whole, packed)
        elif whole != found:
            self._write_content(bundle, whole)
        elif whole:
            # All of it lies here already, from a step that was killed before it flushed.
            self.content_files.expect(bundle)

    def commit(self, advance: Advance, *, also: Callable[[sqlite3.Connection], None] | None = None) -> None:
        """Make staged data durable, then advance the head and the catalogue in one transaction.

        Args:
            advance: The step. Its note may be empty for an own log, which signs afterwards.
            also: Further writes of the same transaction.

        Raises:
            ConflictError: The committed size is not ``advance.old_size``.
            DamagedError: What was staged is not the tree of the new root.
            FaultError: The log was purged here, and this is less, or another tree, than was verified before.
        """
        self._become_writer()
        try:
            if self.size != advance.old_size:
                # Told apart from damage: what the first one committed stands in the files by now.
                raise ConflictError(self.size)
            if self.tree.edge(advance.size).root != advance.root:
                raise DamagedError(f"tree of {self.origin}", f"its files have another root at {advance.size}")
            came_again = self._check_purged(advance)
            self._settle_leftovers(advance)
            self.tree.flush()
            self.content_files.flush()
            with self.database.write() as connection:
                self._advance_head(connection, advance)
                self._record(connection, advance)
                changes = self._changes(advance)
                self._projection.apply(connection, self.id, self.origin, changes)
                if advance.erased:
                    ids = (
                        {self.leaf(index).id for index in advance.erased}
                        if has_notes(connection, self.id)
                        else ()
                    )
                    forget_notes(connection, self.id, filter(self.is_forgotten, ids))
                    note_remains(connection)
                if came_again:
                    came_back(connection, self.origin)
                self.with_each_commit(connection, advance)
                if also is not None:
                    also(connection)
            self._scrub()
        finally:
            self.release()

    def scrub(self) -> None:
        """Remove blobs that are gone from their files, where a kill came before that; durable on return."""
        with self.writing():
            self._scrub()

    def decide(self, write: Callable[[sqlite3.Connection], None], ids: Iterable[bytes] = ()) -> None:
        """Write down a decision about content, and derive the rows of statements anew, in one transaction.

        Args:
            write: Writes the decision. Content that it declares gone is deleted before this returns, where
                its bundles were put on the list for that (``recording.list_for_scrub``).
            ids: The statements; unknown ones have no rows.
        """
        with self.writing():
            with self.database.write() as connection:
                write(connection)
                self._projection.apply(connection, self.id, self.origin, self._standing(ids))
            self._scrub()

    def repack(self, bundle: int) -> bool:
        """Pack a content file anew if it holds its blobs in other bytes than this node packs them in.

        Returns:
            Whether it did.
        """
        if self._is_packed(bundle):
            return False
        with self.writing():
            self._write_content(bundle, self.read_blobs(bundle))
        return True

    def give_up_content(self, bundle: int, *, is_damaged: bool = False) -> bool:
        """Have the current blobs of a damaged content file fetched again: for followed logs only.

        They count as withheld until a source has given them. Nothing is done while somebody else
        writes this log.

        Args:
            bundle: The bundle.
            is_damaged: Somebody found it damaged; else it is when it does not fit its leaves.

        Returns:
            Whether the file was damaged and is gone.
        """
        if not self._writer.try_acquire():
            return False
        try:
            if not is_damaged and self._is_readable(bundle):
                return False
            start = bundle * WIDTH
            with self.database.write() as connection:
                connection.execute(
                    "INSERT OR IGNORE INTO withheld (log, idx) SELECT log, idx FROM statement AS s"
                    " WHERE log = ? AND idx >= ? AND idx < ? AND NOT EXISTS"
                    " (SELECT 1 FROM erased WHERE erased.log = s.log AND erased.idx = s.idx) AND NOT EXISTS"
                    " (SELECT 1 FROM taken_down WHERE taken_down.log = s.log AND taken_down.idx = s.idx)",
                    (self.id, start, start + WIDTH),
                )
            self.content_files.write(bundle, {})
        finally:
            self.release()
        return True

    def keep_note(self, note: bytes) -> None:
        """Replace the checkpoint note of the held size; a note of another tree is ignored.

        The visible checkpoint follows when this node has cosigned that size already.
        """
        checkpoint = Checkpoint.parse(Note.parse(note).text)
        with self.database.write() as connection:
            connection.execute(
                "UPDATE log SET note = ?, note_size = size WHERE id = ? AND size = ? AND root = ?",
                (note, self.id, checkpoint.size, checkpoint.root),
            )
            show(connection, self.id)

    def keep_chain(
        self, chain: KeyChain, *, also: Callable[[sqlite3.Connection], None] | None = None
    ) -> None:
        """Store verified key sets that arrived without a larger tree.

        Args:
            chain: All of them.
            also: Further writes of the same transaction.
        """
        with self.database.write() as connection:
            record_chain(connection, self.id, chain)
            if also is not None:
                also(connection)

    def claim_mirror(self, size: int, root: bytes) -> bool:
        """Reserve this node's cosignature for a tree, durably, before it is made.

        Returns:
            False when a larger tree, or another one of this size, was reserved before, or the
            tree is not the committed one.
        """
        with self.database.write() as connection:
            changed = connection.execute(
                "UPDATE log SET mirror_line = CASE WHEN mirror_size = :size THEN mirror_line ELSE '' END,"
                " mirror_size = :size, mirror_root = :root"
                " WHERE id = :id AND size = :size AND root = :root"
                " AND (mirror_size < :size OR (mirror_size = :size AND mirror_root = :root))",
                {"id": self.id, "size": size, "root": root},
            ).rowcount
        return changed == 1

    def keep_cosignature(self, size: int, line: NoteSignature, time: int) -> None:
        """Store this node's cosignature of a reserved tree and let readers see the checkpoint."""
        with self.database.write() as connection:
            connection.execute(
                "UPDATE log SET mirror_line = ?, mirror_time = ? WHERE id = ? AND mirror_size = ?",
                (str(line), time, self.id, size),
            )
            show(connection, self.id)

    def __enter__(self) -> Self:
        """Return the store; leaving the block gives up being the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Stop being the writer; what is staged stays as it is."""
        self._writer.release()

    def _become_writer(self) -> None:
        if not self._writer.is_held:
            self._writer.acquire(f"log {self.origin}", PATIENCE_SECONDS)
            self._looked_at.clear()
            remove_leftovers(self.content_files.directory)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the writer for a block; nobody else stages or commits meanwhile.

        Raises:
            LockedError: Another writer kept it.
        """
        self._become_writer()
        try:
            yield
        finally:
            self.release()

    def _settle_leftovers(self, advance: Advance) -> None:
        """Drop what an unfinished step left in bundles that this one staged nothing in, or make it durable.

        It was verified beside other leaves, perhaps, and would now stand beside committed ones.
        """
        for bundle in range(advance.old_size // WIDTH, -(-advance.size // WIDTH)):
            if bundle not in self._looked_at and self.content_files.has(bundle):
                self.stage_blobs(bundle, {})

    def _write_content(self, bundle: int, blobs: Mapping[int, bytes], packed: bytes | None = None) -> None:
        start = bundle * WIDTH
        self.content_files.write(bundle, {index - start: blob for index, blob in blobs.items()}, packed)

    def _advance_head(self, connection: sqlite3.Connection, advance: Advance) -> None:
        # The safety is in the WHERE: whoever comes second changes nothing.
        changed = connection.execute(
            "UPDATE log SET size = :size, root = :root, verified_at = :now,"
            " note = CASE WHEN :note = x'' THEN note ELSE :note END,"
            " note_size = CASE WHEN :note = x'' THEN note_size ELSE :size END"
            " WHERE id = :id AND size = :old",
            {
                "id": self.id,
                "old": advance.old_size,
                "size": advance.size,
                "root": advance.root,
                "note": advance.note,
                "now": self._now(),
            },
        ).rowcount
        if changed != 1:
            raise ConflictError(self.size)

    def _record(self, connection: sqlite3.Connection, advance: Advance) -> None:
        record(connection, self.id, advance, self._now())

    def _check_purged(self, advance: Advance) -> bool:
        """Refuse to go back behind what was verified before a purge; report whether there was one."""
        kept = purged(self.database.connection, self.origin)
        if kept is None:
            return False
        fault = None
        if advance.size < kept.size:
            fault = (
                f"{advance.size} entries are fewer than the {kept.size} verified before the log was purged"
            )
        elif self.tree.edge(kept.size).root != kept.root:
            fault = f"at size {kept.size} it is not the tree that was verified before the log was purged"
        if fault is not None:
            raise FaultError(Fault(FaultKind.INCONSISTENT, "checkpoint", fault))
        return True

    def _changes(self, advance: Advance) -> Changes:
        statements = {index: (index, id_, advance.ops[index]) for id_, index in advance.heads.items()}
        # Older heads change too: by an erase, or because their blob arrived late.
        late = (index for index in advance.blobs if index < advance.old_size)
        for index in (*advance.erased, *late):
            if index not in statements and (found := self.statement_of(index)) is not None:
                statements[index] = found
        return Changes(
            advance.size,
            self._now(),
            tuple(statement for _, statement in sorted(statements.items())),
            advance.erased,
            tuple(advance.voids),
            tuple(advance.withheld),
            self.read_blobs,
        )

    def _standing(self, ids: Iterable[bytes]) -> Changes:
        """Return how statements stand, as if all of that were new."""
        heads = {id_: head for id_ in ids if (head := self.statement_head(id_)) is not None}
        statements = tuple(sorted((index, id_, op) for id_, (index, op) in heads.items()))
        reasons = {index: self.erase_reason(index) for index, _, _ in statements}
        erased = {index: reason for index, reason in reasons.items() if reason is not None}
        return Changes(self.size, self._now(), statements, erased, (), (), self.read_blobs)

    def _scrub(self) -> None:
        rows = self.database.connection.execute("SELECT bundle FROM scrub WHERE log = ?", (self.id,))
        bundles = [bundle for (bundle,) in rows]
        for bundle in bundles:
            if not self._is_packed(bundle):
                self._write_content(bundle, self.read_blobs(bundle))
        # The catalogue's rows are gone as well; their former pages must not linger beside the file. While
        # a reader keeps them there the work is not done, and stays on the list.
        if bundles and self.database.empty_wal():
            with self.database.write() as connection:
                connection.executemany(
                    "DELETE FROM scrub WHERE log = ? AND bundle = ?",
                    [(self.id, bundle) for bundle in bundles],
                )

    def _is_readable(self, bundle: int) -> bool:
        try:
            self.read_blobs(bundle)
        except DamagedError:
            return False
        return True

    def _is_packed(self, bundle: int) -> bool:
        """Report whether a content file holds what is to be kept, and nothing else, as this node packs it."""
        packed, start = self.content_files.packed(bundle), bundle * WIDTH
        blobs = self.read_blobs(bundle)
        return packed is None or packed == pack({index - start: blob for index, blob in blobs.items()})
