"""Links and decisions over real catalogues: who joins what, and that the index and a rebuild follow."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.standing import Rule
from node.answers.catalogue import CatalogueProjection
from node.answers.digest import digest
from node.answers.gathering import sharing_projects
from node.answers.indexing import catch_up
from node.answers.linked import MOST_OWN
from node.answers.policy import show_policy
from node.answers.rebuild import rebuild
from node.answers.search import Question, search
from node.config import Config, TrustConfig
from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from node.joining import JOIN, SPLIT, decisions, join, split, undo
from tests.publisher import ADDRESS, NOW, Publisher, entry, open_home

CITY, PARKS, STATE = "127.0.0.1:8401/log/city/1", "a.example/log/parks/1", "b.example/log/state/1"
TOOL, OTHER = "https://github.com/acme/tool", "https://github.com/acme/other"


class World:
    """A node, its publishers, and what readers of search see."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.city, self.parks, self.state = (
            Publisher(home, origin, own=origin == CITY) for origin in (CITY, PARKS, STATE)
        )

    def publish(self) -> None:
        for each in (self.city, self.parks, self.state):
            each.publish()

    def joined(self) -> list[set[str]]:
        """Return the projects of two or more, by the first letter of the log and the id's beginning."""
        with self.home.database.read() as connection:
            found = sharing_projects(self.home, connection)
        return sorted(
            ({member.address for member in each.members} for each in found if len(each.members) > 1),
            key=sorted,
        )

    def shown(self) -> list[tuple[str, int]]:
        """Return what a search finds: names and how many describe it."""
        page = search(self.home, Question())
        assert page.total == len(page.items)
        return sorted((item["name"], item["members"]) for item in page.items if item["type"] == "entry")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    home = open_home(tmp_path / "home")
    yield World(home)
    home.close()


