"""Vouching, listing, blocking and the candidates, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from node.answers.catalogue import CatalogueProjection
from node.home import Home
from tests.command import Fedcat, Result
from tests.publisher import entry
from tests.trust_world import NEXT_YEAR, profile, speaking, vouch

pytestmark = pytest.mark.usefixtures("founded")

LYON = "lyon.example/log/lyon/1"
A = "ab" * 32


def opened(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home", projection=CatalogueProjection())


def said(fedcat: Fedcat, published: Result) -> dict[str, object]:
    found = fedcat("show", json.loads(published.out)["entries"][0]["id"], "--json").document["statement"]
    assert isinstance(found, dict)
    return found


def test_a_vouch_is_published_and_renewed(fedcat: Fedcat) -> None:
    words = ("vouch", LYON, "--json")
    first = fedcat(*words, "--fingerprint", A.upper(), "--until", "2099-01-01")
    assert first.code == 0
    statement = said(fedcat, first)
    assert {key: statement[key] for key in ("type", "vouchType", "target", "fingerprint", "expires")} == {
        "type": "vouch",
        "vouchType": "identity",
        "target": LYON,
        "fingerprint": A,
        "expires": "2099-01-01",
    }
    again = fedcat(*words, "--fingerprint", A, "--until", "2099-06-01")
    assert again.document["entries"][0]["address"] == first.document["entries"][0]["address"]
    assert said(fedcat, again)["expires"] == "2099-06-01"
    other = fedcat(*words, "--type", "recommend")
    assert other.document["entries"][0]["address"] != first.document["entries"][0]["address"]
    assert "fingerprint" not in said(fedcat, other)
    # Until the same day as before, under the same fingerprint.
    assert said(fedcat, fedcat(*words)) == said(fedcat, again)


def test_who_vouches_must_know_the_fingerprint(fedcat: Fedcat, tmp_path: Path) -> None:
    missing = fedcat("vouch", LYON, "--until", "2099-01-01")
    assert (missing.code, "--fingerprint" in missing.err) == (7, True)
    assert fedcat("vouch", LYON, "--fingerprint", A).code == 9  # until when?
    lyon_alone = fedcat("vouch", "Lyon", "--type", "identity", "--fingerprint", A, "--until", "2099-01-01")
    assert (lyon_alone.code, "host/log/name/1" in lyon_alone.err) == (9, True)
    home = opened(tmp_path)
    lyon = speaking(home, "lyon")
    published = fedcat("vouch", LYON, "--until", "2099-01-01", "--json")
    assert said(fedcat, published)["fingerprint"] == lyon.chain.fingerprint
    with home.database.write() as connection:
        connection.execute("INSERT INTO admitted (log, because, at) VALUES (?, '[]', 1)", (lyon.store.id,))
    home.close()
    hearsay = fedcat("vouch", LYON, "--until", "2099-01-01")
    assert (hearsay.code, "nobody here has compared" in hearsay.err) == (9, True)


def test_a_former_vouch_that_cannot_be_read_is_left_alone(fedcat: Fedcat, tmp_path: Path) -> None:
    words = ("vouch", LYON, "--fingerprint", A, "--until", "2099-01-01", "--json")
    first = fedcat(*words)
    home = opened(tmp_path)
    with home.database.write() as connection:
        connection.execute("UPDATE entry SET payload = x'c1' WHERE type = 'vouch'")
    home.close()
    assert fedcat(*words).document["entries"] != first.document["entries"]


def test_a_list_is_published_and_replaced(fedcat: Fedcat, tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    file.write_text("name: {en: Blocked}\npurpose: block\nitems: [{ref: spam.example, until: 2099-01-01}]\n")
    assert fedcat("list", "put", str(file), "--dry-run").out == "Valid.\n"
    first = fedcat("list", "put", str(file), "--json")
    assert said(fedcat, first)["items"] == [{"ref": "spam.example", "until": "2099-01-01"}]
    file.write_text("name: {en: Blocked}\npurpose: block\nitems: []\n")
    again = fedcat("list", "put", str(file), "--list", first.document["entries"][0]["id"], "--json")
    assert again.document["entries"][0]["address"] == first.document["entries"][0]["address"]
    wrong = fedcat("list", "put", "-", text="name: {en: A}\npurpose: allow\nitems: [{ref: spam.example}]\n")
    assert (wrong.code, "/items/0" in wrong.err) == (9, True)


def test_rules_are_said_shown_and_taken_back(fedcat: Fedcat, tmp_path: Path) -> None:
    home = opened(tmp_path)
    speaking(home, "spam", entry("Casino"))
    home.close()
    found = fedcat("peer", "block", "spam.example", "--reason", "advertisements")
    assert (found.code, found.out) == (0, "spam.example/log/spam/1\n")
    assert "Followed logs for which this changes something: 1" in found.err
    assert fedcat("search", "casino", "--json").document["total"] == 0
    assert "Blocked: spam.example is blocked here: advertisements" in fedcat("publishers").err
    assert "advertisements" in fedcat("peers").err
    assert fedcat("peer", "allow", "--fingerprint", A, "--reason", "known").code == 0
    rules = fedcat("peer", "rules", "--json").document
    assert [(each["verdict"], each["name"], each["reason"]) for each in rules["rules"]] == [
        ("allow", "", "known"),
        ("block", "spam.example", "advertisements"),
    ]
    assert fedcat("peer", "clear", "spam.example", "--json").document["changed"] == [
        "spam.example/log/spam/1"
    ]
    assert fedcat("peer", "clear", "spam.example").code == 7
    assert "No followed log is affected" in fedcat("peer", "clear", "--fingerprint", A).err
    assert fedcat("peer", "block", "--reason", "whom?").code == 9
    assert fedcat("peer", "block", "spam.example").code == 2


def test_rules_of_the_configuration_and_of_lists_are_shown(fedcat: Fedcat, tmp_path: Path) -> None:
    address = f"oslo.example/log/oslo/1/e/{'0' * 32}"
    config = tmp_path / "home" / "config.toml"
    config.write_text(
        config.read_text() + f'[trust]\nblocked = ["spam.example"]\nsubscribed = ["{address}"]\n'
    )
    shown = fedcat("peer", "rules")
    assert "config.toml" in shown.out
    assert shown.out.splitlines()[-1].split(maxsplit=3) == [
        address,
        "-",
        "0",
        "its publisher is not followed",
    ]


def test_candidates_are_listed(fedcat: Fedcat, tmp_path: Path) -> None:
    assert "Nobody that is followed here recommends anybody" in fedcat("candidates").err
    home = opened(tmp_path)
    speaking(home, "oslo", vouch(LYON, A), profile({"origin": LYON, "fingerprint": "cd" * 32}))
    home.close()
    shown = fedcat("candidates")
    assert (f"{A[:16]} CONFLICT" in shown.out, "oslo.example/log/oslo/1" in shown.out) == (True, True)
    (found,) = fedcat("candidates", "--json").document
    assert (found["origin"], found["fingerprints"][0]["vouched_by"][0]["expires"]) == (LYON, NEXT_YEAR)
