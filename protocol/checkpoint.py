"""Checkpoints (C2SP tlog-checkpoint v1.0.0): what a log says about its whole tree.

The text of a signed note, three lines: origin, number of leaves, and base64 of
the RFC 6962 root over them::

    city.example/log/works/1
    1840
    tWfAy7LoXCleat6TDluzSaS5vulInKp9a2ed1G6CpxE=

There is no time in it; freshness comes from cosignatures. A log signs at most one
root for each size, for ever. The format allows further lines, which fedcat's logs
never write: nobody could audit them, and ML-DSA cosignatures leave them out.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from .errors import MalformedError
from .keys import SigningKey
from .lines import MAX_NUMBER, read_base64, read_number, write_base64
from .note import NoteSignature, signature_line

ROOT_SIZE: Final = 32

_EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
_HEAD_LINES: Final = 3
_LINE_REFUSED: Final = re.compile(r"[\x00-\x1f\ud800-\udfff]")
# What cosignatures put in front of a checkpoint. A log of such a name could make
# its checkpoints look like another log's cosigned ones.
_RESERVED: Final = frozenset({"cosignature/v1", "subtree/v1"})


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One log's statement of its size and root, unsigned.

    Attributes:
        origin: The log's name. Foreign logs may have names that are no fedcat origin.
        size: Leaves in the tree.
        root: The 32-byte RFC 6962 root over them.
        extensions: Further lines, for logs that are not fedcat's.

    Raises:
        ValueError: On construction, when the parts form no checkpoint.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.origin in _RESERVED:
            raise ValueError(f"{self.origin} cannot name a log")
        for line in (self.origin, *self.extensions):
            if not line or _LINE_REFUSED.search(line):
                raise ValueError("a line is empty or has a control character")
        if not 0 <= self.size <= MAX_NUMBER:
            raise ValueError("the size is not between 0 and 2**63 - 1")
        if len(self.root) != ROOT_SIZE:
            raise ValueError(f"the root has {len(self.root)} bytes, not {ROOT_SIZE}")
        if self.size == 0 and self.root != _EMPTY_ROOT:
            raise ValueError("the root of no leaves is the hash of nothing")

    @classmethod
    def parse(cls, text: str, *, allow_extensions: bool = False) -> "Checkpoint":
        """Return the checkpoint that a note's text spells.

        Args:
            text: The whole text, with its final newline.
            allow_extensions: Whether lines may follow the root.

        Raises:
            MalformedError: The text is no checkpoint, or has lines that are not allowed.
        """
        if not text.endswith("\n"):
            raise MalformedError("checkpoint", "does not end with a newline")
        lines = text[:-1].split("\n")
        if len(lines) < _HEAD_LINES:
            raise MalformedError("checkpoint", "has fewer than three lines")
        if len(lines) > _HEAD_LINES and not allow_extensions:
            raise MalformedError("checkpoint", "has lines after the root")
        size = read_number(lines[1], "checkpoint", "size")
        root = read_base64(lines[2], "checkpoint", "root", ROOT_SIZE)
        try:
            return cls(lines[0], size, root, tuple(lines[_HEAD_LINES:]))
        except ValueError as error:
            raise MalformedError("checkpoint", str(error)) from error

    @property
    def text(self) -> str:
        """The text of the note, the only one for this value."""
        return "\n".join((self.origin, str(self.size), write_base64(self.root), *self.extensions, ""))


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> NoteSignature:
    """Return the log's signature line. The caller answers for never signing a fork.

    Raises:
        ValueError: The key is not a note key of the checkpoint's origin.
    """
    if key.name != checkpoint.origin:
        raise ValueError(f"the key is {key.name}'s, not {checkpoint.origin}'s")
    return signature_line(checkpoint.text, key)
