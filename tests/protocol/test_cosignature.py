import hashlib
import struct
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from protocol.checkpoint import Checkpoint
from protocol.cosignature import cosign, verify_cosignature
from protocol.errors import MalformedError, ProtocolError, SignatureError
from protocol.keys import KeyType, SigningKey, VerifierKey
from protocol.note import NoteSignature
from tests.flips import flipped
from tests.signers import ORIGIN, beat_key, log_key, signing_key

HEAD = Checkpoint(ORIGIN, 1840, hashlib.sha256(b"root").digest())
TIME = 1_767_139_200
KEY = signing_key("mirror.example/mirror", KeyType.COSIGNATURE_ED25519)
LINE = cosign(HEAD.text, KEY, TIME)
PQ_PRIVATE = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
PQ_KEY = VerifierKey("w.example/pq1", KeyType.COSIGNATURE_MLDSA44, PQ_PRIVATE.public_key().public_bytes_raw())


def _pq_line(head: Checkpoint, time: int, key: VerifierKey = PQ_KEY) -> NoteSignature:
    """Return the line of a post-quantum cosigner, written from the specification's struct."""
    name, origin = key.name.encode(), head.origin.encode()
    message = struct.pack(
        f">12sB{len(name)}sQB{len(origin)}sQQ32s",
        b"subtree/v1\n\0",
        len(name),
        name,
        time,
        len(origin),
        origin,
        0,
        head.size,
        head.root,
    )
    return NoteSignature(key.name, key.key_id, struct.pack(">Q", time) + PQ_PRIVATE.sign(message))


def test_what_is_cosigned_verifies_at_its_time() -> None:
    assert len(LINE.signature) == 72
    assert verify_cosignature(HEAD, KEY.vkey, LINE) == TIME
    for time in (0, 2**63 - 1):
        assert verify_cosignature(HEAD, KEY.vkey, cosign(HEAD.text, KEY, time)) == time


def test_extension_lines_are_covered() -> None:
    extended = Checkpoint(HEAD.origin, HEAD.size, HEAD.root, ("more",))
    line = cosign(extended.text, KEY, TIME)
    assert verify_cosignature(extended, KEY.vkey, line) == TIME
    with pytest.raises(SignatureError):
        verify_cosignature(HEAD, KEY.vkey, line)


def test_every_flipped_byte_is_refused() -> None:
    for signature in flipped(LINE.signature):
        with pytest.raises(ProtocolError):
            verify_cosignature(HEAD, KEY.vkey, NoteSignature(LINE.name, LINE.key_id, signature))
    for text in flipped(HEAD.text.encode()):
        with suppress(MalformedError, UnicodeDecodeError):
            other = Checkpoint.parse(text.decode())
            with pytest.raises(SignatureError):
                verify_cosignature(other, KEY.vkey, LINE)


@given(st.binary(min_size=1, max_size=100))
def test_any_signature_bytes_are_refused(signature: bytes) -> None:
    for key in (KEY.vkey, PQ_KEY):
        with pytest.raises(ProtocolError):
            verify_cosignature(HEAD, key, NoteSignature(key.name, key.key_id, signature))


def test_mldsa() -> None:
    line = _pq_line(HEAD, TIME)
    assert verify_cosignature(HEAD, PQ_KEY, line) == TIME
    assert verify_cosignature(HEAD, PQ_KEY, _pq_line(HEAD, 0)) == 0
    extended = Checkpoint(HEAD.origin, HEAD.size, HEAD.root, ("not covered",))
    assert verify_cosignature(extended, PQ_KEY, line) == TIME
    for other in (
        Checkpoint(HEAD.origin, HEAD.size + 1, HEAD.root),
        Checkpoint("other.example/log/works/1", HEAD.size, HEAD.root),
        Checkpoint(HEAD.origin, HEAD.size, bytes(32)),
    ):
        with pytest.raises(SignatureError):
            verify_cosignature(other, PQ_KEY, line)
    for at in range(0, len(line.signature), 37):
        changed = bytearray(line.signature)
        changed[at] ^= 1
        with pytest.raises(ProtocolError):
            verify_cosignature(HEAD, PQ_KEY, NoteSignature(line.name, line.key_id, bytes(changed)))


def test_mldsa_is_made_as_it_is_read() -> None:
    key = SigningKey(PQ_KEY.name, PQ_KEY.type, bytes(32))
    line = cosign(HEAD.text, key, TIME)
    assert verify_cosignature(HEAD, PQ_KEY, line) == TIME
    assert line.is_by(PQ_KEY)


def test_names_that_mldsa_cannot_state() -> None:
    line = _pq_line(HEAD, TIME)
    with pytest.raises(MalformedError, match="255"):
        verify_cosignature(Checkpoint("o" * 256, 1, HEAD.root), PQ_KEY, line)
    long = VerifierKey("n" * 256, PQ_KEY.type, PQ_KEY.public)
    with pytest.raises(MalformedError, match="255"):
        verify_cosignature(HEAD, long, NoteSignature(long.name, long.key_id, line.signature))


def test_another_keys_line_is_refused() -> None:
    with pytest.raises(SignatureError, match="not by this key"):
        verify_cosignature(HEAD, beat_key().vkey, LINE)
    renamed = NoteSignature("mirror.example/mirror2", LINE.key_id, LINE.signature)
    with pytest.raises(SignatureError, match="not by this key"):
        verify_cosignature(HEAD, KEY.vkey, renamed)


def test_lengths_and_times_beyond_the_format() -> None:
    for signature in (LINE.signature[:-1], LINE.signature + b"\0", LINE.signature[:8]):
        with pytest.raises(MalformedError, match="bytes"):
            verify_cosignature(HEAD, KEY.vkey, NoteSignature(LINE.name, LINE.key_id, signature))
    late = b"\x80" + LINE.signature[1:]
    with pytest.raises(MalformedError, match="time"):
        verify_cosignature(HEAD, KEY.vkey, NoteSignature(LINE.name, LINE.key_id, late))


def test_callers_mistakes() -> None:
    with pytest.raises(ValueError, match="not a cosigning key"):
        cosign(HEAD.text, log_key(), TIME)
    with pytest.raises(ValueError, match="not a cosigning key"):
        verify_cosignature(HEAD, log_key().vkey, LINE)
    for time in (-1, 2**63):
        with pytest.raises(ValueError, match="time"):
            cosign(HEAD.text, KEY, time)
    with pytest.raises(MalformedError):
        cosign("anything else\n", KEY, TIME)
