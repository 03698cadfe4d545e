import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import shapes
from protocol.forms import CHECKS, REPEATING, is_date, is_place, is_url
from protocol.packing import MAX_INTEGER, Value, pack
from protocol.shapes import MOST_PROBLEMS
from protocol.statement import TYPES, Entry, Unknown, decode
from protocol.validate import validate
from protocol.vocabulary import VOCABULARIES, suggestion, words_of
from tests.statements import ENTRY, FINGERPRINT, OFFER, SAME, USE, VOUCH

COMPLETE: dict[str, Any] = ENTRY


def errors(payload: Value, *, written_here: bool = True) -> list[str]:
    return [each.pointer for each in validate(payload, written_here=written_here) if each.severity == "error"]


def flags(payload: Value, *, written_here: bool = True) -> list[str]:
    return [each.pointer for each in validate(payload, written_here=written_here) if each.severity == "flag"]


def with_(**fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**COMPLETE, **fields}


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in COMPLETE.items() if key not in keys}


def test_a_complete_entry_has_no_problem() -> None:
    assert validate(COMPLETE, written_here=True) == ()


def test_all_problems_come_at_once_each_with_place_sentence_and_hint() -> None:
    found = validate(
        with_(
            v=True,
            kind="softwar",
            name="x",
            links=[{"rel": "home", "url": "www.example.org"}],
            partners="me",
            seeking=[{"type": "advice"}],
            inclusion={"offlineAlternative": 3},
            lnks=[],
        ),
        written_here=True,
    )
    assert {each.pointer for each in found} >= {
        "/v",
        "/kind",
        "/name",
        "/links/0/rel",
        "/links/0/url",
        "/partners",
        "/seeking/0/text",
        "/seeking/0/until",
        "/inclusion/offlineAlternative",
        "/lnks",
        "/links",
    }
    assert all(each.message.endswith(".") and each.hint.endswith((".", "?")) for each in found)
    assert str(found[0]).startswith("/v: true is not a whole number.")


@pytest.mark.parametrize(
    "field", ["summary", "topics", "lifecycle", "license", "languages", "links", "modified"]
)
def test_an_entry_written_here_needs(field: str) -> None:
    assert errors(without(field)) == [f"/{field}"]
    assert errors(without(field), written_here=False) == []


@pytest.mark.parametrize("field", ["maintenance", "software"])
def test_an_entry_written_here_should_have(field: str) -> None:
    assert flags(without(field)) == [f"/{field}"]
    assert errors(without(field)) == []


@pytest.mark.parametrize("field", ["type", "v", "kind", "name"])
def test_no_entry_goes_without(field: str) -> None:
    assert errors(without(field), written_here=False) == [f"/{field}"]


def test_an_entry_needs_a_name_in_some_language() -> None:
    assert errors(with_(name={}), written_here=False) == ["/name"]


@pytest.mark.parametrize(
    "links",
    [
        {"links": [], "contact": {"email": "office@example.org"}},
        {"links": [], "identifiers": [{"scheme": "repo", "value": "git@example.org:a/b.git"}]},
    ],
)
def test_a_contact_or_a_repository_is_as_good_as_a_page(links: dict[str, Any]) -> None:
    assert errors(with_(**links)) == []


def test_a_reason_stands_for_a_licence() -> None:
    assert errors(without("license") | {"access": {"source": "closed", "reason": "security"}}) == []
    assert errors(without("license") | {"access": {"source": "closed"}}) == ["/license"]


@pytest.mark.parametrize(
    ("kind", "block", "missing"),
    [
        ("service", {}, ["/service/channels"]),
        ("service", {"channels": [{"type": "online"}]}, []),
        ("dataset", {}, ["/dataset/distributions"]),
        ("dataset", {"distributions": [{"accessURL": "https://example.org/d"}]}, []),
        ("standard", {}, ["/standard/specUrl"]),
        ("standard", {"specUrl": "https://example.org/s"}, []),
        ("process", {}, []),
        ("participation", {"status": "planned"}, []),
        ("participation", {"status": "open"}, ["/participation/opens", "/participation/closes"]),
        ("participation", {"status": "open", "opens": "2026-01-01", "closes": "2026-Q2"}, []),
    ],
)
def test_what_a_kind_cannot_do_without(kind: str, block: dict[str, Any], missing: list[str]) -> None:
    assert errors({**without("software"), "kind": kind, kind: block}) == missing


