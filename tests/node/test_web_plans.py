"""Pages of plans, calls, providers and consultations: what only they show, and their tables."""

import csv
import datetime as dt
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from node.answers.search import Question, search
from node.app import make_app
from node.home import Home
from node.http.tables import PLAN_COLUMNS
from node.own.keyfiles import make_directory, save_mirror_key
from node.plans.clusters import clusters
from node.plans.overlaps import overlaps_of
from tests.publisher import MIRROR_KEY, NOW, Publisher, entry, open_home
from tests.web_checks import sound_page

pytestmark = pytest.mark.asyncio(loop_scope="module")

CITY, LYON, OSLO = "127.0.0.1:8401/log/city/1", "lyon.example/log/lyon/1", "oslo.example/log/oslo/1"
TODAY = dt.datetime.fromtimestamp(NOW, dt.UTC).date()
LONG_AGO = str(TODAY - dt.timedelta(days=91))
LATELY = str(TODAY - dt.timedelta(days=90))
NEXT_YEAR = str(TODAY + dt.timedelta(days=300))
BUDGETS, HEALTH = "topic:participatory-budgeting", "sector:health"


def plan(title: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return {"title": {"en": title}, "stage": "planned", "from": str(TODAY), "to": NEXT_YEAR, **fields}


def consultation(name: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    asked = {"status": "closed-analysing", "opens": "2020-01-01", **fields}
    return entry(name, kind="participation", participation=asked)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    opened = open_home(tmp_path_factory.mktemp("plans") / "home")
    make_directory(opened.keys_dir)
    save_mirror_key(opened.keys_dir, MIRROR_KEY)
    city, lyon, oslo = Publisher(opened, CITY), *(Publisher(opened, each, own=False) for each in (LYON, OSLO))
    city.put(entry("Agora", roadmap=[plan("Budgets for schools", id="schools", topics=[BUDGETS])]))
    lyon.put(entry("Forum", roadmap=[plan("Vote on trees", id="trees", topics=[BUDGETS])]))
    oslo.put(
        entry("Ting", roadmap=[plan("=Streets", id="streets", topics=[BUDGETS]), plan("Ramps and doors")])
    )
    lyon.put(entry("Clinic", roadmap=[plan("Queues", topics=[HEALTH])]))
    lyon.put(entry("Doors", roadmap=[plan("Doors with ramps")]))
    city.put(consultation("Old streets", closes=LONG_AGO))
    city.put(consultation("New streets", closes=LATELY))
    city.put(consultation("Told streets", closes=LONG_AGO, report="https://city.example/report"))
    hired = {"name": "Oslo hosting", "ref": OSLO, "role": "hosting", "uri": "https://oslo.example/"}
    city.put(entry("Hosted", providers=[hired]))
    oslo.put({"type": "profile", "v": 1, "name": {"en": "Oslo"}})
    call = {"id": "c", "type": "hosting", "text": {"en": "Servers"}, "until": NEXT_YEAR}
    oslo.put(entry("Servers", offering=[call]))
    for each in (city, lyon, oslo):
        each.publish()
    search(opened, Question())
    yield opened
    opened.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def asked(home: Home) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async with TestClient(TestServer(make_app(home))) as client:
        yield client


async def test_consultations_say_that_nobody_said_what_came_out(asked: TestClient[Any, Any]) -> None:
    every = await sound_page(asked, "/en/consultations?sort=date")
    assert sorted(every.text_of("h3")) == ["New streets", "Old streets", "Told streets"]
    late = await sound_page(asked, "/en/consultations?overdue=true")
    assert late.text_of("h3") == ["Old streets"]
    assert "Outcome overdue" in " ".join(late.text_of("span"))
    document = await (await asked.get("/api/v1/consultations?sort=date")).json()
    assert {each["name"]: each["overdue"] for each in document["items"]} == {
        "Old streets": True,
        "New streets": False,
        "Told streets": False,
    }
    # On its own page, too.
    for each in document["items"]:
        own = await sound_page(asked, f"/en/p/{each['project']}")
        said = "This closed more than 90 days ago" in " ".join(own.text_of("p"))
        assert said == each["overdue"]


async def test_who_can_be_hired_is_a_page(asked: TestClient[Any, Any]) -> None:
    page = await sound_page(asked, "/fr/providers", tag="fr")
    assert page.text_of("h3") == ["Oslo hosting"]
    links = {each["href"] for each in page.all("a")}
    assert f"/fr/o/{OSLO}" in links
    assert "https://oslo.example/" in links
    assert "1 offre" in " ".join(page.text_of("span"))
    front = {each["href"] for each in (await sound_page(asked, "/en/")).all("a")}
    views = {"/en/search?view=support-ends-soon", "/en/search?view=trusted-participation"}
    assert {"/en/providers", "/en/consultations?overdue=true", *views} <= front


async def test_plans_stand_below_their_topics(asked: TestClient[Any, Any]) -> None:
    page = await sound_page(asked, "/en/roadmap?by=topic")
    headings = page.text_of("th")
    assert headings[4:] == ["Health", "Participatory budgeting", "No topic is stated"]
    assert "/en/roadmap" in {each["href"] for each in page.all("a")}
    by_date = await sound_page(asked, "/en/roadmap")
    assert "/en/roadmap?by=topic" in {each["href"] for each in by_date.all("a")}
    assert len(by_date.text_of("th")) == 4
    # Each bar leads to its project; what programs are asked knows nothing of the order of a page.
    links = [each["href"] for each in page.all("a")]
    assert links.count(next(each for each in links if each.startswith(f"/en/p/{LYON}"))) > 1
    assert not any("/api/" in each and "by=" in each for each in links)
    assert (await asked.get("/api/v1/roadmap?by=topic")).status == 400


async def test_who_plans_the_same_is_told_of_all_of_a_page(asked: TestClient[Any, Any], home: Home) -> None:
    page = await sound_page(asked, "/en/roadmap")
    told = page.text_of("summary")
    assert "3 organisations: Participatory budgeting" in told
    assert "2 organisations: doors, ramps" in told
    document = await (await asked.get("/api/v1/roadmap")).json()
    addresses = [each["address"] for each in document["items"]]
    found = clusters(overlaps_of(home, [*addresses, "lyon.example/log/lyon/1/e/" + "0" * 32]))
    assert [(each.topics, each.words, each.origins) for each in found] == [
        ((BUDGETS,), (), (CITY, LYON, OSLO)),
        ((), ("doors", "ramps"), (LYON, OSLO)),
    ]
    assert clusters(overlaps_of(home, addresses), 1) == found[:1]
    assert clusters([]) == ()


@pytest.mark.parametrize("path", ["/en/roadmap", "/api/v1/roadmap"])
async def test_plans_are_a_table_and_json_at_the_same_address(asked: TestClient[Any, Any], path: str) -> None:
    document = await (await asked.get("/api/v1/roadmap?limit=3&sort=date&lang=en")).json()
    table = await asked.get(f"{path}?limit=3&sort=date&lang=en&format=csv")
    columns, *rows = csv.reader(io.StringIO(await table.text()))
    assert tuple(columns) == PLAN_COLUMNS
    assert [row[0] for row in rows] == [each["address"] for each in document["items"]]
    first = dict(zip(columns, rows[0], strict=True))
    assert (first["first"], first["last"], first["stage"], first["over"]) == (
        str(TODAY),
        NEXT_YEAR,
        "planned",
        "0",
    )
    # No text is a formula.
    every = csv.reader(io.StringIO(await (await asked.get(f"{path}?format=csv")).text()))
    assert "'=Streets" in {row[1] for row in every}
    same = await asked.get(f"{path}?limit=3&sort=date&lang=en&format=json", headers={"Accept": "text/html"})
    assert (await same.json())["items"] == document["items"]
    other = await asked.get(f"{path}?format=ics")
    assert "format: there is no 'ics'; there are csv, json" in (await other.json())["detail"]


async def test_calls_and_consultations_are_tables_too(asked: TestClient[Any, Any]) -> None:
    offers = await (await asked.get("/api/v1/offering?format=csv")).text()
    assert "hosting" in offers
    late = await (
        await asked.get("/en/consultations?overdue=true&format=csv", headers={"Accept": "*/*"})
    ).text()
    assert "Old streets" in late
    assert "closed-analysing" in late
