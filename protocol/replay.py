"""What leaves mean: replay in index order.

``head[id]`` is the index of the id's last effective put or withdraw. In index order:

- a put or withdraw is effective when its ``prev`` is ``head[id]``; a put also when its ``prev`` is
  ``NEW`` and the id has no head. It becomes the id's head. A put after a withdraw revives.
- an erase is effective when its ``prev`` is an earlier put or withdraw (a void one too) of the same
  id that no erase named before. The head stays: an erased head has no content.
- a keys leaf belongs at each ``after`` of a key set, and nowhere else.

A leaf that breaks a rule is *void*: kept, counted and listed, without effect. Unknown versions and
ops, flags outside erase, a length or commitment on an erase, a wrong ``prev``: all void. Unknown
reasons of an erase are not: whoever learns of an erase deletes, also when the reason is new. Only
two things make a whole tree malformed: a leaf that is not 64 bytes, and an ``after`` at which
another leaf stands than a keys leaf that commits to the key set.

A replay of [start, size) takes what came before from a ``Standing`` and collects what changed::

    replay = Replay(held.size, mirror, chain.commitments)
    replay.feed(leaves)
    replay.heads, replay.superseded, replay.erased, replay.voids, replay.current()

Whoever has fed all of it and keeps it for long packs it: ``replay.pack()``.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import ItemsView, Iterator, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Protocol

from .errors import MalformedError
from .leaf import NEW, SIZE, VERSION, Leaf, Op
from .origin import ID_SIZE

_NO_ID = bytes(ID_SIZE)
_NO_COMMITMENT = bytes(32)

# Version, op and flags are one number here, so that the usual leaf is recognised by one comparison.
_FIELDS = Struct(">I4x16sQ32x")
_OP = 1  # offset of the op
_JOINED = 4_096  # ids at once: to join bytes takes five times their memory
_PLAIN_PUT = VERSION << 24 | Op.PUT << 16
_PLAIN_WITHDRAW = VERSION << 24 | Op.WITHDRAW << 16


class Standing(Protocol):
    """What is known about the leaves before the start of a replay."""

    def heads(self, ids: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return the head index of each of these ids that has one."""
        ...

    def leaf(self, index: int) -> Leaf:
        """Return a leaf, void ones too."""
        ...

    def is_erased(self, index: int) -> bool:
        """Report whether an effective erase named this index."""
        ...


@dataclass(frozen=True, slots=True)
class Void:
    """A leaf without effect.

    Attributes:
        index: Its place in the tree.
        reason: Which rule it breaks, as a clause without a full stop.
    """

    index: int
    reason: str


