"""The commands of one node, from init to proof, in one process and with a real home."""

from __future__ import annotations

import io
import json
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from node.cli.main import run

ENTRY = {
    "kind": "service",
    "name": {"en": "Mobile library"},
    "summary": {"en": "A bus with books that stops in every village once a week"},
    "topics": ["sector:education"],
    "lifecycle": "live",
    "languages": ["en"],
    "links": [{"rel": "landing", "url": "https://library.example"}],
    "service": {"channels": [{"type": "in-person", "place": "Every village"}]},
}


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
def fedcat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fedcat:
    """Run a command in this process, on a home of the test."""
    monkeypatch.setenv("FEDCAT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "heads"))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: str, text: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        code = run(words)
        shown = capsys.readouterr()
        return Result(code, shown.out, shown.err)

    return call


@pytest.fixture
def founded(fedcat: Fedcat) -> Fedcat:
    """The same, with a node founded."""
    done = fedcat("init", "--address", "http://127.0.0.1:8401", "--name", "City", "--allow-private", "--yes")
    assert done.code == 0, done.err
    return fedcat


@pytest.fixture
def published(founded: Fedcat) -> tuple[Fedcat, str]:
    """The same, with one entry, and the entry's address."""
    done = founded("entry", "put", "-", "--json", text=json.dumps(ENTRY))
    assert done.code == 0, done.err
    return founded, done.document["entries"][0]["address"]


def test_init_says_who_we_are_and_shows_the_recovery_sheet_once(fedcat: Fedcat, tmp_path: Path) -> None:
    done = fedcat(
        "init", "--address", "http://127.0.0.1:8401", "--name", "City of X", "--log", "city",
        "--allow-private", "--yes", "--json", "--quiet",
    )  # fmt: skip
    assert done.code == 0, done.err
    document = done.document
    assert document["origin"] == "127.0.0.1:8401/log/city/1"
    assert document["recovery"] is None
    assert "PRIVATE+KEY" in done.err
    assert "PRIVATE+KEY" not in done.out
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            assert "/root/1+" not in path.read_bytes().decode(errors="replace") or path.suffix != ".key"
    # A second init changes nothing.
    again = fedcat(
        "init", "--address", "http://127.0.0.1:8402", "--name", "Other", "--allow-private", "--yes"
    )
    assert again.code == 5
    assert fedcat("log", "list", "--json").document[0]["fingerprint"] == document["fingerprint"]


def test_init_writes_the_recovery_sheet_to_a_new_file_only(fedcat: Fedcat, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.txt"
    words = ("init", "--address", "http://127.0.0.1:8401", "--name", "City", "--allow-private")
    sheet.write_text("mine")
    refused = fedcat(*words, "--recovery", str(sheet))
    assert refused.code == 2
    assert sheet.read_text() == "mine"
    assert not (tmp_path / "home" / "config.toml").exists()
    assert fedcat(*words, "--recovery", str(tmp_path / "no" / "where")).code == 2

    sheet.unlink()
    done = fedcat(*words, "--recovery", str(sheet))
    assert done.code == 0, done.err
    assert "PRIVATE+KEY" in sheet.read_text()
    assert "PRIVATE+KEY" not in done.err + done.out
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    assert "Next:" in done.err

    # An init that fails leaves no empty sheet that looks like one.
    other = tmp_path / "other.txt"
    assert fedcat(*words, "--recovery", str(other)).code == 5
    assert not other.exists()


def test_init_needs_an_address_and_a_name(fedcat: Fedcat) -> None:
    assert "--address" in fedcat("init", "--name", "City").err
    assert fedcat("init", "--address", "http://127.0.0.1:8401").code == 2
    assert fedcat("init", "--address", "nonsense", "--name", "City").code == 5


def test_without_a_home_every_command_says_how_to_get_one(fedcat: Fedcat) -> None:
    for words in (("log", "list"), ("search", "x"), ("sync",), ("db", "digest"), ("doctor",), ("peers",)):
        done = fedcat(*words, "--json")
        assert done.code == 5
        assert done.document["error"]["code"] == 5
        assert "fedcat init" in done.err


def test_log_list_is_the_contract(founded: Fedcat) -> None:
    (log,) = founded("log", "list", "--json").document
    assert list(log) == ["origin", "url", "vkey", "size", "root", "fingerprint", "own"]
    assert log["url"] == f"http://{log['origin']}"
    assert log["vkey"].startswith(log["origin"] + "+")
    assert (log["size"], log["own"]) == (2, True)
    shown = founded("log", "list")
    assert log["origin"] in shown.out
    assert log["fingerprint"][:4] + " " + log["fingerprint"][4:8] in shown.out


def test_several_publishers_on_one_node(founded: Fedcat, tmp_path: Path) -> None:
    sheet = tmp_path / "club.txt"
    added = founded("log", "add", "--name", "Club", "--log", "club", "--recovery", str(sheet), "--json")
    assert added.code == 0, added.err
    assert "PRIVATE+KEY" in sheet.read_text()
    origin = added.document["origin"]
    # Now a command has to be told which log it means.
    document = json.dumps(ENTRY)
    assert founded("entry", "put", "-", text=document).code == 2
    assert founded("entry", "put", "-", "--log", "nobody", text=document).code == 7
    done = founded("entry", "put", "-", "--log", "club", "--json", text=document)
    assert done.code == 0, done.err
    assert done.document["origin"] == origin
    assert founded("log", "beat", "--log", origin).code == 0


def test_put_show_edit_history_withdraw_erase(published: tuple[Fedcat, str], tmp_path: Path) -> None:
    fedcat, entry = published
    prefix = entry[-32:-24]
    shown = fedcat("show", prefix, "--json").document
    assert shown["address"] == entry
    assert shown["name"] == "Mobile library"
    assert shown["statement"]["modified"].endswith("Z")
    assert "Mobile library" in fedcat("show", entry).out

    newer = tmp_path / "entry.yml"
    newer.write_text(json.dumps(ENTRY | {"name": {"en": "Bibliobus"}}))
    edited = fedcat("entry", "put", str(newer), "--entry", prefix, "--expected", str(shown["index"]))
    assert edited.code == 0, edited.err
    assert "Published at position 3" in edited.out
    # Whoever edits an older version is told, and nothing is overwritten.
    stale = fedcat("entry", "put", str(newer), "--entry", prefix, "--expected", str(shown["index"]))
    assert stale.code == 6
    assert fedcat("search", "bibliobus", "--json").document["total"] == 1
    assert "Bibliobus" in fedcat("search", "bibliobus").out
    assert "Nothing found" in fedcat("search", "zzzz").err

    assert (
        fedcat("entry", "withdraw", entry, "--reason", "merged", "--successor", "https://x.example").code == 0
    )
    versions = fedcat("entry", "history", prefix, "--json").document
    assert [version["op"] for version in versions] == ["withdraw", "put", "put"]
    assert "superseded" in fedcat("entry", "history", prefix).out

    one = fedcat("entry", "erase", entry, "--index", str(shown["index"]), "--reason", "privacy", "--json")
    assert one.code == 0, one.err
    assert fedcat("entry", "erase", entry, "--index", str(shown["index"])).code == 7
    assert fedcat("entry", "erase", entry).code == 0
    assert {v["erased"] for v in fedcat("entry", "history", prefix, "--json").document} == {"privacy", "none"}
    assert "erased" in fedcat("entry", "history", prefix).out
    assert fedcat("proof", entry).code == 7


def test_put_lists_every_problem_and_publishes_nothing(founded: Fedcat, tmp_path: Path) -> None:
    bad = {**ENTRY, "kind": "castle", "links": [{"rel": "landing", "url": "www.library.example"}]}
    refused = founded("entry", "put", "-", "--json", text=json.dumps(bad))
    assert refused.code == 9
    pointers = {problem["pointer"] for problem in refused.document["error"]["problems"]}
    assert {"/kind", "/links/0/url"} <= pointers
    for pointer in pointers:
        assert f"{pointer or '/'}: " in refused.err
    for text in ("{", "- a list", "a: 1\na: 2", "x" * 300_000):
        assert founded("entry", "put", "-", text=text).code == 9, text[:10]
    assert founded("entry", "put", str(tmp_path / "missing.yml")).code == 2
    dry = founded("entry", "put", "-", "--dry-run", "--json", text=json.dumps(ENTRY))
    assert (dry.code, dry.document["valid"]) == (0, True)
    assert founded("log", "list", "--json").document[0]["size"] == 2


def test_only_known_and_own_entries_can_be_changed(published: tuple[Fedcat, str]) -> None:
    fedcat, _ = published
    for words in (("show", "ffff"), ("entry", "history", "ffff"), ("entry", "withdraw", "ffff")):
        assert fedcat(*words).code == 7
    assert fedcat("entry", "withdraw", "ffff", "--reason", "tired").code == 2


def test_proof_and_verify(published: tuple[Fedcat, str], tmp_path: Path) -> None:
    fedcat, entry = published
    fingerprint = fedcat("log", "list", "--json").document[0]["fingerprint"]
    file = tmp_path / "entry.tlog-proof"
    written = fedcat("proof", entry, "-o", str(file), "--json")
    assert written.document == {"file": str(file), "bytes": file.stat().st_size}
    assert fedcat("proof", entry, "--json").document["proof"].startswith("c2sp.org/tlog-proof@v1\n")

    verified = fedcat("verify", str(file), "--json").document
    assert verified["pinned"] is False
    assert (verified["address"], verified["verified"], verified["op"]) == (entry, True, "put")
    assert verified["statement"]["name"] == {"en": "Mobile library"}
    fours = " ".join(fingerprint[start : start + 4] for start in range(0, 64, 4)).upper()
    assert fedcat("verify", str(file), "--fingerprint", fours, "--json").document["pinned"] is True
    read = fedcat("verify", "-", text=file.read_text())
    assert "Mobile library" in read.out
    assert "compare it" in read.err

    other = "0" * 64
    refused = fedcat("verify", str(file), "--fingerprint", other, "--json")
    assert (refused.code, refused.document["error"]["code"]) == (3, 3)
    assert fedcat("verify", str(file), "--fingerprint", "abc").code == 2
    assert fedcat("verify", "-", text="nonsense").code == 3
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert fedcat("verify", str(file)).code == 3


def test_digest_and_rebuild(published: tuple[Fedcat, str]) -> None:
    fedcat, entry = published
    digest = fedcat("db", "digest", "--json").document
    assert list(digest) == ["heads", "statements"]
    assert fedcat("db", "rebuild", "--json").document == digest
    assert fedcat("search", "library", "--json").document["total"] == 1
    origin = entry.partition("/e/")[0]
    assert fedcat("db", "digest", "--origin", origin, "--json").document == digest
    assert fedcat("db", "digest", "--origin", "nobody.example/log/x/1").code == 7


def test_doctor(published: tuple[Fedcat, str], tmp_path: Path) -> None:
    fedcat, _ = published
    assert fedcat("doctor", "--json").document["healthy"] is True
    key = next((tmp_path / "home" / "keys").iterdir())
    key.chmod(0o644)
    ill = fedcat("doctor")
    assert ill.code == 5
    assert "WRONG" in ill.out


def test_unlock_is_asked_for_by_size(founded: Fedcat) -> None:
    done = founded("log", "unlock", "--size", "2", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.document["size"] == 2
    assert founded("log", "unlock", "--yes").code == 2
