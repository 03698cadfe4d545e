"""Proofs that an entry was published: ``.tlog-proof`` files (C2SP tlog-proof, a draft).

::

    c2sp.org/tlog-proof@v1
    extra aGVsbG8=                                                (base64, optional)
    index 256
    Zzfq7PJKMKRDW+Ia/QZ10zhbqJndwwIq2D/EJrcmocg=                  (0 to 63 hashes, the leaf's
    2weeEv1ePZMy8exWWKzE6FpvDpAzz2A1iesE6ylmbLA=                   sibling first)

    node.example/log                                              (the checkpoint note,
    300                                                            signatures and all)
    ...

``extra`` is not covered by any signature by itself. Ours is the base64 of the strict msgpack map
``{blob, keys, leaf}``: the salted statement, the key-set notes 1…v, and the 64 bytes of the leaf.
The leaf is proven by the hashes, the blob by the leaf, the keys by the fingerprint of the first
set, which a reader compares with what they were told. Such a file needs no network. It says that
the log published the statement, not that the statement is still current: an erase or a newer
version may follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .blob import SALT, matches
from .errors import InconsistentError, MalformedError
from .keyset import KeyChain
from .keytext import MAX_VERSIONS
from .leaf import VERSION, Leaf, Op
from .lines import read_base64, read_number, write_base64
from .merkle import HASH, MAX_PROOF, Digest, leaf_hash, verify_inclusion
from .note import Note
from .packing import PackingLimits, Value, pack, unpack

HEADER = "c2sp.org/tlog-proof@v1"

MAX_BYTES = 32 * 1024 * 1024
"""Largest file: 256 key sets of 64 KiB in base64, and room for the rest."""

CARRIED = PackingLimits(
    max_bytes=20 * 1024 * 1024, max_depth=2, max_keys=8, max_items=MAX_VERSIONS, max_containers=8
)
"""Limits of the maps that carry whole key chains."""

_WHAT = "proof"
_MAX_LINES = MAX_PROOF + 3  # header, extra, index


@dataclass(frozen=True, slots=True)
class LogProof:
    """The parts of a ``.tlog-proof`` file, nothing verified.

    Attributes:
        index: Index of the leaf.
        hashes: Inclusion proof, the leaf's sibling first.
        checkpoint: The signed note, as it stands.
        extra: What the application added, or ``None``.
    """

    index: int
    hashes: tuple[Digest, ...]
    checkpoint: bytes
    extra: bytes | None = None

    @classmethod
    def parse(cls, data: bytes) -> LogProof:
        """Return the parts of a file.

        Raises:
            MalformedError: It is not in the one form above, or too large.
        """
        if len(data) > MAX_BYTES:
            raise MalformedError(_WHAT, f"longer than {MAX_BYTES} bytes")
        head, end, checkpoint = data.partition(b"\n\n")
        if not end or not checkpoint:
            raise MalformedError(_WHAT, "no checkpoint follows an empty line")
        if not head.isascii():
            raise MalformedError(_WHAT, "its own lines are not ASCII")
        # One cut more than lines are allowed, so that a hostile file does not become millions of texts.
        header, *lines = head.decode().split("\n", _MAX_LINES)
        if header != HEADER:
            raise MalformedError(_WHAT, f"the first line is not {HEADER!r}")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = read_base64(lines.pop(0).removeprefix("extra "), _WHAT, "extra line")
        if not lines or not lines[0].startswith("index "):
            raise MalformedError(_WHAT, "the index line is missing")
        index = read_number(lines.pop(0).removeprefix("index "), _WHAT, "index")
        if len(lines) > MAX_PROOF:
            raise MalformedError(_WHAT, f"{len(lines)} hashes are too many")
        hashes = tuple(Digest(read_base64(line, _WHAT, "hash", HASH)) for line in lines)
        return cls(index, hashes, checkpoint, extra)

    def render(self) -> bytes:
        """Return the file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {write_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += [write_base64(digest) for digest in self.hashes]
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint


@dataclass(frozen=True, slots=True)
class VerifiedEntry:
    """What a proof of ours proves.

    Attributes:
        origin: The log.
        fingerprint: Its identity: that of its first key set, 64 hex digits.
        index: Where the statement's leaf stands.
        size: Size of the tree that was signed.
        root: Its root.
        leaf: The leaf.
        id: The statement's id, 16 bytes.
        payload: The statement, unpacked but not validated.
        beat_time: POSIX seconds of the log's own heartbeat on the checkpoint, or ``None``.
        pinned: Whether the fingerprint was compared with one that the reader gave. When it was
            not, the proof says only what *somebody* with these keys published.
    """

    origin: str
    fingerprint: str
    index: int
    size: int
    root: Digest
    leaf: Leaf
    id: bytes
    payload: Value
    beat_time: int | None
    pinned: bool


def build_entry_proof(
    chain: KeyChain, note: bytes, index: int, hashes: Sequence[Digest], leaf: Leaf | bytes, blob: bytes
) -> bytes:
    """Return the ``.tlog-proof`` file of one statement.

    Args:
        chain: The log's key sets.
        note: The signed checkpoint.
        index: Index of the statement's leaf.
        hashes: Inclusion proof of the leaf at the checkpoint's size.
        leaf: The leaf.
        blob: Its blob.
    """
    extra: Value = {"blob": blob, "keys": list(chain.notes), "leaf": bytes(leaf)}
    return LogProof(index, tuple(hashes), note, pack(extra, CARRIED)).render()


def verify_entry_proof(data: bytes, fingerprint: str | None) -> VerifiedEntry:
    """Return what a file proves about a statement; nothing but the file is needed.

    Args:
        data: The file.
        fingerprint: Whom the reader trusts; ``None`` leaves that open.

    Raises:
        MalformedError: A part does not parse.
        SignatureError: A key set or the checkpoint is not signed as it must be.
        InconsistentError: The parts do not belong together, or not to this fingerprint.
    """
    proof = LogProof.parse(data)
    if proof.extra is None:
        raise MalformedError(_WHAT, "it carries no statement")
    extra = unpack(proof.extra, CARRIED)
    if not isinstance(extra, dict) or set(extra) != {"blob", "keys", "leaf"}:
        raise MalformedError(_WHAT, "its extra line is not a map of blob, keys and leaf")
    blob, leaf_bytes = extra["blob"], extra["leaf"]
    if not isinstance(blob, bytes) or not isinstance(leaf_bytes, bytes):
        raise MalformedError(_WHAT, "its blob or its leaf is not binary")
    chain = open_chain(bytes_items(extra["keys"], _WHAT, "keys"), _WHAT, fingerprint)
    note = Note.parse(proof.checkpoint)
    checkpoint = chain.open_checkpoint(note)
    leaf = Leaf.parse(leaf_bytes)
    size, root = checkpoint.size, Digest(checkpoint.root)
    verify_inclusion(leaf_hash(leaf_bytes), proof.index, size, proof.hashes, root)
    if leaf.version != VERSION or leaf.op not in (Op.PUT, Op.WITHDRAW) or leaf.flags:
        raise InconsistentError(_WHAT, f"leaf {proof.index} puts or withdraws no statement")
    if not matches(chain.origin, leaf, blob):
        raise InconsistentError(_WHAT, f"leaf {proof.index} does not commit to the blob")
    payload = unpack(blob[SALT:])
    return VerifiedEntry(
        origin=chain.origin,
        fingerprint=chain.fingerprint,
        index=proof.index,
        size=size,
        root=root,
        leaf=leaf,
        id=leaf.id,
        payload=payload,
        beat_time=chain.beat_time(note),
        pinned=fingerprint is not None,
    )


def bytes_items(value: Value, what: str, field: str) -> tuple[bytes, ...]:
    """Return the items of an array of binaries, or raise ``MalformedError``."""
    items = value if isinstance(value, list) else [None]
    found = tuple(item for item in items if isinstance(item, bytes))
    if len(found) != len(items):
        raise MalformedError(what, f"its {field} are not an array of binaries")
    return found


def open_chain(notes: Sequence[bytes], what: str, fingerprint: str | None = None) -> KeyChain:
    """Return the verified chain of key-set notes 1…v, or raise a ``ProtocolError``."""
    if not notes:
        raise MalformedError(what, "it carries no key set")
    chain = KeyChain.start(notes[0], fingerprint=fingerprint, origin=None)
    for note in notes[1:]:
        chain = chain.extend(note)
    return chain
