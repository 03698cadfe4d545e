"""What operators see and decide about split views, from the command line."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from node.cli.main import run
from node.configfile import FILE_NAME, render
from protocol.keys import KeyType
from protocol.keyset import grouped
from tests.signers import signing_key
from tests.split_world import Split
from tests.wire_world import Node, World

POLICY = (
    f"witness oslo {signing_key('oslo.example/mirror', KeyType.COSIGNATURE_ED25519, 'oslo').vkey}\n"
    "quorum oslo\n"
)

Fedcat = Callable[..., tuple[int, Any, str]]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


@pytest.fixture
def fedcat(capsys: pytest.CaptureFixture[str]) -> Fedcat:
    """Run a command on the home of a node; return code, document and text."""

    def call(node: Node, *words: str) -> tuple[int, Any, str]:
        file = node.home.path / FILE_NAME
        file.write_text(render(node.home.config), encoding="utf-8")
        capsys.readouterr()
        assert run(["--home", str(node.home.path), *words]) in range(10)
        text = capsys.readouterr().out
        code = run(["--home", str(node.home.path), *words, "--json"])
        return code, json.loads(capsys.readouterr().out), text

    return call


@pytest.mark.parametrize(("first", "second"), [(3, 4), (3, 3)])
async def test_evidence_is_checked_with_nothing_but_the_file(
    world: World, fedcat: Fedcat, tmp_path: Path, first: int, second: int
) -> None:
    split = await Split.make(world, first, second)
    await split.round()
    (name,) = split.evidence(split.left)
    url = f"{split.left.url}/evidence/{name}"
    file = tmp_path / name
    file.write_bytes((await world.fetch.get(url, limit=1 << 20)).body)
    code, document, text = fedcat(split.left, "verify", str(file))
    assert (code, document["kind"], document["pinned"]) == (0, "fork", False)
    assert [head["size"] for head in document["heads"]] == sorted((first + 2, second + 2))
    assert all(head["root"] in text for head in document["heads"])
    assert (document["origin"], document["fingerprint"]) == (split.origin, split.first.chain.fingerprint)
    fours = grouped(document["fingerprint"])
    assert fedcat(split.left, "verify", str(file), "--fingerprint", fours)[1]["pinned"] is True
    assert fedcat(split.left, "verify", str(file), "--fingerprint", "0" * 64)[0] == 3
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    assert fedcat(split.left, "verify", str(file))[0] == 3


async def test_a_decision_needs_a_reason_and_something_to_decide(world: World, fedcat: Fedcat) -> None:
    split = await Split.make(world, 3, 4)
    await split.round()
    assert run(["--home", str(split.left.home.path), "log", "resolve", split.origin]) == 2
    assert split.is_frozen(split.left)
    file = split.left.home.path / FILE_NAME
    file.write_text(render(split.left.home.config), encoding="utf-8")
    words = ["--home", str(split.left.home.path), "log", "resolve", split.origin, "--reason", "by phone"]
    assert run(words) == 0
    assert not split.is_frozen(split.left)
    # There is nothing left to decide.
    code, document, _ = fedcat(split.left, "log", "resolve", split.origin, "--reason", "again")
    assert (code, document["error"]["code"]) == (7, 7)


async def test_all_heads_as_all_neighbours_see_them(world: World, fedcat: Fedcat) -> None:
    split = await Split.make(world, 3, 4)
    await split.round()
    code, document, text = fedcat(split.left, "heads")
    assert code == 0
    (log,) = [each for each in document if each["origin"] == split.origin]
    assert (log["own"], log["size"], log["keys"]) == (False, 5, 1)
    seen = {each["neighbour"]: each for each in log["seen"]}
    assert {url: (each["state"], each["size"]) for url, each in seen.items()} == {
        split.city.url: ("agrees", 5),
        split.right.url: ("contradicts", 6),  # its history is proven to be another
    }
    (evidence,) = log["evidence"]
    assert log["witnessing"]["frozen"]["evidence"] == evidence["hash"]
    assert {head["root"] for head in evidence["heads"]} == {
        log["root"],
        seen[split.right.url]["root"],
    }
    assert "FROZEN" in text
    assert split.right.url in text

    response = await world.fetch.get(f"{split.left.url}/api/v1/heads", limit=1 << 20)
    served = json.loads(response.body)["heads"]
    assert [each["origin"] for each in served] == [each["origin"] for each in document]
    refused = await world.fetch.get(f"{split.left.url}/api/v1/heads?page=2", limit=1 << 20)
    assert refused.status == 400
    assert run(["--home", str(split.left.home.path), "log", "resolve", split.origin, "--reason", "x"]) == 0
    code, document, text = fedcat(split.left, "heads")
    (log,) = [each for each in document if each["origin"] == split.origin]
    assert (log["witnessing"]["frozen"], log["evidence"][0]["resolution"]) == (None, "x")
    assert "evidence of two histories" in text


async def test_a_head_that_nobody_signed_says_why_and_a_policy_is_shown(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    split = await Split.make(world, 3, 3)
    with split.left.home.database.write() as connection:
        connection.execute(
            "INSERT INTO seen_head (log, url, state, detail, keys, note, seen_at)"
            " VALUES (1, 'https://x.example', 'unverified', 'no known key signed it', 1, x'', 0)"
        )
    text = render(split.left.home.config) + f"[trust]\npolicy = {json.dumps(POLICY)}\n"
    (split.left.home.path / FILE_NAME).write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert run(["--home", str(split.left.home.path), "heads"]) == 0
    shown = capsys.readouterr().out
    assert "unverified: no known key signed it" in shown
    assert "witnessed to 0" in shown
