"""Signed notes (C2SP signed-note v1.0.0): text that carries its signatures.

Everything signed in fedcat is one of these::

    city.example/log/works/1
    1840
    tWfAy7LoXCleat6TDluzSaS5vulInKp9a2ed1G6CpxE=

    — city.example/log/works/1 ocpLYkmalYiKtwVUkwgG6OBEuZtJ8WFMGd0anuJ1T6NwBsnreuNl
      J2+OSN+7qNYTbCrAf1PEIBeGlRTe9mPz9NmxzwQ=

(the last line broken here for the page). The text ends with a newline and may
hold empty lines; the last empty line of the note ends it. Each signature line
has an em dash, the key's name, and base64 of four bytes of key ID followed by
the signature. Name and ID together say which key may verify the line; lines of
unknown keys are carried along and prove nothing.

One note has one text here: base64 with other spare bits is refused, although
other implementations take it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .errors import MalformedError, SignatureError
from .keys import KEY_ID_SIZE, KeyType, SigningKey, VerifierKey, name_fault
from .lines import read_base64, write_base64

MAX_NOTE: Final = 131_072
"""Bytes of a note. Sixteen post-quantum cosignatures take 53 kB."""

MAX_SIGNATURES: Final = 100
"""Signature lines of a note: a peer must not make us verify for minutes (as x/mod)."""

_DASH: Final = "— "
_TEXT_REFUSED: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line.

    Attributes:
        name: The key's name.
        key_id: The key's four-byte ID.
        signature: What follows the ID: raw signature bytes, after a time in cosignatures.

    Raises:
        ValueError: On construction, when no line could be written from the parts.
    """

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        if fault := name_fault(self.name):
            raise ValueError(fault)
        if len(self.key_id) != KEY_ID_SIZE or not self.signature:
            raise ValueError(f"a signature line has {KEY_ID_SIZE} bytes of key ID and a signature")

    @classmethod
    def parse(cls, line: str) -> "NoteSignature":
        """Return what a signature line, without its newline, states.

        Raises:
            MalformedError: The line is not a signature line, or not the one spelling of it.
        """
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        if not (line.startswith(_DASH) and space):
            raise MalformedError("note", "a signature line is not of the form '— name base64'")
        data = read_base64(encoded, "note", "signature")
        try:
            return cls(name, data[:KEY_ID_SIZE], data[KEY_ID_SIZE:])
        except ValueError as error:
            raise MalformedError("note", str(error)) from error

    def __str__(self) -> str:
        """Return the line without its newline."""
        return f"{_DASH}{self.name} {write_base64(self.key_id + self.signature)}"

    def is_by(self, key: VerifierKey) -> bool:
        """Return whether the line claims to be by a key. It proves nothing."""
        return self.name == key.name and self.key_id == key.key_id


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its signature lines, none of them verified.

    Attributes:
        text: What is signed, with its final newline.
        signatures: The lines in their order.

    Raises:
        ValueError: On construction, for a text that no note can carry.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        if fault := _text_fault(self.text):
            raise ValueError(fault)

    @classmethod
    def parse(cls, data: bytes, max_bytes: int = MAX_NOTE) -> "Note":
        """Return the note that the bytes spell.

        Raises:
            MalformedError: The bytes are no signed note, or too many.
        """
        if len(data) > max_bytes:
            raise MalformedError("note", f"longer than {max_bytes} bytes")
        try:
            content = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedError("note", "not UTF-8") from error
        text, gap, block = content.rpartition("\n\n")
        text += "\n"
        if not (gap and block.endswith("\n")):
            raise MalformedError("note", "no signature lines after an empty line")
        if fault := _text_fault(text):
            raise MalformedError("note", fault)
        lines = block[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise MalformedError("note", f"more than {MAX_SIGNATURES} signature lines")
        return cls(text, tuple(NoteSignature.parse(line) for line in lines))

    def render(self) -> bytes:
        """Return the note's bytes.

        Raises:
            ValueError: There is no signature line; a note must have one.
        """
        if not self.signatures:
            raise ValueError("a note without signatures has no form")
        return "\n".join((self.text, *map(str, self.signatures), "")).encode("utf-8")

    def with_signatures(self, *signatures: NoteSignature) -> "Note":
        """Return the note with further lines; a line of the same name and ID is replaced."""
        lines: dict[tuple[str, bytes], NoteSignature] = {}
        for line in self.signatures:
            # Among lines of one name and ID readers go by the first.
            lines.setdefault((line.name, line.key_id), line)
        lines |= {(line.name, line.key_id): line for line in signatures}
        return Note(self.text, tuple(lines.values()))


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note whose signatures by known keys hold.

    Attributes:
        note: The note.
        verified: Each known key that signed, with its line, in the order of the lines.
    """

    note: Note
    verified: tuple[tuple[VerifierKey, NoteSignature], ...]


def open_note(note: Note, keys: Iterable[VerifierKey]) -> OpenedNote:
    """Return the note once at least one known key signed it and none failed.

    Of several lines with one name and ID the first counts; lines of unknown keys
    are ignored.

    Args:
        note: A parsed note.
        keys: The known keys, of type ``ED25519``. Cosignatures are read by
            ``cosignature.verify_cosignature``.

    Raises:
        SignatureError: No known key signed, a known key's line does not verify, or
            two different known keys answer to one name and ID.
        ValueError: A key is of another type.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if key.type is not KeyType.ED25519:
            raise ValueError(f"{key.name} is not a note key")
        if known.setdefault((key.name, key.key_id), key) != key:
            raise SignatureError("note", f"two keys answer to {key.name}+{key.key_id.hex()}")
    verified: dict[VerifierKey, NoteSignature] = {}
    message = note.text.encode("utf-8")
    for line in note.signatures:
        found = known.get((line.name, line.key_id))
        if found is None or found in verified:
            continue
        if not found.verify(message, line.signature):
            raise SignatureError("note", f"the signature by {line.name} does not verify")
        verified[found] = line
    if not verified:
        raise SignatureError("note", "no known key signed it")
    return OpenedNote(note, tuple(verified.items()))


def sign_note(text: str, *keys: SigningKey) -> Note:
    """Return a text as a note signed by each key.

    Raises:
        ValueError: The text is none for a note, or a key is not of type ``ED25519``.
    """
    return Note(text, ()).with_signatures(*(signature_line(text, key) for key in keys))


def signature_line(text: str, key: SigningKey) -> NoteSignature:
    """Return one key's signature line over a note's text.

    Raises:
        ValueError: The key is not of type ``ED25519``.
    """
    if key.type is not KeyType.ED25519:
        raise ValueError(f"{key.name} is not a note key")
    return NoteSignature(key.name, key.vkey.key_id, key.sign(text.encode("utf-8")))


def _text_fault(text: str) -> str | None:
    """Return why a text cannot be a note's, or None when it can."""
    if not text.endswith("\n"):
        return "the text does not end with a newline"
    if _TEXT_REFUSED.search(text):
        return "the text has a control character or a surrogate"
    return None
