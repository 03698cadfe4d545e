"""Key files: for their owner alone, or not at all."""

from pathlib import Path

import pytest

from node.errors import KeyFileError
from node.own.keyfiles import (
    load_key,
    load_mirror_key,
    make_directory,
    new_key,
    save_key,
    save_mirror_key,
)
from protocol.keys import KeyType

LOG = "city.example/log/works/1"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    directory = tmp_path / "keys"
    make_directory(directory)
    make_directory(directory)
    return directory


def test_keys_are_read_back_and_private(keys: Path) -> None:
    log, beat = new_key(LOG, KeyType.ED25519), new_key(LOG, KeyType.COSIGNATURE_ED25519)
    assert log.seed != beat.seed
    for key, role in ((log, "log"), (beat, "beat")):
        path = save_key(keys, key)
        assert path.name == f"{role}-{key.vkey.key_id.hex()}.key"
        assert path.stat().st_mode & 0o777 == 0o600
        assert load_key(keys, key.vkey) == key
    assert keys.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_open_to_others_is_refused(keys: Path, mode: int) -> None:
    key = new_key(LOG, KeyType.ED25519)
    path = save_key(keys, key)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="open to others") as caught:
        load_key(keys, key.vkey)
    assert caught.value.hint == f"chmod 600 {path}"


def test_a_directory_open_to_others_is_refused(keys: Path) -> None:
    key = new_key(LOG, KeyType.ED25519)
    save_key(keys, key)
    keys.chmod(0o750)
    with pytest.raises(KeyFileError) as caught:
        load_key(keys, key.vkey)
    assert caught.value.hint == f"chmod 700 {keys}"
    with pytest.raises(KeyFileError):
        save_key(keys, key)


def test_a_missing_or_other_key_is_named(keys: Path) -> None:
    one, two = new_key(LOG, KeyType.ED25519), new_key(LOG, KeyType.ED25519)
    with pytest.raises(KeyFileError, match="missing"):
        load_key(keys, one.vkey)
    save_key(keys, two).rename(keys / f"log-{one.vkey.key_id.hex()}.key")
    with pytest.raises(KeyFileError, match="another key"):
        load_key(keys, one.vkey)


@pytest.mark.parametrize("content", [b"", b"\xff", b"PRIVATE+KEY+x", b"hello\n"])
def test_a_file_without_a_key_is_refused_and_not_quoted(keys: Path, content: bytes) -> None:
    key = new_key(LOG, KeyType.ED25519)
    save_key(keys, key).write_bytes(content)
    with pytest.raises(KeyFileError, match="holds no key"):
        load_key(keys, key.vkey)


def test_a_directory_in_place_of_a_key_is_refused(keys: Path) -> None:
    key = new_key(LOG, KeyType.ED25519)
    (keys / f"log-{key.vkey.key_id.hex()}.key").mkdir(mode=0o700)
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_key(keys, key.vkey)


def test_the_mirror_key_cosigns(keys: Path) -> None:
    mirror = new_key("city.example/mirror", KeyType.COSIGNATURE_ED25519)
    save_mirror_key(keys, mirror)
    assert load_mirror_key(keys) == mirror
    save_mirror_key(keys, new_key("city.example/mirror", KeyType.ED25519))
    with pytest.raises(KeyFileError, match="no cosigning key"):
        load_mirror_key(keys)


def test_keys_out_of_reach_are_no_crash(tmp_path: Path) -> None:
    (tmp_path / "keys").touch(mode=0o600)
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_key(tmp_path / "keys", new_key(LOG, KeyType.ED25519).vkey)
