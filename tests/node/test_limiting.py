"""What single publishers may cost, as the operator says while the node runs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from federation.quotas import QuotaRule
from node.answers.catalogue import CatalogueProjection
from node.desk.trail import deeds
from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from node.limiting import MOST, lift, limit, limited
from node.quotas import quota_for
from tests.command import Fedcat
from tests.publisher import Publisher

ACME = "acme.example/log/acme/1"


def test_a_word_comes_before_the_configuration_and_says_who_and_why(home: Home) -> None:
    acme = Publisher(home, ACME, own=False)
    acme.publish()
    (row,) = home.logs.all()
    home.config = dataclasses.replace(
        home.config,
        quota=(QuotaRule(ACME, entries=7, kept_bytes=70), QuotaRule("x.example/log/x/1", entries=1)),
    )
    limit(home, row.fingerprint, {"void_leaves": 5}, reason=" its  key ", actor="kari")
    limit(home, ACME, {"entries": 8, "kept_bytes": None}, reason="a register", actor="kari")
    quota = quota_for(home, row)
    usual = home.config.limits.new_entries
    assert (quota.entries, quota.kept_bytes, quota.void_leaves, quota.new_entries) == (8, 70, 5, usual)
    assert {(each.rule.publisher, each.actor, each.reason, each.at) for each in limited(home)} == {
        (ACME, "kari", "a register", home.now()),
        (row.fingerprint, "kari", "its key", home.now()),
    }
    # What was said before is said no more.
    limit(home, ACME, {"new_entries": 0}, reason="too fast", actor="ola")
    assert (quota_for(home, row).entries, quota_for(home, row).new_entries) == (7, 0)
    lift(home, ACME, reason="agreed", actor="ola")
    assert quota_for(home, row).new_entries == usual
    with pytest.raises(NotFoundError, match="a limit of"):
        lift(home, ACME, reason="again", actor="ola")
    found = [(each.actor, each.origin, json.loads(each.detail)) for each in deeds(home, action="peer limit")]
    assert found == [
        ("ola", ACME, {"usual": True, "reason": "agreed"}),
        ("ola", ACME, {"new_entries": 0, "reason": "too fast"}),
        ("kari", ACME, {"entries": 8, "reason": "a register"}),
        ("kari", row.fingerprint, {"void_leaves": 5, "reason": "its key"}),
    ]


def test_what_is_no_limit_is_refused(home: Home) -> None:
    own = Publisher(home, "city.example/log/city/1")
    for publisher, limits, reason, said in (
        ("acme", {"entries": 1}, "x", "neither an origin nor a fingerprint"),
        (own.origin, {"entries": 1}, "x", "of this node itself"),
        (ACME, {}, "x", "no limit is named"),
        (ACME, {"colour": 3}, "x", "no limit is named"),
        (ACME, {"entries": -1}, "x", "-1 is no limit"),
        (ACME, {"entries": MOST + 1}, "x", "is no limit"),
        (ACME, {"entries": 1}, " ", "a reason is needed"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            limit(home, publisher, limits, reason=reason, actor="kari")
    with pytest.raises(InvalidInputError, match="a reason is needed"):
        lift(home, ACME, reason="", actor="kari")
    assert limited(home) == ()
    assert deeds(home) == ()


def test_the_command(founded: Fedcat, tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home", projection=CatalogueProjection())
    Publisher(home, ACME, own=False).publish()
    home.close()
    words = ("peer", "limit", ACME)
    usual = founded(*words, "--json").document
    assert (usual["publisher"], usual["said"]) == (ACME, [])
    told = founded(
        *words, "--entries", "9", "--kept-bytes", "1000", "--reason", "a small one", "--json"
    ).document
    assert told["limits"] == {**usual["limits"], "entries": 9, "kept_bytes": 1000}
    (said,) = told["said"]
    assert (said["publisher"], said["entries"], said["void_leaves"], said["reason"]) == (
        ACME,
        9,
        None,
        "a small one",
    )
    assert "entries 9, kept_bytes 1,000" in founded("peer", "limit").out
    assert founded(*words, "--entries", "9").code == 9
    assert founded(*words, "--usual", "--reason", "it grew up").code == 0
    assert founded(*words, "--json").document == usual
    for wrong in (("--usual", "--entries", "1"), ("--entries", "-1"), ("--entries", "many")):
        assert founded(*words, *wrong, "--reason", "x").code == 2
    assert founded("peer", "limit", "--usual").code == 2
