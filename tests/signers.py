"""Keys and key sets of made-up publishers, the same on every run."""

import hashlib
from collections.abc import Sequence
from typing import Any

from protocol.keys import KeyType, SigningKey
from protocol.keyset import KeyChain, KeySet
from protocol.note import sign_note

ORIGIN = "city.example/log/works/1"


def signing_key(name: str = ORIGIN, kind: KeyType = KeyType.ED25519, seed: str = "log") -> SigningKey:
    """Return the key that a word stands for."""
    return SigningKey(name, kind, hashlib.sha256(seed.encode()).digest())


def log_key(generation: int = 1, origin: str = ORIGIN) -> SigningKey:
    return signing_key(origin, seed=f"{origin} log {generation}")


def beat_key(generation: int = 1, origin: str = ORIGIN) -> SigningKey:
    return signing_key(origin, KeyType.COSIGNATURE_ED25519, f"{origin} beat {generation}")


def root_key(number: int = 1, origin: str = ORIGIN) -> SigningKey:
    return signing_key(f"{origin}/root/{number}", seed=f"{origin} root {number}")


def key_set(version: int = 1, *, roots: Sequence[SigningKey] | None = None, **changes: Any) -> KeySet:  # noqa: ANN401 - any field
    """Return a key set whose log and beat keys are those of its version."""
    origin = changes.get("origin", ORIGIN)
    fields: dict[str, Any] = {
        "origin": origin,
        "version": version,
        "after": 0 if version == 1 else 100 * version,
        "roots": tuple(
            sorted((key.vkey for key in roots or (root_key(1, origin),)), key=str),
        ),
        "threshold": 1,
        "log": log_key(version, origin).vkey,
        "beat": beat_key(version, origin).vkey,
        "urls": (f"https://{origin}",),
    }
    return KeySet(**{**fields, **changes})


def key_note(keys: KeySet, *signers: SigningKey) -> bytes:
    """Return a key set signed by its default root, or by those given."""
    return sign_note(keys.text, *(signers or (root_key(1, keys.origin),))).render()


def chain(*sets: KeySet) -> KeyChain:
    """Return a chain whose sets are all signed by the default root."""
    first, *others = sets or (key_set(),)
    made = KeyChain.start(key_note(first), fingerprint=first.fingerprint, origin=first.origin)
    for following in others:
        made = made.extend(key_note(following))
    return made
