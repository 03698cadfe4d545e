"""What changes in the catalogue when a log advances.

The head of a log and the rows derived from it change in one transaction: ``LogStore.commit``
hands every ``Projection`` the ``Changes`` of its step. The same values describe a whole log
(``LogReader.everything``), which is how ``db rebuild`` starts anew.
"""

import math
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Protocol

import msgspec

from protocol.leaf import Op, ops_and_ids
from protocol.replay import Void
from protocol.tiles import WIDTH

_END: Final[tuple[float, bytes]] = math.inf, b""


class Current(msgspec.Struct, frozen=True):
    """What now stands for one statement; costs little to make and to hand to another process.

    Attributes:
        id: 16 bytes.
        index: The head of the id.
        op: ``Op.PUT`` or ``Op.WITHDRAW``.
        blob: Salt and payload; None when it is erased or no source had it yet.
        is_erased: Whether the publisher erased it.
    """

    id: bytes
    index: int
    op: int
    blob: bytes | None
    is_erased: bool


class Statements(Protocol):
    """(index, id, op) of statements, by index."""

    def __iter__(self) -> Iterator[tuple[int, bytes, int]]:
        """Yield them, each time from the first."""
        ...

    def __len__(self) -> int:
        """Return how many there are."""
        ...


@dataclass(frozen=True, slots=True)
class Placed:
    """Statements of which only the places are held: what else there is to say, their leaves say.

    A first copy has a million of them; as tuples they take ten times as much memory.

    Attributes:
        indexes: Of leaves that are put or withdraw, ascending.
        read: Given start and end, the leaves between them, joined.
    """

    indexes: Collection[int]
    read: Callable[[int, int], bytes]

    def __iter__(self) -> Iterator[tuple[int, bytes, int]]:
        """Yield (index, id, op) of each, reading the leaves of a bundle at once."""
        for bundle, members in groupby(self.indexes, key=lambda index: index // WIDTH):
            start = bundle * WIDTH
            said = list(ops_and_ids(self.read(start, start + WIDTH)))
            for index in members:
                op, id_ = said[index - start]
                yield index, id_, op

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.indexes)


@dataclass(frozen=True, slots=True)
class Changes:
    """One step of a log, as its catalogue sees it.

    Attributes:
        size: Size of the log after it.
        verified_at: POSIX seconds.
        statements: (index, id, op) of every statement whose current state changed, by index:
            new heads, heads that were erased, blobs that arrived late.
        erased: Those of the indexes above that are erased → reason.
        voids: New leaves without effect.
        withheld: Current indexes whose blob no source had; the complete list.
        read: Given a bundle, its kept blobs with their leaf indexes, in order.
    """

    size: int
    verified_at: int
    statements: Statements
    erased: Mapping[int, int]
    voids: tuple[Void, ...]
    withheld: tuple[int, ...]
    read: Callable[[int], Iterable[tuple[int, bytes]]]

    def current(self) -> Iterator[Current]:
        """Yield the new state of every statement that changed, in index order, unpacking each bundle once."""
        for bundle, members in groupby(self.statements, key=lambda statement: statement[0] // WIDTH):
            kept = iter(self.read(bundle))
            at, blob = next(kept, _END)
            for index, id_, op in members:
                while at < index:
                    at, blob = next(kept, _END)
                is_erased = index in self.erased
                yield Current(id_, index, op, blob if at == index and not is_erased else None, is_erased)
            for _ in kept:
                # Damage shows at the end at the latest.
                pass


class Projection(Protocol):
    """Keeps derived rows in step with the logs."""

    def apply(self, connection: sqlite3.Connection, log_id: int, origin: str, changes: Changes) -> None:
        """Write the rows of one step, within the transaction that advances the head."""
        ...


class NoProjection:
    """A projection that derives nothing: for a home that only signs and mirrors."""

    def apply(self, connection: sqlite3.Connection, log_id: int, origin: str, changes: Changes) -> None:
        """Do nothing."""


def is_statement(op: int) -> bool:
    """Report whether leaves of this op carry a statement."""
    return op in (Op.PUT, Op.WITHDRAW)
