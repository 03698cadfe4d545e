"""Upkeep: who keeps a thing going and pays for it, and until when."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.upkeep import Upkeep, turning_days, upkeep_of

TODAY = dt.date(2026, 11, 22)


def upkeep(maintenance: Any = None, *funding: Any, lifecycle: Any = "live") -> Upkeep:  # noqa: ANN401
    return upkeep_of(maintenance, lifecycle, funding)


@pytest.mark.parametrize(
    ("maintenance", "lifecycle", "is_so"),
    [
        ({"mode": "community"}, "live", True),
        ({"mode": "contract", "supportUntil": "2026-11-22"}, "pilot", True),
        ({"mode": "contract", "supportUntil": "2026-11-21"}, "live", False),
        ({"mode": "none"}, "live", False),
        ({"mode": "internal"}, "abandoned", False),
        ({"mode": 7}, "live", False),
        ("community", 7, False),
        (None, "live", False),
    ],
)
def test_maintained_is_what_somebody_keeps_going(maintenance: Any, lifecycle: Any, is_so: bool) -> None:  # noqa: ANN401
    assert upkeep(maintenance, lifecycle=lifecycle).is_maintained(TODAY) is is_so


@pytest.mark.parametrize(
    ("funding", "is_so"),
    [
        ([], False),
        (["no map"], False),
        ([{"by": "State"}], True),
        ([{"from": "2026", "to": "2026-Q4"}], True),
        ([{"to": "2026-11"}], True),
        ([{"to": "2026-10"}], False),
        ([{"from": "2027"}], False),
    ],
)
def test_funded_is_what_anything_stated_pays_for_today(funding: list[Any], is_so: bool) -> None:
    assert upkeep(None, *funding).is_funded(TODAY) is is_so


@pytest.mark.parametrize(
    ("maintenance", "funding", "ends"),
    [
        (None, [], None),
        ({"supportUntil": "2027-11-22"}, [], "2027-11-22"),
        ({"supportUntil": "2027-11-23"}, [], None),
        ({"supportUntil": "2026-11-21"}, [], None),
        (None, [{"to": "2027-Q1"}], "2027-03-31"),
        (None, [{"to": "2027-Q1"}, {"to": "2030"}], None),
        (None, [{"to": "2027-Q1"}, {"by": "State"}], None),
        ({"supportUntil": "2027-02-01"}, [{"by": "State"}], "2027-02-01"),
        ({"supportUntil": "2030-01-01"}, [{"to": "2026-12"}, {"to": "2020"}], "2026-12-31"),
    ],
)
def test_the_end_that_is_near(maintenance: Any, funding: list[Any], ends: str | None) -> None:  # noqa: ANN401
    found = upkeep(maintenance, *funding).ends(TODAY)
    assert found == (None if ends is None else dt.date.fromisoformat(ends))


days = st.dates(dt.date(2020, 1, 1), dt.date(2032, 12, 31))
stated_days = days.map(str) | st.sampled_from(("2024", "2026-Q1", "2028-02", "never"))


@given(st.lists(st.dictionaries(st.sampled_from(("from", "to")), stated_days), max_size=3), stated_days, days)
def test_what_is_so_turns_on_its_days_alone(funding: list[Any], until: str, day: dt.date) -> None:
    maintenance: Any = {"mode": "community", "supportUntil": until}
    kept = upkeep(maintenance, *funding)
    before = day - dt.timedelta(days=1)
    today = (kept.is_maintained(day), kept.is_funded(day), kept.ends(day) is None)
    if today != (kept.is_maintained(before), kept.is_funded(before), kept.ends(before) is None):
        assert day in turning_days({"maintenance": maintenance, "funding": funding})


def test_calls_for_help_turn_when_they_end() -> None:
    assert dt.date(2027, 1, 2) in turning_days({"seeking": [{"until": "2027-01-01"}, 7], "funding": "much"})
    assert turning_days({"maintenance": "community"}) == frozenset()
