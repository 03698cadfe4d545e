"""Dumps for readers: made when they are due, and never with what is to be had no more."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from node.answers.catalogue import CatalogueProjection
from node.app import make_app
from node.config import Config, DumpsConfig
from node.dumping.serving import renew_dumps, served_dumps
from node.dumping.verifying import verify_dump
from node.home import Home
from node.moderation import HIDE, moderate, restore
from tests.node_world import Clock
from tests.publisher import ADDRESS, Publisher, entry

ORIGIN = "127.0.0.1:8401/log/city/1"
DAY = 86_400


class Node:
    """A node that makes dumps, by a clock that a test turns."""

    def __init__(self, path: Path, *formats: str) -> None:
        path.mkdir(exist_ok=True)
        self.clock = Clock()
        config = Config(address=ADDRESS, name="City", allow_private=True, dumps=DumpsConfig(formats))
        self.home = Home(path, config, clock=self.clock, projection=CatalogueProjection())


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    made = Node(tmp_path / "home", "jsonl", "csv")
    yield made
    made.home.close()


def names(home: Home) -> list[str]:
    return list(served_dumps(home))


def test_dumps_are_made_each_day(node: Node) -> None:
    publisher = Publisher(node.home, ORIGIN)
    publisher.put(entry("One"))
    publisher.publish()
    assert names(node.home) == []
    assert renew_dumps(node.home)
    assert names(node.home) == ["dump.csv", "dump.csv.proof", "dump.jsonl"]
    assert not renew_dumps(node.home)
    publisher.put(entry("Two"))
    publisher.publish()
    node.clock.pass_by(DAY - 1)
    assert not renew_dumps(node.home)
    node.clock.pass_by(1)
    assert renew_dumps(node.home)
    assert verify_dump(served_dumps(node.home)["dump.csv"], {}).logs[0].statements == 2


def test_what_is_to_be_had_no_more_is_in_no_dump_from_that_moment(node: Node) -> None:
    publisher = Publisher(node.home, ORIGIN)
    ids = [publisher.put(entry(f"Number {number}")) for number in range(3)]
    publisher.publish()
    renew_dumps(node.home)
    publisher.erase(ids[0])
    publisher.publish()
    assert names(node.home) == []
    node.clock.pass_by(3_600)
    assert renew_dumps(node.home)
    moderate(node.home, ids[1].hex(), HIDE, "a test", "ada")
    assert names(node.home) == []
    # At once, but not over and over: what it cost to make is remembered.
    stamp = node.home.path / "dumps" / "state.json"
    state, at, _, formats = json.loads(stamp.read_text())
    stamp.write_text(json.dumps([state, at, 60.0, formats]))
    assert not renew_dumps(node.home)
    assert sorted(path.name for path in stamp.parent.iterdir()) == ["state.json"]
    assert not renew_dumps(node.home)
    node.clock.pass_by(600)
    assert renew_dumps(node.home)
    assert verify_dump(served_dumps(node.home)["dump.jsonl"], {}).logs[0].left_out == 1
    restore(node.home, ids[1].hex(), "a test", "ada")
    assert names(node.home) == []


def test_a_node_that_makes_no_dumps_any_more_removes_them(node: Node, tmp_path: Path) -> None:
    Publisher(node.home, ORIGIN).publish()
    renew_dumps(node.home)
    node.home.close()
    without = Node(tmp_path / "home")
    assert not renew_dumps(without.home)
    assert names(without.home) == []
    without.home.close()
    never = Node(tmp_path / "other")
    assert not renew_dumps(never.home)
    assert not (tmp_path / "other" / "dumps").exists()
    never.home.close()


async def test_dumps_are_listed_and_served_in_parts_too(node: Node) -> None:
    publisher = Publisher(node.home, ORIGIN)
    publisher.put(entry("One"))
    publisher.publish()
    renew_dumps(node.home)
    whole = served_dumps(node.home)["dump.jsonl"].read_bytes()
    async with (
        TestServer(make_app(node.home)) as server,
        aiohttp.ClientSession(server.make_url("/")) as session,
    ):
        async with session.get("/api/v1/dumps") as response:
            listed = (await response.json())["dumps"]
        assert [each["url"] for each in listed] == [
            "/dumps/dump.csv",
            "/dumps/dump.csv.proof",
            "/dumps/dump.jsonl",
        ]
        assert listed[2]["bytes"] == len(whole)
        async with session.get("/dumps/dump.jsonl") as response:
            assert (response.content_type, await response.read()) == ("application/jsonl", whole)
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            etag = response.headers["ETag"]
        async with session.get("/dumps/dump.jsonl", headers={"If-None-Match": etag}) as response:
            assert response.status == 304
        async with session.get("/dumps/dump.jsonl", headers={"Range": "bytes=10-19"}) as response:
            assert (response.status, await response.read()) == (206, whole[10:20])
        for name in ("dump.jsonl.gz", "dump.sqlite", "state.json", "..%2Fconfig.toml", "dump.jsonl%2F"):
            async with session.get(f"/dumps/{name}") as response:
                assert (response.status, response.content_type) == (404, "application/problem+json")


async def test_packed_dumps_are_served_under_both_names(tmp_path: Path) -> None:
    node = Node(tmp_path / "home", "csv.gz", "jsonl", "jsonl.gz")
    publisher = Publisher(node.home, ORIGIN)
    publisher.put(entry("One"))
    publisher.publish()
    renew_dumps(node.home)
    assert names(node.home) == ["dump.csv.gz", "dump.csv.proof.gz", "dump.jsonl", "dump.jsonl.gz"]
    served = served_dumps(node.home)
    packed, whole = served["dump.jsonl.gz"].read_bytes(), served["dump.jsonl"].read_bytes()
    assert gzip.decompress(packed) == whole
    assert verify_dump(served["dump.csv.gz"], {}).logs[0].statements == 1
    async with (
        TestServer(make_app(node.home)) as server,
        aiohttp.ClientSession(server.make_url("/"), auto_decompress=False) as session,
    ):
        for name, accepted, body, coding in (
            ("dump.jsonl.gz", "identity", packed, None),
            ("dump.jsonl.gz", "gzip", packed, None),
            ("dump.jsonl", "gzip", packed, "gzip"),
            ("dump.jsonl", "identity", whole, None),
        ):
            async with session.get(f"/dumps/{name}", headers={"Accept-Encoding": accepted}) as response:
                assert (await response.read(), response.headers.get("Content-Encoding")) == (body, coding)
                kind = "application/gzip" if name.endswith(".gz") else "application/jsonl"
                assert response.content_type == kind
                assert response.headers.get("Vary") == (None if name.endswith(".gz") else "Accept-Encoding")
        async with session.get("/dumps/dump.csv.gz", headers={"Range": "bytes=0-1"}) as response:
            assert (response.status, await response.read()) == (206, b"\x1f\x8b")
    node.home.close()
