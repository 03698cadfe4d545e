"""The one table of exit codes: which error ends a command with which number.

Scripts rely on these numbers::

    0 ok                          5 configuration or key problem
    1 unexpected                  6 locked, or not cleared to sign
    2 usage                       7 not found
    3 verification failed         8 partial: some origins failed
    4 network, peer unreachable   9 input invalid
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from federation.faults import FaultError, FaultKind
from federation.ports import ConflictError
from node.errors import (
    AmbiguousError,
    ConfigError,
    DamagedError,
    EditConflictError,
    InvalidInputError,
    KeyFileError,
    LockedError,
    NodeError,
    NotClearedError,
    NotFoundError,
    TakenDownError,
)
from protocol.errors import ProtocolError
from protocol.problem import Problem


class ExitCode(IntEnum):
    """What a command's end means to a script."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    UNVERIFIED = 3
    NETWORK = 4
    CONFIG = 5
    LOCKED = 6
    NOT_FOUND = 7
    PARTIAL = 8
    INVALID_INPUT = 9


#: The first class that fits decides; usage errors are click's own, with its own 2.
EXIT_CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (ConfigError, ExitCode.CONFIG),
    (KeyFileError, ExitCode.CONFIG),
    (NotClearedError, ExitCode.LOCKED),
    (LockedError, ExitCode.LOCKED),
    (EditConflictError, ExitCode.LOCKED),
    (ConflictError, ExitCode.LOCKED),
    (NotFoundError, ExitCode.NOT_FOUND),
    (TakenDownError, ExitCode.NOT_FOUND),
    (AmbiguousError, ExitCode.NOT_FOUND),
    (InvalidInputError, ExitCode.INVALID_INPUT),
    (ProtocolError, ExitCode.UNVERIFIED),
    (DamagedError, ExitCode.UNVERIFIED),
    (NodeError, ExitCode.UNEXPECTED),
)

#: A peer that could not be asked is the network's matter; what it said and we refused is not.
FAULT_CODES: Mapping[FaultKind, ExitCode] = {
    FaultKind.UNREACHABLE: ExitCode.NETWORK,
    FaultKind.OVER_LIMIT: ExitCode.NETWORK,
    FaultKind.WITHHELD: ExitCode.NETWORK,
}


#: The disk takes nothing more: full, over quota, read-only, a file too large, failing.
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})
#: The same in SQLite's words: READONLY, IOERR, FULL, CANTOPEN. As numbers, because `verify` loads no SQLite.
_DISK_SQL = frozenset({8, 10, 13, 14})
_BUSY_SQL = 5
_DAMAGED_SQL = frozenset({11, 26})  # CORRUPT, NOTADB
_DISK_HINT = (
    "Make room on the disk of the home and the lock folder, and let the node's user write there."
    " Everything published before is safe; a draft that was stored before this is published then."
)


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as a command line reports it.

    Attributes:
        code: The exit code.
        message: One sentence.
        hint: What to do about it, or empty.
        lines: Further lines for a person, such as each problem of a document.
        fields: The same for a program, merged into the error document.
    """

    code: ExitCode
    message: str
    hint: str = ""
    lines: tuple[str, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)


def explain(error: Exception) -> Failure:
    """Return how a command ends that met this error."""
    if isinstance(error, FaultError):
        return _fault(error)
    if isinstance(error, InvalidInputError):
        return _invalid(error)
    if isinstance(error, OSError) or hasattr(error, "sqlite_errorcode"):
        return _system(error)
    for kind, code in EXIT_CODES:
        if isinstance(error, kind):
            return Failure(code, str(error), getattr(error, "hint", ""))
    return _unexpected(error)


def _system(error: Exception) -> Failure:
    """Return what the operating system, or SQLite for it, refused to do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == _BUSY_SQL:
        busy = LockedError("the database")
        return Failure(ExitCode.LOCKED, str(busy), busy.hint)
    if code in _DAMAGED_SQL:
        damaged = DamagedError("fedcat.db", str(error))
        return Failure(ExitCode.UNVERIFIED, str(damaged), damaged.hint)
    if code in _DISK_SQL or getattr(error, "errno", None) in _DISK:
        return Failure(ExitCode.CONFIG, f"cannot be stored: {error}", _DISK_HINT)
    if isinstance(error, OSError):
        hint = "Check the path, its permissions, and that the port is free."
        return Failure(ExitCode.CONFIG, str(error), hint)
    return _unexpected(error)


def _unexpected(error: Exception) -> Failure:
    return Failure(
        ExitCode.UNEXPECTED,
        f"{type(error).__name__}: {error}",
        "This was not foreseen; --verbose shows where it happened.",
    )


def problem_document(problem: Problem) -> dict[str, object]:
    """Return one problem of a document as JSON shows it."""
    return {
        "pointer": problem.pointer,
        "message": problem.message,
        "hint": problem.hint,
        "severity": problem.severity,
    }


def problem_line(problem: Problem) -> str:
    """Return one problem of a document as a person reads it."""
    line = f"  {problem.pointer or '/'}: {problem.message}"
    return f"{line} ({problem.hint})" if problem.hint else line


def _fault(error: FaultError) -> Failure:
    """Return a fault of a peer, with the name that everybody gives it."""
    fault = error.fault
    return Failure(
        FAULT_CODES.get(fault.kind, ExitCode.UNVERIFIED),
        f"{fault.kind}: {fault.file}: {fault.detail}",
        fields={"fault": str(fault.kind), "file": fault.file, "detail": fault.detail},
    )


def _invalid(error: InvalidInputError) -> Failure:
    """Return a refused document with all its problems, each on a line of its own."""
    return Failure(
        ExitCode.INVALID_INPUT,
        error.message,
        error.hint,
        tuple(map(problem_line, error.problems)),
        {"problems": [problem_document(problem) for problem in error.problems]},
    )
