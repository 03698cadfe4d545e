"""Commitments bind a blob to one leaf of one log."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.blob import SALT, Committer, commitment, make_leaf, matches
from protocol.leaf import NEW, Leaf, Op

ORIGIN = "directory.oslo.example/log/oslo/1"
ID = bytes(range(16))
BLOB = bytes(SALT) + b"\x81\xa4type\xa5entry"


def test_the_commitment_is_the_hash_that_the_design_states() -> None:
    leaf = make_leaf(ORIGIN, Op.PUT, ID, NEW, BLOB)
    stated = b"fedcat/blob/v1\0" + bytes((len(ORIGIN),)) + ORIGIN.encode() + bytes(leaf)[:24] + BLOB
    assert leaf.commitment == sha256(stated).digest() == commitment(ORIGIN, leaf.header, BLOB)
    assert leaf == Leaf(1, Op.PUT, 0, len(BLOB), ID, NEW, leaf.commitment)


@given(st.binary(max_size=300), st.sampled_from([Op.PUT, Op.WITHDRAW]), st.integers(0, NEW))
def test_a_leaf_matches_the_blob_it_was_made_for(blob: bytes, op: Op, prev: int) -> None:
    leaf = make_leaf(ORIGIN, op, ID, prev, blob)
    assert matches(ORIGIN, leaf, blob)
    assert Committer(ORIGIN).matches(bytes(leaf), blob)
    assert not matches(ORIGIN, leaf, blob + b"\0")
    assert not matches(ORIGIN, leaf, blob[:-1]) or not blob


def test_nothing_can_be_replayed_elsewhere() -> None:
    leaf = make_leaf(ORIGIN, Op.PUT, ID, NEW, BLOB)
    assert not matches("directory.oslo.example/log/oslo/2", leaf, BLOB)
    for other in (
        Leaf(1, Op.WITHDRAW, 0, len(BLOB), ID, NEW, leaf.commitment),
        Leaf(1, Op.PUT, 1, len(BLOB), ID, NEW, leaf.commitment),
        Leaf(1, Op.PUT, 0, len(BLOB), bytes(16), NEW, leaf.commitment),
        Leaf(2, Op.PUT, 0, len(BLOB), ID, NEW, leaf.commitment),
    ):
        assert not matches(ORIGIN, other, BLOB)
    # prev is bound by the tree, not by the commitment: the sequencer sets it last.
    assert matches(ORIGIN, Leaf(1, Op.PUT, 0, len(BLOB), ID, 7, leaf.commitment), BLOB)


def test_any_flipped_byte_of_the_blob_is_caught() -> None:
    committer = Committer(ORIGIN)
    leaf = bytes(make_leaf(ORIGIN, Op.PUT, ID, NEW, BLOB))
    for at in range(len(BLOB)):
        broken = bytearray(BLOB)
        broken[at] ^= 1
        assert not committer.matches(leaf, bytes(broken))


def test_flags_are_kept_and_bound() -> None:
    leaf = make_leaf(ORIGIN, Op.PUT, ID, NEW, BLOB, flags=9)
    assert leaf.flags == 9
    assert matches(ORIGIN, leaf, BLOB)


def test_a_header_has_24_bytes() -> None:
    with pytest.raises(ValueError, match="24 bytes"):
        commitment(ORIGIN, bytes(23), BLOB)


def test_many_blobs_at_once_are_judged_like_one_by_one() -> None:
    committer = Committer("city.example/log/works/1")
    blobs = [bytes([number]) * (20 + number) for number in range(9)]
    leaves = [
        make_leaf(committer.origin, Op.PUT, bytes([number]) * 16, NEW, blob)
        for number, blob in enumerate(blobs)
    ]
    joined = b"".join(map(bytes, leaves))
    assert committer.wrong(joined, blobs) == []
    assert committer.wrong(joined, [None] * 9) == []
    swapped = [blobs[0], None, blobs[3], blobs[2], *blobs[4:8], blobs[8][:-1] + b"x"]
    assert committer.wrong(joined, swapped) == [2, 3, 8]
