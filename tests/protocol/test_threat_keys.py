"""Keys that nobody may use, and key sets that the log key alone would like to sign."""

from __future__ import annotations

import hashlib
import re

import pytest

from protocol.errors import MalformedError, SignatureError
from protocol.keys import KeyType, SigningKey, VerifierKey
from protocol.keyset import KeyChain
from protocol.keytext import KeySet
from protocol.lines import write_base64
from protocol.note import sign_note
from tests.signers import ORIGIN, beat_key, chain, key_note, key_set, log_key, root_key

PRIME = 2**255 - 19
SIGN = 2**255
EIGHTH = (
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
)
LOW_ORDER = tuple(y + sign for y in (0, 1, PRIME - 1, PRIME, PRIME + 1, *EIGHTH) for sign in (0, SIGN))
"""The 14 encodings of the points whose order divides 8, second spellings among them."""

ROLES = {"root": root_key(1), "log": log_key(1), "beat": beat_key(1)}
TEXT = key_set().text


def vkey(name: str, kind: KeyType, public: bytes) -> str:
    """Return the line of any key at all, with the key ID that it should have."""
    key_id = hashlib.sha256(name.encode() + b"\n" + bytes((kind,)) + public).digest()[:4]
    return f"{name}+{key_id.hex()}+{write_base64(bytes((kind,)) + public)}"


def test_the_text_with_its_own_keys_is_a_key_set() -> None:
    assert len(set(LOW_ORDER)) == 14
    for role, key in ROLES.items():
        assert vkey(key.name, key.type, key.vkey.public) == str(key.vkey)
        assert f"\n{role} {key.vkey}\n" in TEXT
    assert KeySet.parse(TEXT).text == TEXT


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("encoded", LOW_ORDER)
def test_none_of_the_fourteen_low_order_keys_is_taken_in_any_role(role: str, encoded: int) -> None:
    key = ROLES[role]
    weak = vkey(key.name, key.type, encoded.to_bytes(32, "little"))
    with pytest.raises(MalformedError, match=r"low order|second spelling"):
        KeySet.parse(TEXT.replace(str(key.vkey), weak))


@pytest.mark.parametrize("role", ROLES)
def test_a_key_under_the_id_of_another_is_refused(role: str) -> None:
    key = ROLES[role]
    for other in (VerifierKey(key.name, key.type, root_key(9).vkey.public), ROLES["root"].vkey):
        name, _, rest = str(key.vkey).partition("+")
        wrong = f"{name}+{other.key_id.hex()}+{rest.partition('+')[2]}"
        if wrong == str(key.vkey):
            continue
        with pytest.raises(MalformedError, match="key ID"):
            KeySet.parse(TEXT.replace(str(key.vkey), wrong))


@pytest.mark.parametrize(("one", "two"), [("root", "log"), ("root", "beat"), ("log", "beat")])
def test_a_key_has_one_role(one: str, two: str) -> None:
    """Also where name and type, and so the key ID, are others."""
    first, second = ROLES[one], ROLES[two]
    copied = str(SigningKey(second.name, second.type, first.seed).vkey)
    with pytest.raises(MalformedError):
        KeySet.parse(TEXT.replace(str(second.vkey), copied))


def test_a_root_stands_once_in_a_key_set() -> None:
    line = f"root {root_key(1).vkey}\n"
    with pytest.raises(MalformedError):
        KeySet.parse(TEXT.replace(line, line * 2))
    again = str(SigningKey(f"{ORIGIN}/root/2", KeyType.ED25519, root_key(1).seed).vkey)
    both = "".join(sorted((line, f"root {again}\n")))
    with pytest.raises(MalformedError):
        KeySet.parse(TEXT.replace(line, both))


def test_the_log_key_alone_changes_no_key_set() -> None:
    """Whatever its thief calls himself, and however often he signs."""
    held, thief = chain(key_set(1)), log_key(1)
    wanted = key_set(2, after=10, log=log_key(7).vkey, beat=beat_key(7).vkey)
    masks = [thief, beat_key(1), SigningKey(root_key(1).name, KeyType.ED25519, thief.seed)]
    notes = [sign_note(wanted.text, thief), sign_note(wanted.text, masks[2])]
    # The line of a root on another text, beside his own.
    old = sign_note(key_set(1).text, root_key(1)).signatures
    notes += [sign_note(wanted.text, thief).with_signatures(*old)]
    for note in notes:
        with pytest.raises(SignatureError):
            held.extend(note.render())
    # Nor with himself among the roots.
    mine = key_set(2, roots=[masks[2]], after=10, log=log_key(7).vkey, beat=beat_key(7).vkey)
    with pytest.raises(SignatureError):
        held.extend(key_note(mine, masks[2]))
    assert held.extend(key_note(wanted)).newest == wanted
    # The identity is that of the pinned text, whoever signs another one.
    with pytest.raises(SignatureError, match="fingerprint"):
        KeyChain.start(key_note(key_set(1, log=log_key(7).vkey)), fingerprint=held.fingerprint, origin=ORIGIN)


def test_two_lines_of_one_root_are_one_signature() -> None:
    one, two = root_key(1), root_key(2)
    keys = key_set(1, roots=[one, two], threshold=2)
    twice = sign_note(keys.text, one)
    line = twice.render().splitlines(keepends=True)[-1]
    for data in (twice.render() + line, twice.render() + line * 2):
        with pytest.raises((SignatureError, MalformedError)):
            KeyChain.start(data, fingerprint=None, origin=None)
    assert re.search(r"^threshold 2$", keys.text, re.MULTILINE)
    assert KeyChain.start(key_note(keys, one, two), fingerprint=None, origin=None).newest == keys
