"""Writing one log: staged work, and the commit that makes it count.

The order of a step (design: own log and sync alike)::

    stage_*         bundles, tiles and blobs, beyond the committed size
    commit          1. all of it durable
                    2. head by compare-and-swap, with catalogue rows, in one transaction
                    3. blobs that are gone scrubbed from their files
    keep_note       the signed checkpoint of that size
    claim_mirror    the cosigner's memory, by compare-and-swap
    keep_cosignature  the checkpoint that readers see

A step without a checkpoint, of an own log that signs it afterwards, gets its catalogue rows with the
checkpoint that readers see: nothing is shown that no checkpoint has. What it erases is gone at once.

A kill between any two of these leaves a state that verifies, and the next step goes on from it. Staging is
``logwriter``'s part, with the lock of the one writer. That the head only moves once from each size is not
the lock's task but the statement's.
"""

import sqlite3
from array import array
from collections.abc import Callable, Collection, Iterable
from itertools import chain
from pathlib import Path

from federation.faults import Fault, FaultError, FaultKind
from federation.ports import Advance, ConflictError
from node.errors import DamagedError
from protocol.checkpoint import Checkpoint
from protocol.keyset import KeyChain
from protocol.leaf import Leaf
from protocol.note import Note, NoteSignature
from protocol.tiles import LEAF

from .cosigned import show
from .database import Database
from .forgotten import forget_notes, has_notes, note_remains
from .gzipped import Effort
from .logwriter import LogWriter
from .projection import Changes, Placed, Projection, is_statement
from .purged import came_back, purged
from .recording import record, record_chain


class LogStore(LogWriter):
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
        # Further writes of each commit's transaction, whoever makes it.
        self.with_each_commit: Callable[[sqlite3.Connection, Advance], None] = lambda *_: None

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
                changes = self._changes(connection, advance)
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
            self._show(connection)

    def keep_chain(
        self, chain: KeyChain, *, also: Callable[[sqlite3.Connection], None] | None = None
    ) -> None:
        """Store verified key sets that arrived without a larger tree.

        Args:
            chain: All of them.
            also: Further writes of the same transaction.

        Raises:
            ConflictError: Other ones arrived first.
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
            self._show(connection)

    def _show(self, connection: sqlite3.Connection) -> None:
        """Let readers see the checkpoint, if it is complete, and what it has beyond what they saw."""
        show(connection, self.id)
        shown, visible = self._row(connection, "shown_size, visible_size")
        if shown < visible:
            self._projection.apply(
                connection, self.id, self.origin, self._between(connection, shown, visible)
            )
            connection.execute("UPDATE log SET shown_size = ? WHERE id = ?", (visible, self.id))

    def _advance_head(self, connection: sqlite3.Connection, advance: Advance) -> None:
        # The safety is in the WHERE: whoever comes second changes nothing.
        changed = connection.execute(
            "UPDATE log SET size = :size, root = :root, verified_at = :now,"
            " shown_size = CASE WHEN :note = x'' THEN shown_size ELSE :size END,"
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

    def _changes(self, connection: sqlite3.Connection, advance: Advance) -> Changes:
        (shown,) = self._row(connection, "shown_size")
        # Older heads change too: by an erase, or because their blob arrived late.
        late = (index for index in advance.blobs if index < advance.old_size)
        older = {
            index
            for index in (*advance.erased, *late)
            if index < min(shown, advance.old_size) and self.statement_of(index) is not None
        }
        new: Collection[int] = advance.ops
        if older or shown < advance.size:
            # Of a first copy, which may have millions, all are shown and none is older.
            new = array("Q", chain(sorted(older), (index for index in advance.ops if index < shown)))
        return Changes(
            advance.size,
            self._now(),
            Placed(new, self.read_leaves),
            advance.erased,
            tuple(advance.voids),
            tuple(advance.withheld),
            self.each_blob,
        )

    def _between(self, connection: sqlite3.Connection, start: int, end: int) -> Changes:
        """Return what the leaves of [start, end) made of their statements, as far as nothing came later."""
        data = self.read_leaves(start, end)
        leaves = [Leaf.parse(data[at : at + LEAF]) for at in range(0, len(data), LEAF)]
        placed = {start + at: leaf for at, leaf in enumerate(leaves) if is_statement(leaf.op)}
        heads = self.heads(list({leaf.id for leaf in placed.values()}))
        statements = [
            (index, leaf.id, leaf.op) for index, leaf in placed.items() if heads.get(leaf.id) == index
        ]
        erased = dict(
            connection.execute(
                "SELECT idx, reason FROM erased WHERE log = ? AND idx >= ? AND idx < ?", (self.id, start, end)
            ).fetchall()
        )
        return Changes(self.size, self._now(), tuple(statements), erased, (), (), self.each_blob)

    def _standing(self, ids: Iterable[bytes]) -> Changes:
        """Return how statements stand, as if all of that were new."""
        heads = {id_: head for id_ in ids if (head := self.shown_head(id_)) is not None}
        statements = tuple(sorted((index, id_, op) for id_, (index, op) in heads.items()))
        reasons = {index: self.erase_reason(index) for index, _, _ in statements}
        erased = {index: reason for index, reason in reasons.items() if reason is not None}
        return Changes(self.size, self._now(), statements, erased, (), (), self.each_blob)

    def _scrub(self) -> None:
        rows = self.database.connection.execute("SELECT bundle FROM scrub WHERE log = ?", (self.id,))
        bundles = [bundle for (bundle,) in rows]
        for bundle in bundles:
            if not self._is_packed(bundle, Effort.SOME):
                self._pack_anew(bundle, Effort.SOME)
        # The catalogue's rows are gone as well; their former pages must not linger beside the file. While
        # a reader keeps them there the work is not done, and stays on the list.
        if bundles and self.database.empty_wal():
            with self.database.write() as connection:
                connection.executemany(
                    "DELETE FROM scrub WHERE log = ? AND bundle = ?",
                    [(self.id, bundle) for bundle in bundles],
                )