def thing(name: str, *repos: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return entry(name, identifiers=[{"scheme": "repo", "value": repo} for repo in repos], **fields)


def link(subject: str, target: str, relation: str = "sameAs", why: str = "told by both") -> dict[str, Any]:
    return {
        "type": "link",
        "v": 1,
        "relation": relation,
        "subject": subject,
        "target": target,
        "reason": {"en": why},
    }


def at(publisher: Publisher, id_: bytes) -> str:
    return f"{publisher.origin}/e/{id_.hex()}"


def test_links_of_both_sides_join_and_search_follows(world: World) -> None:
    one, other = world.city.put(thing("Tool")), world.parks.put(thing("Outil"))
    world.publish()
    assert world.shown() == [("Outil", 1), ("Tool", 1)]
    a, b = at(world.city, one), at(world.parks, other)
    said = world.city.put(link(a, b))
    world.publish()
    assert world.shown() == [("Outil", 1), ("Tool", 1)]
    world.parks.put(link(b, a))
    world.publish()
    assert world.joined() == [{a, b}]
    assert world.shown() == [("Tool", 2)]
    world.city.withdraw(said)
    world.publish()
    assert world.joined() == []
    assert world.shown() == [("Outil", 1), ("Tool", 1)]


def test_a_link_may_name_what_entries_state(world: World) -> None:
    one, other = world.city.put(thing("Tool", TOOL)), world.parks.put(thing("Outil", OTHER))
    world.city.put(link(f"{TOOL}.git", at(world.parks, other)))
    world.parks.put(link(OTHER, TOOL))
    world.publish()
    assert world.joined() == [{at(world.city, one), at(world.parks, other)}]
    # Nobody else's entry at the same repository comes along.
    world.state.put(thing("Plugin", OTHER))
    world.publish()
    assert len(world.joined()) == 1
    assert world.shown() == [("Plugin", 1), ("Tool", 2)]


def test_links_of_others_act_on_nobody(world: World) -> None:
    entries = [
        world.city.put(thing("Tool", TOOL)),
        world.parks.put(thing("tool", TOOL)),
        world.parks.put(thing("Map")),
    ]
    world.publish()
    before = world.joined()
    a, b, c = at(world.city, entries[0]), at(world.parks, entries[1]), at(world.parks, entries[2])
    for ends in ((a, c), (TOOL, c), (c, b)):
        world.state.put(link(*ends))
    for ends in ((a, b), (TOOL, b), (b, TOOL)):
        world.state.put(link(*ends, "notSameAs"))
    world.publish()
    assert world.joined() == before == [{a, b}]
    assert world.shown() == [("Map", 1), ("Tool", 2)]


def test_a_publisher_takes_its_own_out_and_the_rest_stays_found(world: World) -> None:
    ids = [each.put(thing("Tool", TOOL)) for each in (world.city, world.parks, world.state)]
    world.publish()
    assert world.shown() == [("Tool", 3)]
    world.state.put(link(at(world.state, ids[2]), at(world.city, ids[0]), "notSameAs"))
    world.publish()
    assert world.joined() == [{at(world.city, ids[0]), at(world.parks, ids[1])}]
    assert world.shown() == [("Tool", 1), ("Tool", 2)]


def test_whoever_is_linked_comes_back_when_the_other_goes(world: World) -> None:
    one, other = world.city.put(thing("Tool")), world.parks.put(thing("Outil"))
    a, b = at(world.city, one), at(world.parks, other)
    world.city.put(link(a, b))
    world.parks.put(link(a, b))
    world.publish()
    assert world.shown() == [("Tool", 2)]
    world.city.withdraw(one)
    world.publish()
    assert world.shown() == [("Outil", 1)]


def test_a_curator_is_whom_the_operator_names(tmp_path: Path) -> None:
    def opened(**trust: Any) -> Home:  # noqa: ANN401 - any key
        config = Config(
            address=ADDRESS, name="City of Example", allow_private=True, trust=TrustConfig(**trust)
        )
        return Home(tmp_path / "home", config, clock=lambda: NOW, projection=CatalogueProjection())

    world = World(open_home(tmp_path / "home"))
    one, other = world.city.put(thing("Tool")), world.parks.put(thing("Outil"))
    world.state.put(link(at(world.city, one), at(world.parks, other)))
    world.publish()
    assert show_policy(world.home)
    assert world.shown() == [("Outil", 1), ("Tool", 1)]
    world.home.close()
    for name in (STATE, world.state.chain.newest.fingerprint):
        home = opened(curators=(name,))
        assert show_policy(home)
        assert [item["members"] for item in search(home, Question()).items] == [2]
        home.close()
        home = opened()
        assert show_policy(home)
        assert [item["members"] for item in search(home, Question()).items] == [1, 1]
        home.close()


def test_who_controls_a_repository_says_what_it_is(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", standing=(Rule(STATE, ("github.com/acme/*",)),))
    world = World(home)
    one, other = world.city.put(thing("Tool", TOOL)), world.parks.put(thing("Outil", OTHER))
    world.state.put(link(TOOL, OTHER))
    world.publish()
    assert world.joined() == [{at(world.city, one), at(world.parks, other)}]
    world.state.put(link(at(world.city, one), at(world.parks, other), "notSameAs"))
    world.publish()
    assert world.joined() == []
    assert world.shown() == [("Outil", 1), ("Tool", 1)]
    home.close()


def test_the_operator_joins_splits_and_takes_it_back(world: World) -> None:
    ids = [each.put(thing("Tool", TOOL)) for each in (world.city, world.parks)]
    third = world.state.put(thing("Werkzeug"))
    world.publish()
    a, b, c = at(world.city, ids[0]), at(world.parks, ids[1]), at(world.state, third)
    assert world.shown() == [("Tool", 2), ("Werkzeug", 1)]
    made = join(world.home, a, c, " the same by its manual ", "root")
    assert (made.action, made.entry, made.other, made.reason) == (JOIN, a, c, "the same by its manual")
    assert world.shown() == [("Tool", 3)]
    parted = split(world.home, b, "a fork", "root")
    assert parted.action == SPLIT
    assert world.shown() == [("Tool", 1), ("Tool", 2)]
    assert decisions(world.home) == (made, parted)
    kept = digest(world.home)
    rebuild(world.home)
    assert digest(world.home) == kept
    assert world.shown() == [("Tool", 1), ("Tool", 2)]
    assert undo(world.home, made.number, "it is not", "root") == made
    assert undo(world.home, parted.number, "it is not", "root") == parted
    assert world.shown() == [("Tool", 2), ("Werkzeug", 1)]
    assert world.joined() == [{a, b}]
    audit = world.home.database.connection.execute(
        "SELECT action, detail FROM audit ORDER BY number"
    ).fetchall()
    assert [action for action, _ in audit] == [
        "project join",
        "project split",
        "project undo",
        "project undo",
    ]
    assert "the same by its manual" in audit[0][1]
    # Numbers are not given twice.
    assert split(world.home, b, "a fork", "root").number > parted.number


def test_what_cannot_be_decided(world: World) -> None:
    ids = [world.city.put(thing("Tool", TOOL)), world.parks.put(thing("Tool", TOOL))]
    service = world.city.put(thing("Help", kind="service"))
    map_ = world.city.put(thing("Map"))
    world.publish()
    a, b, c, d = (
        at(world.city, ids[0]),
        at(world.parks, ids[1]),
        at(world.city, service),
        at(world.city, map_),
    )
    for one, other, why in ((a, b, "already"), (a, a, "one entry"), (a, c, "never one project")):
        with pytest.raises(InvalidInputError, match=why):
            join(world.home, one, other, "why not", "root")
    with pytest.raises(NotFoundError):
        join(world.home, a, f"{CITY}/e/{'0' * 32}", "why not", "root")
    with pytest.raises(InvalidInputError, match="reason"):
        join(world.home, a, d, " ", "root")
    with pytest.raises(InvalidInputError, match="reason"):
        split(world.home, a, "", "root")
    with pytest.raises(InvalidInputError, match="reason"):
        undo(world.home, 1, "", "root")
    with pytest.raises(NotFoundError, match="decision 7"):
        undo(world.home, 7, "never mind", "root")
    join(world.home, a, d, "one thing", "root")
    with pytest.raises(InvalidInputError, match="joined with another"):
        split(world.home, d, "two things", "root")
    split(world.home, b, "two things", "root")
    with pytest.raises(InvalidInputError, match="is split here"):
        split(world.home, b, "two things", "root")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["city", "parks", "state"]),
        st.integers(0, 2),
        st.sampled_from(["put", "put", "link", "link", "cut", "withdraw", "split", "join"]),
        st.sampled_from(["Tool", "Other"]),
        st.tuples(st.integers(0, 8), st.integers(0, 8)),
    ),
    max_size=14,
)


@settings(deadline=None, max_examples=12)
@given(STEPS)
def test_upkeep_equals_a_rebuild(tmp_path_factory: pytest.TempPathFactory, steps: list[Any]) -> None:
    world = World(open_home(tmp_path_factory.mktemp("home") / "node"))
    home = world.home
    show_policy(home)
    stated: dict[tuple[str, int, str], bytes] = {}
    publishers = {"city": world.city, "parks": world.parks, "state": world.state}
    ends = [at(publishers[who], bytes([n]) * 16) for who in publishers for n in range(3)]
    for who, slot, act, name, (m, n) in steps:
        publisher = publishers[who]
        if act == "put":
            publisher.put(thing(name, TOOL if m % 3 else OTHER), bytes([slot]) * 16)
            stated[who, slot, "entry"] = bytes([slot]) * 16
        elif act in ("link", "cut"):
            relation = "sameAs" if act == "link" else "notSameAs"
            subject = ends[m] if slot else TOOL
            id_ = stated.get((who, slot, act)) or None
            stated[who, slot, act] = publisher.put(link(subject, ends[n], relation), id_)
        elif act == "withdraw":
            for kind in ("entry", "link", "cut"):
                if (who, slot, kind) in stated:
                    publisher.withdraw(stated.pop((who, slot, kind)))
                    break
        else:
            with contextlib.suppress(InvalidInputError, NotFoundError):
                if act == "split":
                    split(home, ends[m], "a fork", "root")
                else:
                    join(home, ends[m], ends[n], "the same", "root")
        publisher.publish()
        catch_up(home)
    kept = (world.joined(), world.shown(), digest(home))
    rebuild(home)
    assert (world.joined(), world.shown(), digest(home)) == kept
    home.close()


def test_an_address_in_a_log_that_another_one_continues_names_what_stands_now(world: World) -> None:
    new = Publisher(world.home, "a.example/log/parks/2", own=False)
    one, other = world.city.put(thing("Tool")), bytes(range(16))
    world.parks.put(thing("Outil"), other)
    new.put(thing("Outil"), other)
    world.publish()
    new.publish()
    old = at(world.parks, other)
    world.city.put(link(at(world.city, one), old))
    world.parks.put(link(old, at(world.city, one)))
    world.publish()
    assert world.joined() == [{at(world.city, one), old}]
    with world.home.database.write() as connection:
        connection.execute(
            "INSERT INTO succession (log, origin, fingerprint, source, found_at) VALUES (?, ?, ?, '', 0)",
            (world.parks.store.id, new.origin, new.chain.fingerprint),
        )
    # A successor says anew what holds, this too.
    assert world.joined() == []
    new.put(link(old, at(world.city, one)))
    new.publish()
    assert world.joined() == [{at(world.city, one), at(new, other)}]
    decided = split(world.home, at(new, other), "a fork", "root")
    assert world.joined() == []
    undo(world.home, decided.number, "no fork", "root")
    assert world.joined() == [{at(world.city, one), at(new, other)}]


def test_only_so_many_of_ones_own_are_meant_by_a_url(world: World) -> None:
    ids = [world.city.put(thing(f"Part {n}x", TOOL)) for n in range(MOST_OWN + 4)]
    other = world.parks.put(thing("Whole"))
    world.parks.put(link(at(world.parks, other), TOOL))
    world.city.put(link(TOOL, at(world.parks, other)))
    world.publish()
    (group,) = world.joined()
    assert group == {at(world.parks, other), *(at(world.city, id_) for id_ in sorted(ids)[:MOST_OWN])}


def test_links_that_say_nothing_are_heard_by_nobody(world: World) -> None:
    one = world.city.put(thing("Tool", TOOL))
    for broken in (
        {"type": "link", "v": 1, "relation": "sameAs", "subject": TOOL},
        {"type": "link", "v": 1, "relation": 7, "subject": TOOL, "target": at(world.city, one)},
        {"type": "link", "v": 1, "relation": "sameAs", "subject": [TOOL], "target": TOOL},
        link(at(world.city, one), at(world.city, one)),
        link(at(world.city, one), f"nobody.example/log/x/1/e/{'0' * 32}"),
        link(at(world.city, one), "https://github.com/nobody/nothing", "notSameAs"),
    ):
        world.city.put(broken)
    world.publish()
    assert world.joined() == []
    world.home.database.connection.execute("UPDATE entry SET payload = x'c1' WHERE type = 'link'")
    assert world.joined() == []


def test_a_blocked_publisher_is_not_heard(world: World) -> None:
    one, other = world.city.put(thing("Tool")), world.parks.put(thing("Outil"))
    world.city.put(link(at(world.city, one), at(world.parks, other)))
    world.parks.put(link(at(world.city, one), at(world.parks, other)))
    world.publish()
    assert len(world.joined()) == 1
    world.home.database.connection.execute(
        "INSERT INTO blocked (log, name, by, reason, at) VALUES (?, ?, '', '', 0)",
        (world.parks.store.id, PARKS),
    )
    assert world.joined() == []


def test_nodes_that_decided_the_same_have_the_same_projects(tmp_path: Path) -> None:
    found: list[dict[str, str]] = []
    for order in ((CITY, PARKS, STATE), (STATE, PARKS, CITY)):
        home = open_home(tmp_path / str(len(found)))
        publishers = {origin: Publisher(home, origin, own=origin == CITY) for origin in order}
        ids = {origin: each.put(thing("Tool", TOOL)) for origin, each in publishers.items()}
        others = {origin: each.put(thing(f"Map {origin[0]}")) for origin, each in publishers.items()}
        publishers[CITY].put(link(at(publishers[CITY], others[CITY]), at(publishers[PARKS], others[PARKS])))
        publishers[PARKS].put(link(at(publishers[CITY], others[CITY]), at(publishers[PARKS], others[PARKS])))
        for each in publishers.values():
            each.publish()
        before = digest(home)["clusters"]
        split(home, at(publishers[STATE], ids[STATE]), "a fork", "root")
        join(
            home,
            at(publishers[STATE], others[STATE]),
            at(publishers[PARKS], others[PARKS]),
            "one map",
            "root",
        )
        assert digest(home)["clusters"] != before
        found.append(digest(home))
        home.close()
    assert found[0] == found[1]
