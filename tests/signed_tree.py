"""A small signed log in memory: two key sets, a few statements, any checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocol.blob import make_leaf
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign
from protocol.keyset import KeyChain
from protocol.leaf import NEW, Leaf, Op
from protocol.merkle import Digest, fork_proof, inclusion_proof, leaf_hashes, root
from protocol.note import Note
from protocol.packing import Value, pack
from tests.signers import ORIGIN, beat_key, chain, key_set, log_key

ROTATION = 4
"""Where the second key set comes into force."""

BEAT = 1_800_000_000


def blob_of(payload: Value) -> bytes:
    return b"s" * 16 + pack(payload)


def statement_id(number: int) -> bytes:
    return bytes([number]) * 16


@dataclass
class SignedTree:
    """Leaves 0 and ``ROTATION`` are keys leaves, the others put one statement each."""

    word: str = "entry"
    chain: KeyChain = field(default_factory=lambda: chain(key_set(1), key_set(2, after=ROTATION)))
    leaves: list[Leaf] = field(default_factory=list)
    blobs: dict[int, bytes] = field(default_factory=dict)

    def grow(self, size: int, word: str | None = None) -> SignedTree:
        """Append statements that say ``word`` until the size is reached."""
        while len(self.leaves) < size:
            index = len(self.leaves)
            if index in self.chain.commitments:
                digest, length = self.chain.commitments[index]
                self.leaves.append(Leaf(1, Op.KEYS, 0, length, bytes(16), 0 if index else NEW, digest))
                continue
            blob = blob_of({"type": word or self.word, "v": index})
            self.blobs[index] = blob
            self.leaves.append(make_leaf(ORIGIN, Op.PUT, statement_id(index), NEW, blob))
        return self

    def hashes(self, size: int) -> list[Digest]:
        return leaf_hashes(bytes(leaf) for leaf in self.leaves[:size])

    def node(self, level: int, index: int) -> Digest:
        return root(self.hashes(len(self.leaves))[index << level : index + 1 << level])

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(ORIGIN, size, root(self.hashes(size)))

    def note(self, size: int, *, beat: bool = True, generation: int | None = None) -> bytes:
        """Return the signed checkpoint of a size."""
        checkpoint = self.checkpoint(size)
        generation = generation or (2 if size > ROTATION else 1)
        lines = [sign_checkpoint(checkpoint, log_key(generation))]
        if beat:
            lines.append(cosign(checkpoint.text, beat_key(generation), BEAT))
        return Note(checkpoint.text, tuple(lines)).render()

    def inclusion(self, index: int, size: int) -> list[Digest]:
        return inclusion_proof(index, size, self.node)

    def fork_proof(self, m: int, n: int) -> list[Digest]:
        return fork_proof(m, n, self.node)