def test_a_process_needs_something_to_take_along() -> None:
    payload = {**without("links"), "kind": "process", "contact": {"email": "a@example.org"}}
    assert errors(payload) == ["/process/files"]


MINIMAL: dict[str, Any] = {
    "kind": "process",
    "name": {"en": "How to run an assembly"},
    "summary": {"en": "A guide for towns"},
    "topics": ["sector:civic-participation"],
    "lifecycle": "live",
    "links": [{"rel": "landing", "url": "https://town.example/assembly"}],
    "license": "CC-BY-4.0",
    "languages": ["en"],
}


def test_eight_inputs_are_enough() -> None:
    whole: dict[str, Any] = {"type": "entry", "v": 1, "modified": "2026-11-02T09:00:00Z", **MINIMAL}
    assert len(MINIMAL) == 8
    assert validate(whole, written_here=True) == ()
    assert errors({**whole, "kind": "software"}) == []
    for name in MINIMAL:
        assert f"/{name}" in errors({key: value for key, value in whole.items() if key != name})


def call(type_: str, until: str = "2027-11-02", **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"type": type_, "text": {"en": "Help us"}, "until": until, **fields}


def test_a_call_ends_within_a_year_of_the_last_change() -> None:
    for field, type_ in (("seeking", "advice"), ("offering", "training")):
        assert errors(with_(**{field: [call(type_)]})) == []
        assert errors(with_(**{field: [call(type_, "2027-11-03")]})) == [f"/{field}/0/until"]
        assert flags(with_(**{field: [call(type_, "2027-11-03")]}), written_here=False) == [
            f"/{field}/0/until"
        ]
        assert errors(with_(**{field: [{"type": type_, "text": {"en": "x"}}]})) == [f"/{field}/0/until"]
    leap = with_(modified="2024-02-29T09:00:00Z", seeking=[call("advice", "2025-03-01")])
    assert errors(leap) == ["/seeking/0/until"]
    # The other fault is said, and nothing is reckoned from it.
    assert errors(with_(modified="soon", seeking=[call("advice")])) == ["/modified"]
    assert errors(with_(seeking=[call("advice", "later")])) == ["/seeking/0/until"]
    assert errors(with_(modified=7, seeking=[7])) == ["/modified", "/seeking/0"]


@pytest.mark.parametrize("type_", ["contributors", "supplier"])
def test_who_looks_for_workers_says_what_they_get(type_: str) -> None:
    pointer = "/seeking/1/compensation/kind"
    for searched in (call(type_), call(type_, compensation={"amount": 3})):
        payload = with_(seeking=[call("advice"), searched])
        assert errors(payload) == flags(payload, written_here=False) == [pointer]
    assert errors(with_(seeking=[call(type_, compensation={"kind": "none"})])) == []
    assert errors(with_(seeking=[call(type_, compensation="much")]))[0] == "/seeking/0/compensation"


def test_a_kind_that_is_no_text_has_no_block() -> None:
    assert errors(with_(kind=7)) == ["/kind"]


def test_other_peoples_words_are_flagged_and_stay_readable() -> None:
    payload = with_(lifecycle="sleeping", license="GPL v3", topics=["mine:own"], v=2, later=1)
    assert errors(payload, written_here=False) == []
    assert set(flags(payload, written_here=False)) == {"/v", "/lifecycle", "/license", "/topics/0"}
    assert isinstance(decode(payload), Entry)
    assert set(errors(payload)) == {"/v", "/lifecycle", "/license", "/topics/0"}
    assert flags(payload) == ["/later"]


