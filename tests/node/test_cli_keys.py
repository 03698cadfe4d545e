"""The commands about keys: one node, one process, real homes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import LIBRARY, Fedcat


@pytest.fixture
def fedcat(fedcat: Fedcat, tmp_path: Path) -> Fedcat:
    """Run a command in this process, on a node that was founded with its sheet in ``sheet.txt``."""
    done = fedcat(
        "init", "--address", "http://127.0.0.1:8401", "--name", "City", "--allow-private", "--yes",
        "--recovery", str(tmp_path / "sheet.txt"),
    )  # fmt: skip
    assert done.code == 0, done.err
    return fedcat


def test_a_written_recovery_sheet_stays_when_founding_fails_after_it(
    fedcat: Fedcat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "file"))
    sheet = tmp_path / "zoo.txt"
    assert fedcat("log", "add", "--name", "Zoo", "--recovery", str(sheet), "--yes").code == 5
    assert "PRIVATE+KEY" in sheet.read_text()


ORIGIN = "127.0.0.1:8401/log/city/1"


def shown(fedcat: Fedcat) -> Any:  # noqa: ANN401 - any JSON
    (log,) = fedcat("key", "show", "--json").document
    return log


def put(fedcat: Fedcat) -> int:
    done = fedcat("entry", "put", "-", "--json", text=json.dumps(LIBRARY))
    assert done.code == 0, done.err
    index: int = done.document["entries"][0]["index"]
    return index


def test_a_planned_rotation_begins_at_its_leaf(fedcat: Fedcat, tmp_path: Path) -> None:
    """Drill: the yearly change of keys, from the recovery sheet."""
    first = shown(fedcat)["key_sets"][0]
    sheet = str(tmp_path / "sheet.txt")
    done = fedcat("key", "rotate", "--root", sheet, "--after", "3", "--json")
    assert done.code == 0, done.err
    assert (done.document["version"], done.document["in_force"]) == (2, False)
    assert [keys["state"] for keys in shown(fedcat)["key_sets"]] == ["in force", "planned"]
    assert put(fedcat) == 2
    # Size 3 has its keys leaf at once; the next entry stands behind it.
    assert [keys["state"] for keys in shown(fedcat)["key_sets"]] == ["past", "in force"]
    assert put(fedcat) == 4
    log = shown(fedcat)
    assert log["size"] == 5
    assert log["key_sets"][1]["log"]["vkey"] != first["log"]["vkey"]
    assert all(Path(keys["log"]["private"]).exists() for keys in log["key_sets"])
    text = fedcat("key", "show", ORIGIN).out
    assert "sizes 1 to 3" in text
    assert "sizes from 4" in text
    assert fedcat("key", "show", "a.example/log/x/1").code == 7
    # The private half is gone from the node: nothing is signed, the entry waits.
    private = Path(log["key_sets"][1]["log"]["private"])
    private.rename(tmp_path / "aside")
    assert fedcat("entry", "put", "-", text=json.dumps(LIBRARY)).code == 5
    assert "not here" in fedcat("key", "show").out
    (tmp_path / "aside").rename(private)
    assert put(fedcat) == 6


def test_whether_the_newest_keys_are_in_a_backup_is_known(fedcat: Fedcat, tmp_path: Path) -> None:
    def backup() -> tuple[bool, str, bool]:
        done = fedcat("doctor", "--json")
        assert (done.code, done.document["healthy"]) == (0, True)
        (found,) = (each for each in done.document["checks"] if each["name"] == "key backup")
        return found["warning"], found["detail"], "fedcat key backup FILE" in found["hint"]

    assert backup() == (True, "none was ever made", True)
    assert "WARNING" in fedcat("doctor").out
    assert fedcat("key", "backup", str(tmp_path / "one")).code == 0
    warning, detail, has_hint = backup()
    assert (warning, detail.startswith("made 20"), has_hint) == (False, True, False)
    (deed,) = fedcat("trail", "--action", "key backup", "--json").document
    assert "PRIVATE" not in str(deed)
    assert fedcat("key", "rotate", "--root", str(tmp_path / "sheet.txt")).code == 0
    warning, detail, has_hint = backup()
    assert (warning, detail.endswith(f"without the newest keys of {ORIGIN}"), has_hint) == (True, True, True)
    assert fedcat("key", "backup", str(tmp_path / "two")).code == 0
    assert not backup()[0]


def test_a_stolen_log_key_is_revoked_at_the_next_leaf(fedcat: Fedcat, tmp_path: Path) -> None:
    """Drill: revocation, also where nothing waits to be published."""
    assert put(fedcat) == 2
    done = fedcat("key", "rotate", "--root", str(tmp_path / "sheet.txt"), "--json")
    assert done.code == 0, done.err
    assert (done.document["after"], done.document["size"], done.document["in_force"]) == (3, 4, True)
    assert fedcat("doctor").code == 0
    # In the past nothing can begin any more, nor twice at one leaf.
    again = fedcat("key", "rotate", "--root", str(tmp_path / "sheet.txt"), "--after", "3")
    assert again.code == 9
    assert "cannot begin after 3" in again.err


def test_offline_roots_take_over_and_two_of_three_must_sign(fedcat: Fedcat, tmp_path: Path) -> None:
    """Drill: roots made offline, a threshold of two, and a rotation that travels as a file."""
    sheet = str(tmp_path / "sheet.txt")
    vkeys = []
    for number in (2, 3, 4):
        made = fedcat("key", "root", "new", ORIGIN, str(tmp_path / f"root{number}"), "--number", str(number))
        assert made.code == 0, made.err
        vkeys.append(made.out.strip())
    added = [word for vkey in vkeys for word in ("--add-root", vkey)]
    change = (*added, "--drop-root", f"{ORIGIN}/root/1", "--threshold", "2")
    # The old root alone cannot vouch for the new ones.
    refused = fedcat("key", "rotate", "--root", sheet, *change)
    assert refused.code == 9
    assert "wants 2 of its roots" in refused.err
    assert len(shown(fedcat)["key_sets"]) == 1

    file = str(tmp_path / "set2")
    done = fedcat("key", "rotate", "--root", sheet, *change, "--prepare", file)
    assert done.code == 0, done.err
    assert "begins after 2 leaves" in done.err
    # Two copies are signed side by side, on machines without a network.
    copy = tmp_path / "copy"
    copy.write_bytes(Path(file).read_bytes())
    assert fedcat("key", "sign", file, "--root", str(tmp_path / "root2"), "--yes").code == 0
    assert fedcat("key", "rotate", "--apply", file).code == 9
    signed = fedcat("key", "sign", str(copy), "--root", str(tmp_path / "root4"), "--json")
    assert signed.document["signed_by"] == [f"{ORIGIN}/root/4"]
    assert "fedcat/keys/v1" in signed.err
    applied = fedcat("key", "rotate", "--apply", file, "--apply", str(copy), "--json")
    assert applied.code == 0, applied.err
    assert applied.document["in_force"] is True
    assert shown(fedcat)["key_sets"][1]["threshold"] == 2
    # Once more changes nothing.
    assert fedcat("key", "rotate", "--apply", file, "--apply", str(copy)).code == 0
    assert [keys["version"] for keys in shown(fedcat)["key_sets"]] == [1, 2]
    # A stolen root alone is worth nothing now, and the old one nothing at all.
    for stolen in (sheet, str(tmp_path / "root3")):
        assert fedcat("key", "rotate", "--root", stolen).code == 9
    # The two others rotate it out.
    roots = ("--root", str(tmp_path / "root2"), "--root", str(tmp_path / "root4"))
    assert fedcat("key", "rotate", *roots, "--drop-root", f"{ORIGIN}/root/3").code == 0
    assert len(shown(fedcat)["key_sets"][2]["roots"]) == 2


def test_a_prepared_rotation_goes_stale_and_a_strange_one_is_refused(fedcat: Fedcat, tmp_path: Path) -> None:
    file, sheet = str(tmp_path / "set2"), str(tmp_path / "sheet.txt")
    assert fedcat("key", "rotate", "--root", sheet, "--prepare", file).code == 0
    put(fedcat)
    stale = fedcat("key", "rotate", "--apply", file)
    assert stale.code == 9
    assert "has 3 by now" in stale.err
    assert fedcat("key", "rotate", "--apply", file, "--threshold", "1").code == 2
    # Another node's key set, one that is none, and one signed by nobody who may.
    text = Path(file).read_text()
    strange = tmp_path / "strange"
    strange.write_text(text.replace("city/1", "town/1"))
    assert fedcat("key", "rotate", "--apply", str(strange)).code == 3
    strange.write_bytes(b"\xff")
    assert fedcat("key", "rotate", "--apply", str(strange)).code == 3
    strange.write_text(text.replace("after 2", "after 3"))
    assert fedcat("key", "rotate", "--apply", str(strange)).code == 3
    assert fedcat("key", "rotate", "--apply", file, "--apply", str(strange)).code == 9
    assert fedcat("key", "sign", file).code == 2
    assert fedcat("key", "sign", file, "--root", file).code == 5
    (tmp_path / "empty").touch(0o600)
    assert fedcat("key", "sign", file, "--root", str(tmp_path / "empty")).code == 9
    other = fedcat("key", "root", "new", "a.example/log/x/1", str(tmp_path / "other"))
    assert other.code == 0
    assert fedcat("key", "sign", file, "--root", str(tmp_path / "other")).code == 9
    assert fedcat("key", "root", "new", "nonsense", str(tmp_path / "no")).code == 2
    assert fedcat("key", "rotate", "--root", sheet, "--drop-root", "nobody").code == 9
    assert fedcat("key", "rotate", "--root", sheet, "--add-root", "nonsense").code == 2
    assert fedcat("key", "rotate", "--root", sheet, "--threshold", "2").code == 9


def test_a_file_without_a_root_can_be_given_on_stdin_and_prepared_on_stdout(
    fedcat: Fedcat, tmp_path: Path
) -> None:
    sheet = (tmp_path / "sheet.txt").read_text()
    done = fedcat("key", "rotate", "--root", "-", "--prepare", "-", text=sheet)
    assert done.code == 0, done.err
    assert done.out.startswith("fedcat/keys/v1\n")
    assert done.out.splitlines()[-1].startswith(f"— {ORIGIN}/root/1 ")
    applied = fedcat("key", "rotate", "--apply", "-", text=done.out)
    assert applied.code == 0, applied.err
    # A damaged line is named as such, without its secret.
    bad = fedcat("key", "rotate", "--root", "-", text=sheet.replace("root/1+", "root/2+"))
    assert bad.code == 9
    assert sheet.strip().splitlines()[-1].strip()[-20:] not in bad.err


def test_a_lost_root_ends_rotations_and_nothing_else(fedcat: Fedcat, tmp_path: Path) -> None:
    """Drill: the sheet is gone. The log goes on as it is."""
    (tmp_path / "sheet.txt").unlink()
    assert put(fedcat) == 2
    refused = fedcat("key", "rotate")
    assert refused.code == 9
    assert f"left: {ORIGIN}/root/1" in refused.err
    assert put(fedcat) == 3


def test_a_key_backup_is_read_back_and_told_what_it_is_good_for(fedcat: Fedcat, tmp_path: Path) -> None:
    file = tmp_path / "backup.txt"
    assert fedcat("key", "backup", str(tmp_path / "home" / "inside")).code == 2
    done = fedcat("key", "backup", str(file), "--json")
    assert done.code == 0, done.err
    assert len(done.document["keys"]) == 3
    assert file.stat().st_mode & 0o777 == 0o600
    assert fedcat("key", "backup", str(file)).code == 2
    checked = fedcat("key", "check", str(file), "--json")
    assert checked.code == 0
    uses = sorted(key["use"] for key in checked.document)
    assert uses == [
        f"heartbeat key: newest key set 1 of {ORIGIN}",
        f"log key: newest key set 1 of {ORIGIN}",
        "signs as mirror",
    ]
    sheet = tmp_path / "sheet.txt"
    assert "root, 1 of 1 needed" in fedcat("key", "check", str(sheet)).out
    assert fedcat("key", "rotate", "--root", str(sheet)).code == 0
    assert "past key set 1" in fedcat("key", "check", str(file)).out
    other = tmp_path / "other"
    assert fedcat("key", "root", "new", ORIGIN, str(other)).code == 0
    assert fedcat("key", "check", str(other)).code == 5
    other.write_text("nothing")
    assert fedcat("key", "check", str(other)).code == 9
    other.chmod(0o644)
    assert fedcat("key", "check", str(other)).code == 5


def test_a_log_may_begin_under_roots_that_were_never_here(fedcat: Fedcat, tmp_path: Path) -> None:
    """Drill: two offline roots from the first day."""
    origin, file = "127.0.0.1:8401/log/zoo/1", str(tmp_path / "zoo.set")
    vkeys = [
        fedcat("key", "root", "new", origin, str(tmp_path / f"zoo{n}"), "--number", n).out.strip()
        for n in "12"
    ]
    words = ("log", "add", "--name", "Zoo", "--log", "zoo")
    roots = [word for vkey in vkeys for word in ("--add-root", vkey)]
    assert fedcat(*words, *roots).code == 2
    assert fedcat(*words, "--prepare", file).code == 2
    assert fedcat(*words, *roots, "--threshold", "3", "--prepare", file).code == 9
    assert fedcat(*words[:4], "--log", "other", *roots, "--prepare", file).code == 9
    done = fedcat(*words, *roots, "--threshold", "2", "--prepare", file, "--json")
    assert done.code == 0, done.err
    assert fedcat("key", "sign", file, "--root", str(tmp_path / "zoo1")).code == 0
    refused = fedcat("log", "add", "--name", "Zoo", "--apply", file)
    assert refused.code == 9
    assert "wants 2 of its roots" in refused.err
    assert fedcat("key", "sign", file, "--root", str(tmp_path / "zoo2")).code == 0
    started = fedcat("log", "add", "--name", "Zoo", "--apply", file, "--json")
    assert started.code == 0, started.err
    assert started.document["origin"] == origin
    assert "PRIVATE+KEY" not in started.err
    log = next(log for log in fedcat("key", "show", "--json").document if log["origin"] == origin)
    assert (log["size"], log["key_sets"][0]["threshold"]) == (2, 2)
    assert fedcat("log", "add", "--name", "Zoo", "--apply", file).code == 9
