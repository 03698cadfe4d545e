"""Policy documents: served, fetched with the card, every version kept with what changed in it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.faults import Fault, FaultError, FaultKind
from federation.response import Response
from node.answers.nodes import nodes
from node.answers.policies import node_policy
from node.app import make_app
from node.cards import CARD_SECONDS, check_cards
from node.errors import ConfigError, NotFoundError
from node.home import Home
from node.http.card import card
from node.policies import _diff, own_policy
from tests.node_world import CarrierFetch, NodeWorld

OSLO = "https://oslo.example"
FIRST = "# Admission\n\nPublic bodies of Oslo.\n\nLicence: CC0-1.0\n"
SECOND = FIRST.replace("of Oslo", "of Norway") + "\nContact: catalogue@oslo.example\n"


def configured(home: Home, text: str | bytes, name: str = "policy.md") -> bytes:
    data = text.encode() if isinstance(text, str) else text
    (home.path / name).write_bytes(data)
    home.config = dataclasses.replace(home.config, policy_document=name)
    return data


class Cards(CarrierFetch):
    """The network: one node, with a card and perhaps a policy document."""

    def show(self, document: bytes | None, *, digest: str | None = None) -> None:
        said: dict[str, Any] = {"fedcat": 1, "logs": []}
        if document is not None or digest is not None:
            said["policy"] = hashlib.sha256(document or b"").hexdigest() if digest is None else digest
        self.replaced = {f"{OSLO}/.well-known/fedcat": json.dumps(said).encode()}
        if document is not None:
            self.replaced[f"{OSLO}/policy"] = document

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        found = await super().get(url, limit=limit, gzip=gzip, headers=headers)
        if len(found.body) > limit:
            raise FaultError(Fault(FaultKind.OVER_LIMIT, url, "its body is too large"))
        return found


@pytest.fixture
def reader(world: NodeWorld) -> Home:
    home = world.found()
    home.database.connection.execute("INSERT INTO peer (url, added_at) VALUES (?, 1)", (OSLO,))
    return home


async def read(world: NodeWorld, home: Home, fetch: Cards, document: bytes | None, **how: str) -> None:
    fetch.show(document, **how)
    await check_cards(home, fetch)
    world.clock.pass_by(CARD_SECONDS)


# One's own.


async def test_it_is_served_and_named_in_the_card(world: NodeWorld) -> None:
    home = world.found()
    data = configured(home, FIRST)
    async with TestServer(make_app(home)) as server, aiohttp.ClientSession() as client:
        async with client.get(server.make_url("/policy")) as response:
            assert (response.status, await response.read()) == (200, data)
            assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
        async with client.get(server.make_url("/.well-known/fedcat")) as response:
            assert (await response.json())["policy"] == hashlib.sha256(data).hexdigest()
        # It is that of the start, whatever the file is now.
        (home.path / "policy.md").unlink()
        async with client.get(server.make_url("/policy")) as response:
            assert await response.read() == data


async def test_without_one_there_is_none(world: NodeWorld) -> None:
    home = world.found()
    assert "policy" not in card(home)
    async with (
        TestServer(make_app(home)) as server,
        aiohttp.ClientSession() as client,
        client.get(server.make_url("/policy")) as response,
    ):
        assert response.status == 404


@pytest.mark.parametrize(
    ("data", "reason"), [(b"\xff", "UTF-8"), (b"x" * 65_537, "longer"), (None, "No such")]
)
def test_a_file_that_cannot_be_served_is_said_at_once(
    world: NodeWorld, data: bytes | None, reason: str
) -> None:
    home = world.found()
    configured(home, data or b"")
    if data is None:
        (home.path / "policy.md").unlink()
    with pytest.raises(ConfigError, match=reason):
        make_app(home)


def test_a_path_begins_at_the_home_or_at_the_root(world: NodeWorld, tmp_path: Path) -> None:
    home = world.found()
    data = configured(home, FIRST)
    path = tmp_path / "elsewhere.md"
    path.write_bytes(data)
    assert own_policy(dataclasses.replace(home.config, policy_document=str(path)), home.path) == data


# Others'.


async def test_every_version_is_kept_with_what_changed(world: NodeWorld, reader: Home) -> None:
    fetch = Cards()
    assert nodes(reader)[0]["policy"] is None
    for text in (FIRST, FIRST, SECOND, None, FIRST):
        await read(world, reader, fetch, None if text is None else text.encode())
    assert fetch.asked.count(f"{OSLO}/policy") == 3
    newest = node_policy(reader, "oslo.example")
    assert [each["version"] for each in newest["versions"]] == [1, 2, 3, 4]
    assert [each["found_at"][8:10] for each in newest["versions"]] == ["15", "17", "18", "19"]
    assert (newest["version"], newest["text"], newest["url"]) == (4, FIRST, OSLO)
    assert nodes(reader)[0]["policy"] == newest["versions"][-1]
    second = node_policy(reader, OSLO + "/", 2)
    assert second["text"] == SECOND
    assert second["diff"].splitlines()[:2] == ["--- version 1", "+++ version 2"]
    assert {
        "-Public bodies of Oslo.",
        "+Public bodies of Norway.",
        "+Contact: catalogue@oslo.example",
    } <= set(second["diff"].splitlines())
    gone = node_policy(reader, OSLO, 3)
    assert (gone["text"], gone["sha256"]) == ("", "")
    assert all(line[0] in "-@+" for line in gone["diff"].splitlines())
    assert node_policy(reader, OSLO, 1)["diff"].startswith(
        "--- /dev/null\n+++ version 1\n@@ -0,0 +1,5 @@\n+#"
    )
    for ref, number in (("lyon.example", None), (OSLO, 9)):
        with pytest.raises(NotFoundError):
            node_policy(reader, ref, number)


async def test_what_cannot_be_had_is_asked_for_with_the_next_card(world: NodeWorld, reader: Home) -> None:
    fetch = Cards()
    digest = hashlib.sha256(b"x").hexdigest()
    await read(world, reader, fetch, None, digest=digest)
    await read(world, reader, fetch, b"\xff\xfe")
    await read(world, reader, fetch, b"x" * 65_537)
    assert nodes(reader)[0]["policy"] is None
    # Nobody signed the card: what is there counts, and is looked at again.
    await read(world, reader, fetch, FIRST.encode(), digest=digest)
    await read(world, reader, fetch, FIRST.encode(), digest=digest)
    assert len(node_policy(reader, OSLO)["versions"]) == 1
    # What is no digest is nothing that a card could say.
    await read(world, reader, fetch, FIRST.encode(), digest="../etc/passwd")
    assert node_policy(reader, OSLO)["sha256"] == ""


async def test_nothing_in_it_is_obeyed(world: NodeWorld, reader: Home) -> None:
    await read(world, reader, Cards(), "a\x1b[2J\u202eb\r\nc\td\u2028e\n".encode())
    found = node_policy(reader, OSLO)
    assert found["text"] == "a\\x1b[2J\\u202eb\nc\td\\u2028e\n"
    assert "\x1b" not in found["diff"]


async def test_the_api_shows_a_version(world: NodeWorld, reader: Home) -> None:
    await read(world, reader, Cards(), FIRST.encode())
    async with TestServer(make_app(reader)) as server, aiohttp.ClientSession() as client:

        async def get(path: str) -> tuple[int, Any]:
            async with client.get(server.make_url(f"/api/v1/nodes/oslo.example/policy{path}")) as response:
                return response.status, await response.json(content_type=None)

        status, document = await get("")
        assert (status, document["text"]) == (200, FIRST)
        assert (await get("?version=1"))[1] == document
        assert (await get("?version=2"))[0] == 404
        for wrong in ("?version=0", "?version=x", "?page=1", "?version=1&version=2"):
            assert (await get(wrong))[0] == 400


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
@settings(deadline=None, max_examples=60)
def test_a_diff_leads_from_one_text_to_the_other(old: list[str], new: list[str]) -> None:
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    lines = _diff(before, after, "a", "b").splitlines()
    removed = [line for line in lines[2:] if line.startswith("-")]
    added = [line for line in lines[2:] if line.startswith("+")]
    assert len(old) - len(removed) == len(new) - len(added)
    assert bool(lines) == (old != new)


def test_texts_that_were_made_to_be_compared_for_hours_are_not() -> None:
    before, after = ["".join(f"{(at * step) % 997}\n" for at in range(9_000)) for step in (7, 11)]
    diff = _diff(before, after, "a", "b")
    assert diff.startswith("--- a\n+++ b\n@@ -1,9000 +1,9000 @@\n-")
    assert len(diff.splitlines()) == 18_003
