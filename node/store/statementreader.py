"""Reading one log: its head, its leaves, and which version of each statement counts."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from node.errors import NotFoundError
from protocol.errors import ProtocolError
from protocol.leaf import NEW, Leaf, Op
from protocol.merkle import leaf_hash
from protocol.replay import Void

from .database import Database
from .marks import portions
from .projection import is_statement
from .tree import TreeFiles


class StatementReader:
    """One log of the home, for reading all but its content.

    Attributes:
        database: The home's database.
        id: The log's row.
        tree: Its leaves and hashes.
    """

    def __init__(self, database: Database, directory: Path, log_id: int, origin: str) -> None:
        self.database = database
        self.id = log_id
        self.tree = TreeFiles(directory)
        self._origin = origin

    @property
    def origin(self) -> str:
        """The log's origin."""
        return self._origin

    @property
    def size(self) -> int:
        """The committed size.

        Raises:
            NotFoundError: The log was purged since it was opened.
        """
        return int(self._row(self.database.connection, "size")[0])

    @property
    def shown_size(self) -> int:
        """How far statements are shown: behind the committed size while an own head has no checkpoint.

        Raises:
            NotFoundError: The log was purged since it was opened.
        """
        return int(self._row(self.database.connection, "shown_size")[0])

    def note(self) -> bytes:
        """Return the visible checkpoint: with the lines of log, beat and mirror; empty before the first."""
        return bytes(self._row(self.database.connection, "visible")[0])

    def read_leaves(self, start: int, end: int) -> bytes:
        """Return the 64-byte leaves of [start, end) joined; shorter where fewer are stored."""
        return self.tree.read_leaves(start, end)

    def read_entries(self, start: int, end: int) -> bytes:
        """Return the leaves of [start, end) as a bundle has them, 66 bytes each."""
        return self.tree.read_entries(start, end)

    def read_hashes(self, level: int, start: int, count: int) -> bytes:
        """Return ``count`` joined hashes of a tile level from ``start``; shorter where fewer are stored."""
        return self.tree.read_hashes(level, start, count)

    def leaf(self, index: int) -> Leaf:
        """Return a stored leaf.

        Raises:
            ValueError: None is stored at that index.
        """
        data = self.tree.read_leaves(index, index + 1)
        if not data:
            raise ValueError(f"{self.origin} has no leaf {index}")
        return Leaf.parse(data)

    def commitment(self, index: int) -> bytes:
        """Return the 32-byte commitment of a stored leaf."""
        return self.leaf(index).commitment

    def tree_fault(self) -> str | None:
        """Return why the files cannot be the tree of the committed head, as a clause, or None.

        Looks at the right edge and at the last leaf, as after a restart; not at every byte.
        """
        with self.database.read() as connection:
            size, root = self._row(connection, "size, root")
        try:
            found = self.tree.edge(size).root
        except ProtocolError as error:
            return f"the stored tree is damaged: {error}"
        if found != root:
            return f"the stored tree has another root at size {size}"
        last = self.tree.read_leaves(size - 1, size) if size else b""
        if size and (not last or leaf_hash(last) != self.tree.read_hashes(0, size - 1, 1)):
            return f"the stored tree is damaged: leaf {size - 1} is not what was hashed"
        return None

    def heads(self, ids: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return the head index of each known id."""
        found: dict[bytes, int] = {}
        for some, marks in portions(ids):
            found.update(
                self.database.connection.execute(
                    f"SELECT id, idx FROM statement WHERE log = ? AND id IN ({marks})",  # noqa: S608 - marks only
                    (self.id, *some),
                )
            )
        return found

    def statement_head(self, id_: bytes) -> tuple[int, int] | None:
        """Return index and op of the newest version of a statement, or None when the id is unknown."""
        row = self.database.connection.execute(
            "SELECT idx, op FROM statement WHERE log = ? AND id = ?", (self.id, id_)
        ).fetchone()
        return None if row is None else (int(row[0]), int(row[1]))

    def statement_of(self, index: int) -> tuple[int, bytes, int] | None:
        """Return (index, id, op) when a leaf is the head of its statement."""
        leaf = self.leaf(index)
        head = self.statement_head(leaf.id) if is_statement(leaf.op) else None
        return (index, leaf.id, leaf.op) if head is not None and head[0] == index else None

    def shown_head(self, id_: bytes) -> tuple[int, int] | None:
        """Return index and op of the newest version of a statement that is shown, or None."""
        head, shown = self.statement_head(id_), self.shown_size
        if head is None or head[0] < shown:
            return head
        return next(((index, leaf.op) for index, leaf in self.versions(id_) if index < shown), None)

    def versions(self, id_: bytes) -> Iterator[tuple[int, Leaf]]:
        """Yield index and leaf of every effective version of a statement, newest first."""
        head = self.statement_head(id_)
        index = NEW if head is None else head[0]
        while index != NEW:
            leaf = self.leaf(index)
            yield index, leaf
            index = leaf.prev

    def live(self) -> Iterator[tuple[bytes, int]]:
        """Yield (id, index) of every live statement, by id."""
        return iter(
            self.database.connection.execute(
                "SELECT id, idx FROM statement WHERE log = :log AND op = 1 AND NOT EXISTS"
                " (SELECT 1 FROM erased WHERE erased.log = :log AND erased.idx = statement.idx) ORDER BY id",
                {"log": self.id},
            ).fetchall()
        )

    def is_erased(self, index: int) -> bool:
        """Report whether an effective erase leaf named this index."""
        return bool(self._indexes(self.database.connection, "erased", index, index + 1))

    def erase_reason(self, index: int) -> int | None:
        """Return the reason given for the erase of an index, or None when it is not erased."""
        row = self.database.connection.execute(
            "SELECT reason FROM erased WHERE log = ? AND idx = ?", (self.id, index)
        ).fetchone()
        return None if row is None else int(row[0])

    def erased_at(self, index: int) -> int | None:
        """Return when this node took the erase of an index, in POSIX seconds, or None if not known."""
        row = self.database.connection.execute(
            "SELECT at FROM erased WHERE log = ? AND idx = ?", (self.id, index)
        ).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def seen_at(self, start: int, end: int) -> Mapping[int, int]:
        """Return when this node took leaves of [start, end), in POSIX seconds by index, if known."""
        found: dict[int, int] = {}
        rows = self.database.connection.execute(
            "SELECT low, high, at FROM step WHERE log = ? AND low < ? AND high > ? AND at IS NOT NULL"
            " ORDER BY seq",
            (self.id, end, start),
        )
        for low, high, at in rows:
            for index in range(max(low, start), min(high, end)):
                found.setdefault(index, at)
        return found

    def is_forgotten(self, id_: bytes) -> bool:
        """Report whether the newest thing that a statement said, be it withdrawn since or not, is erased."""
        said = next((index for index, leaf in self.versions(id_) if leaf.op == Op.PUT), None)
        return said is not None and self.is_erased(said)

    def voids(self) -> tuple[Void, ...]:
        """Return the leaves without effect, in order."""
        return self._voids(self.database.connection)

    def _voids(self, connection: sqlite3.Connection) -> tuple[Void, ...]:
        rows = connection.execute("SELECT idx, reason FROM void_leaf WHERE log = ? ORDER BY idx", (self.id,))
        return tuple(Void(index, reason) for index, reason in rows)

    def _row(self, connection: sqlite3.Connection, columns: str) -> tuple[Any, ...]:
        """Return columns of the log's row."""
        row: tuple[Any, ...] | None = connection.execute(
            f"SELECT {columns} FROM log WHERE id = ?",  # noqa: S608 - our own names
            (self.id,),
        ).fetchone()
        if row is None:
            raise NotFoundError(f"log {self.origin}", hint="it was purged meanwhile")
        return row

    def _indexes(self, connection: sqlite3.Connection, table: str, start: int, end: int) -> list[int]:
        rows = connection.execute(
            f"SELECT idx FROM {table} WHERE log = ? AND idx >= ? AND idx < ? ORDER BY idx",  # noqa: S608 - our names
            (self.id, start, end),
        )
        return [index for (index,) in rows]