def test_an_unknown_field_far_from_any_other_goes_under_x() -> None:
    (problem,) = validate(with_(zzzzzz=1), written_here=True)
    assert "under x" in problem.hint


@pytest.mark.parametrize("value", [True, {"fr": "Au guichet"}])
def test_a_field_may_take_more_than_one_shape(value: Value) -> None:
    assert errors(with_(inclusion={"offlineAlternative": value})) == []
    assert errors(with_(inclusion={"offlineAlternative": {"fr": 1}})) == ["/inclusion/offlineAlternative/fr"]


def test_lists_and_texts_have_a_length() -> None:
    assert errors(with_(audience=["citizens"] * 201)) == ["/audience"]
    assert errors(with_(summary={"en": "x" * 151})) == ["/summary/en"]
    assert errors(with_(name={"en": "x" * 121}), written_here=False) == []


def test_what_is_too_long_to_be_near_to_a_word_is_told_all_words() -> None:
    for vocabulary in ("topic", *VOCABULARIES):
        for word in words_of(vocabulary):
            longer = word + "x" * (shapes._NEAR + 1 - len(word))
            assert suggestion(vocabulary, longer) == suggestion(vocabulary, "")
    (problem,) = validate(with_(lifecycle="live" * 33), written_here=True)
    assert problem.hint == suggestion("lifecycle", "")


def test_languages_are_tags() -> None:
    found = validate(with_(description={"ita": "testo", "??": "x"}), written_here=True)
    assert [(each.pointer, each.hint) for each in found] == [
        ("/description/ita", "Write it."),
        ("/description/??", "Use a BCP 47 tag such as fr, pt-BR or und."),
    ]


def test_texts_that_cannot_be_packed_are_named_wherever_they_are() -> None:
    payload = with_(x={"a": ["fine", "b\u202ead"], "c\u0000": 1}, description={"en": "e\u0301"})
    assert errors(payload) == ["/x/a/1", "/x/c\u0000", "/description/en"]


def test_what_is_too_large_is_refused_as_a_whole() -> None:
    (problem,) = validate(with_(x={"a": "y" * 300_000}), written_here=False)
    assert (problem.pointer, problem.severity) == ("", "error")


def test_pointers_escape_what_json_pointers_escape() -> None:
    assert errors(with_(x={"a/b~c": "\u202e"})) == ["/x/a~1b~0c"]


@pytest.mark.parametrize("payload", [None, 7, "entry", [], b"bytes", True])
def test_a_statement_is_a_map(payload: Value) -> None:
    assert errors(payload) == [""]


@pytest.mark.parametrize("value", [1.5, dt.date(2026, 1, 1), {"en"}])
def test_values_that_no_statement_has_are_refused_by_name(value: Any) -> None:  # noqa: ANN401
    found = validate(with_(lifecycle=value), written_here=False)
    assert [each.pointer for each in found if each.severity == "error"] == ["/lifecycle"]
    assert type(value).__name__ in found[0].message


def test_what_a_check_says_is_remembered_within_bounds() -> None:
    check = REPEATING["place"]
    for number in range(3_000):
        assert check(f"place {number}") == CHECKS["place"](f"place {number}")
    answers = check.__self__  # type: ignore[attr-defined]
    size = len(answers)
    assert size <= 1_024
    assert check("x" * 1_000) is not None
    assert len(answers) == size


@pytest.mark.parametrize("value", [None, 7, True, "x", [], {}, b"y"])
def test_every_wrong_shape_is_named(value: Value) -> None:
    shapes = {"summary": dict, "topics": list, "lifecycle": str, "localisable": bool, "maintenance": dict}
    for field, wanted in shapes.items():
        named = f"/{field}" in errors({**COMPLETE, field: value}, written_here=False)
        assert named != isinstance(value, wanted), field


def test_later_types_are_kept_and_flagged() -> None:
    assert flags({"type": "poem", "v": 1}) == ["/type"]
    assert errors({"type": "poem", "v": 1}) == []


