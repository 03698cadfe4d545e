"""Uses: who counts, once, and for how long; and who would like to count."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from federation.listing import Verdict
from federation.standing import Rule
from node.answers.indexing import catch_up
from node.answers.policy import show_policy
from node.answers.rebuild import rebuild
from node.answers.search import Question, search
from node.blocking import say
from node.home import Home
from node.moderation import moderate, restore
from node.store.moderated import HIDE
from tests.outlined import check_outlines
from tests.publisher import NOW, Publisher, open_home
from tests.reuse_world import (
    DAY,
    LAST_YEAR,
    LONG_AGO,
    NEXT_YEAR,
    OWNER,
    TODAY,
    TOOL,
    adopter,
    counts,
    everything,
    thing,
    use,
    verify,
    vouched,
)  # fmt: skip


class World:
    """A node with one project, and a clock."""

    def __init__(self, root: Path) -> None:
        self.now = NOW
        rule = Rule(OWNER, ("github.com/acme/*",))
        self.home: Home = open_home(root, standing=(rule,), clock=lambda: self.now)
        self.owner = Publisher(self.home, OWNER)
        self.tool = self.owner.put(thing("Tool", TOOL, lifecycle="live"))
        self.owner.publish()

    @property
    def address(self) -> str:
        return f"{OWNER}/e/{self.tool.hex()}"

    def uses(self) -> dict[str, int]:
        """Return the counts of uses, which the index must show alike."""
        found = counts(self.home, self.tool)
        item = next(each for each in search(self.home, Question("tool")).items if each["name"] == "Tool")
        assert item["uses"] == found.get("use", 0)
        check_outlines(self.home)
        bands = search(self.home, Question("tool"), facets=("uses",)).facets["uses"]
        assert {each.value for each in bands} == {
            f"{least}.." for least in (1, 2, 3, 5, 10, 20, 50) if least <= item["uses"]
        }
        return {group: number for group, number in found.items() if "se" in group.lower()}

    def why(self, group: str = "otherUse") -> set[str]:
        return {item["why"] for item in everything(self.home, self.tool)[group]}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "home")
    yield made
    made.home.close()


def test_a_use_counts_by_address_and_by_repository(world: World) -> None:
    adopter(world.home, "bergen", use(TOOL))
    adopter(world.home, "oslo", use(world.address, "pilot", lessons={"en": "Train people first."}))
    assert world.uses() == {"use": 2}
    bergen, oslo = everything(world.home, world.tool)["use"]
    assert bergen["publisher"] == {
        "origin": "bergen.example/log/bergen/1",
        "name": "",
        "domains": ["bergen.example"],
        "own": False,
        "population": None,
        "followed": {"by": "person", "because": [], "at": None, "lapsed_at": None},
    }
    assert (bergen["counts"], bergen["why"], bergen["confirmed"]) == (True, None, LAST_YEAR)
    assert oslo["said"]["lessons"] == {"en": "Train people first."}
    assert oslo["provenance"]["origin"] == "oslo.example/log/oslo/1"


def test_a_use_is_there_before_the_thing(world: World) -> None:
    later = "https://github.com/city/later"
    adopter(world.home, "bergen", use(later), use("https://later.city/"))
    catch_up(world.home)
    id_ = world.owner.put(thing("Later", later))
    other = world.owner.put(
        thing("Home page", identifiers=[{"scheme": "url", "value": "https://Later.city"}])
    )
    world.owner.publish()
    for each, name in ((id_, "later"), (other, "home page")):
        assert counts(world.home, each) == {"use": 1}
        assert search(world.home, Question(name)).items[0]["uses"] == 1
    world.owner.withdraw(id_)
    world.owner.publish()
    again = world.owner.put(thing("Later", later))
    world.owner.publish()
    assert counts(world.home, again) == {"use": 1}


def test_the_others_say_why_they_do_not_count(world: World) -> None:
    adopter(world.home, "a", use(TOOL, since=LONG_AGO))
    adopter(world.home, "b", use(TOOL, "interested"))
    adopter(world.home, "c", use(TOOL), domain="")
    adopter(world.home, "d", use(TOOL, reviewed="2099-01-01T00:00:00Z", since=LONG_AGO))
    adopter(world.home, "e", use(TOOL, since=NEXT_YEAR), domain="")
    adopter(world.home, "f", use(TOOL, "retired", until=LAST_YEAR, lessons={"en": "Too dear."}))
    assert world.uses() == {"otherUse": 5, "pastUse": 1}
    assert world.why() == {
        f"unconfirmed since {LONG_AGO}",
        "interested",
        "its publisher is not verified by a domain",
        f"begins {NEXT_YEAR}; its publisher is not verified by a domain",
    }
    (past,) = everything(world.home, world.tool)["pastUse"]
    assert (past["why"], past["said"]["lessons"]) == (f"ended {LAST_YEAR}", {"en": "Too dear."})
    has = search(world.home, Question("tool"), facets=("has",)).facets["has"]
    assert {each.value for each in has} == {"lessons", "use"}


def test_a_maintainer_adds_nothing_and_hides_nothing(world: World) -> None:
    bergen = adopter(world.home, "bergen", use(TOOL))
    world.owner.put(use(world.address))
    world.owner.put({**thing("Tool", TOOL), "claimedUsers": [{"name": "Everybody"}]}, world.tool)
    world.owner.publish()
    # Another log of the maintainer, at the same host, with a domain of its own.
    adopter(world.home, "second", use(TOOL), host="127.0.0.1:8401")
    assert world.uses() == {"use": 1, "ownUse": 2}
    # To be described by more publishers takes nobody's use away, also not under a name at the user's host.
    for name, host in (("rival", "rival.example"), ("evil", "bergen.example")):
        adopter(world.home, name, thing("Tool", TOOL), host=host, domain="")
    assert counts(world.home, world.tool)["use"] == 1
    # When the maintainer's own entry goes, what others say stays.
    world.owner.withdraw(world.tool)
    world.owner.publish()
    rival = search(world.home, Question("tool")).items[0]
    # Who is no maintainer any more is a user like others, if verified.
    assert (rival["uses"], rival["members"]) == (2, 2)
    assert bergen.origin == everything(world.home, rival["address"])["use"][0]["origin"]


def test_nobody_gets_the_uses_of_what_belongs_to_others(world: World) -> None:
    adopter(world.home, "bergen", use(TOOL))
    thief = adopter(world.home, "thief")
    ids = [
        thief.put(thing("Tool", TOOL, kind="service")),
        thief.put(thing("Better tool", TOOL)),
        thief.put(thing("Tool", "https://github.com/thief/tool", aliases=[TOOL])),
    ]
    thief.publish()
    for id_ in ids[:2]:
        assert counts(world.home, id_) == {}
    assert counts(world.home, world.tool) == {"use": 1}


def test_without_standing_everybody_who_describes_it_is_left_out(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    one = adopter(home, "one", use(TOOL))
    id_ = one.put(thing("Tool", TOOL))
    one.publish()
    adopter(home, "two", thing("Tool", TOOL), use(TOOL))
    adopter(home, "three", use(TOOL))
    assert counts(home, id_) == {"use": 1, "ownUse": 2}
    home.close()


def test_fifty_names_at_one_host_count_once(world: World) -> None:
    for number in range(50):
        adopter(world.home, f"town{number}", use(TOOL), host="many.example")
    assert world.uses() == {"use": 1, "otherUse": 49}
    assert world.why() == {"counted once, with many.example/log/town0/1"}


def test_fifty_hosts_of_one_domain_count_once_and_without_a_domain_not_at_all(world: World) -> None:
    for number in range(50):
        adopter(world.home, f"town{number}", use(TOOL), domain="" if number % 2 else "town.example")
    assert world.uses() == {"use": 1, "otherUse": 49}


def test_several_statements_of_one_organisation_count_once(world: World) -> None:
    adopter(world.home, "bergen", use(TOOL, "pilot", since=TODAY), use(TOOL), use(world.address, since=TODAY))
    assert world.uses() == {"use": 1, "otherUse": 2}
    (counted,) = everything(world.home, world.tool, "use", limit=1)["use"]
    # What runs in production says most, and of that what was confirmed last.
    assert (counted["said"]["status"], counted["confirmed"]) == ("production", TODAY)


def test_who_has_proven_a_host_is_not_one_with_those_whom_it_hosts(world: World) -> None:
    adopter(world.home, "directory", use(TOOL), domain="directory.example")
    for name in ("lyon", "nantes"):
        adopter(world.home, name, use(TOOL), host="directory.example")
    # Those who only share the place count once together.
    assert world.uses() == {"use": 2, "otherUse": 1}


@pytest.mark.parametrize("end", ["withdraw", "erase", "hide", "block", "freeze", "expire", "lapse"])
def test_a_use_that_is_over_counts_no_more(world: World, end: str) -> None:
    bergen = adopter(world.home, "bergen")
    id_ = bergen.put(use(TOOL))
    bergen.publish()
    adopter(world.home, "oslo", use(TOOL, since=TODAY))
    assert world.uses() == {"use": 2}
    home, at = world.home, f"{bergen.origin}/e/{id_.hex()}"
    left: dict[str, int] = {}
    match end:
        case "withdraw":
            bergen.withdraw(id_)
            bergen.publish()
        case "erase":
            bergen.erase(id_)
            bergen.publish()
        case "hide":
            moderate(home, at, HIDE, "spam", "operator")
        case "block":
            say(home, Verdict.BLOCK, "bergen.example", "", reason="spam", actor="operator")
        case "freeze":
            freeze(home, bergen)
            left = {"otherUse": 1}
        case "expire":
            world.now += 400 * DAY
            verify(home, "oslo.example/log/oslo/1", "oslo.example")
            verify(home, bergen.origin, "bergen.example")
            left = {"otherUse": 1}
        case _:
            with home.database.write() as connection:
                connection.execute("DELETE FROM proof WHERE name = 'bergen.example'")
            assert show_policy(home)
            left = {"otherUse": 1}
    assert world.uses() == {"use": 1, **left}
    if end == "hide":
        restore(home, at, "a mistake", "operator")
        assert world.uses() == {"use": 2}


def freeze(home: Home, publisher: Publisher) -> None:
    """Let a log stand still as ``node.splits`` does, without the fork."""
    from node.splits import _freeze  # noqa: PLC0415

    row = home.logs.get(publisher.origin)
    assert row is not None
    with home.database.write() as connection:
        connection.execute(
            "INSERT INTO evidence (hash, log, data, size, root, larger_size, larger_root, version,"
            " larger_version, source, found_at) VALUES (x'00', ?, x'', 1, x'', 2, x'', 1, 1, '', 0)",
            (row.id,),
        )
    _freeze(home, row, b"\0")


def test_counts_after_a_rebuild_are_those_before(world: World) -> None:
    adopter(world.home, "bergen", use(TOOL), vouched(TOOL, "audit"))
    adopter(world.home, "oslo", use(world.address, "pilot"), use("https://nowhere.city"))
    adopter(world.home, "lyon", use(TOOL, since=LONG_AGO), thing("Parks", basedOn=[{"ref": TOOL}]))

    def all_rows() -> list[Any]:
        tables = ("reference", "named", "turning", "news_named")
        read = world.home.database.connection.execute
        return [sorted(read(f"SELECT * FROM {table}").fetchall(), key=repr) for table in tables]  # noqa: S608

    before, rows = world.uses(), all_rows()
    items = search(world.home, Question(sort="reuse"), facets=("uses", "vouch", "has")).items
    rebuild(world.home)
    assert (world.uses(), all_rows()) == (before, rows)
    assert search(world.home, Question(sort="reuse"), facets=("uses", "vouch", "has")).items == items


def test_the_clock_turns_what_counts_without_anybody_saying_anything(world: World) -> None:
    adopter(world.home, "bergen", use(TOOL, since=NEXT_YEAR, reviewed=f"{TODAY}T10:00:00Z"))
    adopter(world.home, "oslo", vouched(TOOL, expires=NEXT_YEAR))
    assert world.uses() == {"otherUse": 1}
    assert search(world.home, Question(filters={"vouchedBy": ("oslo.example/log/oslo/1",)})).total == 1
    world.now += 366 * DAY
    for name in ("bergen", "oslo"):
        verify(world.home, f"{name}.example/log/{name}/1", f"{name}.example")
    assert world.uses() == {"use": 1}
    assert search(world.home, Question(filters={"vouchedBy": ("oslo.example/log/oslo/1",)})).total == 0
    # A clock that was wrong is put back.
    world.now = NOW
    assert world.uses() == {"otherUse": 1}


def test_vouches_of_others_that_hold_are_counted(world: World) -> None:
    home = world.home
    adopter(home, "oslo", vouched(TOOL, "audit", expires=NEXT_YEAR), vouched(TOOL, expires=LAST_YEAR))
    adopter(home, "bergen", vouched(world.address, "deprecate"))
    adopter(home, "nobody", vouched(TOOL, "badge"), domain="")
    adopter(
        home,
        "odd",
        vouched(TOOL, "made-up"),
        vouched(TOOL, "identity"),
        vouched(TOOL, "award", issued=NEXT_YEAR),
    )
    world.owner.put(vouched(TOOL, "award"))
    world.owner.publish()
    page = search(home, Question("tool"), facets=("vouch", "vouchedBy"))
    assert {each.value for each in page.facets["vouch"]} == {"audit", "deprecate"}
    assert {each.value for each in page.facets["vouchedBy"]} == {
        "oslo.example/log/oslo/1",
        "nobody.example/log/nobody/1",
    }
    states = [(item["said"]["vouchType"], item["state"]) for item in everything(home, world.tool)["vouch"]]
    assert states.count(("recommend", "expired")) == 1
    assert ("award", "begins") in states
    assert ("deprecate", "stands") in states


def test_what_anybody_plans_seeks_or_learned_is_there(world: World) -> None:
    def has() -> set[str]:
        return {each.value for each in search(world.home, Question("tool"), facets=("has",)).facets["has"]}

    def is_sought() -> bool:
        (item,) = search(world.home, Question("tool")).items
        return bool(item["seeking"])

    assert (has(), is_sought()) == (set(), False)
    # The owner decides about the headline; what another one seeks is its own.
    call = {"type": "advice", "text": {"en": "Who knows?"}, "until": NEXT_YEAR}
    other = adopter(world.home, "oslo", thing("Tool", TOOL, seeking=[call], modified=f"{TODAY}T00:00:00Z"))
    other.put(thing("Tool", TOOL, roadmap=[{"title": {"en": "More"}}], lessons=[{"en": "Begin early"}]))
    other.publish()
    assert (has(), is_sought()) == ({"lessons", "roadmap", "seeking"}, True)
    world.now += 500 * DAY
    assert (has(), is_sought()) == ({"lessons", "roadmap"}, False)


def test_a_call_without_an_end_or_with_one_too_far_away_seeks_nothing(world: World) -> None:
    calls = [{"type": "advice", "until": "2099-01-01"}, {"type": "advice"}, {"until": 5}, "help"]
    adopter(world.home, "oslo", thing("Tool", TOOL, seeking=calls, modified=f"{TODAY}T00:00:00Z"))
    page = search(world.home, Question("tool"), facets=("has",))
    assert "seeking" not in {each.value for each in page.facets["has"]}
    assert not any(item["seeking"] for item in page.items)


def profiled(sort: str, place: str) -> dict[str, Any]:
    return {"type": "profile", "v": 1, "name": {"en": "X"}, "publisherType": sort, "jurisdiction": place}


def test_who_uses_a_thing_is_a_filter(world: World) -> None:
    home = world.home

    def users(**filters: str) -> tuple[list[tuple[str, int, str | None]], ...]:
        chosen = {facet: (value,) for facet, value in filters.items()}
        page = search(home, Question("tool", chosen, languages=("fr",)), facets=("usedBy", "usedIn"))
        return tuple(
            [(each.value, each.count, each.label) for each in page.facets[facet]]
            for facet in ("usedBy", "usedIn")
        )

    lyon = adopter(home, "lyon", use(TOOL), profiled("local", "FR-69"))
    adopter(home, "oslo", use(TOOL), profiled("national", "NO"))
    # Who is not verified is not among the users, and who says nothing is of no sort.
    adopter(home, "nobody", use(TOOL), profiled("company", "IT"), domain="")
    adopter(home, "bergen", use(TOOL))
    assert users() == (
        [("local", 1, "Commune ou intercommunalité"), ("national", 1, "État")],
        [("FR", 1, "France"), ("FR-69", 1, "Rhône"), ("NO", 1, "Norvège")],
    )
    assert search(home, Question(filters={"usedBy": ("local",), "usedIn": ("fr",)})).total == 1
    assert search(home, Question(filters={"usedBy": ("company",)})).total == 0
    # A profile that changes changes what is found, and nothing else did.
    profile = lyon.put(profiled("agency", "FR"))
    lyon.publish()
    assert [value for value, _, _ in users()[0]] == ["agency", "national"]
    rebuild(home)
    assert [value for value, _, _ in users()[1]] == ["FR", "NO"]
    lyon.withdraw(profile)
    lyon.publish()
    assert [value for value, _, _ in users()[0]] == ["local", "national"]


def test_those_used_by_most_come_first(world: World) -> None:
    other = world.owner.put(thing("Other", "https://github.com/acme/other", modified="2026-01-01T00:00:00Z"))
    world.owner.put(thing("Unused", modified="2026-12-01T00:00:00Z"))
    world.owner.publish()
    for name in ("bergen", "oslo", "lyon"):
        adopter(world.home, name, use(f"{OWNER}/e/{other.hex()}"), *([use(TOOL)] if name == "oslo" else []))
    names: list[str] = []
    cursor = None
    while True:
        page = search(world.home, Question(sort="reuse"), 1, cursor)
        names += [item["name"] for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert names == ["Other", "Tool", "Unused"]
    assert [item["name"] for item in search(world.home, Question(filters={"uses": ("2",)})).items] == [
        "Other"
    ]


def test_a_disk_that_rots_loses_a_use_and_no_more(world: World) -> None:
    adopter(world.home, "bergen", use(TOOL))
    adopter(world.home, "oslo", use(TOOL))
    with world.home.database.write() as connection:
        connection.execute(
            "UPDATE entry SET payload = x'c1' WHERE type = 'use' AND log ="
            " (SELECT id FROM log WHERE origin LIKE 'bergen%')"
        )
    assert counts(world.home, world.tool) == {"use": 1}


def test_the_operator_may_trust_by_another_rule(world: World) -> None:
    # Without any standing the owner is one who describes, as before; nothing else changes.
    world.home.config = dataclasses.replace(world.home.config, standing=())
    adopter(world.home, "bergen", use(TOOL))
    assert world.uses() == {"use": 1}
