"""Whom this node asks, what their cards say, and how asking went."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from federation.fetch import Fetcher
from federation.limits import Limits
from node.answers.nodes import nodes
from node.app import make_app
from node.cards import CARD_SECONDS, RETRY_SECONDS, check_cards
from node.gossip import check_feeds
from node.home import Home
from node.own.clearance import grant
from node.own.sequencer import publish
from node.peers import follow, introduce_all, sync_round
from tests.node_world import CarrierFetch, NodeWorld, put
from tests.ports import free_port

Serve = Callable[[Home], Any]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serve homes at their addresses; the returned server can be closed earlier."""
    async with AsyncExitStack() as stack:

        async def start(home: Home, app: web.Application | None = None) -> TestServer:
            server = TestServer(app or make_app(home), port=home.config.url.port)
            await stack.enter_async_context(server)
            return server

        yield start


@pytest.fixture
async def fetch() -> AsyncIterator[Fetcher]:
    async with Fetcher(Limits(connect_seconds=2), allow_private=True) as opened:
        yield opened


async def followed(reader: Home, fetch: Fetcher, url: str) -> None:
    for found in await introduce_all(reader, fetch, url, None):
        follow(reader, found, url, "root")


async def test_a_node_is_shown_with_its_card_and_its_sources(
    world: NodeWorld, serve: Serve, fetch: Fetcher
) -> None:
    reader, city = world.found("reader", free_port()), world.found("city", free_port())
    served = await serve(city)
    assert nodes(reader) == []
    await followed(reader, fetch, city.config.address)
    (before,) = nodes(reader)
    assert (before["as_its_card_says"], before["last_try"], before["fault"]) == (None, None, None)

    await sync_round(reader, fetch)
    (node,) = nodes(reader)
    assert (node["url"], node["followed"], node["fault"]) == (city.config.address, True, None)
    card = node["as_its_card_says"]
    assert card["software"].startswith("fedcat")
    assert card["mirror"].startswith(city.config.mirror_name + "+")
    assert [log["origin"] for log in card["logs"]] == [world.origin("city")]
    assert node["last_try"] == node["last_success"] == card["read_at"] == "2027-01-15T08:00:00Z"
    mine = next(source for source in node["sources"] if source["own"])
    # Nobody has told the city to carry the reader's log; a node is well all the same.
    assert (mine["fault"], mine["carries"], mine["behind"]) == ("unreachable", None, None)
    theirs = [source for source in node["sources"] if not source["own"]]
    assert {source["held"] for source in theirs} == {2}
    assert {(source["carries"], source["behind"]) for source in theirs} == {(2, 0)}

    await served.close()
    world.clock.pass_by(3600)
    await sync_round(reader, fetch)
    (down,) = nodes(reader)
    assert (down["fault"], down["last_success"]) == ("unreachable", "2027-01-15T08:00:00Z")
    assert down["last_try"] == "2027-01-15T09:00:00Z"


async def test_how_far_carriers_of_an_own_log_are_behind(
    world: NodeWorld, serve: Serve, fetch: Fetcher
) -> None:
    reader, city = world.found("reader", free_port()), world.found("city", free_port())
    await serve(city)
    await serve(reader)
    await followed(city, fetch, reader.config.address)
    await sync_round(city, fetch)
    await followed(reader, fetch, city.config.address)
    await sync_round(reader, fetch)

    def mine() -> Mapping[str, Any]:
        (node,) = nodes(reader)
        return next(source for source in node["sources"] if source["own"])

    assert (mine()["held"], mine()["carries"], mine()["behind"]) == (2, 2, 0)
    # As if three more leaves had been published since.
    reader.database.connection.execute("UPDATE log SET size = 5 WHERE own = 1")
    assert (mine()["held"], mine()["carries"], mine()["behind"]) == (5, 2, 3)


async def test_a_node_that_was_stopped_is_at_fault_though_it_carried_our_log(
    world: NodeWorld, serve: Serve, fetch: Fetcher
) -> None:
    reader, city = world.found("reader", free_port()), world.found("city", free_port())
    there = await serve(city)
    await serve(reader)
    await followed(city, fetch, reader.config.address)
    await sync_round(city, fetch)
    await followed(reader, fetch, city.config.address)
    await sync_round(reader, fetch)
    (node,) = nodes(reader)
    assert (node["fault"], node["carried"], node["feed"]["fault"]) == (None, 2, None)

    await there.close()
    # Whether it carries the own log is asked again in an hour; that answer stands, and says nothing any more.
    world.clock.pass_by(120)
    await sync_round(reader, fetch)
    (node,) = nodes(reader)
    assert (node["fault"], node["feed"]["fault"], node["feed"]["failures"]) == ("unreachable",) * 2 + (1,)
    assert (node["last_try"], node["last_success"]) == ("2027-01-15T08:02:00Z", "2027-01-15T08:00:00Z")

    await serve(city)
    world.clock.pass_by(120)
    # Its feed alone is asked: the log is not due.
    await check_feeds(reader, fetch, only_due=False)
    (node,) = nodes(reader)
    assert (node["fault"], node["last_success"]) == (None, "2027-01-15T08:04:00Z")
    # Files that are wrong are no question of whether somebody answers.
    reader.database.connection.execute(
        "UPDATE source SET fault = 'malformed' WHERE url LIKE ?", (f"{city.config.address}%",)
    )
    assert nodes(reader)[0]["fault"] == "malformed"


