"""The query API over a real server."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import tantivy
from aiohttp.test_utils import BaseTestServer, TestServer
from yarl import URL

from node.answers.indexing import catch_up
from node.app import make_app
from node.home import Home
from protocol.proof import verify_entry_proof
from tests.publisher import Publisher, entry, open_home

ORIGIN = "127.0.0.1:8401/log/city/1"


class Client:
    """Asks a served home."""

    def __init__(self, home: Home, server: BaseTestServer, session: aiohttp.ClientSession) -> None:
        self.home = home
        self._server = server
        self._session = session

    async def get(self, path: str, **headers: str) -> aiohttp.ClientResponse:
        return await self.ask("GET", path, **headers)

    async def ask(self, method: str, path: str, **headers: str) -> aiohttp.ClientResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = URL(f"http://{self._server.host}:{self._server.port}{path}", encoded=True)
        response = await self._session.request(method, url, headers=named, allow_redirects=False)
        await response.read()
        return response

    async def json(self, path: str, status: int = 200) -> Any:  # noqa: ANN401
        response = await self.get(path)
        assert response.status == status, await response.text()
        kind = "application/json" if status < 400 else "application/problem+json"
        assert response.headers["Content-Type"] == kind
        return json.loads(await response.read())


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    home = open_home(tmp_path / "home")
    async with (
        TestServer(make_app(home)) as server,
        aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as session,
    ):
        yield Client(home, server, session)
    home.close()


def fill(home: Home) -> list[bytes]:
    publisher = Publisher(home, ORIGIN)
    ids = [publisher.put(entry({"en": f"Budget {n}", "fr": f"Le budget {n}"})) for n in range(30)]
    publisher.publish()
    return ids


async def test_search_answers_pages_with_provenance(client: Client) -> None:
    fill(client.home)
    first = await client.json("/api/v1/search?q=budget&limit=20")
    assert (first["total"], len(first["items"])) == (30, 20)
    assert first["items"][0]["provenance"]["origin"] == ORIGIN
    second = await client.json(f"/api/v1/search?q=budget&limit=20&cursor={first['next']}")
    assert (len(second["items"]), second["next"]) == (10, None)
    assert len({item["id"] for page in (first, second) for item in page["items"]}) == 30
    assert (await client.json("/api/v1/search"))["total"] == 30


async def test_the_reader_s_languages_are_asked_for(client: Client) -> None:
    fill(client.home)
    page = await client.json("/api/v1/search?q=budget+7&lang=fr,en")
    assert page["items"][0]["name"] == "Le budget 7"


async def test_the_next_page_is_a_link_that_loses_nothing(client: Client) -> None:
    fill(client.home)
    filters = "kind=software&kind=service&publisher=" + ORIGIN.replace(":", "%3A")
    path = f"/api/v1/search?q=le+budget%20&lang=fr,en&sort=relevance&limit=12&facets=publisher&{filters}"
    seen, totals = [], []
    while path:
        response = await client.get(path)
        page = json.loads(await response.read())
        totals.append(page["total"])
        seen += [(item["id"], item["name"][:9]) for item in page["items"]]
        assert page["facets"] == {"publisher": [{"value": ORIGIN, "count": 30, "label": None}]}
        link = f'<{page["next_url"]}>; rel="next"' if page["next"] else None
        assert response.headers.get("Link") == link
        assert (page["next"] is None) == (page["next_url"] is None)
        path = page["next_url"]
    assert totals == [30, 30, 30]
    assert len(set(seen)) == 30
    assert {name for _, name in seen} == {"Le budget"}


async def test_an_unknown_parameter_is_answered_with_the_known_ones(client: Client) -> None:
    detail = (await client.json("/api/v1/search?colour=red", 400))["detail"]
    assert "'colour'" in detail
    for name in ("q", "kind", "jurisdiction", "sort", "facets", "lang", "cursor"):
        assert f" {name}" in detail
    assert "lifecycle" in (await client.json("/api/v1/search?facets=colour", 400))["detail"]
    assert "freshness" in (await client.json("/api/v1/search?sort=size", 400))["detail"]


async def test_filters_facets_and_mistyped_words(client: Client) -> None:
    publisher = Publisher(client.home, ORIGIN)
    publisher.put(entry("Tree atlas", lifecycle="live", languages=["fr-FR"]))
    publisher.put({**entry("Tree survey", lifecycle="idea"), "kind": "dataset"})
    publisher.put(entry("Pond atlas", lifecycle="retired", languages=["de"]))
    publisher.publish()
    either = await client.json("/api/v1/search?q=tree&lifecycle=live&lifecycle=idea&facets=kind,lifecycle")
    assert either["total"] == 2
    assert either["facets"]["kind"] == [
        {"value": "dataset", "count": 1, "label": "Dataset"},
        {"value": "software", "count": 1, "label": "Software"},
    ]
    both = await client.json("/api/v1/search?lifecycle=live&lifecycle=retired&language=fr")
    assert [item["name"] for item in both["items"]] == ["Tree atlas"]
    assert (await client.json("/api/v1/search?kind=dataset&language=fr"))["total"] == 0
    names = [item["name"] for item in (await client.json("/api/v1/search?sort=name"))["items"]]
    assert names == ["Pond atlas", "Tree atlas", "Tree survey"]
    meant = await client.json("/api/v1/search?q=surwey")
    assert (meant["total"], meant["corrections"]) == (1, {"surwey": "survey"})


async def test_publishers_one_of_them_and_nodes(client: Client) -> None:
    fill(client.home)
    other = Publisher(client.home, "a.example/log/parks/1", own=False)
    other.put({"type": "profile", "v": 1, "name": {"en": "Parks", "fr": "Parcs"}})
    other.publish()
    found = (await client.json("/api/v1/publishers?lang=fr"))["publishers"]
    assert [(each["origin"], each["name"], each["entries"]) for each in found] == [
        (ORIGIN, "", 30),
        (other.origin, "Parcs", 0),
    ]
    assert await client.json(f"/api/v1/publishers/{other.origin}?lang=fr") == found[1]
    assert (await client.json(f"/api/v1/publishers/{other.origin}"))["name"] == "Parks"
    await client.json("/api/v1/publishers/b.example/log/x/1", 404)
    await client.json(f"/api/v1/publishers/%20{ORIGIN}", 404)
    await client.json("/api/v1/publishers?page=2", 400)
    assert await client.json("/api/v1/nodes") == {"nodes": [], "total": 0, "next": None, "next_url": None}
    await client.json("/api/v1/nodes?lang=fr", 400)


@pytest.mark.parametrize(("name", "key"), [("heads", "origin"), ("nodes", "url")])
async def test_heads_and_nodes_come_in_pages(client: Client, name: str, key: str) -> None:
    path = f"/api/v1/{name}"
    for number in range(3):
        Publisher(client.home, f"town{number}.example/log/town/1", own=False)
        with client.home.database.write() as connection:
            connection.execute(
                "INSERT INTO peer (url, added_at) VALUES (?, 1)", (f"https://n{number}.example",)
            )
    whole = await client.json(path)
    assert (whole["total"], len(whole[name]), whole["next"]) == (3, 3, None)
    assert [each[key] for each in whole[name]] == sorted(each[key] for each in whole[name])
    first = await client.json(f"{path}?limit=2")
    assert (first["total"], len(first[name])) == (3, 2)
    assert (await client.get(f"{path}?limit=2")).headers["Link"] == f'<{first["next_url"]}>; rel="next"'
    last = await client.json(first["next_url"])
    assert (first[name] + last[name], last["next_url"]) == (whole[name], None)
    # A cursor belongs to its question, and nobody has more than a hundred at once.
    other = "nodes" if name == "heads" else "heads"
    await client.json(f"/api/v1/{other}?cursor={first['next']}", 400)
    await client.json(f"{path}?limit=101", 400)


async def test_a_project_is_answered_at_its_canonical_address(client: Client) -> None:
    repository = {"scheme": "repo", "value": "https://github.com/acme/budget-tool"}
    tool = entry({"en": "Budget Tool", "fr": "Outil"}, identifiers=[repository])
    addresses = []
    for origin in ("a.example/log/parks/1", "b.example/log/town/1"):
        publisher = Publisher(client.home, origin, own=False)
        addresses.append(f"{origin}/e/{publisher.put(tool).hex()}")
        publisher.withdraw(publisher.put(entry("Gone"), b"\xff" * 16))
        publisher.publish()
    first = (await client.get(f"/api/v1/projects/{addresses[0]}")).headers.get("Location")
    canonical, other = addresses if first is None else addresses[::-1]
    project = await client.json(f"/api/v1/projects/{canonical}?lang=fr")
    assert (project["address"], project["name"]) == (canonical, "Outil")
    assert sorted(member["address"] for member in project["members"]) == addresses
    assert await client.json(f"/api/v1/projects/{canonical[-32:]}?lang=fr") == project

    for ref in (other, other.replace("/", "%2F"), other[-32:]):
        moved = await client.get(f"/api/v1/projects/{ref}?lang=fr,en")
        assert (moved.status, moved.headers["Cache-Control"]) == (308, "no-cache")
        assert moved.headers["Location"] == f"/api/v1/projects/{canonical}?lang=fr,en"
        assert moved.headers["Access-Control-Allow-Origin"] == "*"
        assert json.loads(await moved.read()) == {"address": canonical}
    for ref in ("a.example/log/parks/1/e/" + "ff" * 16, "0" * 32, f"{'a' * 300}/e/0", "ff"):
        await client.json(f"/api/v1/projects/{ref}", 404)
    await client.json(f"/api/v1/projects/{canonical}?page=1", 400)
    for called in ("https%3A%2F%2Fgithub.com%2FAcme%2Fbudget-tool.git", other, canonical):
        led = await client.get(f"/api/v1/projects?url={called}&lang=fr")
        assert (led.status, led.headers["Location"]) == (308, f"/api/v1/projects/{canonical}?lang=fr")
    led = await client.get(f"/api/v1/projects?url={canonical}")
    assert led.headers["Location"] == f"/api/v1/projects/{canonical}"
    await client.json("/api/v1/projects?url=https://github.com/acme/nothing", 404)
    await client.json("/api/v1/projects", 400)


@pytest.mark.parametrize(
    "path", ["/api/v1/search?q=budget", "/api/v1/publishers", f"/api/v1/publishers/{ORIGIN}", "/api/v1/nodes"]
)
async def test_pages_of_any_site_may_read_without_a_key(client: Client, path: str) -> None:
    fill(client.home)
    answered = await client.get(path, Origin="https://app.example")
    assert answered.headers["Access-Control-Allow-Origin"] == "*"
    assert "Link" in answered.headers["Access-Control-Expose-Headers"]
    head = await client.ask("HEAD", path)
    assert (head.status, await head.read()) == (200, b"")
    assert head.headers["ETag"] == answered.headers["ETag"]
    options = await client.ask("OPTIONS", path)
    assert (options.status, options.headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD")
    assert (await client.ask("POST", path)).status == 405
    again = await client.get(path, If_None_Match=answered.headers["ETag"])
    assert again.status == 304


@pytest.mark.parametrize(
    "query",
    [
        "q=x&limit=0",
        "q=x&limit=101",
        "q=x&limit=+5",
        "q=x&limit=%D9%A3",
        "q=x&limit=1e1",
        "q=x&cursor=",
        "q=x&cursor=nonsense",
        "q=x&q=y",
        "q=x&page=2",
        "q=x&lang=fr;en",
        "sort=freshness&sort=name",
        "facets=kind&facets=topic",
        "facets=kind,,topic",
        "kind=",
        "&".join(f"kind=k{n}" for n in range(51)),
        "q=" + "x" * 501,
        "q=" + "+".join(f"w{n}" for n in range(33)),
    ],
)
async def test_bad_parameters_are_refused(client: Client, query: str) -> None:
    document = await client.json(f"/api/v1/search?{query}", 400)
    assert (document["status"], document["title"]) == (400, "Bad Request")
    assert document["detail"]


async def test_an_index_in_use_answers_as_it_is(client: Client) -> None:
    fill(client.home)
    catch_up(client.home)
    publisher = Publisher(client.home, "a.example/log/parks/1")
    publisher.put(entry("Park budget"))
    publisher.publish()
    foreign = tantivy.Index.open(str(client.home.index_dir)).writer(15_000_000, 1)
    assert (await client.json("/api/v1/search?q=budget"))["total"] == 30
    foreign.wait_merging_threads()
    assert (await client.json("/api/v1/search?q=budget"))["total"] == 31


async def test_an_entry_its_history_and_its_proof(client: Client) -> None:
    ids = fill(client.home)
    address = f"{ORIGIN}/e/{ids[3].hex()}"
    for ref in (address, address.replace(":", "%3A"), address.replace("/", "%2F"), ids[3].hex()):
        shown = await client.json(f"/api/v1/entries/{ref}")
        assert (shown["address"], shown["state"]) == (address, "live")
    history = await client.json(f"/api/v1/entries/{address}/history")
    assert [version["index"] for version in history["versions"]] == [4]
    response = await client.get(f"/api/v1/entries/{address}/proof")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{ids[3].hex()}.tlog-proof"'
    verified = verify_entry_proof(await response.read(), None)
    assert verified.id == ids[3]


async def test_entries_that_are_not_there(client: Client) -> None:
    fill(client.home)
    for suffix in ("", "/history", "/proof"):
        document = await client.json(f"/api/v1/entries/{ORIGIN}/e/{'0' * 32}{suffix}", 404)
        assert document["status"] == 404
    await client.json(f"/api/v1/entries/{ORIGIN}/e/{'0' * 32}?x=1", 400)
    Publisher(client.home, "a.example/log/parks/1").publish()
    await client.json("/api/v1/nothing", 404)


@pytest.mark.parametrize("around", ["%20", "%09", "%0b", "%0a", "%0d%0aX:y"])
async def test_an_entry_has_no_space_around_it(client: Client, around: str) -> None:
    first = fill(client.home)[0].hex()
    for path in (f"{around}{first}", f"{first}{around}"):
        for kind in ("", "/proof", "/history"):
            await client.json(f"/api/v1/entries/{path}{kind}", 404)


async def test_an_ambiguous_prefix_is_a_conflict(client: Client) -> None:
    publisher = Publisher(client.home, ORIGIN)
    for last in range(2):
        publisher.put(entry("One"), bytes(15) + bytes([last]))
    publisher.publish()
    assert "fits 2 things" in (await client.json("/api/v1/entries/00000000", 409))["detail"]


async def test_answers_are_revalidated_and_compressed(client: Client) -> None:
    fill(client.home)
    path = "/api/v1/search?q=budget"
    plain = await client.get(path)
    packed = await client.get(path, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(await packed.read()) == await plain.read()
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["Cache-Control"] == "no-cache"
    again = await client.get(path, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
    assert (again.status, await again.read()) == (304, b"")
    small = await client.get("/api/v1/search?q=none", Accept_Encoding="gzip")
    assert "Content-Encoding" not in small.headers
