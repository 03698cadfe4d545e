"""Heads of statements without an object for each: 24 to 30 bytes a leaf.

A dict from ids to indexes takes 142 for each. Here ids stand joined, in the order of the leaves, and a table
of places in it tells where to look for an id: open addressing, as in a dict, by Python's own keyed hash of
bytes, so that nobody can choose ids that get in each other's way.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping
from itertools import compress

from .leaf import NEW
from .origin import ID_SIZE

_SORTED = 16_384  # ids at once: as objects they take five times their memory
_BYTE = 256
_UNIT = 1 << 10  # slots of the smallest table
_HIGH = 32  # bits of a hash that are not its slot


class Heads(Mapping[bytes, int]):
    """Id → index of its head, of the leaves from ``start`` on; its items are in the order of the ids.

    Attributes:
        ops: Index of each head → its op, ascending.
        older: Id → head before ``start``, of the ids that may come next; no items of this mapping.
    """

    __slots__ = ("_ids", "_is_head", "_ops", "_start", "_table", "older", "ops")

    def __init__(self, start: int, upto: int) -> None:
        """Begin without leaves, with room for those from ``start`` to ``upto``; more may come."""
        self._start = start
        # Of each leaf, void ones too, as an erase may name any.
        self._ids, self._ops, self._is_head = bytearray(), bytearray(), bytearray()
        self._table = array("I", [0])  # slot → place + 1 of a head; 0 where there is none
        self._make_room(upto - start)
        self.older: Mapping[bytes, int] = {}
        self.ops: Mapping[int, int] = _Ops(self._start, self._ops, self._is_head)

    def extend(self, ops: bytes, ids: bytes) -> None:
        """Take the ops and the joined ids of the next leaves, none of which is a head yet."""
        self._ids += ids
        self._ops += ops
        self._is_head += bytes(len(ops))
        self._make_room(len(self._ops))

    def replace(self, id_: bytes, expected: int, index: int) -> int:
        """Make a leaf the head of its statement if the head so far is the expected one.

        Args:
            id_: The statement.
            expected: Index of the head, ``NEW`` for none.
            index: The leaf, which was taken by ``extend``.

        Returns:
            The head so far, ``NEW`` for none; the expected one when it was replaced.
        """
        at = self._slot(id_)
        place = self._table[at]
        head = self._start + place - 1 if place else self.older.get(id_, NEW)
        if head == expected:
            if place:
                self._is_head[place - 1] = False
            self._table[at] = index - self._start + 1
            self._is_head[index - self._start] = True
        return head

    def op_and_id(self, index: int) -> tuple[int, bytes]:
        """Return what a leaf from ``start`` on has, a head or not."""
        place = index - self._start
        return self._ops[place], self._id(place)

    def __getitem__(self, id_: bytes) -> int:
        place = self._table[self._slot(id_)]
        if not place:
            raise KeyError(id_)
        return self._start + place - 1

    def __contains__(self, id_: object) -> bool:
        return isinstance(id_, bytes) and self._table[self._slot(id_)] > 0

    def __iter__(self) -> Iterator[bytes]:
        return (id_ for id_, _ in self._pairs())

    def __len__(self) -> int:
        return self._is_head.count(True)

    def items(self) -> ItemsView[bytes, int]:
        """Return ids and indexes, of which none is looked up."""
        return _Items(self, self._pairs)

    def _pairs(self) -> Iterator[tuple[bytes, int]]:
        for place in self._in_order(self._places(), 0):
            yield self._id(place), self._start + place

    def _slot(self, id_: bytes) -> int:
        """Return the slot of an id, or the empty one where it belongs."""
        table, ids = self._table, self._ids
        mask, hashed = len(table) - 1, hash(id_)
        at, step = hashed & mask, hashed >> _HIGH | 1
        while (end := table[at] * ID_SIZE) and ids[end - ID_SIZE : end] != id_:
            at = (at + step) & mask
        return at

    def _make_room(self, leaves: int) -> None:
        """Have at least half as many slots again as leaves, so that few are in each other's way."""
        size = len(self._table)
        while 2 * size < 3 * leaves or size < _UNIT:
            size *= 2
        if size > len(self._table):
            self._table = array("I", [0]) * size
            for place in self._places():
                self._table[self._slot(self._id(place))] = place + 1

    def _places(self) -> Iterator[int]:
        return compress(range(len(self._is_head)), self._is_head)

    def _in_order(self, places: Iterable[int], depth: int) -> Iterator[int]:
        """Yield places by their ids, which agree in ``depth`` bytes; sorted are only a few at once."""
        shares = [array("I") for _ in range(_BYTE)]
        ids = self._ids
        for place in places:
            shares[ids[place * ID_SIZE + depth]].append(place)
        # Ids may agree in all their bytes but a few: what is parted further is not held at each depth.
        del places
        shares.reverse()
        while shares:
            if len(shares[-1]) > _SORTED:
                yield from self._in_order(shares.pop(), depth + 1)
            else:
                yield from sorted(shares.pop(), key=self._id)

    def _id(self, place: int) -> bytes:
        return bytes(self._ids[place * ID_SIZE : (place + 1) * ID_SIZE])


class _Items(ItemsView[bytes, int]):
    """The items of ``Heads``."""

    __slots__ = ("_pairs",)

    def __init__(self, heads: Heads, pairs: Callable[[], Iterator[tuple[bytes, int]]]) -> None:
        super().__init__(heads)
        self._pairs = pairs

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        return self._pairs()


class _Ops(Mapping[int, int]):
    """The ops of heads, by their indexes."""

    __slots__ = ("_is_head", "_ops", "_start")

    def __init__(self, start: int, ops: bytearray, is_head: bytearray) -> None:
        self._start, self._ops, self._is_head = start, ops, is_head

    def __getitem__(self, index: int) -> int:
        place = index - self._start
        if not 0 <= place < len(self._ops) or not self._is_head[place]:
            raise KeyError(index)
        return self._ops[place]

    def __iter__(self) -> Iterator[int]:
        return compress(range(self._start, self._start + len(self._ops)), self._is_head)

    def __len__(self) -> int:
        return self._is_head.count(True)
