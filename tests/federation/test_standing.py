"""Who has standing for an identifier, and who comes first where nobody has."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.standing import (
    SHARED_FORGES,
    Ground,
    Proven,
    Rule,
    Rules,
    ground,
    in_precedence,
    owns,
    pattern_fault,
    publisher_fault,
)

OSLO = "directory.oslo.example/log/oslo/1"
ACME = "acme.example/log/tools/1"
PRINT = "3f" * 32
NONE = Rules()


def facts(domains: str = "", repositories: str = "") -> dict[str, Proven]:
    return {
        OSLO: Proven(PRINT, frozenset(domains.split()), frozenset(repositories.split())),
        ACME: Proven("ab" * 32),
    }


@pytest.mark.parametrize(
    ("domain", "identifier", "has_it"),
    [
        ("git.oslo.example", "repo:git.oslo.example/it/budget", True),
        ("oslo.example", "repo:www.oslo.example/budget", True),
        ("www.oslo.example", "repo:oslo.example/budget", True),
        ("127.0.0.1:8401", "repo:127.0.0.1:8401/budget", True),
        ("oslo.example", "repo:git.oslo.example/it/budget", False),
        ("git.oslo.example", "repo:oslo.example/it/budget", False),
        ("oslo.example", "repo:evil-oslo.example/budget", False),
        ("oslo.example", "repo:oslo.example:8443/budget", False),
        ("oslo.example", "repo:github.com/oslo.example/budget", False),
        ("oslo.example", "doi:oslo.example/budget", False),
        ("oslo.example", "dpg:oslo.example", False),
        ("oslo.example", "", False),
    ],
)
def test_a_verified_domain_speaks_for_its_own_host_alone(domain: str, identifier: str, has_it: bool) -> None:
    assert ground(NONE, facts(domain), OSLO, identifier) == (Ground.DOMAIN if has_it else None)
    assert not owns(NONE, facts(domain), ACME, identifier)


@pytest.mark.parametrize("forge", sorted(SHARED_FORGES))
def test_who_runs_a_shared_forge_does_not_speak_for_its_users(forge: str) -> None:
    for domain in (forge, f"www.{forge}"):
        assert not owns(NONE, facts(domain), OSLO, f"repo:{forge}/acme/tool")
        assert not owns(NONE, facts(domain), OSLO, f"repo:www.{forge}/acme/tool")


def test_a_repository_speaks_for_itself_and_its_parts() -> None:
    known = facts(repositories="github.com/oslo/budget")
    for identifier in ("repo:github.com/oslo/budget", "repo:github.com/oslo/budget/plugins/maps"):
        assert ground(NONE, known, OSLO, identifier) is Ground.REPOSITORY
        assert not owns(NONE, known, ACME, identifier)
    for identifier in (
        "repo:github.com/oslo/budget-fork",
        "repo:github.com/oslo",
        "swhid:github.com/oslo/budget",
    ):
        assert not owns(NONE, known, OSLO, identifier)


@pytest.mark.parametrize("publisher", [OSLO, PRINT])
@pytest.mark.parametrize(
    ("pattern", "identifier", "has_it"),
    [
        ("github.com/acme/*", "repo:github.com/acme/tool", True),
        ("repo:github.com/acme/*", "repo:github.com/acme/tool", True),
        ("GitHub.com/Acme/*", "repo:github.com/acme/tool", True),
        ("github.com/acme/*", "repo:github.com/acme-evil/tool", False),
        ("github.com/acme/tool", "repo:github.com/acme/tool", True),
        ("github.com/acme/tool", "repo:github.com/acme/tool2", False),
        ("127.0.0.1:8401/*", "repo:127.0.0.1:8401/a", True),
        ("doi:10.1234/*", "doi:10.1234/ABC", True),
        ("doi:10.1234/*", "doi:10.12345/abc", False),
        ("dpg:*", "dpg:budget", True),
        ("dpg:*", "repo:dpg.example/x", False),
        ("*", "swhid:1:dir:00", True),
        ("swhid:1:dir:00", "swhid:1:dir:00", True),
    ],
)
def test_an_operator_s_rule(publisher: str, pattern: str, identifier: str, has_it: bool) -> None:
    rules = Rules((Rule(ACME, ("github.com/nobody/*",)), Rule(publisher, ("dcat:none", pattern))))
    assert ground(rules, facts(), OSLO, identifier) == (Ground.RULE if has_it else None)
    assert not owns(rules, facts(), ACME, identifier)


def test_a_rule_needs_no_facts_unless_it_names_a_fingerprint() -> None:
    assert owns(Rules((Rule(OSLO, ("*",)),)), {}, OSLO, "dpg:x")
    assert not owns(Rules((Rule(PRINT, ("*",)),)), {}, OSLO, "dpg:x")


def test_the_named_come_first_the_rest_stays_in_order() -> None:
    others = ("a.example/log/x/1", ACME, "b.example/log/x/1", OSLO)
    assert in_precedence(NONE, facts(), others) == others
    rules = Rules(precedence=(PRINT, "b.example/log/x/1", OSLO, "nobody.example/log/x/1"))
    assert in_precedence(rules, facts(), others) == (OSLO, "b.example/log/x/1", "a.example/log/x/1", ACME)


@pytest.mark.parametrize("text", ["", "oslo", "https://" + OSLO, PRINT[:-1], PRINT.upper(), "*"])
def test_what_names_no_publisher(text: str) -> None:
    assert publisher_fault(text)


def test_what_names_a_publisher() -> None:
    assert publisher_fault(OSLO) is publisher_fault(PRINT) is None


@pytest.mark.parametrize("text", ["", "a b", " a", "a*b", "**", "https://github.com/acme/*"])
def test_what_is_no_pattern(text: str) -> None:
    assert pattern_fault(text)


@given(st.text("abc./:*-", min_size=1, max_size=12), st.text("abc./:-", max_size=12))
@settings(deadline=None, max_examples=200)
def test_a_pattern_without_an_asterisk_means_one_identifier(pattern: str, identifier: str) -> None:
    if pattern_fault(pattern) is None and not pattern.endswith("*"):
        is_owned = owns(Rules((Rule(OSLO, (pattern,)),)), {}, OSLO, f"repo:{identifier}")
        assert is_owned == (pattern == identifier)
