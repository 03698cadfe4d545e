"""Who published what at the command line, as the audit trail has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from node.cli.homes import person
from node.store.trail import MOST_NAMED
from tests.command import Fedcat
from tests.statements import ENTRY

pytestmark = pytest.mark.usefixtures("founded")

TOOL = "https://github.com/acme/tool"


def deeds(fedcat: Fedcat) -> list[dict[str, Any]]:
    """Return what the trail has, the oldest first."""
    found = fedcat("trail", "--json").document["deeds"]
    assert isinstance(found, list)
    return found[::-1]


def test_every_step_that_publishes_is_one_line_with_who_and_what(fedcat: Fedcat, tmp_path: Path) -> None:
    before = len(deeds(fedcat))
    put = fedcat("entry", "put", "-", "--json", text=json.dumps(ENTRY))
    address = put.document["entries"][0]["address"]
    listed = {"name": {"en": "Good"}, "purpose": "collection", "items": [{"ref": TOOL}]}
    (tmp_path / "list.json").write_text(json.dumps(listed))
    for words in (
        ("entry", "review", address),
        ("use", TOOL, "--status", "pilot"),
        ("vouch", TOOL, "--type", "recommend"),
        ("link", address, TOOL, "--relation", "notSameAs"),
        ("list", "put", str(tmp_path / "list.json")),
        ("entry", "withdraw", address, "--yes"),
        ("entry", "erase", address, "--yes"),
    ):
        done = fedcat(*words)
        assert done.code == 0, (words, done.err)
    found = deeds(fedcat)[before:]
    assert [each["action"] for each in found] == [
        "entry put",
        "entry review",
        "use",
        "vouch",
        "link",
        "list put",
        "entry withdraw",
        "entry erase",
    ]
    assert {each["actor"] for each in found} == {person()}
    assert all(address.startswith(each["about"]) for each in found)
    # Of an erase of several versions, too, the statement is named once.
    for each in (found[0], found[1], found[-1]):
        assert each["detail"] == {"statements": 1, "addresses": [address]}
    # What is only tried, or refused, leaves no line.
    fedcat("use", TOOL, "--status", "production", "--dry-run")
    refused = fedcat("use", TOOL, "--status", "retired")
    assert (refused.code, "one problem; nothing was published" in refused.err) == (9, True)
    assert len(deeds(fedcat)) == before + len(found)


def test_an_import_is_one_line_with_a_count(fedcat: Fedcat, tmp_path: Path) -> None:
    before = len(deeds(fedcat))
    for number in range(MOST_NAMED + 1):
        text = f"publiccodeYmlVersion: '0.2'\nname: Tool {number}\nurl: https://forge.example/acme/tool{number}\n"
        (tmp_path / f"{number}.yml").write_text(text)
    assert (
        fedcat("entry", "import", "publiccode", str(tmp_path), "--json").document["accepted"]
        == MOST_NAMED + 1
    )
    (line,) = deeds(fedcat)[before:]
    assert (line["actor"], line["action"]) == (person(), "entry import publiccode")
    assert line["detail"]["statements"] == MOST_NAMED + 1
    assert len(line["detail"]["addresses"]) == MOST_NAMED