async def test_what_a_node_carries_is_what_its_feed_showed_last(
    world: NodeWorld, serve: Serve, fetch: Fetcher
) -> None:
    reader, city = world.found("reader", free_port()), world.found("city", free_port())
    await serve(city)
    await serve(reader)
    await followed(city, fetch, reader.config.address)
    await sync_round(city, fetch)
    await followed(reader, fetch, city.config.address)
    await sync_round(reader, fetch)
    grant(reader, world.origin("reader"))
    grant(city, world.origin("city"))
    for home, name in ((reader, "reader"), (city, "city")):
        await publish(home, world.origin(name), [put("Gazebo")])

    world.clock.pass_by(60)
    await sync_round(city, fetch)
    await sync_round(reader, fetch)
    (node,) = nodes(reader)
    assert (node["carried"], node["behind"]) == (2, 0)
    shown = {each["own"]: (each["carries"], each["carries_at"], each["behind"]) for each in node["sources"]}
    assert shown == dict.fromkeys((True, False), (3, "2027-01-15T08:01:00Z", 0))

    # What is published now it has not seen, until it asks.
    await publish(reader, world.origin("reader"), [put("Bandstand")])
    assert nodes(reader)[0]["behind"] == 1


async def test_plain_files_are_a_place_without_a_card(world: NodeWorld, serve: Serve, fetch: Fetcher) -> None:
    reader, city = world.found("reader", free_port()), world.found("city", free_port())
    await serve(city)
    # Followed by the prefix of its files: nobody said that there is a node.
    files = f"{city.config.address}/log/city/1"
    await followed(reader, fetch, files)
    await sync_round(reader, fetch)
    (place,) = [node for node in nodes(reader) if node["url"] == city.config.address]
    assert (place["followed"], place["as_its_card_says"]) == (False, None)
    assert [source["url"] for source in place["sources"]] == [files]
    reader.database.connection.execute("UPDATE source SET url = 'https://odd.example/files'")
    assert nodes(reader)[-1]["url"] == "https://odd.example/files"


class Cards(CarrierFetch):
    """The network: some addresses show a card."""

    def __init__(self, **shown: object) -> None:
        super().__init__()
        for host, document in shown.items():
            self.show(host, document)

    def show(self, host: str, document: object) -> None:
        self.replaced[f"https://{host}.example/.well-known/fedcat"] = json.dumps(document).encode()


def add_peer(home: Home, url: str) -> None:
    home.database.connection.execute("INSERT INTO peer (url, added_at) VALUES (?, 1)", (url,))


async def test_a_card_is_read_again_after_a_day(world: NodeWorld) -> None:
    home = world.found()
    add_peer(home, "https://oslo.example")
    fetch = Cards(oslo={"fedcat": 1, "logs": [], "software": "first"})
    await check_cards(home, fetch)
    fetch.show("oslo", {"fedcat": 1, "logs": [], "software": "second"})
    world.clock.pass_by(CARD_SECONDS - 1)
    await check_cards(home, fetch)
    assert nodes(home)[0]["as_its_card_says"]["software"] == "first"
    world.clock.pass_by(1)
    await check_cards(home, fetch)
    assert nodes(home)[0]["as_its_card_says"]["software"] == "second"
    # A clock that was put back does not keep it for ever.
    world.clock.pass_by(-3600)
    await check_cards(home, fetch)
    assert len(fetch.asked) == 3


async def test_a_node_without_a_card_is_not_asked_all_the_time(world: NodeWorld) -> None:
    home = world.found()
    add_peer(home, "https://oslo.example")
    fetch, waits = Cards(oslo="no card"), dict[str, int]()
    for _ in range(3):
        await check_cards(home, fetch, waits)
    assert len(fetch.asked) == 1
    world.clock.pass_by(RETRY_SECONDS)
    fetch.show("oslo", {"fedcat": 1, "logs": []})
    await check_cards(home, fetch, waits)
    assert nodes(home)[0]["as_its_card_says"]["logs"] == []


async def test_of_a_hostile_card_only_what_can_be_shown_is_kept(world: NodeWorld) -> None:
    home = world.found()
    add_peer(home, "https://oslo.example")
    logs = [
        {"origin": "\x1b[2Jevil", "url": "https://a.example", "fingerprint": ""},
        {"origin": "a.example/log/a/1", "url": "javascript:alert(1)", "fingerprint": "a\u202eb"},
        {"origin": "b.example/log/b/1", "url": "https://b.example/log/b/1", "fingerprint": "ab" * 32},
    ]
    shown = {"fedcat": 1, "logs": logs, "software": "x" * 301, "mirror": "evil\u009b+00000000+AAAA"}
    await check_cards(home, Cards(oslo=shown))
    card = nodes(home)[0]["as_its_card_says"]
    assert (card["software"], card["mirror"]) == ("", "")
    assert card["logs"] == [{"origin": "a.example/log/a/1", "url": "", "fingerprint": ""}, logs[2]]
