"""Evidence that a log showed two histories: an object that anybody can check alone.

A fork is the strict msgpack map::

    {"keys":  [key-set note 1, …, v],
     "kind":  "fork",
     "notes": [A, B],            the two checkpoints, only the log's signature line on each
     "proof": [32 bytes, …],     SUBPROOF(m, D[n], false), empty when m = n
     "v":     1}

with sizes A = m <= B = n. It is valid when both signatures hold under the key that each size
decides, and the proof yields B's root and *not* A's. A standard consistency proof will not do: it
leaves out the old root when m is a power of two, and then proves nothing about another one. The
hashes cannot be made up: each is part of what B's signed root covers, so an honest publisher
cannot be framed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .checkpoint import Checkpoint
from .errors import InconsistentError, MalformedError
from .keyset import KeyChain
from .merkle import HASH, MAX_PROOF, Digest, roots_from_fork_proof
from .note import Note
from .packing import Value, pack, unpack
from .proof import CARRIED, bytes_items, open_chain

KIND = "fork"
VERSION = 1

_WHAT = "fork"
_FIELDS = {"keys", "kind", "notes", "proof", "v"}


@dataclass(frozen=True, slots=True)
class Fork:
    """The parts of a fork, nothing verified.

    Attributes:
        keys: Key-set notes 1…v.
        notes: The two signed checkpoints, the smaller tree first.
        proof: ``fork_proof`` between their sizes, from the tree of the second.
    """

    keys: tuple[bytes, ...]
    notes: tuple[bytes, bytes]
    proof: tuple[Digest, ...]

    @classmethod
    def parse(cls, data: bytes) -> Fork:
        """Return the parts of a fork.

        Raises:
            MalformedError: The bytes are not in the one form above.
        """
        value = unpack(data, CARRIED)
        if not isinstance(value, dict) or set(value) != _FIELDS:
            raise MalformedError(_WHAT, "it is not a map of keys, kind, notes, proof and v")
        # The types too: True equals 1.
        if value["kind"] != KIND or type(value["v"]) is not int or value["v"] != VERSION:
            raise MalformedError(_WHAT, "it is of another kind or version")
        notes = bytes_items(value["notes"], _WHAT, "notes")
        if len(notes) != 2:  # noqa: PLR2004 - A and B
            raise MalformedError(_WHAT, f"it has {len(notes)} notes instead of two")
        proof = bytes_items(value["proof"], _WHAT, "hashes")
        if len(proof) > MAX_PROOF + 1 or any(len(digest) != HASH for digest in proof):
            raise MalformedError(_WHAT, "its proof is not at most 64 hashes of 32 bytes")
        keys = bytes_items(value["keys"], _WHAT, "keys")
        return cls(keys, (notes[0], notes[1]), tuple(Digest(digest) for digest in proof))

    def render(self) -> bytes:
        """Return the bytes; their SHA-256 names the fork everywhere."""
        value: Value = {
            "keys": list(self.keys),
            "kind": KIND,
            "notes": list(self.notes),
            "proof": list(self.proof),
            "v": VERSION,
        }
        return pack(value, CARRIED)


@dataclass(frozen=True, slots=True)
class ForkFacts:
    """What a fork proves: the holder of the log key signed both.

    Attributes:
        origin: The log.
        sizes: Sizes of the two trees, the smaller first.
        roots: Their signed roots.
        versions: The key set that each size decides. Evidence by a retired key at or below its
            end is shown, but freezes nothing.
        fingerprint: The log's identity.
    """

    origin: str
    sizes: tuple[int, int]
    roots: tuple[Digest, Digest]
    versions: tuple[int, int]
    fingerprint: str


def build_fork(chain: KeyChain, notes: tuple[bytes, bytes], proof: Sequence[Digest]) -> Fork:
    """Return the fork of two checkpoints, reduced to the log's own signature lines.

    Args:
        chain: The log's key sets.
        notes: Two signed checkpoints, in any order.
        proof: ``fork_proof`` from the smaller size, in the tree of the larger; empty for equal sizes.

    Raises:
        ProtocolError: A note is not a checkpoint that this log signed.
    """
    reduced = sorted(_reduce(chain, note) for note in notes)
    return Fork(chain.notes, (reduced[0][2], reduced[1][2]), tuple(proof))


def verify_fork(data: bytes, fingerprint: str | None = None) -> ForkFacts:
    """Return what a fork proves; nothing but the bytes is needed.

    Args:
        data: The fork.
        fingerprint: Whose log it must be about; ``None`` leaves that open.

    Raises:
        MalformedError: A part does not parse.
        SignatureError: A key set or a checkpoint is not signed as it must be, or the log is another.
        InconsistentError: The parts do not prove two histories.
    """
    fork = Fork.parse(data)
    chain = open_chain(fork.keys, _WHAT, fingerprint)
    older, newer = _open(chain, fork.notes[0]), _open(chain, fork.notes[1])
    if older.size > newer.size:
        raise MalformedError(_WHAT, "the larger tree comes first")
    if older.size == newer.size:
        if fork.proof:
            raise MalformedError(_WHAT, "equal sizes need no proof")
        old_root: bytes = newer.root
    else:
        old_root, new_root = roots_from_fork_proof(older.size, newer.size, fork.proof)
        if new_root != newer.root:
            raise InconsistentError(_WHAT, f"the proof does not lead to the root of size {newer.size}")
    if old_root == older.root:
        raise InconsistentError(_WHAT, f"size {older.size} is the beginning of size {newer.size}")
    return ForkFacts(
        origin=chain.origin,
        sizes=(older.size, newer.size),
        roots=(Digest(older.root), Digest(newer.root)),
        versions=(chain.key_for(older.size).version, chain.key_for(newer.size).version),
        fingerprint=chain.fingerprint,
    )


def _open(chain: KeyChain, data: bytes) -> Checkpoint:
    """Return the checkpoint of a note that bears the log's signature line and no other."""
    note = Note.parse(data)
    if len(note.signatures) != 1:
        raise MalformedError(_WHAT, "a note has other signature lines than the log's")
    return chain.open_checkpoint(note)


def _reduce(chain: KeyChain, data: bytes) -> tuple[int, bytes, bytes]:
    """Return size, root and the note with the log's own line alone."""
    note = Note.parse(data)
    checkpoint = chain.open_checkpoint(note)
    log = chain.key_for(checkpoint.size).log
    lines = tuple(line for line in note.signatures if line.is_by(log))
    return checkpoint.size, checkpoint.root, Note(note.text, lines[:1]).render()
