r"""Keys: who signs, under which name, and how the key is written down.

A verifier key (C2SP signed-note "vkey") is one line of text, the signing key of
the same name (golang.org/x/mod's form) another. Seed: SHA-256 of ``example``::

    city.example/log/works/1+a1ca4b62+AUQpkwZQBKoeTEj03QFYGUwCNJvMZkzZbkAOommRio1R
    PRIVATE+KEY+city.example/log/works/1+a1ca4b62+AVDYWOCYXsx/YEGKrwzFq1h/QsJXCohAlanozKzQ9lRc

The parts are name, key ID and base64 of a type byte followed by the key. The ID
is the first four bytes of ``SHA-256(name || "\n" || type || public key)``, so
name, type and key cannot be recombined. Base64 may contain ``+``: only the
first separators count.

The 14 low-order Ed25519 encodings are refused (C2SP CCTV: under the identity
key, one fixed signature verifies every message), and so are encodings that
spell a coordinate in a second way.
"""

import hashlib
import re
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from .errors import MalformedError
from .lines import read_base64, write_base64

KEY_ID_SIZE: Final = 4
SEED_SIZE: Final = 32


class KeyType(IntEnum):
    """What a key signs, and with which algorithm (the type byte of signed-note)."""

    ED25519 = 1
    COSIGNATURE_ED25519 = 4
    COSIGNATURE_MLDSA44 = 6


PUBLIC_SIZES: Final = {
    KeyType.ED25519: 32,
    KeyType.COSIGNATURE_ED25519: 32,
    KeyType.COSIGNATURE_MLDSA44: 1312,
}
SIGNATURE_SIZES: Final = {
    KeyType.ED25519: 64,
    KeyType.COSIGNATURE_ED25519: 64,
    KeyType.COSIGNATURE_MLDSA44: 2420,
}

_PREFIX: Final = "PRIVATE+KEY+"
_FIELD_PRIME: Final = 2**255 - 19
_SIGN_BIT: Final = 2**255
# The y coordinates of the eight points whose order divides 8. With both signs,
# and with the second spellings refused as such, these are CCTV's 14 encodings.
_LOW_ORDER_Y: Final = frozenset(
    {
        0,
        1,
        _FIELD_PRIME - 1,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    }
)
_NAME_REFUSED: Final = re.compile(r"[\s+\x00-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name.

    Attributes:
        name: Non-empty, without spaces and ``+``.
        type: What the key signs.
        public: The raw public key, 32 or 1,312 bytes.
        key_id: Four bytes that, with the name, find the key's signature lines.

    Raises:
        ValueError: On construction, for a bad name or a refused public key.
    """

    name: str
    type: KeyType
    public: bytes
    key_id: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if fault := name_fault(self.name) or _public_fault(self.type, self.public):
            raise ValueError(fault)
        hashed = self.name.encode() + b"\n" + bytes((self.type,)) + self.public
        object.__setattr__(self, "key_id", hashlib.sha256(hashed).digest()[:KEY_ID_SIZE])

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Return the key that a vkey line spells.

        Raises:
            MalformedError: The text is no vkey of a known type, its key ID belongs
                to another key, or the key is one that nobody may use.
        """
        name, kind, public = _split(text, "vkey")
        try:
            key = cls(name, KeyType(kind), public)
        except ValueError as error:
            raise MalformedError("vkey", str(error)) from error
        if str(key) != text:
            raise MalformedError("vkey", "the key ID is of another name, type or key")
        return key

    def __str__(self) -> str:
        """Return the vkey."""
        return f"{self.name}+{self.key_id.hex()}+{write_base64(bytes((self.type,)) + self.public)}"

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Return whether a raw signature over a message is this key's."""
        public = (
            MLDSA44PublicKey.from_public_bytes(self.public)
            if self.type is KeyType.COSIGNATURE_MLDSA44
            else Ed25519PublicKey.from_public_bytes(self.public)
        )
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret key with its name. ``repr`` shows no secret; ``str`` is the key.

    Attributes:
        name: Non-empty, without spaces and ``+``.
        type: What the key signs.
        seed: 32 secret bytes, of which Ed25519 (RFC 8032) and ML-DSA-44 (FIPS 204) make their keys.
        vkey: The public half.

    Raises:
        ValueError: On construction, for a seed of another length.
    """

    name: str
    type: KeyType
    seed: bytes = field(repr=False)
    vkey: VerifierKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_SIZE:
            raise ValueError(f"a seed has {SEED_SIZE} bytes, not {len(self.seed)}")
        public = self._private().public_key().public_bytes_raw()
        object.__setattr__(self, "vkey", VerifierKey(self.name, self.type, public))

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """Return the key that a ``PRIVATE+KEY+`` line spells.

        Raises:
            MalformedError: The text is no such line. The reason never quotes it.
        """
        if not text.startswith(_PREFIX):
            raise MalformedError("signing key", f"does not start with {_PREFIX}")
        name, kind, seed = _split(text.removeprefix(_PREFIX), "signing key")
        try:
            key = cls(name, KeyType(kind), seed)
        except ValueError as error:
            raise MalformedError("signing key", str(error)) from error
        if str(key) != text:
            raise MalformedError("signing key", "the key ID is of another name, type or seed")
        return key

    def __str__(self) -> str:
        """Return the secret key as text. Write it to a key file and nowhere else."""
        secret = write_base64(bytes((self.type,)) + self.seed)
        return f"{_PREFIX}{self.name}+{self.vkey.key_id.hex()}+{secret}"

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature over a message: of Ed25519 the same every time, of ML-DSA-44 never."""
        return self._private().sign(message)

    def _private(self) -> Ed25519PrivateKey | MLDSA44PrivateKey:
        if self.type is KeyType.COSIGNATURE_MLDSA44:
            return MLDSA44PrivateKey.from_seed_bytes(self.seed)
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def name_fault(name: str) -> str | None:
    """Return why a text cannot be a key name, as a clause, or None when it can."""
    if not name:
        return "the key name is empty"
    if _NAME_REFUSED.search(name):
        return "the key name has a space, a '+' or a control character"
    return None


def _split(text: str, what: str) -> tuple[str, int, bytes]:
    """Return name, type byte and key bytes of ``name+id+base64``; the ID is unchecked."""
    name, first, rest = text.partition("+")
    _, second, encoded = rest.partition("+")
    if not (first and second):
        raise MalformedError(what, "not of the form name+id+base64")
    data = read_base64(encoded, what, "key")
    if not data:
        raise MalformedError(what, "the key is empty")
    return name, data[0], data[1:]


def _public_fault(kind: KeyType, public: bytes) -> str | None:
    """Return why raw bytes are refused as a public key, or None."""
    size = PUBLIC_SIZES[kind]
    if len(public) != size:
        return f"the public key has {len(public)} bytes, not {size}"
    if kind is KeyType.COSIGNATURE_MLDSA44:
        return None
    y = int.from_bytes(public, "little") % _SIGN_BIT
    if y >= _FIELD_PRIME:
        return "the public key is a second spelling of a point"
    return "the public key has low order" if y in _LOW_ORDER_Y else None
