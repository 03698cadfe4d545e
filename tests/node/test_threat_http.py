"""What the node's own door refuses: requests of two meanings, paths of two spellings, content that runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from node.app import make_app
from node.home import Home
from node.http.runner import Runner
from node.own.keyfiles import make_directory, save_mirror_key
from protocol.origin import address
from tests.publisher import MIRROR_KEY, Publisher, open_home

ORIGIN = "127.0.0.1:8401/log/city/1"
PATIENCE = 10.0


class Door:
    """A home with one log, served as ``fedcat serve`` serves it."""

    def __init__(self, home: Home, port: int) -> None:
        self.home, self.port = home, port

    async def say(self, *portions: bytes) -> bytes:
        """Send bytes, a moment between the portions, and return all that comes until it hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.timeout(PATIENCE):
                for portion in portions:
                    writer.write(portion)
                    await writer.drain()
                    await asyncio.sleep(0.05)
                return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    home = open_home(tmp_path / "home")
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    runner = Runner(make_app(home), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server = site._server
    assert isinstance(server, asyncio.Server)
    yield Door(home, server.sockets[0].getsockname()[1])
    await runner.cleanup()
    home.close()


GET = b"GET /livez HTTP/1.1\r\n"
CHUNKED = GET + b"Host: x\r\nTransfer-Encoding: chunked\r\n\r\n"
SMUGGLED = b"GET /readyz HTTP/1.1\r\nHost: smuggled\r\n\r\n"

TWO_MEANINGS = {
    "CL and TE": GET + b"Host: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "TE and CL": GET + b"Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": GET + b"Host: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n12345",
    "a signed length": GET + b"Host: x\r\nContent-Length: +4\r\n\r\n1234",
    "a hexadecimal length": GET + b"Host: x\r\nContent-Length: 0x4\r\n\r\n1234",
    "another coding": GET + b"Host: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": GET + b"Host: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "a chunk without a size": CHUNKED + b"zz\r\n\r\n",
    "a chunk of negative size": CHUNKED + b"-1\r\n\r\n",
    "a chunk of too many digits": CHUNKED + b"1" + b"0" * 17 + b"\r\n",
    "a chunk that is longer than it says": CHUNKED + b"1\r\nabc\r\n0\r\n\r\n",
    "a size in another base": CHUNKED + b"0x1\r\na\r\n0\r\n\r\n",
    "two hosts": GET + b"Host: a\r\nHost: b\r\n\r\n",
    "no host": GET + b"\r\n",
    "a folded header": GET + b"Host: x\r\nX: a\r\n b\r\n\r\n",
    "a space before the colon": GET + b"Host : x\r\n\r\n",
    "a bare line feed in a header": GET + b"Host: x\r\nX: a\nY: b\r\n\r\n",
    "a bare carriage return": GET + b"Host: x\r\nX: a\rY: b\r\n\r\n",
    "a NUL": GET + b"Host: x\r\nX: a\x00b\r\n\r\n",
}


@pytest.mark.parametrize("kind", TWO_MEANINGS)
async def test_a_request_of_two_meanings_is_refused_and_nothing_behind_it_is_read(
    door: Door, kind: str
) -> None:
    answer = await door.say(TWO_MEANINGS[kind] + SMUGGLED)
    assert answer.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 ")), answer
    assert answer.count(b"HTTP/1.") == 1
    assert b"\r\nConnection: close\r\n" in answer or answer.startswith(b"HTTP/1.0")
    assert b"smuggled" not in answer


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>"
TYPES = {
    "application/json",
    "application/problem+json",
    "application/octet-stream",
    "text/plain; charset=utf-8",
}


async def test_nothing_that_is_served_can_run_in_a_browser(door: Door) -> None:
    """What is no page is data of a type that no browser takes for one, whatever a peer wrote."""
    publisher = Publisher(door.home, ORIGIN)
    fields: dict[str, Any] = {"type": "entry", "v": 1, "kind": "software", "name": {"en": HOSTILE}}
    fields |= {
        "summary": {"en": HOSTILE},
        "links": [{"rel": "landing", "url": f"javascript:alert({HOSTILE})"}],
    }
    id_ = publisher.put(fields)
    publisher.put({"type": "profile", "v": 1, "name": {"en": HOSTILE}})
    publisher.publish()
    log, where = "/log/city/1", address(ORIGIN, id_)
    paths = [f"/api/v1/{rest}" for rest in ("search?q=script", "publishers", f"publishers/{ORIGIN}", "nodes")]
    paths += [f"/api/v1/entries/{where}{rest}" for rest in ("", "/history", "/proof")]
    paths += [f"/api/v1/projects/{where}", "/api/v1/heads", "/checkpoints", "/.well-known/fedcat", "/livez"]
    paths += [
        f"{log}/{file}" for file in ("checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3", "content/000")
    ]
    paths += [f"{log}/{file}" for file in ("blob/1", "keys/1", "no such file", HOSTILE)]
    paths += [f"/{HOSTILE}", f"/api/v1/search?{HOSTILE}=1", f"/api/v1/entries/{HOSTILE}", "/evidence/0"]
    base = URL(f"http://127.0.0.1:{door.port}")
    async with aiohttp.ClientSession() as client:
        for path in paths:
            async with client.get(URL(f"{base}{path.replace('<', '%3C').replace('>', '%3E')}")) as answer:
                body = await answer.read()
            assert answer.headers["Content-Type"] in TYPES, path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            if answer.status == 200 and answer.headers["Content-Type"].endswith("json"):
                json.loads(body)
            if path.endswith("/proof"):
                assert answer.headers["Content-Disposition"].startswith("attachment;")
            assert answer.status in (200, 400, 404), path


PLACES = (
    *(
        "/log/city/1/../1/checkpoint",
        "/log/city/1/./checkpoint",
        "/log//city/1/checkpoint",
        "//log/city/1/checkpoint",
    ),
    *("/log/city/1/tile/0/../0/000.p/3", "/log/city/1/tile/%30/000.p/3", "/log/city/1%2Fcheckpoint"),
    *(
        "/log/city/1/..%2f..%2f..%2f..%2fconfig.toml",
        "/log/city/1/../../../../config.toml",
        "/../../etc/passwd",
    ),
    *("/log/city/1/tile/0/000.p/3/", "/log/city/1/tile/0/000.p/3?", "/log/city/1/tile/0/000.p/3;v=1"),
    *("/log/city/1/tile\\0\\000.p\\3", "/log/city/1/TILE/0/000.p/3", "/log/city/1/tile/0/000.P/3"),
    *("/log/city/1/tile/0/000.p/03", "/log/city/1/tile/0/0.p/3", "/log/city/1/tile/0/x000/000.p/3"),
    *(
        "/log/city/1/tile/00/000.p/3",
        "/log/city/1/tile/0/000.p/+3",
        "/log/city/1/tile/0/\u0660\u0660\u0660.p/3",
    ),
    *("/log/city/1/tile/0/000.p/256", "/log/city/1/tile/0/-01.p/3", "/log/city/1/tile/0/000.p/3%00"),
    *("/log/city/1/content/0", "/log/city/1/blob/01", "/log/city/1/blob/1.0", "/log/city/1/keys/01"),
)


@pytest.mark.parametrize("path", PLACES)
async def test_only_the_one_spelling_of_a_path_leads_to_a_file(door: Door, path: str) -> None:
    publisher = Publisher(door.home, ORIGIN)
    for _ in range(2):
        publisher.put({"type": "profile", "v": 1, "name": {"en": "City"}})
    publisher.publish()
    for spelt, status in (("/log/city/1/tile/0/000.p/3", b" 200 "), (path, b" 404 ")):
        request = f"GET {spelt} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        first = (await door.say(request)).partition(b"\r\n")[0]
        assert status in first + b" " or (spelt == path and b" 400 " in first + b" "), (spelt, first)
