"""Following, pulling and serving, against a peer that is a process of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from federation.faults import Fault, FaultKind
from federation.sync import Outcome
from node.cli.exits import ExitCode
from node.cli.main import run
from node.cli.peers import sync_code
from tests.command import Terminal
from tests.e2e.processes import Node, World, eventually, world
from tests.ports import free_port

ORIGIN = "a.example/log/a/1"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A peer with two entries, serving."""
    with world(tmp_path_factory.mktemp("world")) as made:
        made.founded("peer", 2).serve()
        yield made


@pytest.fixture
def peer(built: World) -> Node:
    return built.nodes[0]


@pytest.fixture
def fedcat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, Any, str]]:
    """Run a command with --json in this process, on a home of its own."""
    monkeypatch.setenv("FEDCAT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "heads"))
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def call(*words: str) -> tuple[int, Any, str]:
        code = run([*words, "--json"])
        shown = capsys.readouterr()
        return code, json.loads(shown.out) if shown.out else None, shown.err

    address = f"http://127.0.0.1:{free_port()}"
    code, _, err = call("init", "--address", address, "--name", "Reader", "--allow-private", "--yes")
    assert code == 0, err
    return call


Call = Callable[..., tuple[int, Any, str]]


def test_a_fingerprint_is_needed_and_compared(fedcat: Call, peer: Node) -> None:
    code, document, err = fedcat("follow", peer.url)
    assert code == 2
    assert document["offered"][0]["fingerprint"] == peer.fingerprint
    assert peer.fingerprint[:4] + " " + peer.fingerprint[4:8] in err
    code, document, err = fedcat("follow", peer.url, "--fingerprint", "0" * 64)
    assert (code, document["error"]["code"]) == (3, 3)
    assert fedcat("follow", peer.url, "--fingerprint", "12")[0] == 2
    assert fedcat("follow", peer.url.removeprefix("http://"), "--yes")[0] == 2
    assert len(fedcat("log", "list")[1]) == 1

    code, document, _ = fedcat("follow", peer.url, "--fingerprint", peer.fingerprint.upper())
    assert code == 0
    assert [item["origin"] for item in document["followed"]] == [peer.origin]
    # Nothing was written to anybody's log, and saying it again changes nothing.
    assert fedcat("follow", peer.url, "--yes")[0] == 0
    assert peer.log(peer.origin)["size"] == 4
    assert [log["own"] for log in fedcat("log", "list")[1]] in ([True, False], [False, True])


@pytest.mark.usefixtures("fedcat")
def test_a_person_is_asked_whether_they_were_told_the_same(
    peer: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert run(["follow", peer.url]) == 1
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert run(["follow", peer.url]) == 0
    assert peer.fingerprint[:4] + " " + peer.fingerprint[4:8] in screen.getvalue()


def test_sync_says_what_every_source_answered(fedcat: Call, peer: Node) -> None:
    code, document, err = fedcat("sync")
    assert (code, document) == (0, {"outcomes": []})
    assert "fedcat follow" in err
    code, document, err = fedcat("peers")
    assert (code, document) == (0, [])
    assert "fedcat follow" in err
    fedcat("follow", peer.url, "--yes")
    code, document, err = fedcat("sync")
    assert code == 0, err
    (outcome,) = document["outcomes"]
    assert list(outcome) == ["origin", "source", "size", "new", "fault", "file", "detail"]
    assert (outcome["origin"], outcome["size"], outcome["new"]) == (peer.origin, 4, 4)
    assert outcome["fault"] is outcome["file"] is outcome["detail"] is None
    assert fedcat("sync")[1]["outcomes"][0]["new"] == 0
    assert fedcat("search", "tool")[1]["total"] == 2
    entry = fedcat("search", "tool")[1]["items"][0]["address"]
    # What belongs to somebody else cannot be changed here.
    assert fedcat("entry", "withdraw", entry)[0] == 7
    code, document, _ = fedcat("peers")
    assert code == 0
    assert {state["origin"] for state in document if not state["own"]} == {peer.origin}
    assert run(["peers"]) == 0
    assert run(["sync"]) == 0


def test_nobody_there_is_the_networks_matter(
    fedcat: Call, built: World, peer: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    code, document, _ = fedcat("follow", f"http://127.0.0.1:{free_port()}", "--yes")
    assert (code, document["error"]["fault"]) == (4, "unreachable")
    other = built.founded(f"other-{len(built.nodes)}", 0)
    other.serve()
    assert fedcat("follow", other.url, "--yes")[0] == 0
    other.kill()
    code, document, _ = fedcat("sync")
    assert code == 4
    assert {outcome["fault"] for outcome in document["outcomes"]} == {"unreachable"}
    # People read in the tables which file it was; programs have a field for it.
    for command in ("sync", "peers"):
        run([command])
        assert "unreachable: checkpoint: " in capsys.readouterr().out
    assert fedcat("follow", peer.url, "--yes")[0] == 0
    assert fedcat("sync")[0] == 8


def test_a_command_beside_a_node_that_was_refused_says_why(built: World) -> None:
    node = built.founded(f"other-{len(built.nodes)}", 0)
    (Path(node.env["FEDCAT_LOCK_DIR"]) / node.fingerprint).unlink()
    node.serve()
    statement = json.dumps({"type": "use", "target": "https://x.example", "status": "pilot"})
    done = node.run("entry", "put", "-", code=6, text=statement)
    assert done["signed"] is False
    assert done["why_not"].endswith("is missing")
    # The draft is kept, and published with the next one once an operator has decided.
    node.run("log", "unlock", "--size", "2", "--yes")
    assert node.run("entry", "put", "-", text=statement)["size"] == 4


def test_how_a_round_ended() -> None:
    fault = Fault(FaultKind.UNREACHABLE, "checkpoint", "refused")
    failed = Outcome(ORIGIN, "https://a.example", 0, 0, fault)
    answered = Outcome(ORIGIN, "https://b.example", 4, 4, None)
    other = Outcome("b.example/log/b/1", "https://b.example", 0, 0, fault)
    assert sync_code(()) == ExitCode.OK
    assert sync_code((failed, answered)) == ExitCode.OK
    assert sync_code((answered, other)) == ExitCode.PARTIAL
    assert sync_code((failed, other)) == ExitCode.NETWORK


def test_serve_answers_until_it_is_told_to_stop(fedcat: Call, capsys: pytest.CaptureFixture[str]) -> None:
    _, logs, _ = fedcat("log", "list")
    url = logs[0]["url"].partition("/log/")[0]
    node = Node(Path(), int(url.rpartition(":")[2]), {})

    def stop() -> None:
        try:
            eventually(120, lambda: node.answers("/readyz"), "serve never became ready")
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    helper = threading.Thread(target=stop)
    helper.start()
    try:
        assert run(["serve", "--json"]) == 0
    finally:
        helper.join()
    assert json.loads(capsys.readouterr().out)["address"] == url
