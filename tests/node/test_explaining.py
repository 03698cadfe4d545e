"""Why each hit is where it is, and what would find something where nothing does."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from node.answers.finding import explaining
from node.answers.finding.explaining import MEANINGS
from node.answers.finding.relaxing import Relaxation, relaxations
from node.answers.search import SORTS, Question, search
from node.home import Home
from tests.publisher import Publisher, entry, open_home

ORIGIN = "127.0.0.1:8401/log/city/1"
OTHER = "b.example/log/state/1"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    opened = open_home(tmp_path_factory.mktemp("explained") / "home")
    city, state = Publisher(opened, ORIGIN), Publisher(opened, OTHER, own=False)
    shared = {"identifiers": [{"scheme": "dpg", "value": "gid-1"}], "modified": "2026-05-03T09:00:00Z"}
    city.put(entry({"fr": "Budget"}, summary={"fr": "Une plateforme participative"}, **shared))
    state.put(entry({"fr": "Budget"}, features={"fr": ["Budget ouvert"]}, **shared))
    city.put(entry("Open data portal", lifecycle="live", modified="2025-01-01T00:00:00Z", license="MIT"))
    city.put(entry("Portal of permits", lifecycle="idea", topics=["sector:justice"]))
    city.put(entry({"ja": "\u5e02\u6c11\u53c2\u52a0"}))
    city.put({"type": "profile", "v": 1, "name": {"en": "Permit office"}})
    for publisher in (city, state):
        publisher.publish()
    search(opened, Question())
    yield opened
    opened.close()


def explained(home: Home, text: str) -> list[dict[str, Any]]:
    question = Question(text)
    page = explaining.explained(home, question, search(home, question, fresh=False))
    return [item["explain"] for item in page.items]


def found(why: Mapping[str, Any]) -> list[list[tuple[str, str, str]]]:
    return [[(each["as"], each["how"], each["field"]) for each in word["found"]] for word in why["words"]]


def test_words_are_told_with_their_form_their_place_and_who_says_them(home: Home) -> None:
    (why,) = explained(home, "participatif BUDGET")
    assert why["level"] == {"matched": "summary", "means": MEANINGS["summary"]}
    assert [each["word"] for each in why["words"]] == ["participatif", "budget"]
    assert found(why) == [
        [("participative", "stem", "summary")],
        [("budget", "word", "name"), ("budget", "word", "features")],
    ]
    name, features = why["words"][1]["found"]
    assert len(name["by"]) == 2
    assert [each.startswith(OTHER) for each in features["by"]] == [True]
    assert name["language"] == "fr"
    assert why["freshness"] == {"modified": "2026-05-03T09:00:00Z", "day": "2026-05-03"}


@pytest.mark.parametrize(
    ("text", "how", "seen"),
    [
        ('"data portal"', "phrase", "data portal"),
        ("por* data", "beginning", "portal"),
        ("\u5e02\u6c11", "pair", "\u5e02\u6c11"),
        ("portsl data", "typo", "portal"),
        ("permit office", "word", "permit"),
    ],
)
def test_every_way_to_be_found_has_its_name(home: Home, text: str, how: str, seen: str) -> None:
    (why,) = explained(home, text)
    assert (seen, how, "name") in found(why)[0]


def test_where_nothing_is_asked_there_is_nothing_to_say_but_the_order(home: Home) -> None:
    whys = explained(home, "")
    assert all(why["words"] == [] and why["level"]["matched"] == "all" for why in whys)
    assert [why["freshness"]["day"] for why in whys] == ["2026-05-03", "2025-01-01", *[None] * 3]
    # The order can be made again from what is said of each.
    said = [(why["freshness"]["day"] or "", why["tie"]) for why in whys]
    assert said == sorted(said, reverse=True)


def test_nobody_who_does_not_ask_is_told(home: Home) -> None:
    assert all("explain" not in item for item in search(home, Question(), fresh=False).items)


# --- when nothing is found ------------------------------------------------------------------------------


def offers(home: Home, question: Question) -> tuple[Relaxation, ...]:
    """Return what is offered, each of which must find as much as it says."""
    found = relaxations(home, question, search(home, question))
    for each in found:
        filters = {facet: values for facet, values in question.filters.items() if facet in each.filters}
        asked = Question(each.text, filters, question.sort, wider=question.wider)
        assert search(home, asked, fresh=False).total == each.total > 0
    return found


def relaxed(home: Home, question: Question) -> list[tuple[tuple[str, ...], tuple[tuple[str, str], ...], int]]:
    return [(each.without, each.instead, each.total) for each in offers(home, question)]


def test_a_filter_or_a_word_less_finds_what_is_said(home: Home) -> None:
    question = Question("portal", {"lifecycle": ("pilot",), "license": ("MIT",)})
    assert relaxed(home, question) == [(("lifecycle",), (), 1)]
    question = Question("portal budget", sort=SORTS[2])
    assert relaxed(home, question) == [(("budget",), (), 2), (("portal",), (), 1)]


def test_another_word_is_offered_where_each_occurs_and_not_together(home: Home) -> None:
    # Both words are there, in one project each.
    assert relaxed(home, Question("data permits"))[0][0] in (("data",), ("permits",))
    typist = Publisher(home, "127.0.0.1:8401/log/typist/1")
    id_ = typist.put(entry("A portsl"))
    typist.publish()
    assert relaxed(home, Question("data portsl"))[0] == ((), (("portsl", "portal"),), 1)
    typist.withdraw(id_)
    typist.publish()
    # Out of the index too: the home is shared with the other tests, and they come in any order.
    search(home, Question())


def test_where_one_thing_less_is_not_enough_more_is_left_out(home: Home) -> None:
    question = Question("permits", {"lifecycle": ("pilot",), "license": ("EUPL-1.2",)})
    assert relaxed(home, question) == [(("lifecycle", "license"), (), 2)]
    question = Question("data permits budget", {"lifecycle": ("idea",)}, wider=True)
    assert [(each.text, each.filters) for each in offers(home, question)] == [
        ("permits", {"lifecycle": ("idea",)})
    ]
    question = Question("data permits budget", {"lifecycle": ("pilot",)}, wider=True)
    assert {each.text for each in offers(home, question)} == {"data", "permits", "budget"}


def test_nothing_is_offered_where_nothing_would_be_found(home: Home) -> None:
    assert offers(home, Question("nowhere1")) == offers(home, Question("portal")) == ()


async def test_over_http_each_offer_is_a_link_that_finds_it(client: TestClient[Any, Any]) -> None:
    async def get(path: str) -> Any:  # noqa: ANN401 - any JSON
        response = await client.get(path)
        assert response.status == 200, path
        return await response.json()

    page = await get("/api/v1/search?q=portal+budget&lifecycle=pilot&license=MIT&wider=true&explain=1")
    assert page["total"] == 0
    assert page["relaxations"]
    for each in page["relaxations"]:
        found = await get(each["url"])
        assert found["total"] == each["total"]
        assert all(item["explain"]["words"] for item in found["items"])
    assert (await client.get("/api/v1/search?explain=maybe")).status == 400
