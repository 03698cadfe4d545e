"""Reminders of entries that are dated far ahead."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from node.home import Home
from tests.publisher import Publisher, entry

CITY = "127.0.0.1:8401/log/city/1"


@pytest.mark.parametrize("field", ["modified", "reviewed"])
async def test_an_entry_of_the_last_year_of_the_calendar_is_told_of(
    home: Home, client: TestClient[Any, Any], field: str
) -> None:
    city = Publisher(home, CITY)
    city.put(entry("Far", **{field: "9999-12-31T23:59:59Z"}))
    city.publish()
    for ending in ("atom", "json", "ics"):
        answer = await client.get(f"/feeds/reminders.{ending}?publisher={CITY}")
        assert answer.status == 200
    items = (await (await client.get(f"/feeds/reminders.json?publisher={CITY}")).json())["items"]
    assert [each["title"] for each in items] == ["Far: nobody confirmed this for 365 days"]
