"""The pages of a node, over a real home that holds what the demo's three publishers say."""

import csv
import datetime as dt
import gzip
import io
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import feedparser  # type: ignore[import-untyped] # it has no types
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from icalendar import Calendar

from node.answers.indexing import catch_up
from node.app import make_app
from node.demo.samples import load_samples
from node.home import Home
from node.http.routes import GET
from node.http.tables import COLUMNS
from node.own.keyfiles import make_directory, save_mirror_key
from node.web import statics
from node.web.admin.pages import PAGES as DESK_PAGES
from node.web.locales import LOCALES, Locale
from node.web.pages import PAGES, tables
from node.web.site import HEADERS, SCRIPTED, Site
from tests.markup import Page
from tests.publisher import MIRROR_KEY, NOW, Publisher, entry, open_home
from tests.reuse_world import verify
from tests.web_checks import Pseudo, is_sound, texts_translated

pytestmark = pytest.mark.asyncio(loop_scope="module")

CITY = "127.0.0.1:8401/log/city/1"
DAY = dt.datetime.fromtimestamp(NOW, dt.UTC).date()
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
QUESTIONS = (
    "/",
    "/search",
    "/search?q=budget&sort=reuse&wider=true",
    "/search?q=budget&kind=software&kind=service&publisher=" + quote(CITY, safe=""),
    "/search?view=trusted-participation",
    "/search?q=bugdet&subtype=library&kind=dataset",
    "/search?q=decidimm",
    "/topics",
    "/topics/topic:participatory-budgeting",
    "/roadmap",
    "/roadmap?from=2027-Q1&to=2029&stage=planned&q=budget",
    "/seeking",
    "/roadmap?by=topic",
    "/offering",
    "/providers",
    "/consultations?overdue=true",
    "/publishers",
    "/federation",
    "/compare",
    "/planet",
    "/feeds",
    "/verify",
    "/about",
    "/accessibility",
    "/api",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """What a city, an agency and a civic group say, one of them twice."""
    opened = open_home(tmp_path_factory.mktemp("pages") / "home")
    with_keys(opened)
    for name, sample in zip(("city", "agency", "group"), load_samples(DAY), strict=True):
        origin = CITY if name == "city" else f"{name}.example/log/{name}/1"
        publisher = Publisher(opened, origin, own=name == "city")
        publisher.put({**sample.profile, "contact": {"email": f"office@{name}.example"}})
        for each in (*sample.entries, *sample.statements):
            publisher.put(each)
        if name == "city":
            changed = publisher.put(entry("Tree atlas", lifecycle="idea", modified="2026-01-01T00:00:00Z"))
            publisher.publish()
            publisher.put(entry("Tree atlas", lifecycle="live", summary={"en": "Every tree"}), changed)
            gone = publisher.put(entry("Pond atlas"))
            publisher.publish()
            instead = {"successor": "https://trees.example/", "text": {"en": "See trees"}}
            publisher.withdraw(gone, reason="merged", **instead)
            erased = publisher.put(entry("Erased atlas"))
            publisher.publish()
            publisher.erase(erased)
        publisher.publish()
        verify(opened, origin, f"{name}.example")
    (opened.path / "policy.md").write_text("# Who may publish\n<b>Everybody</b>", encoding="utf-8")
    catch_up(opened)
    yield opened
    opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(home: Home) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(make_app(home))) as client:
        yield client


def with_keys(home: Home) -> None:
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)


async def shown(asked: TestClient[Any, Any], path: str, status: int = 200) -> Page:
    response = await asked.get(path, headers=HTML)
    text = await response.text()
    assert response.status == status, (path, text[-2_000:])
    for name, value in (SCRIPTED if "<script" in text else HEADERS).items():
        assert response.headers[name] == value
    return Page(text)


async def found(asked: TestClient[Any, Any], word: str) -> str:
    """Return the address of what a word finds first."""
    response = await asked.get("/api/v1/search", params={"q": word})
    return str((await response.json())["items"][0]["address"])


