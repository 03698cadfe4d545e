"""Changes and versions over a real server: links that go on, and cursors that lead nowhere."""

import base64
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from yarl import URL

from node.answers.provenance import show
from node.app import make_app
from node.errors import NotFoundError
from tests.publisher import Publisher, entry, open_home

ORIGIN = "127.0.0.1:8401/log/city/1"


async def test_pages_of_changes_are_linked(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    publisher = Publisher(home, ORIGIN)
    for number in range(5):
        publisher.put(entry(f"Number {number}"))
    publisher.publish()
    seen: list[int] = []
    async with TestServer(make_app(home)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        path, following = "/api/v1/changes?limit=2", ""
        while path:
            async with session.get(path) as response:
                page = await response.json()
                link = response.links.get("next")
            seen += [each["index"] for each in page["changes"]]
            assert page["more"] == (link is not None)
            path = "" if link is None else str(URL(link["url"]).relative())
            following = page["next"]
        assert seen == [1, 2, 3, 4, 5]
        unknown = base64.urlsafe_b64encode(b"\1" + bytes(7) + b"\7" + bytes(16)).decode().rstrip("=")
        for cursor, status in ((following, 200), (unknown, 410), ("x", 400)):
            async with session.get("/api/v1/changes", params={"since": cursor}) as response:
                assert response.status == status
        async with session.get("/api/v1/changes?limit=1001") as response:
            assert (response.status, response.content_type) == (400, "application/problem+json")
    home.close()


async def test_each_version_of_an_entry_is_to_be_had(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    publisher = Publisher(home, ORIGIN)
    id_ = publisher.put(entry("Old"))
    publisher.publish()
    publisher.put(entry("Older no more"), id_)
    publisher.publish()
    publisher.withdraw(id_)
    publisher.erase(id_, 1, reason=77)
    publisher.publish()
    shown = {version: show(home, id_.hex(), version) for version in (1, 2, 3)}
    assert {version: each["state"] for version, each in shown.items()} == {
        1: "erased",
        2: "superseded",
        3: "withdrawn",
    }
    assert (shown[1]["erased"], shown[1]["statement"], shown[1]["newest"]) == ("77", None, 3)
    assert (shown[2]["name"], shown[2]["index"]) == ("Older no more", 2)
    with pytest.raises(NotFoundError):
        show(home, id_.hex(), 4)
    async with TestServer(make_app(home)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        place = f"/api/v1/entries/{id_.hex()}"
        for version, status in ((2, 200), (0, 404), (9, 404), (-1, 400)):
            async with session.get(place, params={"version": version}) as response:
                assert response.status == status
                if status == 200:
                    assert await response.json() == shown[2]
    home.close()
