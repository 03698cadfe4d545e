"""How pages show who carries and saw a log, and who publishes, few or many."""

import re
from typing import Any

from aiohttp.test_utils import TestClient

from node.answers.indexing import catch_up
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from tests.markup import Page
from tests.publisher import MIRROR_KEY, NOW, Publisher, entry

STATE = "b.example/log/state/1"


async def page_at(client: TestClient[Any, Any], path: str) -> str:
    """Return what is told at an address, in one line."""
    response = await client.get(path)
    assert response.status == 200, path
    return " ".join(Page(await response.text()).text_of("main"))


def with_keys(home: Home) -> None:
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)


async def test_whoever_speaks_for_the_log_or_for_this_node_is_no_other(
    home: Home, client: TestClient[Any, Any]
) -> None:
    with_keys(home)
    state = Publisher(home, STATE, own=False)
    address = f"{STATE}/e/{state.put(entry('Tool')).hex()}"
    state.publish()
    catch_up(home)
    # This node's own word stands under every log that it carries, and the log's own host has a mirror too.
    line = "INSERT INTO cosignature VALUES (?, ?, ?, 1, 2, x'', ?, 'line')"
    home.database.connection.execute(line, (state.store.id, "host", "b.example/mirror", NOW))
    for path in (f"/en/p/{address}", f"/en/e/{address}", f"/en/o/{STATE}"):
        assert "Also seen and cosigned by nobody yet" in await page_at(client, path), path
    home.database.connection.execute(line, (state.store.id, "other", "lyon.example/mirror", NOW))
    for path in (f"/en/p/{address}", f"/en/e/{address}", f"/en/o/{STATE}"):
        assert "1 node on which it does not rely: lyon.example" in await page_at(client, path), path
    shown = await page_at(client, f"/en/log/{STATE}")
    for name, mark in (("b.example/mirror", "the log.s own host"), ("127.0.0.1:8401/mirror", "this node")):
        assert re.search(rf"{name} 2 , .{{0,30}} UTC {mark}", shown), shown


async def test_things_are_counted_alike_everywhere_and_lines_are_not_things(
    home: Home, client: TestClient[Any, Any]
) -> None:
    with_keys(home)
    state = Publisher(home, STATE, own=False)
    state.put({"type": "profile", "v": 1, "name": {"en": "State"}})
    state.put(entry("Tool"))
    state.put(entry("Toll"))
    assert state.publish() == 4
    catch_up(home)
    assert "2 things in the catalogue" in await page_at(client, f"/en/o/{STATE}")
    assert "State \u2013 \u2013 2 Not yet" in await page_at(client, "/en/publishers")
    for path in (f"/en/o/{STATE}", f"/en/log/{STATE}"):
        assert "Lines of the log 4" in await page_at(client, path), path


async def test_whoever_publishes_is_listed_a_page_at_a_time(home: Home, client: TestClient[Any, Any]) -> None:
    with_keys(home)
    origins = [f"town-{number:02}.example/log/town/1" for number in range(53)]
    for origin in reversed(origins):
        publisher = Publisher(home, origin, own=False)
        publisher.put({"type": "profile", "v": 1, "name": {"en": f"Town of {origin[5:7]}"}})
        publisher.publish(cosigned=False)
    for path in ("publishers", "feeds"):
        page = Page(await (await client.get(f"/en/{path}")).text())
        shown = [each["href"].partition("/o/")[2] for each in page.all("a") if "/o/" in each["href"]]
        assert shown == origins[:50]
        assert "53 organisations" in page.text_of("p")
        (following,) = (each["href"] for each in page.all("a") if each.get("rel") == "next")
        # What comes before or goes meanwhile moves nothing.
        rest = Page(await (await client.get(following)).text())
        assert [each["href"][6:] for each in rest.all("a") if "/o/" in each["href"]] == origins[50:]
        assert not any(each.get("rel") == "next" for each in rest.all("a"))
        assert "Town of 07" in await page_at(client, f"/en/{path}?q=OF+07")
        assert "Nothing here fits" in await page_at(client, f"/en/{path}?q=village")

    found, seen = "/api/v1/publishers?q=town&limit=20", []
    while found:
        answer = await client.get(found)
        document = await answer.json()
        assert document["total"] == 53
        seen += [each["origin"] for each in document["publishers"]]
        found = document["next_url"]
        assert ("next" in answer.links) is bool(found)
    assert seen == origins
    cursor = (await (await client.get("/api/v1/publishers?limit=1")).json())["next"]
    for wrong in (f"q=town&cursor={cursor}", "cursor=AAAA", f"limit=101&cursor={cursor}"):
        assert (await client.get(f"/api/v1/publishers?{wrong}")).status == 400
