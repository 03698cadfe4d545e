"""The vocabularies: nothing is without a name, and what is shown of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from hypothesis import given
from hypothesis import strategies as st

from node.cli.exits import ExitCode
from node.errors import NotFoundError
from node.vocabularies import bundled, standards
from node.vocabularies.every import NAMES, label_in, label_of, summaries, vocabulary
from node.vocabularies.terms import Term, TermView
from protocol.vocabulary import TOPIC_ALIASES, TOPICS, VOCABULARIES, is_known
from tests.command import Fedcat

DATA = resources.files("node.vocabularies").joinpath("data")


def words_of(name: str) -> set[str]:
    """Return the words that the protocol has for a bundled vocabulary, aliases too."""
    if name in TOPICS:
        aliases = {alias for alias in TOPIC_ALIASES if alias.startswith(f"{name}:")}
        return {f"{name}:{term}" for term in TOPICS[name]} | aliases
    return set(VOCABULARIES[name.replace("-", " ")])


def term(terms: Sequence[TermView], value: str) -> TermView:
    return next(each for each in terms if each.value == value)


def no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


def test_every_word_has_a_name_and_a_meaning_in_all_languages() -> None:
    covered: Counter[str] = Counter()
    for name in bundled.NAMES:
        found = bundled.bundled(name)
        assert found.name == name
        assert set(found.title) - {"ar"} == set(bundled.LANGUAGES)
        # A further language names all words of a vocabulary, or none.
        assert len({frozenset(each.label) for each in found.terms}) == 1, name
        assert {each.value for each in found.terms} == words_of(name)
        for each in found.terms:
            assert all(text and text == text.strip() for text in each.label.values()), each
            assert all(text.endswith(".") and text[:-1].strip() for text in each.meaning.values()), each
            covered.update((*each.label, *each.meaning))
    terms = sum(len(words_of(name)) for name in bundled.NAMES)
    assert {tag: covered[tag] for tag in bundled.LANGUAGES} == dict.fromkeys(bundled.LANGUAGES, 2 * terms)
    assert set(covered) == {*bundled.LANGUAGES, "ar"}


@pytest.mark.parametrize("language", [*bundled.LANGUAGES, "ar"])
def test_no_two_words_have_one_name(language: str) -> None:
    for name in bundled.NAMES:
        terms = [each for each in bundled.bundled(name).terms if language in each.label]
        assert len({each.label[language].casefold() for each in terms}) == len(terms), name
        for each in terms:
            names = [text.casefold() for text in (each.label[language], *each.also.get(language, ()))]
            assert len(set(names)) == len(names), each


def test_a_file_says_nothing_twice() -> None:
    for name in bundled.NAMES:
        text = DATA.joinpath(f"{name}.json").read_text(encoding="utf-8")
        found = json.loads(text, object_pairs_hook=no_key_twice)
        assert len({each["value"] for each in found["terms"]}) == len(found["terms"]), name


def test_no_file_is_left_over() -> None:
    files = {file.name for file in DATA.iterdir()}
    assert files == {f"{name}.json" for name in bundled.NAMES}


def test_what_is_out_of_use_names_its_successor() -> None:
    terms = [each for name in TOPICS for each in bundled.bundled(name).terms]
    assert {each.value: each.successor for each in terms if each.successor} == TOPIC_ALIASES


def test_an_unknown_vocabulary_is_told_with_all_that_there_are() -> None:
    with pytest.raises(KeyError):
        bundled.bundled("colours")
    with pytest.raises(KeyError):
        standards.standard("colours", "en")
    with pytest.raises(NotFoundError) as raised:
        vocabulary("colours")
    assert "audience" in raised.value.hint


def test_a_reader_is_told_in_a_language_of_theirs() -> None:
    view = vocabulary("topic", ("fr-CA", "it"))
    found = term(view.terms, "topic:participatory-budgeting")
    assert (view.title, found.label, found.language) == (
        "Thèmes citoyens précis",
        "Budget participatif",
        "fr",
    )
    assert found.meaning.startswith("Les habitants décident ensemble")
    assert "budgets participatifs" in found.synonyms
    assert found.broader == ("sector:civic-participation", "sector:fiscal-openness")
    # Nobody translated it, so English stands, and says so.
    assert term(vocabulary("topic", ("xx",)).terms, found.value).language == "en"


def test_a_name_in_arabic_has_its_meaning_in_english_and_both_say_so() -> None:
    found = term(vocabulary("sector", ("ar",)).terms, "sector:health")
    assert (found.label, found.language) == ("الصحة", "ar")
    assert (found.meaning[-1], found.meaning_language) == (".", "en")
    assert label_in("stage", "done", ("ar", "en")) == ("منجز", "ar")
    assert label_in("topic", "pccat:blog", ("ar", "en")) == ("Blogging", "en")
    assert label_in("language", "fr", ("ar",)) == ("الفرنسية", "ar")
    assert label_in("license", "MIT", ("ar",)) == ("MIT License", "en")
    assert label_in("license", "none", ("ar",)) is label_in("colour", "red", ("ar",)) is None


def test_narrower_topics_may_be_in_another_scheme() -> None:
    found = term(vocabulary("sector").terms, "sector:civic-participation")
    assert "topic:participatory-budgeting" in found.narrower
    assert term(vocabulary("ogp").terms, "ogp:open-digital").narrower[0] == "ogp:open-data"
    assert term(vocabulary("ogp").terms, "ogp:e-government").successor == "ogp:digital-government"


def test_a_word_is_from_whoever_defines_it() -> None:
    assert term(vocabulary("sdg").terms, "sdg:16").source == "https://sdgs.un.org/goals/goal16"
    assert term(vocabulary("pccat").terms, "pccat:blog").source == vocabulary("pccat").source != ""
    assert term(vocabulary("kind").terms, "software").source == ""


@pytest.mark.parametrize(
    ("facet", "value", "languages", "label"),
    [
        ("kind", "software", ("it",), "Software"),
        ("lifecycle", "live", ("fr",), "En service"),
        ("topic", "sdg:16", ("it",), "Pace, giustizia e istituzioni solide"),
        ("topic", "ogp:e-government", ("es",), "Administración digital"),
        ("topic", "colour:red", (), None),
        ("topic", "ogp:colours", (), None),
        ("topic", "kind:software", (), None),
        ("audience", "citizens", ("es", "fr"), "Vecinos y ciudadanía"),
        ("maintenance", "none", (), "Not maintained"),
        ("access", "open", ("fr",), "Ouvert à tous"),
        ("openTo", "co-fund", ("es",), "Financiación conjunta"),
        ("place", "FR-69", ("it",), "Rodano"),
        ("license", "EUPL-1.2", ("fr",), "European Union Public License 1.2"),
        ("license", "LicenseRef-own", (), None),
        ("language", "pt-BR", ("fr",), "portugais (Brésil)"),
        ("language", "zh-Hant-x-own", ("en",), "Chinese (Traditional, x, own)"),
        ("language", "de", ("xx", "1 bad tag", "ja-JP"), "ドイツ語"),
        ("language", "", (), None),
        ("language", "qqq", (), None),
        ("jurisdiction", "IT-25", ("fr",), "Lombardie"),
        ("jurisdiction", "GB-SCT", ("es",), "Scotland"),
        ("jurisdiction", "CH", ("it-CH",), "Svizzera"),
        ("jurisdiction", "EU", ("es",), "Unión Europea"),
        ("jurisdiction", "INT", ("de",), "Everywhere"),
        ("jurisdiction", "INT", ("fr-BE",), "Partout"),
        ("jurisdiction", "IT-99", (), None),
        ("jurisdiction", "001", (), None),
        ("publisher", "127.0.0.1/log/city/1", (), None),
        ("subtype", "library", (), None),
    ],
)
def test_the_name_of_a_value(facet: str, value: str, languages: tuple[str, ...], label: str | None) -> None:
    assert label_of(facet, value, languages) == label


@given(
    st.sampled_from(("kind", "topic", "license", "language", "jurisdiction", "level")), st.text(), st.text()
)
def test_whatever_somebody_else_wrote_does_no_harm(facet: str, value: str, language: str) -> None:
    label = label_of(facet, value, (language,))
    assert label is None or label


def test_places_lie_within_each_other() -> None:
    places = vocabulary("place", ("fr",)).terms
    assert term(places, "IT-MI").broader == ("IT-25",)
    assert term(places, "IT-25").broader == ("IT",)
    assert "IT-25" in term(places, "IT").narrower
    assert [term(places, code).broader for code in ("IT", "CH", "EU", "INT")] == [
        ("EU",),
        ("INT",),
        ("INT",),
        (),
    ]
    assert all(each.label for each in places)


def test_languages_and_licences_have_names() -> None:
    languages = vocabulary("language", ("es",)).terms
    assert term(languages, "pt-BR").label == "portugués (Brasil)"
    assert term(languages, "pt").narrower == ("pt-BR", "pt-PT")
    licences = vocabulary("license", ("fr",)).terms
    assert term(licences, "MIT").language == "en"
    assert (term(licences, "GPL-3.0").successor, term(licences, "MIT").successor) == ("GPL-3.0-only", None)


def test_the_list_counts_what_there_is() -> None:
    found = {each.name: each for each in summaries(("it",))}
    assert tuple(found) == NAMES
    assert found["pccat"].terms == 106
    assert found["sector"].title == "Ambiti di intervento pubblico"
    assert found["place"].terms > 5_000
    assert all(each.version for each in found.values())


def test_a_term_needs_no_more_than_a_value_and_a_name() -> None:
    assert Term("MIT", {"en": "MIT License"}).also == {}
    assert is_known("topic", "topic:participatory-budgeting")


async def test_over_http_each_vocabulary_has_an_address(client: TestClient[Any, Any]) -> None:
    response = await client.get("/api/v1/vocabularies?lang=fr")
    listed = (await response.json())["vocabularies"]
    assert [each["name"] for each in listed] == list(NAMES)
    ogp = next(each for each in listed if each["name"] == "ogp")
    assert ogp == {
        "name": "ogp",
        "title": "Thèmes du numérique ouvert",
        "version": "3",
        "source": "https://www.opengovpartnership.org",
        "terms": 11,
        "url": "/api/v1/vocabularies/ogp",
    }
    answered = await client.get(ogp["url"], params={"lang": "es"})
    found = await answered.json()
    assert found["terms"][1] == {
        "value": "ogp:open-data",
        "label": "Datos abiertos",
        "language": "es",
        "meaning": "Datos que cualquiera puede usar, modificar y compartir.",
        "meaning_language": "es",
        "synonyms": ["open data", "datos públicos", "apertura de datos"],
        "broader": ["ogp:open-digital"],
        "narrower": [],
        "source": "https://www.opengovpartnership.org",
        "successor": None,
    }
    again = await client.get(
        ogp["url"], params={"lang": "es"}, headers={"If-None-Match": answered.headers["ETag"]}
    )
    assert again.status == 304


async def test_over_http_what_is_not_there_is_said(client: TestClient[Any, Any]) -> None:
    assert (await client.get("/api/v1/vocabularies/colours")).status == 404
    assert (await client.get("/api/v1/vocabularies/ogp?page=2")).status == 400


def test_the_command_lists_and_shows(fedcat: Fedcat) -> None:
    listed = fedcat("vocabulary", "--lang", "fr")
    assert (listed.code, "Compétences" in listed.out) == (0, True)
    assert "fedcat vocabulary NAME" in listed.err
    shown = fedcat("vocabulary", "lifecycle", "--lang", "it")
    assert [line.split()[0] for line in shown.out.splitlines()[1:4]] == ["idea", "planned", "development"]
    assert "È usato ogni giorno." in shown.out
    assert "Use ogp:digital-government." in fedcat("vocabulary", "ogp").out
    assert fedcat("vocabulary", "kind", "--json").document["terms"][0]["label"] == "Software"


def test_the_command_names_what_there_is(fedcat: Fedcat) -> None:
    failed = fedcat("vocabulary", "colours")
    assert failed.code == ExitCode.NOT_FOUND
    assert "audience" in failed.err
