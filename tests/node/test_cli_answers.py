"""Asking from the command line: words and filters, who publishes, whom the node asks."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from node.answers.facets import FACETS
from node.cli.main import run
from node.cli.searching import _FILTERS
from node.home import Home
from tests.node_world import NodeWorld, node_world
from tests.publisher import Publisher, entry


@dataclass
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.out)


Fedcat = Callable[..., Result]


@pytest.fixture
def founded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NodeWorld]:
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "heads"))
    with node_world(tmp_path) as made:
        # Commands go by the real clock.
        made.clock.now = time.time()
        yield made


@pytest.fixture
def home(founded: NodeWorld) -> Home:
    return founded.found()


@pytest.fixture
def fedcat(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fedcat:
    """Run a command on that node."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def call(*words: str) -> Result:
        capsys.readouterr()
        code = run(["--home", str(home.path), *words])
        shown = capsys.readouterr()
        return Result(code, shown.out, shown.err)

    return call


def publish(home: Home, name: str, *payloads: dict[str, Any]) -> str:
    """Publish as somebody whom the node follows; return the origin."""
    publisher = Publisher(home, f"{name}.example/log/{name}/1", own=False)
    for payload in payloads:
        publisher.put(payload)
    publisher.publish()
    return publisher.origin


def test_search_without_words_finds_everything(home: Home, fedcat: Fedcat) -> None:
    publish(home, "parks", entry("Trees"), entry({"en": "Ponds", "fr": "Mares"}))
    page = fedcat("search", "--json").document
    assert list(page) == ["total", "items", "facets", "corrections", "next"]
    assert page["total"] == 3
    assert fedcat("search", "ponds", "--lang", "de, fr", "--json").document["items"][0]["name"] == "Mares"
    shown = fedcat("search", "ponds")
    assert "parks.example/log/parks/1" in shown.out
    assert "1 in all" in shown.err
    assert "Nothing found." in fedcat("search", "zzzz").err


def test_options_that_cannot_be_are_refused(fedcat: Fedcat) -> None:
    assert set(_FILTERS) == set(FACETS)
    assert fedcat("search", "--facet", "colour").code == 2
    assert fedcat("search", "--sort", "size").code == 2
    assert fedcat("search", "--kind", "").code == 9
    assert fedcat("search", "--cursor", "nonsense").code == 9


def test_publishers_are_listed_with_their_own_words(home: Home, fedcat: Fedcat) -> None:
    profile = {"type": "profile", "v": 1, "name": {"en": "Parks", "fr": "Parcs"}, "publisherType": "local"}
    origin = publish(home, "parks", {**profile, "jurisdiction": "FR-69", "heartbeat": 0}, entry("Trees"))
    # Its heartbeat is of a time that is not there yet.
    publish(home, "ahead", {**profile, "name": {"en": "Ahead"}})
    found = {each["origin"]: each for each in fedcat("publishers", "--lang", "fr", "--json").document}
    assert (found[origin]["name"], found[origin]["entries"]) == ("Parcs", 1)
    shown = fedcat("publishers")
    city, ahead, parks = shown.out.splitlines()[1:]
    assert city.startswith("City of City")
    assert " yes " in city
    assert "  no  " in ahead
    assert parks.split() == ["Parks", "local", "FR-69", "-", "1", "1", "-", origin]
    assert "own" in shown.err


def test_a_publisher_that_fell_silent_says_since_when(fedcat: Fedcat, founded: NodeWorld) -> None:
    founded.clock.pass_by(-100 * 3600)
    silent = founded.found("silent", 8402)
    assert "  not since 20" in fedcat("--home", str(silent.path), "publishers").out


def test_nodes_are_listed_as_their_cards_say(home: Home, fedcat: Fedcat) -> None:
    shown = fedcat("nodes")
    assert (shown.code, "fedcat follow" in shown.err) == (0, True)
    card = '{"logs": [{"origin": "a.example/log/a/1"}], "mirror": "", "software": "fedcat/9"}'
    connection = home.database.connection
    connection.execute(
        "INSERT INTO peer (url, added_at, card, seen_at) VALUES ('https://a.example', 1, ?, 2)",
        (card.encode(),),
    )
    connection.execute("INSERT INTO peer (url, added_at) VALUES ('https://b.example', 1)")
    first, second = fedcat("nodes", "--json").document
    assert first["as_its_card_says"]["logs"][0]["origin"] == "a.example/log/a/1"
    assert second["as_its_card_says"] is None
    shown = fedcat("nodes")
    assert [line.split()[:3] for line in shown.out.splitlines()[1:]] == [
        ["https://a.example", "fedcat/9", "1"],
        ["https://b.example", "-", "-"],
    ]
    assert "nothing is trusted" in shown.err
