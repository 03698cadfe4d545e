"""A saved search as a feed: what is new to this node comes first."""

from typing import Any

import feedparser  # type: ignore[import-untyped] # it has no types
from aiohttp.test_utils import TestClient

from node.answers.indexing import catch_up
from node.home import Home
from tests.publisher import Publisher, entry


async def titles(home: Home, client: TestClient[Any, Any], query: str) -> list[str]:
    catch_up(home)
    text = await (await client.get(f"/feeds/search.atom?{query}")).read()
    found = feedparser.parse(text)
    assert not found.bozo, found
    answer = await (await client.get(f"/feeds/search.json?{query}")).json()
    assert [item["title"] for item in answer["items"]] == [each.title for each in found.entries]
    assert all(each.updated.endswith("Z") for each in found.entries)
    return [each.title for each in found.entries]


async def test_what_came_last_comes_first_however_old_it_says_it_is(
    home: Home, client: TestClient[Any, Any]
) -> None:
    city, state = (
        Publisher(home, "127.0.0.1:8401/log/city/1"),
        Publisher(home, "b.example/log/b/1", own=False),
    )
    city.put(entry("Budget one", modified="2026-05-03T09:00:00Z", summary={"en": "Spend & vote"}))
    city.put(entry("Budget two", modified="2026-06-03T09:00:00Z"))
    city.put(entry("Parks", kind="service"))
    city.publish()
    assert await titles(home, client, "q=budget") == ["Budget two", "Budget one"]
    state.put(entry("Budget of long ago", modified="2001-01-01T00:00:00Z"))
    state.publish()
    assert await titles(home, client, "q=budget&sort=name") == [
        "Budget of long ago",
        "Budget two",
        "Budget one",
    ]
    # What changes comes up again.
    city.put(entry("Parks", kind="service", modified="yesterday"))
    city.publish()
    assert (await titles(home, client, ""))[0] == "Parks"
    assert await titles(home, client, "kind=service&lang=fr") == ["Parks"] * 2
    assert await titles(home, client, "q=nothing1") == []


async def test_a_feed_names_its_question(client: TestClient[Any, Any]) -> None:
    answer = await (await client.get("/feeds/search.json?q=budget+tool&kind=software")).json()
    assert answer["feed_url"].endswith("/feeds/search.json?q=budget+tool&kind=software")
    assert answer["title"].endswith(": budget tool")
    assert (await client.get("/feeds/search.atom?colour=red")).status == 400


async def test_items_lead_to_pages_and_are_by_whoever_names_itself(
    home: Home, client: TestClient[Any, Any]
) -> None:
    origin = "b.example/log/b/1"
    state = Publisher(home, origin, own=False)
    profile = state.put({"type": "profile", "v": 1, "name": {"en": "State", "fr": "Région"}}).hex()
    tool = state.put(entry("Tool")).hex()
    state.publish()
    catch_up(home)
    base = "http://127.0.0.1:8401"
    for lang, pages, name in (("fr", f"{base}/fr", "Région"), ("", base, "State")):
        path = f"/feeds/search.atom?publisher={origin}" + (f"&lang={lang}" if lang else "")
        found = feedparser.parse(await (await client.get(path)).read())
        assert {each.link for each in found.entries} == {
            f"{pages}/p/{origin}/e/{tool}",
            f"{pages}/o/{origin}",
        }
        assert {each.links[1].href for each in found.entries} == {
            f"{base}/api/v1/projects/{origin}/e/{tool}",
            f"{base}/api/v1/publishers/{origin}",
        }
        authors = [(each.name, each.href) for entry in found.entries for each in entry.authors]
        assert authors == [(name, f"{pages}/o/{origin}")] * 2
        assert found.feed.link == f"{pages}/search?publisher={origin}" + (f"&lang={lang}" if lang else "")
    # What has no language leads on to the one that the browser asks for, whatever is asked of the page.
    wish = {"Accept-Language": "it;q=0.9, de"}
    for path in (
        f"/p/{origin}/e/{tool}",
        f"/e/{origin}/e/{profile}",
        f"/o/{origin}",
        "/search?q=a%20b&kind=x",
    ):
        answer = await client.get(path, headers=wish, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (302, f"/it{path}")
        assert answer.headers["Vary"] == "Accept-Language"
    for path in ("/roadmap", "/seeking", "/offering", "/providers", "/consultations", "/planet", "/feeds"):
        assert (await client.get(path, headers=wish)).url.path == f"/it{path}"
