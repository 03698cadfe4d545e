"""Many values in SQL statements."""

from hypothesis import given
from hypothesis import strategies as st

from node.store.marks import MOST, by_log, portions


@given(st.integers(0, 3 * MOST))
def test_each_value_is_in_one_portion_with_a_mark(number: int) -> None:
    found = list(portions(range(number)))
    assert [value for some, _ in found for value in some] == list(range(number))
    assert all(0 < len(some) <= MOST for some, _ in found)
    assert all(marks == ", ".join(["?"] * len(some)) for some, marks in found)


def test_what_is_asked_of_one_log_is_asked_together() -> None:
    keys = [(number % 2, number.to_bytes(2)) for number in range(2 * MOST + 2)]
    found = list(by_log(keys))
    assert [(log, len(some), marks.count("?")) for log, some, marks in found] == [
        (log, size, size) for log in (0, 1) for size in (MOST, 1)
    ]
    assert {(log, id_) for log, some, _ in found for id_ in some} == set(keys)
