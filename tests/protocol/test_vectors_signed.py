"""Every published known answer about keys, notes, checkpoints and cosignatures."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign, verify_cosignature
from protocol.errors import MalformedError, ProtocolError, SignatureError
from protocol.keys import KeyType, SigningKey, VerifierKey
from protocol.note import Note, NoteSignature, open_note, sign_note
from protocol.origin import origin_hash
from tests.shared import needs_shared, vector

pytestmark = needs_shared


def _key(case: dict[str, Any], kind: KeyType, name: str) -> VerifierKey:
    """Return the verifier key of a case, which gives a vkey or a seed."""
    if "vkey" in case:
        return VerifierKey.parse(case["vkey"])
    return SigningKey(name, kind, bytes.fromhex(case["ed25519_seed_hex"])).vkey


def test_valid_vkeys() -> None:
    cases = vector("vkeys")["valid"]
    for case in cases:
        key = VerifierKey.parse(case["vkey"])
        assert (str(key), key.type) == (case["vkey"], case["type"])
        if "skey" in case:
            secret = SigningKey.parse(case["skey"])
            assert (secret.vkey, str(secret)) == (key, case["skey"])
    assert len(cases) == 10


def test_invalid_vkeys() -> None:
    cases = vector("vkeys")["invalid"]
    for case in cases:
        with pytest.raises(MalformedError):
            VerifierKey.parse(case["vkey"])
    assert len(cases) == 12


def test_the_rule_about_substrings_and_increments() -> None:
    text = vector("vkeys")["valid"][0]["vkey"]
    assert text.startswith("PeterNeumann+")
    parts = {text[start:end] for start in range(len(text)) for end in range(start, len(text) + 1)} - {text}
    bumped = {text[:at] + chr(ord(text[at]) + 1) + text[at + 1 :] for at in range(len(text))}
    for spelling in parts | bumped:
        with pytest.raises(MalformedError):
            VerifierKey.parse(spelling)


def test_signed_notes() -> None:
    cases = vector("signed_notes")["vectors"]
    for case in cases:
        data = bytes.fromhex(case["note_hex"])
        keys = [VerifierKey.parse(text) for text in case["vkeys"]]
        if case["want"] == "malformed":
            with pytest.raises(MalformedError):
                Note.parse(data)
            continue
        note = Note.parse(data)
        assert note.render() == data
        assert note.text == case.get("text", note.text)
        if case["want"] == "ok":
            assert [key.name for key, _ in open_note(note, keys).verified] == case["verified"]
        else:
            with pytest.raises(SignatureError) as caught:
                open_note(note, keys)
            assert ("no known key" in caught.value.reason) == (case["want"] == "unverified")
    assert len(cases) == 22


def test_signing_reproduces_a_published_signature() -> None:
    secret = SigningKey.parse(vector("vkeys")["valid"][0]["skey"])
    case = next(
        case for case in vector("signed_notes")["vectors"] if case["name"] == "one verified, one unknown"
    )
    note = Note.parse(bytes.fromhex(case["note_hex"]))
    ours = sign_note(note.text, secret)
    assert set(ours.signatures) < set(note.signatures)


def test_signed_checkpoints() -> None:
    cases = vector("checkpoints")["signed"]
    for case in cases:
        data = case["checkpoint"].encode()
        if not case["valid"]:
            # The one bad signature was made by changing its last base64 digit, which
            # touches spare bits as well. Either way the note is refused.
            with pytest.raises(ProtocolError):
                open_note(Note.parse(data), (VerifierKey.parse(case["vkey"]),))
            continue
        note = Note.parse(data)
        head = Checkpoint.parse(note.text)
        assert open_note(note, (_key(case, KeyType.ED25519, head.origin),)).verified
        assert (head.text, note.render()) == (note.text, data)
    assert len(cases) == 23


def test_checkpoint_bodies() -> None:
    cases = vector("checkpoints")["bodies"]
    for case in cases:
        if not case["ok"]:
            with pytest.raises(MalformedError):
                Checkpoint.parse(case["body"], allow_extensions=True)
            continue
        head = Checkpoint.parse(case["body"], allow_extensions=True)
        assert head.text == case["body"]
        assert list(head.extensions) == case.get("ext", [])
        if "origin" in case:
            assert (head.origin, head.size) == (case["origin"], case["size"])
    assert len(cases) == 21


def _cosigned_by(note: Note, key: VerifierKey) -> int:
    """Return the time of the key's line, as a reader finds it."""
    for line in note.signatures:
        if line.is_by(key):
            return verify_cosignature(Checkpoint.parse(note.text), key, line)
    raise SignatureError("note", "no line by this key")


