"""Witnesses and policy documents, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from node.answers.catalogue import CatalogueProjection
from node.home import Home
from node.policies import keep_policy
from node.store.witnessed import NOTHING, step
from protocol.keys import KeyType
from tests.command import Fedcat
from tests.foreign_log import KEY, NAME, ForeignLog
from tests.signers import signing_key

pytestmark = pytest.mark.usefixtures("founded")

ARCHIVE = signing_key("archive.example/witness", KeyType.COSIGNATURE_ED25519, "archive").vkey
OSLO = "https://oslo.example"


def opened(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home", projection=CatalogueProjection())


def say(tmp_path: Path, text: str) -> None:
    with (tmp_path / "home" / "config.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def test_a_node_that_has_nothing_to_do_with_witnesses(fedcat: Fedcat) -> None:
    shown = fedcat("witness")
    assert (shown.code, shown.out) == (0, "")
    assert "[[witnesses]]" in shown.err
    assert fedcat("witness", "--json").document == {"witness": None, "asked": []}


def test_a_witness_shows_its_key_and_what_it_cosigned(fedcat: Fedcat, tmp_path: Path) -> None:
    say(tmp_path, f'[[witness.logs]]\norigin = "{NAME}"\nvkey = "{KEY.vkey}"\n')
    say(tmp_path, '[[witness.logs]]\norigin = "a.example/log/x/1"\n')
    home = opened(tmp_path)
    with home.database.write() as connection:
        assert step(connection, NOTHING, ForeignLog().checkpoint(5), 1_800_000_000, b"note")
        # From a size that nobody is at nothing goes on.
        assert not step(connection, NOTHING, ForeignLog().checkpoint(7), 1_800_000_000, b"note")
    home.close()
    shown = fedcat("witness")
    address, key, *_ = shown.out.splitlines()
    assert (key.partition("+")[0], address) == ("127.0.0.1:8401/witness", "http://127.0.0.1:8401/witness")
    rows = [line.split() for line in shown.out.splitlines()[4:]]
    assert rows == [
        [*NAME.split(), "5", "2027-01-15T08:00:00Z", "-"],
        ["a.example/log/x/1", "-", "-", "not", "followed", "here"],
    ]
    assert (tmp_path / "home" / "keys" / "witness.key").exists()
    assert "Give key and address" in shown.err


def test_witnesses_of_own_logs_are_shown_with_how_asking_went(fedcat: Fedcat, tmp_path: Path) -> None:
    say(tmp_path, f'[[witnesses]]\nurl = "https://archive.example/witness"\nvkey = "{ARCHIVE}"\n')
    shown = fedcat("witness", "--json").document["asked"]
    assert [(each["witness"], each["size"], each["last_try"]) for each in shown] == [(ARCHIVE.name, 0, None)]
    home = opened(tmp_path)
    home.database.connection.execute(
        "INSERT INTO submission (log, vkey, url, last_try, fault, detail, failures, next_due)"
        " SELECT id, ?, 'x', 1, 'unreachable', 'nobody answers', 3, 9 FROM log",
        (str(ARCHIVE),),
    )
    home.close()
    text = fedcat("witness").out
    assert "unreachable: nobody answers (3 times)" in text


def test_a_policy_document_and_what_changed_in_it(fedcat: Fedcat, tmp_path: Path) -> None:
    home = opened(tmp_path)
    home.database.connection.execute("INSERT INTO peer (url, added_at) VALUES (?, 1)", (OSLO,))
    for text in ("# Oslo\none\n", "# Oslo\ntwo\n", ""):
        assert keep_policy(home, OSLO, text)
    assert not keep_policy(home, OSLO, "")
    home.close()
    assert fedcat("policy", "oslo.example").out.strip() == ""
    gone = fedcat("policy", OSLO)
    assert "Version 3 of 3" in gone.err
    assert "none any more" in gone.err
    assert fedcat("policy", OSLO, "--version", "2").out == "# Oslo\ntwo\n"
    changed = fedcat("policy", OSLO, "--version", "2", "--diff")
    assert changed.out == "--- version 1\n+++ version 2\n@@ -1,2 +1,2 @@\n # Oslo\n-one\n+two\n"
    document = json.loads(fedcat("policy", OSLO, "--json").out)
    assert [each["version"] for each in document["versions"]] == [1, 2, 3]
    assert fedcat("policy", "lyon.example").code == 7
    assert fedcat("policy", OSLO, "--version", "4").code == 7
    listed = fedcat("nodes")
    assert "withdrawn" in listed.out
    home = opened(tmp_path)
    keep_policy(home, OSLO, "again\n")
    home.close()
    listed = fedcat("nodes")
    assert "version 4, 20" in listed.out
    assert "fedcat policy" in listed.err
