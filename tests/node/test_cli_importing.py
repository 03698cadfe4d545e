"""Importing from other catalogue formats, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from node.cli.importing import MAX_FOUND_AT_BYTES
from tests.command import Fedcat
from tests.e2e.processes import publiccode, publiccode_files


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
