"""A C2SP log that is not fedcat's, and what it sends to witnesses."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.checkpoint import Checkpoint
from protocol.keys import SigningKey
from protocol.merkle import Digest, consistency_proof, joined_root, leaf_hashes
from protocol.note import Note, signature_line
from protocol.witness import AddCheckpoint
from tests.signers import signing_key

NAME = "sums.example database"
KEY = signing_key("sums.example", seed="foreign log")


class ForeignLog:
    """A log of numbered leaves; two of different words are two histories of one origin."""

    def __init__(
        self, word: str = "leaf", *, origin: str = NAME, key: SigningKey = KEY, size: int = 64
    ) -> None:
        self.origin = origin
        self.key = key
        self._hashes = leaf_hashes([f"{word} {number}".encode() for number in range(size)])

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, joined_root(b"".join(self._hashes[:size])))

    def note(self, size: int, *keys: SigningKey) -> Note:
        text = self.checkpoint(size).text
        return Note(text, tuple(signature_line(text, key) for key in (keys or (self.key,))))

    def proof(self, old: int, size: int) -> tuple[Digest, ...]:
        return tuple(consistency_proof(old, size, self._node)) if old else ()

    def request(self, old: int, size: int, *, proof: Sequence[Digest] | None = None) -> bytes:
        hashes = self.proof(old, size) if proof is None else tuple(proof)
        return AddCheckpoint(old, hashes, self.note(size)).render()

    def _node(self, level: int, index: int) -> Digest:
        return joined_root(b"".join(self._hashes[index << level : (index + 1) << level]))
