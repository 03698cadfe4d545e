"""The feed over a real server: all checkpoints, those that changed, and nothing that did not."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from node.app import make_app
from node.home import Home
from node.http.feed import Feeds
from protocol.feed import Feed
from protocol.keyset import KeyChain
from protocol.origin import origin_hash
from tests.publisher import Publisher, entry, open_home
from tests.signers import key_note, key_set

ORIGINS = [f"127.0.0.1:8401/log/{name}/1" for name in ("city", "parks", "roads")]


class Client:
    """Asks a served home for its feed."""

    def __init__(self, home: Home, base: str, session: aiohttp.ClientSession) -> None:
        self.home, self._base, self._session = home, base, session

    async def get(self, query: str = "", **headers: str) -> aiohttp.ClientResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self._session.get(f"{self._base}/checkpoints{query}", headers=named)
        await response.read()
        return response

    async def feed(self, query: str = "") -> Feed:
        response = await self.get(query)
        assert (response.status, response.headers["Content-Type"]) == (200, "application/octet-stream")
        return Feed.parse(await response.read())


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    home = open_home(tmp_path / "home")
    async with (
        TestServer(make_app(home)) as server,
        aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as session,
    ):
        yield Client(home, f"http://{server.host}:{server.port}", session)
    home.close()


def hashes(feed: Feed) -> list[str]:
    return [item.origin_hash for item in feed.items]


async def test_an_empty_node_has_an_empty_feed(client: Client) -> None:
    feed = await client.feed()
    assert (feed.full, feed.items) == (True, ())
    assert await client.feed(f"?since={feed.cursor}") == Feed(feed.cursor, full=False, items=())


async def test_all_logs_then_what_changed(client: Client) -> None:
    publishers = [Publisher(client.home, origin) for origin in ORIGINS]
    for publisher in publishers:
        publisher.publish()
    feed = await client.feed()
    assert feed.full
    assert hashes(feed) == sorted(map(origin_hash, ORIGINS))
    notes = {row.hash: row.note for row in client.home.logs.all()}
    assert {item.origin_hash: item.note for item in feed.items} == notes
    assert {item.keys for item in feed.items} == {1}

    publishers[1].put(entry("Trees"))
    publishers[1].publish()
    later = await client.feed(f"?since={feed.cursor}")
    assert not later.full
    assert hashes(later) == [origin_hash(ORIGINS[1])]
    assert later.cursor != feed.cursor
    assert (await client.feed(f"?since={later.cursor}")).items == ()
    # The older cursor still tells the same.
    assert await client.feed(f"?since={feed.cursor}") == later


async def test_a_log_without_a_visible_checkpoint_is_left_out(client: Client) -> None:
    Publisher(client.home, ORIGINS[0]).publish(cosigned=False)
    assert (await client.feed()).items == ()


async def test_a_new_key_set_is_a_change(client: Client) -> None:
    publisher = Publisher(client.home, ORIGINS[0])
    publisher.publish()
    cursor = (await client.feed()).cursor
    chain = KeyChain.start(publisher.chain.notes[0], fingerprint=None, origin=ORIGINS[0])
    publisher.store.keep_chain(chain.extend(key_note(key_set(2, origin=ORIGINS[0], after=9))))
    later = await client.feed(f"?since={cursor}")
    assert [item.keys for item in later.items] == [2]
    # To keep what is kept already is no change.
    publisher.store.keep_chain(publisher.chain)
    assert (await client.feed(f"?since={later.cursor}")).items == ()


@pytest.mark.parametrize("cursor", ["x", "", "0-0", "f" * 12 + "-1", "%0A", "a" * 99])
async def test_an_unknown_cursor_is_told_everything(client: Client, cursor: str) -> None:
    Publisher(client.home, ORIGINS[0]).publish()
    feed = await client.feed(f"?since={cursor}")
    assert (feed.full, len(feed.items)) == (True, 1)


async def test_a_cursor_of_the_future_or_of_another_process_is_unknown(client: Client) -> None:
    Publisher(client.home, ORIGINS[0]).publish()
    word, _, number = (await client.feed()).cursor.partition("-")
    assert (await client.feed(f"?since={word}-{int(number) + 1}")).full
    assert Feeds(client.home)._word != word


async def test_nothing_new_is_no_body(client: Client) -> None:
    for origin in ORIGINS:
        Publisher(client.home, origin).publish()
    first = await client.get(Accept_Encoding="gzip")
    assert first.headers["Content-Encoding"] == "gzip"
    assert len(Feed.parse(gzip.decompress(await first.read())).items) == 3
    again = await client.get(Accept_Encoding="gzip", If_None_Match=first.headers["ETag"])
    assert (again.status, await again.read()) == (304, b"")


async def test_other_questions_are_refused(client: Client) -> None:
    assert (await client.get("?page=2")).status == 400
    assert (await client.get("?since=a&since=b")).status == 400


async def test_an_answer_that_is_full_is_continued(client: Client) -> None:
    for origin in ORIGINS:
        Publisher(client.home, origin).publish()
    (length, *_) = sorted(len(row.note) for row in client.home.logs.all())
    feeds = Feeds(client.home, most=length + 200)
    seen: list[str] = []
    feed = feeds._read(None)
    assert feed.full
    while feed.items:
        assert len(feed.items) == 1
        seen += hashes(feed)
        feed = feeds._read(int(feed.cursor.partition("-")[2]))
        assert not feed.full
    assert sorted(seen) == sorted(map(origin_hash, ORIGINS))
