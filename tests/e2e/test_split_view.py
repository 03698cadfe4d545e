"""A machine is copied, and both copies publish: whoever was shown one history and the other finds out."""

from __future__ import annotations

import shutil
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import Node, World, eventually, publiccode_files, world

pytestmark = pytest.mark.slow


def test_two_copies_of_a_node_are_proven_to_be_two(tmp_path: Path) -> None:
    with world(tmp_path) as built:
        publisher = built.founded("publisher", 2)
        left, right = built.founded("left", 0), built.founded("right", 0)
        twin = copied(built, publisher)
        for node, count in ((publisher, 1), (twin, 2)):
            name = f"{node.home.name}-more"
            files = publiccode_files(tmp_path / name, name, count)
            node.run("entry", "import", "publiccode", str(files))
        shown(publisher, left, 5)
        shown(twin, right, 6)

        for node, other in ((left, right), (right, left)):
            node.serve()
            other.run("follow", node.url, "--fingerprint", node.fingerprint)
        for node in (left, right):
            eventually(120, lambda node=node: frozen(node, publisher), f"{node.home.name} saw nothing")
        (evidence,) = {frozen(node, publisher) for node in (left, right)}
        assert [head(node, publisher)["size"] for node in (left, right)] == [5, 6]

        # Somebody without a node, who knows the publisher's fingerprint and nothing else.
        stranger, file = built.node("stranger"), tmp_path / "evidence"
        with urllib.request.urlopen(f"{right.url}/evidence/{evidence}", timeout=10) as response:  # noqa: S310 - loopback
            file.write_bytes(response.read())
        proven = stranger.run("verify", str(file), "--fingerprint", publisher.fingerprint)
        assert (proven["kind"], proven["pinned"], proven["origin"]) == ("fork", True, publisher.origin)
        assert [each["size"] for each in proven["heads"]] == [5, 6]
        stranger.run("verify", str(file), "--fingerprint", left.fingerprint, code=3)

        # The publisher explains itself; one of the two operators believes it and goes on.
        left.run("log", "resolve", publisher.origin, "--reason", "a copied machine, switched off today")
        assert frozen(left, publisher) is None
        publisher.serve()
        files = publiccode_files(tmp_path / "later", "later", 1)
        publisher.run("entry", "import", "publiccode", str(files))
        eventually(120, lambda: head(left, publisher)["size"] == 6, "the log never went on")
        assert head(right, publisher)["size"] == 6
        assert frozen(right, publisher) == evidence


def copied(built: World, node: Node) -> Node:
    """Return a copy of a whole machine, head locks included, that listens elsewhere."""
    twin = built.node("twin")
    shutil.copytree(node.home, twin.home)
    shutil.copytree(built.root / "heads", built.root / "twin-heads")
    twin.env |= {"FEDCAT_LOCK_DIR": str(built.root / "twin-heads"), "FEDCAT_LISTEN": f"127.0.0.1:{twin.port}"}
    twin.origin, twin.fingerprint = node.origin, node.fingerprint
    return twin


def shown(node: Node, reader: Node, size: int) -> None:
    """Let a reader pull what one of the copies shows, while the other one is not there."""
    node.serve()
    reader.run("follow", node.url, "--origin", node.origin, "--fingerprint", node.fingerprint)
    outcomes = reader.run("sync")["outcomes"]
    assert size in {item["size"] for item in outcomes if item["origin"] == node.origin}, outcomes
    node.stop()


def head(node: Node, publisher: Node) -> dict[str, Any]:
    """Return what a node holds of the publisher's log, and what it thinks of it."""
    heads: list[dict[str, Any]] = node.get("/api/v1/heads")["heads"]
    return next(each for each in heads if each["origin"] == publisher.origin)


def frozen(node: Node, publisher: Node) -> str | None:
    """Return the evidence that a node holds the log still for."""
    state = head(node, publisher)["witnessing"]["frozen"]
    return None if state is None else str(state["evidence"])
