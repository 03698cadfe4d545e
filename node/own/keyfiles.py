"""Private keys on disk: one line each, readable by their owner alone.

::

    keys/                        0700
      log-a1ca4b62.key           0600  PRIVATE+KEY+city.example/log/works/1+a1ca4b62+AVDY...
      beat-0a8ec255.key
      mirror.key
      mirror-mldsa44.key         when the operator wants this node to cosign with it too
      witness.key                when this node is a witness (add-checkpoint)
      witness-mldsa44.key        as above

The file is named after the key's ID, so that keys of several logs and of several versions lie side
by side. Root keys are never kept here. A file that others can read is refused: by then somebody may
have read it.
"""

import os
import stat
from pathlib import Path

from node.errors import KeyFileError
from node.store.files import PRIVATE_DIRECTORY, PRIVATE_FILE, make_directories, write_whole
from protocol.errors import MalformedError
from protocol.keys import SEED_SIZE, KeyType, SigningKey, VerifierKey

_MIRROR = "mirror.key"
_MIRROR_MLDSA44 = "mirror-mldsa44.key"
_WITNESS = {
    KeyType.COSIGNATURE_ED25519: "witness.key",
    KeyType.COSIGNATURE_MLDSA44: "witness-mldsa44.key",
}
_KINDS = {
    KeyType.COSIGNATURE_ED25519: "cosigning key",
    KeyType.COSIGNATURE_MLDSA44: "ML-DSA-44 key",
}


def new_key(name: str, kind: KeyType) -> SigningKey:
    """Return a fresh key from the system's randomness."""
    return SigningKey(name, kind, os.urandom(SEED_SIZE))


def make_directory(directory: Path) -> None:
    """Make the directory of the keys, for its owner alone."""
    make_directories(directory, mode=PRIVATE_DIRECTORY)


def save_key(directory: Path, key: SigningKey) -> Path:
    """Write a log or beat key, durably, and return its file.

    Raises:
        KeyFileError: The directory is open to others.
    """
    return _save(directory, _name(key.vkey), key)


def key_file(directory: Path, vkey: VerifierKey) -> Path:
    """Return where the private half of a log's key is, if it is here."""
    return directory / _name(vkey)


def load_all(directory: Path) -> dict[Path, SigningKey]:
    """Return every private key of a node that a backup keeps, by its file.

    Witness keys are none of them: a witness that lost its memory of what they cosigned must come back under
    other keys.

    Raises:
        KeyFileError: One is open to others, or no key.
    """
    kept = (path for path in sorted(directory.glob("*.key")) if path.name not in _WITNESS.values())
    return {path: _load(path) for path in kept}


def load_key(directory: Path, vkey: VerifierKey) -> SigningKey:
    """Return the private half of a log's key.

    Raises:
        KeyFileError: It is not here, open to others, or another key.
    """
    path = key_file(directory, vkey)
    key = _load(path)
    if key.vkey != vkey:
        raise KeyFileError(path, f"holds another key than {vkey}", "restore the file from its backup")
    return key


def save_mirror_key(directory: Path, key: SigningKey) -> Path:
    """Write the key of this node's mirror cosignatures, durably, and return its file."""
    return _save(directory, _MIRROR, key)


def load_mirror_key(directory: Path) -> SigningKey:
    """Return the key of this node's mirror cosignatures.

    Raises:
        KeyFileError: It is not here, open to others, or no cosigning key.
    """
    path = directory / _MIRROR
    key = _load(path)
    if key.type is not KeyType.COSIGNATURE_ED25519:
        raise KeyFileError(path, "holds no cosigning key", "restore the file from its backup")
    return key


def mldsa_mirror_key(directory: Path, name: str) -> SigningKey:
    """Return the ML-DSA-44 key of this node's mirror cosignatures, made when it is not here.

    Losing it loses nothing: whoever counts its cosignatures is told another one.

    Args:
        directory: The directory of the keys.
        name: Its name, should it be made.

    Raises:
        KeyFileError: It is open to others, or no such key.
    """
    return _made(directory / _MIRROR_MLDSA44, name, KeyType.COSIGNATURE_MLDSA44)


def witness_keys(directory: Path, name: str, *, mldsa44: bool) -> tuple[SigningKey, ...]:
    """Return the keys with which this node cosigns what logs show it, made when they are not here.

    Args:
        directory: The directory of the keys.
        name: Their name, should they be made.
        mldsa44: Whether there is an ML-DSA-44 key after the Ed25519 one.

    Raises:
        KeyFileError: One is open to others, or no such key.
    """
    kinds = (KeyType.COSIGNATURE_ED25519, *((KeyType.COSIGNATURE_MLDSA44,) if mldsa44 else ()))
    return tuple(_made(directory / _WITNESS[kind], name, kind) for kind in kinds)


def check_keys(directory: Path) -> None:
    """Refuse keys that others may have read, whether they are needed now or not.

    Raises:
        KeyFileError: The directory or a key in it is open to others, or the mirror key cannot be used.
    """
    load_mirror_key(directory)
    for path in sorted(directory.glob("*.key")):
        refuse_open(path)


def refuse_open(path: Path) -> None:
    """Refuse a file or directory that others may read.

    Raises:
        KeyFileError: They may, or it is not there.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        raise KeyFileError(path, "is missing", "restore it from its backup, or rotate the key") from None
    except OSError as error:
        raise KeyFileError(
            path, f"cannot be read: {error.strerror}", "run as the user that owns it"
        ) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        wanted = PRIVATE_DIRECTORY if path.is_dir() else PRIVATE_FILE
        raise KeyFileError(path, f"is open to others (mode {mode:o})", f"chmod {wanted:o} {path}")


def _made(path: Path, name: str, kind: KeyType) -> SigningKey:
    """Return a cosigning key, made when it is not there."""
    if not path.exists():
        _save(path.parent, path.name, new_key(name, kind))
    key = _load(path)
    if key.type is not kind:
        raise KeyFileError(path, f"holds no {_KINDS[kind]}", "move it away, and another one is made")
    return key


def _name(vkey: VerifierKey) -> str:
    role = "log" if vkey.type is KeyType.ED25519 else "beat"
    return f"{role}-{vkey.key_id.hex()}.key"


def _save(directory: Path, name: str, key: SigningKey) -> Path:
    refuse_open(directory)
    path = directory / name
    write_whole(path, f"{key}\n".encode(), mode=PRIVATE_FILE)
    return path


def _load(path: Path) -> SigningKey:
    refuse_open(path.parent)
    refuse_open(path)
    try:
        return SigningKey.parse(path.read_text(encoding="utf-8").removesuffix("\n"))
    except (MalformedError, UnicodeDecodeError) as error:
        raise KeyFileError(path, f"holds no key: {error}", "restore the file from its backup") from None
    except OSError as error:
        raise KeyFileError(
            path, f"cannot be read: {error.strerror}", "run as the user that owns it"
        ) from error
