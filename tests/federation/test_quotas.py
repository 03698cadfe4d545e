import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.faults import FaultKind
from federation.limits import Limits
from federation.quotas import (
    DAY,
    Budget,
    Measure,
    OverLimitError,
    Quota,
    QuotaRule,
    Used,
    growth_left,
    quota_of,
    spent,
    until_left,
)

QUOTA = Quota(entries=1_000, new_entries=100, kept_bytes=5_000, void_leaves=3)
ORIGIN, FINGERPRINT = "acme.example/log/acme/1", "ab" * 32


def test_everybody_has_the_limits_of_the_configuration() -> None:
    limits = Limits()
    found = quota_of(limits, (), ORIGIN, FINGERPRINT)
    expected = (limits.entries, limits.new_entries, limits.kept_bytes, limits.void_leaves)
    assert (found.entries, found.new_entries, found.kept_bytes, found.void_leaves) == expected


def test_a_rule_changes_what_it_names_and_the_origin_comes_before_the_fingerprint() -> None:
    rules = (
        QuotaRule(ORIGIN, entries=7),
        QuotaRule(FINGERPRINT, entries=8, void_leaves=0),
        QuotaRule("other.example/log/x/1", kept_bytes=1),
    )
    found = quota_of(Limits(), rules, ORIGIN, FINGERPRINT)
    assert (found.entries, found.void_leaves, found.kept_bytes) == (7, 0, Limits().kept_bytes)


def test_a_size_is_refused_before_anything_is_fetched() -> None:
    def used() -> Used:
        raise AssertionError("nobody needs to know")

    Budget(QUOTA, None, used).check_size(0, 1_000, "checkpoint")
    with pytest.raises(OverLimitError) as caught:
        Budget(QUOTA, None, used).check_size(0, 2**62, "checkpoint")
    excess = caught.value.excess
    assert (excess.measure, excess.wanted, excess.allowed, excess.size) == ("entries", 2**62, 1_000, 2**62)
    assert caught.value.fault.kind is FaultKind.OVER_LIMIT
    assert "raise limits.entries" in str(caught.value)


def test_growth_is_limited_and_the_first_copy_is_none() -> None:
    Budget(QUOTA).check_size(0, 900, "checkpoint")
    Budget(QUOTA, 100).check_size(500, 600, "checkpoint")
    with pytest.raises(OverLimitError, match="grew by 101 leaves, of 100 by now"):
        Budget(QUOTA, 100).check_size(500, 601, "checkpoint")


def test_contents_are_refused_before_one_is_fetched() -> None:
    budget = Budget(QUOTA, None, lambda: Used(kept_bytes=4_000, void_leaves=2))
    budget.check_contents(10, 1_000, 1, "checkpoint")
    with pytest.raises(OverLimitError, match="5,001 bytes, of at most 5,000") as caught:
        budget.check_contents(10, 1_001, 1, "checkpoint")
    assert caught.value.excess.measure is Measure.BYTES
    with pytest.raises(OverLimitError, match="4 of its leaves are without effect") as caught:
        budget.check_contents(10, 0, 2, "checkpoint")
    assert caught.value.excess.measure is Measure.VOID


def test_growth_is_saved_up_for_a_week() -> None:
    assert growth_left(0, QUOTA) == 700
    assert growth_left(650, QUOTA) == 50
    # What was taken while the limit was higher leaves nothing, and no less.
    assert growth_left(5_000, QUOTA) == 0
    assert spent(650, 0, DAY, QUOTA) == 550
    assert spent(50, 7, DAY, QUOTA) == 7
    assert spent(50, 7, -DAY, QUOTA) == 57


def test_when_a_log_goes_on_by_itself() -> None:
    assert until_left(650, 150, QUOTA) == DAY
    assert until_left(0, 150, QUOTA) == 0
    assert until_left(0, 701, QUOTA) is None
    assert until_left(0, 1, Quota(1, 0, 1, 1)) is None


def test_a_larger_limit_has_room_at_once() -> None:
    assert growth_left(700, QUOTA) == 0
    assert growth_left(700, dataclasses.replace(QUOTA, new_entries=200)) == 700


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2_000), st.integers(1, 700))
def test_after_the_wait_there_is_enough_and_not_before(used_up: int, wanted: int) -> None:
    wait = until_left(used_up, wanted, QUOTA)
    assert wait is not None
    assert growth_left(spent(used_up, 0, wait, QUOTA), QUOTA) >= wanted
    assert not wait or growth_left(spent(used_up, 0, wait - 1, QUOTA), QUOTA) < wanted


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 3 * DAY)), max_size=12))
def test_no_pattern_of_growth_takes_more_than_a_week_and_what_time_brings(
    steps: list[tuple[int, int]],
) -> None:
    used_up, taken, passed = 0, 0, 0
    for wanted, seconds in steps:
        passed += seconds
        used_up = spent(used_up, 0, seconds, QUOTA)
        grown = min(wanted, growth_left(used_up, QUOTA))
        taken += grown
        used_up = spent(used_up, grown, 0, QUOTA)
    assert taken <= 700 + passed * QUOTA.new_entries // DAY
