from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import MalformedError
from protocol.keys import KeyType, SigningKey, VerifierKey, name_fault
from protocol.lines import write_base64
from tests.flips import assert_one_spelling, flipped, text_of
from tests.signers import ORIGIN, signing_key

NOTE_KEY = signing_key()
BEAT_KEY = signing_key(kind=KeyType.COSIGNATURE_ED25519)
# y = p + 3: a second spelling of y = 3, which is no low-order point.
SECOND_SPELLING = (2**255 - 16).to_bytes(32, "little")
LOW_ORDER = [
    bytes(32),
    bytes((1,)) + bytes(31),
    bytes((1,)) + bytes(30) + b"\x80",
    b"\xec" + b"\xff" * 30 + b"\x7f",
]


@pytest.mark.parametrize("key", [NOTE_KEY, BEAT_KEY])
def test_keys_read_back(key: SigningKey) -> None:
    assert VerifierKey.parse(str(key.vkey)) == key.vkey
    assert SigningKey.parse(str(key)) == key
    assert SigningKey.parse(str(key)).vkey == key.vkey
    assert key.sign(b"x") == key.sign(b"x")
    assert key.vkey.verify(b"x", key.sign(b"x"))


def test_name_and_type_are_part_of_the_key_id() -> None:
    others = {signing_key("other.example/log/works/1").vkey.key_id, BEAT_KEY.vkey.key_id}
    assert NOTE_KEY.vkey.key_id not in others
    assert len(others) == 2


@pytest.mark.parametrize("key", [NOTE_KEY, BEAT_KEY])
def test_every_flipped_byte_of_a_vkey_is_refused(key: SigningKey) -> None:
    accepted = assert_one_spelling(
        str(key.vkey).encode(), lambda data: VerifierKey.parse(text_of(data)), lambda vkey: str(vkey).encode()
    )
    assert accepted == 0


def test_every_flipped_byte_of_a_signing_key_is_refused() -> None:
    for data in flipped(str(NOTE_KEY).encode()):
        with pytest.raises(MalformedError):
            SigningKey.parse(text_of(data))


def test_every_part_and_every_next_byte_of_a_vkey_is_refused() -> None:
    text = str(NOTE_KEY.vkey)
    spellings = {text[start:end] for start in range(len(text)) for end in range(start, len(text) + 1)} - {
        text
    }
    spellings |= {text[:at] + chr(ord(text[at]) + 1) + text[at + 1 :] for at in range(len(text))}
    for spelling in spellings:
        with pytest.raises(MalformedError):
            VerifierKey.parse(spelling)


@given(st.text(max_size=30) | st.from_regex(r"[a-z]{1,3}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", fullmatch=True))
def test_any_text_is_a_key_or_malformed(text: str) -> None:
    with suppress(MalformedError):
        assert str(VerifierKey.parse(text)) == text
    for candidate in (text, f"PRIVATE+KEY+{text}"):
        with suppress(MalformedError):
            assert str(SigningKey.parse(candidate)) == candidate


def test_a_flipped_signature_never_verifies() -> None:
    signature = NOTE_KEY.sign(b"message")
    assert not NOTE_KEY.vkey.verify(b"massage", signature)
    assert not NOTE_KEY.vkey.verify(b"message", signature[:-1])
    assert not NOTE_KEY.vkey.verify(b"message", b"")
    assert not any(NOTE_KEY.vkey.verify(b"message", other) for other in flipped(signature))


def test_mldsa_keys_sign_what_their_public_half_verifies() -> None:
    private = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    key = VerifierKey("w.example/pq1", KeyType.COSIGNATURE_MLDSA44, private.public_key().public_bytes_raw())
    assert VerifierKey.parse(str(key)) == key
    secret = SigningKey("w.example/pq1", KeyType.COSIGNATURE_MLDSA44, bytes(32))
    assert secret.vkey == key
    assert SigningKey.parse(str(secret)) == secret
    for signature in (private.sign(b"message"), secret.sign(b"message")):
        assert key.verify(b"message", signature)
        assert not key.verify(b"massage", signature)
        assert not key.verify(b"message", signature[1:])


@pytest.mark.parametrize("public", [*LOW_ORDER, SECOND_SPELLING, bytes(31), bytes(33)])
def test_refused_public_keys(public: bytes) -> None:
    for kind in (KeyType.ED25519, KeyType.COSIGNATURE_ED25519):
        with pytest.raises(ValueError, match=r"order|spelling|bytes"):
            VerifierKey(ORIGIN, kind, public)
        with pytest.raises(MalformedError):
            VerifierKey.parse(f"{ORIGIN}+00000000+{write_base64(bytes((kind,)) + public)}")


@pytest.mark.parametrize("kind", [0, 2, 3, 5, 0xFA, 0xFF])
def test_other_types_are_refused(kind: int) -> None:
    encoded = write_base64(bytes((kind,)) + NOTE_KEY.vkey.public)
    with pytest.raises(MalformedError, match="KeyType"):
        VerifierKey.parse(f"{ORIGIN}+00000000+{encoded}")


@pytest.mark.parametrize("text", ["", "name", "name+00000000", "name+00000000+", "name+00000000+!"])
def test_incomplete_keys_are_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        VerifierKey.parse(text)
    with pytest.raises(MalformedError):
        SigningKey.parse(f"PRIVATE+KEY+{text}")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\nb", "a\x01", "\ud800"])
def test_names_that_no_key_can_have(name: str) -> None:
    assert name_fault(name) is not None
    with pytest.raises(ValueError, match="key name"):
        VerifierKey(name, KeyType.ED25519, NOTE_KEY.vkey.public)


def test_secrets_stay_out_of_repr_and_errors() -> None:
    secret = str(NOTE_KEY).rpartition("+")[2]
    shown = repr(NOTE_KEY)
    assert "seed" not in shown
    assert NOTE_KEY.seed.hex() not in shown
    with pytest.raises(MalformedError) as caught:
        SigningKey.parse(f"PRIVATE+KEY+{ORIGIN}+00000000+{secret}")
    assert secret not in str(caught.value)
    with pytest.raises(MalformedError) as caught:
        SigningKey.parse(secret)
    assert secret not in str(caught.value)
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey(ORIGIN, KeyType.ED25519, bytes(31))
