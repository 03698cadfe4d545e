import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.listing import Listed, Verdict, decide, decide_place

PARKS = "parks.spam.example:8443/log/parks/1"
A, B = "aa" * 32, "bb" * 32
LIST = "oslo.example/log/oslo/1/e/" + "0" * 32


def block(name: str = "", fingerprint: str = "", by: str = "") -> Listed:
    return Listed(Verdict.BLOCK, name, fingerprint, by)


def allow(name: str = "", fingerprint: str = "", by: str = "") -> Listed:
    return Listed(Verdict.ALLOW, name, fingerprint, by)


@pytest.mark.parametrize(
    ("entry", "is_blocked"),
    [
        (block(PARKS), True),
        (block("spam.example"), True),
        (block("parks.spam.example"), True),
        (block("parks.spam.example:8443"), True),
        (block("parks.spam.example:9443"), False),
        (block("spam.example:8443"), False),
        (block("am.example"), False),
        (block("example"), False),
        (block("parks.spam.example:8443/log/parks/2"), False),
        (block(fingerprint=A), True),
        (block(fingerprint=B), False),
        (block(PARKS, A), True),
        (block(PARKS, B), False),
        (block("spam.example", A), True),
        (allow(PARKS), False),
    ],
)
def test_what_a_name_means(entry: Listed, is_blocked: bool) -> None:
    assert (decide([entry], PARKS, A) is entry) == is_blocked


def test_addresses_and_bare_names_have_nothing_below_them() -> None:
    assert decide([block("127.0.0.1")], "127.0.0.1:8401/log/x/1", A)
    assert not decide([block("0.0.1")], "127.0.0.1/log/x/1", A)
    assert decide([block("[::1]")], "[::1]:8401/log/x/1", A)
    assert not decide([block("[::1]:8402")], "[::1]:8401/log/x/1", A)
    assert decide([block("localhost")], "localhost:8401/log/x/1", A)
    assert not decide([block("localhost")], "a.localhost/log/x/1", A)


def test_an_unknown_fingerprint_is_nobodys() -> None:
    assert decide([block(fingerprint=A)], PARKS, "") is None
    assert decide([block(PARKS)], PARKS, "") is not None


@pytest.mark.parametrize(
    ("entries", "is_blocked"),
    [
        ([block(PARKS, by=LIST), allow("spam.example")], False),
        ([allow(PARKS, by=LIST), block("spam.example")], True),
        ([block("spam.example"), allow(PARKS)], False),
        ([block("spam.example"), allow("parks.spam.example")], False),
        ([allow("spam.example"), block("parks.spam.example")], True),
        ([block(PARKS), allow(PARKS, A)], False),
        ([block(PARKS), allow(fingerprint=A)], True),
        ([block("spam.example"), allow(fingerprint=A)], False),
        ([block(PARKS, by=LIST), allow(PARKS, by=LIST)], True),
    ],
)
def test_own_words_come_first_then_narrow_ones_then_blocks(entries: list[Listed], is_blocked: bool) -> None:
    assert (decide(entries, PARKS, A) is not None) == is_blocked
    assert (decide(entries[::-1], PARKS, A) is not None) == is_blocked


def test_a_word_about_a_publisher_goes_along_and_one_about_a_host_does_not() -> None:
    formerly = [("old.example/log/parks/1", B)]
    for entry in (block("old.example/log/parks/1"), block(fingerprint=B), block("old.example", B)):
        assert decide([entry], PARKS, A, formerly) is entry
        assert decide([entry], PARKS, A) is None
        # The narrowest word about it as it is now comes first.
        assert decide([entry, allow(PARKS, A)], PARKS, A, formerly) is None
    long = block("a-very-long-name.old.example/log/parks/1")
    was = [("a-very-long-name.old.example/log/parks/1", B)]
    assert decide([long, allow(PARKS)], PARKS, A, was) is None
    assert decide([long, allow("parks.spam.example")], PARKS, A, was) is long
    assert decide([block("old.example")], PARKS, A, formerly) is None


def test_nothing_is_asked_of_a_blocked_host() -> None:
    entries = [block("spam.example"), allow("parks.spam.example"), block("x.example", A), block(PARKS)]
    assert decide_place(entries, "https://spam.example/mirror/00") is entries[0]
    assert decide_place(entries, "https://a.spam.example:8443") is entries[0]
    assert decide_place(entries, "https://parks.spam.example:8443") is None
    # A fingerprint or an origin is a publisher's and says nothing about who else is at a place.
    assert decide_place(entries, "https://x.example") is None
    for other in ("https://SPAM.Example/x", "https://spam.example./", "HTTPS://user@spam.example:443"):
        assert decide_place(entries, other) is entries[0]
    for none in ("https://spam.example:99999/", "https://[", "https://[:::]/", "nothing"):
        assert decide_place(entries, none) is None
    assert decide_place([], "https://spam.example") is None


_names = st.sampled_from(["", PARKS, "spam.example", "parks.spam.example", "parks.spam.example:8443"])
_entries = st.lists(
    st.builds(
        Listed, st.sampled_from(Verdict), _names, st.sampled_from(["", A, B]), st.sampled_from(["", LIST])
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(_entries, st.data())
def test_no_order_of_lists_matters(entries: list[Listed], data: st.DataObject) -> None:
    found = decide(entries, PARKS, A)
    assert decide(data.draw(st.permutations(entries)), PARKS, A) == found
    own = [entry for entry in entries if not entry.by and entry.fits(PARKS, A)]
    if own:
        assert found == decide(own, PARKS, A)
