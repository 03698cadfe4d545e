"""One thing that is wrong with a statement: where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Severity: TypeAlias = Literal["error", "flag"]

ERROR: Final = "error"
FLAG: Final = "flag"


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault in a statement.

    Attributes:
        pointer: JSON pointer (RFC 6901) to the value, ``""`` for the statement itself.
        message: A sentence that says what is wrong.
        hint: A sentence that says what to do.
        severity: ``"error"`` or ``"flag"``; see :mod:`protocol.validate`.
    """

    pointer: str
    message: str
    hint: str
    severity: Severity

    def __str__(self) -> str:
        """Return one line: pointer, message, hint."""
        return f"{self.pointer or '/'}: {self.message} {self.hint}"


def child(pointer: str, key: str) -> str:
    """Return the JSON pointer of a key or index inside what ``pointer`` points to."""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