def test_a_profile_only_needs_a_name() -> None:
    profile: dict[str, Any] = {"type": "profile", "v": 1, "name": {"und": "City"}}
    assert errors(profile) == []
    assert flags(profile) == ["/publisherType", "/jurisdiction", "/contact"]
    said = {"publisherType": "local", "jurisdiction": "FR", "contact": {"email": "office@example.org"}}
    assert flags(profile | said) == []
    assert errors({**profile, "name": {}}) == ["/name"]


def test_a_withdrawal_gives_a_known_reason() -> None:
    assert errors({"type": "withdrawal", "v": 1, "reason": "moved"}) == []
    assert errors({"type": "withdrawal", "v": 1}) == ["/reason"]
    assert flags({"type": "withdrawal", "v": 1, "reason": "tired"}, written_here=False) == ["/reason"]


def test_a_vouch_for_an_identity_names_whom_and_until_when() -> None:
    assert errors(VOUCH) == flags(VOUCH) == []
    for missing in ("target", "vouchType", "fingerprint", "issued", "expires"):
        payload = {key: value for key, value in VOUCH.items() if key != missing}
        assert errors(payload) == [f"/{missing}"]
        assert flags(payload, written_here=False) == [f"/{missing}"]
        assert not errors(payload, written_here=False)
    assert errors({**VOUCH, "target": "https://lyon.example"}) == ["/target"]
    assert errors({**VOUCH, "fingerprint": "3F" * 32}) == ["/fingerprint"]
    assert errors({**VOUCH, "expires": "2026-11-01"}) == ["/expires"]
    assert errors({**VOUCH, "expires": "2026-11-02"}) == []


def test_what_is_given_by_rules_says_by_which() -> None:
    audit: dict[str, Any] = {"type": "vouch", "v": 1, "target": "https://a.example/x", "issued": "2026-11-02"}
    assert errors({**audit, "vouchType": "recommend"}) == []
    assert errors({**audit, "vouchType": "audit"}) == ["/scheme"]
    assert errors({**audit, "vouchType": "audit", "scheme": "https://rules.example"}) == []
    assert errors({**audit, "vouchType": ["audit"]}) == ["/vouchType"]


def test_a_use_says_of_what_and_how_far_it_is() -> None:
    assert errors(USE) == flags(USE) == []
    for missing in ("target", "status"):
        payload = {key: value for key, value in USE.items() if key != missing}
        assert errors(payload) == [f"/{missing}"]
        assert flags(payload, written_here=False) == [f"/{missing}"]
    assert errors({**USE, "target": "oslo.example/log/oslo/1"}) == ["/target"]
    assert errors({**USE, "status": "loved", "changes": "some"}) == ["/status", "/changes", "/changes"]
    assert errors({**USE, "status": "loved"}, written_here=False) == []


def test_a_use_that_ended_says_when() -> None:
    assert errors({**USE, "status": "retired"}) == ["/until"]
    assert flags({**USE, "status": "retired"}, written_here=False) == ["/until"]
    assert errors({**USE, "status": "retired", "until": "2024-02-29"}) == ["/until"]
    assert errors({**USE, "status": "retired", "until": "2024-03-01"}) == []
    assert errors({**USE, "since": "2024", "until": "2024-03-01"}) == ["/since"]


def test_a_fork_and_a_sum_are_whole() -> None:
    assert errors({**USE, "changes": "none"}) == ["/changes"]
    assert errors({**USE, "changes": "none", "fork": ""}) == ["/fork"]
    assert errors({key: value for key, value in USE.items() if key != "changes"}) == []
    assert errors({**USE, "costAvoided": {"amount": 3}}) == ["/costAvoided/currency"]
    with_a_fraction: Any = {"amount": 1.5, "currency": "EUR"}
    assert errors({**USE, "costAvoided": with_a_fraction}) == ["/costAvoided/amount"]
    assert errors({**USE, "costAvoided": {"method": "none"}}) == []