def test_cosignatures() -> None:
    cases = vector("cosignatures")["signed"]
    for case in cases:
        note = Note.parse(case["checkpoint"].encode())
        key = _key(case, KeyType.COSIGNATURE_ED25519, case.get("key_name", ""))
        if not case["valid"]:
            with pytest.raises(ProtocolError):
                _cosigned_by(note, key)
            for line in note.signatures:
                with pytest.raises(ProtocolError):
                    verify_cosignature(Checkpoint.parse(note.text), key, line)
            continue
        time = _cosigned_by(note, key)
        assert time == case.get("timestamp", time)
        origin = Checkpoint.parse(note.text).origin
        assert origin_hash(origin) == case.get("origin_sha256", origin_hash(origin))
    assert len(cases) == 8


def test_a_cosignature_is_made_to_the_byte() -> None:
    case = next(case for case in vector("cosignatures")["signed"] if case.get("timestamp") and case["valid"])
    note = Note.parse(case["checkpoint"].encode())
    key = SigningKey(case["key_name"], KeyType.COSIGNATURE_ED25519, bytes.fromhex(case["ed25519_seed_hex"]))
    assert cosign(note.text, key, case["timestamp"]) == note.signatures[0]


def test_the_time_stands_before_the_signature() -> None:
    case = vector("cosignatures")["timestamp_only"]
    data = base64.b64decode(case["base64"])
    line = NoteSignature("name", data[:4], data[4:])
    assert len(line.signature) == 72
    assert int.from_bytes(line.signature[:8], "big") == case["unix"]


def test_low_order_keys_are_refused() -> None:
    data = vector("ed25519_edge")
    publics = [*data["low_order_public_keys"], data["universal_forgery"]["key"]]
    for public in publics:
        with pytest.raises(ValueError, match=r"low order|second spelling"):
            VerifierKey("name", KeyType.ED25519, bytes.fromhex(public))
    assert len(publics) == 15
    forgery = bytes.fromhex(data["universal_forgery"]["sig"])
    # Why: to the library below us the identity key signed everything.
    raw = Ed25519PublicKey.from_public_bytes(bytes.fromhex(data["universal_forgery"]["key"]))
    raw.verify(forgery, b"anything at all")


def test_ed25519_edge_cases() -> None:
    data = vector("ed25519_edge")
    refused = 0
    for sample in data["samples"]:
        public = bytes.fromhex(sample["key"])
        if {"low_order_A", "non_canonical_A"} & set(sample["flags"]):
            with pytest.raises(ValueError, match=r"low order|second spelling"):
                VerifierKey("name", KeyType.ED25519, public)
            refused += 1
            continue
        key = VerifierKey("name", KeyType.ED25519, public)
        verdict = key.verify(sample["msg"].encode(), bytes.fromhex(sample["sig"]))
        assert verdict == sample["accepted_by_pyca_go_node"], sample["number"]
    assert (len(data["samples"]), 0 < refused < len(data["samples"])) == (24, True)


def test_own_example() -> None:
    data = vector("own_example")
    note = Note.parse(data["checkpoint"].encode())
    head = Checkpoint.parse(note.text)
    log = SigningKey("node.example/log", KeyType.ED25519, bytes.fromhex(data["log_seed_hex"]))
    witness = SigningKey(
        "witness.example/w1", KeyType.COSIGNATURE_ED25519, bytes.fromhex(data["witness_seed_hex"])
    )
    assert (str(log.vkey), str(witness.vkey)) == (data["log_vkey"], data["witness_vkey"])
    assert head.text.encode().hex() == data["signed_by_log_hex"]
    time = verify_cosignature(head, witness.vkey, note.signatures[1])
    assert bytes.fromhex(data["cosigned_message_hex"]).startswith(b"cosignature/v1\ntime %d\n" % time)
    assert note.signatures == (sign_checkpoint(head, log), cosign(head.text, witness, time))


def test_own_mldsa_example() -> None:
    data = vector("own_example")
    head = Checkpoint.parse(Note.parse(data["checkpoint"].encode()).text)
    key = VerifierKey.parse(data["mldsa44"]["vkey"])
    line = NoteSignature.parse(data["mldsa44"]["line"].removesuffix("\n"))
    assert (str(key), f"{line}\n") == (data["mldsa44"]["vkey"], data["mldsa44"]["line"])
    message = bytes.fromhex(data["mldsa44"]["cosigned_message_hex"])
    assert verify_cosignature(head, key, line).to_bytes(8, "big") in message
    assert key.verify(message, line.signature[8:])
    with pytest.raises(SignatureError):
        verify_cosignature(Checkpoint(head.origin, head.size - 1, head.root), key, line)
