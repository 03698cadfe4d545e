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

What it holds is small enough to be kept: some 28 bytes a leaf (``heads``).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Protocol

from .errors import MalformedError
from .heads import Heads
from .leaf import NEW, SIZE, VERSION, Leaf, Op
from .origin import ID_SIZE

_NO_ID = bytes(ID_SIZE)
_NO_COMMITMENT = bytes(32)

# Version, op and flags are one number here, so that the usual leaf is recognised by one comparison.
_FIELDS = Struct(">I4x16sQ32x")
_OP = 1  # offset of the op
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
        "_heads",
        "_key_sets",
        "_standing",
        "_start",
        "erased",
        "heads",
        "ops",
        "size",
        "superseded",
        "voids",
    )

    def __init__(
        self, start: int, standing: Standing, key_sets: Mapping[int, tuple[bytes, int]], upto: int = 0
    ) -> None:
        """Start after ``start`` leaves.

        Args:
            start: Number of leaves whose effect ``standing`` knows.
            standing: Facts about them; not asked when ``start`` is 0.
            key_sets: ``after`` of each key set → digest and length of its text; the whole chain.
            upto: Number of leaves there will be, where that is known: it saves time.
        """
        self.size = start
        self._heads = Heads(start, upto)
        self.heads: Mapping[bytes, int] = self._heads
        self.ops = self._heads.ops
        self.superseded = array("Q")
        self.erased: dict[int, int] = {}
        self.voids: list[Void] = []
        self._start = start
        self._standing = standing
        self._key_sets = key_sets

    def feed(self, leaves: Sequence[bytes]) -> None:
        """Take the next leaves, in index order, in portions of any size.

        Raises:
            MalformedError: A leaf is not 64 bytes long, or the keys leaf that belongs at an
                ``after`` is missing, before the start too: a reader may hear of a key set when the
                place where it begins is long replayed. Nothing of this portion is taken then.
        """
        if any(map(SIZE.__ne__, map(len, leaves))):
            raise MalformedError("tree", "a leaf is not 64 bytes long")
        self._check_keys_leaves(leaves)
        joined = b"".join(leaves)
        fields = list(_FIELDS.iter_unpack(joined))
        if self._start:
            self._ask_heads({id_ for _, id_, _ in fields})
        self._heads.extend(joined[_OP::SIZE], b"".join([id_ for _, id_, _ in fields]))
        replace, superseded = self._heads.replace, self.superseded
        for index, (kind, id_, prev) in enumerate(fields, self.size):
            if kind != _PLAIN_PUT and (kind != _PLAIN_WITHDRAW or prev == NEW):
                self._take_other(index, Leaf.parse(leaves[index - self.size]))
                continue
            head = replace(id_, prev, index)
            if head != prev:
                self._void(index, _wrong_prev(prev, head))
            elif head != NEW:
                superseded.append(head)
        self.size += len(fields)

    def current(self) -> Iterator[int]:
        """Yield the indexes from ``start`` on that are a head now and not erased, ascending."""
        return (index for index in self.ops if index not in self.erased)

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
        """Learn the heads at the start of those ids of a portion that have no newer one, at once."""
        self._heads.older = self._standing.heads([id_ for id_ in ids if id_ not in self._heads])

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
        if leaf.op != Op.KEYS:  # a withdraw of nothing
            return _wrong_prev(NEW, self._heads.get(leaf.id, self._heads.older.get(leaf.id, NEW)))
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
        return self._heads.op_and_id(index)

    def _void(self, index: int, reason: str) -> None:
        self.voids.append(Void(index, reason))


def _wrong_prev(prev: int, head: int) -> str:
    if head == NEW:
        return "no version of its statement stands before it"
    named = "no former version" if prev == NEW else f"leaf {prev}"
    return f"it names {named} where leaf {head} is the newest"
