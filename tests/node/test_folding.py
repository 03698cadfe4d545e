"""What is found within the card of a suite or an original, and who can bring it there: nobody else."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.listing import Verdict
from federation.standing import Rule
from node.answers.facets import FACETS
from node.answers.finding.answering import answered
from node.answers.folding import MAX_DEPTH, MAX_PARTS
from node.answers.indexing import catch_up, reindex
from node.answers.policy import show_policy
from node.answers.rebuild import rebuild
from node.answers.search import MAX_LIMIT, Question, search, total_of
from node.blocking import say, take_back
from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from node.joining import split
from node.moderation import HIDE, moderate
from node.scoping import set_scope
from tests.outlined import kept_outlines
from tests.publisher import Publisher, open_home
from tests.reuse_world import adopter, thing, use

CITY, PARKS, STATE = "127.0.0.1:8401/log/city/1", "a.example/log/parks/1", "b.example/log/state/1"
SUITE = "https://github.com/acme/suite"


class World:
    """Three publishers at one node."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.city, self.parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
        self.state = Publisher(home, STATE, own=False)

    def publish(self) -> None:
        for each in (self.city, self.parks, self.state):
            each.publish()

    def shown(self, text: str = "", **question: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a question
        """Return name → how many parts and which of them fit; of what has none a number of copies."""
        page = search(self.home, Question(text, **question), MAX_LIMIT)
        assert page.total == len(page.items)
        return {item["name"]: _within(item) for item in page.items}

    def check(self) -> None:
        """Check that what was kept up step by step is what is made at once."""
        kept = self.everything()
        reindex(self.home)
        assert self.everything() == kept

    def everything(self) -> list[Any]:
        """Return what is answered, folded and not, and what is remembered of it."""
        asked = (("", "freshness"), ("lamp", "relevance"), ("suite", "reuse"))
        catch_up(self.home)
        return [
            self.home.database.connection.execute("SELECT * FROM folded ORDER BY log, id").fetchall(),
            kept_outlines(self.home),
            *(
                search(self.home, Question(text, sort=sort, fold=fold), MAX_LIMIT, fresh=False)
                for text, sort in asked
                for fold in (True, False)
            ),
            search(self.home, Question(), 1, facets=FACETS, fresh=False),
        ]


def _within(item: dict[str, Any]) -> Any:  # noqa: ANN401
    if item["parts"] is None:
        return item["copies"]
    parts = item["parts"]
    assert parts["matching"] >= len(parts["shown"])
    return parts["total"], [each["name"] for each in parts["shown"]]


def at(publisher: Publisher, id_: bytes) -> str:
    return f"{publisher.origin}/e/{id_.hex()}"


def part_of(*suites: str) -> dict[str, Any]:
    return {"partOf": [{"ref": suite} for suite in suites]}


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


def test_a_suite_is_found_with_its_parts(world: World) -> None:
    suite = world.city.put(thing("Street suite", SUITE, license="MIT", modified="2024-01-01T00:00:00Z"))
    whole = part_of(at(world.city, suite))
    lamp = world.city.put(
        thing("Lamps", license="EUPL-1.2", modified="2025-05-05T00:00:00Z", jurisdictions=["FR"], **whole)
    )
    world.city.put(thing("Bins", summary={"en": "Empties what lies below lamps"}, **part_of(SUITE)))
    world.city.put(thing("Lamp posts"))
    world.publish()
    assert world.shown() == {"Street suite": (2, ["Lamps", "Bins"]), "Lamp posts": 0}
    # Found by a part alone, and by words of several things together.
    assert world.shown("lamps") == {"Lamp posts": 0, "Street suite": (2, ["Lamps", "Bins"])}
    assert world.shown("empties") == {"Street suite": (2, ["Bins"])}
    assert world.shown("street bins lamps") == {"Street suite": (2, [])}
    assert world.shown("lamps", fold=False) == {"Lamps": 0, "Lamp posts": 0, "Bins": 0}
    assert world.shown(filters={"license": ("EUPL-1.2",)}) == {"Street suite": (2, ["Lamps"])}
    # A card is as new as the newest of its things.
    assert list(world.shown(sort="freshness")) == ["Street suite", "Lamp posts"]
    (item,) = search(
        world.home, Question(filters={"jurisdiction": ("FR-75",)}, wider=True, languages=("fr",))
    ).items
    assert (item["name"], item["wider"], item["jurisdictions"]) == ("Street suite", True, [])
    (item,) = search(world.home, Question(filters={"jurisdiction": ("FR",)}, wider=True)).items
    assert not item["wider"]
    page = search(world.home, Question(), facets=("license",))
    assert {each.value: each.count for each in page.facets["license"]} == {"EUPL-1.2": 1, "MIT": 1}
    world.check()
    # What others say of a part counts for the card.
    adopter(world.home, "bergen", use(at(world.city, lamp)))
    assert world.shown(filters={"uses": ("1",)}) == {"Street suite": (2, ["Lamps"])}
    assert list(world.shown(sort="reuse")) == ["Street suite", "Lamp posts", "Street suite"][:2]
    world.check()


def test_nobody_else_s_word_folds_anything(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", standing=(Rule(CITY, ("github.com/acme/*",)),))
    world = World(home)
    city, parks, state = world.city, world.parks, world.state
    suite = city.put(thing("Suite", SUITE))
    city.put(thing("Tool", "https://github.com/acme/tool"))
    # Somebody else's own thing; one that is called by what the suite's publisher controls; and somebody who
    # also describes what is another's.
    parks.put(thing("Casino", **part_of(at(city, suite))))
    parks.put(thing("Crane", "https://github.com/acme/crane", **part_of(SUITE)))
    parks.put(thing("Tool", "https://github.com/acme/tool", **part_of(at(city, suite))))
    trap = state.put(thing("Trap", "https://code.example/state/trap"))
    state.put(thing("Tool", "https://github.com/acme/tool", **part_of(at(state, trap))))
    state.put(thing("Suite", SUITE, **part_of(at(state, trap))))
    world.publish()
    assert world.shown() == dict.fromkeys(("Suite", "Tool", "Casino", "Crane", "Trap"), 0)
    assert world.shown() == world.shown(fold=False)
    home.close()


def test_all_who_decide_about_a_thing_have_to_say_what_it_is_part_of(world: World) -> None:
    suite = world.city.put(thing("Suite"))
    tool = "https://github.com/acme/tool"
    one = world.city.put(thing("Tool", tool, **part_of(at(world.city, suite))))
    world.publish()
    assert world.shown() == {"Suite": (1, ["Tool"])}
    # Nobody has standing: who joins it has a say in it, and brings nothing to light but itself.
    other = world.parks.put(thing("Tool", tool))
    world.publish()
    assert world.shown() == {"Suite": 0, "Tool": 0}
    world.check()
    world.parks.put(thing("Tool", tool, **part_of(at(world.city, suite))), other)
    world.publish()
    assert world.shown() == {"Suite": (1, ["Tool"])}
    world.parks.withdraw(other)
    world.city.put(thing("Tool", tool), one)
    world.publish()
    assert world.shown() == {"Suite": 0, "Tool": 0}
    world.check()


def test_a_proof_that_comes_decides_anew(world: World) -> None:
    suite = world.city.put(thing("Suite", SUITE))
    world.city.put(thing("Lamps", **part_of(SUITE)))
    world.parks.put(thing("Suite", SUITE))
    world.publish()
    show_policy(world.home)
    assert world.shown() == {"Suite": (1, ["Lamps"])}
    assert suite
    with world.home.database.write() as connection:
        connection.execute(
            "INSERT INTO proof (log, kind, name, verified_at, tried_at, failures, next_due)"
            " VALUES (?, 'repository', 'github.com/acme/suite', ?, ?, 0, ?)",
            (world.parks.store.id, world.home.now(), world.home.now(), world.home.now() + 9),
        )
    assert show_policy(world.home)
    assert world.shown() == {"Suite": 0, "Lamps": 0}
    world.check()


def test_suites_within_suites_are_one_card_and_rings_are_none(world: World) -> None:
    put, city = world.city.put, world.city
    ids = [bytes([number]) * 16 for number in range(MAX_DEPTH + 3)]
    for number, id_ in enumerate(ids):
        above = part_of(at(city, ids[number - 1])) if number else {}
        put(thing(f"Thing {number}", **above), id_)
    put(thing("Ring"), b"r" * 16)
    put(thing("Ring road", **part_of(at(city, b"r" * 16))), b"s" * 16)
    put(thing("On the ring", **part_of(at(city, b"s" * 16))), b"t" * 16)
    world.publish()
    card = {"Thing 0": (4, [f"Thing {number}" for number in range(1, 5)])}
    found = world.shown()
    assert {name: (each[0], sorted(each[1])) for name, each in found.items() if each} == {
        **card,
        "Ring": (2, ["On the ring", "Ring road"]),
    }
    # What is too deep stands by itself.
    assert {name for name, each in found.items() if not each} == {"Thing 5", "Thing 6"}
    world.check()
    put(thing("Ring", **part_of(at(city, b"t" * 16))), b"r" * 16)
    put(thing("Thing 1"), ids[1])
    world.publish()
    found = world.shown()
    assert {name for name, each in found.items() if each} == {"Thing 1"}
    assert found["Thing 1"][0] == 4
    assert {"Ring", "Ring road", "On the ring", "Thing 0", "Thing 6"} <= found.keys()
    world.check()


def test_a_part_that_moves_and_a_suite_that_goes(world: World) -> None:
    city = world.city
    suites = [city.put(thing(f"Suite {number}")) for number in range(2)]
    lamp = city.put(thing("Lamps", **part_of(*(at(city, each) for each in suites))))
    bins = city.put(thing("Bins", **part_of(at(city, suites[0]))))
    world.publish()
    # Of several suites the first.
    assert world.shown() == {"Suite 0": (2, ["Bins", "Lamps"]), "Suite 1": 0} or world.shown() == {
        "Suite 0": (2, ["Lamps", "Bins"]),
        "Suite 1": 0,
    }
    city.put(thing("Lamps", **part_of(at(city, suites[1]))), lamp)
    world.publish()
    assert world.shown() == {"Suite 0": (1, ["Bins"]), "Suite 1": (1, ["Lamps"])}
    world.check()
    city.withdraw(suites[0])
    world.publish()
    assert world.shown() == {"Bins": 0, "Suite 1": (1, ["Lamps"])}
    world.check()
    moderate(world.home, at(city, suites[1]), HIDE, "not now", "root")
    assert world.shown() == {"Bins": 0, "Lamps": 0}
    city.withdraw(bins)
    world.publish()
    assert world.shown() == {"Lamps": 0}
    world.check()


def test_a_card_has_so_many_parts_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.answers.folding.MAX_PARTS", 3)
    city = world.city
    suite = city.put(thing("Suite"), b"s" * 16)
    parts = [
        city.put(thing(f"Part {number}", **part_of(at(city, suite))), bytes([number]) * 16)
        for number in range(2, 6)
    ]
    world.publish()
    assert world.shown() == {"Suite": (3, world.shown()["Suite"][1]), "Part 5": 0}
    world.check()
    # One more comes first; another one stands by itself now.
    city.put(thing("Part 1", **part_of(at(city, suite))), bytes([1]) * 16)
    world.publish()
    assert world.shown().keys() == {"Suite", "Part 4", "Part 5"}
    world.check()
    city.withdraw(parts[0])
    world.publish()
    assert world.shown().keys() == {"Suite", "Part 5"}
    world.check()
    monkeypatch.setattr("node.answers.folding.MAX_LETTERS", 10)
    reindex(world.home)
    assert world.shown().keys() == {"Suite", "Part 3", "Part 4", "Part 5"}
    assert MAX_PARTS > 3


def test_what_is_found_within_a_scope_is_not_folded(world: World) -> None:
    suite = world.parks.put(thing("Suite", kind="service"))
    world.parks.put(thing("Lamps", **part_of(at(world.parks, suite))))
    world.publish()
    assert world.shown() == {"Suite": (1, ["Lamps"])}
    set_scope(world.home, PARKS, {"kind": ("software",)}, "root")
    assert world.shown() == {"Lamps": 0}
    world.check()
    set_scope(world.home, PARKS, {}, "root")
    assert world.shown() == {"Suite": (1, ["Lamps"])}


COPY: dict[str, Any] = {"summary": {"en": "Counts lamps."}}


def found_in(repo: str) -> dict[str, Any]:
    return {"source": {"format": "publiccode.yml", "foundAt": {"repo": repo, "path": "publiccode.yml"}}}


def test_a_copy_is_found_by_what_it_was_copied_from(world: World) -> None:
    tool = "https://github.com/acme/tool"
    own = world.city.put(thing("Tool", tool, **COPY, **found_in("acme/tool")))
    copy = world.city.put(thing("Tool", tool, **COPY, **found_in("beta/lamps")))
    # It says something of its own; and what somebody else says, who was not asked.
    world.city.put(thing("Tool", tool, summary={"en": "Counts trees."}, **found_in("beta/trees")))
    world.parks.put(thing("Tool", tool, **COPY, **found_in("gamma/lamps")))
    world.publish()
    items = search(world.home, Question()).items
    assert sorted((item["origin"], item["summary"], item["copies"]) for item in items) == [
        (CITY, "Counts lamps.", 1),
        (CITY, "Counts trees.", 0),
        (PARKS, "Counts lamps.", 0),
    ]
    assert search(world.home, Question(fold=False)).total == 4
    world.check()
    world.city.put(thing("Lamps", tool, **COPY, **found_in("beta/lamps")), copy)
    world.publish()
    assert search(world.home, Question()).total == 4
    world.city.put(thing("Tool", tool, **COPY, **found_in("beta/lamps")), copy)
    world.publish()
    assert search(world.home, Question()).total == 3
    world.city.withdraw(own)
    world.publish()
    assert search(world.home, Question()).total == 3
    assert {item["copies"] for item in search(world.home, Question()).items} == {0}
    world.check()


def test_a_variant_is_a_thing_of_its_own(world: World) -> None:
    tool = "https://github.com/acme/tool"
    world.city.put(thing("Tool", tool, **COPY))
    world.city.put(
        thing("Tool B", "https://github.com/beta/b", **COPY, basedOn=[{"ref": tool, "relation": "variant"}])
    )
    world.publish()
    assert world.shown() == {"Tool": 0, "Tool B": 0}


def test_in_a_view_everything_stands_by_itself(world: World) -> None:
    suite = world.city.put(thing("Suite"))
    part = world.city.put(
        thing(
            "Lamps",
            maintenance={"mode": "internal", "supportUntil": "2027-06-30"},
            **part_of(at(world.city, suite)),
        )
    )
    world.publish()
    (item,) = search(world.home, Question(view="support-ends-soon")).items
    assert (item["address"], item["parts"]) == (at(world.city, part), None)


def test_a_rebuild_makes_the_same_cards(world: World) -> None:
    suite = world.city.put(thing("Suite lamp"))
    for number in range(3):
        world.city.put(thing(f"Lamp {number}", **part_of(at(world.city, suite))))
    world.publish()
    kept = world.everything()
    assert len(kept[0]) == 3
    rebuild(world.home)
    assert world.everything() == kept


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["city", "city", "city", "parks"]),
        st.integers(0, 4),
        st.sampled_from([*["put"] * 8, "withdraw", "split", "block", *["wait"] * 3]),
        st.sampled_from(["", "", "", SUITE, "https://github.com/acme/tool"]),
        # Mostly one of the first publisher's own.
        st.lists(st.sampled_from([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 10]), max_size=2),
    ),
    min_size=8,
    max_size=20,
)


@settings(deadline=None, max_examples=8)
@given(STEPS)
def test_upkeep_equals_a_rebuild(tmp_path_factory: pytest.TempPathFactory, steps: list[Any]) -> None:
    home = open_home(tmp_path_factory.mktemp("home") / "node")
    world = World(home)
    show_policy(home)
    publishers = {"city": world.city, "parks": world.parks}
    places = [at(each, bytes([slot]) * 16) for each in publishers.values() for slot in range(5)]
    there: set[tuple[str, int]] = set()
    for who, slot, act, repo, named in steps:
        publisher, id_ = publishers[who], bytes([slot]) * 16
        if act == "put":
            suites = [(*places, SUITE)[number] for number in named]
            publisher.put(thing(f"Tool {slot}", *([repo] if repo else []), **part_of(*suites)), id_)
            there.add((who, slot))
        elif act == "withdraw" and (who, slot) in there:
            publisher.withdraw(id_)
            there.discard((who, slot))
        elif act == "split":
            with contextlib.suppress(InvalidInputError, NotFoundError):
                split(home, at(publisher, id_), "a fork", "root")
        elif act == "block":
            with contextlib.suppress(InvalidInputError, NotFoundError):
                if slot % 2:
                    say(home, Verdict.BLOCK, PARKS, "", reason="spam", actor="root")
                else:
                    take_back(home, PARKS, "", actor="root")
        if act == "wait":
            world.publish()
            catch_up(home)
    world.publish()
    kept = world.everything()
    folded = {(log, id_) for log, id_, *_ in kept[0]}
    everything, shown = (search(home, Question(fold=fold), MAX_LIMIT) for fold in (False, True))
    assert everything.total == shown.total + len(folded)
    # Whatever is within a card is in one, and in one only.
    assert sum(item["parts"]["total"] for item in shown.items if item["parts"]) == len(folded)
    rebuild(home)
    assert world.everything() == kept
    home.close()


def test_totals_of_cards_and_of_things_by_themselves(home: Home) -> None:
    city = Publisher(home, CITY)
    suite = city.put(thing("Street lamps"))
    for number in range(3):
        city.put(thing(f"Lamps {number}", partOf=[{"ref": f"{CITY}/e/{suite.hex()}"}]))
    city.publish()
    for fold in (True, False):
        asked = Question("lamps", fold=fold)
        total = search(home, asked, MAX_LIMIT).total
        assert total_of(home, asked) == total
        (offer,) = answered(home, Question("lamps qqqqzzzz", fold=fold)).relaxations
        assert (offer.text, offer.total) == ("lamps", total)
