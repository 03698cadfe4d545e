"""Feeds of a project: what `fedcat use` and `fedcat vouch` state says when it was changed by other fields."""

from typing import Any

import feedparser  # type: ignore[import-untyped] # it has no types
from aiohttp.test_utils import TestClient

from node.answers.indexing import catch_up
from node.answers.texts import moment
from node.home import Home
from node.uses import use_of
from node.vouches import vouch_for
from tests.publisher import NOW, Publisher, entry

CITY, STATE = "127.0.0.1:8401/log/city/1", "127.0.0.1:8401/log/state/1"
DAY = 86_400


async def test_uses_and_vouches_come_up_when_they_are_stated(
    home: Home, client: TestClient[Any, Any]
) -> None:
    city, state = Publisher(home, CITY), Publisher(home, STATE)
    tool = city.put(entry("Tool", modified=moment(NOW - 9 * DAY)))
    city.publish()
    address = f"{CITY}/e/{tool.hex()}"
    # What the commands publish: they write no `modified`, which is a field of entries.
    _, used = use_of(home, STATE, address, {"status": "production"})
    _, vouched = vouch_for(home, STATE, address, "recommend", {})
    state.put(used)
    state.put(vouched)
    state.publish()
    catch_up(home)
    path = f"/feeds/project.atom?project={address}"
    found = feedparser.parse(await (await client.get(path)).read())
    today = str(moment(home.now()))[:10]
    assert [each.updated[:10] for each in found.entries] == [today, today, str(moment(NOW - 9 * DAY))[:10]]
    assert found.feed.updated[:10] == today
