"""Uses: what counts on a day, and the days on which that turns."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.reuse import FRESH_MONTHS, Use, day_after, day_in, months_after, use_of

TODAY = dt.date(2026, 11, 22)
days = st.dates(dt.date(2020, 1, 1), dt.date(2032, 12, 31))
uses = st.builds(
    Use,
    st.sampled_from(("interested", "evaluation", "pilot", "production", "retired", "")),
    st.none() | days,
    st.none() | days,
    st.none() | days,
)


def use(**stated: str) -> Use:
    return use_of({"status": "production", **stated})


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ({"reviewed": "2025-03-01T09:00:00Z"}, ""),
        ({"since": "2025-03-01"}, ""),
        ({"since": "2019-01-01", "reviewed": "2024-11-22"}, ""),
        ({"since": "2019-01-01", "reviewed": "2024-11-21T23:59:59Z"}, "unconfirmed since 2024-11-21"),
        ({"since": "2019-01-01"}, "unconfirmed since 2019-01-01"),
        ({"since": "2024-02-29", "status": "pilot"}, "unconfirmed since 2024-02-29"),
        ({}, "never confirmed"),
        ({"reviewed": "last year"}, "never confirmed"),
        ({"reviewed": "2026-11-23"}, "dated 2026-11-23, which is still to come"),
        ({"since": "2019-01-01", "reviewed": "2099-01-01"}, "unconfirmed since 2019-01-01"),
        ({"since": "2027-01-01"}, "begins 2027-01-01"),
        ({"since": "2027-01-01", "reviewed": "2026-11-01"}, "begins 2027-01-01"),
        ({"status": "interested", "since": "2026-01-01"}, "interested"),
        ({"status": "evaluation"}, "evaluation"),
        ({"status": "x" * 1000}, "of no known status"),
        ({"status": ""}, "of no known status"),
        ({"status": "retired", "until": "2025-01-01"}, "ended 2025-01-01"),
        ({"status": "retired"}, "ended"),
        ({"since": "2026-01-01", "until": "2026-11-21"}, "ended 2026-11-21"),
        ({"since": "2026-01-01", "until": "2026-11-22"}, ""),
    ],
)
def test_why_a_use_does_not_count(stated: dict[str, str], why: str) -> None:
    assert use(**stated).why_not(TODAY) == why


def test_a_status_that_is_no_word_is_none() -> None:
    assert use_of({"status": ["production"], "since": 7}) == Use("")


@given(uses, days)
def test_what_counts_turns_on_its_days_alone(stated: Use, day: dt.date) -> None:
    before = day - dt.timedelta(days=1)
    if (stated.why_not(day) == "") != (stated.why_not(before) == ""):
        assert day in stated.turning_days()


@given(uses, days)
def test_nothing_counts_for_longer_than_it_was_confirmed(stated: Use, day: dt.date) -> None:
    if stated.why_not(day) == "":
        confirmed = stated.confirmed(day)
        assert confirmed is not None
        assert confirmed <= day <= months_after(confirmed, FRESH_MONTHS)


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        ("2024-02-29", 24, "2026-02-28"),
        ("2024-02-29", -12, "2023-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("0001-01-31", -1, "0001-01-01"),
        ("9999-12-01", 24, "9999-12-31"),
    ],
)
def test_months_are_those_of_the_calendar(day: str, months: int, found: str) -> None:
    assert months_after(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(found)


def test_there_is_a_last_day() -> None:
    assert day_after(dt.date.max) == dt.date.max
    assert day_after(TODAY) == dt.date(2026, 11, 23)


@pytest.mark.parametrize("text", ["2026-W01-1", "20261122", "2026-11-22x", "2026-13-01", "", 7, None])
def test_what_is_no_day_is_none(text: Any) -> None:  # noqa: ANN401
    assert day_in(text) is None