class Replay:
    """The effect of the leaves from ``start`` on.

    Attributes:
        size: Index of the next leaf.
        heads: Id → index of its new head, for every id whose head changed.
        ops: Index of each new head → its op.
        superseded: Indexes that stopped being a head, in the order in which that happened.
        erased: Index of each newly erased leaf → the reason given.
        voids: Leaves without effect, in order.
    """

    __slots__ = (
        "_before",
        "_heads",
        "_ids",
        "_key_sets",
        "_ops",
        "_standing",
        "_start",
        "erased",
        "heads",
        "ops",
        "size",
        "superseded",
        "voids",
    )

    def __init__(self, start: int, standing: Standing, key_sets: Mapping[int, tuple[bytes, int]]) -> None:
        """Start after ``start`` leaves.

        Args:
            start: Number of leaves whose effect ``standing`` knows.
            standing: Facts about them; not asked when ``start`` is 0.
            key_sets: ``after`` of each key set → digest and length of its text; the whole chain.
        """
        self.size = start
        self._heads: dict[bytes, int] = {}
        self.heads: Mapping[bytes, int] = self._heads
        self.superseded: list[int] = []
        self.erased: dict[int, int] = {}
        self.voids: list[Void] = []
        self._start = start
        self._standing = standing
        self._key_sets = key_sets
        self._before: dict[bytes, int] = {}  # heads at the start, of ids that were met
        # An erase may name any leaf, so op and id of each stay: 17 bytes of its 64.
        self._ops = bytearray()
        self._ids = bytearray()
        self.ops: Mapping[int, int] = _Ops(start, self._heads, self._ops)

    def feed(self, leaves: Sequence[bytes]) -> None:
        """Take the next leaves, in index order, in portions of any size.

        Raises:
            MalformedError: A leaf is not 64 bytes long, or the keys leaf that belongs at an
                ``after`` is missing, before the start too: a reader may hear of a key set when the
                place where it begins is long replayed. Nothing of this portion is taken then.
        """
        if any(len(leaf) != SIZE for leaf in leaves):
            raise MalformedError("tree", "a leaf is not 64 bytes long")
        self._check_keys_leaves(leaves)
        joined = b"".join(leaves)
        fields = list(_FIELDS.iter_unpack(joined))
        if self._start:
            self._ask_heads({id_ for _, id_, _ in fields})
        self._ops += joined[_OP::SIZE]
        self._ids += b"".join([id_ for _, id_, _ in fields])
        heads, superseded, before = self._heads, self.superseded, self._before
        for index, (kind, id_, prev) in enumerate(fields, self.size):
            if kind != _PLAIN_PUT and kind != _PLAIN_WITHDRAW:  # noqa: PLR1714 - a set is slower here
                self._take_other(index, Leaf.parse(leaves[index - self.size]))
                continue
            head = heads.get(id_)
            if head is None:
                head = before.get(id_)
            if head is not None and prev == head:
                superseded.append(head)
            elif head is not None or prev != NEW or kind != _PLAIN_PUT:
                self._void(index, _wrong_prev(prev, head))
                continue
            heads[id_] = index
        self.size += len(fields)

    def current(self) -> list[int]:
        """Return the indexes from ``start`` on that are a head now and not erased, ascending."""
        return sorted(index for _, index in self.heads.items() if index not in self.erased)

    def pack(self) -> None:
        """Hold what was found in a quarter of the memory, 25 bytes for each leaf; nothing can be fed after.

        ``heads`` are in the order of the ids then.
        """
        self._before, self._ids = {}, bytearray()
        self.heads = heads = _Packed(self._heads)
        self.ops = _Ops(self._start, heads, self._ops)
        self._heads = {}

    def _check_keys_leaves(self, leaves: Sequence[bytes]) -> None:
        # With the first portion also those before the start.
        first = self.size if self.size > self._start else 0
        end = self.size + len(leaves)
        for after, (digest, length) in self._key_sets.items():
            if first <= after < end:
                is_new = after >= self.size
                leaf = Leaf.parse(leaves[after - self.size]) if is_new else self._standing.leaf(after)
                if leaf.op != Op.KEYS or leaf.length != length or leaf.commitment != digest:
                    raise MalformedError("tree", f"leaf {after} does not commit to the key set after it")

    def _ask_heads(self, ids: set[bytes]) -> None:
        """Learn the heads at the start of all ids of a portion at once."""
        unmet = [id_ for id_ in ids if id_ not in self._before and id_ not in self.heads]
        self._before.update(self._standing.heads(unmet))

    def _take_other(self, index: int, leaf: Leaf) -> None:
        """Take a leaf that is not a plain put or withdraw."""
        fault = self._fault(index, leaf)
        if fault is not None:
            self._void(index, fault)
        elif leaf.op == Op.ERASE:
            self.erased[leaf.prev] = leaf.flags

    def _fault(self, index: int, leaf: Leaf) -> str | None:
        """Return which rule a leaf breaks that is not a plain put or withdraw."""
        if leaf.version != VERSION:
            return f"unknown version {leaf.version}"
        if leaf.op == Op.ERASE:
            return self._fault_of_erase(index, leaf)
        if leaf.op not in (Op.PUT, Op.WITHDRAW, Op.KEYS):
            return f"unknown op {leaf.op}"
        if leaf.flags:
            return f"flags {leaf.flags} on a leaf that is not an erase"
        return self._fault_of_keys(index, leaf)

    def _fault_of_erase(self, index: int, leaf: Leaf) -> str | None:
        if leaf.length or leaf.commitment != _NO_COMMITMENT:
            return "an erase with a blob of its own"
        if leaf.prev >= index:
            return "an erase of no earlier leaf"
        op, id_ = self._op_and_id(leaf.prev)
        if op not in (Op.PUT, Op.WITHDRAW) or id_ != leaf.id:
            return f"an erase of leaf {leaf.prev}, which is no version of its statement"
        if leaf.prev in self.erased or (leaf.prev < self._start and self._standing.is_erased(leaf.prev)):
            return f"an erase of leaf {leaf.prev}, which is erased already"
        return None

    def _fault_of_keys(self, index: int, leaf: Leaf) -> str | None:
        if index not in self._key_sets:
            return "a keys leaf where no key set begins"
        former = max((after for after in self._key_sets if after < index), default=NEW)
        if leaf.id != _NO_ID:
            return "a keys leaf with a statement id"
        if leaf.prev != former:
            return "a keys leaf that does not name the former one"
        return None

    def _op_and_id(self, index: int) -> tuple[int, bytes]:
        if index < self._start:
            leaf = self._standing.leaf(index)
            return leaf.op, leaf.id
        at = index - self._start
        return self._ops[at], bytes(self._ids[at * ID_SIZE : (at + 1) * ID_SIZE])

    def _void(self, index: int, reason: str) -> None:
        self.voids.append(Void(index, reason))


