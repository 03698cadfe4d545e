"""Rebuilding a node and moving a log by the commands, against a node that is a process of its own."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from node.cli.main import run
from tests.e2e.processes import World, publiccode_files, world
from tests.ports import free_port

Call = Callable[..., tuple[int, Any, str]]


class Left:
    """What is left of a node: its papers, and a node that carries its log and serves."""

    def __init__(self, built: World) -> None:
        self.built, root = built, built.root
        self.city, self.keeper = built.node("city"), built.founded("keeper", 0)
        self.sheet, self.backup = root / "sheet.txt", root / "backup.txt"
        founded = self.city.run(
            "init", "--address", self.city.url, "--name", "City", "--allow-private",
            "--recovery", str(self.sheet),
        )  # fmt: skip
        self.origin, self.fingerprint = founded["origin"], founded["fingerprint"]
        files = publiccode_files(root / "files", "city", 2)
        self.city.run("entry", "import", "publiccode", str(files))
        self.city.run("key", "backup", str(self.backup))
        self.city.serve()
        self.keeper.run("follow", self.city.url, "--fingerprint", self.fingerprint)
        self.keeper.run("sync")
        self.city.stop()
        self.keeper.serve()


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    with world(tmp_path_factory.mktemp("world")) as built:
        yield Left(built)


@pytest.fixture
def fedcat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command with --json in this process, on a home that does not exist yet."""
    monkeypatch.setenv("FEDCAT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "heads"))
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def call(*words: str) -> tuple[int, Any, str]:
        capsys.readouterr()
        code = run([*words, "--json"])
        shown = capsys.readouterr()
        return code, json.loads(shown.out) if shown.out else None, shown.err

    return call


def test_a_backup_of_the_keys_and_one_carrier_are_enough(left: Left, fedcat: Call, tmp_path: Path) -> None:
    words = ("recover", "--from", left.keeper.url, "--allow-private", "--keys", str(left.backup))
    code, document, err = fedcat(*words)
    assert code == 0, err
    assert [(log["origin"], log["size"], log["may_sign"]) for log in document] == [(left.origin, 4, True)]
    assert fedcat("log", "audit")[0] == 0
    code, found, _ = fedcat("key", "check", str(left.backup))
    # All of it is of use, but for the mirror key, which is a new one under the same name.
    assert (code, len(found)) == (0, 3)
    # Once more: the head lock is there, and nothing changes.
    assert fedcat(*words)[0] == 0
    # A head lock that knows more than anybody shows is kept to.
    shutil.rmtree(tmp_path / "home" / "logs")
    for path in (tmp_path / "home").glob("fedcat.db*"):
        path.unlink()
    (lock,) = [path for path in (tmp_path / "heads").iterdir() if not path.suffix]
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join((lines[0], "9", lines[2], "")))
    code, document, _ = fedcat(*words)
    assert code == 6
    assert "stands at size 9" in document["error"]["message"]


def test_what_is_missing_is_said(left: Left, fedcat: Call, tmp_path: Path) -> None:
    words = ("recover", "--from", left.keeper.url)
    assert fedcat(*words)[0] == 5
    assert not (tmp_path / "home").exists()
    address = ("--address", f"http://127.0.0.1:{free_port()}", "--allow-private")
    assert fedcat(*words, *address)[0] == 9
    empty = tmp_path / "empty"
    empty.write_text("no key")
    empty.chmod(0o600)
    assert fedcat(*words, "--keys", str(empty))[0] == 9
    assert fedcat(*words, "--origin", "nobody.example/log/x/1", "--yes")[0] == 4
    # Whose it is stands on no paper that was given, and nobody is there to be asked.
    code, document, err = fedcat(*words, "--origin", left.origin)
    assert (code, "Compare the fingerprint" in document["error"]["message"]) == (2, True)
    assert left.fingerprint[:4] in err
    assert fedcat(*words, "--origin", left.origin, "--fingerprint", "0" * 64)[0] == 3
    code, document, err = fedcat(*words, "--origin", left.origin, "--yes")
    assert (code, document[0]["may_sign"]) == (0, True)
    assert "are not here" in err


def test_several_logs_need_names_for_fingerprints(left: Left, fedcat: Call, tmp_path: Path) -> None:
    both = tmp_path / "both.txt"
    both.touch(0o600)
    other = tmp_path / "other"
    assert fedcat("key", "root", "new", "a.example/log/x/1", str(other))[0] == 0
    both.write_text(left.backup.read_text() + "\n" + other.read_text())
    code, document, _ = fedcat(
        "recover",
        "--from",
        left.keeper.url,
        "--allow-private",
        "--keys",
        str(both),
        "--fingerprint",
        "0" * 64,
    )
    assert (code, "several logs" in document["error"]["message"]) == (2, True)


def test_a_follower_takes_a_lost_log_over(left: Left, fedcat: Call, tmp_path: Path) -> None:
    port = free_port()
    code, _, err = fedcat("init", "--address", f"http://127.0.0.1:{port}", "--name", "New", "--allow-private")
    assert code == 0, err
    # Nothing to move yet.
    assert fedcat("key", "move", left.origin)[0] == 7
    follow = ("follow", left.keeper.url, "--origin", left.origin, "--fingerprint", left.fingerprint)
    assert fedcat(*follow)[0] == 0
    assert fedcat("sync")[0] in (0, 8)
    file = str(tmp_path / "set.txt")
    assert fedcat("key", "move", left.origin, "--prepare", file)[0] == 0
    assert fedcat("key", "move", left.origin, "--apply", file)[0] == 9
    assert fedcat("key", "move", left.origin, "--apply", file, "--url", "https://a.example")[0] == 2
    assert fedcat("key", "move", "a.example/log/x/1", "--apply", file)[0] == 9
    assert fedcat("key", "release", file)[0] == 7
    assert fedcat("key", "sign", file, "--root", str(left.sheet))[0] == 0
    code, document, err = fedcat("key", "move", left.origin, "--apply", file)
    assert code == 0, err
    assert (document["version"], document["after"], document["in_force"]) == (2, 4, True)
    # And on, to somebody who made keys elsewhere: this node signs no more then.
    made = tmp_path / "elsewhere"
    text = Path(file).read_text().partition("\n\n")[0] + "\n"
    code, shown, _ = fedcat("key", "show", left.origin)
    newest = shown[0]["key_sets"][1]
    text = text.replace("version 2", "version 3").replace("after 4", "after 5")
    text = text.replace(newest["log"]["vkey"], shown[0]["key_sets"][0]["log"]["vkey"])
    text = text.replace(newest["beat"]["vkey"], shown[0]["key_sets"][0]["beat"]["vkey"])
    made.write_text(text)
    assert fedcat("key", "sign", str(made), "--root", str(left.sheet))[0] == 0
    code, document, err = fedcat("key", "release", str(made))
    assert code == 0, err
    assert document["after"] == 5
    assert fedcat("log", "beat", "--log", left.origin)[0] == 7
