"""Root keys, which are kept offline, and what is signed with them.

A root key lies on a recovery sheet (``founding``) or in a file of its own, made by ``fedcat key root`` on
a machine that may never see a network. Either is text for people around one line
``PRIVATE+KEY+<origin>/root/<n>+…``; several may stand in one file.

A key set travels to its roots as a file: its text first, then as a note with the signature lines
collected so far (``Prepared``). Copies that were signed side by side are put together again.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from node.errors import InvalidInputError
from protocol.errors import MalformedError
from protocol.keys import KeyType, SigningKey
from protocol.keyset import KeyChain, KeySet
from protocol.keytext import MAX_KEY_SET
from protocol.note import Note, signature_line

from .keyfiles import new_key

MAX_FILE: Final = 2 * MAX_KEY_SET
"""Bytes read of a sheet or a prepared key set."""

_PREFIX = "PRIVATE+KEY+"
_SHEET = """\
fedcat root key
===============

Log          {origin}
Key          {name}
Made         {made} UTC

Public half. Whoever prepares a key set for the log needs it:

    {vkey}

Private half. Whoever has this line speaks for the log, alone or with
other roots, as its key set says. Never copy it to the log's node.

    {key}
"""


def new_root(origin: str, number: int) -> SigningKey:
    """Return a fresh root key of a log."""
    return new_key(f"{origin}/root/{number}", KeyType.ED25519)


def root_sheet(key: SigningKey, now: int) -> str:
    """Return the text that a root key is kept as.

    Args:
        key: The key.
        now: POSIX seconds.
    """
    made = time.strftime("%Y-%m-%d %H:%M", time.gmtime(now))
    origin = key.name.rpartition("/root/")[0]
    return _SHEET.format(origin=origin, name=key.name, made=made, vkey=key.vkey, key=key)


def root_keys(text: str) -> tuple[SigningKey, ...]:
    """Return the root keys on a sheet, or in a file of several.

    Raises:
        InvalidInputError: There is none, or a line is damaged.
    """
    found = tuple(key for key in private_keys(text) if "/root/" in key.name)
    if not found:
        raise InvalidInputError("there is no root key", hint=f"it is a line that begins with {_PREFIX}")
    return found


def private_keys(text: str) -> tuple[SigningKey, ...]:
    """Return every private key that stands on a line of its own.

    Raises:
        InvalidInputError: A line is damaged.
    """
    lines = (line.strip() for line in text.splitlines())
    try:
        return tuple(SigningKey.parse(line) for line in lines if line.startswith(_PREFIX))
    except MalformedError as error:
        raise InvalidInputError(str(error), hint="copy the line exactly, without spaces in it") from None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A key set on its way to its roots.

    Attributes:
        keys: The key set.
        note: Its text with the signature lines so far, perhaps none.
    """

    keys: KeySet
    note: Note

    @classmethod
    def of(cls, keys: KeySet) -> "Prepared":
        """Return a key set that nobody has signed yet."""
        return cls(keys, Note(keys.text, ()))

    @classmethod
    def parse(cls, data: bytes) -> "Prepared":
        """Return what a file holds.

        Raises:
            MalformedError: It is no key set, signed or not.
        """
        if b"\n\n" in data:
            note = Note.parse(data, MAX_KEY_SET)
        else:
            try:
                note = Note(data[: MAX_KEY_SET + 1].decode("utf-8"), ())
            except (UnicodeDecodeError, ValueError) as error:
                raise MalformedError("key set", f"not its text: {error}") from error
        return cls(KeySet.parse(note.text), note)

    def render(self) -> bytes:
        """Return the file: the text alone until somebody has signed."""
        return self.note.render() if self.note.signatures else self.note.text.encode()

    def signed(self, roots: Iterable[SigningKey]) -> "Prepared":
        """Return it with a signature by each root.

        Raises:
            InvalidInputError: A root is of another log.
        """
        former = self.keys.predecessor
        logs = {self.keys.origin} | ({former.origin} if former is not None else set())
        lines = []
        for root in roots:
            if root.name.rpartition("/root/")[0] not in logs:
                raise InvalidInputError(f"{root.name} is no root of {self.keys.origin}")
            lines.append(signature_line(self.note.text, root))
        return Prepared(self.keys, self.note.with_signatures(*lines))

    def joined(self, other: "Prepared") -> "Prepared":
        """Return it with the signatures of a copy as well.

        Raises:
            InvalidInputError: The other one is of another key set.
        """
        if other.note.text != self.note.text:
            raise InvalidInputError("the files hold different key sets", hint="give copies of one file")
        return Prepared(self.keys, self.note.with_signatures(*other.note.signatures))

    def lacking(self, *sets: KeySet) -> str | None:
        """Return whose signatures are missing, as a clause, or None when there are enough.

        Lines are counted by the name and ID that they claim; what they prove is checked by ``KeyChain``.

        Args:
            sets: The key sets of which a threshold of roots must sign.
        """
        for keys in sets:
            signed = {
                root.public for root in keys.roots if any(line.is_by(root) for line in self.note.signatures)
            }
            if len(signed) < keys.threshold:
                left = ", ".join(root.name for root in keys.roots if root.public not in signed)
                return (
                    f"key set {keys.version} of {keys.origin} wants {keys.threshold} of its roots to sign,"
                    f" and {len(signed)} did; left: {left}"
                )
        return None

    def extend(self, chain: KeyChain) -> KeyChain:
        """Return a chain with this key set as its newest.

        Raises:
            InvalidInputError: Signatures are missing.
            ProtocolError: It does not follow, or a signature does not hold.
        """
        missing = self.lacking(chain.newest, self.keys)
        if missing is not None:
            raise InvalidInputError(missing, hint="each root signs with `fedcat key sign FILE --root SHEET`")
        return chain.extend(self.note.render())