class _Ops(Mapping[int, int]):
    """The ops of new heads; they stand in ``_ops`` already, with those of all new leaves."""

    __slots__ = ("_heads", "_ops", "_start")

    def __init__(self, start: int, heads: Mapping[bytes, int], ops: bytearray) -> None:
        self._start, self._heads, self._ops = start, heads, ops

    def __getitem__(self, index: int) -> int:
        at = index - self._start
        if not 0 <= at < len(self._ops):
            raise KeyError(index)
        return self._ops[at]

    def __iter__(self) -> Iterator[int]:
        return (index for _, index in self._heads.items())

    def __len__(self) -> int:
        return len(self._heads)


class _Packed(Mapping[bytes, int]):
    """Heads without an object for each: their ids in order, joined, and the index of each."""

    __slots__ = ("_ids", "_indexes")

    def __init__(self, heads: Mapping[bytes, int]) -> None:
        ids = sorted(heads)
        self._indexes = array("Q", map(heads.__getitem__, ids))
        self._ids = bytearray()
        for at in range(0, len(ids), _JOINED):
            self._ids += b"".join(ids[at : at + _JOINED])

    def __getitem__(self, id_: bytes) -> int:
        at = bisect_left(range(len(self)), id_, key=self._id)
        if at == len(self) or self._id(at) != id_:
            raise KeyError(id_)
        return self._indexes[at]

    def __iter__(self) -> Iterator[bytes]:
        return map(self._id, range(len(self)))

    def __len__(self) -> int:
        return len(self._indexes)

    def items(self) -> ItemsView[bytes, int]:
        """Return ids and indexes, of which none is looked up."""
        return _Items(self, self._indexes)

    def _id(self, at: int) -> bytes:
        return bytes(self._ids[at * ID_SIZE : (at + 1) * ID_SIZE])


class _Items(ItemsView[bytes, int]):
    """The items of ``_Packed``."""

    __slots__ = ("_ids", "_indexes")

    def __init__(self, heads: _Packed, indexes: array[int]) -> None:
        super().__init__(heads)
        self._ids, self._indexes = heads, indexes

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        return zip(self._ids, self._indexes, strict=True)


def _wrong_prev(prev: int, head: int | None) -> str:
    if head is None:
        return "no version of its statement stands before it"
    named = "no former version" if prev == NEW else f"leaf {prev}"
    return f"it names {named} where leaf {head} is the newest"