def test_a_link_says_what_hangs_together() -> None:
    assert errors(SAME) == flags(SAME) == errors(OFFER) == flags(OFFER) == []
    for missing in ("relation", "subject", "target"):
        payload = {key: value for key, value in SAME.items() if key != missing}
        assert errors(payload) == [f"/{missing}"]
        assert flags(payload, written_here=False) == [f"/{missing}"]
    assert errors({**SAME, "relation": "loves"}) == ["/relation"]
    assert errors({**SAME, "target": SAME["subject"]}) == ["/target"]
    assert errors({**SAME, "subject": "oslo.example/log/oslo/1"}) == ["/subject"]
    assert errors({**SAME, "subject": 7}) == ["/subject"]
    assert errors({**SAME, "subject": "oslo.example/log/oslo/1", "relation": "coMaintains"}) == []


def test_only_a_translation_offers_texts_and_it_has_no_subject() -> None:
    assert errors({**OFFER, "subject": "https://a.example"}) == ["/subject"]
    assert errors({**OFFER, "texts": {}}) == ["/texts"]
    assert errors({**SAME, "texts": OFFER["texts"]}) == ["/texts"]
    assert errors({**OFFER, "texts": {"fr": {"name": "x" * 121}}}) == ["/texts/fr/name"]
    assert errors({**OFFER, "texts": {"ita": {"name": "x"}}}) == ["/texts/ita"]


def listed(purpose: str, *items: Any) -> dict[str, Any]:  # noqa: ANN401 - any item
    return {"type": "list", "v": 1, "name": {"en": "L"}, "purpose": purpose, "items": list(items)}


@pytest.mark.parametrize(
    ("item", "refused_as"),
    [
        ({"ref": "a.example/log/b/1", "fingerprint": FINGERPRINT}, ""),
        ({"ref": "a.example/log/b/1"}, "allow"),
        ({"ref": "a.example", "fingerprint": FINGERPRINT}, "allow"),
        ({"fingerprint": FINGERPRINT}, "allow"),
        ({"ref": "a.example"}, "allow"),
        ({"ref": "https://a.example/thing"}, "allow block"),
        ({}, "allow block collection"),
        ({"text": {"en": "nothing"}}, "allow block collection"),
    ],
)
def test_an_item_names_what_the_purpose_of_its_list_can_act_on(item: dict[str, Any], refused_as: str) -> None:
    for purpose in ("allow", "block", "collection"):
        payload = listed(purpose, item)
        assert bool(errors(payload)) == (purpose in refused_as.split()), purpose
        assert not errors(payload, written_here=False)


