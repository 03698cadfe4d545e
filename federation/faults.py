"""What can be wrong with a source, by name.

A fault is the outcome of asking somebody, not an accident of ours: it says what is wrong, with
which file, in a sentence. ``str`` of one is the line that people read::

    inconsistent: tile/entries/003: its leaves do not hash to what is signed
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protocol.errors import InconsistentError, ProtocolError, SignatureError


class FaultKind(StrEnum):
    """The six names of faults."""

    MALFORMED = "malformed"  # does not parse
    BAD_SIGNATURE = "bad signature"
    INCONSISTENT = "inconsistent"  # does not hash to what was signed, or contradicts the held tree
    WITHHELD = "withheld"  # signed for, and not handed out
    OVER_LIMIT = "over limit"
    UNREACHABLE = "unreachable"


_MAX_DETAIL = 300


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        kind: Its name.
        file: The path under the log's prefix, or the URL where there is no prefix yet.
        detail: Why, as a clause without a full stop. It may quote a stranger, so it is made fit to be
            stored and shown: one line, only printable characters, at most 300 of them.
    """

    kind: FaultKind
    file: str
    detail: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", _printable(self.detail))

    def __str__(self) -> str:
        """Return ``kind: file: detail``."""
        return f"{self.kind}: {self.file}: {self.detail}"


@dataclass(eq=False)
class FaultError(Exception):
    """A source is at fault: drop what it sent and ask another.

    Attributes:
        fault: What is wrong.
    """

    fault: Fault

    def __str__(self) -> str:
        """Return the fault's line."""
        return str(self.fault)


class OriginError(FaultError):
    """The origin itself is at fault: what is wrong is what it signed, so no other source helps."""


def _printable(text: str) -> str:
    words = " ".join(text[: 4 * _MAX_DETAIL].split())
    shown = "".join([c if c.isprintable() else ascii(c)[1:-1] for c in words])
    return shown if len(shown) <= _MAX_DETAIL else f"{shown[: _MAX_DETAIL - 1]}\N{HORIZONTAL ELLIPSIS}"


def fault_of(error: ProtocolError, file: str) -> Fault:
    """Return the fault that an error about foreign bytes means.

    Args:
        error: What ``protocol`` raised.
        file: The path of the bytes.
    """
    if isinstance(error, SignatureError):
        return Fault(FaultKind.BAD_SIGNATURE, file, str(error))
    if isinstance(error, InconsistentError):
        return Fault(FaultKind.INCONSISTENT, file, str(error))
    return Fault(FaultKind.MALFORMED, file, str(error))
