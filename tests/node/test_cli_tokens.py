"""``fedcat token …``, ``dump`` and ``verify-dump``: what they say, and that a token is shown once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from node.config import DUMP_FORMATS
from node.dumping.making import FORMS
from node.home import Home
from node.tokens import holder
from tests.command import Fedcat

pytestmark = pytest.mark.usefixtures("city")


def test_a_token_is_made_shown_once_used_and_revoked(fedcat: Fedcat, city: Home) -> None:
    assert fedcat("token", "list").out == "No tokens.\n"
    words = ("token", "create", "--name", "site", "--scope", "use,withdraw", "--until", "2099-01-01")
    made = fedcat(*words, "--json").document
    assert (made["name"], made["scopes"], made["valid"], made["used_at"]) == (
        "site",
        ["use", "withdraw"],
        True,
        None,
    )
    found = holder(city, made["token"])
    assert found is not None
    assert found.name == "site"
    listed = fedcat("token", "list")
    assert "use withdraw" in listed.out
    assert "until 2099-01-01" in listed.out
    assert made["token"] not in listed.out + fedcat("token", "list", "--json").out
    assert fedcat("token", "revoke", "site").out == "Revoked: site\n"
    assert holder(city, made["token"]) is None
    assert "revoked" in fedcat("token", "list").out
    assert (fedcat("token", "revoke", "site").code, fedcat("token", "revoke", "other").code) == (9, 7)
    plain = fedcat("token", "create", "--name", "other", "--scope", "entry")
    assert plain.out.startswith("fedcat_")
    assert "not shown again" in plain.err
    assert "valid" in fedcat("token", "list").out


@pytest.mark.parametrize(
    ("name", "scope", "until", "said"),
    [
        ("site", "use,sing", None, "there is no scope 'sing'"),
        ("site", "withdraw", None, "needs a type"),
        ("site", ",", None, "needs a type"),
        ("My site", "use", None, "is no name of a token"),
        ("site", "use", "2020-01-01", "is no day to come"),
        ("site", "use", "soon", "is no day to come"),
        ("taken", "use", None, "already"),
    ],
)
def test_what_is_no_token_is_refused(
    fedcat: Fedcat, name: str, scope: str, until: str | None, said: str
) -> None:
    assert fedcat("token", "create", "--name", "taken", "--scope", "use").code == 0
    words = ["token", "create", "--name", name, "--scope", scope, *(["--until", until] if until else [])]
    refused = fedcat(*words)
    assert refused.code == 9
    assert said in refused.err


def test_a_token_that_is_over_says_so(fedcat: Fedcat, city: Home) -> None:
    assert fedcat("token", "create", "--name", "x", "--scope", "use", "--until", "2099-01-01").code == 0
    city.database.connection.execute("UPDATE token SET until = '2020-01-01'")
    assert "over" in fedcat("token", "list").out


def test_a_dump_is_written_and_checked(fedcat: Fedcat, city: Home, tmp_path: Path) -> None:
    assert DUMP_FORMATS == FORMS
    origin = city.logs.all()[0].origin
    named = {f"all.{form}": form for form in FORMS} | {"x": "jsonl", "x.gz": "jsonl.gz"}
    for file, form in named.items():
        written = fedcat("dump", str(tmp_path / file), "--json").document
        assert written["format"] == form
        assert written["files"][0] == str(tmp_path / file)
        found = fedcat("verify-dump", str(tmp_path / file), "--json").document
        assert (found["verified"], found["logs"][0]["origin"]) == (True, origin)
    found = fedcat("verify-dump", str(tmp_path / "x"), "--json").document
    for packed in ("", ".gz"):
        assert fedcat("dump", str(tmp_path), "--format", f"csv{packed}").out.split() == [
            "Written:",
            str(tmp_path / f"dump.csv{packed}"),
            "Written:",
            str(tmp_path / f"dump.csv.proof{packed}"),
        ]
    checked = fedcat("verify-dump", str(tmp_path / "all.csv"))
    assert checked.out.startswith("Verified: one statement of one log")
    assert "--fingerprint" in checked.err
    pin = f"{origin}={found['logs'][0]['fingerprint']}"
    pinned = fedcat("verify-dump", str(tmp_path / "x"), "--fingerprint", pin)
    assert (pinned.code, "--fingerprint" in pinned.err) == (0, False)
    assert fedcat("verify-dump", str(tmp_path / "x"), "--fingerprint", f"{origin}={'0' * 64}").code == 3
    assert fedcat("verify-dump", str(tmp_path / "x"), "--fingerprint", "x").code == 9
    lines = (tmp_path / "x").read_bytes()
    (tmp_path / "x").write_bytes(lines.replace(b'"City of City"', b'"City of Gity"'))
    broken = fedcat("verify-dump", str(tmp_path / "x"), "--json")
    assert broken.code == 3
    assert "x, line 3" in json.loads(broken.out)["error"]["message"]
