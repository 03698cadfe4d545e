"""Typing errors: what is found for a word that nobody wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.answers.search import Question, search
from node.answers.spelling import edit_distance
from node.errors import InvalidInputError
from node.home import Home
from tests.asking import names
from tests.publisher import Publisher, entry

ORIGIN = "127.0.0.1:8401/log/city/1"

# Language, a name, and questions with one error or more, accents left out or not.
MISTYPED = (
    ("ar", "الميزانية التشاركية", ("الميزنية", "التشاركيه")),
    ("da", "Borgerbudget og høringer", ("brogerbudget", "høringre")),
    ("de", "Bürgerhaushalt für Städte", ("bürgerhaushlat", "burgerhaushelt", "Stedte")),
    ("el", "Συμμετοχικός προϋπολογισμός", ("συμμετοχικος προυπολογισμος", "συμετοχικός")),
    (
        "en",
        "Participatory budgeting toolkit",
        ("particpatory", "budgetting", "tolkit", "participatroy bugdeting"),
    ),
    ("es", "Presupuestos participativos", ("presupestos", "participativso", "rpesupuestos")),
    ("fi", "Osallistuva budjetointi", ("osalistuva", "budjetoitni")),
    ("fr", "Mobilité douce en ville", ("mobilte", "mobiliét", "duoce")),
    ("hu", "Részvételi költségvetés", ("reszveteli koltsegvetse", "költségvets")),
    ("it", "Bilancio partecipativo", ("bilanico", "patecipativo", "bilancoi partecipatvo")),
    ("nb", "Deltakende budsjettering", ("deltaknede", "budsjetering")),
    ("nl", "Burgerbegroting van gemeenten", ("burgerbegrotnig", "gemeneten")),
    ("pt", "Orçamento participativo", ("orcamneto", "orçamnto", "participaitvo")),
    ("ro", "Bugetare participativă", ("bugetrae", "partcipativa")),
    ("ru", "Инициативное бюджетирование", ("инициатвное", "бюджетировнаие")),
    ("sv", "Medborgarbudget för kommuner", ("medborgabudget", "komuner")),
    ("tr", "Katılımcı bütçeleme", ("katlımcı", "butceelme")),  # noqa: RUF001 - Turkish
    ("ka", "მონაწილეობითი ბიუჯეტი", ("მონაწილოებითი", "ბიუჯეი")),
    ("und", "Decidim Barcelona", ("decidm", "barcleona", "decidim barcelno")),
    ("en", "Whistleblowing hotline", ("whistelblwing", "hitsleblowing")),
)


def test_at_least_nine_of_ten_mistyped_questions_find_what_was_meant(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for language, name, _ in MISTYPED:
        publisher.put(entry({language: name}))
    for number in range(40):
        publisher.put(entry(f"Something else {number}", summary={"en": "Parks, roads and schools of a city"}))
    publisher.publish()
    asked = [(name, question) for _, name, questions in MISTYPED for question in questions]
    missed = [(name, question) for name, question in asked if name not in names(home, question)]
    assert len(missed) <= len(asked) // 10, missed


def test_readers_are_told_what_a_word_was_taken_for(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    publisher.put(entry("Open budget for parks"))
    publisher.publish()
    page = search(home, Question("bugdet"))
    assert page.total == 2
    assert dict(page.corrections) == {"bugdet": "budget"}
    # The whole name comes first, mistyped or not.
    assert [(item["name"], item["matched"]) for item in page.items] == [
        ("Budget", "typo"),
        ("Open budget for parks", "typo"),
    ]
    page = search(home, Question("parsk budget"))
    assert dict(page.corrections) == {"parsk": "parks"}
    assert search(home, Question("budget")).corrections == {}


def test_a_word_that_occurs_is_never_taken_for_another(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    publisher.put(entry("Bucket", description={"en": "Budgets are for others"}))
    publisher.publish()
    assert names(home, "bucket") == ["Bucket"]
    # Both occur, if not where the filter looks or together; nobody mistyped anything.
    for question in (Question("budget", {"kind": ("service",)}), Question("bucket decidim")):
        page = search(home, question)
        assert (page.total, page.items) == (0, ())
        assert page.corrections == {}


def test_the_nearest_words_that_most_projects_have_are_taken(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for name in ("carts", "cards", "cards two", "cares", "carps", "caress", "charts"):
        publisher.put(entry(name))
    publisher.publish()
    assert dict(search(home, Question("carxs")).corrections) == {"carxs": "cards, cares, carps"}
    assert names(home, "carxs two") == ["cards two"]


@pytest.mark.parametrize("question", ["abd", "2025", "a1b2c3d4", "xyzzy", "預算書"])
def test_short_words_numbers_and_pairs_are_meant_as_they_are(home: Home, question: str) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("abc 2024 a1b2c3d5 xyz123 xyzz9"))
    publisher.put(entry({"zh": "參與式預算"}))
    publisher.publish()
    page = search(home, Question(question))
    assert (page.total, page.corrections) == (0, {})


def test_a_question_of_many_unknown_words_is_not_mistyped(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("First second third fourth fifth"))
    publisher.publish()
    assert search(home, Question("frist secnod thrid fouth")).total == 1
    page = search(home, Question("frist secnod thrid fouth fitfh"))
    assert (page.total, page.corrections) == (0, {})


def test_words_of_what_is_gone_make_no_difference(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    gone = [publisher.put(entry(f"Budgey {n}", summary={"en": "bugdet"})) for n in range(3)]
    publisher.publish()
    assert search(home, Question("bugdet")).total == 3
    for id_ in gone:
        publisher.withdraw(id_)
    publisher.publish()
    page = search(home, Question("bugdet"))
    assert (page.total, dict(page.corrections)) == (1, {"bugdet": "budget"})


def test_pages_of_a_mistyped_question_follow_each_other(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for number in range(7):
        publisher.put(entry(f"Budget {number}"))
    publisher.publish()
    first = search(home, Question("bugdet"), 4)
    rest = search(home, Question("bugdet"), 4, first.next)
    assert len({item["id"] for item in (*first.items, *rest.items)}) == 7
    # Now the word occurs, so the question means something else.
    publisher.put(entry("Bugdet"))
    publisher.publish()
    with pytest.raises(InvalidInputError, match="cursor"):
        search(home, Question("bugdet"), 4, first.next)


def slow_distance(one: str, other: str) -> int:
    """Return the same by definition: each letter edited at most once."""
    if not one or not other:
        return len(one) + len(other)
    ways = [
        slow_distance(one[1:], other) + 1,
        slow_distance(one, other[1:]) + 1,
        slow_distance(one[1:], other[1:]) + (one[0] != other[0]),
    ]
    if one[:2] == other[1::-1] and len(one) > 1 and len(other) > 1:
        ways.append(slow_distance(one[2:], other[2:]) + 1)
    return min(ways)


short = st.text("abc", max_size=5)


@given(short, short, st.integers(0, 3))
def test_distances_are_those_of_the_definition(one: str, other: str, most: int) -> None:
    assert edit_distance(one, other, most) == min(slow_distance(one, other), most + 1)
    assert edit_distance(other, one, most) == edit_distance(one, other, most)
