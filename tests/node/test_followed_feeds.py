"""Feeds of one project, and of what a publisher should look at again."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import feedparser  # type: ignore[import-untyped] # it has no types
from aiohttp.test_utils import TestClient
from icalendar import Calendar

from node.answers.indexing import catch_up
from node.feeds.entries import NEVER
from node.home import Home
from node.plans.freshness import SOON_DAYS, STALE_DAYS
from tests.publisher import NOW, Publisher, entry
from tests.reuse_world import use

TODAY = dt.datetime.fromtimestamp(NOW, dt.UTC).date()
CITY, STATE = "127.0.0.1:8401/log/city/1", "b.example/log/state/1"


def day(days: int) -> str:
    return str(TODAY + dt.timedelta(days))


def changed(days: int) -> Mapping[str, Any]:
    return {"modified": f"{day(days)}T09:00:00Z"}


async def entries(client: TestClient[Any, Any], path: str) -> list[Any]:
    """Return what a feed has, which is the same in both formats."""
    found = feedparser.parse(await (await client.get(path)).read())
    assert not found.bozo, found
    answer = await (await client.get(path.replace(".atom", ".json"))).json()
    assert [each["title"] for each in answer["items"]] == [each.title for each in found.entries]
    assert answer["feed_url"].endswith(path.replace(".atom", ".json"))
    return list(found.entries)


async def test_a_project_is_followed_with_all_that_is_said_of_it(
    home: Home, client: TestClient[Any, Any]
) -> None:
    city, state = Publisher(home, CITY), Publisher(home, STATE, own=False)
    tool = city.put(entry("Tool", summary={"en": "Counts lamps", "fr": "Compte"}, **changed(-9)))
    city.publish()
    address = f"{CITY}/e/{tool.hex()}"
    state.put({"type": "profile", "v": 1, "name": {"en": "State of Example"}})
    used = state.put(use(address, **changed(-3)))
    state.put({"type": "vouch", "v": 1, "target": address, "vouchType": "recommend", **changed(400)})
    state.publish()
    catch_up(home)
    path = f"/feeds/project.atom?project={address}&lang=fr"
    found = await entries(client, path)
    # A time to come counts as none, so that nobody stays first for ever.
    assert [each.title for each in found] == [
        "Tool: State of Example dit l’utiliser ou y réfléchir",  # noqa: RUF001 - as it is printed
        f"Tool: {CITY} le décrit",
        "Tool: State of Example s’en porte garant",  # noqa: RUF001 - as it is printed
    ]
    assert found[1].content[0].value.startswith("Compte")
    # Each leads to the statement that says so.
    assert [each.link for each in found[:2]] == [
        f"http://127.0.0.1:8401/fr/e/{STATE}/e/{used.hex()}",
        f"http://127.0.0.1:8401/fr/e/{address}",
    ]
    ids = [each.id for each in found]
    # What is changed comes up again, as the entry that it was.
    state.put(use(address, "retired", until=day(-1), **changed(-1)), used)
    city.put(entry("Tool", **changed(0)), tool)
    for each in (state, city):
        each.publish()
    found = await entries(client, path)
    assert [each.id for each in found] == [ids[1], ids[0], ids[2]]
    assert found[1].title.endswith("avoir utilisé")
    assert (await client.get("/feeds/project.atom?project=none.example")).status == 404
    assert (await client.get("/feeds/project.atom")).status == 400


async def test_a_publisher_is_reminded_once_of_each_thing(home: Home, client: TestClient[Any, Any]) -> None:
    city, state = Publisher(home, CITY), Publisher(home, STATE, own=False)
    calls = [
        {"id": "soon", "type": "funding", "until": day(SOON_DAYS - 5)},
        {"id": "over", "type": "funding", "until": day(-2)},
        {"id": "later", "type": "funding", "until": day(SOON_DAYS + 5)},
    ]
    for name, fields in (
        ("Fresh", changed(-5)),
        ("Old", changed(-STALE_DAYS - 10)),
        ("Undated", {}),
        ("Calls", {**changed(-5), "seeking": calls}),
    ):
        city.put(entry(name, **fields))
        state.put(entry(name, **fields))
    for each in (city, state):
        each.publish()
    found = await entries(client, f"/feeds/reminders.atom?publisher={CITY}")
    assert [(each.title, each.updated) for each in found] == [
        ("Calls: the call over has ended", f"{day(-1)}T00:00:00Z"),
        ("Calls: the call soon ends soon", f"{day(-5)}T00:00:00Z"),
        (f"Old: nobody confirmed this for {STALE_DAYS} days", f"{day(-9)}T00:00:00Z"),
        (f"Undated: nobody confirmed this for {STALE_DAYS} days", NEVER),
    ]
    assert "fedcat entry review" in found[2].content[0].value
    french = await entries(client, f"/feeds/reminders.atom?publisher={CITY}&lang=fr")
    assert [each.id for each in french] == [each.id for each in found]
    assert french[0].title == "Calls : l’appel over est terminé"  # noqa: RUF001 - as it is printed
    assert french[0].link.startswith(f"http://127.0.0.1:8401/fr/e/{CITY}/e/")
    calendar = Calendar.from_ical(await (await client.get(f"/feeds/reminders.ics?publisher={CITY}")).read())
    days = [str(event.decoded("dtstart")) for event in calendar.walk("VEVENT")]
    assert days == [day(-2), day(SOON_DAYS - 5), day(-9)]
    for publisher in (STATE, "none.example/log/none/1"):
        assert (await client.get(f"/feeds/reminders.atom?publisher={publisher}")).status == 404