def test_items_of_lists_point_to_what_is_wrong() -> None:
    assert errors(listed("block", {"ref": "a.example"}, {"ref": "a b"})) == ["/items/1/ref", "/items/1"]
    assert errors(listed("block", {"ref": 7}), written_here=False) == ["/items/0/ref"]
    assert errors(listed("block", {"fingerprint": "x"}))[-1] == "/items/0"
    assert errors(listed("block", 7)) == ["/items/0"]
    assert errors({**listed("block"), "items": {}}) == ["/items"]
    assert errors({**listed("block"), "name": {}}) == ["/name"]
    assert errors({"type": "list", "v": 1, "name": {"en": "L"}}) == ["/purpose"]
    # However long somebody's list is, only so many items are looked at.
    assert len(validate(listed("block", *[{}] * 5_000), written_here=False)) == 201


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("line", ["a b"], ["a\nb", " "]),
        (
            "url",
            ["https://example.org", "http://[::1]:80/x", "HTTPS://a.b/c?d#e"],
            ["www.a.b", "https://", "ftp://a"],
        ),
        ("url", ["https://example.org/@a"], ["https://me@example.org/", "https://a b"]),
        ("uri", ["urn:isbn:1", "a.example/log/b/1/e/" + "0" * 32], ["just words", "a.example/log/b/1"]),
        (
            "target",
            ["https://a.example/x", "a.example/log/b/1", "a.example/log/b/1/e/" + "0" * 32],
            ["a.example", "a.example/log/b/01", "A.example/log/b/1"],
        ),
        (
            "listed",
            ["https://a.example/x", "a.example/log/b/1", "a.example", "a.example:8443", "[::1]", "127.0.0.1"],
            ["A.example", "127.1", "a.example/", "[::1", "two words"],
        ),
        (
            "date",
            ["2024-02-29", "2000-02-29"],
            ["2023-02-29", "1900-02-29", "2024-13-01", "2024-04-31", "24-1-1"],
        ),
        ("date", ["0001-01-01"], ["0000-01-01", "2024-01-00"]),
        ("period", ["2027", "2027-Q1", "2027-03", "2027-03-01"], ["Q1", "2027-Q5", "2027-13"]),
        (
            "timestamp",
            ["2026-11-02T09:00:00Z", "2026-11-02T09:00:00.5Z"],
            ["2026-11-02", "2026-02-30T09:00:00Z"],
        ),
        ("language", ["fr", "pt-BR"], ["ita", "français"]),
        ("place", ["FR", "FR-ARA", "EU", "INT"], ["fr", "FRA"]),
        ("license", ["EUPL-1.2 OR MIT"], ["eupl-1.2", "free"]),
        ("path", ["a/b.yml", "b.yml"], ["/a", "../a", "a//b", "a/./b", "a\\b", "", "a\nb"]),
        ("slug", ["a-b1"], ["A", "a--b", ""]),
        ("sha256", ["0" * 64], ["0" * 63, "G" * 64]),
        ("email", ["office@example.org"], ["office", "a@b"]),
        ("currency", ["EUR"], ["€", "eur"]),
        ("decimal", ["12.50", "0", "-3"], ["1,5", "01", "1e5"]),
    ],
)
def test_forms(form: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if CHECKS[form](text)] == []
    assert [text for text in bad if not CHECKS[form](text)] == []


@pytest.mark.parametrize(("form", "asked"), [("url", is_url), ("date", is_date), ("place", is_place)])
def test_what_has_a_form_can_be_asked(form: str, asked: Callable[[str], bool]) -> None:
    for text in (
        "https://example.org",
        "www.example.org",
        "2024-02-29",
        "2023-02-29",
        "20240229",
        "FR",
        "fr",
    ):
        assert asked(text) == (CHECKS[form](text) is None)


_texts = st.text(max_size=8) | st.sampled_from(
    ["entry", "software", "en", "https://example.org", "2026-01-01"]
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.binary(max_size=4) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)
_fields = st.sampled_from([name for struct in TYPES.values() for name in struct.__struct_encode_fields__])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TYPES)), st.dictionaries(_fields, _values, max_size=6), st.booleans())
def test_any_value_is_answered_and_what_passes_decodes(
    type_: str, fields: dict[str, Value], here: bool
) -> None:
    payload: Value = {"v": 1, "kind": "software", "name": {"en": "N"}, **fields, "type": type_}
    found = validate(payload, written_here=here)
    if all(each.severity == "flag" for each in found):
        pack(payload)
        assert validate(payload, written_here=here, unpacked=True) == found
        assert not isinstance(decode(payload), Unknown)


@settings(max_examples=50, deadline=None)
@given(_values, st.booleans())
def test_validation_never_raises(payload: Value, here: bool) -> None:
    validate(payload, written_here=here)


def test_only_so_many_problems_are_listed_and_an_error_is_never_left_out() -> None:
    topics = [f"ogp:opendat{number:04}" for number in range(3_000)]
    payload: dict[str, Value] = {
        "type": "entry",
        "v": 1,
        "kind": "software",
        "name": {"en": "x"},
        "topics": [*topics],
    }
    problems = validate(payload, written_here=False)
    assert len(problems) == MOST_PROBLEMS
    # Near words are looked up for the first few: that takes milliseconds each.
    assert sum("Did you mean" in problem.hint for problem in problems) <= 20
    broken = validate({**payload, "updated": 1, "links": 7, "zones": 8}, written_here=False)
    assert [problem.severity for problem in broken].count("error") == 1
