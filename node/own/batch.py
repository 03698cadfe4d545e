"""From waiting drafts to leaves: pure but for reading what stands, and fresh salt.

The sequencer alone sets ``prev``. A draft that was written against an older version is a conflict
for its author and never becomes a void leaf; its whole batch is refused with it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from node.errors import EditConflictError, InvalidInputError, NodeError, NotFoundError
from node.store.logreader import LogReader
from protocol.blob import SALT, make_leaf
from protocol.keyset import KeyChain
from protocol.leaf import NEW, VERSION, Leaf, Op
from protocol.origin import address

from .drafts import Waiting

_NOTHING = bytes(32)
_NO_ID = bytes(16)


@dataclass(slots=True)
class Batch:
    """Leaves that are about to be appended.

    Attributes:
        leaves: 64 bytes each.
        blobs: Leaf index → blob; none for what is erased in the same step.
        placed: Draft → leaf index.
        refused: Draft → why it can never be appended.
    """

    leaves: list[bytes] = field(default_factory=list)
    blobs: dict[int, bytes] = field(default_factory=dict)
    placed: dict[int, int] = field(default_factory=dict)
    refused: dict[int, NodeError] = field(default_factory=dict)


class Builder:
    """Builds the next leaves of one log.

    Attributes:
        batch: What was built so far.
    """

    def __init__(self, reader: LogReader, chain: KeyChain, size: int) -> None:
        self.batch = Batch()
        self._reader = reader
        self._origin = chain.origin
        self._commitments = chain.commitments
        self._start = size
        self._heads: dict[bytes, int | None] = {}
        self._erased: set[int] = set()
        # Blobs of this step that the batch in hand erases: another batch's, if this one is refused.
        self._dropped: dict[int, bytes] = {}
        self._add_keys()

    @property
    def size(self) -> int:
        """The size of the tree with what was built so far."""
        return self._start + len(self.batch.leaves)

    def add(self, drafts: Sequence[Waiting]) -> Batch:
        """Add drafts, batch by batch, and return all that was built."""
        ids = [draft.id for draft in drafts if draft.id not in self._heads]
        self._heads.update(dict.fromkeys(ids))
        self._heads.update(self._reader.heads(ids))
        for _, members in groupby(drafts, key=lambda draft: draft.batch):
            self._add_batch(tuple(members))
        return self.batch

    def _add_batch(self, drafts: tuple[Waiting, ...]) -> None:
        heads, erased, size = dict(self._heads), set(self._erased), len(self.batch.leaves)
        self._dropped.clear()
        try:
            for draft in drafts:
                self._add(draft)
        except NodeError as error:
            # All or nothing: take back what its first drafts added, and give back what they erased.
            self._heads, self._erased = heads, erased
            del self.batch.leaves[size:]
            self.batch.blobs.update(self._dropped)
            end = self.size
            self.batch.blobs = {index: blob for index, blob in self.batch.blobs.items() if index < end}
            for draft in drafts:
                self.batch.placed.pop(draft.number, None)
                self.batch.refused[draft.number] = error

    def _add(self, draft: Waiting) -> None:
        self._add_keys()
        index, origin = self.size, self._origin
        head = self._heads[draft.id]
        if draft.op is Op.ERASE:
            leaf = self._erase(draft, head)
        else:
            if draft.expected is not None and draft.expected != head:
                raise EditConflictError(draft.id, draft.expected, head)
            if head is None and draft.op is Op.WITHDRAW:
                raise NotFoundError(f"statement {address(origin, draft.id)}")
            if head is not None and draft.op is Op.WITHDRAW and self._leaf(head).op == Op.WITHDRAW:
                raise InvalidInputError(f"{address(origin, draft.id)} is withdrawn already")
            blob = os.urandom(SALT) + draft.payload
            leaf = make_leaf(origin, draft.op, draft.id, NEW if head is None else head, blob)
            self._heads[draft.id] = index
            self.batch.blobs[index] = blob
        self.batch.leaves.append(bytes(leaf))
        self.batch.placed[draft.number] = index

    def _erase(self, draft: Waiting, head: int | None) -> Leaf:
        target = head if draft.expected is None else draft.expected
        if head is None or target is None:
            raise NotFoundError(f"statement {address(self._origin, draft.id)}")
        if not 0 <= target < self.size or not self._is_version(target, draft.id):
            raise InvalidInputError(f"leaf {target} is no version of statement {draft.id.hex()}")
        if target in self._erased or self._reader.is_erased(target):
            raise InvalidInputError(f"leaf {target} is erased already")
        self._erased.add(target)
        if target in self.batch.blobs:
            self._dropped[target] = self.batch.blobs.pop(target)
        return Leaf(VERSION, Op.ERASE, draft.reason, 0, draft.id, target, _NOTHING)

    def _add_keys(self) -> None:
        """Add the keys leaf where a key set comes into force."""
        if self.size in self._commitments:
            digest, length = self._commitments[self.size]
            former = max((after for after in self._commitments if after < self.size), default=NEW)
            leaf = Leaf(VERSION, Op.KEYS, 0, length, _NO_ID, former, digest)
            self.batch.leaves.append(bytes(leaf))

    def _is_version(self, index: int, id_: bytes) -> bool:
        leaf = self._leaf(index)
        return leaf.id == id_ and leaf.op in (Op.PUT, Op.WITHDRAW)

    def _leaf(self, index: int) -> Leaf:
        """Return a leaf of the log as it will be with what was built so far."""
        if index < self._start:
            return self._reader.leaf(index)
        return Leaf.parse(self.batch.leaves[index - self._start])
