"""Whether a node is well and may sign, and an operator's word that it may, from the command line."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from node.cli.homes import person
from node.cli.main import run
from tests.command import LIBRARY, Fedcat, Result, Terminal
from tests.e2e.processes import publiccode_files


def test_doctor(published: tuple[Fedcat, str], tmp_path: Path) -> None:
    fedcat, _ = published
    assert fedcat("doctor", "--json").document["healthy"] is True
    key = next((tmp_path / "home" / "keys").iterdir())
    key.chmod(0o644)
    ill = fedcat("doctor")
    assert ill.code == 5
    assert "WRONG" in ill.out
    assert f"chmod 600 {key}" in ill.out


def wrong(done: Result) -> dict[str, tuple[str, str]]:
    """Return what doctor found wrong: its detail and the way out."""
    assert done.code == 5, done.err
    checks = done.document["checks"]
    return {check["name"]: (check["detail"], check["hint"]) for check in checks if not check["ok"]}


def test_doctor_says_whether_the_node_may_sign(
    founded: Fedcat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = founded("log", "list", "--json").document[0]
    name = f"signing {log['origin']}"
    lock = tmp_path / "heads" / log["fingerprint"]
    head = lock.read_text()
    assert "nothing here forbids it" in founded("doctor").out
    for content, detail, hint in (
        (head.replace("\n2\n", "\n9\n"), "at size 9, the database at 2", "fedcat serve"),
        (head.replace("\n2\n", "\n1\n"), "another history", "find out which"),
        (head.replace("/city/", "/club/"), "the head lock is of", "find out which"),
        ("nothing", str(lock), "fedcat log unlock"),
    ):
        lock.write_text(content)
        found = wrong(founded("doctor", "--json"))[name]
        assert (detail in found[0], hint in found[1]) == (True, True), found
        # Looking changes nothing.
        assert lock.read_text() == content
    lock.unlink()
    assert founded("entry", "put", "-", text=json.dumps(LIBRARY)).code == 6
    found = wrong(founded("doctor", "--json"))[name]
    assert (found[0].endswith("is missing"), "lock_dir" in found[1]) == (True, True)
    lock.mkdir()
    assert str(lock) in wrong(founded("doctor", "--json"))[name][0]
    lock.rmdir()
    lock.write_text(head)
    assert "waiting drafts: 1" in founded("doctor").out

    monkeypatch.setenv("FEDCAT_LOCK_DIR", "not/absolute")
    assert "FEDCAT_LOCK_DIR" in wrong(founded("doctor", "--json"))[name][1]
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "heads"))
    keys = tmp_path / "home" / "keys"
    next(keys.glob("log-*")).unlink()
    assert "backup" in wrong(founded("doctor", "--json"))[name][1]
    keys.rename(tmp_path / "aside")
    assert set(wrong(founded("doctor", "--json"))) == {"keys", name}


def test_doctor_sees_a_damaged_tree(founded: Fedcat, tmp_path: Path) -> None:
    origin = founded("log", "list", "--json").document[0]["origin"]
    (hashes,) = (tmp_path / "home" / "logs").glob("*/hashes.0")
    for content in (b"", bytes(64)):
        hashes.write_bytes(content)
        found = wrong(founded("doctor", "--json"))
        assert set(found) == {origin, f"signing {origin}"}
        assert all("backup" in hint for _, hint in found.values())


def test_doctor_counts_the_nodes_that_must_answer_first(founded: Fedcat, tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "home" / "fedcat.db")
    with database:
        database.execute(
            "INSERT INTO carrier (log, url, first_seen, last_seen, size)"
            " SELECT id, 'http://127.0.0.1:9/mirror/x', 0, 0, 2 FROM log"
        )
    database.close()
    assert "has to answer first (1 known)" in founded("doctor").out
    assert founded("log", "unlock", "--size", "2", "--yes").code == 0
    assert "has to answer first" not in founded("doctor").out


def test_unlock_is_asked_for_by_size(founded: Fedcat) -> None:
    done = founded("log", "unlock", "--size", "2", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.document["size"] == 2
    assert founded("log", "unlock", "--yes").code == 2


@pytest.mark.parametrize("lock", ["as it was", "larger", "damaged", "missing"])
def test_unlock_never_takes_silence_for_consent(
    founded: Fedcat, tmp_path: Path, typing: Callable[[str], None], lock: str
) -> None:
    path = tmp_path / "heads" / founded("log", "list", "--json").document[0]["fingerprint"]
    origin, size, root = path.read_text().splitlines()
    if lock == "larger":
        path.write_text(f"{origin}\n9\n{root}\n")
    elif lock == "damaged":
        path.write_text("nothing")
    elif lock == "missing":
        path.unlink()
    before = path.read_text() if path.exists() else None
    for words in (("--json",), ()):
        done = founded("log", "unlock", "--size", size, *words)
        assert done.code == 2
        assert f"With --yes this would sign {origin} from size 2 on" in done.err
        assert "proven fork" in done.err
        assert ("The head lock stands at size 9, the database at 2" in done.err) == (lock == "larger")
    typing("n\n")
    screen = sys.stderr
    assert run(["log", "unlock", "--size", size]) == 1
    assert isinstance(screen, Terminal)
    assert ("stands at size 9, the database at 2" in screen.getvalue()) == (lock == "larger")
    assert (path.read_text() if path.exists() else None) == before
    typing("y\n")
    assert run(["log", "unlock", "--size", size]) == 0
    assert path.read_text().splitlines() == [origin, size, root]


def test_the_audit_trail_does_not_need_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise OSError("no username set in the environment")

    assert person()
    monkeypatch.setattr("getpass.getuser", nameless)
    assert person() == "unknown"


def test_what_may_not_be_signed_waits_until_an_operator_unlocks(
    founded: Fedcat, tmp_path: Path, typing: Callable[[str], None]
) -> None:
    # The head lock is gone, as after a restore on another machine: who knows what was signed since.
    for lock in (tmp_path / "heads").iterdir():
        lock.unlink()
    waiting = founded("entry", "put", "-", "--json", text=json.dumps(LIBRARY))
    assert waiting.code == 6
    assert waiting.document["signed"] is False
    assert waiting.document["why_not"] in waiting.err
    # The reason that was just found, and not that there is no clearance.
    assert re.fullmatch(r"the head lock .* is missing", waiting.document["why_not"])
    imported = founded("entry", "import", "publiccode", str(publiccode_files(tmp_path / "files", "city", 1)))
    assert imported.code == 0
    assert f"not signed: {waiting.document['why_not']}" in imported.err
    assert founded("log", "list", "--json").document[0]["size"] == 2
    beat = founded("log", "beat")
    assert (beat.code, waiting.document["why_not"] in beat.err) == (6, True)

    assert founded("log", "unlock", "--size", "7", "--yes").code == 9
    typing("n\n")
    assert run(["log", "unlock", "--size", "2"]) == 1
    assert founded("log", "unlock", "--size", "2", "--yes").code == 0
    # Nothing was lost: the next command publishes what waited, too.
    assert founded("entry", "put", "-", text=json.dumps(LIBRARY)).code == 0
    assert founded("search", "", "--json").document["total"] >= 3
