"""Heads without an object for each: what a dict would hold, in the order of the ids."""

from typing import cast

import pytest

from protocol.heads import Heads
from protocol.leaf import NEW, Op

# More than are sorted at once agree in their first bytes.
ALIKE = [bytes([7] * 3) + number.to_bytes(13, "little") for number in range(20_000)]
OTHERS = [bytes([first]) * 16 for first in range(256)]
START = 5


@pytest.mark.parametrize("upto", [0, START + 30_000])
def test_many_heads_are_those_of_a_dict_in_the_order_of_the_ids(upto: int) -> None:
    ids = [*ALIKE, *OTHERS, *ALIKE[:1_000]]
    heads, expected = Heads(START, upto), dict[bytes, int]()
    for at in range(0, len(ids), 3_000):
        portion = ids[at : at + 3_000]
        heads.extend(bytes([Op.PUT]) * len(portion), b"".join(portion))
        for index, id_ in enumerate(portion, START + at):
            former = expected.get(id_, NEW)
            assert heads.replace(id_, former, index) == former
            expected[id_] = index
    assert list(heads.items()) == sorted(expected.items())
    assert list(heads) == sorted(expected)
    assert list(heads.ops) == sorted(expected.values())
    assert len(heads) == len(heads.ops) == len(expected)
    assert all(heads[id_] == index for id_, index in expected.items())
    assert bytes(16) in heads
    assert b"other than any" not in heads
    assert cast("bytes", 7) not in heads
    with pytest.raises(KeyError):
        heads[b"other than any__"]


def test_a_head_is_replaced_only_by_whoever_names_it() -> None:
    heads, (one, two) = Heads(START, 0), OTHERS[:2]
    heads.older = {two: 3}
    heads.extend(bytes([Op.PUT, Op.WITHDRAW, Op.PUT]), one + two + two)
    assert heads.replace(one, 4, 5) == NEW
    assert heads.replace(two, NEW, 6) == 3
    assert dict(heads) == {}
    assert heads.replace(two, 3, 6) == 3
    assert heads.replace(two, 3, 7) == 6
    assert (dict(heads), dict(heads.ops)) == ({two: 6}, {6: Op.WITHDRAW})
    assert heads.op_and_id(5) == (Op.PUT, one)
    assert 5 not in heads.ops
    assert 99 not in heads.ops
