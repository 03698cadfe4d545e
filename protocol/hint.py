r"""Push hints: one node tells another that a log has grown. A hint carries nothing and proves nothing.

The two operators share a secret; what is sent is three lines::

    fedcat/hint/v1
    city.example/log/works/1 1841
    5mMdI8YV0m9p8Y0p6u8uHnJm0p8b8c0v4nXvK0iY3zM=      HMAC-SHA256(secret, the lines before)

Whoever receives it asks for the log now instead of a little later, and believes what it finds there.
Losing a hint costs one poll interval, and repeating an old one does nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .errors import MalformedError, SignatureError
from .lines import read_base64, read_number, write_base64
from .origin import Origin

MAX_HINT: Final = 512
"""Bytes of a hint: the longest origin, the largest size and 45 bytes of the last line."""

MIN_SECRET: Final = 16
"""Characters of a secret, at least."""

_WHAT: Final = "hint"
_LABEL: Final = "fedcat/hint/v1"
_LINES: Final = 3
_MAC_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class Hint:
    """What a hint says.

    Attributes:
        origin: The log.
        size: Its size, at least 1.
    """

    origin: str
    size: int

    def seal(self, secret: str) -> bytes:
        """Return the hint as it is sent to whoever shares the secret."""
        text = f"{_LABEL}\n{self.origin} {self.size}\n"
        return f"{text}{write_base64(_mac(secret, text.encode()))}\n".encode()


def open_hint(data: bytes, secrets: Sequence[str]) -> tuple[Hint, int]:
    """Return a hint, and the place of the secret that it was sealed with.

    Args:
        data: The three lines.
        secrets: One for each peer.

    Raises:
        MalformedError: The bytes are no hint.
        SignatureError: It was sealed with none of the secrets.
    """
    if len(data) > MAX_HINT or not data.isascii() or not data.endswith(b"\n"):
        raise MalformedError(_WHAT, f"not at most {MAX_HINT} bytes of ASCII lines")
    lines = data.decode("ascii")[:-1].split("\n")
    if len(lines) != _LINES or lines[0] != _LABEL:
        raise MalformedError(_WHAT, f"not {_LINES} lines that begin with {_LABEL}")
    origin, _, size = lines[1].partition(" ")
    Origin.parse(origin)
    hint = Hint(origin, read_number(size, _WHAT, "size"))
    if not hint.size:
        raise MalformedError(_WHAT, "no log is of size 0")
    mac = read_base64(lines[2], _WHAT, "last line", _MAC_SIZE)
    sealed = data[: data.rindex(b"\n", 0, -1) + 1]
    for place, secret in enumerate(secrets):
        if hmac.compare_digest(_mac(secret, sealed), mac):
            return hint, place
    raise SignatureError(_WHAT, "sealed with no secret that is known here")


def _mac(secret: str, text: bytes) -> bytes:
    return hmac.digest(secret.encode(), text, "sha256")
