"""What pages show of a statement: fields by their place, texts of machines, and what a version changed."""

from typing import Any

import pytest

from node.answers.texts import machine_made
from node.desk.differing import edits
from node.web.changed import changed
from node.web.names import field_name
from node.web.pieces import Piece, piece, pieces_of

EN = ("en",)


@pytest.mark.parametrize(
    ("within", "field", "name"),
    [
        ("entry", "level", "Level of government"),
        ("accessibility", "level", "Level"),
        ("conformsTo", "level", "Level"),
        ("certifications", "level", "Level"),
        ("vouch", "level", "Level"),
        ("deployment", "image", "Container image"),
        ("translations", "from", "Translated from"),
        ("roadmap", "from", "From"),
        ("entry", "unheard", ""),
    ],
)
def test_a_field_is_called_by_what_it_means_in_its_place(within: str, field: str, name: str) -> None:
    assert field_name(field, within) == name


def test_pairs_know_where_they_stand() -> None:
    (standard,) = piece("conformsTo", [{"ref": "urn:x", "level": "AA", "status": "tested"}], EN).parts
    assert (standard.within, standard.names) == ("conformsTo", ("ref", "status", "level"))
    deep = piece("software", {"deployment": {"image": "https://x.example/"}}, EN)
    assert (deep.within, deep.parts[0].within) == ("software", "deployment")


def test_words_of_lists_that_anybody_may_extend_are_named_too() -> None:
    said = piece("participation", {"method": ["survey"]}, EN)
    assert said.parts[0].parts == (Piece("word", "survey", facet="participation-method"),)
    how = piece("translations", {"fr": {"by": "machine", "from": "en"}}, EN)
    assert (how.facet, how.names) == ("language", ("fr",))
    assert how.parts[0].within == "translations"
    assert how.parts[0].parts == (
        Piece("word", "machine", facet="translator"),
        Piece("word", "en", facet="language"),
    )
    assert piece("type", "entry", EN) == Piece("word", "entry", facet="statement")


@pytest.mark.parametrize(
    ("field", "value"),
    [("funding", []), ("access", {}), ("slug", ""), ("funding", [{}, None]), ("access", {"text": {}})],
)
def test_what_is_empty_says_nothing(field: str, value: Any) -> None:  # noqa: ANN401 - anybody's
    assert piece(field, value, EN) == Piece("nothing")
    assert pieces_of({field: value}, EN) == ()


def test_numbers_for_programs_are_not_shown() -> None:
    for field in ("roadmap", "seeking", "offering"):
        (item,) = piece(field, [{"id": "r1", "text": {"en": "T"}}], EN).parts
        assert item.names == ("text",)
    (promise,) = piece("commitments", [{"id": "IT0012", "scheme": "ogp"}], EN).parts
    assert promise.names == ("id", "scheme")


def test_empty_lines_stay_but_not_many() -> None:
    assert piece("purpose", {"en": "\n a\n \n\n\nb\nc "}, EN).text == "a\n\nb\nc"


def test_texts_that_a_machine_made_say_so_in_that_language_only() -> None:
    statement: dict[str, Any] = {
        "name": {"fr": "Parc", "en": "Park"},
        "features": {"fr": ["un"], "en": ["one"]},
        "roadmap": [{"title": {"fr": "Plan", "en": "Plan"}}],
        "translations": {"fr": {"by": "machine"}, "it": {"by": "human"}, "x": 7},
    }
    assert machine_made(statement) == ("fr",)
    for languages, is_machine in ((("fr",), True), (EN, False)):
        said = dict(pieces_of(statement, languages))
        assert said["name"].machine is is_machine
        assert said["features"].machine is is_machine
        assert said["roadmap"].parts[0].parts[0].machine is is_machine
    assert machine_made(None) == machine_made({"translations": ["fr"]}) == ()
    assert pieces_of(None, EN) == ()


def shown(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    def text(found: Piece) -> str:
        return found.text or "+".join(map(text, found.parts))

    return [
        ("/".join(step.name for step in each.steps), text(each.before), text(each.after))
        for each in changed(edits(before, after), EN)
    ]


def test_only_what_differs_is_shown_of_a_version() -> None:
    before = {
        "modified": "2026-01-01T00:00:00Z",
        "summary": {"en": "Same", "fr": "Ancien"},
        "maintenance": {"mode": "internal", "cadence": "weekly"},
        "links": [{"rel": "docs", "url": "https://a.example/"}, {"rel": "demo", "url": "https://b.example/"}],
        "roadmap": [
            {"id": "a", "title": {"en": "First"}, "stage": "planned", "to": "2027-Q1"},
            {"id": "b", "title": {"en": "Second"}, "stage": "planned"},
        ],
        "topics": ["sector:health", "sector:democracy"],
        "funding": [],
    }
    after = {
        **before,
        "modified": "2026-02-01T00:00:00Z",
        "summary": {"en": "Same", "fr": "Nouveau"},
        "maintenance": {"mode": "none", "cadence": "weekly"},
        "links": [{"rel": "docs", "url": "https://a.example/"}],
        "roadmap": [
            {"id": "a", "title": {"en": "First"}, "stage": "done", "to": "2027-Q1"},
            {"id": "b", "title": {"en": "Second"}, "stage": "planned"},
        ],
        "topics": ["sector:democracy", "sector:health"],
        "funding": None,
        "slug": "park",
    }
    assert shown(before, after) == [
        ("summary/fr", "Ancien", "Nouveau"),
        ("maintenance/mode", "internal", "none"),
        ("links", "demo+https://b.example/", ""),
        ("roadmap", "First+planned", "First+done"),
        ("topics", "sector:health+sector:democracy", "sector:democracy+sector:health"),
        ("slug", "", "park"),
    ]
    assert shown(before, {**before, "modified": "2026-03-01T00:00:00Z"}) == []


def test_a_change_says_in_which_language_and_place_it_is() -> None:
    before: dict[str, Any] = {
        "translations": {"fr": {"by": "human"}},
        "access": {"text": {"en": "No"}},
        "a/b": 1,
    }
    after: dict[str, Any] = {
        "translations": {"fr": {"by": "machine"}},
        "access": {"text": {"en": "Yes"}},
        "a/b": 2,
    }
    steps = [
        [(step.name, step.within, step.is_language) for step in each.steps]
        for each in changed(edits(before, after), EN)
    ]
    assert steps == [
        [("translations", "", False), ("fr", "translations", True), ("by", "translations", False)],
        [("access", "", False), ("text", "access", False), ("en", "text", True)],
        [("a/b", "", False)],
    ]