async def addresses(asked: TestClient[Any, Any]) -> list[str]:
    """Return the addresses of all projects."""
    items = (await (await asked.get("/api/v1/search?limit=100&sort=name")).json())["items"]
    return [str(each["address"]) for each in items if each["type"] == "entry"]


async def test_every_page_is_sound_and_small(asked: TestClient[Any, Any]) -> None:
    tag = "ar"
    address = await found(asked, "decidim")
    others = await addresses(asked)
    extra = (f"/p/{address}", f"/e/{address}", f"/o/{CITY}", "/o/agency.example/log/agency/1", f"/log/{CITY}")
    side_by_side = "/compare?p=" + "&p=".join(others[:4])
    for path in (*QUESTIONS, *extra, side_by_side):
        response = await asked.get(f"/{tag}{path}", headers=HTML)
        text = await response.text()
        assert response.status == 200, (path, text[-2_000:])
        is_sound(Page(text), tag)
        assert len(gzip.compress(text.encode(), 6)) < 50_000


async def test_every_link_inside_leads_somewhere(asked: TestClient[Any, Any]) -> None:
    seen, waiting = set[str](), ["/fr/"]
    while waiting:
        path = waiting.pop()
        response = await asked.get(path, headers=HTML, allow_redirects=False)
        assert response.status in (200, 302, 303), path
        if response.content_type != "text/html" or response.status != 200:
            continue
        page = Page(await response.text())
        for each in (*page.all("a"), *page.all("link")):
            place = each["href"].partition("#")[0].removeprefix("http://127.0.0.1:8401")
            kind = re.sub(r"[0-9a-f]{32}|=[^&]*|:[\w-]+$", "", place)
            # One of each kind is enough, and those in other languages are the same pages.
            is_other = place[:4] in ("/en/", "/it/", "/es/", "/ar/")
            if place.startswith("/") and kind not in seen and not is_other:
                seen.add(kind)
                waiting.append(place)
    assert {"/fr/search", "/fr/api", "/fr/federation", "/feeds/search.atom?lang"} <= seen


async def test_what_can_be_followed_is_named_in_the_head_seen_on_the_page_and_valid(
    asked: TestClient[Any, Any],
) -> None:
    dates = {"atom", "json", "ics"}
    address, topic = await found(asked, "decidim"), "/topics/topic:participatory-budgeting"
    for path, name, endings in (
        ("/", "search", {"atom", "json"}),
        ("/search?q=budget", "search", {"atom", "json"}),
        (topic, "search", {"atom", "json"}),
        (f"/p/{address}", "project", {"atom", "json"}),
        (f"/o/{CITY}", "search", {"atom", "json"}),
        (f"/o/{CITY}", "roadmap", dates),
        ("/roadmap", "roadmap", dates),
        ("/seeking", "seeking", dates),
        ("/offering", "offering", dates),
        ("/providers", "providers", dates),
        ("/consultations", "consultations", dates),
        ("/planet", "planet", {"atom", "json"}),
        ("/feeds", "planet", {"atom", "json"}),
    ):
        page = await shown(asked, f"/it{path}")
        seen = {each["href"] for each in page.all("a")}
        named = [each for each in page.all("link") if each["href"].startswith(f"/feeds/{name}.")]
        assert {each["href"].partition(".")[2].partition("?")[0] for each in named} == endings
        for each in named:
            assert each["rel"] == "alternate"
            assert each["href"] in seen
            assert "lang=it" in each["href"]
            response = await asked.get(each["href"])
            assert response.content_type == each["type"]
            body = await response.read()
            if response.content_type == "application/feed+json":
                feed = await response.json()
                assert feed["version"] == "https://jsonfeed.org/version/1.1"
                assert feed["home_page_url"].startswith("http://127.0.0.1:8401/it/")
            elif response.content_type == "text/calendar":
                assert Calendar.from_ical(body).get("prodid")
            else:
                found_ = feedparser.parse(body)
                assert (found_.bozo, found_.version) == (False, "atom10")
                assert all(entry.id and entry.title and entry.link for entry in found_.entries)
                # Each leads to where this node, or its publisher, shows it to people.
                assert not any("/api/" in entry.link for entry in found_.entries)
    page = await shown(asked, "/it/feeds")
    for path in {each["href"] for each in page.all("a") if each["href"].startswith("/feeds/")}:
        assert (await asked.get(path)).status == 200, path


