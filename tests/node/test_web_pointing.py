"""The page of a project with all that points at it, what is said of it, and what is missing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from node.answers.indexing import catch_up
from node.app import make_app
from node.own.keyfiles import make_directory, save_mirror_key
from tests.publisher import MIRROR_KEY, Publisher, open_home
from tests.reuse_world import LAST_YEAR, NEXT_YEAR, OWNER, TOOL, adopter, thing, use, vouched
from tests.web_checks import sound_page

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = 23
VOUCH = {
    "expires": NEXT_YEAR,
    "scheme": "https://badges.example/open",
    "scope": {"en": "Only the server"},
    "evidence": {"url": "https://badges.example/report"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TestClient[Any, Any]]:
    """A tool that others use, need, build on, list and vouch for."""
    home = open_home(tmp_path_factory.mktemp("pointing") / "home")
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    owner = Publisher(home, OWNER)
    owner.put(thing("Tool", TOOL, roadmap=[{"id": "a", "title": {"en": "More"}}]))
    owner.publish()
    others = [use(TOOL), vouched(TOOL, "badge", **VOUCH)]
    others += [thing("Fork", basedOn=[{"ref": TOOL, "relation": "fork"}])]
    others += [thing("Front", dependsOn=[{"ref": TOOL, "min": "2.0"}, {"ref": "https://elsewhere.example/"}])]
    others += [thing("Twin", conformsTo=[{"ref": TOOL, "status": "tested"}])]
    listed = [{"ref": TOOL, "text": {"en": "Well made"}}]
    lists = {"type": "list", "v": 1, "purpose": "collection", "items": listed}
    others += [{**lists, "name": {"en": f"List {number}"}} for number in range(MANY)]
    adopter(home, "bergen", *others)
    catch_up(home)
    async with TestClient(TestServer(make_app(home))) as client:
        yield client
    home.close()


async def address(asked: TestClient[Any, Any], name: str) -> str:
    items = (await (await asked.get("/api/v1/search?limit=100&fold=false")).json())["items"]
    return str(next(each["address"] for each in items if each["name"] == name))


async def test_all_that_points_at_a_project_is_on_its_page(asked: TestClient[Any, Any]) -> None:
    page = await sound_page(asked, f"/en/p/{await address(asked, 'Tool')}")
    text, links = " ".join(page.text_of("main")), [each["href"] for each in page.all("a")]
    for name in ("Fork", "Front", "Twin"):
        assert f"/en/p/{await address(asked, name)}" in links
    for heading in ("What builds on it", "What needs it", "What conforms to it", "In lists"):
        assert heading in page.text_of("h2")
    assert "#uses" in links
    for said in ("2.0", "Tested", "Only the server", "Verified"):
        assert said in text
    assert {"https://badges.example/report", "https://badges.example/open"} <= set(links)
    days = {each.get("datetime") for each in page.all("time")}
    assert {LAST_YEAR, NEXT_YEAR} <= days


async def test_what_is_left_out_is_counted_and_one_click_away(asked: TestClient[Any, Any]) -> None:
    tool = await address(asked, "Tool")
    page = await sound_page(asked, f"/en/p/{tool}")
    (more,) = (each["href"] for each in page.all("a") if "show=list" in each["href"])
    assert f"{MANY - 20} more" in page.text_of("a")
    page = await sound_page(asked, more)
    names = [text for text in page.text_of("a") if text.startswith("List ")]
    assert len(names) == MANY
    first = await (await asked.get(f"/api/v1/projects/{tool}/backlinks?group=list&limit=1")).json()
    page = await sound_page(asked, f"{more}&cursor={first['next']}")
    assert len([text for text in page.text_of("a") if text.startswith("List ")]) == MANY - 1
    page = await sound_page(asked, f"/en/p/{tool}?show=replaces")
    assert "There is nothing here." in page.text_of("p")
    page = await sound_page(asked, f"/en/p/{tool}?show=use")
    assert "Who uses it" in page.text_of("h2")
    assert (await asked.get(f"/en/p/{tool}?show=nothing", headers={"Accept": "text/html"})).status == 400


async def test_what_a_project_names_and_is_here_is_led_to(asked: TestClient[Any, Any]) -> None:
    tool = await address(asked, "Tool")
    for name in ("Fork", "Front", "Twin"):
        links = {
            each["href"] for each in (await sound_page(asked, f"/en/p/{await address(asked, name)}")).all("a")
        }
        assert f"/en/p/{tool}" in links


async def test_what_is_missing_of_a_description_is_named(asked: TestClient[Any, Any]) -> None:
    tool = await address(asked, "Tool")
    page = await sound_page(asked, f"/en/p/{tool}")
    view = await (await asked.get(f"/api/v1/projects/{tool}")).json()
    lacking = [each for each in view["members"][0]["readiness"]["items"] if not each["points"]]
    text = " ".join(page.text_of("main"))
    assert f"{len(lacking)} things are missing" in text
    assert all(each["what"] in text and each["fix"] in text for each in lacking)
    assert "/rules/readiness/v1" in {each["href"] for each in page.all("a")}
