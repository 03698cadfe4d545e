"""Three nodes as processes: they sign, follow, serve for one another, and catch a liar."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from node.cli.exits import ExitCode
from tests.e2e.processes import Node, World, eventually, flipped, world

CONVERGENCE_SECONDS = 120
#: What B stores of A's log, and a liar might change.
FILES = {"entries": "entries", "content": "content/0.gz"}
#: Entries of each city. A's are enough for a follower to take whole bundles of content.
COUNTS = {"a": 10, "b": 2, "c": 2}
TOOL = {
    "kind": "software",
    "name": {"en": "Ballot Box"},
    "summary": {"en": "Count the votes of a participatory budget in public"},
    "topics": ["sector:civic-participation"],
    "lifecycle": "live",
    "languages": ["en"],
    "identifiers": [{"scheme": "repo", "value": "https://github.com/acme-commons/ballot-box"}],
    "links": [{"rel": "landing", "url": "https://ballots.example"}],
    "software": {"type": "standalone/web", "platforms": ["web"]},
    "maintenance": {"mode": "community"},
}


@pytest.fixture
def three(tmp_path: Path) -> Iterator[World]:
    """Cities A, B and C, each with entries, serving and following the other two."""
    with world(tmp_path) as built, ThreadPoolExecutor() as together:
        founding = [together.submit(built.founded, name, count) for name, count in COUNTS.items()]
        built.nodes[:] = [done.result() for done in founding]
        for node in built.nodes:
            node.serve()
        list(together.map(lambda node: follow_others(node, built.nodes), built.nodes))
        yield built


def follow_others(node: Node, nodes: list[Node]) -> None:
    for other in nodes:
        if other is not node:
            followed = node.run("follow", other.url, "--fingerprint", other.fingerprint)
            assert [item["origin"] for item in followed["followed"]] == [other.origin]


@pytest.mark.slow
def test_three_nodes_agree_outlive_an_origin_and_catch_a_liar(three: World) -> None:
    a, b, c = three.nodes
    assert_agreement(a, b, c)
    entry = assert_answers(c, a)
    assert_one_project(a, b, c)

    a.kill()
    d = three.node("d")
    d.init("D example")
    d.run("follow", b.url, "--origin", a.origin, "--fingerprint", a.fingerprint)
    outcomes = d.run("sync")["outcomes"]
    assert sources(outcomes, fault=None) == [f"{b.url}/mirror/{a.hash}"]
    assert d.run("db", "digest", "--origin", a.origin) == b.run("db", "digest", "--origin", a.origin)

    assert_proof(d, entry, a.fingerprint, three.root)
    for kind in FILES:
        assert_liar_caught(three, kind)


def assert_agreement(*nodes: Node) -> None:
    """Nobody says sync: serving is enough."""

    def carried() -> bool:
        return all(node.answers(f"/mirror/{other.hash}/checkpoint") for node in nodes for other in nodes)

    eventually(CONVERGENCE_SECONDS, carried, "the nodes never carried each other")
    digests = [node.run("db", "digest") for node in nodes]
    assert digests[1:] == digests[:1] * 2


def assert_answers(asked: Node, publisher: Node) -> str:
    """A node answers for the entries of another; return the address of one."""
    assert sorted(log["size"] for log in asked.run("log", "list")) == [4, 4, 12]
    found = asked.run("search", "tool")
    assert found["total"] == sum(COUNTS.values())
    entry = str(next(item["address"] for item in found["items"] if item["origin"] == publisher.origin))
    assert asked.run("show", entry)["origin"] == publisher.origin
    return entry


def assert_one_project(a: Node, b: Node, c: Node) -> None:
    """What A and C say of one thing is one project at B, from the command line and over HTTP."""
    sizes = {}
    for node, licence in ((a, "EUPL-1.2"), (c, "MIT")):
        put = node.run("entry", "put", "-", text=json.dumps({**TOOL, "license": licence}))
        sizes[node.origin] = put["size"]

    def carried() -> bool:
        found = [{each["origin"]: each["size"] for each in publishers(node)} for node in (a, b, c)]
        return all(each[origin] == size for each in found for origin, size in sizes.items())

    eventually(CONVERGENCE_SECONDS, carried, "the new entries never came")
    found = b.run("search", "ballot", "--kind", "software", "--facet", "kind", "--facet", "publisher")
    assert (found["total"], found["items"][0]["members"]) == (1, 2)
    assert found["facets"]["kind"] == [{"value": "software", "count": 1, "label": "Software"}]
    assert {each["value"]: each["count"] for each in found["facets"]["publisher"]} == dict.fromkeys(sizes, 1)
    over_http = b.get(f"/api/v1/search?q=ballot&kind=software&kind=dataset&publisher={c.origin}&facets=kind")
    assert over_http["items"] == found["items"]
    assert over_http["facets"] == {"kind": found["facets"]["kind"]}
    assert b.get(f"/api/v1/search?q=ballot&kind=dataset&publisher={c.origin}")["total"] == 0

    # Any member names the project; whoever is not the first is sent to the address that does.
    project = b.run("project", found["items"][0]["id"])
    for member in project["members"]:
        asked = b.get(f"/api/v1/projects/{member['address']}")
        assert asked.pop("backlinks_url").endswith(f"{project['address']}/backlinks")
        assert asked == project
    licence = project["fields"]["license"]
    assert {licence["value"], licence["also"][0]["value"]} == {"EUPL-1.2", "MIT"}
    clusters = b.run("db", "clusters")
    # Each node may name a project by another of its addresses.
    same = [
        {**each, "project": there["project"]}
        for each, there in zip(clusters, c.run("db", "clusters"), strict=True)
    ]
    assert same == c.run("db", "clusters")
    assert [cluster["project"] for cluster in clusters] == [project["address"]]
    assert_who_is_known(b, a, c)


def assert_who_is_known(asked: Node, *others: Node) -> None:
    found = {each["origin"]: each for each in asked.run("publishers")}
    assert found == {each["origin"]: each for each in publishers(asked)}
    assert found.keys() == {asked.origin, *(node.origin for node in others)}
    assert found[others[0].origin]["name"] == "A example"
    assert found[others[0].origin]["entries"] == COUNTS["a"] + 1
    assert all(each["heartbeat"]["alive"] for each in found.values())
    assert asked.get(f"/api/v1/publishers/{others[0].origin}")["fingerprint"] == others[0].fingerprint
    nodes = {each["url"]: each for each in asked.get("/api/v1/nodes")["nodes"]}
    assert nodes.keys() >= {node.url for node in others}
    for node in others:
        (log,) = nodes[node.url]["as_its_card_says"]["logs"]
        assert (log["origin"], log["fingerprint"]) == (node.origin, node.fingerprint)
    assert {each["url"] for each in asked.run("nodes")} == nodes.keys()


def publishers(node: Node) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = node.get("/api/v1/publishers")["publishers"]
    return found


def assert_proof(node: Node, entry: str, fingerprint: str, root: Path) -> None:
    """A proof convinces somebody who has neither a node nor a network, until a byte is changed."""
    file = root / "entry.tlog-proof"
    node.run("proof", entry, "-o", str(file))
    nobody = Node(root / "nowhere", 0, node.env)
    verified = nobody.run("verify", str(file), "--fingerprint", fingerprint)
    assert verified["pinned"] is True
    assert verified["address"] == entry
    assert nobody.run("verify", str(file))["pinned"] is False
    assert not nobody.home.exists()
    file.write_bytes(flipped(file.read_bytes(), 400))
    nobody.run("verify", str(file), "--fingerprint", fingerprint, code=3)


def assert_liar_caught(three: World, kind: str) -> None:
    """A new follower names the fault in what B serves, and takes the same file from C."""
    a, b, c = three.nodes[:3]
    # Once a day B looks through all that it has, and would take the lie for a fault of its disk.
    b.run("log", "audit", a.origin)
    file = b.files(a.origin) / FILES[kind]
    honest = file.read_bytes()
    if kind == "content":
        # A liar's archive is whole; only what it says is not what was signed.
        file.write_bytes(gzip.compress(flipped(gzip.decompress(honest), -1)))
    else:
        file.write_bytes(flipped(honest, len(honest) // 2 + 9))
    try:
        follower = three.node(f"follower-{kind}")
        follower.init("Follower example")
        names = ("--origin", a.origin, "--fingerprint", a.fingerprint)
        # Whom of two it asks is a matter of speed, so the liar comes alone.
        follower.run("follow", b.url, *names)
        lied = follower.run("sync", code=ExitCode.NETWORK)["outcomes"]
        follower.run("follow", c.url, *names)
        outcomes = follower.run("sync")["outcomes"]
    finally:
        file.write_bytes(honest)
    found = [item for item in lied if item["fault"] == "inconsistent"]
    assert len(found) == 1, lied
    (caught,) = found
    assert caught["source"] == f"{b.url}/mirror/{a.hash}"
    assert caught["file"].startswith("tile/entries/" if kind == "entries" else "content/000")
    assert f"{c.url}/mirror/{a.hash}" in sources(outcomes, fault=None)
    assert follower.run("db", "digest", "--origin", a.origin) == c.run("db", "digest", "--origin", a.origin)


def sources(outcomes: list[dict[str, Any]], fault: str | None) -> list[str]:
    """Return the sources whose outcome has this fault, or none."""
    return [item["source"] for item in outcomes if item["fault"] == fault]
