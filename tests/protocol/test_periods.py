"""Periods of the calendar: the days that they stand for."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.periods import Span, days_of, span_of

DAYS = st.dates()
OPEN = st.none() | DAYS


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2027-03-01", "2027-03-01", "2027-03-01"),
        ("2027-02", "2027-02-01", "2027-02-28"),
        ("2028-02", "2028-02-01", "2028-02-29"),
        ("2027-12", "2027-12-01", "2027-12-31"),
        ("2027-Q1", "2027-01-01", "2027-03-31"),
        ("2027-Q2", "2027-04-01", "2027-06-30"),
        ("2027-Q4", "2027-10-01", "2027-12-31"),
        ("2027", "2027-01-01", "2027-12-31"),
        ("9999", "9999-01-01", "9999-12-31"),
        ("0001-Q1", "0001-01-01", "0001-03-31"),
    ],
)
def test_a_period_stands_for_its_days(period: str, first: str, last: str) -> None:
    assert days_of(period) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@pytest.mark.parametrize(
    "nonsense",
    ["", "2027-Q5", "2027-Q0", "Q1-2027", "2027Q1", "2027-13", "2027-02-30", "0000", "0000-Q1", "27", "soon",
     "2027-q1", " 2027", "10000", None, 2027, ["2027"], {"from": "2027"}],
)  # fmt: skip
def test_what_is_no_period_stands_for_no_days(nonsense: object) -> None:
    assert days_of(nonsense) is None
    assert span_of(nonsense, nonsense) is None
    assert span_of(nonsense, "2027") == Span(None, dt.date(2027, 12, 31))


def test_a_span_goes_from_the_first_day_to_the_last() -> None:
    assert span_of("2027-Q1", "2027-06") == Span(dt.date(2027, 1, 1), dt.date(2027, 6, 30))
    assert span_of("2027-Q1", "") == Span(dt.date(2027, 1, 1), None)
    # Within one quarter nobody is wrong.
    assert span_of("2027-02", "2027-Q1") == Span(dt.date(2027, 2, 1), dt.date(2027, 3, 31))
    assert span_of("2027", "2026") is None


def test_a_span_reads_well() -> None:
    day, later = dt.date(2027, 1, 1), dt.date(2027, 3, 31)
    said = [str(Span(*days)) for days in ((day, later), (day, day), (day, None), (None, later), (None, None))]
    assert said == [
        "2027-01-01 to 2027-03-31", "2027-01-01", "from 2027-01-01", "until 2027-03-31", "at any time",
    ]  # fmt: skip


@given(OPEN, OPEN, OPEN, OPEN, DAYS)
def test_shared_days_are_those_in_both(
    a: dt.date | None, b: dt.date | None, c: dt.date | None, d: dt.date | None, day: dt.date
) -> None:
    one, other = Span(a, b), Span(c, d)

    def has(span: Span | None) -> bool:
        return (
            span is not None and not (span.first and day < span.first) and not (span.last and day > span.last)
        )

    if (a is None or b is None or a <= b) and (c is None or d is None or c <= d):
        assert has(one.shared(other)) == (has(one) and has(other))
        assert one.shared(other) == other.shared(one)


@given(st.text("0123456789-Q", max_size=12))
def test_nothing_that_is_stated_raises(text: str) -> None:
    days = days_of(text)
    assert days is None or days[0] <= days[1]
