from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.vouching import AllowRule, Vouch, Voucher, Weighed, day_of, independent, weigh

TODAY = "2026-11-22"
TWO = AllowRule(vouchers=2)
A, B = "aa" * 32, "bb" * 32


def voucher(name: str, *marks: str) -> Voucher:
    return Voucher(f"{name}.example/log/x/1", frozenset(marks or (f"host {name}.example", f"root {name}")))


def known(*vouchers: Voucher) -> dict[str, Voucher]:
    return {each.origin: each for each in vouchers}


def vouch(
    by: Voucher, fingerprint: str = A, issued: str = "2026-01-01", expires: str = "2027-01-01"
) -> Vouch:
    return Vouch(by.origin, fingerprint, issued, expires)


OSLO, BERGEN, LYON = voucher("oslo"), voucher("bergen"), voucher("lyon")
ALL = known(OSLO, BERGEN, LYON)


def test_two_independent_vouchers_for_one_fingerprint_let_in() -> None:
    found = weigh([vouch(OSLO), vouch(BERGEN)], ALL, TWO, TODAY)
    assert found == Weighed({A: (BERGEN.origin, OSLO.origin)}, A, "")


@pytest.mark.parametrize(
    ("vouches", "reason"),
    [
        ([], "0 of 2 independent"),
        ([vouch(OSLO)], "1 of 2 independent"),
        ([vouch(OSLO), vouch(OSLO)], "1 of 2 independent"),
        ([vouch(OSLO), vouch(BERGEN, B)], "different fingerprints"),
        ([vouch(OSLO), vouch(BERGEN), vouch(LYON, B)], "different fingerprints"),
        ([vouch(OSLO), vouch(BERGEN, expires="2026-11-21")], "1 of 2 independent"),
        ([vouch(OSLO), vouch(BERGEN, issued="2026-11-23")], "1 of 2 independent"),
        ([vouch(OSLO), vouch(BERGEN, expires="")], "1 of 2 independent"),
        ([vouch(OSLO), vouch(voucher("stranger"))], "1 of 2 independent"),
    ],
)
def test_what_does_not_let_in(vouches: list[Vouch], reason: str) -> None:
    found = weigh(vouches, ALL, TWO, TODAY)
    assert found.allowed is None
    assert reason in found.reason


def test_a_vouch_holds_from_its_first_day_to_its_last() -> None:
    held = vouch(OSLO, issued=TODAY, expires=TODAY)
    assert held.holds(TODAY)
    assert not held.holds("2026-11-21")
    assert not held.holds("2026-11-23")
    # What was expired for another fingerprint is no conflict any more.
    past = vouch(LYON, B, expires="2026-11-21")
    assert weigh([vouch(OSLO), vouch(BERGEN), past], ALL, TWO, TODAY).allowed == A


def test_without_a_rule_nobody_comes_in() -> None:
    found = weigh([vouch(OSLO), vouch(BERGEN)], ALL, AllowRule(), TODAY)
    assert (found.allowed, len(found.support[A])) == (None, 2)
    assert AllowRule().vouchers == 0


def test_a_thousand_names_at_one_host_are_worth_one() -> None:
    sybils = [voucher(f"v{number}", "host cheap.example", f"root {number}") for number in range(300)]
    assert len(independent([*sybils, OSLO])) == 2
    keyed = [voucher(f"v{number}", f"host v{number}.example", "root one") for number in range(300)]
    assert len(independent(keyed)) == 1
    vouchers = known(*sybils)
    assert weigh([vouch(each) for each in sybils], vouchers, TWO, TODAY).allowed is None


def test_who_claims_the_keys_of_others_does_not_make_them_one() -> None:
    thief = voucher("a-thief", "host thief.example", *OSLO.marks, *BERGEN.marks)
    assert independent([thief, OSLO, BERGEN]) == (BERGEN, OSLO)


def test_days_are_in_utc() -> None:
    assert (day_of(0), day_of(86_399), day_of(86_400)) == ("1970-01-01", "1970-01-01", "1970-01-02")


_voucher = st.builds(
    lambda name, marks: Voucher(f"{name}.example/log/x/1", frozenset(marks)),
    st.sampled_from("abcdefgh"),
    st.sets(st.sampled_from(["host 1", "host 2", "host 3", "root 1", "root 2", "root 3"]), min_size=1),
)
_vouchers = st.lists(_voucher, unique_by=lambda each: each.origin, max_size=8)
_vouch: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "fingerprint": st.sampled_from([A, A, A, B]),
        "issued": st.sampled_from(["2026-01-01", "2026-11-22", "2026-12-01"]),
        "expires": st.sampled_from(["2026-11-21", "2026-11-22", "2027-01-01"]),
    }
)


@settings(max_examples=150, deadline=None)
@given(_vouchers, st.data())
def test_independent_vouchers_share_nothing_and_nobody_could_be_added(
    vouchers: list[Voucher], data: st.DataObject
) -> None:
    chosen = independent(vouchers)
    taken = [mark for each in chosen for mark in each.marks]
    assert len(taken) == len(set(taken))
    assert all(not each.marks.isdisjoint(taken) for each in vouchers)
    assert independent(data.draw(st.permutations(vouchers))) == chosen


@settings(max_examples=150, deadline=None)
@given(_vouchers, st.data())
def test_no_order_matters_and_what_holds_no_more_changes_nothing(
    vouchers: list[Voucher], data: st.DataObject
) -> None:
    origins = [each.origin for each in vouchers] or ["nobody.example/log/x/1"]
    drawn = data.draw(st.lists(st.tuples(st.sampled_from(origins), _vouch), max_size=12))
    vouches = [Vouch(by, **said) for by, said in drawn]
    found = weigh(vouches, known(*vouchers), TWO, TODAY)
    assert weigh(data.draw(st.permutations(vouches)), known(*vouchers), TWO, TODAY) == found
    holding = [each for each in vouches if each.holds(TODAY)]
    assert weigh(holding, known(*vouchers), TWO, TODAY) == found
    # Saying it twice is saying it once.
    assert weigh(vouches * 2, known(*vouchers), TWO, TODAY) == found
    if found.allowed is not None:
        assert len(found.support[found.allowed]) >= TWO.vouchers
        assert {each.fingerprint for each in holding if each.by in known(*vouchers)} == {found.allowed}
