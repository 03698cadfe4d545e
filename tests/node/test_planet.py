"""Feeds of news over real sockets: whom a node asks, when, what it keeps, and what it shows of it."""

import asyncio
import dataclasses
import functools
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import feedparser  # type: ignore[import-untyped] # it has no types
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from federation.fetch import Fetcher
from federation.limits import Limits
from federation.listing import Verdict
from node.answers.rebuild import rebuild
from node.app import make_app
from node.blocking import say, take_back
from node.config import PlanetConfig
from node.errors import InvalidInputError
from node.home import Home
from node.moderation import HIDE, moderate
from node.planet import gathering
from node.planet.gathering import FEEDS_EACH, LAPSE_SECONDS, PER_STEP, gather, wanted_feeds
from node.planet.reading import KEPT_ITEMS, News
from node.planet.shown import EACH, feed_states, news_publishers, planet
from node.purging import purge
from node.web.locales import LOCALES
from node.web.site import Site
from tests.claims_server import ClaimsServer, Rerouted
from tests.markup import Page
from tests.news_feeds import CITY, STATE, atom, atom_entry, json_feed, rss
from tests.node_world import Clock
from tests.publisher import NOW, Publisher, entry, open_home
from tests.web_checks import Pseudo, is_sound, texts_translated

HOUR = 3_600
FEED = "https://city.example/news.xml"


def named(*urls: str) -> list[dict[str, str]]:
    return [{"rel": "updates-feed", "url": url} for url in urls]


