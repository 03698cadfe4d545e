"""The readiness score: reproducible from the entry and the published rules."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.readiness.scoring import RULES, VERSION, readiness, rules, rules_text
from protocol.validate import validate
from protocol.vocabulary import KINDS

FULL: dict[str, Any] = {
    "kind": "software",
    "name": {"en": "Petition desk", "fr": "Guichet"},
    "summary": {"en": "Residents write, sign and follow petitions"},
    "description": {"en": "x" * 150},
    "purpose": {"en": "To be heard"},
    "topics": ["ogp:e-petitions"],
    "audience": ["citizens"],
    "jurisdictions": ["FR"],
    "links": [{"rel": "docs", "url": "https://a.example"}, {"rel": "demo", "url": "https://b.example"}],
    "contact": {"email": "desk@a.example"},
    "lifecycle": "live",
    "reviewed": "2026-05-03",
    "license": "EUPL-1.2",
    "identifiers": [{"scheme": "repo", "value": "https://git.example/a"}],
    "maintenance": {"mode": "community"},
    "dependsOn": [{"name": "PostgreSQL"}],
    "conformsTo": [{"ref": "https://a.example/standard"}],
    "accessibility": {"status": "partial"},
    "security": {"policy": "https://a.example/security.txt"},
    "privacy": {"personalData": "some"},
    "lessons": [{"text": {"en": "Ask early"}}],
}


def met(entry: dict[str, Any], rule: str) -> bool:
    (found,) = [each for each in readiness(entry)["items"] if each["rule"] == rule]
    return bool(found["points"])


def test_what_meets_every_rule_has_a_hundred() -> None:
    found = readiness(FULL)
    assert found["score"] == 100
    assert found["points"] == found["possible"]
    assert (found["version"], found["rules"]) == (VERSION, RULES)


@pytest.mark.parametrize("kind", KINDS)
def test_of_nothing_but_a_kind_everything_is_missing(kind: str) -> None:
    found = readiness({"kind": kind})
    assert found["score"] == 0
    assert all(each["fix"] and each["of"] > 0 for each in found["items"])
    # What a kind has of its own is asked for.
    assert len(found["items"]) > len(readiness({"kind": "something else"})["items"])


@pytest.mark.parametrize(
    ("rule", "entry"),
    [
        ("open-licence", {"license": "CC-BY-NC-4.0"}),
        ("open-licence", {"license": ["MIT"]}),
        ("maintained", {"maintenance": {"mode": "none"}}),
        ("lifecycle", {"lifecycle": "abandoned"}),
        ("two-languages", {"name": {"en": "A", "fr": " "}}),
        ("two-languages", {"name": "A name"}),
        ("description", {"description": {"en": "x" * 100, "fr": "y" * 100}}),
        ("docs", {"links": [{"rel": "demo", "url": "https://a.example"}]}),
        ("docs", {"links": {"rel": "docs"}}),
        ("topics", {"topics": []}),
        ("repository", {"identifiers": ["https://git.example"]}),
        ("deployment", {"software": "odd"}),
    ],
)
def test_what_does_not_meet_a_rule(rule: str, entry: dict[str, Any]) -> None:
    assert not met({"kind": "software", **entry}, rule)


def test_the_rules_are_those_that_are_published() -> None:
    published = tomllib.loads(rules_text().decode())
    assert published["version"] == VERSION
    assert [each["id"] for each in published["rules"]] == [each.id for each in rules()]
    assert len({each.id for each in rules()}) == len(rules())
    assert {kind for each in rules() for kind in each.kinds} == set(KINDS)


def test_the_paths_of_rules_are_fields_of_the_entry_model() -> None:
    for rule in rules():
        for path in rule.paths:
            field = path.partition(".")[0].partition("[")[0]
            problems = validate(
                {"type": "entry", "v": 1, "kind": "software", field: None}, written_here=False
            )
            assert not any("unknown" in each.message for each in problems), path


@given(
    st.dictionaries(
        st.sampled_from(sorted(FULL)),
        st.recursive(st.none() | st.text(max_size=5) | st.integers(), lambda x: st.lists(x, max_size=2)
                     | st.dictionaries(st.sampled_from(("mode", "rel", "en", "docs")), x, max_size=2)),
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_entry_has_a_score_and_saying_more_never_lowers_it(odd: dict[str, Any]) -> None:
    entry = {**odd, "kind": "software"}
    found = readiness(entry)
    assert 0 <= found["score"] <= 100
    more = {**FULL, **entry} if not odd else {**entry, **FULL}
    assert readiness(more)["score"] >= found["score"]
