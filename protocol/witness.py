"""Asking a witness to cosign (C2SP tlog-witness v1.0.0): the bodies of ``add-checkpoint``.

A log shows its newest checkpoint, and proves that it continues the one that the witness cosigned last::

    POST <submission prefix>/add-checkpoint

    old 1840
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=          0 to 63 hashes, PROOF(1840, D[1841])
                                                          an empty line
    city.example/log/works/1                              the checkpoint, a signed note
    1841
    tWfAy7LoXCleat6TDluzSaS5vulInKp9a2ed1G6CpxE=

    — city.example/log/works/1 oc...

The answer is one or more cosignature lines, or the size that the witness holds instead of ``old``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .checkpoint import ROOT_SIZE, Checkpoint
from .errors import InconsistentError, MalformedError
from .lines import read_base64, read_number, write_base64
from .merkle import EMPTY_ROOT, MAX_PROOF, Digest, verify_consistency
from .note import MAX_NOTE, MAX_SIGNATURES, Note, NoteSignature

MAX_REQUEST: Final = 262_144
"""Bytes of a request: the largest note, and a proof of 63 lines many times over."""

SIZE_TYPE: Final = "text/x.tlog.size"
"""Media type of an answer that only tells a size."""

_WHAT: Final = "add-checkpoint"
_OLD: Final = "old "
_MAX_HEAD: Final = 4_096  # bytes before the empty line: 63 hashes take 2,835
_MAX_SIZE_BODY: Final = 20


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """One request, nothing of it verified.

    Attributes:
        old: Size of the tree that the witness cosigned last, as the log believes; 0 for none.
        proof: That the tree of that size is the beginning of the checkpoint's.
        note: The checkpoint's note.
    """

    old: int
    proof: tuple[Digest, ...]
    note: Note

    @classmethod
    def parse(cls, data: bytes) -> AddCheckpoint:
        """Return the request that a body spells.

        Raises:
            MalformedError: It is none. Whether the note is a checkpoint is not looked at.
        """
        if len(data) > MAX_REQUEST:
            raise MalformedError(_WHAT, f"longer than {MAX_REQUEST} bytes")
        head, gap, note = data.partition(b"\n\n")
        if not gap or len(head) > _MAX_HEAD or not head.isascii():
            raise MalformedError(_WHAT, "no 'old' line and proof before an empty line")
        first, *hashes = head.decode("ascii").split("\n")
        if not first.startswith(_OLD):
            raise MalformedError(_WHAT, "the first line is not 'old' and a size")
        if len(hashes) > MAX_PROOF:
            raise MalformedError(_WHAT, f"the proof has more than {MAX_PROOF} hashes")
        old = read_number(first.removeprefix(_OLD), _WHAT, "old size")
        proof = tuple(Digest(read_base64(line, _WHAT, "hash", ROOT_SIZE)) for line in hashes)
        return cls(old, proof, Note.parse(note))

    def render(self) -> bytes:
        """Return the body; parsing it gives this request."""
        lines = (f"{_OLD}{self.old}", *map(write_base64, self.proof), "", "")
        return "\n".join(lines).encode("ascii") + self.note.render()

    @property
    def origin(self) -> str:
        """The first line of the note: whose checkpoint it claims to be."""
        return self.note.text.partition("\n")[0]

    def checkpoint(self) -> Checkpoint:
        """Return the checkpoint, its signatures unchecked.

        Lines after the root are refused: they mean something to the log's own readers alone, and a
        cosignature would seem to vouch for it.

        Raises:
            MalformedError: The note is none, or its tree is smaller than ``old``.
            InconsistentError: It has no leaves, and another root than the hash of nothing.
        """
        _, size, *rest = [*self.note.text.split("\n"), ""]
        if size == "0" and len(rest) > 1 and read_base64(rest[0], _WHAT, "root", ROOT_SIZE) != EMPTY_ROOT:
            raise InconsistentError("checkpoint", "the root of no leaves is the hash of nothing")
        checkpoint = Checkpoint.parse(self.note.text)
        if self.old > checkpoint.size:
            raise MalformedError(_WHAT, f"the old size {self.old} is beyond the checkpoint's")
        return checkpoint

    def check_continues(self, root: bytes, checkpoint: Checkpoint) -> None:
        """Return when the checkpoint continues the tree of size ``old``.

        Args:
            root: The root of that tree, as the witness knows it.
            checkpoint: The request's own.

        Raises:
            InconsistentError: The proof proves something else, or is there where nothing is to be proven.
        """
        if self.old:
            verify_consistency(self.old, checkpoint.size, root, checkpoint.root, self.proof)
        elif self.proof:
            raise InconsistentError("consistency proof", "not empty from an empty tree")


def render_cosignatures(*lines: NoteSignature) -> bytes:
    """Return the body of an answer: cosignature lines of the checkpoint that was asked about."""
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def parse_cosignatures(data: bytes) -> tuple[NoteSignature, ...]:
    """Return the signature lines of an answer; none of them is verified.

    Raises:
        MalformedError: The body is not made of such lines.
    """
    what = "cosignatures"
    if len(data) > MAX_NOTE:
        raise MalformedError(what, f"longer than {MAX_NOTE} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(what, "not UTF-8") from error
    lines = text.removesuffix("\n").split("\n")
    if not text.endswith("\n") or len(lines) > MAX_SIGNATURES:
        raise MalformedError(what, f"not 1 to {MAX_SIGNATURES} lines that each end with a newline")
    return tuple(NoteSignature.parse(line) for line in lines)


def render_size(size: int) -> bytes:
    """Return the body that tells the size which a witness cosigned last."""
    return f"{size}\n".encode("ascii")


def parse_size(data: bytes) -> int:
    """Return the size that such a body tells.

    Raises:
        MalformedError: It tells none.
    """
    if len(data) > _MAX_SIZE_BODY or not data.endswith(b"\n") or not data.isascii():
        raise MalformedError("size", "the body is not a size and a newline")
    return read_number(data[:-1].decode("ascii"), "size", "size")
