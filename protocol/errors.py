"""What can be wrong with bytes that somebody else wrote.

Errors are values: they carry what was read and why it was refused, so that a
caller can name the fault, the place and the way out without parsing sentences.
A caller's own mistake (an index outside the tree, a seed of the wrong length) is
a plain ``ValueError`` instead.
"""

from dataclasses import dataclass


class ProtocolError(Exception):
    """Base of everything this package raises about foreign bytes."""


@dataclass(eq=False)
class _NamedError(ProtocolError):
    """An error about one named thing.

    Attributes:
        what: The thing that was read, such as ``"checkpoint"``.
        reason: Why it was refused, as a clause without a full stop.
    """

    what: str
    reason: str

    def __str__(self) -> str:
        """Return ``what: reason``."""
        return f"{self.what}: {self.reason}"


class MalformedError(_NamedError):
    """The bytes are not in the one form that the format allows."""


class SignatureError(_NamedError):
    """The bytes are well formed, but not signed as they must be."""


class InconsistentError(_NamedError):
    """Signed or hashed things contradict one another."""
