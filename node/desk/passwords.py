"""Passwords: which are taken, and how they are kept.

What makes a password is that nobody guesses it, so length counts and the sorts of letters do not (NIST
SP 800-63B, 3.1.1). Refused is what is tried first: few different characters, runs such as ``abcdef`` and
``qwertz``, and the names that stand beside the field.

Kept is an argon2id hash with the parameters that argon2-cffi has by default (RFC 9106, second choice), made
anew when somebody signs in whose hash has others.
"""

import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from protocol.problem import ERROR, Problem

LEAST: Final = 12
"""Characters of a password at least."""

MOST: Final = 1_024
"""Characters of a password at most: enough for a poem, too few to keep a node busy with."""

_DIFFERENT: Final = 5
_RUN: Final = 4
_BESIDE_NAMES: Final = 8  # characters that must be left without the names
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
)


def normal(password: str) -> str:
    """Return a password as it is hashed: one form of letters and of spaces (RFC 8265, 4.2)."""
    spaced = "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in password)
    return unicodedata.normalize("NFC", spaced)


def password_problems(password: str, names: Iterable[str] = ()) -> tuple[Problem, ...]:
    """Return why a password is not taken; empty when it is.

    Args:
        password: As it was typed.
        names: What is known to whoever guesses: of the account, of the node.
    """
    text = normal(password)
    if len(text) > MOST:
        return (_problem(f"The password has more than {MOST:,} characters.", "Use a shorter one."),)
    found = []
    if len(text) < LEAST:
        found.append(
            _problem(
                f"The password has fewer than {LEAST} characters.", "Four words by chance are easy to keep."
            )
        )
    lowered = text.casefold()
    if len(set(lowered)) < _DIFFERENT:
        found.append(_problem("The password repeats a few characters.", "Use more different ones."))
    elif len(lowered) - _in_runs(lowered) < _DIFFERENT:
        found.append(
            _problem("The password is a row of the alphabet or of the keyboard.", "Use words instead.")
        )
    if _is_about(lowered, names):
        found.append(_problem("The password is little more than a name.", "Use what nobody expects of you."))
    return tuple(found)


def _in_runs(text: str) -> int:
    """Return how many characters stand in runs of four or more, forwards or backwards."""
    taken: set[int] = set()
    for start in range(len(text) - _RUN + 1):
        part = text[start : start + _RUN]
        if any(part in row or part[::-1] in row for row in _ROWS):
            taken.update(range(start, start + _RUN))
    return len(taken)


def _is_about(text: str, names: Iterable[str]) -> bool:
    left = text
    for name in sorted({normal(each).casefold() for each in names if each.strip()}, key=len, reverse=True):
        left = left.replace(name, "")
    return left != text and len(left) < _BESIDE_NAMES


def _problem(message: str, hint: str) -> Problem:
    return Problem("/password", message, hint, ERROR)


class Passwords:
    """Hashes passwords and compares them.

    Args:
        hasher: How; tests bring a cheap one.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = PasswordHasher() if hasher is None else hasher

    def hash(self, password: str) -> str:
        """Return what is kept of a password; takes a quarter of a second of one core, and 64 MiB."""
        return self._hasher.hash(_encoded(password))

    def fits(self, kept: str | None, password: str) -> bool:
        """Report whether a password is the one of which something is kept.

        Args:
            kept: What ``hash`` returned; None where there is nothing, which costs as much and never fits.
            password: As it was typed.
        """
        if len(password) > MOST:
            return False
        try:
            return self._hasher.verify(self._of_nobody() if kept is None else kept, _encoded(password))
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, kept: str) -> bool:
        """Report whether a hash was made with other parameters than are usual now."""
        return self._hasher.check_needs_rehash(kept)

    def _of_nobody(self) -> str:
        """Return a hash of the usual cost of which nobody knows a password, without the cost of making it."""
        each = self._hasher
        salt, digest = (
            b64encode(secrets.token_bytes(size)).decode().rstrip("=")
            for size in (each.salt_len, each.hash_len)
        )
        cost = f"m={each.memory_cost},t={each.time_cost},p={each.parallelism}"
        return f"$argon2id$v=19${cost}${salt}${digest}"


def _encoded(password: str) -> bytes:
    # What no browser sends is hashed as well, and fits nothing.
    return normal(password).encode(errors="surrogatepass")
