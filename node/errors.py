"""What can go wrong inside this node, as one tree of values.

Every error carries fields and a ``hint``: what the person in front of it can do next.
``node.http.problems`` maps them to HTTP statuses, ``node.cli`` to exit codes; nothing
else does. What is wrong with other people's bytes is in ``protocol.errors`` and
``federation.faults``.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protocol.validate import Problem


class NodeError(Exception):
    """Base of everything this package raises on purpose.

    Attributes:
        hint: What to do about it; empty when there is nothing to add.
    """

    hint: str = ""


@dataclass(eq=False)
class ConfigError(NodeError):
    """The configuration cannot be used.

    Attributes:
        file: The file, or the environment variable, that holds the value.
        key: Dotted key, such as ``sync.interval_seconds``; empty for the whole file.
        message: Why it is refused.
        hint: What would be accepted.
    """

    file: str
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return ``file: key: message``."""
        return ": ".join(part for part in (self.file, self.key, self.message) if part)


@dataclass(eq=False)
class KeyFileError(NodeError):
    """A private key file is missing, unreadable, or readable by others.

    Attributes:
        path: The file or directory.
        message: Why it is refused.
        hint: The command that repairs it.
    """

    path: Path
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return ``path: message``."""
        return f"{self.path}: {self.message}"


@dataclass(eq=False)
class NotFoundError(NodeError):
    """Nothing here has this name.

    Attributes:
        what: The name that was asked for, with its kind where that helps.
        hint: Where to look.
    """

    what: str
    hint: str = ""

    def __str__(self) -> str:
        """Return the sentence."""
        return f"not found here: {self.what}"


@dataclass(eq=False)
class TakenDownError(NodeError):
    """The operator of this node took it down.

    Attributes:
        what: The address.
        reason: Why, as the operator said it.
        hint: Where else it may be.
    """

    what: str
    reason: str
    hint: str = "its publisher, and other nodes that carry its log, decide for themselves"

    def __str__(self) -> str:
        """Return the sentence."""
        return f"{self.what} was taken down on this node: {self.reason}"


@dataclass(eq=False)
class AmbiguousError(NodeError):
    """A short name fits more than one thing.

    Attributes:
        ref: The name that was given.
        candidates: Some of the things it fits.
        hint: How to be exact.
    """

    ref: str
    candidates: tuple[str, ...]
    hint: str = "give more characters, or the whole address"

    def __str__(self) -> str:
        """Return the sentence with the candidates."""
        return f"{self.ref!r} fits {len(self.candidates)} things: {', '.join(self.candidates)}"


@dataclass(eq=False)
class EditConflictError(NodeError):
    """An edit was based on a version that is no longer the newest.

    Attributes:
        id: Statement id, 16 bytes.
        expected: Index of the version the author saw; None when it should not exist.
        found: Index of the newest version; None when there is none.
        hint: How to go on.
    """

    id: bytes
    expected: int | None
    found: int | None
    hint: str = "read the newest version, apply the change to it and try again"

    def __str__(self) -> str:
        """Return the sentence."""
        return f"statement {self.id.hex()} stands at {self.found}, the edit expected {self.expected}"


@dataclass(eq=False)
class NotClearedError(NodeError):
    """This node may not sign for a log now.

    Attributes:
        origin: The log.
        reason: What is missing, as a sentence without a full stop.
        hint: How to get there.
    """

    origin: str
    reason: str
    hint: str = "drafts are kept; start the node with its peers reachable, or see `fedcat log unlock`"

    def __str__(self) -> str:
        """Return the sentence."""
        return f"not signing for {self.origin}: {self.reason}"


@dataclass(eq=False)
class NotWitnessedError(NodeError):
    """This node does not cosign what a log showed to it as a witness.

    Attributes:
        origin: The log.
        reason: Why not, as a clause.
        hint: What to do about it.
    """

    origin: str
    reason: str
    hint: str = "the operator of the witness has to decide first"

    def __str__(self) -> str:
        """Return the sentence."""
        return f"not cosigning {self.origin}: {self.reason}"


@dataclass(eq=False)
class WitnessConflictError(NodeError):
    """A log proved that it continues another size than this witness cosigned last.

    Attributes:
        origin: The log.
        size: The size that was cosigned last; 0 for none.
        hint: How to go on.
    """

    origin: str
    size: int
    hint: str = "prove that the checkpoint continues that size"

    def __str__(self) -> str:
        """Return the sentence."""
        return f"of {self.origin} the size {self.size} was cosigned last"


@dataclass(eq=False)
class NotPermittedError(NodeError):
    """A token, or an account, is not for what was asked for.

    Attributes:
        reason: What it is for, as a clause.
        scope: Which scope or role it would need; empty where none would do.
        hint: How to get there.
    """

    reason: str
    scope: str
    hint: str = "the node's operator makes tokens: `fedcat token create`"

    def __str__(self) -> str:
        """Return the sentence."""
        needed = f", and this needs {self.scope}" if self.scope else ""
        return f"not permitted: {self.reason}{needed}"


@dataclass(eq=False)
class LockedError(NodeError):
    """Another writer holds what this one needs.

    Attributes:
        what: The thing that is held.
        hint: What to do.
    """

    what: str
    hint: str = "wait for the other command to end and try again"

    def __str__(self) -> str:
        """Return the sentence."""
        return f"{self.what} is in use by another writer"


@dataclass(eq=False)
class DamagedError(NodeError):
    """What is stored does not agree with itself.

    Attributes:
        what: The thing that was read.
        reason: What does not agree.
        hint: How to repair it.
        bundle: The bundle whose content it is; None where it is something else.
    """

    what: str
    reason: str
    hint: str = "restore the home directory from a backup; followed logs can be fetched again"
    bundle: int | None = None

    def __str__(self) -> str:
        """Return ``what: reason``."""
        return f"{self.what}: {self.reason}"


@dataclass(eq=False)
class InvalidInputError(NodeError):
    """What a person or a file asked for cannot be accepted.

    Attributes:
        message: One sentence for all of it.
        problems: Each single problem, with pointer, message and hint.
        hint: What to do.
    """

    message: str
    problems: "tuple[Problem, ...]" = field(default=())
    hint: str = ""

    def __str__(self) -> str:
        """Return the message, then one line for each problem."""
        return "\n".join(
            (self.message, *(f"  {each.pointer or '/'}: {each.message}" for each in self.problems))
        )


def counted(number: int, one: str, more: str = "") -> str:
    """Return a number with what is counted: ``one problem``, ``2 problems``.

    Args:
        number: How many.
        one: What one of them is called.
        more: What several are called, where that is not the same with an *s*.
    """
    return f"one {one}" if number == 1 else f"{number} {more or f'{one}s'}"
