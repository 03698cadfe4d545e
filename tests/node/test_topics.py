"""Names of topics: they find projects whose own texts have none of their words."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.answers.facets import FACETS
from node.answers.search import Question, search
from node.answers.topics import meant_by
from node.answers.words import Word, words_of
from node.home import Home
from node.vocabularies.bundled import LANGUAGES, bundled
from protocol.vocabulary import TOPICS, VOCABULARIES, is_known
from tests.publisher import Publisher, entry

ORIGIN = "127.0.0.1:8401/log/city/1"
BUDGETING = "topic:participatory-budgeting"


@pytest.fixture
def publisher(home: Home) -> Publisher:
    return Publisher(home, ORIGIN)


def found(home: Home, question: str) -> list[tuple[str, str]]:
    return [(item["name"], item["matched"]) for item in search(home, Question(question)).items]


@pytest.mark.parametrize(
    "question",
    [
        "budget participatif",
        "Budgets participatifs",
        "bilancio partecipativo",
        "bilanci partecipativi",
        "presupuesto participativo",
        "presupuestos ciudadanos",
        "participatory budget",
        '"budget participatif"',
        "partecipat*",
        "budget participatif willow",
    ],
)
def test_a_topic_is_found_by_its_names_in_every_language(
    home: Home, publisher: Publisher, question: str
) -> None:
    publisher.put(entry("Willow", summary={"en": "Neighbours decide"}, topics=[BUDGETING]))
    publisher.put(entry("Maple", topics=["sector:health"]))
    publisher.publish()
    assert found(home, question) == [("Willow", "text")]


def test_a_broader_topic_finds_less_well_than_its_own(home: Home, publisher: Publisher) -> None:
    publisher.put(entry("Narrow", topics=[BUDGETING], modified="2026-03-01T00:00:00Z"))
    publisher.put(entry("Its own", topics=["sector:fiscal-openness"], modified="2026-01-01T00:00:00Z"))
    publisher.put(entry("Said", description={"fr": "Les finances de la ville sont ouvertes"}))
    publisher.put(entry("Finances ouvertes"))
    publisher.put(entry("Other", topics=["sector:health"]))
    publisher.publish()
    assert found(home, "finances ouvertes") == [
        ("Finances ouvertes", "exact"),
        ("Its own", "text"),
        ("Said", "text"),
        ("Narrow", "broader"),
    ]


def test_the_name_of_a_kind_finds_it_among_all_other_words(home: Home, publisher: Publisher) -> None:
    publisher.put(entry("Willow", topics=[BUDGETING]))
    publisher.put({**entry("Maple", topics=[BUDGETING]), "kind": "process"})
    publisher.publish()
    assert found(home, "logiciel budget participatif") == [("Willow", "broader")]
    assert found(home, "participatory budgeting software") == [("Willow", "broader")]


def test_totals_and_pages_go_across_all_levels(home: Home, publisher: Publisher) -> None:
    for number in range(4):
        publisher.put(entry(f"Own {number}", topics=["sector:health"]))
        publisher.put(entry(f"Narrow {number}", topics=["topic:air-quality"]))
        publisher.put(entry(f"Santé {number}"))
    publisher.publish()
    whole = found(home, "santé")
    assert [level for _, level in whole] == ["name"] * 4 + ["text"] * 4 + ["broader"] * 4
    names: list[str] = []
    cursor = None
    for _ in range(4):
        page = search(home, Question("santé"), 3, cursor)
        assert page.total == 12
        names += [item["name"] for item in page.items]
        cursor = page.next
    assert cursor is None
    assert names == [name for name, _ in whole]


def test_what_is_called_something_is_no_typing_error(home: Home, publisher: Publisher) -> None:
    publisher.put(entry("Willow", topics=[BUDGETING]))
    publisher.put(entry("Bilancia"))
    publisher.publish()
    assert search(home, Question("bilancio")).corrections == {}
    page = search(home, Question("bilancio xyzzy"))
    assert (page.total, page.corrections) == (0, {})


def test_unknown_topics_do_no_harm(home: Home, publisher: Publisher) -> None:
    publisher.put(entry("Willow", topics=["colour:red", "ogp:", ":", "ogp", "", 7, {"a": 1}, "x" * 600]))
    publisher.put(entry("Maple", topics="sector:health"))
    publisher.put(entry("Oak", topics=["ogp:e-government"]))
    publisher.publish()
    assert found(home, "santé") == []
    assert found(home, "administration numérique") == [("Oak", "text")]
    assert found(home, "red") == [("Willow", "text")]


def test_a_changed_topic_changes_what_is_found(home: Home, publisher: Publisher) -> None:
    id_ = publisher.put(entry("Willow", topics=[BUDGETING]))
    publisher.publish()
    assert found(home, "bilancio partecipativo") == [("Willow", "text")]
    publisher.put(entry("Willow", topics=["sector:health"]), id_)
    publisher.publish()
    assert found(home, "bilancio partecipativo") == []
    assert found(home, "salute") == [("Willow", "text")]


def test_facets_are_named_in_the_readers_language(home: Home, publisher: Publisher) -> None:
    publisher.put(
        entry(
            "Willow",
            topics=[BUDGETING, "colour:red"],
            lifecycle="live",
            license="EUPL-1.2",
            languages=["fr"],
            jurisdictions=["IT-25"],
        )
    )
    publisher.publish()
    page = search(home, Question("", languages=("it",)), facets=FACETS)
    named = {facet: {each.value: each.label for each in counts} for facet, counts in page.facets.items()}
    assert named["kind"] == {"software": "Software"}
    assert named["topic"] == {
        BUDGETING: "Bilancio partecipativo",
        "sector:civic-participation": "Partecipazione civica",
        "sector:fiscal-openness": "Finanza pubblica aperta",
        "colour:red": None,
    }
    assert named["lifecycle"] == {"live": "In esercizio"}
    assert named["license"] == {"EUPL-1.2": "European Union Public License 1.2"}
    assert named["language"] == {"fr": "francese"}
    assert named["jurisdiction"] == {"IT": "Italia", "IT-25": "Lombardia"}
    assert named["publisher"] == {ORIGIN: None}


def test_function_words_stand_for_no_topic() -> None:
    for word in ("the", "de", "y", "della", "et"):
        assert meant_by(Word(word)) == ()


def test_pairs_of_characters_stand_for_no_topic() -> None:
    assert meant_by(Word("参加", is_pair=True)) == ()


@pytest.mark.parametrize("vocabulary", [*sorted(TOPICS), "kind"])
def test_every_name_stands_for_its_topic(vocabulary: str) -> None:
    for term, language in product(bundled(vocabulary).terms, LANGUAGES):
        value = term.successor or term.value
        facet = "kind" if value in VOCABULARIES["kind"] else "topic"
        for name in (term.label[language], *term.also.get(language, ())):
            for word in words_of(name):
                assert (facet, value) in meant_by(word), (name, word)


@settings(deadline=None)
@given(st.text(max_size=20), st.booleans(), st.booleans())
def test_any_word_stands_for_known_topics_alone(text: str, is_phrase: bool, is_start: bool) -> None:
    for facet, value in meant_by(Word(text, is_phrase=is_phrase, is_start=is_start)):
        assert is_known(facet, value)
