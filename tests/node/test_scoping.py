"""Following a part: what is out of scope is not found, and is there all the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.answers.clusters import project_view
from node.answers.digest import digest
from node.answers.provenance import show
from node.answers.publishers import publisher
from node.answers.rebuild import rebuild
from node.answers.restrained import restrained
from node.answers.search import Question, search
from node.cli.exits import ExitCode
from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from node.plans.questions import PlanQuestion, plans
from node.scoping import SCOPED, scope_of, set_scope
from tests.command import runner
from tests.publisher import ADDRESS, Publisher, entry, open_home

CITY, STATE = "127.0.0.1:8401/log/city/1", "state.example/log/state/1"
REPOSITORY = {"identifiers": [{"scheme": "dpg", "value": "gid-1"}]}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = open_home(tmp_path / "home")
    city, state = Publisher(opened, CITY), Publisher(opened, STATE, own=False)
    city.put(entry("Own budget"))
    city.put(entry("Shared", **REPOSITORY))
    state.put(entry("Shared too", topics=["sector:health"], **REPOSITORY))
    state.put(entry("Clinic", topics=["sector:health"], jurisdictions=["FR-69"]))
    state.put(entry("Petitions", topics=["ogp:e-petitions"], jurisdictions=["EU"]))
    state.put(entry("Trees", jurisdictions=["DE"], roadmap=[{"id": "r", "title": {"en": "A new forest"}}]))
    state.put({"type": "profile", "v": 1, "name": {"en": "The state"}})
    for each in (city, state):
        each.publish()
    yield opened
    opened.close()


def names(home: Home) -> set[str]:
    return {item["name"] for item in search(home, Question(), 100).items}


ALL = {"Own budget", "Shared", "Clinic", "Petitions", "Trees", "The state"}


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ({}, ALL),
        ({"topic": ["sector:health"]}, ALL - {"Petitions", "Trees"}),
        # A broader topic finds the narrower ones, a country its regions, and what is for all of Europe.
        ({"topic": ["ogp:open-digital"]}, ALL - {"Clinic", "Trees"}),
        ({"jurisdiction": ["fr"]}, ALL - {"Trees"}),
        ({"jurisdiction": ["FR"], "topic": ["sector:health"]}, ALL - {"Petitions", "Trees"}),
        ({"kind": ["dataset", "process"]}, ALL - {"Clinic", "Petitions", "Trees"}),
    ],
)
def test_what_is_out_of_scope_is_not_found(home: Home, scope: dict[str, list[str]], found: set[str]) -> None:
    assert names(home) == ALL
    before = digest(home)
    set_scope(home, STATE, scope, "ada")
    # A project with a member of another log, or of this node, is found for that one.
    assert names(home) == found
    rebuild(home)
    assert names(home) == found
    assert digest(home) == before
    set_scope(home, STATE, {}, "ada")
    assert names(home) == ALL


def test_it_keeps_its_address_and_its_publisher_says_why(home: Home) -> None:
    (trees,) = (item for item in search(home, Question("trees")).items)
    assert plans(home, PlanQuestion("roadmap", "forest")).total == 1
    assert publisher(home, STATE)["scope"] is None
    set_scope(home, STATE, {"topic": ["sector:health"], "kind": ["software"]}, "ada")
    assert search(home, Question("trees")).total == plans(home, PlanQuestion("roadmap", "forest")).total == 0
    assert show(home, trees["address"])["name"] == "Trees"
    assert project_view(home, trees["id"])["members"]
    found = publisher(home, STATE)
    assert (found["entries"], found["scope"]) == (4, {"kind": ["software"], "topic": ["sector:health"]})
    assert restrained(home)[STATE] == "Found by search only with kind software; topic sector:health"
    ((actor, origin),) = home.database.connection.execute(
        "SELECT actor, origin FROM audit WHERE action = 'scope'"
    )
    assert (actor, origin) == ("ada", STATE)


def test_what_comes_later_is_looked_at_too(home: Home) -> None:
    set_scope(home, STATE, {"topic": ["sector:health"]}, "ada")
    state = Publisher(home, "state.example/log/parks/1", own=False)
    id_ = state.put(entry("Meadow", topics=["sector:health"]))
    state.publish()
    set_scope(home, state.origin, {"topic": ["sector:health"]}, "ada")
    assert "Meadow" in names(home)
    state.put(entry("Meadow", topics=["sector:justice"]), id_)
    state.publish()
    assert "Meadow" not in names(home)
    state.put(entry("Meadow", topics=["sector:justice", "sector:health"]), id_)
    state.publish()
    assert "Meadow" in names(home)


@pytest.mark.parametrize(
    ("origin", "scope", "error"),
    [
        ("nobody.example/log/x/1", {}, "nobody.example"),
        (CITY, {"kind": ["software"]}, "a log of this node itself"),
        (STATE, {"kind": ["softwar"]}, "there is no kind 'softwar'"),
        (STATE, {"topic": ["sector:helth"]}, "there is no topic"),
        (STATE, {"jurisdiction": ["F\nR"]}, "a jurisdiction is a word"),
        (STATE, {"license": ["MIT"]}, "not by 'license'"),
        (STATE, {"jurisdiction": [f"X{number}" for number in range(101)]}, "at most 100"),
    ],
)
def test_scopes_that_cannot_be(home: Home, origin: str, scope: dict[str, list[str]], error: str) -> None:
    with pytest.raises((InvalidInputError, NotFoundError), match=error):
        set_scope(home, origin, scope, "ada")
    assert scope_of(home, STATE) == {}


@settings(max_examples=15)
@given(data=st.data())
def test_a_scope_is_a_search_with_its_filters(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    values = {
        "kind": st.sampled_from(["software", "service", "dataset"]),
        "topic": st.sampled_from(["sector:health", "ogp:open-digital", "ogp:e-petitions", "sdg:3"]),
        "jurisdiction": st.sampled_from(["FR", "FR-69", "DE", "EU", "INT"]),
    }
    entries = st.fixed_dictionaries(
        {
            "kind": values["kind"],
            "topics": st.lists(values["topic"], max_size=2, unique=True),
            "jurisdictions": st.lists(values["jurisdiction"], max_size=2, unique=True),
        }
    )
    home = open_home(tmp_path_factory.mktemp("scoped"))
    state = Publisher(home, STATE, own=False)
    for number, fields in enumerate(data.draw(st.lists(entries, max_size=8))):
        state.put(entry(f"Thing {number}", **fields))
    state.publish()
    scope = data.draw(
        st.fixed_dictionaries(
            {}, optional={facet: st.lists(values[facet], min_size=1, max_size=2) for facet in SCOPED}
        )
    )
    asked = Question(filters={facet: tuple(each) for facet, each in scope.items()}, wider=True)
    expected = {item["address"] for item in search(home, asked, 100).items}
    set_scope(home, STATE, scope, "ada")
    assert {item["address"] for item in search(home, Question(), 100).items} == expected
    home.close()


def test_by_commands(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FEDCAT_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "config.toml").write_text(
        f'address = "{ADDRESS}"\nname = "City"\nallow_private = true\n', encoding="utf-8"
    )
    fedcat = runner(monkeypatch, capsys, "--json")
    assert fedcat("scope", STATE).document == {"origin": STATE, "scope": None}
    chosen = fedcat("scope", STATE, "--topic", "sector:health", "--place", "fr")
    assert chosen.document["scope"] == {"jurisdiction": ["FR"], "topic": ["sector:health"]}
    assert names(home) == ALL - {"Petitions", "Trees"}
    assert fedcat("scope", STATE).document == chosen.document
    assert fedcat("scope", STATE, "--all", "--kind", "software").code == ExitCode.USAGE
    refused = fedcat("follow", "http://127.0.0.1:9", "--kind", "softwar", "--yes")
    assert (refused.code, "Did you mean software?" in refused.err) == (ExitCode.INVALID_INPUT, True)
    assert fedcat("scope", STATE, "--all").document["scope"] is None
    assert names(home) == ALL
