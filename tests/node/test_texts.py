"""What a statement shows, and what of it is searched."""

from typing import Any

import pytest

from node.answers.texts import card_of, day_of, moment, reporter_of, summary_for, texts_of
from protocol.packing import Value
from tests.publisher import entry


def test_days_and_moments() -> None:
    assert day_of("1970-01-02T00:00:00Z") == 1
    assert day_of("yesterday") == 0
    assert moment(None) is None
    assert moment(0) == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "payload", [None, 7, [], {}, {"type": 3, "name": 4, "kind": [], "modified": 1}, {"name": "x"}]
)
def test_any_payload_has_a_card(payload: Value) -> None:
    card = card_of(payload)
    assert card.type == ""
    assert card.shown()[0] in ("", "x")


@pytest.mark.parametrize(
    ("source", "more", "who"),
    [
        ({"format": "reported", "url": "https://f.example"}, {"reported": {"by": "Friends"}}, "Friends"),
        ({"format": "reported", "url": "https://f.example"}, {"reported": {"by": ""}}, "https://f.example"),
        ({"format": "reported", "url": 7}, {"reported": "Friends"}, ""),
        ({"format": "publiccode"}, {"reported": {"by": "Friends"}}, ""),
        ("reported", None, ""),
    ],
)
def test_who_reported_it_is_named_by_whoever_signed_it(source: Any, more: Any, who: str) -> None:  # noqa: ANN401
    assert reporter_of({"source": source, "x": more}) == who


def test_texts_are_found_wherever_they_are() -> None:
    payload = entry(
        "Name",
        summary={"fr": "Un résumé", "en": 7},
        keywords={"en": ["one", 2, "two"]},
        aliases=["https://old.example/x", "Former name"],
        roadmap=[{"title": {"fr": "Bientôt"}}, "odd", {"text": {"fr": "Plus tard"}}],
        software={"platforms": ["web", 3], "programmingLanguages": "Python"},
        features={"en": ["fast", "small"]},
        license="EUPL-1.2",
        identifiers=[{"value": "https://code.example/x"}, {"value": None}],
        partners={"name": "Not in a list"},
        contact={"email": "not searched"},
    )
    assert sorted(texts_of(payload)) == [
        ("lead", "en", "one\ntwo"),
        ("lead", "fr", "Un résumé"),
        ("lead", "und", "https://old.example/x\nFormer name"),
        ("name", "en", "Name"),
        ("text", "en", "fast\nsmall"),
        ("text", "fr", "Bientôt"),
        ("text", "fr", "Plus tard"),
        ("text", "und", "EUPL-1.2"),
        ("text", "und", "Not in a list"),
        ("text", "und", "Python"),
        ("text", "und", "https://code.example/x"),
        ("text", "und", "web"),
    ]


def test_a_summary_is_shown_in_a_language_of_the_reader_else_in_that_of_the_name() -> None:
    card = card_of(
        {"name": {"ca": "Decidim"}, "summary": {"en": "Budgets", "ca": "Pressupostos", "fr": "Budgets !"}}
    )
    assert card.shown(("fr", "en")) == ("Decidim", "Budgets !", "ca")
    assert summary_for(card.summary, ("it",), "ca") == ("Pressupostos", "ca")
    assert summary_for({}, ("fr",), "ca") == ("", "und")
