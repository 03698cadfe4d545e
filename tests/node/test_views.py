"""Named views: who is in, why, and that nobody gets in by saying so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.answers.search import Question, search
from node.answers.views import VIEWS
from node.home import Home
from tests.publisher import NOW, Publisher, open_home
from tests.reuse_world import DAY, LAST_YEAR, LONG_AGO, OWNER, TODAY, adopter, thing, use

SOON = "2027-06-30"
FRESH = f"{LAST_YEAR}T00:00:00Z"


class World:
    """A node with things that are used."""

    def __init__(self, root: Path) -> None:
        self.now = NOW
        self.home: Home = open_home(root, clock=lambda: self.now)
        self.owner = Publisher(self.home, OWNER)

    def add(self, name: str, *uses: dict[str, Any], **fields: Any) -> None:  # noqa: ANN401 - any field
        repository = f"https://github.com/acme/{name}"
        usual = {
            "topics": ["sector:civic-participation"],
            "lifecycle": "live",
            "maintenance": {"mode": "community"},
            "modified": FRESH,
        }
        self.owner.put(thing(name, repository, **{**usual, **fields}))
        self.owner.publish()
        for number, each in enumerate(uses):
            adopter(self.home, f"{name}-{number}", {**each, "target": repository})

    def view(self, name: str, **asked: Any) -> dict[str, list[str]]:  # noqa: ANN401 - parts of a question
        page = search(self.home, Question(view=name, **asked), facets=("topic", "uses"))
        assert page.total == len(page.items)
        for facet, counted in page.facets.items():
            for each in counted:
                narrowed = Question(view=name, filters={facet: (each.value,)})
                assert facet in asked.get("filters", {}) or search(self.home, narrowed).total >= each.count
        return {item["name"]: item["why"] for item in page.items}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "home")
    yield made
    made.home.close()


def test_trusted_participation_platforms(world: World) -> None:
    running = use("")
    world.add("consul", running, use("", "pilot"))
    world.add("pilot-only", use("", "pilot"))
    world.add("claimed", claimedUsers=[{"name": "Everybody"}])
    world.add("neglected", running, maintenance={"mode": "none"})
    world.add("forgotten", running, modified=f"{LONG_AGO}T00:00:00Z")
    world.add("from-the-future", running, modified="2099-01-01T00:00:00Z")
    world.add("register", running, topics=["sector:health"])
    world.add("advice", running, kind="service")
    assert world.view("trusted-participation") == {
        "consul": [
            "kind is software",
            "topic is sector:civic-participation",
            "2 verified uses",
            "1 verified in production",
            "maintenance is community, lifecycle live",
            f"last changed on {LAST_YEAR}",
        ]
    }
    # For programs, and for pages in every language: in parts.
    (item,) = search(world.home, Question(view="trusted-participation"), fresh=False).items
    assert [(each["kind"], list(each["values"].values())) for each in item["reasons"]] == [
        ("is", ["kind", "software"]),
        ("is", ["topic", "sector:civic-participation"]),
        ("uses", ["2"]),
        ("production", ["1"]),
        ("maintained", ["community", "live"]),
        ("changed", [LAST_YEAR]),
    ]
    assert world.view("trusted-participation", text="advice") == {}
    assert world.view("trusted-participation", filters={"uses": ("2",)}).keys() == {"consul"}


def test_time_takes_a_project_out(world: World) -> None:
    world.add("consul", use("", since=TODAY))
    assert "consul" in world.view("trusted-participation")
    world.now += 2 * 365 * DAY
    assert world.view("trusted-participation") == {}


def test_widely_used_and_unfunded(world: World) -> None:
    many = [use("")] * 5
    world.add("consul", *many, funding=[{"by": "State", "to": LAST_YEAR}])
    world.add("funded", *many, funding=[{"by": "State"}])
    world.add("seldom", *many[1:])
    assert world.view("widely-used-unfunded") == {
        "consul": ["5 verified uses", "no funding is stated that runs today"]
    }


def test_support_that_ends_soon(world: World) -> None:
    world.add("consul", maintenance={"mode": "contract", "supportUntil": SOON})
    world.add("funded", funding=[{"by": "State", "from": "2025", "to": "2027-Q2"}])
    world.add("safe", maintenance={"mode": "contract", "supportUntil": "2030-06-01"})
    assert world.view("support-ends-soon") == {
        "consul": [f"ends on {SOON}"],
        "funded": [f"ends on {SOON}"],
    }
    world.now += 3 * 365 * DAY
    assert world.view("support-ends-soon").keys() == {"safe"}


def test_each_view_says_what_it_means_and_pages_like_any_question(world: World) -> None:
    for number in range(3):
        world.add(f"tool-{number}", maintenance={"mode": "contract", "supportUntil": SOON})
    for name, view in VIEWS.items():
        assert view.meaning.endswith(".")
        assert search(world.home, Question(view=name, sort="reuse")).corrections == {}
    names: list[str] = []
    cursor = None
    while True:
        page = search(world.home, Question(view="support-ends-soon", sort="name"), 1, cursor)
        names += [item["name"] for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert names == ["tool-0", "tool-1", "tool-2"]
