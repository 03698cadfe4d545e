"""The commands of one node, from init to proof, in one process and with a real home."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

from node.cli.main import run
from tests.command import LIBRARY, Fedcat


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
    for address, name, option in (("nonsense", "City", "--address"), ("https://city.example", " ", "--name")):
        done = fedcat("init", "--address", address, "--name", name)
        assert (done.code, done.err.startswith(f"Error: {option}: ")) == (5, True), done.err


def test_init_at_a_private_address_names_the_option_that_allows_it(fedcat: Fedcat, tmp_path: Path) -> None:
    done = fedcat("init", "--address", "http://127.0.0.1:8401", "--name", "City", "--yes")
    assert done.code == 5
    assert "--address" in done.err
    assert "--allow-private" in done.err
    # There is no such file yet, so nothing can be wrong with it.
    assert "config.toml" not in done.err
    assert not (tmp_path / "home").exists()


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
    document = json.dumps(LIBRARY)
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
    newer.write_text(json.dumps({**LIBRARY, "name": {"en": "Bibliobus"}}))
    edited = fedcat("entry", "put", str(newer), "--entry", prefix, "--expected", str(shown["index"]))
    assert edited.code == 0, edited.err
    assert "Published at position 3" in edited.out
    # Whoever edits an older version is told, and nothing is overwritten.
    stale = fedcat("entry", "put", str(newer), "--entry", prefix, "--expected", str(shown["index"]))
    assert stale.code == 6
    assert fedcat("search", "bibliobus", "--json").document["total"] == 1
    assert "Bibliobus" in fedcat("search", "bibliobus").out
    assert "Nothing found" in fedcat("search", "zzzz").err

    withdrawal = ("entry", "withdraw", entry, "--reason", "merged", "--successor", "https://x.example")
    gone = fedcat(*withdrawal)
    assert (gone.code, f"fedcat entry history {prefix}" in gone.err) == (0, True)
    assert "fedcat proof" not in gone.err
    # Once is enough: another withdrawal would say nothing new, for ever.
    again = fedcat(*withdrawal)
    assert (again.code, f"Error: {entry} is withdrawn already" in again.err) == (9, True)
    versions = fedcat("entry", "history", prefix, "--json").document
    assert [version["op"] for version in versions] == ["withdraw", "put", "put"]
    assert "superseded" in fedcat("entry", "history", prefix).out

    one = fedcat("entry", "erase", entry, "--index", str(shown["index"]), "--reason", "privacy", "--json")
    assert one.code == 0, one.err
    size = one.document["size"]
    refused = fedcat("entry", "erase", entry, "--index", str(shown["index"]))
    assert (refused.code, "is erased already" in refused.err) == (9, True)
    assert fedcat("entry", "erase", entry, "--index", "1").code == 7
    rest = fedcat("entry", "erase", entry)
    assert (rest.code, f"fedcat entry history {prefix}" in rest.err) == (0, True)
    refused = fedcat("entry", "erase", entry)
    assert (refused.code, f"Error: {entry} is erased already" in refused.err) == (9, True)
    # Two versions were left, and nothing else was appended.
    assert fedcat("log", "list", "--json").document[0]["size"] == size + 2
    assert {v["erased"] for v in fedcat("entry", "history", prefix, "--json").document} == {"privacy", "none"}
    assert "erased" in fedcat("entry", "history", prefix).out
    assert fedcat("proof", entry).code == 7


def test_put_lists_every_problem_and_publishes_nothing(founded: Fedcat, tmp_path: Path) -> None:
    bad = {**LIBRARY, "kind": "castle", "links": [{"rel": "landing", "url": "www.library.example"}]}
    refused = founded("entry", "put", "-", "--json", text=json.dumps(bad))
    assert refused.code == 9
    pointers = {problem["pointer"] for problem in refused.document["error"]["problems"]}
    assert {"/kind", "/links/0/url"} <= pointers
    for pointer in pointers:
        assert f"{pointer or '/'}: " in refused.err
    for text in ("{", "- a list", "a: 1\na: 2", "x" * 300_000):
        assert founded("entry", "put", "-", text=text).code == 9, text[:10]
    assert founded("entry", "put", str(tmp_path / "missing.yml")).code == 2
    for text in ("", "\n"):
        empty = founded("entry", "put", "-", text=text)
        assert (empty.code, "stdin was empty" in empty.err) == (9, True)
    assert "stdin is not a map" in founded("entry", "put", "-", text="- a list").err
    dry = founded("entry", "put", "-", "--dry-run", "--json", text=json.dumps(LIBRARY))
    assert (dry.code, dry.document["valid"]) == (0, True)
    assert founded("log", "list", "--json").document[0]["size"] == 2


def test_put_warns_of_what_seems_to_be_about_a_person_and_publishes(founded: Fedcat) -> None:
    contact = {"email": "jane.doe@city.example", "role": {"en": "Librarian"}}
    private = {**LIBRARY, "contact": contact, "summary": {"en": "Call 030/1234567, or info@city.example"}}
    dry = founded("entry", "put", "-", "--dry-run", "--json", text=json.dumps(private))
    done = founded("entry", "put", "-", "--json", text=json.dumps(private))
    for each in (dry, done):
        assert each.code == 0, each.err
        assert {warning["pointer"] for warning in each.document["warnings"]} == {
            "/contact/email", "/summary/en",
        }  # fmt: skip
        assert "/contact/email: The e-mail address 'j…@city.example' looks like" in each.err
        assert not any(private in each.err + each.out for private in ("jane.doe", "1234567"))
    assert done.document["signed"] is True
    assert founded("entry", "put", "-", "--json", text=json.dumps(LIBRARY)).document["warnings"] == []


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
    assert list(digest) == ["heads", "statements", "clusters"]
    assert fedcat("db", "rebuild", "--json").document == digest
    assert fedcat("search", "library", "--json").document["total"] == 1
    origin = entry.partition("/e/")[0]
    assert fedcat("db", "digest", "--origin", origin, "--json").document == digest
    assert fedcat("db", "digest", "--origin", "nobody.example/log/x/1").code == 7


def test_a_person_is_asked_before_what_cannot_be_undone(
    published: tuple[Fedcat, str], typing: Callable[[str], None]
) -> None:
    fedcat, entry = published
    for words in (["entry", "withdraw", entry], ["entry", "erase", entry], ["log", "add", "--name", "Club"]):
        typing("n\n")
        assert run(words) == 1
    assert len(fedcat("entry", "history", entry, "--json").document) == 1


def test_init_asks_a_person_for_what_is_missing(fedcat: Fedcat, typing: Callable[[str], None]) -> None:
    typing("http://127.0.0.1:8401\nCity of Asking\nn\n")
    assert run(["init", "--allow-private"]) == 1
    typing("http://127.0.0.1:8401\nCity of Asking\ny\n")
    assert run(["init", "--allow-private"]) == 0
    assert fedcat("log", "list", "--json").document[0]["origin"].endswith("/log/city-of-asking/1")


def test_a_proof_can_be_piped_and_long_answers_have_pages(
    published: tuple[Fedcat, str], tmp_path: Path
) -> None:
    fedcat, entry = published
    done = fedcat("proof", entry)
    assert done.out.startswith("c2sp.org/tlog-proof@v1\n")
    assert fedcat("proof", entry, "-o", str(tmp_path / "no" / "where")).code == 5
    assert fedcat("entry", "put", "-", text=json.dumps(LIBRARY)).code == 0
    page = fedcat("search", "library", "--limit", "1", "--json").document
    assert (page["total"], len(page["items"])) == (2, 1)
    assert page["next"] in fedcat("search", "library", "--limit", "1").err
    rest = fedcat("search", "library", "--limit", "1", "--cursor", page["next"], "--json").document
    assert rest["next"] is None
    assert rest["items"][0]["address"] != page["items"][0]["address"]


def test_a_flag_is_said_and_does_not_stop(founded: Fedcat) -> None:
    later = {"type": "poem", "modified": "2026-11-02T09:00:00Z"}
    done = founded("entry", "put", "-", "--dry-run", "--json", text=json.dumps(later))
    assert done.code == 0, done.err
    (problem,) = done.document["problems"]
    assert problem["severity"] == "flag"
    assert problem["message"] in done.err


def test_a_demo_keeps_only_in_a_folder_of_its_own(fedcat: Fedcat, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    assert fedcat("demo", "--keep", str(tmp_path)).code == 9
