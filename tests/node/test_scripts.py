"""Names are found by themselves in every script, also where one joins several."""

from typing import Any

import pytest
import structlog
from aiohttp.test_utils import TestClient

from node.answers.search import Question, search
from node.home import Home
from tests.publisher import Publisher, entry

CITY = "127.0.0.1:8401/log/city/1"


@pytest.mark.parametrize("text", ["İstanbul", "İzmir", "Plan ⑴⑵", "a⒈b"])
async def test_every_question_is_answered(home: Home, client: TestClient[Any, Any], text: str) -> None:
    structlog.configure(processors=[structlog.processors.JSONRenderer()])
    city = Publisher(home, CITY)
    city.put(entry({"tr": text}))
    city.publish()
    for path in ("/api/v1/search", "/en/search"):
        answer = await client.get(path, params={"q": text})
        assert answer.status == 200, (path, text)


async def test_a_hit_with_such_a_word_is_explained(home: Home, client: TestClient[Any, Any]) -> None:
    structlog.configure(processors=[structlog.processors.JSONRenderer()])
    city = Publisher(home, CITY)
    city.put(entry({"tr": "Lamba"}, summary={"tr": "İstanbul"}))
    city.publish()
    answer = await client.get("/api/v1/search", params={"q": "lamba", "explain": "true"})
    assert answer.status == 200


def test_a_dotted_capital_has_no_case(home: Home) -> None:
    city = Publisher(home, CITY)
    city.put(entry({"tr": "İstanbul"}))
    city.publish()
    for text in ("istanbul", "Istanbul", "ISTANBUL", "İSTANBUL", '"istanbul"', "istanb*"):
        page = search(home, Question(text))
        assert (page.total, dict(page.corrections)) == (1, {}), text


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("ja", "AIチャットボット"),
        ("ja", "GIS地図"),
        ("ko", "3D지도"),
        ("zh", "5G网络"),
        ("th", "ระบบGIS"),
        ("ja", "第3次計画"),
        ("ja", "第12回計画"),
    ],
)
def test_a_name_finds_what_bears_it(home: Home, language: str, name: str) -> None:
    city = Publisher(home, CITY)
    city.put(entry({language: name}))
    city.publish()
    page = search(home, Question(name))
    assert (page.total, dict(page.corrections)) == (1, {})
    assert page.items[0]["matched"] == "exact"
