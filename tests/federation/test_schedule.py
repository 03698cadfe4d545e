"""When to ask again."""

from hypothesis import given
from hypothesis import strategies as st

from federation.schedule import CEILING_SECONDS, due, next_due


@given(
    st.integers(1, 10**6),
    st.integers(0, 10**6),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 2**40),
)
def test_always_later_and_never_beyond_the_ceiling(
    interval: int, failures: int, jitter: float, now: int
) -> None:
    later = next_due(now, interval, failures, jitter)
    assert now < later <= now + max(interval, CEILING_SECONDS)


def test_a_source_that_answers_is_asked_within_its_interval() -> None:
    assert [next_due(1000, 30, 0, jitter) for jitter in (0.0, 0.5, 0.999)] == [1030, 1027, 1024]
    assert next_due(1000, 1, 0, 0.9) == 1001


def test_failures_double_the_wait_up_to_the_ceiling() -> None:
    assert [next_due(0, 30, failures, 0.5) for failures in (1, 2, 3, 10)] == [30, 60, 120, 10_800]
    assert next_due(0, 100_000, 5, 0.5) == 50_000
    assert next_due(0, 30, 4, 0.0) == 1


def test_who_waited_longest_comes_first() -> None:
    assert due({"a": 30, "b": 10, "c": 31, "d": 10}, 30) == ("b", "d", "a")
    assert due({}, 0) == ()
