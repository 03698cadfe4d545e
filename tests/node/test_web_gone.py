"""What pages and answers show of what is gone: what it was, why, what is in its place, and since when."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from node.answers.indexing import catch_up
from node.app import make_app
from node.own.keyfiles import make_directory, save_mirror_key
from tests.markup import Page
from tests.publisher import MIRROR_KEY, Publisher, entry, open_home
from tests.reuse_world import use
from tests.web_checks import sound_page

pytestmark = pytest.mark.asyncio(loop_scope="module")

CITY = "127.0.0.1:8401/log/city/1"
NAMES = ("Pond", "Tree", "Bench", "Fence", "Gate", "Path", "Use")
AT = {name: f"{CITY}/e/{number:032x}" for number, name in enumerate(NAMES, 1)}
DAY = "2027-01-15"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TestClient[Any, Any]]:
    """A city that withdrew and erased some of what it published."""
    home = open_home(tmp_path_factory.mktemp("gone") / "home")
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    city = Publisher(home, CITY)
    city.put({"type": "profile", "v": 1, "name": {"en": "The city"}})
    ids = {name: bytes.fromhex(AT[name].rpartition("/")[2]) for name in NAMES}
    for name in NAMES[:-1]:
        city.put(entry({"en": f"{name} atlas", "fr": f"Atlas {name}"}), ids[name])
    city.put(use("https://tool.example/"), ids["Use"])
    city.publish()
    said = city.index(ids["Path"])
    city.withdraw(ids["Pond"], reason="error")
    city.withdraw(ids["Tree"], reason="merged", successor=AT["Bench"])
    city.withdraw(ids["Fence"], reason="moved", successor=AT["Gate"])
    city.erase(ids["Gate"], reason=3)
    city.withdraw(ids["Path"], reason="legal")
    city.erase(ids["Path"], said)
    city.publish()
    catch_up(home)
    async with TestClient(TestServer(make_app(home))) as client:
        yield client
    home.close()


async def shown(asked: TestClient[Any, Any], path: str, status: int = 200, tag: str = "en") -> Page:
    return await sound_page(asked, f"/{tag}{path}", status=status, tag=tag, leads_on=False)


@pytest.mark.parametrize(
    ("name", "heading", "words"),
    [
        ("Pond", "Pond atlas", "withdrew it. The reason: Stated by mistake"),
        ("Fence", "Fence atlas", "withdrew it. The reason: "),
        ("Gate", "Something that was erased", "The reason: A court’s decision"),  # noqa: RUF001 - as printed
        # Its publisher withdrew it, and then had erased what it said.
        ("Path", "Something that was withdrawn", "withdrew it. The reason: "),
    ],
)
async def test_the_address_of_a_project_that_is_gone_says_why(
    asked: TestClient[Any, Any], name: str, heading: str, words: str
) -> None:
    for page in (await shown(asked, f"/p/{AT[name]}", 410), await shown(asked, f"/e/{AT[name]}")):
        assert page.text_of("h1") == [heading]
        said = " ".join(page.text_of("main"))
        assert words in said
        assert "The city" in said
        assert any(each.get("datetime") == DAY for each in page.all("time"))
        assert "atlas" not in said.replace(heading, "")
    links = {each["href"] for each in (await shown(asked, f"/p/{AT[name]}", 410)).all("a")}
    assert {f"/en/e/{AT[name]}", f"/en/o/{CITY}"} <= links
    assert (await shown(asked, "/p/" + AT["Fence"], 410, "fr")).text_of("h1") == ["Atlas Fence"]


async def test_what_took_its_place_is_named_or_led_to(asked: TestClient[Any, Any]) -> None:
    response = await asked.get(f"/en/p/{AT['Tree']}", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (302, f"/en/p/{AT['Bench']}")
    # What took the place of this one is gone too: its own tombstone says so.
    page = await shown(asked, f"/p/{AT['Fence']}", 410)
    assert f"/en/p/{AT['Gate']}" in {each["href"] for each in page.all("a")}
    for path in (f"/api/v1/projects/{AT['Fence']}", f"/api/v1/projects?url={AT['Fence']}"):
        response = await asked.get(path)
        assert response.status == 404
        assert AT["Fence"] in (await response.json())["detail"]


async def test_other_statements_have_their_own_page(asked: TestClient[Any, Any]) -> None:
    response = await asked.get(f"/en/p/{AT['Use']}", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (302, f"/en/e/{AT['Use']}")
    await shown(asked, f"/p/{CITY}/e/{'0' * 32}", 404)


async def test_no_version_is_current_and_erased_at_once(asked: TestClient[Any, Any]) -> None:
    for name, current in (("Gate", 0), ("Path", 1), ("Bench", 1)):
        rows = (await shown(asked, f"/e/{AT[name]}")).text_of("tr")
        assert sum(" Current" in row for row in rows) == current
        assert not any("Current" in row and "Erased" in row for row in rows)
        versions = (await (await asked.get(f"/api/v1/entries/{AT[name]}/history")).json())["versions"]
        assert sum(each["current"] for each in versions) == current


async def test_a_program_gets_the_statement_with_its_state(asked: TestClient[Any, Any]) -> None:
    found = {}
    for name, address in AT.items():
        response = await asked.get(f"/api/v1/entries/{address}")
        assert response.status == 200
        found[name] = await response.json()
        assert found[name]["seen_at"] == f"{DAY}T08:00:00Z"
    states = {name: each["state"] for name, each in found.items()}
    assert states == dict.fromkeys(("Bench", "Use"), "live") | dict.fromkeys(
        ("Pond", "Tree", "Fence", "Path"), "withdrawn"
    ) | {"Gate": "erased"}
    was = {"type": "entry", "kind": "software", "name": "Pond atlas", "language": "en"}
    assert found["Pond"]["was"] == was
    assert [found[name]["was"] for name in ("Path", "Gate", "Bench")] == [None] * 3
    assert [found[name]["erased_at"] for name in ("Gate", "Path")] == [f"{DAY}T08:00:00Z", None]
