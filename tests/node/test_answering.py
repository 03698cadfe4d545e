"""Questions as people type them: which words are filters, when they become some, and what is said of it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from node.answers.finding.answering import Answer, answered
from node.answers.finding.reading import reading
from node.answers.search import Question, search
from node.errors import InvalidInputError
from node.home import Home
from tests.publisher import Publisher, entry, open_home
from tests.reuse_world import NEXT_YEAR, adopter, thing, use

ORIGIN = "127.0.0.1:8401/log/city/1"
TOOL, MAPS, VOTES = (f"https://github.com/acme/{name}" for name in ("tool", "maps", "votes"))
OFFICER = {
    "en": "participatory budgeting software used by towns in French seeking partners",
    "fr": "logiciel de budget participatif utilisé par des villes, en français, qui cherche des partenaires",
    "it": "software per bilancio partecipativo usato da comuni in francese che cerca partner",
    "es": "software de presupuestos participativos usado por ayuntamientos en francés que busca socios",
}
UNDERSTOOD = [("usedBy", "local"), ("language", "fr"), ("has", "seeking")]
BUDGETS = {"topics": ["topic:participatory-budgeting"]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    opened = open_home(tmp_path_factory.mktemp("answered") / "home")
    city = Publisher(opened, ORIGIN)
    call = {"type": "pilot-sites", "text": {"en": "Towns"}, "until": NEXT_YEAR}
    city.put(thing("Agora", TOOL, languages=["fr", "it"], seeking=[call], **BUDGETS))
    city.put(thing("Ballot", VOTES, languages=["fr"], **BUDGETS))
    city.put(thing("Carte", MAPS, languages=["fr-CH"], jurisdictions=["IT-25"]))
    city.put(entry("Dictionary in French", languages=["de"]))
    city.publish()
    profile = {
        "type": "profile",
        "v": 1,
        "name": {"en": "Bergen"},
        "publisherType": "local",
        "jurisdiction": "NO",
        "population": 30_000,
    }
    adopter(opened, "bergen", profile, use(TOOL), use(MAPS))
    search(opened, Question())
    yield opened
    opened.close()


def ask(home: Home, text: str, **more: Any) -> Answer:  # noqa: ANN401 - of a question
    return answered(home, Question(text, **more), fresh=False)


def names(answer: Answer) -> list[str]:
    return [item["name"] for item in answer.page.items]


def said(text: str) -> list[tuple[str, str]]:
    return [(each.facet, each.value) for each in reading(text).taken]


# --- what is read out of a question ---------------------------------------------------------------------


@pytest.mark.parametrize("question", OFFICER.values(), ids=OFFICER)
def test_the_same_is_read_in_every_language(question: str) -> None:
    assert sorted(said(question)) == sorted(UNDERSTOOD)
    assert (
        "budg" in reading(question).text or "partecipativo" in reading(question).text or "presup" in question
    )


@pytest.mark.parametrize(
    ("question", "left", "filters"),
    [
        ("données ouvertes en France", "données ouvertes", [("jurisdiction", "FR")]),
        ("données ouvertes en français", "données ouvertes", [("language", "fr")]),
        ("open source used in Italy", "open source", [("usedIn", "IT")]),
        ("maps used by cities in Spain", "maps", [("usedBy", "local"), ("usedIn", "ES")]),
        ("partners wanted: maps", "maps", [("has", "seeking")]),
        ("looking for pilot sites", "", [("has", "seeking")]),
        ("maps for towns of 30 000 inhabitants", "maps for towns", [("usedBySize", "20000..99999")]),
        ("maps, 4,999 residents", "maps", [("usedBySize", "0..4999")]),
        ("outil pour 500000 habitants", "outil pour", [("usedBySize", "500000..")]),
        ("maps for towns our size", "maps for towns", [("usedBySize", "")]),
        ("outil de notre taille", "outil", [("usedBySize", "")]),
        # Numbers of nothing, and no number of people.
        ("30 000 maps", "30 000 maps", []),
        ("30 50 inhabitants", "30", [("usedBySize", "0..4999")]),
        ("9999999999999 people", "9999999999999 people", []),
        # In quotes, or a beginning: meant as it stands.
        ('"in French" map', '"in French" map', []),
        ("maps Fren*", "maps Fren*", []),
        # Partners and towns alone say nothing of who seeks or uses.
        ("partners of small towns", "partners of small towns", []),
        # Too short a name without a word that leads to it.
        ("lao", "lao", []),
        ("in Lao", "", [("language", "lo")]),
        ("", "", []),
    ],
)
def test_words_say_what_filters_say(question: str, left: str, filters: list[tuple[str, str]]) -> None:
    assert (reading(question).text, said(question)) == (left, filters)


@given(st.text(alphabet='aein fr"*\u5e02,', max_size=40) | st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_read_and_nothing_is_lost(text: str) -> None:
    read = reading(text)
    assert "".join(each if isinstance(each, str) else each.words for each in read.parts) == text
    assert not read.keeping(()).taken


# --- how it is answered ---------------------------------------------------------------------------------


@pytest.mark.parametrize("question", OFFICER.values(), ids=OFFICER)
def test_a_question_is_answered_as_it_is_meant(home: Home, question: str) -> None:
    assert search(home, Question(question), fresh=False).total == 0
    answer = ask(home, question)
    assert names(answer) == ["Agora"]
    assert answer.interpreted is not None
    assert answer.interpreted.applied
    assert answer.interpreted.total == 1
    assert not answer.interpreted.left_out
    assert sorted((each.facet, each.value) for each in answer.interpreted.taken) == sorted(UNDERSTOOD)


def test_what_leaves_nothing_to_find_is_left_out_and_told(home: Home) -> None:
    answer = ask(home, "carte in French seeking partners")
    assert names(answer) == ["Carte"]
    how = answer.interpreted
    assert how is not None
    assert [each.words for each in how.taken] == ["in French"]
    assert [each.words for each in how.left_out] == ["seeking partners"]
    assert how.alone(how.left_out[0]).filters == {"has": ("seeking",)}
    assert how.without(how.taken[0]).filters == {}


def test_words_that_are_there_are_found_and_the_filter_is_offered(home: Home) -> None:
    answer = ask(home, "dictionary in French", filters={"kind": ("software",)})
    assert names(answer) == ["Dictionary in French"]
    # Nothing is offered that finds nothing.
    assert answer.interpreted is None
    answer = ask(home, "in French")
    assert names(answer) == ["Dictionary in French"]
    assert answer.interpreted is not None
    assert not answer.interpreted.applied
    assert answer.interpreted.total == 3


def test_of_what_nobody_has_words_stay_words(home: Home) -> None:
    answer = ask(home, "ballot in Swahili")
    assert answer.interpreted is None
    assert [each.without for each in answer.relaxations] == [("Swahili".lower(),)]


def test_filters_that_were_chosen_stay(home: Home) -> None:
    answer = ask(home, "budgeting in Italian", filters={"language": ("fr",), "kind": ("software",)})
    assert dict(answer.question.filters) == {"kind": ("software",), "language": ("fr", "it")}
    assert sorted(names(answer)) == ["Agora", "Ballot"]


def test_pages_go_on_in_the_question_that_was_answered(home: Home) -> None:
    question = Question("participatory budgeting in French")
    first = answered(home, question, 1, fresh=False)
    assert first.page.total == 2
    assert first.page.next
    for asked in (question, first.question):
        second = answered(home, asked, 1, first.page.next, fresh=False)
        assert {*names(first), *names(second)} == {"Agora", "Ballot"}
    # And in the one whose words are there.
    words = Question("in French")
    both = answered(home, Question("dictionary in French"), 1, fresh=False)
    assert both.page.next is None
    assert answered(home, words, 1, fresh=False).page.total == 1


def test_what_is_left_out_of_a_long_question_is_as_little_as_will_do(home: Home) -> None:
    answer = ask(home, "agora dictionary ballot budgeting unheardof")
    offers = {each.text: set(each.without) for each in answer.relaxations}
    # The word that nothing has is in no offer; of the others as many stay as go together.
    assert offers == {
        "agora budgeting": {"dictionary", "ballot", "unheardof"},
        "ballot budgeting": {"agora", "dictionary", "unheardof"},
    }
    many = " ".join(f"{name} dictionary" for name in ("agora", "ballot", "carte"))
    long = ask(home, f"{many} budgeting tool French seeking map city", filters={"lifecycle": ("live",)})
    assert all(
        search(home, Question(each.text, each.filters)).total == each.total > 0 for each in long.relaxations
    )


def test_what_only_the_reader_knows_is_asked(home: Home) -> None:
    answer = ask(home, "participatory budgeting software used by towns our size in French seeking partners")
    assert names(answer) == ["Agora"]
    how = answer.interpreted
    assert how is not None
    assert sorted((each.facet, each.value) for each in how.taken) == sorted(UNDERSTOOD)
    ((asks,),) = [how.asks]
    assert (asks.words, [(each.value, each.count) for each in asks.values]) == (
        "our size",
        [("20000..99999", 1)],
    )
    question = how.with_value(asks, "20000..99999")
    assert question.filters["usedBySize"] == ("20000..99999",)
    assert [item["name"] for item in search(home, question, fresh=False).items] == ["Agora"]
    # Also where the words themselves are found, and where nothing would be.
    assert ask(home, "dictionary like ours").interpreted is not None
    nothing = ask(home, "unheardof in French like ours")
    assert nothing.interpreted is not None
    assert nothing.interpreted.asks == ()


def test_things_are_found_by_how_many_people_live_where_they_are_used(home: Home) -> None:
    found = search(home, Question("agora", {"usedBySize": ("30000",)}), facets=("usedBySize",), fresh=False)
    assert [item["name"] for item in found.items] == ["Agora"]
    assert [(each.value, each.count) for each in found.facets["usedBySize"]] == [("20000..99999", 1)]
    assert search(home, Question("agora", {"usedBySize": ("100000..499999",)}), fresh=False).total == 0
    with pytest.raises(InvalidInputError, match=r"there is no size of users 'large'; there are 0\.\.4999"):
        search(home, Question("", {"usedBySize": ("large",)}), fresh=False)


# --- over HTTP ------------------------------------------------------------------------------------------


async def test_programs_and_readers_are_told_the_same(client: TestClient[Any, Any]) -> None:
    async def get(path: str | URL) -> Any:  # noqa: ANN401 - any JSON
        response = await client.get(URL(str(path)))
        assert response.status == 200, await response.text()
        return await response.json()

    page = await get(URL("/api/v1/search").with_query(q=OFFICER["en"], facets="kind", limit=1))
    assert page["total"] == 1
    how: Mapping[str, Any] = page["interpreted"]
    assert how["applied"]
    assert how["text"] == "participatory budgeting software"
    assert {each["label"] for each in how["filters"]} == {"Local government", "French", None}
    assert (await get(how["url"]))["items"] == page["items"]
    without = await get(how["filters"][0]["url"])
    assert without["total"] >= 1
    assert without["interpreted"] is None
    shown = await client.get(URL("/en/search").with_query(q=OFFICER["en"]))
    text = await shown.text()
    assert "Words were taken for filters" in text
    assert "seeking partners" in text
    assert "Agora" in text
    # The form goes on from what was answered.
    assert 'value="participatory budgeting software"' in text
    offered = await (await client.get(URL("/en/search").with_query(q="in French"))).text()
    assert "Words of your question can be filters" in offered
    left_out = await (
        await client.get(URL("/fr/search").with_query(q="carte en français seeking partners"))
    ).text()
    assert "laissé de côté" in left_out
    sized = await client.get(URL("/en/search").with_query(q="budgeting used by towns our size"))
    assert "20,000 to 100,000 inhabitants" in await sized.text()
    open_ = (await get(URL("/api/v1/search").with_query(q="budgeting used by towns our size")))["interpreted"]
    assert (await get(open_["asks"][0]["values"][0]["url"]))["total"] == 1
    two = await get(URL("/api/v1/search").with_query(q="participatory budgeting in French", limit=1))
    assert (await get(two["next_url"]))["items"][0]["name"] not in two["items"][0]["name"]
