"""What is like a project, or like a draft, and what they share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from node.answers.indexing import reindex
from node.answers.nearshapes import SimilarItem
from node.errors import NotFoundError
from node.home import Home
from node.similar.likeness import similar, similar_to
from tests.publisher import Publisher, entry, open_home

CITY, STATE = "127.0.0.1:8401/log/city/1", "b.example/log/state/1"
BOTH = {"identifiers": [{"scheme": "dpg", "value": "gid-1"}]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    opened = open_home(tmp_path_factory.mktemp("similar") / "home")
    city, state = Publisher(opened, CITY), Publisher(opened, STATE, own=False)
    city.put(entry("Petition desk", topics=["ogp:e-petitions"], **BOTH), bytes([1]) * 16)
    state.put(entry("Petition desk", summary={"en": "Sign petitions online"}, **BOTH), bytes([2]) * 16)
    state.put(entry({"fr": "Guichet"}, summary={"fr": "Des pétitions"}), bytes([3]) * 16)
    state.put(entry("Signatures", topics=["ogp:e-petitions"], keywords={"en": ["petition"]}), bytes([4]) * 16)
    city.put(entry("Open data portal", topics=["ogp:open-data"]), bytes([5]) * 16)
    city.put(entry("What a clinic needs", summary={"en": "How they should do it, and who"}), bytes([6]) * 16)
    for number in range(20):
        city.put(entry(f"Register of trees {number}"), bytes([100 + number]) * 16)
    city.put({"type": "profile", "v": 1, "name": {"en": "Petition office"}})
    for publisher in (city, state):
        publisher.publish()
    reindex(opened)
    yield opened
    opened.close()


def shared(item: SimilarItem) -> tuple[list[str], list[str]]:
    topics, words = item["shared"]["topics"], item["shared"]["words"]
    return [each["topic"] for each in topics], [each["word"] for each in words]


def test_what_shares_more_and_rarer_things_comes_first(home: Home) -> None:
    found = {item["name"]: item for item in similar(home, "01" * 16)}
    first = found["Signatures"]
    assert next(iter(found)) == "Signatures"
    assert shared(first) == (["ogp:e-petitions"], ["petition"])
    weights = [each["weight"] for each in first["shared"]["topics"] + first["shared"]["words"]]
    assert first["score"] == pytest.approx(sum(weights), abs=0.11)
    # In another language, and in another form.
    assert shared(found["Guichet"]) == ([], ["petition"])
    # A broader topic counts where the narrow one is not shared.
    assert shared(found["Open data portal"]) == (["ogp:open-digital"], [])
    assert set(found) == {"Signatures", "Guichet", "Open data portal"}


def test_function_words_make_nothing_alike(home: Home) -> None:
    said = entry("What others have", summary={"en": "How we do, who should, and who could"})
    assert similar_to(home, said) == []


def test_neither_the_thing_itself_nor_another_entry_about_it_is_similar(home: Home) -> None:
    for ref in ("01" * 16, "02" * 16):
        found = similar(home, ref, fresh=False)
        assert {"01" * 16, "02" * 16}.isdisjoint(item["id"] for item in found)
        assert all(item["type"] == "entry" for item in found)
    # Whichever member is named, it is the same thing.
    assert similar(home, "01" * 16) == similar(home, f"{STATE}/e/{'02' * 16}")
    assert len(similar(home, "64" * 16, limit=3)) == 3
    scores = [item["score"] for item in similar(home, "64" * 16)]
    assert len(scores) == 10
    assert scores == sorted(scores, reverse=True)


def test_a_draft_is_like_what_is_there_already(home: Home) -> None:
    draft: dict[str, Any] = {
        "name": {"en": 'A "petition" desk*'},
        "topics": ["ogp:e-petitions", 7, "no such topic"],
    }
    names = [item["name"] for item in similar_to(home, draft)]
    assert names[:2] == ["Petition desk", "Signatures"]
    assert similar_to(home, {}) == similar_to(home, {"name": "xyzzy", "topics": "odd"}) == []


def test_of_many_things_that_are_shared_none_is_taken_for_another(tmp_path: Path) -> None:
    topics, words = [f"sdg:{number}" for number in range(1, 18)], [f"k{number}" for number in range(100, 116)]

    def some(of: list[str], number: int) -> list[str]:
        return [each for at, each in enumerate(of) if (7 * number + at) % 3]

    home = open_home(tmp_path / "home")
    city = Publisher(home, CITY)
    for number in range(12):
        city.put(entry(" ".join(some(words, number)), topics=some(topics, number)), bytes([number + 1]) * 16)
    city.publish()
    found = {item["id"]: item for item in similar_to(home, entry(" ".join(words), topics=topics), limit=50)}
    for number in range(12):
        those = shared(found[f"{number + 1:02x}" * 16])
        assert (sorted(those[0]), sorted(those[1])) == (sorted(some(topics, number)), some(words, number))
    # However few are asked for, they are the first ones.
    everything = list(found)
    for limit in (1, 2, 5):
        few = similar_to(home, entry(" ".join(words), topics=topics), limit=limit)
        assert [item["id"] for item in few] == everything[:limit]
    home.close()


def test_an_id_that_another_log_has_too_changes_nothing(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    city, state = Publisher(home, CITY), Publisher(home, STATE, own=False)
    city.put(entry("Tree register", topics=["sdg:11", "sdg:13"]), bytes([1]) * 16)
    city.put(entry("Tree map", topics=["sdg:11", "sdg:13"]), bytes([2]) * 16)
    state.put(entry("Tree"), bytes([2]) * 16)
    city.put(entry("Budget"), bytes([3]) * 16)
    for publisher in (city, state):
        publisher.publish()
    found = {item["origin"]: shared(item) for item in similar(home, f"{CITY}/e/{'01' * 16}")}
    assert found == {CITY: (["sdg:11", "sdg:13"], ["tree"]), STATE: ([], ["tree"])}
    home.close()


def test_what_was_taken_back_since_is_left_out(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    city = Publisher(home, CITY)
    for number, name in enumerate(("Tree register", "Tree map", "Tree walks", "Budget"), 1):
        city.put(entry(name), bytes([number]) * 16)
    city.publish()
    assert {item["id"][:2] for item in similar(home, "01" * 16)} == {"02", "03"}
    city.withdraw(bytes([2]) * 16)
    city.publish()
    assert {item["id"][:2] for item in similar(home, "01" * 16, fresh=False)} == {"03"}
    home.close()


def test_nothing_depends_on_what_came_first(home: Home) -> None:
    before = similar(home, "64" * 16)
    reindex(home)
    assert similar(home, "64" * 16) == before


def test_what_is_not_there_has_nothing_similar(home: Home) -> None:
    with pytest.raises(NotFoundError):
        similar(home, "ff" * 16)


async def test_over_http(client: TestClient[Any, Any]) -> None:
    path = f"/api/v1/projects/{CITY}/e/{'01' * 16}/similar"
    answer = await client.get(f"{path}?limit=1&lang=fr")
    assert [item["name"] for item in (await answer.json())["items"]] == ["Signatures"]
    assert (await client.get(f"{path}?limit=51")).status == 400
    assert (await client.get(f"/api/v1/projects/{CITY}/e/{'ff' * 16}/similar")).status == 404
    assert (await client.get("/api/v1/projects/%20x/similar")).status == 404
    rules = await client.get("/rules/readiness/v1")
    assert rules.content_type == "application/toml"
    assert (await rules.text()).startswith("# Rules of readiness")
