"""Pages of what a hostile publisher says: nothing of it becomes an element, an attribute or a script."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from node.answers.indexing import catch_up
from node.app import make_app
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from tests.hostile import ALLOWED, PAYLOADS, state
from tests.publisher import MIRROR_KEY, Publisher, open_home
from tests.reuse_world import verify
from tests.web_checks import is_harmless

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORIGIN = "evil.example/log/evil/1"
OTHER = "sly.example/log/sly/1"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """What two publishers say who mean harm."""
    opened = open_home(tmp_path_factory.mktemp("hostile") / "home")
    make_directory(opened.keys_dir)
    save_mirror_key(opened.keys_dir, MIRROR_KEY)
    for origin in (ORIGIN, OTHER):
        state(Publisher(opened, origin, own=False), alone=origin == ORIGIN)
    verify(opened, ORIGIN, ALLOWED[1])
    catch_up(opened)
    yield opened
    opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(home: Home) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(make_app(home))) as client:
        yield client


async def pages(asked: TestClient[Any, Any]) -> list[str]:
    changes = await (await asked.get("/api/v1/changes?limit=1000")).json()
    addresses = {each["address"] for each in changes["changes"] if each["op"] != "keys"}
    found = ["/", "/topics", "/roadmap", "/seeking", "/offering", "/publishers", "/federation", "/about"]
    found += ["/accessibility", f"/o/{ORIGIN}", f"/o/{OTHER}", "/search?limit=100&facets=kind"]
    found += [f"/e/{address}" for address in sorted(addresses)]
    found += [f"/log/{ORIGIN}", f"/log/{OTHER}?before=5", "/feeds"]
    items = (await (await asked.get("/api/v1/search?limit=100")).json())["items"]
    refs = [each["address"] for each in items if each["type"] == "entry"][:4]
    found.append("/compare?" + "&".join(f"p={quote(each, safe='')}" for each in refs))
    return found + [f"/p/{each['address']}" for each in items if each["type"] == "entry"][:4]


async def test_nothing_that_is_stated_becomes_markup(asked: TestClient[Any, Any]) -> None:
    shown = 0
    for path in await pages(asked):
        response = await asked.get(f"/en{path}")
        text = await response.text()
        assert response.status == 200, (path, text[-500:])
        page = is_harmless(text)
        shown += sum("xss" in said for said, _ in page.texts)
    # It is shown all the same, as the text that it is.
    assert shown > 200


async def test_nothing_that_is_asked_becomes_markup(asked: TestClient[Any, Any]) -> None:
    for path in (
        path for bad in (*PAYLOADS[:4], " ".join(PAYLOADS)[:490]) for path in questions(quote(bad, safe=""))
    ):
        response = await asked.get(path, headers={"Accept": "text/html", "Accept-Language": "en"})
        assert response.status in (200, 400, 404), path
        assert response.content_type == "text/html", path
        is_harmless(await response.text())


def questions(word: str) -> tuple[str, ...]:
    return (
        f"/en/search?q={word}&kind={word}&publisher={word}&sort=name",
        f"/en/roadmap?q={word}&stage={word}&topic={word}",
        f"/en/search?{word}={word}",
        f"/en/search?view={word}",
        f"/en/p/{word}",
        f"/en/e/{word}?version={word}",
        f"/en/o/{word}",
        f"/en/log/{word}",
        f"/en/compare?p={word}",
        f"/en/verify?entry={word}",
        f"/en/topics/{word}",
        f"/{word}",
    )
