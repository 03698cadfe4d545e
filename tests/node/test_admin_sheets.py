"""Forms: where a value stands in a statement, and what comes back of what was shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.vocabularies.bundled import terms_of
from node.web.admin.filling import Part, filled, inputs_shown, languages_of, named, part_of, places_of
from node.web.admin.sent import Sent
from node.web.admin.sheets import SHEETS, Sheet, options, sheet_for
from node.web.admin.steps import Step, steps_of, value_at, with_value
from node.web.names import field_name
from protocol.problem import ERROR, FLAG, Problem
from protocol.requirements import missing_fields
from protocol.validate import validate

VALUES = st.recursive(
    st.integers(0, 9) | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "rel"]), inner, max_size=3)
    ),
    max_leaves=6,
)
# An item is found by its word only as long as it has one, so something stands within it.
STEPS = st.lists(st.sampled_from([("a",), ("b",), (0,), (("rel", "a"), "b")]), min_size=1, max_size=3).map(
    lambda parts: tuple(step for part in parts for step in part)
)
WRITTEN: Any = {
    "type": "entry",
    "v": 1,
    "kind": "service",
    "name": {"en": "Ferry"},
    "summary": {"en": "A boat that everybody may take"},
    "topics": ["sector:public-services"],
    "lifecycle": "live",
    "languages": ["en"],
    "links": [{"rel": "docs", "url": "https://docs.example"}, {"rel": "landing", "url": "https://f.example"}],
    "service": {"channels": [{"type": "phone"}], "cost": "free"},
}


def test_places_in_a_statement() -> None:
    said: Any = {"name": {"fr": "Bac"}, "links": [{"rel": "docs", "url": "https://d.example"}]}
    landing = steps_of("/links/rel=landing/url")
    assert landing == ("links", ("rel", "landing"), "url")
    more = with_value(said, landing, "https://l.example")
    assert value_at(more, landing) == "https://l.example"
    assert value_at(said, landing) is None
    assert with_value(more, landing, None) == said
    assert with_value(said, steps_of("/name/fr"), None) == {"links": said["links"]}
    first = with_value({}, steps_of("/service/channels/0/url"), "https://c.example")
    assert first == {"service": {"channels": [{"url": "https://c.example"}]}}
    assert with_value(first, steps_of("/service/channels/0/url"), None) is None
    # Of what has another shape nothing is taken away that the form did not show.
    assert with_value({"name": "Bac"}, steps_of("/name/fr"), None) == {"name": "Bac"}
    assert with_value({"links": "x"}, landing, None) == {"links": "x"}


@given(VALUES, STEPS, st.text("ab", min_size=1, max_size=3))
def test_what_is_put_is_there_and_what_is_taken_is_not(
    within: Any,  # noqa: ANN401 - any statement
    steps: tuple[Step, ...],
    value: str,
) -> None:
    assert value_at(with_value(within, steps, value), steps) == value
    if all(isinstance(step, str) for step in steps):
        assert value_at(with_value(within, steps, None), steps) is None


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing() -> None:
    for name in ("entry", "profile", "use", "vouch", "list"):
        payload: Any = WRITTEN if name == "entry" else {"type": name, "v": 1}
        assert filled(payload, *shown(sheet_for(name, payload), payload)) == payload


def shown(sheet: Sheet, payload: Any) -> tuple[Sheet, Sent, tuple[str, ...]]:  # noqa: ANN401
    """Return what a browser sends that shows a form."""
    languages = languages_of(payload, sheet, "fr", "en")
    texts = {
        each.name: each.values if each.input.form == "choices" else (each.value,)
        for each in inputs_shown(sheet.all, payload, languages)
    }
    return sheet, Sent(texts), languages


def test_what_was_typed_is_in_the_statement() -> None:
    sheet, sent, languages = shown(sheet_for("entry", WRITTEN), WRITTEN)
    typed = {
        "/name/fr": ("  Bac ",),
        "/topics": ("sector:health", "sector:health", ""),
        "/jurisdictions": ("FR\u060c FR-ARA\nFR",),
        "/service/channels/0/type": ("online",),
        "/links/rel=landing/url": ("",),
    }
    made = filled(WRITTEN, sheet, Sent({**sent.texts, **typed}), languages)
    assert languages == ("fr", "en")
    assert made["name"] == {"en": "Ferry", "fr": "Bac"}
    assert made["topics"] == ["sector:health"]
    assert made["jurisdictions"] == ["FR", "FR-ARA"]
    assert made["service"] == {"channels": [{"type": "online"}], "cost": "free"}
    assert made["links"] == [{"rel": "docs", "url": "https://docs.example"}]
    listed: Any = {
        "type": "list",
        "items": [{"ref": "https://a.example", "text": {"en": "Good"}}, {"fingerprint": "0"}],
    }
    sheet = sheet_for("list", listed)
    lines = {"/items": ("https://a.example\r\nhttps://b.example".replace("\r", ""),)}
    made = filled(listed, sheet, Sent(lines), ("en",))
    assert made["items"] == [listed["items"][0], {"ref": "https://b.example"}]


def test_an_entry_needs_eight_inputs_at_most_and_what_they_ask_is_enough() -> None:
    for kind in terms_of("kind"):
        sheet = sheet_for("entry", {"kind": kind})
        needed = [each for each in sheet.inputs if each.needed]
        # A web page is where data, a specification or files can be found, too.
        assert len(sheet_for("entry", {}).inputs) <= 8
        assert len(needed) <= 9
        typed: dict[str, tuple[str, ...]] = {"/kind": (kind,), "/license": ("MIT",)}
        for each, name, _ in named(sheet.all, ("en",)):
            if each.needed and name not in typed:
                groups = options(each, ()) if each.form in ("choice", "choices") else ()
                word = groups[0][1][0] if groups else "https://x.example"
                typed[name] = (word,)
        extra = {"/participation/opens": ("2027",), "/participation/closes": ("2027",)}
        made = filled({}, sheet, Sent(typed | (extra if kind == "participation" else {})), ("en",))
        made |= {"type": "entry", "v": 1, "modified": "2026-11-02T09:00:00Z"}
        assert set(missing_fields(made)) <= {"maintenance", "software"}
        errors = [each for each in validate(made, written_here=True) if each.severity == ERROR]
        assert not errors, (kind, errors)


def test_faults_lead_to_the_input_where_they_can_be_mended() -> None:
    payload: Any = {**WRITTEN, "roadmap": [{"id": "a"}, {"id": "b"}]}
    names = [name for _, name, _ in named(sheet_for("entry", payload).all, ("en",))]
    pointers = ("/links/1/url", "/links", "/name/en", "/name", "/service/channels/0/type", "/x/y", "")
    problems = [Problem(pointer, "No.", "", ERROR) for pointer in pointers]
    assert places_of(problems, names, payload) == {
        "/links/1/url": "/links/rel=landing/url",
        "/links": "/links/rel=landing/url",
        "/name/en": "/name/en",
        "/name": "/name/en",
        "/service/channels/0/type": "/service/channels/0/type",
    }
    plan = sheet_for("roadmap", payload, "b")
    names = [name for _, name, _ in named(plan.all, ("en",))]
    found = places_of([Problem("/roadmap/1/stage", "No.", "", ERROR)], names, payload)
    assert found == {"/roadmap/1/stage": "/roadmap/id=b/stage"}
    faulty = inputs_shown(plan.inputs, payload, ("en",), [Problem("/roadmap/1/stage", "No.", "", ERROR)])
    assert [each.name for each in faulty if each.fault] == ["/roadmap/id=b/stage"]


def test_texts_have_a_tab_for_each_language_that_says_how_it_is() -> None:
    sheet, languages = sheet_for("entry", WRITTEN), ("en", "fr", "it")
    problems = [Problem("/summary/fr", "No.", "", FLAG), Problem("/summary/it", "No.", "", ERROR)]
    shown = inputs_shown(sheet.inputs, WRITTEN, languages, problems)
    part = part_of(shown, reader="fr")
    assert [(each.language, each.filled, each.wrong) for each in part.tabs] == [
        ("en", 2, 0),
        ("fr", 0, 0),
        ("it", 0, 1),
    ]
    assert {each.name for tab in part.tabs for each in tab.inputs}.isdisjoint(
        each.name for each in part.inputs
    )
    assert (part.is_wrong, opened(part)) == (True, ["it"])
    # One that was added just now is what one wants to fill; without either it is the reader's, or the first.
    assert opened(part_of(shown, "en", "fr")) == ["en"]
    fine = inputs_shown(sheet.inputs, WRITTEN, languages)
    assert opened(part_of(fine, reader="fr")) == ["fr"]
    assert opened(part_of(fine, "no", "ar")) == ["en"]
    assert not part_of(fine).is_wrong
    assert part_of([each for each in fine if not each.language]).tabs == ()


def opened(part: Part) -> list[str]:
    return [each.language for each in part.tabs if each.is_open]


@pytest.mark.parametrize("name", list(SHEETS))
def test_every_input_has_a_name_and_every_choice_words(name: str) -> None:
    for kind in ("", *terms_of("kind")):
        sheet = sheet_for(name, {"kind": kind} if kind else {}, "a")
        for each in sheet.all:
            assert each.title or field_name(each.name), each
            if each.form in ("choice", "choices"):
                (first, *_), last = options(each, ("strange",)), options(each, ("strange",))[-1]
                assert first[1]
                assert last == ("", ("strange",))


def test_what_has_a_successor_is_offered_to_nobody_and_kept_where_it_is() -> None:
    (topics,) = [each for each in SHEETS["entry"].inputs if each.facet == "topic"]
    assert "ogp:e-government" not in [word for _, words in options(topics, ()) for word in words]
    assert options(topics, ("ogp:e-government",))[-1] == ("", ("ogp:e-government",))
