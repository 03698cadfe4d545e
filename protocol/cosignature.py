r"""Cosignatures (C2SP tlog-cosignature v1.0.1): others vouch for a checkpoint, at a time.

A line of the checkpoint's note whose signature bytes begin with a time: eight
big-endian bytes of POSIX seconds. "As of then, this was the largest consistent
tree of that origin I had seen." fedcat makes type 0x04 for heartbeats and mirrors,
an Ed25519 signature over two lines and the checkpoint's whole text::

    cosignature/v1
    time 1767139200
    city.example/log/works/1
    1840
    tWfAy7LoXCleat6TDluzSaS5vulInKp9a2ed1G6CpxE=

and of type 0x06, ML-DSA-44 over a binary form that names the cosigner::

    "subtree/v1\n\0" | u8 length, cosigner name | u64 time
                     | u8 length, origin | u64 start = 0 | u64 end = size | root

The first form does not name the cosigner: one Ed25519 key must not serve two names.
"""

import struct
from typing import Final

from .checkpoint import Checkpoint
from .errors import MalformedError, SignatureError
from .keys import SIGNATURE_SIZES, KeyType, SigningKey, VerifierKey
from .lines import MAX_NUMBER
from .note import NoteSignature

TIME_SIZE: Final = 8

_SUBTREE_LABEL: Final = b"subtree/v1\n\0"
_MAX_SHORT: Final = 255


def cosign(checkpoint_text: str, key: SigningKey, time: int) -> NoteSignature:
    """Return the cosignature line of a checkpoint.

    Args:
        checkpoint_text: The note's whole text.
        key: A key of a cosignature type.
        time: When the checkpoint was the largest seen, in POSIX seconds.

    Raises:
        MalformedError: The text is no checkpoint.
        ValueError: The key is of another type, or the time is out of range.
    """
    if key.type is KeyType.ED25519:
        raise ValueError(f"{key.name} is not a cosigning key")
    if not 0 <= time <= MAX_NUMBER:
        raise ValueError("the time is not between 0 and 2**63 - 1")
    # Nothing but a checkpoint may ever be cosigned, whoever asks.
    checkpoint = Checkpoint.parse(checkpoint_text, allow_extensions=True)
    signature = key.sign(_message(checkpoint, key.vkey, time))
    return NoteSignature(key.name, key.vkey.key_id, struct.pack(">Q", time) + signature)


def verify_cosignature(checkpoint: Checkpoint, key: VerifierKey, signature: NoteSignature) -> int:
    """Return the time at which a key cosigned a checkpoint, in POSIX seconds.

    The time is the cosigner's word; what lies ahead of the reader's clock is the
    reader's to judge. An ML-DSA cosignature does not cover extension lines.

    Args:
        checkpoint: The checkpoint that stands in the note.
        key: A key of a cosignature type.
        signature: A line of that note.

    Raises:
        SignatureError: The line is another key's, or does not verify.
        MalformedError: The line is the key's, but its length or time is impossible.
        ValueError: The key is not a cosigning key.
    """
    if key.type is KeyType.ED25519:
        raise ValueError(f"{key.name} is not a cosigning key")
    if not signature.is_by(key):
        raise SignatureError("cosignature", f"is by {signature.name}, not by this key of {key.name}")
    if len(signature.signature) != TIME_SIZE + SIGNATURE_SIZES[key.type]:
        raise MalformedError("cosignature", f"by {key.name} has {len(signature.signature)} bytes")
    (time,) = struct.unpack_from(">Q", signature.signature)
    if time > MAX_NUMBER:
        raise MalformedError("cosignature", f"by {key.name} states a time beyond 2**63 - 1")
    if not key.verify(_message(checkpoint, key, time), signature.signature[TIME_SIZE:]):
        raise SignatureError("cosignature", f"by {key.name} does not verify")
    return int(time)


def _message(checkpoint: Checkpoint, key: VerifierKey, time: int) -> bytes:
    """Return what a key signs."""
    if key.type is KeyType.COSIGNATURE_MLDSA44:
        return _mldsa_message(checkpoint, key.name, time)
    return _ed25519_message(checkpoint, time)


def _ed25519_message(checkpoint: Checkpoint, time: int) -> bytes:
    """Return what type 0x04 signs."""
    return f"cosignature/v1\ntime {time}\n{checkpoint.text}".encode()


def _mldsa_message(checkpoint: Checkpoint, cosigner: str, time: int) -> bytes:
    """Return what type 0x06 signs for a whole tree.

    Raises:
        MalformedError: A name does not fit behind its one-byte length.
    """
    names = cosigner.encode(), checkpoint.origin.encode()
    if max(map(len, names)) > _MAX_SHORT:
        raise MalformedError("cosignature", f"a name is longer than {_MAX_SHORT} bytes")
    return b"".join(
        (
            _SUBTREE_LABEL,
            bytes((len(names[0]),)) + names[0],
            struct.pack(">Q", time),
            bytes((len(names[1]),)) + names[1],
            struct.pack(">QQ", 0, checkpoint.size),
            checkpoint.root,
        )
    )
