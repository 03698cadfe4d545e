"""The commands of one node, from init to proof, in one process and with a real home."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from node.cli.homes import person
from node.cli.importing import MAX_FOUND_AT_BYTES
from node.cli.main import run
from tests.command import LIBRARY, Fedcat, Result
from tests.e2e.processes import publiccode, publiccode_files


@pytest.fixture
def published(founded: Fedcat) -> tuple[Fedcat, str]:
    """The same, with one entry, and the entry's address."""
    done = founded("entry", "put", "-", "--json", text=json.dumps(LIBRARY))
    assert done.code == 0, done.err
    return founded, done.document["entries"][0]["address"]


@pytest.fixture
def typing(fedcat: Fedcat, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:  # noqa: ARG001 - sets the home
    """Sit a person at the terminal, who types what they are given."""

    def sit(typed: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
        monkeypatch.setattr(sys, "stderr", Terminal())

    return sit


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


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


def test_import_reports_every_record(founded: Fedcat, tmp_path: Path) -> None:
    files = publiccode_files(tmp_path / "files", "city", 2)
    (files / "bad.yml").write_text("publiccodeYmlVersion: 0.4\nname: a\nname: b\n")
    found_at = tmp_path / "SOURCES.csv"
    found_at.write_text("file,source_repo,path\nfiles/city-0.yml,city/tool-0,publiccode.yml\n")
    words = ("entry", "import", "publiccode", str(files), "--found-at", str(found_at), "--json")
    counts = {"accepted": 2, "unchanged": 0, "changed": 0, "rejected": 1}

    dry = founded(*words, "--dry-run")
    assert dry.code == 0, dry.err
    assert counts.items() <= dry.document.items()
    assert founded("log", "list", "--json").document[0]["size"] == 2

    first = founded(*words)
    assert counts.items() <= first.document.items()
    assert {detail["place"]: detail["outcome"] for detail in first.document["details"]} == {
        "bad.yml": "rejected",
        "city-0.yml": "accepted",
        "city-1.yml": "accepted",
    }
    id_ = first.document["details"][1]["id"]
    shown = founded("show", id_, "--json").document
    assert shown["statement"]["source"]["foundAt"] == {"repo": "city/tool-0", "path": "publiccode.yml"}
    assert [(each["name"], each["value"], each["source"]) for each in shown["annotations"]] == [
        ("released", "2026-01-15", "city-0.yml"),
        ("version", "1.0", "city-0.yml"),
    ]
    assert "version 1.0: not stated, seen in city-0.yml at 20" in founded("show", id_).out
    assert founded(*words).document["unchanged"] == 2
    assert founded("log", "list", "--json").document[0]["size"] == 4

    (files / "city-1.yml").write_text(publiccode("city", 1).replace("Voting", "Counting"))
    told = founded(*words[:-1])
    assert told.code == 0
    assert "changed    1" in told.out
    assert "bad.yml" in told.out
    assert "fedcat search" in told.err


def test_every_format_is_imported_and_reported_alike(founded: Fedcat, tmp_path: Path) -> None:
    inventory = tmp_path / "code.json"
    inventory.write_text(
        json.dumps({"agency": "GSA", "releases": [{"name": "Ledger"}, {"name": "Meter"}, 7]})
    )
    good = tmp_path / "nominees" / "good.json"
    good.parent.mkdir()
    good.write_text(json.dumps({"name": "Weather", "type": ["data"], "stage": "nominee"}))
    found_at = tmp_path / "list.csv"
    found_at.write_text("file,source_repo,path\nnominees/good.json,dpga/goods,nominees/good.json\n")
    for words, accepted, rejected in (
        (("codejson", str(inventory)), 2, 1),
        (("dpg", str(good.parent), "--found-at", str(found_at)), 1, 0),
    ):
        dry = founded("entry", "import", *words, "--dry-run", "--json")
        assert (dry.document["accepted"], dry.document["rejected"]) == (accepted, rejected)
        done = founded("entry", "import", *words)
        assert done.code == 0
        assert f"accepted   {accepted}" in done.out
        assert founded("entry", "import", *words, "--json").document["unchanged"] == accepted
        assert founded("entry", "import", words[0]).code == 2
    assert founded("search", "ledger", "--json").document["total"] == 1
    assert founded("search", "weather", "--json").document["total"] == 1


def test_contact_data_are_imported_only_where_somebody_asks_for_it(founded: Fedcat, tmp_path: Path) -> None:
    files = publiccode_files(tmp_path / "files", "city", 1)
    (file,) = files.iterdir()
    file.write_text(publiccode("city", 0).replace("Office of participation", "Jane Doe"))
    words = ("entry", "import", "publiccode", str(files), "--json")
    assert "Jane" not in str(founded(*words, "--dry-run").document)
    first = founded(*words).document["details"][0]
    assert {each["kind"] for each in first["remarks"] if each["pointer"].endswith("contacts/0/name")} == {
        "dropped"
    }
    assert "Jane Doe" not in founded("show", first["id"]).out
    second = founded(*words, "--keep-contacts").document["details"][0]
    assert (second["id"], second["outcome"]) == (first["id"], "changed")
    assert ("flagged", "Contact data, kept as asked.") in {
        (each["kind"], each["message"]) for each in second["remarks"]
    }
    assert "Jane Doe" in founded("show", first["id"]).out
    for format_ in ("codejson", "dpg"):
        report = founded("entry", "import", format_, str(tmp_path), "--keep-contacts", "--json")
        assert report.document["accepted"] == 0


def test_import_of_nothing_usable_is_still_a_report(founded: Fedcat, tmp_path: Path) -> None:
    done = founded("entry", "import", "publiccode", str(tmp_path / "nowhere"), "--json")
    assert (done.code, done.document["rejected"]) == (0, 1)
    csv = tmp_path / "list.csv"
    csv.write_text("a,b\n")
    assert founded("entry", "import", "publiccode", str(tmp_path), "--found-at", str(csv)).code == 9
    csv.write_bytes(b"x" * (MAX_FOUND_AT_BYTES + 1))
    assert founded("entry", "import", "publiccode", str(tmp_path), "--found-at", str(csv)).code == 9
    assert founded("entry", "import", "publiccode").code == 2


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
