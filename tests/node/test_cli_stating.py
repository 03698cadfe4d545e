"""What a publisher uses and how things hang together, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from node.cli.linking import RELATIONS
from node.cli.using import CHANGES, STATUSES
from node.cli.vouching import TYPES
from protocol.vocabulary import words_of
from tests.command import Fedcat, Result
from tests.statements import ENTRY, OFFER, THING, USE, VOUCH

pytestmark = pytest.mark.usefixtures("founded")

TOOL = "https://github.com/acme/tool"
RULES = "https://rules.example/badge"


def address_of(done: Result) -> str:
    assert done.code == 0, done.err
    return str(done.document["entries"][0]["address"])


def said(fedcat: Fedcat, done: Result) -> dict[str, Any]:
    found = fedcat("show", address_of(done), "--json").document["statement"]
    assert isinstance(found, dict)
    return found


def test_the_choices_are_those_of_the_vocabularies() -> None:
    assert set(STATUSES) == words_of("use status")
    assert set(CHANGES) == words_of("changes")
    assert {*RELATIONS, "translationOf"} == words_of("relation")
    assert set(TYPES) == words_of("vouch type")


def test_a_use_is_published_changed_and_confirmed(fedcat: Fedcat) -> None:
    words = ("--since", "2024-03-01", "--purpose", "fr=Budget = participatif", "--place", "FR-ARA", "--json")
    first = fedcat("use", TOOL, "--status", "pilot", *words)
    statement = said(fedcat, first)
    reviewed = statement.pop("reviewed")
    assert statement == {
        "type": "use",
        "v": 1,
        "target": TOOL,
        "status": "pilot",
        "since": "2024-03-01",
        "purpose": {"fr": "Budget = participatif"},
        "places": ["FR-ARA"],
    }
    changed = fedcat("use", TOOL, "--status", "production", "--purpose", "IT=Bilancio", "--json")
    assert address_of(changed) == address_of(first)
    assert said(fedcat, changed)["purpose"] == {"fr": "Budget = participatif", "it": "Bilancio"}
    again = fedcat("use", "--again", TOOL, "--json")
    assert address_of(again) == address_of(first)
    confirmed = said(fedcat, again)
    assert confirmed.pop("reviewed") >= reviewed
    assert confirmed["status"] == "production"
    # Another spelling of one repository is the same thing, another repository is not.
    spelled = fedcat("use", "https://GitHub.com/Acme/Tool.git", "--status", "production", "--json")
    assert address_of(spelled) == address_of(first)
    assert address_of(fedcat("use", f"{TOOL}s", "--status", "pilot", "--json")) != address_of(first)


def test_what_was_retired_can_be_used_again(fedcat: Fedcat) -> None:
    missing = fedcat("use", TOOL, "--status", "retired")
    assert missing.code == 9
    assert "/until" in missing.err
    ended = fedcat("use", TOOL, "--status", "retired", "--until", "2026-10-31", "--json")
    assert said(fedcat, ended)["until"] == "2026-10-31"
    learned = fedcat("use", TOOL, "--lessons", "en=Train people first", "--json")
    assert said(fedcat, learned)["until"] == "2026-10-31"
    begun = fedcat("use", TOOL, "--status", "pilot", "--json")
    assert address_of(begun) == address_of(ended)
    assert "until" not in said(fedcat, begun)


def test_things_are_named_by_address_by_the_beginning_of_an_id_or_by_any_uri(fedcat: Fedcat) -> None:
    own = address_of(fedcat("entry", "put", "-", "--json", text=json.dumps(ENTRY)))
    short = fedcat("use", own.rpartition("/")[2][:8], "--status", "production", "--json")
    assert said(fedcat, short)["target"] == own
    for target in (THING, "doi:10.5281/zenodo.1234", "urn:isbn:1"):
        assert said(fedcat, fedcat("use", target, "--status", "interested", "--json"))["target"] == target
    unknown = fedcat("use", "decidim.org", "--status", "pilot")
    assert unknown.code == fedcat("show", "decidim.org").code
    assert "https://" in unknown.err
    assert fedcat("use", "oslo.example/log/oslo/1", "--status", "pilot").code == 9


def test_a_use_from_a_file_takes_the_place_of_the_former_one(fedcat: Fedcat, tmp_path: Path) -> None:
    first = fedcat("use", USE["target"], "--status", "pilot", "--feedback", "en=Slow", "--json")
    file = tmp_path / "use.json"
    file.write_text(json.dumps(USE))
    done = fedcat("use", "--file", str(file), "--json")
    assert address_of(done) == address_of(first)
    assert said(fedcat, done) == USE
    file.write_text("status: pilot")
    assert fedcat("use", "--file", str(file)).code == 9


def test_a_use_can_be_withdrawn_and_is_then_said_anew(fedcat: Fedcat) -> None:
    first = address_of(fedcat("use", TOOL, "--status", "pilot", "--json"))
    assert fedcat("entry", "withdraw", first, "--yes").code == 0
    missing = fedcat("use", "--again", TOOL)
    assert missing.code != 0
    assert "fedcat use" in missing.err
    assert address_of(fedcat("use", TOOL, "--status", "pilot", "--json")) != first


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--status", "pilot"),
        (TOOL, "--again", "--status", "pilot"),
        (TOOL, "--file", "-"),
        ("--file", "-", "--status", "pilot"),
        ("--file", "-", "--again"),
        (TOOL, "--status", "loved"),
        (TOOL, "--status", "pilot", "--purpose", "no language"),
        (TOOL, "--status", "pilot", "--purpose", "so what=this"),
    ],
)
def test_what_does_not_go_together_is_said_as_usage(fedcat: Fedcat, words: tuple[str, ...]) -> None:
    assert fedcat("use", *words, text=json.dumps(USE)).code == 2


def test_what_is_about_a_person_is_a_warning(fedcat: Fedcat) -> None:
    words = ("use", TOOL, "--status", "pilot", "--feedback", "en=Ask jane.doe@city.example", "--json")
    looked = fedcat(*words, "--dry-run")
    assert looked.document["valid"] is True
    assert [each["pointer"] for each in looked.document["warnings"]] == ["/feedback/en"]
    assert fedcat("use", "--again", TOOL).code != 0
    assert [each["pointer"] for each in fedcat(*words).document["warnings"]] == ["/feedback/en"]


def test_a_link_is_published_and_taken_back_by_its_opposite(fedcat: Fedcat) -> None:
    own = address_of(fedcat("entry", "put", "-", "--json", text=json.dumps(ENTRY)))
    words = ("--reason", "en=The home page says so", "--since", "2026-01-01", "--json")
    first = fedcat("link", own[-32:][:9], TOOL, "--relation", "sameAs", *words)
    assert said(fedcat, first) == {
        "type": "link",
        "v": 1,
        "relation": "sameAs",
        "subject": own,
        "target": TOOL,
        "reason": {"en": "The home page says so"},
        "since": "2026-01-01",
    }
    opposite = fedcat("link", TOOL, own, "--relation", "notSameAs", "--json")
    assert address_of(opposite) == address_of(first)
    assert said(fedcat, opposite)["relation"] == "notSameAs"
    kept = fedcat("link", own, TOOL, "--relation", "coMaintains", "--json")
    assert address_of(kept) != address_of(first)
    assert address_of(fedcat("link", own, TOOL, "--relation", "coMaintains", "--json")) == address_of(kept)
    log = own.partition("/e/")[0]
    assert said(fedcat, fedcat("link", log, own, "--relation", "coMaintains", "--json"))["subject"] == log
    assert fedcat("link", log, own, "--relation", "sameAs").code == 9


def test_a_translation_is_offered_with_a_file(fedcat: Fedcat) -> None:
    first = fedcat("link", "--file", "-", "--json", text=json.dumps(OFFER))
    assert said(fedcat, first) == OFFER
    better = OFFER | {"texts": {"fr": {"name": "De l'eau"}}}
    assert address_of(fedcat("link", "--file", "-", "--json", text=json.dumps(better))) == address_of(first)
    wrong = fedcat("link", "--file", "-", text=json.dumps(OFFER | {"target": 7}))
    assert wrong.code == 9
    assert "/target" in wrong.err


@pytest.mark.parametrize(
    "words", [(), (TOOL,), (TOOL, THING), ("--file", "-", "--relation", "sameAs"), (TOOL, "--file", "-")]
)
def test_a_link_is_typed_or_in_a_file(fedcat: Fedcat, words: tuple[str, ...]) -> None:
    assert fedcat("link", *words, text=json.dumps(OFFER)).code == 2


def test_a_vouch_for_a_thing_is_published_and_changed(fedcat: Fedcat) -> None:
    words = ("vouch", TOOL, "--type", "badge", "--scheme", RULES, "--json")
    evidence = ("--evidence", f"{RULES}/report.pdf", "--sha256", "ab" * 32)
    scope = ("--scope", "en=Version 3", "--scope", "FR=La version 3")
    first = fedcat(
        *words, "--level", "silver", "--issued", "2026-01-02", "--until", "2099-01-01", *evidence, *scope
    )
    assert said(fedcat, first) == {
        "type": "vouch",
        "v": 1,
        "target": TOOL,
        "vouchType": "badge",
        "scheme": RULES,
        "level": "silver",
        "issued": "2026-01-02",
        "expires": "2099-01-01",
        "evidence": {"url": f"{RULES}/report.pdf", "sha256": "ab" * 32},
        "scope": {"en": "Version 3", "fr": "La version 3"},
    }
    words = ("vouch", f"{TOOL}.git", *words[2:])  # another spelling of the same thing
    changed = fedcat(
        *words, "--level", "gold", "--evidence", f"{RULES}/second.pdf", "--scope", "en=Version 4"
    )
    assert address_of(changed) == address_of(first)
    now = said(fedcat, changed)
    assert (now["level"], now["expires"]) == ("gold", "2099-01-01")
    assert now["issued"] > "2026-01-02"
    assert now["evidence"] == {"url": f"{RULES}/second.pdf"}
    assert now["scope"] == {"en": "Version 4", "fr": "La version 3"}


def test_each_sort_of_vouch_can_be_said_and_has_a_statement_of_its_own(fedcat: Fedcat) -> None:
    own = address_of(fedcat("entry", "put", "-", "--json", text=json.dumps(ENTRY)))
    seen = set()
    for type_ in set(TYPES) - {"identity"}:
        done = fedcat("vouch", own[-32:][:9], "--type", type_, "--scheme", RULES, "--json")
        statement = said(fedcat, done)
        assert (statement["target"], statement["vouchType"]) == (own, type_)
        seen.add(address_of(done))
    assert len(seen) == len(TYPES) - 1
    # What goes by rules is told apart by them; whoever only speaks for themselves says one thing.
    words = ("--scheme", f"{RULES}/other", "--json")
    assert address_of(fedcat("vouch", own, "--type", "audit", *words)) not in seen
    assert address_of(fedcat("vouch", own, "--type", "review", *words)) in seen


def test_a_vouch_from_a_file_takes_the_place_of_the_former_one(fedcat: Fedcat) -> None:
    words = ("--type", "audit", "--scheme", RULES, "--level", "passed", "--json")
    first = fedcat("vouch", TOOL, *words)
    document = {"target": TOOL, "vouchType": "audit", "scheme": RULES, "x": {"by": "Board"}}
    done = fedcat("vouch", "--file", "-", "--json", text=json.dumps(document))
    assert address_of(done) == address_of(first)
    statement = said(fedcat, done)
    assert statement.pop("issued") == said(fedcat, first)["issued"]
    assert statement == {"type": "vouch", "v": 1, **document}
    looked = fedcat("vouch", "--file", "-", "--dry-run", text=json.dumps(VOUCH))
    assert (looked.code, looked.out) == (0, "Valid.\n")
    wrong = fedcat("vouch", "--file", "-", text=json.dumps({"target": 7, "vouchType": "audit"}))
    assert (wrong.code, "/target" in wrong.err, "/scheme" in wrong.err) == (9, True, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--type", "audit"), "/scheme"),
        (("--type", "badge", "--scheme", RULES, "--until", "2000-01-01"), "/expires"),
        (("--type", "review", "--issued", "yesterday"), "/issued"),
        (("--type", "review", "--evidence", RULES, "--sha256", "ABC"), "/evidence/sha256"),
        (("--type", "identity", "--fingerprint", "ab" * 32), "not the origin of a log"),
        (("--type", "recommend", "--fingerprint", "ab" * 32), "leave --fingerprint out"),
    ],
)
def test_a_vouch_that_says_too_little_or_what_nobody_has_is_refused(
    fedcat: Fedcat, words: tuple[str, ...], why: str
) -> None:
    refused = fedcat("vouch", TOOL, *words)
    assert (refused.code, why in refused.err) == (9, True)


@pytest.mark.parametrize(
    "words",
    [
        (),
        (TOOL,),
        (TOOL, "--type", "loved"),
        (TOOL, "--type", "review", "--sha256", "ab" * 32),
        (TOOL, "--file", "-"),
        ("--file", "-", "--type", "review"),
        ("--file", "-", "--level", "gold"),
    ],
)
def test_a_vouch_is_typed_or_in_a_file(fedcat: Fedcat, words: tuple[str, ...]) -> None:
    assert fedcat("vouch", *words, text=json.dumps(VOUCH)).code == 2
