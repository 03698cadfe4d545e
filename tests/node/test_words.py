"""Words: cut alike in texts and questions, and found in every form of their language."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.answers.search import Question, search
from node.answers.words import PLAIN, SUFFIXES, analyser, folded, is_parted, suffix_of, words_of
from node.home import Home
from tests.asking import names
from tests.publisher import Publisher, entry

ORIGIN = "127.0.0.1:8401/log/city/1"


@pytest.mark.parametrize(
    ("language", "name", "question"),
    [
        ("fr", "Budgets participatifs d'été", "budget participatif ete"),
        ("it", "Bilanci partecipativi", "bilancio partecipativo"),
        ("es", "Presupuestos participativos", "PRESUPUESTO participativo"),
        ("de", "Bürgerhaushalte für Städte", "burgerhaushalt fur Stadte"),
        ("nl", "Burgerbegrotingen", "burgerbegroting"),
        ("pt-BR", "Orçamentos participativos", "orcamento participativo"),
        ("nn", "Kommunale budsjetter", "kommunale budsjett"),
        ("und", "Consul Démocratie", "democratie consul"),
        ("zh-Hant", "參與式預算", "預算"),
        ("ja", "市民参加", "参"),
        ("zh-Hant", "vTaiwan 參與平台", "vtaiwan 平台"),
        ("xx", "Zivile Projekte", "projekte"),
        ("ru", "Инициативное бюджетирование", "инициативного бюджетирования"),
    ],
)
def test_endings_accents_and_case_do_not_matter(home: Home, language: str, name: str, question: str) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry({language: name}))
    publisher.put(entry("Something else"))
    publisher.publish()
    assert names(home, question) == [name]


def test_function_words_do_not_matter_unless_alone(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry({"fr": "Eau potable"}))
    publisher.put(entry("The The"))
    publisher.publish()
    assert names(home, "l'eau de la ville") == []
    assert names(home, "qualité de l'eau") == []
    assert names(home, "de l'eau") == ["Eau potable"]
    assert names(home, "the") == ["The The"]


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_question_can_be_cut(text: str) -> None:
    for word in words_of(text):
        assert word.text
        assert words_of(word.text)
    assert folded(folded(text)) == folded(text)


@given(st.text(st.characters(max_codepoint=127)))
@settings(max_examples=200, deadline=None)
def test_plain_names_have_the_words_that_the_index_gives_them(text: str) -> None:
    assert folded(text) == " ".join(analyser(PLAIN).analyze(text))


# Of each language whose texts are indexed as words: forms of one word, and another word that begins alike.
FORMS = (
    ("da", ("kommune", "kommuner", "kommunens"), "kommando"),
    ("en", ("category", "categories"), "catalogue"),
    ("en", ("participate", "participating", "participated"), "particle"),
    ("es", ("participativo", "participativa", "participativos"), "partido"),
    ("fi", ("budjetti", "budjetit", "budjettien"), "budo"),
    ("fr", ("participatif", "participative", "participatives"), "partie"),
    ("hu", ("város", "városok", "városban"), "váratlan"),
    ("it", ("evidente", "evidenti", "evidenza"), "evitare"),
    ("it", ("cittadino", "cittadina", "cittadini"), "città"),
    ("nb", ("kommune", "kommuner", "kommunene"), "komma"),
    ("pt", ("orçamento", "orçamentos"), "orca"),
    ("ro", ("proiect", "proiecte", "proiectelor"), "profil"),
    ("sv", ("medborgare", "medborgarna"), "medalj"),
)


@pytest.mark.parametrize(("language", "forms", "other"), FORMS)
def test_every_form_of_a_word_finds_every_other(
    home: Home, language: str, forms: tuple[str, ...], other: str
) -> None:
    publisher = Publisher(home, ORIGIN)
    for form in forms:
        publisher.put(entry({language: form}))
        # The same letters in a language that bends them otherwise, or not at all.
        publisher.put(entry({"xx": form}))
    publisher.put(entry({language: other}))
    publisher.publish()
    for form in forms:
        assert sorted(names(home, form)) == sorted((*forms, form))


def test_digits_have_no_other_forms(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for name in ("Plan 2024", "Plan 20245", "Covid19", "Covid199"):
        publisher.put(entry(name))
    publisher.publish()
    assert names(home, "2024") == ["Plan 2024"]
    assert names(home, "covid19") == ["Covid19"]


@given(st.lists(st.text(max_size=12), max_size=4).map(" ".join), st.sampled_from(["en", "xx", "nl", "zh"]))
@settings(max_examples=60)
def test_texts_are_parted_when_their_words_are(text: str, language: str) -> None:
    assert suffix_of(language) in SUFFIXES
    assert is_parted(text) is not any(word.is_pair for word in words_of(text))


def test_variants_of_a_language_share_its_fields() -> None:
    assert [suffix_of(each) for each in ("pt-BR", "nn", "no", "gl", "EN", "zh-Hant", "", "und")] == [
        *("pt", "nb", "nb", "pt", "en"),
        *(["plain"] * 3),
    ]


# --- quotes and beginnings ------------------------------------------------------------------------------


def test_words_in_quotes_stand_in_their_form_and_order(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Open data portal", summary={"en": "Public"}, purpose={"en": "Budget"}))
    publisher.put(entry("Data, open to all", description={"en": "A public office; budget included"}))
    publisher.put(entry({"nl": "Begrotingen van gemeenten"}, summary={"de": "Haushalte der Gemeinden"}))
    publisher.put(entry({"ja": "市民 予算"}))
    publisher.publish()
    assert names(home, '"open data"') == ["Open data portal"]
    assert names(home, "«Open DATA» portal") == ["Open data portal"]
    assert sorted(names(home, "open data")) == sorted(names(home, '"data"'))
    # Two texts side by side are no phrase.
    assert names(home, '"public budget"') == names(home, '"portal public"') == []
    assert names(home, '"office budget"') == ["Data, open to all"]
    assert names(home, '"budgets"') == []
    # In languages whose texts are indexed as stems, too.
    assert names(home, '"van gemeenten"') == ["Begrotingen van gemeenten"]
    assert names(home, '"begroting van"') == names(home, '"haushalt der"') == []
    assert names(home, '"haushalte der"') == ["Begrotingen van gemeenten"]
    assert names(home, '"市民"') == ["市民 予算"]
    # What is no phrase is asked like anything else.
    assert len(names(home, '"" data')) == len(names(home, '"data')) == len(names(home, '"?!" data')) == 2


def test_a_star_stands_for_all_words_that_begin_so(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budgeting", summary={"en": "For all"}))
    publisher.put(entry("Parks", description={"fr": "Un budget"}))
    publisher.put(entry({"nl": "Begrotingen"}))
    publisher.put(entry({"ja": "予算"}))
    publisher.publish()
    assert names(home, "BUDG*") == ["Budgeting", "Parks"]
    assert names(home, "pa* bud*") == ["Parks"]
    assert names(home, "begrotinge*") == names(home, "begr*") == ["Begrotingen"]
    assert names(home, "budgx*") == []
    assert names(home, "予算*") == ["予算"]
    # One letter is a word.
    assert words_of("b*") == words_of("b")
    found = search(home, Question("budg*"))
    assert [item["matched"] for item in found.items] == ["name", "text"]
    assert found.total == 2