async def test_the_root_leads_to_the_reader_s_language(asked: TestClient[Any, Any]) -> None:
    response = await asked.get("/", headers={"Accept-Language": "de, it;q=0.5"}, allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (302, "/it/")
    assert response.headers["Vary"] == "Accept-Language"
    assert (await asked.get("/?x=1", allow_redirects=False)).status == 400


async def test_what_is_written_without_a_language_leads_to_it(asked: TestClient[Any, Any]) -> None:
    german = {"Accept-Language": "de, it;q=0.5"}
    plain = {each.path for each in (*PAGES, *DESK_PAGES) if each.method == GET and "{" not in each.path}
    assert plain > {"/", "/admin", "/setup", "/federation", "/verify"}
    for path in plain:
        response = await asked.get(
            f"{path}?a=b" if path != "/" else path, headers=german, allow_redirects=False
        )
        there = f"/it{path}?a=b" if path != "/" else "/it/"
        assert (response.status, response.headers["Location"]) == (302, there)
    response = await asked.get("/fr", headers=german, allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (302, "/fr/")
    # Logs have their files at paths of their own; nobody is led away from one that is not there.
    assert (await asked.get("/log/nobody/1/checkpoint", allow_redirects=False)).status == 404


async def test_a_page_is_not_sent_twice(asked: TestClient[Any, Any]) -> None:
    first = await asked.get("/en/about")
    assert first.headers["Vary"] == "Accept-Encoding"
    assert first.headers["Content-Encoding"] == "gzip"
    again = await asked.get("/en/about", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    assert (await asked.head("/en/about")).headers["ETag"] == first.headers["ETag"]


async def test_the_style_sheet_is_small_and_kept_for_ever(asked: TestClient[Any, Any]) -> None:
    page = await shown(asked, "/en/")
    (style,) = [each["href"] for each in page.all("link") if each["rel"] == "stylesheet"]
    response = await asked.get(style)
    assert response.content_type == "text/css"
    assert "immutable" in response.headers["Cache-Control"]
    body = await response.read()
    assert len(body) <= 10_000
    assert b"url(" not in body
    assert b"@import" not in body
    assert (await asked.get("/static/site.css")).status == 404
    with pytest.raises(KeyError):
        statics.hashed("nothing.css")


async def test_each_page_names_itself_in_every_language(asked: TestClient[Any, Any]) -> None:
    page = await shown(asked, "/fr/search?q=budget&kind=software")
    links = {each.get("hreflang") or each["rel"]: each["href"] for each in page.all("link")}
    assert links["canonical"] == "http://127.0.0.1:8401/fr/search?q=budget&kind=software"
    assert links["ar"] == "http://127.0.0.1:8401/ar/search?q=budget&kind=software"
    assert [each["hreflang"] for each in page.all("a") if each.get("hreflang")] == list(LOCALES)


async def test_a_search_shows_its_filters_counts_and_formats(asked: TestClient[Any, Any]) -> None:
    query = "q=budget&kind=software"
    page = await shown(asked, f"/en/search?{query}")
    document = await (await asked.get(f"/api/v1/search?{query}&facets=kind&lang=en")).json()
    assert f"{document['total']} results" in page.text_of("h2")
    chosen = [each for each in page.all("input") if each.get("checked") is not None]
    assert [(each["name"], each["value"]) for each in chosen] == [("kind", "software")]
    assert "/en/search?q=budget" in {each["href"] for each in page.all("a")}
    labels = page.text_of("label")
    for each in document["facets"]["kind"]:
        assert f"{each['label']} {each['count']}" in labels
    feeds = [each["href"] for each in page.all("a") if "/feeds/" in each["href"]]
    assert feeds == [f"/feeds/search.{form}?{query}&lang=en" for form in ("atom", "json")]
    assert page.text_of("h3") == [each["name"] for each in document["items"]]


@pytest.mark.parametrize("path", ["/en/search", "/api/v1/search"])
async def test_a_search_is_a_table_too(asked: TestClient[Any, Any], path: str) -> None:
    response = await asked.get(f"{path}?q=budget&limit=2&lang=en&format=csv", headers=HTML)
    assert response.content_type == "text/csv"
    assert "attachment" in response.headers["Content-Disposition"]
    columns, *rows = csv.reader(io.StringIO(await response.text()))
    document = await (await asked.get("/api/v1/search?q=budget&limit=2&lang=en")).json()
    assert tuple(columns) == COLUMNS
    assert [row[2] for row in rows] == [each["name"] for each in document["items"]]
    places = [columns.index(name) for name in ("topics", "languages", "url", "page", "publishers")]
    first = dict(zip(columns, rows[0], strict=True))
    assert all(rows[0][place] for place in places), first
    assert first["page"].endswith(f"/en/p/{document['items'][0]['address']}")
    # By the names that they give themselves, and the origins beside them.
    assert first["origins"].split()[0] == document["items"][0]["publishers"][0]
    assert "/log/" not in first["publishers"]
    following = re.findall("<([^>]+)>", response.headers["Link"])[0]
    assert "format=csv" in following
    assert (await asked.get(following)).content_type == "text/csv"
    refused = await asked.get(f"{path}?format=xls")
    assert refused.status == 400
    assert (await refused.json())["detail"] == "format: there is no 'xls'; there are atom, csv, json"


@pytest.mark.parametrize("path", ["/en/search", "/api/v1/search"])
async def test_a_search_is_json_and_a_feed_at_its_own_address(asked: TestClient[Any, Any], path: str) -> None:
    document = await (await asked.get("/api/v1/search?q=budget&limit=2&lang=en")).json()
    wishes = ({"Accept": "application/json"}, {"Accept": "text/html;q=0.5, application/json"})
    asked_for = (("&format=json", HTML), *(("", each) for each in wishes))
    for question, headers in asked_for:
        response = await asked.get(f"{path}?q=budget&limit=2&lang=en{question}", headers=headers)
        assert response.content_type == "application/json"
        assert response.headers["Vary"] == ("Accept-Encoding" if "api" in path else "Accept, Accept-Encoding")
        assert (await response.json())["items"] == document["items"]
    response = await asked.get(f"{path}?q=budget&limit=2&lang=en&format=atom", headers=HTML)
    assert response.content_type == "application/atom+xml"
    assert await response.text() == await (await asked.get("/feeds/search.atom?q=budget&lang=en")).text()


async def test_a_page_names_its_table(asked: TestClient[Any, Any]) -> None:
    page = await shown(asked, "/en/search?q=budget&kind=software")
    (link,) = (each["href"] for each in page.all("a") if each.get("download"))
    assert link == "/en/search?q=budget&kind=software&format=csv&limit=100"


async def test_pages_of_a_search_follow_one_another(asked: TestClient[Any, Any]) -> None:
    path, seen = "/en/search?limit=20&sort=name", list[str]()
    while path:
        page = await shown(asked, path)
        seen += page.text_of("h3")
        path = next((each["href"] for each in page.all("a") if each.get("rel") == "next"), "")
    total = (await (await asked.get("/api/v1/search")).json())["total"]
    assert (len(seen), seen) == (total, sorted(seen, key=seen.index))


async def test_where_nothing_is_found_there_is_a_way_on(asked: TestClient[Any, Any]) -> None:
    page = await shown(asked, "/en/search?q=decidim&kind=dataset")
    assert any("without the filter Kind" in text for text in page.text_of("a"))
    page = await shown(asked, "/en/search?q=decidimm")
    assert any("occurs nowhere" in text for text in page.text_of("p"))


async def test_a_project_says_who_states_what(asked: TestClient[Any, Any]) -> None:
    address = await found(asked, "decidim")
    page = await shown(asked, f"/en/p/{address}")
    text = " ".join(page.text_of("main"))
    assert "Several values" in text
    assert "Ville d'Exemple" in text
    assert "city.example" in text
    assert "Who plans the same" in text
    links = {each["href"] for each in page.all("a")}
    assert f"/api/v1/entries/{address}/proof" in links
    assert f"/en/e/{address}" in links
    view = await (await asked.get(f"/api/v1/projects/{address}")).json()
    other = next(each["address"] for each in view["members"] if each["address"] != address)
    response = await asked.get(f"/en/p/{other}", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (302, f"/en/p/{address}")
    await shown(asked, f"/en/p/%20{address}", 404)


async def test_a_statement_has_versions_and_what_changed(asked: TestClient[Any, Any]) -> None:
    address = await found(asked, "tree atlas")
    page = await shown(asked, f"/en/e/{address}")
    assert page.text_of("del")[0] == "Idea"
    assert "Live" in page.text_of("ins")
    links = [each for each in page.all("a") if "?version=" in each["href"]]
    (former,) = (each["href"] for each in links if not each.get("aria-current"))
    page = await shown(asked, former)
    assert any("former version" in text for text in page.text_of("p"))
    rows = await (await asked.get("/api/v1/changes?limit=1000")).json()
    gone = next(each for each in rows["changes"] if each["op"] == "withdraw")
    page = await shown(asked, f"/en/e/{gone['address']}")
    assert "See trees" in " ".join(page.text_of("main"))
    assert "https://trees.example/" in {each["href"] for each in page.all("a")}
    erased = next(each for each in rows["changes"] if each["op"] == "erase")
    page = await shown(asked, f"/en/e/{erased['address']}")
    assert "Erased" in " ".join(page.text_of("main"))
    await shown(asked, f"/en/e/{address}?version=9999", 404)


async def test_a_proof_is_checked_where_the_reader_is(asked: TestClient[Any, Any]) -> None:
    address = await found(asked, "decidim")
    page = await shown(asked, f"/en/p/{address}")
    path = next(each["href"] for each in page.all("a") if "/verify?entry=" in each["href"])
    page = await shown(asked, path)
    (form,) = page.all("form")
    # Nothing of it works, or is there to be seen, before the program runs.
    assert form.get("hidden") is not None
    assert (await asked.get(form["data-proof"])).content_type == "application/octet-stream"
    (script,) = page.all("script")
    for name in (form["data-module"], script["src"]):
        response = await asked.get(name)
        assert response.content_type == "text/javascript"
        assert "immutable" in response.headers["Cache-Control"]
    assert "fedcat verify file.tlog-proof" in page.text_of("pre")[-1]
    # Whose fingerprint it is the reader says, never this node.
    assert all(not each.get("value") for each in page.all("input"))
    assert not (await shown(asked, "/en/verify")).all("form")[0].get("data-proof")


async def test_projects_stand_side_by_side(asked: TestClient[Any, Any]) -> None:
    tree, decidim = await found(asked, "tree atlas"), await found(asked, "decidim")
    page = await shown(asked, f"/en/compare?p={tree}&p={decidim}")
    heads = [text.split(" Stated by ")[0] for text in page.text_of("th") if "Take it out" in text]
    assert heads[0] == "Tree atlas"
    rows = page.text_of("th")
    # Other words for the same are marked; other texts and times are not, nor is what one of them leaves out.
    assert "Kind" in rows
    assert {"Summary", "Topics", "Changed", "Plans"} < set(rows)
    assert not {"Short name", "Links", "Last looked at"} & {each.removesuffix(" Different") for each in rows}
    # Where several describe a project, each cell names those who state it, by numbers below the table.
    marks = {each["aria-label"].partition(", ")[2] for each in page.all("a") if each.around[0].tag == "sup"}
    assert {"stated by Ville d'Exemple", "stated by Agenzia nazionale Esempio"} <= marks
    assert {"Ville d'Exemple", "Agenzia nazionale Esempio"} <= set(page.text_of("li"))
    without = [each["href"] for each in page.all("a") if "/compare?p=" in each["href"]]
    assert without[0].endswith(quote(decidim, safe="/:"))
    response = await asked.get(f"/en/compare?p={tree}&p={decidim}&format=csv")
    columns, addresses_, by, uses, *table = csv.reader(io.StringIO(await response.text()))
    assert columns == ["", *heads]
    assert addresses_ == ["Address", tree, decidim]
    assert by[:2] == ["Stated by", "Ville d'Exemple"]
    assert int(uses[2]) > int(uses[1]) == 0
    assert ["Status", "Live"] in [row[:2] for row in table]
    # One project is one column, by whichever member it is named.
    view = await (await asked.get(f"/api/v1/projects/{decidim}")).json()
    members = "&p=".join(each["address"] for each in view["members"][:4])
    page = await shown(asked, f"/en/compare?p={members}")
    assert not [text for text in page.text_of("th") if "Take it out" in text]
    await shown(asked, f"/en/compare?p={tree}&p=none.example", 404)
    await shown(asked, "/en/compare?" + "&".join(["p=x"] * 21), 400)


async def test_of_more_than_fit_side_by_side_the_first_are_shown(asked: TestClient[Any, Any]) -> None:
    document = await (await asked.get("/api/v1/search?limit=6&kind=software")).json()
    ticked = [each["address"] for each in document["items"]]
    question = "&".join(f"p={quote(each, safe='')}" for each in ticked)
    page = await shown(asked, f"/en/compare?{question}")
    left = {
        each["href"] for each in page.all("a") if any("note" in (up.get("class") or "") for up in each.around)
    }
    assert left == {f"/en/p/{each}" for each in ticked[4:]}
    out = [each["href"] for each in page.all("a") if "/compare?p=" in each["href"]]
    # Whoever takes one out sees the next one; the table has what is on the page.
    assert out[0].count("p=") == 5
    (table,) = [each for each in out if "format=csv" in each]
    assert table.count("p=") == 4
    assert (await asked.get(table)).content_type == "text/csv"
    response = await asked.get(f"/en/compare?{question}&format=csv")
    assert response.status == 400
    assert "these are 6 projects" in await response.text()


async def test_what_is_ticked_in_a_search_is_compared(asked: TestClient[Any, Any]) -> None:
    page = await shown(asked, "/en/search")
    boxes = [each for each in page.all("input") if each.get("form") == "compare"]
    assert {each["name"] for each in boxes} == {"p"}
    (form,) = (each for each in page.all("form") if each.get("id") == "compare")
    page = await shown(asked, form["action"] + "?p=" + "&p=".join(each["value"] for each in boxes[:3]))
    assert len([text for text in page.text_of("th") if "Take it out" in text]) == 3


async def test_a_log_is_shown_leaf_by_leaf(asked: TestClient[Any, Any]) -> None:
    page = await shown(asked, f"/en/log/{CITY}")
    rows, places = page.text_of("tr")[1:], list[int]()
    said = " ".join(rows)
    for word in ("Published", "Withdrawn", "Content erased", "Erased by its publisher", "Keys changed 1"):
        assert word in said
    path = f"/en/log/{CITY}?before=7"
    while path:
        page = await shown(asked, path)
        places += [int(text.split(" ")[0]) for text in page.text_of("tr")[1:]]
        path = next((each["href"] for each in page.all("a") if each.get("rel") == "next"), "")
    assert places == [6, 5, 4, 3, 2, 1, 0]
    page = await shown(asked, f"/en/log/{CITY}?before=0")
    assert "There is nothing before this place." in page.text_of("td")[-1]
    checkpoint = next(each["href"] for each in page.all("a") if each["href"].endswith("/checkpoint"))
    assert (await (await asked.get(checkpoint)).text()).startswith(f"{CITY}\n")
    await shown(asked, "/en/log/none.example/log/none/1", 404)


async def test_plans_are_a_drawing_and_a_table(asked: TestClient[Any, Any]) -> None:
    page = await shown(asked, "/en/roadmap")
    described = [each.tag for each in page.elements if (each.get("id") or "").startswith("line-")]
    assert described == ["title", "desc"]
    bars = page.all("rect")
    rows = [text for text in page.text_of("tr") if " to " in text]
    assert len(bars) == len(rows) == 2
    assert not (await shown(asked, "/en/seeking")).all("svg")


async def test_the_policy_is_shown_as_it_is_written(home: Home) -> None:
    object.__setattr__(home.config, "policy_document", "policy.md")
    try:
        async with TestClient(TestServer(make_app(home))) as client:
            page = await shown(client, "/en/about")
    finally:
        object.__setattr__(home.config, "policy_document", "")
    assert "<b>Everybody</b>" in page.text_of("pre")[0]
    assert not page.all("b")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/fr/nothing", 404, "à cette adresse"),
        ("/nothing", 404, "There is nothing"),
        ("/es/search?colour=red", 400, "Esta dirección"),
        ("/it/topics/sector:none", 404, "nulla a questo indirizzo"),
        ("/api/v1/search?limit=0", 400, "This address asks"),
    ],
)
async def test_a_browser_gets_problems_as_pages(
    asked: TestClient[Any, Any], path: str, status: int, words: str
) -> None:
    page = await shown(asked, path, status)
    assert words in page.text_of("h1")[0]
    response = await asked.get(path, headers={"Accept": "application/json"})
    assert (response.status, response.content_type) == (status, "application/problem+json")
    assert (await response.json())["detail"] in " ".join(page.text_of("p"))
    assert (await asked.get(path, headers=HTML)).headers["Cache-Control"] == "no-store"


async def test_other_methods_are_refused_as_a_page_too(asked: TestClient[Any, Any]) -> None:
    response = await asked.post("/en/search", headers=HTML)
    assert (response.status, response.content_type) == (405, "text/html")
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert (await asked.get("/livez", headers=HTML)).content_type == "application/json"


async def test_a_node_below_a_folder_has_its_pages_there(tmp_path: Path) -> None:
    below = open_home(tmp_path / "home", address="http://127.0.0.1:8401/shared")
    with_keys(below)
    async with TestClient(TestServer(make_app(below))) as client:
        response = await client.get("/shared/", allow_redirects=False)
        assert response.headers["Location"] == "/shared/en/"
        for path in ("/", "/search", "/publishers", "/topics", "/seeking", "/federation", "/about"):
            page = await shown(client, f"/shared/fr{path}")
            is_inside = [each["href"] for each in page.all("a") if each["href"].startswith("/")]
            assert all(each.startswith("/shared/") for each in is_inside)
        page = await shown(client, "/shared/fr/about")
        canonical = [each["href"] for each in page.all("link") if each["rel"] == "canonical"]
        assert canonical == ["http://127.0.0.1:8401/shared/fr/about"]
    below.close()


async def test_every_text_is_translated_or_data(home: Home, asked: TestClient[Any, Any]) -> None:
    site = Site(home, {"qps": Locale("qps", "Pseudo")}, lambda _: Pseudo())
    address = await found(asked, "decidim")
    tree = await found(asked, "tree atlas")
    refs = {"/p/{ref}": [address], "/e/{ref}": [address, tree], "/o/{ref}": [CITY]}
    refs["/topics/{ref}"] = ["sector:democracy"]
    refs["/log/{ref}"] = [CITY]
    counted = 0
    for kind, routes in tables([]):
        showing = kind(site)
        for route in routes:
            for ref in refs.get(route.path, [""]):
                path = f"/qps{route.path.replace('{ref}', ref)}"
                path += f"?p={address}&p={tree}" if route.path == "/compare" else ""
                request = make_mocked_request("GET", path, match_info={"ref": ref})
                response = await route.handler(showing, request)
                assert isinstance(response, web.Response)
                assert isinstance(response.body, bytes)
                counted += texts_translated(Page(response.body.decode()), path)
    assert counted > 300
