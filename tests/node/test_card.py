"""Who lives at an address, and whether it is well."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import BaseTestServer, TestServer

from node.app import HEALTH, make_app
from node.home import Home
from node.http.card import SOFTWARE, card, log_url
from node.own.keyfiles import make_directory, save_mirror_key
from tests.publisher import MIRROR_KEY, Publisher, open_home

ORIGIN = "127.0.0.1:8401/log/city/1"
PARKS = "a.example/log/parks/1"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Home, BaseTestServer, aiohttp.ClientSession]]:
    home = open_home(tmp_path / "home")
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    app = make_app(home)
    async with TestServer(app) as server, aiohttp.ClientSession(str(server.make_url("/"))) as client:
        yield home, server, client
    home.close()


async def test_the_card_names_own_logs_and_the_mirror_key(
    served: tuple[Home, BaseTestServer, aiohttp.ClientSession],
) -> None:
    home, _, client = served
    own = Publisher(home, ORIGIN)
    Publisher(home, PARKS, own=False)
    async with client.get("/.well-known/fedcat") as response:
        assert response.headers["Content-Type"] == "application/json"
        document = await response.json()
    assert document == card(home)
    assert document == {
        "fedcat": 1,
        "software": SOFTWARE,
        "logs": [
            {
                "origin": ORIGIN,
                "url": "http://127.0.0.1:8401/log/city/1",
                "fingerprint": own.chain.fingerprint,
            }
        ],
        "mirror": str(MIRROR_KEY.vkey),
    }


async def test_logs_are_served_where_their_urls_say(
    served: tuple[Home, BaseTestServer, aiohttp.ClientSession],
) -> None:
    home, _, client = served
    for origin, own in ((ORIGIN, True), (PARKS, False)):
        Publisher(home, origin, own=own).publish()
        row = home.logs.get(origin)
        assert row is not None
        url = log_url(home, row)
        assert url.startswith("http://127.0.0.1:8401/")
        async with client.get(url.removeprefix("http://127.0.0.1:8401") + "/checkpoint") as response:
            assert response.status == 200


async def test_live_is_not_ready(served: tuple[Home, BaseTestServer, aiohttp.ClientSession]) -> None:
    home, server, client = served
    async with client.get("/livez") as response:
        assert (response.status, await response.json()) == (200, {"live": True})
    async with client.get("/readyz") as response:
        assert response.status == 503
    assert isinstance(server, TestServer)
    server.app[HEALTH].is_listening = True
    async with client.get("/readyz") as response:
        assert (response.status, await response.json()) == (200, {"ready": True})
    home.close()
    with home.database.write() as connection:
        connection.execute("ALTER TABLE log RENAME TO broken")
    async with client.get("/readyz") as response:
        assert response.status == 503
        assert "database" in (await response.json(content_type=None))["detail"]
