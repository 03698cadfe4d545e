"""Pages of single statements: who says what of which thing, lists as collections, versions page by page."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from node.answers.indexing import catch_up
from node.app import make_app
from node.own.keyfiles import make_directory, save_mirror_key
from tests.publisher import MIRROR_KEY, Publisher, entry, open_home
from tests.reuse_world import TOOL, thing, use, vouched
from tests.web_checks import sound_page

pytestmark = pytest.mark.asyncio(loop_scope="module")

CITY = "127.0.0.1:8401/log/city/1"
AT = {name: f"{CITY}/e/{number:032x}" for number, name in enumerate(("tool", "list", "often"), 1)}
SAID = (
    (use(TOOL), "The city uses Tool"),
    (use(TOOL, "retired"), "The city used Tool"),
    (use("https://x.example/", "interested"), "The city thinks about using https://x.example/"),
    ({**use(TOOL), "status": 7}, "The city thinks about using Tool"),
    (vouched(TOOL), "The city vouches for Tool"),
    (vouched(CITY, "deprecate"), "The city advises against The city"),
    ({"type": "link", "v": 1, "relation": "sameAs", "target": AT["list"]}, "The city about Good things"),
)
ITEMS = [
    {"ref": TOOL, "text": {"en": "Well made"}, "until": "2027-06-01"},
    {"ref": f"https://{CITY}"},
    {"ref": "spam.example", "fingerprint": "aa" * 32},
    {"fingerprint": "bb" * 32},
    7,
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TestClient[Any, Any]]:
    """A city that says something of everything."""
    home = open_home(tmp_path_factory.mktemp("statements") / "home")
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    city = Publisher(home, CITY)
    ids = {name: bytes.fromhex(address.rpartition("/")[2]) for name, address in AT.items()}
    city.put({"type": "profile", "v": 1, "name": {"en": "The city"}})
    city.put(thing("Tool", TOOL, summary={"en": "What a city spends"}), ids["tool"])
    named = {"name": {"en": "Good things"}, "purpose": "collection", "items": ITEMS}
    city.put({"type": "list", "v": 1, **named}, ids["list"])
    for number, (said, _) in enumerate(SAID):
        city.put(said, bytes(15) + bytes((100 + number,)))
    for number in range(105):
        city.put(entry(f"Version {number}"), ids["often"])
    city.publish()
    catch_up(home)
    async with TestClient(TestServer(make_app(home))) as client:
        yield client
    home.close()


@pytest.mark.parametrize(("place", "heading"), [(at, each[1]) for at, each in enumerate(SAID)])
async def test_a_statement_is_headed_by_what_it_says(
    asked: TestClient[Any, Any], place: int, heading: str
) -> None:
    page = await sound_page(asked, f"/en/e/{CITY}/e/{100 + place:032x}")
    assert page.text_of("h1") == [heading]
    assert page.text_of("title")[0].startswith(heading)
    if "Tool" in heading:
        assert f"/en/p/{AT['tool']}" in {each["href"] for each in page.all("a")}


async def test_a_list_is_a_page_of_what_is_in_it(asked: TestClient[Any, Any]) -> None:
    page = await sound_page(asked, f"/en/e/{AT['list']}")
    assert page.text_of("h1") == ["Good things"]
    assert "4 items" in page.text_of("h2")
    assert page.text_of("h3") == ["Tool", "The city", "spam.example", "bb" * 32]
    text = " ".join(page.text_of("main"))
    for said in ("Why: Well made", "What a city spends", "aa" * 32):
        assert said in text
    links = {each["href"] for each in page.all("a")}
    assert {f"/en/p/{AT['tool']}", f"/en/o/{CITY}"} <= links
    assert any(each.get("datetime") == "2027-06-01" for each in page.all("time"))


async def test_versions_follow_one_another(asked: TestClient[Any, Any]) -> None:
    page = await sound_page(asked, f"/en/e/{AT['often']}")
    assert len([row for row in page.text_of("tr") if "Published" in row]) == 100
    (following,) = (each["href"] for each in page.all("a") if each.get("rel") == "next")
    page = await sound_page(asked, following)
    assert len([row for row in page.text_of("tr") if "Published" in row]) == 5
    assert not [each for each in page.all("a") if each.get("rel") == "next"]


async def test_a_log_says_what_its_leaves_are(asked: TestClient[Any, Any]) -> None:
    page = await sound_page(asked, f"/en/log/{CITY}?before=11")
    rows = page.text_of("tr")[1:]
    assert "Keys changed" in rows[-1]
    for row, said in zip(rows[::-1][1:4], ("The city", "Tool", "Good things"), strict=True):
        assert said in row
    assert "Use" in rows[-5]
    assert "Tool" in rows[-5]
    assert all(
        each.get("datetime") == "2027-01-15" for each in page.all("time") if each.around[0].tag == "td"
    )
    ids = [text for text in page.text_of("details") if AT["tool"].rpartition("/")[2] in text]
    assert len(ids) == 1