class World:
    """A home with two publishers, the server where all news is, and the time."""

    def __init__(self, home: Home, clock: Clock, server: ClaimsServer, fetch: Fetcher) -> None:
        self.home = home
        self.clock = clock
        self.server = server
        self.fetch = Rerouted(fetch, server)
        self.city, self.state = Publisher(home, CITY), Publisher(home, STATE, own=False)
        self._profiles: dict[str, bytes] = {}

    def say(self, publisher: Publisher, *urls: str) -> None:
        """Publish a profile, or a new version of it, that names feeds."""
        profile = {"type": "profile", "v": 1, "name": {"en": f"Office {publisher.origin[:5]}"}}
        origin = publisher.origin
        self._profiles[origin] = publisher.put({**profile, "links": named(*urls)}, self._profiles.get(origin))
        publisher.publish()

    def serve(self, url: str, body: bytes) -> None:
        self.server.files[f"/{url.removeprefix('https://')}"] = body

    async def gather(self, seconds: float = 5 * HOUR) -> dict[str, str | None]:
        """Let time pass and ask whose time has come; return what was wrong with each."""
        self.clock.pass_by(seconds)
        found = await gather(self.home, self.fetch)
        return {url: None if fault is None else fault.detail for url, fault in found.items()}

    def titles(self, publisher: str = "") -> list[str]:
        return [each["title"] for each in planet(self.home, publisher, limit=1_000)["items"]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def followed_home(tmp_path: Path, clock: Clock) -> Iterator[Home]:
    opened = open_home(tmp_path / "home", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
async def world(followed_home: Home, clock: Clock) -> AsyncIterator[World]:
    limits = Limits(news_bytes=100_000)
    async with ClaimsServer() as server, Fetcher(limits, allow_private=True) as fetch:
        followed_home.config = dataclasses.replace(followed_home.config, limits=limits)
        yield World(followed_home, clock, server, fetch)


async def test_what_publishers_write_elsewhere_is_shown_as_theirs(world: World) -> None:
    world.say(world.city, FEED)
    world.state.put(entry("Tool", links=named("https://state.example/tool.json")))
    world.state.publish()
    world.serve(FEED, atom(atom_entry("lamps", inside="<summary>All counted</summary>")))
    world.serve("https://state.example/tool.json", json_feed({"id": "1", "title": "Version 2", "url": "/2"}))
    assert await world.gather() == {FEED: None, "https://state.example/tool.json": None}
    found = planet(world.home)
    assert found["next"] is None
    assert [(each["title"], each["url"], each["language"]) for each in found["items"]] == [
        ("Version 2", "https://state.example/2", ""),
        ("lamps", "https://city.example/lamps", "fr"),
    ]
    first, second = found["items"]
    assert (first["publishers"], first["feed_title"]) == ([{"origin": STATE, "name": ""}], "Office")
    assert (second["publishers"], second["excerpt"]) == (
        [{"origin": CITY, "name": "Office 127.0"}],
        "All counted",
    )
    assert second["at"] == "2026-11-01T11:00:00Z"
    assert world.titles(CITY) == ["lamps"]
    assert news_publishers(world.home) == (CITY, STATE)
    # A rebuild derives who names what, and leaves what was seen.
    rebuild(world.home)
    assert world.titles() == ["Version 2", "lamps"]


async def test_a_feed_is_asked_at_its_interval_and_sent_what_it_said_of_its_version(world: World) -> None:
    seen: list[tuple[str | None, str | None]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")))
        if seen[-1][0] is not None:
            return web.Response(status=304)
        body = gzip.compress(atom(atom_entry("lamps")))
        headers = {
            "ETag": '"1"',
            "Last-Modified": "Sun, 01 Nov 2026 11:00:00 GMT",
            "Content-Encoding": "gzip",
        }
        return web.Response(body=body, headers=headers)

    world.server.handlers["/city.example/news.xml"] = answer
    world.say(world.city, FEED)
    assert await world.gather() == {FEED: None}
    assert await world.gather(HOUR) == {}
    assert await world.gather() == {FEED: None}
    assert seen == [(None, None), ('"1"', "Sun, 01 Nov 2026 11:00:00 GMT")]
    assert world.titles() == ["lamps"]
    (state,) = feed_states(world.home)
    assert (state["items"], state["fault"], state["seen_at"]) == (1, None, state["tried_at"])


async def test_validators_that_are_too_long_are_not_sent_again(world: World) -> None:
    async def answer(request: web.Request) -> web.Response:
        assert "If-None-Match" not in request.headers
        assert "If-Modified-Since" not in request.headers
        headers = {"ETag": f'"{"x" * 200}"', "Last-Modified": "x" * 200}
        return web.Response(body=atom(atom_entry("lamps")), headers=headers)

    world.server.handlers["/city.example/news.xml"] = answer
    world.say(world.city, FEED)
    assert await world.gather() == await world.gather() == {FEED: None}


async def test_a_feed_that_fails_is_asked_less_often_and_lapses(world: World) -> None:
    world.say(world.city, FEED)
    world.serve(FEED, atom(atom_entry("lamps")))
    await world.gather()
    world.serve(FEED, b"<html/>")
    assert "neither Atom" in str((await world.gather())[FEED])
    world.server.files.clear()
    assert (await world.gather(6 * HOUR))[FEED] == "it answers with status 404"
    assert world.titles() == ["lamps"]
    (state,) = feed_states(world.home)
    assert state["fault"] == f"unreachable: {FEED}: it answers with status 404"
    failures = "SELECT failures FROM news_feed"
    assert world.home.database.connection.execute(failures).fetchone() == (2,)
    await world.gather(LAPSE_SECONDS)
    assert world.titles() == []
    # Back again, and read whole.
    world.serve(FEED, atom(atom_entry("pipes")))
    await world.gather(7 * HOUR)
    assert world.titles() == ["pipes"]
    assert world.home.database.connection.execute(failures).fetchone() == (0,)


async def test_what_is_named_no_more_is_gone(world: World) -> None:
    tool = world.city.put(entry("Tool", links=named("https://a.example/tool")))
    world.city.put(entry("Other", links=[{"rel": "docs", "url": "https://a.example/docs"}, "none"]))
    world.say(world.city, FEED)
    world.say(world.state, "https://s.example/feed")
    for name in ("city.example/news.xml", "a.example/tool", "s.example/feed"):
        world.serve(f"https://{name}", atom(atom_entry(name.partition(".")[0])))
    await world.gather()
    assert sorted(world.titles()) == ["a", "city", "s"]
    # Withdrawn, renamed, hidden, blocked: each at once, before anybody is asked.
    world.city.withdraw(tool)
    world.say(world.city, "https://city.example/other.xml")
    assert world.titles() == ["s"]
    say(world.home, Verdict.BLOCK, STATE, "", reason="test", actor="test")
    assert world.titles() == []
    assert "https://s.example/feed" not in wanted_feeds(world.home)
    take_back(world.home, STATE, "", actor="test")
    assert world.titles() == ["s"]
    await world.gather(60)
    feeds = [
        feed for (feed,) in world.home.database.connection.execute("SELECT url FROM news_feed ORDER BY url")
    ]
    assert feeds == ["https://city.example/other.xml", "https://s.example/feed"]
    profile = world._profiles[STATE]
    moderate(world.home, f"{STATE}/e/{profile.hex()}", HIDE, "test", "test")
    assert world.titles() == []


async def test_of_a_purged_log_nothing_is_left(world: World) -> None:
    world.say(world.state, FEED)
    world.serve(FEED, atom(atom_entry("lamps")))
    await world.gather()
    purge(world.home, STATE, "test")
    assert world.titles() == []
    await world.gather()
    assert world.home.database.connection.execute("SELECT count(*) FROM news_item").fetchone() == (0,)


async def test_a_blocked_host_is_not_asked(world: World) -> None:
    world.say(world.city, "https://spam.example/feed", FEED)
    say(world.home, Verdict.BLOCK, "spam.example", "", reason="test", actor="test")
    assert wanted_feeds(world.home) == (FEED,)


async def test_nobody_is_asked_where_that_is_switched_off(world: World) -> None:
    world.say(world.city, FEED)
    world.serve(FEED, atom(atom_entry("lamps")))
    await world.gather()
    world.home.config = dataclasses.replace(world.home.config, planet=PlanetConfig(gather=False))
    assert world.titles() == []
    assert feed_states(world.home) == []
    assert await world.gather() == {}
    assert world.home.database.connection.execute("SELECT count(*) FROM news_item").fetchone() == (0,)
    async with TestClient(TestServer(make_app(world.home))) as client:
        page = Page(await (await client.get("/en/planet")).text())
    assert any("gathers no news" in text for text in page.text_of("p"))


async def test_everybody_is_asked_before_anybody_twice_and_nobody_without_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood = [f"https://a.example/{each:02}" for each in range(40)]
    for at in range(0, 39, 3):
        world.state.put(entry(f"Tool {at}", links=named(*flood[at : at + 3], *flood[:3])))
    # Named by its own address in many spellings, or as what is no address, nothing is asked.
    world.state.put(entry("Odd", links=named("ftp://a.example/", "https://a.example/" + "x" * 2_000)))
    world.state.put({"type": "list", "v": 1, "links": named("https://a.example/list")})
    world.state.publish()
    world.say(world.city, FEED)
    wanted = wanted_feeds(world.home)
    assert wanted[:2] == (FEED, flood[0])
    assert len(wanted) == 1 + FEEDS_EACH
    monkeypatch.setattr(gathering, "PER_STEP", 4)
    asked = [await world.gather(0) for _ in range(4)]
    assert [len(each) for each in asked] == [4, 4, 3, 0]
    assert FEED in asked[0]
    assert len(world.server.asked) == 1 + FEEDS_EACH
    assert PER_STEP > 4
    monkeypatch.setattr(gathering, "MOST_FEEDS", 2)
    assert wanted_feeds(world.home) == wanted[:2]


async def test_whoever_writes_much_hides_nobody(world: World) -> None:
    world.say(world.city, FEED)
    world.say(world.state, "https://s.example/1", "https://s.example/2", FEED)
    world.serve(FEED, atom(atom_entry("lamps", "2020-01-01T00:00:00Z")))
    for feed in (1, 2):
        items = [{"id": each, "title": f"{feed}: {each}"} for each in range(1, KEPT_ITEMS + 6)]
        world.serve(f"https://s.example/{feed}", json_feed(*items))
    await world.gather()
    titles = world.titles()
    assert len(titles) == EACH + 1
    # Whoever names it besides takes no place of its own publisher.
    assert titles[-1] == "lamps"
    assert len(world.titles(STATE)) == 2 * KEPT_ITEMS + 1
    pages, cursor = [], None
    while True:
        page = planet(world.home, STATE, limit=15, cursor=cursor)
        pages.append([each["id"] for each in page["items"]])
        if (cursor := page["next"]) is None:
            break
    assert [len(each) for each in pages] == [15, 15, 11]
    assert len({each for page in pages for each in page}) == 41
    with pytest.raises(InvalidInputError, match="no cursor"):
        planet(world.home, cursor="x")


async def test_nobody_stays_first_by_dates(world: World) -> None:
    world.say(world.city, FEED)
    world.say(world.state, "https://s.example/1")
    world.serve(FEED, atom(atom_entry("ahead", "2199-01-01T00:00:00Z"), atom_entry("none", "soon")))
    world.serve("https://s.example/1", json_feed())
    await world.gather()
    before = world.clock.now
    assert {each["at"] for each in planet(world.home)["items"]} == {
        feed_states(world.home)[0]["seen_at"],
    }
    world.serve(FEED, atom(atom_entry("ahead", "2200-01-01T00:00:00Z"), atom_entry("none")))
    world.serve("https://s.example/1", json_feed({"id": "1", "title": "newer"}))
    await world.gather()
    # What was seen keeps its time, so what is new comes first.
    assert world.titles()[0] == "newer"
    times = world.home.database.connection.execute(
        "SELECT at FROM news_item WHERE feed = ?", (FEED,)
    ).fetchall()
    assert times == [(int(before),)] * 2


async def test_hostile_answers_are_faults_and_cost_little(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forever(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"<item>" * 2_000)

    async def bomb(_: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"<" * 10_000_000), headers={"Content-Encoding": "gzip"})

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    async def away(_: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.2/")

    handlers = {"forever": forever, "bomb": bomb, "away": away}
    for name, handler in handlers.items():
        world.server.handlers[f"/h.example/{name}"] = handler
        world.state.put(entry(name, links=named(f"https://h.example/{name}")))
    world.serve("https://h.example/laughs", b'<!DOCTYPE r [<!ENTITY a "ha">]><rss/>')
    world.state.put(entry("laughs", links=named("https://h.example/laughs")))
    world.state.publish()
    world.say(world.city, FEED)
    world.serve(FEED, rss("<item><title>Fine</title><link>javascript:alert(1)</link></item>"))
    found = {url.rpartition("/")[2]: fault for url, fault in (await world.gather()).items()}
    assert found.pop("news.xml") is None
    reasons = {name: str(fault).partition(" ")[2] for name, fault in found.items()}
    assert reasons == {
        "forever": "body is larger than 100000 bytes",
        "bomb": "body unpacks to more than 100000 bytes",
        "away": "redirects to another origin, 'http://127.0.0.2/'",
        "laughs": "has a document type, which no feed needs",
    }
    assert world.titles() == ["Fine"]
    assert planet(world.home)["items"][0]["url"] is None
    assert sum(each["fault"] is not None for each in feed_states(world.home)) == 4
    world.server.handlers["/h.example/slow"] = slow
    world.state.put(entry("slow", links=named("https://h.example/slow")))
    world.state.publish()
    monkeypatch.setattr(gathering, "ANSWER_SECONDS", 0.1)
    assert await world.gather(0) == {"https://h.example/slow": "it answers too slowly"}


async def test_a_feed_that_brings_out_a_bug_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(data: bytes, url: str) -> News:
        return News("", ()) if url == FEED else News(data.decode("ascii"), ())

    monkeypatch.setattr(gathering, "read_news", read)
    world.say(world.city, FEED, "https://city.example/other.xml")
    world.serve(FEED, b"")
    world.serve("https://city.example/other.xml", "é".encode())
    found = await world.gather()
    assert (found.pop(FEED), [str(each)[:20] for each in found.values()]) == (None, ["it could not be read"])


async def test_the_page_and_its_feeds(world: World) -> None:
    world.say(world.city, FEED)
    world.say(world.state, FEED, "https://s.example/1")
    hostile = '<b onclick="x()">Lamps</b><script>alert(1)</script>\u202e&lt;img src=x onerror=alert(1)>'
    world.serve(
        FEED, json_feed(*({"id": f"{each}", "title": f"T{each}"} for each in range(3)), language="fr")
    )
    world.serve(
        "https://s.example/1", json_feed({"id": "h", "content_html": hostile, "url": "https://s.example/p"})
    )
    await world.gather()
    async with TestClient(TestServer(make_app(world.home))) as client:
        pages = {tag: Page(await (await client.get(f"/{tag}/planet")).text()) for tag in LOCALES}
        for tag, shown in pages.items():
            is_sound(shown, tag)
        page = pages["ar"]
        assert {"https://s.example/p", FEED} <= {each["href"] for each in page.all("a")}
        assert not page.all("img") + page.all("b")
        alone = Page(await (await client.get(f"/en/planet?publisher={CITY}&limit=2")).text())
        assert len(alone.all("h2")) == 2
        (more,) = [each["href"] for each in alone.all("a") if each.get("rel") == "next"]
        assert (await client.get(more)).status == 200
        document = await (await client.get(f"/api/v1/planet?publisher={CITY}")).json()
        assert [each["feed"] for each in document["items"]] == [FEED] * 3
        assert (await client.get("/api/v1/planet?cursor=x")).status == 400
        atom_feed = feedparser.parse(await (await client.get("/feeds/planet.atom?lang=ar")).read())
        assert not atom_feed.bozo
        by_title = {each.title: each for each in atom_feed.entries}
        assert by_title["T1"].link == "http://127.0.0.1:8401/ar/planet"
        assert [each.name for each in by_title["T1"].authors] == ["Office 127.0", "Office state"]
        assert FEED in by_title["T1"].content[0].value
        answer = await client.get(f"/feeds/planet.json?publisher={CITY}")
        found = json.loads(await answer.read())
        assert found["home_page_url"] == f"http://127.0.0.1:8401/planet?publisher={CITY.replace(':', '%3A')}"
        assert len(found["items"]) == 3


async def test_no_text_of_the_page_is_left_out_of_translations(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.say(world.city, FEED)
    world.serve(FEED, json_feed({"id": "1", "title": "T", "url": "/1", "summary": "S"}))
    await world.gather()
    monkeypatch.setattr("node.app.Site", functools.partial(Site, translate=lambda _: Pseudo()))
    async with TestClient(TestServer(make_app(world.home))) as client:
        for path in ("/fr/planet", f"/fr/planet?publisher={CITY}"):
            assert texts_translated(Page(await (await client.get(path)).text()), path) > 10


async def test_who_names_no_feed_costs_nothing(world: World) -> None:
    assert await world.gather() == {}
    assert planet(world.home) == {"items": [], "next": None}
    assert world.clock.now > NOW
