"""Kills at random moments: what was signed stays, digests converge, nobody forks."""

from __future__ import annotations

import random
import time
import urllib.request
from pathlib import Path

import pytest

from protocol.checkpoint import Checkpoint
from protocol.merkle import leaf_hash, root
from protocol.note import Note
from protocol.tiles import ENTRY
from tests.e2e.processes import Node, World, end, publiccode_files, world

KILLS = 15
#: A command needs about half a second before it touches anything; kills reach past its end.
LATEST_SECONDS = 1.5

pytestmark = pytest.mark.slow


def test_kills_during_publish_and_sync(tmp_path: Path) -> None:
    dice = random.Random(20260417)  # noqa: S311 - a seeded world, not a secret
    with world(tmp_path, interval=3600) as built:
        publisher, follower = built.founded("publisher", 3), built.founded("follower", 0)
        publisher.serve()
        follower.run("follow", publisher.url, "--fingerprint", publisher.fingerprint)
        signed: dict[int, bytes] = {}
        for number in range(KILLS):
            strike(built, dice, number)
            remember(signed, publisher)
            held = follower.log(publisher.origin)
            assert held["size"] <= publisher.get(f"/api/v1/publishers/{publisher.origin}")["size"]

        # Whatever a killed import left half done, running it again completes it, once.
        files = publiccode_files(tmp_path / "files", "killed", KILLS)
        publisher.run("entry", "import", "publiccode", str(files))
        again = publisher.run("entry", "import", "publiccode", str(files))
        assert (again["accepted"], again["changed"], again["unchanged"]) == (0, 0, KILLS)
        remember(signed, publisher)

        # The origin, and the node that serves it as a mirror too.
        outcomes = follower.run("sync")["outcomes"]
        assert outcomes
        assert {outcome["fault"] for outcome in outcomes} == {None}
        digest = publisher.run("db", "digest", "--origin", publisher.origin)
        assert follower.run("db", "digest", "--origin", publisher.origin) == digest
        follower.run("db", "rebuild")
        assert follower.run("db", "digest", "--origin", publisher.origin) == digest
        assert_one_history(signed, follower.files(publisher.origin) / "entries")


def strike(built: World, dice: random.Random, number: int) -> None:
    """Start a publish or a sync, and kill it, or the serving node, at a random moment."""
    publisher, follower = built.nodes
    work = dice.choice(("publish", "sync", "serve"))
    files = publiccode_files(built.root / "files", "killed", number + 1)
    if work == "sync":
        process = follower.start("sync")
    else:
        process = publisher.start("entry", "import", "publiccode", str(files))
    try:
        time.sleep(dice.uniform(0, LATEST_SECONDS))
        if work == "serve":
            publisher.kill()
            publisher.serve()
    finally:
        end(process)


def remember(signed: dict[int, bytes], publisher: Node) -> None:
    """Note what the publisher shows as signed, which may never contradict what it showed before."""
    url = f"{publisher.url}/mirror/{publisher.hash}/checkpoint"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
        checkpoint = Checkpoint.parse(Note.parse(answer.read()).text)
    assert signed.setdefault(checkpoint.size, checkpoint.root) == checkpoint.root
    assert checkpoint.size == max(signed), "a signed head was taken back"


def assert_one_history(signed: dict[int, bytes], entries: Path) -> None:
    """Every root that was ever signed is the root of a beginning of the final tree."""
    stored = entries.read_bytes()
    hashes = [leaf_hash(stored[start + 2 : start + ENTRY]) for start in range(0, len(stored), ENTRY)]
    for size, signed_root in signed.items():
        assert root(hashes[:size]) == signed_root, size
