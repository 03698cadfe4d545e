"""Plans and feeds over a real server."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import feedparser  # type: ignore[import-untyped] # it has no types
import pytest
from aiohttp.test_utils import BaseTestServer, TestServer
from icalendar import Calendar
from yarl import URL

from node.app import make_app
from node.feeds.entries import MOST_ENTRIES
from node.home import Home
from node.http.plans import PLACES
from tests.publisher import ADDRESS, Publisher, entry, open_home

LYON, OSLO = "lyon.example/log/lyon/1", "oslo.example/log/oslo/1"
MODIFIED = "2026-11-02T09:00:00Z"


class Client:
    def __init__(self, home: Home, server: BaseTestServer, session: aiohttp.ClientSession) -> None:
        self.home, self._server, self._session = home, server, session

    async def get(self, path: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
        url = URL(f"http://{self._server.host}:{self._server.port}{path}", encoded=True)
        async with self._session.get(url, headers=headers) as response:
            return response, await response.read()

    async def json(self, path: str, status: int = 200) -> Any:  # noqa: ANN401
        response, body = await self.get(path)
        assert response.status == status, body
        return json.loads(body)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    home = open_home(tmp_path / "home")
    async with TestServer(make_app(home)) as server, aiohttp.ClientSession() as session:
        yield Client(home, server, session)
    home.close()


def publish(home: Home, origin: str, **fields: Any) -> str:  # noqa: ANN401
    publisher = Publisher(home, origin, own=False)
    id_ = publisher.put(entry("Tool", modified=MODIFIED, **fields))
    publisher.publish()
    return f"{origin}/e/{id_.hex()}"


def planned(title: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"title": {"en": title}, "stage": "planned", "from": "2027-Q1", **fields}


async def test_every_list_takes_its_parameters(client: Client) -> None:
    publish(
        client.home,
        LYON,
        kind="participation",
        topics=["sector:health"],
        roadmap=[planned("Maps", id="maps", openTo=["pilot"]), planned("Later", **{"from": "2028"})],
        seeking=[
            {"type": "contributors", "text": {"en": "Join"}, "until": "2027-06-01", "skills": ["ux"],
             "compensation": {"kind": "paid"}},
            {"type": "advice", "text": {"en": "Old"}, "until": "2026-12-01"},
        ],
        offering=[{"type": "hosting", "text": {"en": "Host"}, "until": "2027-06-01"}],
        providers=[{"name": "Acme", "role": "hosting"}],
        participation={"status": "closed-analysing", "opens": "2026-01", "closes": "2026-02"},
    )  # fmt: skip
    for path, total in (
        ("roadmap", 2),
        ("roadmap?from=2027-Q1&to=2027-Q2&openTo=pilot&stage=planned&stage=done&topic=sector:health", 1),
        ("roadmap?from=2029&sort=date&stale=false", 2),
        ("roadmap?stale=true", 0),
        ("roadmap?q=maps&lang=en", 1),
        ("seeking?skill=UX&paid=true&type=contributors", 1),
        ("seeking?paid=false", 0),
        ("seeking?expired=only", 1),
        ("seeking?expired=all&open=2026-12-01", 2),
        ("offering?type=hosting", 1),
        ("providers?role=hosting&topic=sector:health", 1),
        ("consultations?overdue=true&status=closed-analysing", 1),
        ("consultations?overdue=false", 0),
    ):
        page = await client.json(f"/api/v1/{path}")
        assert page["total"] == len(page["items"]) == total, path
    page = await client.json("/api/v1/roadmap?limit=1&facets=stage,openTo")
    assert [(each["value"], each["count"]) for each in page["facets"]["openTo"]] == [("pilot", 1)]
    following = await client.json(page["next_url"])
    assert {page["items"][0]["title"], following["items"][0]["title"]} == {"Maps", "Later"}
    assert following["next"] is None


@pytest.mark.parametrize(
    "path",
    [
        "roadmap?from=2027-Q7",
        "roadmap?from=2028&to=2027",
        "roadmap?open=yesterday",
        "roadmap?paid=true",
        "roadmap?facets=skill",
        "roadmap?sort=name",
        "roadmap?cursor=x",
        "seeking?expired=maybe",
        "seeking?overdue=true",
        "seeking?paid=perhaps",
        "consultations?limit=0",
    ],
)
async def test_what_cannot_be_asked_is_a_problem(client: Client, path: str) -> None:
    assert (await client.json(f"/api/v1/{path}", 400))["detail"]


async def test_overlaps_are_asked_by_item_entry_or_publisher(client: Client) -> None:
    mine = publish(client.home, OSLO, roadmap=[planned("Ours", id="a", topics=["sector:health"])])
    publish(client.home, LYON, roadmap=[planned("Theirs", topics=["sector:health"])])
    for ref in (quote(f"{mine}#a"), mine, OSLO):
        (found,) = (await client.json(f"/api/v1/roadmap/{ref}/overlaps"))["items"]
        assert [each["item"]["title"] for each in found["overlaps"]] == ["Theirs"]
    await client.json(f"/api/v1/roadmap/{mine}%23b/overlaps", 404)


@pytest.mark.parametrize("name", PLACES)
async def test_every_list_is_a_feed_and_a_calendar(client: Client, name: str) -> None:
    publish(
        client.home,
        LYON,
        kind="participation",
        roadmap=[planned("Maps")],
        seeking=[{"type": "advice", "text": {"en": "Join"}, "until": "2027-06-01"}],
        offering=[{"type": "hosting", "text": {"en": "Host"}, "until": "2027-06-01"}],
        providers=[{"name": "Acme", "until": "2027-06-01"}],
        participation={"status": "open", "opens": "2027-01", "closes": "2027-02"},
    )
    response, body = await client.get(f"/feeds/{name}.atom?q=tool&lang=fr")
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    found = feedparser.parse(body)
    assert not found.bozo
    assert found.feed.title.startswith("City of Example: ")
    assert found.feed.title.endswith(": tool")
    assert found.feed.links[0].href == f"{ADDRESS}/feeds/{name}.atom?q=tool&lang=fr"
    assert found.feed.links[1].href == f"{ADDRESS}/fr/{name}?q=tool&lang=fr"
    assert found.feed.links[2].href == f"{ADDRESS}/api/v1/{name}?q=tool&lang=fr"
    # Whoever follows it sees the question as it was asked.
    assert (await client.get(f"/fr/{name}?q=tool&lang=fr"))[0].status == 200
    assert [each.updated for each in found.entries] == [MODIFIED]
    unchanged, _ = await client.get(
        f"/feeds/{name}.atom?q=tool&lang=fr", **{"If-None-Match": response.headers["ETag"]}
    )
    assert unchanged.status == 304
    feed = await client.json(f"/feeds/{name}.json")
    assert [each["id"] for each in feed["items"]] == [found.entries[0].id]
    response, body = await client.get(f"/feeds/{name}.ics")
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert [str(event["uid"]) for event in Calendar.from_ical(body).walk("VEVENT")] == [found.entries[0].id]


async def test_a_feed_is_paged(client: Client) -> None:
    publish(
        client.home, LYON, roadmap=[planned(f"item {n}", topics=["sdg:1"]) for n in range(MOST_ENTRIES + 7)]
    )
    first = await client.json("/feeds/roadmap.json?topic=sdg:1")
    assert len(first["items"]) == MOST_ENTRIES
    assert first["next_url"].startswith(f"{ADDRESS}/feeds/roadmap.json?topic=sdg")
    second = await client.json(first["next_url"].removeprefix(ADDRESS))
    assert len({each["id"] for each in first["items"] + second["items"]}) == MOST_ENTRIES + 7
    assert "next_url" not in second


async def test_a_feed_keeps_its_question_as_it_was_asked(client: Client) -> None:
    publish(client.home, LYON, roadmap=[planned(f"R&D budget {n}") for n in range(MOST_ENTRIES + 1)])
    feed = await client.json("/feeds/roadmap.json?q=R%26D+budget")
    assert feed["feed_url"] == f"{ADDRESS}/feeds/roadmap.json?q=R%26D+budget"
    following = await client.json(feed["next_url"].removeprefix(ADDRESS))
    assert len(following["items"]) == 1


async def test_both_owners_can_follow_their_overlaps(client: Client) -> None:
    topics = {"topics": ["sector:health"]}
    publish(client.home, OSLO, roadmap=[planned("Ours", **topics)])
    publish(client.home, LYON, roadmap=[planned("Theirs", to="2027-Q2", **topics)])
    feeds = [await client.json(f"/feeds/overlaps.json?publisher={origin}") for origin in (OSLO, LYON)]
    assert feeds[0]["items"][0]["id"] == feeds[1]["items"][0]["id"]
    assert feeds[0]["items"][0]["title"] == "Tool: Ours / Tool: Theirs"
    assert feeds[0]["items"][0]["content_text"].startswith("Both are about: Health. Both run: 2027-01-01 to")
    assert feeds[0]["home_page_url"] == f"{ADDRESS}/o/{OSLO}"
    french = (await client.json(f"/feeds/overlaps.json?publisher={OSLO}&lang=fr"))["items"][0]
    assert french["id"] == feeds[0]["items"][0]["id"]
    assert french["content_text"].startswith("Les deux portent sur : Santé.")
    _, body = await client.get(f"/feeds/overlaps.atom?publisher={OSLO}")
    assert not feedparser.parse(body).bozo
    await client.json("/feeds/overlaps.atom", 400)
    await client.json("/feeds/overlaps.atom?publisher=nobody.example/log/x/1", 404)


@pytest.mark.parametrize("name", ["roadmap", "roadmap.xml", "everything.atom", ".atom", "roadmap.atom.gz"])
async def test_there_is_no_other_feed(client: Client, name: str) -> None:
    assert "roadmap.atom" in (await client.json(f"/feeds/{name}", 404))["detail"]
