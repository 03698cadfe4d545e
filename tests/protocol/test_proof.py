"""``.tlog-proof`` files: the format, and what ours prove."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.blob import make_leaf
from protocol.errors import InconsistentError, MalformedError, ProtocolError, SignatureError
from protocol.leaf import NEW, Leaf, Op
from protocol.merkle import Digest
from protocol.packing import pack
from protocol.proof import (
    MAX_BYTES,
    LogProof,
    build_entry_proof,
    bytes_items,
    open_chain,
    verify_entry_proof,
)
from tests.flips import assert_one_spelling
from tests.signed_tree import BEAT, SignedTree, blob_of, statement_id
from tests.signers import ORIGIN

TREE = SignedTree().grow(9)
FINGERPRINT = TREE.chain.fingerprint


def proof_of(at: int, size: int, **changed: Any) -> bytes:  # noqa: ANN401 - any part
    parts: dict[str, Any] = {
        "note": TREE.note(size),
        "index": at,
        "hashes": TREE.inclusion(at, size),
        "leaf": TREE.leaves[at],
        "blob": TREE.blobs.get(at, b""),
    }
    return build_entry_proof(TREE.chain, **{**parts, **changed})


def with_extra(extra: object) -> bytes:
    proof = LogProof.parse(proof_of(6, 9))
    return LogProof(proof.index, proof.hashes, proof.checkpoint, pack(extra)).render()  # type: ignore[arg-type]


@pytest.mark.parametrize(("index", "size"), [(1, 2), (1, 4), (1, 9), (3, 5), (6, 9), (8, 9)])
def test_a_published_statement_is_proven_offline(index: int, size: int) -> None:
    entry = verify_entry_proof(proof_of(index, size), FINGERPRINT)
    assert entry.payload == {"type": "entry", "v": index}
    assert (entry.origin, entry.fingerprint, entry.pinned) == (ORIGIN, FINGERPRINT, True)
    assert (entry.index, entry.size, entry.root) == (index, size, TREE.checkpoint(size).root)
    assert (entry.id, entry.leaf) == (statement_id(index), TREE.leaves[index])
    assert entry.beat_time == BEAT


def test_without_a_fingerprint_nobody_is_pinned() -> None:
    data = proof_of(6, 9, note=TREE.note(9, beat=False), leaf=bytes(TREE.leaves[6]))
    entry = verify_entry_proof(data, None)
    assert not entry.pinned
    assert entry.beat_time is None
    with pytest.raises(SignatureError):
        verify_entry_proof(data, "0" * 64)


def test_parts_that_do_not_belong_together_are_refused() -> None:
    for wrong in (
        proof_of(6, 9, index=5),
        proof_of(6, 9, index=9),
        proof_of(6, 9, leaf=TREE.leaves[5]),
        proof_of(6, 9, blob=TREE.blobs[5]),
        proof_of(6, 9, blob=TREE.blobs[6][:-1]),
        proof_of(6, 9, note=TREE.note(8)),
        proof_of(6, 9, hashes=TREE.inclusion(6, 8)),
        proof_of(4, 9),
    ):
        with pytest.raises(InconsistentError):
            verify_entry_proof(wrong, FINGERPRINT)


def test_size_decides_the_key() -> None:
    """The key that the second set retired signs no larger tree, nor the new one a smaller tree."""
    for size, generation in ((9, 1), (3, 2)):
        with pytest.raises(SignatureError):
            verify_entry_proof(proof_of(1, size, note=TREE.note(size, generation=generation)), FINGERPRINT)


@pytest.mark.parametrize(
    "changed", [{"version": 2}, {"flags": 1}, {"op": Op.ERASE}, {"op": Op.KEYS}, {"op": 9}]
)
def test_a_leaf_that_states_nothing_proves_nothing(changed: dict[str, int]) -> None:
    fields = {"version": 1, "op": Op.PUT, "flags": 0, **changed}
    tree = SignedTree().grow(2)
    blob = blob_of({"type": "entry", "v": 1})
    tree.leaves.append(Leaf(**fields, length=len(blob), id=statement_id(2), prev=NEW, commitment=bytes(32)))
    data = build_entry_proof(tree.chain, tree.note(3), 2, tree.inclusion(2, 3), tree.leaves[2], blob)
    with pytest.raises(InconsistentError, match="no statement"):
        verify_entry_proof(data, FINGERPRINT)


def test_a_statement_that_is_no_msgpack_is_malformed() -> None:
    tree = SignedTree().grow(1)
    blob = b"s" * 16 + b"\xc1abc"
    tree.leaves.append(make_leaf(ORIGIN, Op.PUT, statement_id(1), NEW, blob))
    data = build_entry_proof(tree.chain, tree.note(2), 1, tree.inclusion(1, 2), tree.leaves[1], blob)
    with pytest.raises(MalformedError, match="msgpack"):
        verify_entry_proof(data, FINGERPRINT)


def test_extra_lines_of_others_are_refused() -> None:
    whole = {"blob": TREE.blobs[6], "keys": list(TREE.chain.notes), "leaf": bytes(TREE.leaves[6])}
    assert verify_entry_proof(with_extra(whole), FINGERPRINT).index == 6
    proof = LogProof.parse(proof_of(6, 9))
    with pytest.raises(MalformedError, match="carries no statement"):
        verify_entry_proof(LogProof(6, proof.hashes, proof.checkpoint).render(), FINGERPRINT)
    for wrong, reason in (
        (["blob"], "not a map"),
        ({"blob": b"", "keys": []}, "not a map"),
        ({**whole, "more": 1}, "not a map"),
        ({**whole, "blob": "text"}, "not binary"),
        ({**whole, "leaf": None}, "not binary"),
        ({**whole, "leaf": b"short"}, "instead of 64"),
        ({**whole, "keys": b"one"}, "not an array"),
        ({**whole, "keys": ["one"]}, "not an array"),
        ({**whole, "keys": []}, "no key set"),
    ):
        with pytest.raises(MalformedError, match=reason):
            verify_entry_proof(with_extra(wrong), FINGERPRINT)


def test_every_flipped_byte_is_refused_or_hides_the_heartbeat() -> None:
    data = proof_of(6, 9)
    whole = verify_entry_proof(data, FINGERPRINT)
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 1
        with suppress(ProtocolError):
            entry = verify_entry_proof(bytes(broken), FINGERPRINT)
            # A line by a key that nobody knows says nothing; all else must stay.
            assert entry.beat_time is None
            assert (entry.index, entry.leaf, entry.payload) == (whole.index, whole.leaf, whole.payload)


def test_log_proofs_read_back_and_have_one_spelling() -> None:
    hashes = tuple(Digest(bytes([number]) * 32) for number in range(3))
    for proof in (
        LogProof(0, (), b"note\n"),
        LogProof(5, hashes, b"note\n\nwith lines\n"),
        LogProof(2**63 - 1, hashes, "— ü\n".encode(), b"extra"),
        LogProof(7, (), b"\n", b""),
    ):
        assert LogProof.parse(proof.render()) == proof
        assert_one_spelling(proof.render(), LogProof.parse, LogProof.render)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "no checkpoint"),
        (b"c2sp.org/tlog-proof@v1\nindex 0\n\n", "no checkpoint"),
        (b"c2sp.org/tlog-proof@v1\nindex 0\n", "no checkpoint"),
        (b"c2sp.org/tlog-proof@v2\nindex 0\n\nnote\n", "first line"),
        (b"c2sp.org/tlog-proof@v1\n\nnote\n", "index line"),
        (b"c2sp.org/tlog-proof@v1\nextra YQ==\n\nnote\n", "index line"),
        (b"c2sp.org/tlog-proof@v1\nextra YR==\nindex 0\n\nnote\n", "extra"),
        (b"c2sp.org/tlog-proof@v1\nextra YQ==\nextra YQ==\nindex 0\n\nnote\n", "index line"),
        (b"c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\nnote\n", "index"),
        (b"c2sp.org/tlog-proof@v1\nindex 0\nAA==\n\nnote\n", "hash"),
        ("c2sp.org/tlog-proof@v1\nindex ٣\n\nnote\n".encode(), "ASCII"),
        (b"c2sp.org/tlog-proof@v1\nindex 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\nnote\n", "too many"),
        (b"\n\n" + bytes(MAX_BYTES), "longer"),
    ],
)
def test_other_forms_are_malformed(text: bytes, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        LogProof.parse(text)


@pytest.mark.parametrize("start", [b"", b"index 0\n", b"extra YQ==\nindex 0\n"])
def test_a_megabyte_of_lines_is_refused_before_they_are_split(start: bytes) -> None:
    data = b"c2sp.org/tlog-proof@v1\n" + start + b"ab\n" * 350_000 + b"\nnote\n"
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError):
            LogProof.parse(data)
        assert tracemalloc.get_traced_memory()[1] < 5 * len(data)
    finally:
        tracemalloc.stop()


def test_helpers_for_carried_parts() -> None:
    assert bytes_items([], "thing", "parts") == ()
    assert bytes_items([b"a", b"b"], "thing", "parts") == (b"a", b"b")
    assert open_chain(TREE.chain.notes, "thing", FINGERPRINT) == TREE.chain


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_arbitrary_bytes_raise_only_our_errors(data: bytes, headed: bool) -> None:
    if headed:
        data = b"c2sp.org/tlog-proof@v1\n" + data
    with pytest.raises(ProtocolError):
        verify_entry_proof(data, None)
    with suppress(ProtocolError):
        assert LogProof.parse(data).render() == data
