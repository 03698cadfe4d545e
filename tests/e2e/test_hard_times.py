"""Real processes in hard times: stopped peers, lines that trickle or break, disks that are full."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.processes import Node, World, eventually, publiccode_files, world
from tests.e2e.rough_link import RoughLink

pytestmark = pytest.mark.slow

SECONDS = 120
SMALL_DISK = 16 * 1024 * 1024
ENTRY = {
    "kind": "service",
    "name": {"en": "Tool library"},
    "summary": {"en": "Drills, ladders and a sewing machine that residents may borrow for a week"},
    "topics": ["sector:education"],
    "lifecycle": "live",
    "languages": ["en"],
    "links": [{"rel": "landing", "url": "https://tools.example"}],
    "access": {"source": "closed", "reason": "not software"},
    "service": {"channels": [{"type": "in-person", "place": "Market square"}]},
}


def test_a_stopped_peer_delays_nobody_and_goes_on_where_it_was(tmp_path: Path) -> None:
    with world(tmp_path) as built:
        a, b, c = (built.founded(name, 2) for name in "abc")
        for node in (a, b, c):
            node.serve()
        for node, others in ((b, (a,)), (c, (a, b))):
            for other in others:
                node.run("follow", other.url, "--fingerprint", other.fingerprint)
        eventually(SECONDS, lambda: size(c, a) == size(c, b) == 4, "the logs never came")

        with stopped(b):
            more(built, a, "while-b-stands-still")
            eventually(SECONDS, lambda: size(c, a) == 5, "a stopped peer kept the news of another one")
        with stopped(a):
            # Whoever holds a log answers for it.
            assert c.get("/api/v1/search?q=tool")["total"] >= 1
            more(built, b, "while-a-stands-still")
            eventually(SECONDS, lambda: size(c, b) == 5, "a stopped origin kept the news of another log")
        eventually(SECONDS, lambda: size(b, a) == 5, "what was stopped never went on")
        more(built, a, "after")
        eventually(SECONDS, lambda: size(b, a) == size(c, a) == 6, "the logs never came after it")
        assert digest(a, a) == digest(b, a) == digest(c, a)


def test_a_line_that_trickles_is_left_for_a_mirror(tmp_path: Path) -> None:
    with world(tmp_path, interval=3600) as built, behind_a_link(built, 30) as (publisher, link):
        carrier, follower = built.founded("carrier", 0), built.founded("follower", 0)
        carrier.serve()
        carrier.run("follow", publisher.url, "--fingerprint", publisher.fingerprint)
        carrier.run("sync")
        for url in (publisher.url, carrier.url):
            words = ("--origin", publisher.origin, "--fingerprint", publisher.fingerprint)
            follower.run("follow", url, *words)

        link.mode = "slow"
        follower.serve()
        eventually(2 * SECONDS, lambda: size(follower, publisher) == 32, "nobody asked the mirror")
        assert "unreachable" in told(built, follower)
        link.mode = "open"
        assert digest(follower, publisher) == digest(publisher, publisher)


def test_a_line_that_breaks_off_costs_only_time(tmp_path: Path) -> None:
    with world(tmp_path, interval=3600) as built, behind_a_link(built, 120) as (publisher, link):
        follower = built.founded("follower", 0)
        follower.run("follow", publisher.url, "--fingerprint", publisher.fingerprint)
        link.mode = "cut"
        sizes = [0]
        while sizes[-1] < 122:
            assert len(sizes) < 40, f"never whole: {sizes}"
            outcomes = follower.run("sync")["outcomes"]
            assert {each["fault"] for each in outcomes} <= {None, "unreachable", "withheld"}, outcomes
            sizes.append(follower.log(publisher.origin)["size"])
        assert sizes == sorted(sizes)
        assert link.cuts > 0
        assert digest(follower, publisher) == digest(publisher, publisher)


def test_a_full_disk_stops_publishing_and_nothing_else(tmp_path: Path) -> None:
    with world(tmp_path, interval=3600) as built, small_disk(tmp_path / "publisher"):
        publisher, follower = built.founded("publisher", 3), built.founded("follower", 0)
        publisher.serve()
        follower.run("follow", publisher.url, "--fingerprint", publisher.fingerprint)
        follower.run("sync")
        before = digest(publisher, publisher)

        with full(publisher.home):
            refused = publisher.run("entry", "put", "-", code=5, text=json.dumps(ENTRY))
            assert "cannot be stored" in json.dumps(refused)
            assert publisher.get("/api/v1/search?q=tool")["total"] >= 1
            assert publisher.answers("/readyz")
            (outcome,) = follower.run("sync")["outcomes"]
            assert (outcome["fault"], outcome["size"]) == (None, 5)
        assert digest(publisher, publisher) == before

        # With room again the same entry is published, once, in the same history.
        publisher.run("entry", "put", "-", text=json.dumps(ENTRY))
        follower.run("sync")
        assert follower.log(publisher.origin)["size"] == publisher.log(publisher.origin)["size"] >= 6
        assert digest(follower, publisher) == digest(publisher, publisher)
        assert follower.run("search", "borrow")["total"] == 1


def test_a_full_disk_stops_following_and_nothing_else(tmp_path: Path) -> None:
    with world(tmp_path, interval=1) as built, small_disk(tmp_path / "follower"):
        publisher, follower = built.founded("publisher", 3), built.founded("follower", 2)
        publisher.serve()
        follower.serve()
        follower.run("follow", publisher.url, "--fingerprint", publisher.fingerprint)
        eventually(SECONDS, lambda: size(follower, publisher) == 5, "the log never came")

        with full(follower.home):
            more(built, publisher, "while-it-is-full", count=40)
            eventually(
                SECONDS,
                lambda: "cannot" in told(built, follower) or "full" in told(built, follower),
                "silent",
            )
            assert size(follower, publisher) == 5
            assert follower.get("/api/v1/search?q=tool")["total"] >= 1
            assert follower.answers(f"/mirror/{publisher.hash}/checkpoint")
        eventually(SECONDS, lambda: size(follower, publisher) == 45, "with room again it never went on")
        assert digest(follower, publisher) == digest(publisher, publisher)


@contextmanager
def behind_a_link(built: World, entries: int) -> Iterator[tuple[Node, RoughLink]]:
    """Yield a serving publisher whose address is that of a link before it."""
    publisher = built.node("publisher")
    with RoughLink(publisher.port, random.Random(20261121)) as link:  # noqa: S311 - repeatable, not secret
        publisher.env["FEDCAT_LISTEN"] = f"127.0.0.1:{publisher.port}"
        publisher.port = link.port
        publisher.init("Publisher example")
        more(built, publisher, "publisher", entries)
        publisher.serve()
        yield publisher, link
        publisher.kill()


@contextmanager
def stopped(node: Node) -> Iterator[None]:
    """Stop the serving process of a node, which keeps its connections and says nothing."""
    assert node.server is not None
    node.server.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        node.server.send_signal(signal.SIGCONT)


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Mount a small file system at a place, or skip the test where that is not allowed."""
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() or mount is None or umount is None:
        pytest.skip("mounting a small tmpfs needs root")
    done = subprocess.run(  # noqa: S603 - a fixed command
        [mount, "-t", "tmpfs", "-o", f"size={SMALL_DISK},mode=0700", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"a small tmpfs cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        # Lazily: the world ends its processes only after this.
        subprocess.run([umount, "--lazy", str(place)], check=True)  # noqa: S603 - a fixed command


@contextmanager
def full(place: Path) -> Iterator[None]:
    """Fill the disk of a place to its last byte."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        portion = bytes(65_536)
        while portion:
            try:
                file.write(portion)
            except OSError:
                portion = portion[: len(portion) // 2]
    try:
        yield
    finally:
        filler.unlink()


def more(built: World, node: Node, name: str, count: int = 1) -> None:
    """Publish further entries."""
    files = publiccode_files(built.root / f"files-{name}", name, count)
    assert node.run("entry", "import", "publiccode", str(files))["accepted"] == count


def size(node: Node, publisher: Node) -> int:
    """Return how much a serving node shows of a log."""
    found = node.get("/api/v1/publishers")["publishers"]
    return next((int(each["size"]) for each in found if each["origin"] == publisher.origin), 0)


def digest(node: Node, publisher: Node) -> object:
    """Return the digest of a log at a node."""
    return node.run("db", "digest", "--origin", publisher.origin)


def told(built: World, node: Node) -> str:
    """Return what a serving node logged."""
    return (built.root / f"{node.home.name}.log").read_text()
