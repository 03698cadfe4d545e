"""``fedcat account …``: what it says, and that a code is shown once."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from node.cli.main import run
from node.home import Home
from tests.command import Fedcat

pytestmark = pytest.mark.usefixtures("city")

SECRET = "correct horse battery staple"


def test_an_account_is_made_used_and_disabled(fedcat: Fedcat, city: Home) -> None:
    assert fedcat("account", "list").out == "No accounts.\n"
    origin = city.logs.all()[0].origin
    made = fedcat("account", "add", "ada", "--json").document
    assert (made["name"], made["roles"], made["has_password"]) == ("ada", {origin: "editor"}, False)
    assert made["code"] not in fedcat("account", "list", "--json").out
    assert "without a password" in fedcat("account", "list").out
    refused = fedcat("account", "password", "--code", made["code"], text="short\n")
    assert (refused.code, "fewer than 12" in refused.err) == (9, True)
    assert fedcat("account", "password", "--code", "x", text=SECRET).code == 7
    done = fedcat("account", "password", "--code", made["code"], text=f"{SECRET}\n")
    assert done.out == "Password chosen: ada\n"
    assert SECRET not in done.err
    assert fedcat("account", "allow", "ada", "--role", "approver").out == f"ada: approver of {origin}\n"
    assert fedcat("account", "allow", "ada", "--role", "none").out == "ada: nothing\n"
    assert "good" in fedcat("account", "list").out
    assert fedcat("account", "disable", "ada").out == "Disabled: ada\n"
    assert "disabled" in fedcat("account", "list").out
    assert (fedcat("account", "invite", "ada").code, fedcat("account", "invite", "eve").code) == (9, 7)
    assert fedcat("account", "enable", "ada").out == "Enabled: ada\n"
    again = fedcat("account", "invite", "ada")
    assert "not shown again" in again.err


def test_a_password_that_is_no_text_is_refused(fedcat: Fedcat, monkeypatch: pytest.MonkeyPatch) -> None:
    code = fedcat("account", "add", "ada").out.strip()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff" * 20)))
    assert run(["account", "password", "--code", code]) == 9


def test_a_person_is_asked_for_the_password_twice(
    fedcat: Fedcat, typing: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = fedcat("account", "add", "ada").out.strip()
    asked: list[str] = []

    def hidden(prompt: str) -> str:
        asked.append(prompt)
        return SECRET

    # What reads from a terminal without showing it needs a real one.
    monkeypatch.setattr("click.termui.hidden_prompt_func", hidden)
    typing("")
    assert run(["account", "password", "--code", code]) == 0
    assert len(asked) == 2
    assert "ada" in asked[0]


def test_the_trail_is_shown_the_newest_first(fedcat: Fedcat, city: Home) -> None:
    assert fedcat("trail", "--actor", "nobody at all").out == "Nothing was done.\n"
    assert fedcat("account", "add", "eve").code == 0
    assert fedcat("account", "disable", "eve").code == 0
    deeds = fedcat("trail", "--action", "account", "--json").document["deeds"]
    assert [each["action"] for each in deeds] == ["account disable", "account add"]
    older = fedcat("trail", "--before", str(deeds[0]["number"]), "--json").document["deeds"]
    assert older[0]["detail"] == {"name": "eve", "role": "editor"}
    assert "account disable" in fedcat("trail").out
    (city_log,) = (row.origin for row in city.logs.all())
    about = fedcat("trail", "--about", city_log, "--json").document["deeds"]
    assert {each["about"] for each in about} == {city_log}
    assert fedcat("trail", "--about", "nothing").out == "Nothing was done.\n"
