"""What a project's page says besides values: links, maintainers, suites; and what leads to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from federation.standing import Rule
from node.answers.clusters import project_view
from node.answers.locating import locate
from node.cli.project import shown
from node.errors import NotFoundError
from node.home import Home
from node.joining import join, split
from node.moderation import TAKEDOWN, moderate
from tests.publisher import NOW, Publisher, open_home
from tests.reuse_world import thing

CITY, PARKS, STATE = "127.0.0.1:8401/log/city/1", "a.example/log/parks/1", "b.example/log/state/1"
TOOL, OTHER = "https://github.com/acme/tool", "https://github.com/acme/other"


def link(subject: str, target: str, relation: str = "sameAs", why: str = "told") -> dict[str, Any]:
    said = {"type": "link", "v": 1, "relation": relation, "subject": subject, "target": target}
    return {**said, "reason": {"en": why, "fr": f"{why} (fr)"}}


def publishers(home: Home) -> tuple[Publisher, Publisher, Publisher]:
    return Publisher(home, CITY), Publisher(home, PARKS, own=False), Publisher(home, STATE, own=False)


def at(publisher: Publisher, id_: bytes) -> str:
    return f"{publisher.origin}/e/{id_.hex()}"


def test_links_and_decisions_are_shown_with_reasons_and_effect(home: Home) -> None:
    city, parks, state = publishers(home)
    one, other, third = city.put(thing("Tool")), parks.put(thing("Outil")), state.put(thing("Ding"))
    a, b, c = at(city, one), at(parks, other), at(state, third)
    said = [city.put(link(a, b)), parks.put(link(b, a, why="yes"))]
    state.put(link(a, c))
    state.put(link(c, b, "notSameAs"))
    for each in (city, parks, state):
        each.publish()
    made = join(home, b, c, "by the manual", "root")
    view = project_view(home, a, ("fr",))
    acting = {each["address"]: each["reason"] for each in view["links"] if each["acts"]}
    assert acting == {at(city, said[0]): "told (fr)", at(parks, said[1]): "yes (fr)"}
    assert len(view["links"]) == 4
    (decision,) = view["decisions"]
    assert (decision["number"], decision["action"], decision["reason"]) == (
        made.number,
        "join",
        "by the manual",
    )
    text = shown(view, {}, ("fr",))
    assert "joined here by the operator: by the manual" in text
    assert "told (fr)" in text
    assert "(without effect here)" in text


def test_what_is_told_apart_is_near_with_who_says_so(home: Home) -> None:
    city, parks, state = publishers(home)
    ids = [each.put(thing("Tool", TOOL)) for each in (city, parks, state)]
    state.put(link(at(state, ids[2]), TOOL, "notSameAs"))
    for each in (city, parks, state):
        each.publish()
    (near,) = project_view(home, at(city, ids[0]))["related"]
    assert near["why"] == f"the same repository, but {STATE} says that they are not the same"
    split(home, at(parks, ids[1]), "a fork", "root")
    view = project_view(home, at(parks, ids[1]))
    assert len(view["members"]) == 1
    assert "taken out here by the operator: a fork" in shown(view, {}, ())


def test_maintainers_are_confirmed_by_their_own_links_only(home: Home) -> None:
    city, parks, state = publishers(home)
    partners = [
        {"ref": PARKS, "name": "Parks", "role": "maintainer"},
        {"ref": CITY, "name": "City", "role": "owner"},
        {"name": "Somebody", "role": "owner"},
        {"uri": "https://state.example/about", "name": "State", "role": "maintainer"},
        {"ref": STATE, "role": "funder"},
        {"role": "owner"},
    ]
    one = city.put(thing("Tool", TOOL, partners=partners))
    city.publish()

    def found() -> dict[str, Any]:
        return {
            each["name"] or each["ref"]: each for each in project_view(home, at(city, one))["maintainers"]
        }

    assert {name: each["confirmed_by"] for name, each in found().items()} == {
        "Parks": None,
        "City": at(city, one),
        "Somebody": None,
        "State": None,
    }
    confirmed = parks.put(link(PARKS, at(city, one), "coMaintains"))
    said = state.put(link(STATE, TOOL, "coMaintains"))
    parks.publish()
    state.publish()
    assert found()["Parks"]["confirmed_by"] == at(parks, confirmed)
    assert found()["State"]["confirmed_by"] is None
    assert (found()[STATE]["role"], found()[STATE]["named_by"]) == (None, [])
    text = shown(project_view(home, at(city, one)), {}, ())
    assert f"  Parks {PARKS}, maintainer: confirmed" in text
    assert "named by 1, not confirmed" in text
    assert "says so, and nobody names them" in text
    # A proven domain is somebody's name too.
    home.database.connection.execute(
        "INSERT INTO proof (log, kind, name, verified_at, tried_at, failures, next_due)"
        " SELECT id, 'domain', 'state.example', ?, ?, 0, ? FROM log WHERE origin = ?",
        (NOW, NOW, NOW, STATE),
    )
    assert found()["State"]["confirmed_by"] == at(state, said)
    assert STATE not in found()


def test_parts_are_confirmed_by_whoever_decides_about_the_suite(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", standing=(Rule(CITY, ("github.com/acme/*",)),))
    city, parks, state = publishers(home)
    suite = city.put(thing("Suite", "https://github.com/acme/suite"))
    # Somebody else describes it too, and has no say in it.
    state.put(thing("Suite", "https://github.com/acme/suite"))
    whole = {"partOf": [{"ref": at(city, suite)}]}
    own = city.put(thing("Own", **whole))
    controlled = parks.put(thing("Tool", TOOL, partOf=[{"ref": "https://github.com/acme/suite"}]))
    foreign = state.put(thing("Foreign", **whole))
    state.put(thing("Loose", partOf=[{"name": "Somewhere"}, {}, {"ref": "https://nowhere.example/x"}]))
    variant = parks.put(
        thing("Suite B", OTHER + "-b", basedOn=[{"ref": at(city, suite), "relation": "variant"}])
    )
    parks.put(thing("Builds on", basedOn=[{"ref": at(city, suite)}]))
    for each in (city, parks, state):
        each.publish()
    view = project_view(home, at(city, suite))
    found = {each["project"]: each["confirmed"] for each in view["parts"]}
    assert found == {at(city, own): True, at(parks, controlled): True, at(state, foreign): False}
    assert [each["name"] for each in view["parts"]] == ["Own", "Tool", "Foreign"]
    assert [each["project"] for each in view["variants"]] == [at(parks, variant)]
    assert view["part_of"] == []
    text = shown(view, {}, ())
    assert f"  Foreign ({at(state, foreign)}), not confirmed" in text
    for id_, who, confirmed in ((own, city, True), (foreign, state, False), (controlled, parks, True)):
        (above,) = project_view(home, at(who, id_))["part_of"]
        assert (above["project"], above["confirmed"]) == (view["address"], confirmed)
    loose = next(each for each in _all(home) if each["name"] == "Loose")
    assert [(each["name"], each["project"]) for each in loose["part_of"]] == [("Somewhere", None), ("", None)]
    assert "PART OF" in shown(loose, {}, ())
    home.close()


def _all(home: Home) -> Iterator[dict[str, Any]]:
    rows = home.database.connection.execute("SELECT id FROM entry WHERE type = 'entry'").fetchall()
    for (id_,) in rows:
        yield project_view(home, id_.hex())


def test_copies_and_their_class_are_told(home: Home) -> None:
    city, parks, _ = publishers(home)
    copied = {"format": "publiccode.yml", "foundAt": {"repo": "beta/lamps", "path": "publiccode.yml"}}
    one = city.put(thing("Tool", TOOL))
    copy = parks.put(thing("Tool", TOOL, source=copied))
    city.publish()
    parks.publish()
    view = project_view(home, at(city, one))
    (near,) = view["related"]
    assert (near["project"], near["relation"]) == (at(parks, copy), "copy")
    assert view["members"][0]["class"] == "own"
    assert project_view(home, at(parks, copy))["members"][0]["class"] == "copy"


def test_everything_by_which_it_is_called_leads_to_it(home: Home) -> None:
    city, parks, _ = publishers(home)
    fields = {"aliases": ["https://old-tool.example", OTHER]}
    one = city.put(thing("Tool", TOOL, **fields))
    merged = parks.put(thing("Tool, former"))
    moved = parks.put(thing("Elsewhere"))
    both = parks.put(thing("Round"))
    city.publish()
    parks.publish()
    parks.withdraw(merged, reason="merged", successor=at(city, one))
    parks.withdraw(moved, reason="moved", successor="https://nobody.example/here")
    parks.withdraw(both, reason="moved", successor=at(parks, both))
    parks.publish()
    for ref in (TOOL, f"{TOOL}.git", OTHER, "https://old-tool.example/", at(city, one), at(parks, merged)):
        assert project_view(home, ref)["address"] == at(city, one), ref
    for ref in (at(parks, moved), at(parks, both), "https://nobody.example/here", "https://github.com/x/y"):
        with pytest.raises(NotFoundError):
            project_view(home, ref)
    assert str(locate(home, one.hex()[:8])) == at(city, one)
    moderate(home, at(parks, merged), TAKEDOWN, "by order", "root")
    with pytest.raises(Exception, match="taken down"):
        locate(home, at(parks, merged))
