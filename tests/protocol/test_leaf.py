"""The 64 bytes of a leaf."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import MalformedError
from protocol.leaf import HEADER, NEW, SIZE, EraseReason, Leaf, Op, ops_and_ids

LEAF = Leaf(1, Op.PUT, 0, 1234, bytes(range(16)), NEW, bytes(range(32)))


def test_every_field_stands_where_the_layout_says() -> None:
    data = bytes(LEAF)
    assert len(data) == SIZE
    assert data[:8].hex() == "01010000000004d2"
    assert data[8:24] == LEAF.id
    assert data[24:32] == b"\xff" * 8
    assert data[32:] == LEAF.commitment
    assert LEAF.header == data[:HEADER]


def test_an_erase_carries_its_reason() -> None:
    leaf = Leaf(1, Op.ERASE, EraseReason.COURT, 0, LEAF.id, 7, bytes(32))
    assert bytes(leaf)[:4].hex() == "01030003"
    assert EraseReason(Leaf.parse(bytes(leaf)).flags) is EraseReason.COURT


@given(st.binary(min_size=64, max_size=64))
def test_every_64_bytes_are_one_leaf(data: bytes) -> None:
    leaf = Leaf.parse(data)
    assert bytes(leaf) == data
    assert list(ops_and_ids(data * 2)) == [(leaf.op, leaf.id)] * 2


@given(st.binary(max_size=200).filter(lambda data: len(data) != SIZE))
def test_other_lengths_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError, match="instead of 64"):
        Leaf.parse(data)


def test_any_flipped_byte_makes_another_leaf() -> None:
    data = bytes(LEAF)
    for at in range(SIZE):
        broken = bytearray(data)
        broken[at] ^= 0x80
        assert Leaf.parse(bytes(broken)) != LEAF


@pytest.mark.parametrize(("id_", "commitment"), [(b"short", bytes(32)), (bytes(16), bytes(31))])
def test_short_fields_are_the_callers_mistake(id_: bytes, commitment: bytes) -> None:
    with pytest.raises(ValueError, match="id of 16 bytes"):
        Leaf(1, Op.PUT, 0, 0, id_, NEW, commitment)


def test_numbers_that_do_not_fit_are_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="no leaf can hold"):
        bytes(Leaf(1, Op.PUT, 2**16, 0, bytes(16), NEW, bytes(32)))
