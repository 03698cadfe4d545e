"""Projects from the rows of a real catalogue: gathered, shown, and kept in step with the logs."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.standing import Rule
from node.answers.clusters import clusters, project_view
from node.answers.digest import digest
from node.answers.gathering import projects_of, sharing_projects
from node.answers.policy import show_policy
from node.answers.projects import Project
from node.answers.rebuild import rebuild
from node.answers.search import Question, search
from node.errors import NotFoundError
from node.home import Home
from tests.publisher import Publisher, open_home
from tests.reuse_world import thing

CITY, PARKS, STATE = "127.0.0.1:8401/log/city/1", "a.example/log/parks/1", "b.example/log/state/1"
TOOL = "https://github.com/acme/tool"


def gathered(home: Home, *wanted: tuple[str, bytes]) -> list[Project]:
    with home.database.read() as connection:
        keys = [(home.logs.store(origin).id, id_) for origin, id_ in wanted]
        return projects_of(home, connection, keys)


def joined(home: Home) -> list[list[str]]:
    with home.database.read() as connection:
        projects = sharing_projects(home, connection)
    return sorted(sorted(m.address for m in each.members) for each in projects if len(each.members) > 1)


def test_entries_of_two_publishers_are_one_project(home: Home) -> None:
    city, parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
    one, other = city.put(thing("Tool", TOOL)), parks.put(thing("tool", TOOL))
    alone = city.put(thing("Alone"))
    city.publish()
    parks.publish()
    (project,) = gathered(home, (CITY, one))
    assert {member.address for member in project.members} == {
        f"{CITY}/e/{one.hex()}",
        f"{PARKS}/e/{other.hex()}",
    }
    assert gathered(home, (PARKS, other)) == [project]
    assert len(gathered(home, (CITY, one), (PARKS, other), (CITY, alone))) == 2
    assert gathered(home, (CITY, bytes(16))) == []


def test_profiles_and_what_is_withdrawn_are_no_projects(home: Home) -> None:
    city = Publisher(home, CITY)
    profile = city.put({"type": "profile", "v": 1, "name": {"en": "City"}})
    gone = city.put(thing("Tool", TOOL))
    city.publish()
    city.withdraw(gone)
    city.publish()
    assert gathered(home, (CITY, profile), (CITY, gone)) == []
    with pytest.raises(NotFoundError, match="live entry"):
        project_view(home, gone.hex())


def test_a_project_parts_when_what_joined_it_goes(home: Home) -> None:
    city, parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
    one, other = city.put(thing("Tool", TOOL)), parks.put(thing("tool", TOOL))
    city.publish()
    parks.publish()
    home.database.connection.execute("DELETE FROM index_queue")
    parks.put(thing("tool", "https://github.com/acme/elsewhere"), other)
    parks.publish()
    assert joined(home) == []
    # Whoever shared what is gone waits to be indexed again, too.
    queued = {bytes(id_) for (id_,) in home.database.connection.execute("SELECT id FROM index_queue")}
    assert queued == {one, other}


def test_headlines_attribute_every_value(home: Home) -> None:
    city, parks, state = (Publisher(home, origin, own=origin == CITY) for origin in (CITY, PARKS, STATE))
    ids = [
        city.put(thing("Tool", TOOL, license="MIT", topics=["ogp:open-data"], summary={"en": "One"})),
        parks.put(thing("tool", TOOL, license="EUPL-1.2", topics=["sdg:11"], summary={"fr": "Un"})),
        state.put(thing("TOOL", TOOL, license="EUPL-1.2", lifecycle="live")),
    ]
    for publisher in (city, parks, state):
        publisher.publish()
    view = project_view(home, ids[0].hex(), ("fr",))
    addresses = [f"{origin}/e/{id_.hex()}" for origin, id_ in zip((CITY, PARKS, STATE), ids, strict=True)]
    assert view["fields"]["license"] == {
        "value": "EUPL-1.2",
        "stated_by": addresses[1:],
        "also": [{"value": "MIT", "stated_by": addresses[:1]}],
    }
    assert view["fields"]["summary"]["value"] == {"en": "One"}
    assert view["fields"]["summary"]["also"] == [{"value": {"fr": "Un"}, "stated_by": [addresses[1]]}]
    # One voice alone fills no gap, and is named.
    assert view["fields"]["lifecycle"] == {
        "value": None,
        "stated_by": [],
        "also": [{"value": "live", "stated_by": [addresses[2]]}],
    }
    assert view["fields"]["topics"] == {
        "value": ["ogp:open-data"],
        "items": [
            {"value": "ogp:open-data", "stated_by": [addresses[0]], "headline": True},
            {"value": "sdg:11", "stated_by": [addresses[1]], "headline": False},
        ],
    }
    assert view["kind"] == "software"
    assert {member["address"] for member in view["members"]} == set(addresses)
    assert [item["identifier"] for item in view["evidence"]] == ["repo:github.com/acme/tool"]
    assert view == project_view(home, addresses[2], ("fr",))


def test_who_has_standing_heads_the_project(tmp_path: Path) -> None:
    home = open_home(tmp_path / "ruled", standing=(Rule(STATE, ("github.com/acme/*",)),))
    city, parks, state = (Publisher(home, origin, own=origin == CITY) for origin in (CITY, PARKS, STATE))
    first = city.put(thing("Tool", TOOL, license="MIT", topics=["sdg:11"]))
    parks.put(thing("tool", TOOL, license="MIT", topics=["sdg:12"]))
    owner = state.put(thing("Tool", TOOL, license="EUPL-1.2", topics=["ogp:open-data"]))
    for publisher in (city, parks, state):
        publisher.publish()
    view = project_view(home, first.hex())
    assert view["address"] == f"{STATE}/e/{owner.hex()}"
    assert view["fields"]["license"]["value"] == "EUPL-1.2"
    assert view["fields"]["topics"]["value"] == ["ogp:open-data"]
    assert len(view["fields"]["topics"]["items"]) == 3
    assert [member["standing"] for member in view["members"]] == [True, False, False]
    home.close()


def test_a_hostile_publisher_moves_no_headline(home: Home) -> None:
    city, state = Publisher(home, CITY), Publisher(home, STATE, own=False)
    ids = [
        city.put(
            thing(
                f"Tool {n}x", f"https://github.com/acme/tool{n}x", license="MIT", summary={"en": f"Real {n}"}
            )
        )
        for n in range(10)
    ]
    city.publish()
    before = [project_view(home, id_.hex())["fields"] for id_ in ids]
    for n in range(10):
        for copy in range(3):
            lie = {
                "license": f"LicenseRef-lie-{copy}",
                "summary": {"en": f"Pay us {copy}"},
                "lifecycle": "retired",
            }
            state.put(thing(f"Tool {n}x", f"https://github.com/acme/tool{n}x", **lie))
    state.publish()
    for id_, fields in zip(ids, before, strict=True):
        view = project_view(home, id_.hex())
        assert len(view["members"]) == 4
        for field, now in view["fields"].items():
            assert (now["value"] or None) == (fields[field]["value"] if field in fields else None), field


def test_whatever_a_thing_is_called_its_namesakes_are_found(home: Home) -> None:
    many = " ".join(f"{first}{second}" for first in "abcdef" for second in "ghijkl")
    names = (many, "aaaa* bbbb* cccc* dddd* eeee*", 'The "Mesh" package', "\u5e02\u653f\u7f51\u7ad9\u7fa4")
    city, parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
    ids = [(city.put(thing(name)), parks.put(thing(name.upper()))) for name in names]
    parks.put(thing("Tiny"))
    tiny = city.put(thing("Tiny"))
    plain = parks.put(thing("the mesh PACKAGE!"))
    parks.put(thing("The mesh package", kind="service"))
    parks.put(thing("The mesh package of others"))
    city.publish()
    parks.publish()

    def namesakes(id_: bytes) -> list[str]:
        return [item["project"].rpartition("/")[2] for item in project_view(home, id_.hex())["related"]]

    for number, (one, other) in enumerate(ids):
        assert namesakes(one) == sorted([other.hex(), *([plain.hex()] if number == 2 else [])]), names[number]
    # Too many things have a short name.
    assert namesakes(tiny) == []


def test_related_says_why_it_is_not_joined(home: Home) -> None:
    umbrella = "https://github.com/acme/umbrella"
    city, parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
    one = city.put(thing("Mesh Package", umbrella))
    parks.put(thing("Mesh package", umbrella))
    solver = parks.put(thing("Solver Package", umbrella))
    service = parks.put(thing("Mesh Package", umbrella, kind="service"))
    copied = {
        "format": "publiccode.yml",
        "path": "x.yml",
        "foundAt": {"repo": "beta/lamps", "path": "publiccode.yml"},
    }
    copy = parks.put(thing("Mesh Package", umbrella, source=copied))
    namesake = parks.put(thing("Mesh Package"))
    city.publish()
    parks.publish()
    view = project_view(home, one.hex())
    assert len(view["members"]) == 2
    why = {item["project"].rpartition("/")[2]: (item["relation"], item["why"]) for item in view["related"]}
    assert why[solver.hex()] == ("related", "the same repository, unlike names")
    assert why[service.hex()] == ("related", "the same repository, another kind of thing")
    assert why[copy.hex()][1].startswith(
        "the same repository, but the file that names it lay in github.com/beta/lamps"
    )
    assert why[namesake.hex()][0] == "maybe the same"
    (listed,) = clusters(home)
    assert listed["project"] == view["address"]
    assert {(m["origin"], m["name"], m["source"]) for m in listed["members"]} == {
        (CITY, "Mesh Package", None),
        (PARKS, "Mesh package", None),
    }
    assert {item["project"].rpartition("/")[2] for item in listed["related"]} == {
        solver.hex(),
        service.hex(),
        copy.hex(),
    }


def test_the_list_names_source_and_name_as_imported(home: Home) -> None:
    city = Publisher(home, CITY)
    source = {
        "format": "code.json",
        "path": "code.json",
        "original": {"/permissions/licenses/0/name": "CC0", "/name": " Tool "},
    }
    city.put(thing("Tool", TOOL, source=source))
    other = {
        "format": "code.json",
        "url": "https://city.gov/code.json",
        "original": {"/licenses/0/name": "CC0"},
    }
    city.put(thing("Tool", TOOL, source=other))
    city.publish()
    (listed,) = clusters(home)
    assert {(member["name"], member["source"]) for member in listed["members"]} == {
        (" Tool ", "code.json"),
        ("Tool", "https://city.gov/code.json"),
    }


STEPS = st.lists(
    st.tuples(
        st.sampled_from([CITY, PARKS, STATE]),
        st.integers(0, 2),
        st.sampled_from(["put", "put", "put", "withdraw", "erase"]),
        st.sampled_from(["Tool", "tool 2.0", "Other"]),
        st.lists(st.sampled_from([TOOL, f"{TOOL}.git", "https://github.com/acme/other"]), max_size=2),
    ),
    max_size=14,
)


@settings(deadline=None, max_examples=15)
@given(STEPS)
def test_upkeep_equals_a_rebuild(tmp_path_factory: pytest.TempPathFactory, steps: list[Any]) -> None:
    home = open_home(tmp_path_factory.mktemp("home") / "node")
    publishers = {origin: Publisher(home, origin, own=origin == CITY) for origin in (CITY, PARKS, STATE)}
    stated: dict[tuple[str, int], bytes] = {}
    for origin, slot, act, name, repos in steps:
        publisher, known = publishers[origin], stated.get((origin, slot))
        if act == "put":
            stated[origin, slot] = publisher.put(thing(name, *repos), known)
        elif known is not None:
            (publisher.withdraw if act == "withdraw" else publisher.erase)(known)
            del stated[origin, slot]
        publisher.publish()
    kept, rows = (joined(home), digest(home)), _identity(home)
    rebuild(home)
    assert ((joined(home), digest(home)), _identity(home)) == (kept, rows)
    home.close()


def _identity(home: Home) -> list[Any]:
    return home.database.connection.execute("SELECT * FROM identity ORDER BY 1, 2, 3").fetchall()


def test_a_new_rule_is_shown_by_facets_too(tmp_path: Path) -> None:
    home = open_home(tmp_path / "node")
    city, state = Publisher(home, CITY), Publisher(home, STATE, own=False)
    # Not "tool": that word means all software.
    city.put(thing("Wozzle", TOOL, license="MIT"))
    state.put(thing("Wozzle", TOOL, license="EUPL-1.2"))
    city.put(thing("Alone", "https://github.com/acme/alone", license="MIT"))
    city.publish()
    state.publish()

    def licences(of: Home) -> dict[str, int]:
        page = search(of, Question("wozzle"), facets=("license",))
        return {each.value: each.count for each in page.facets["license"]}

    assert show_policy(home)
    assert licences(home) == {"MIT": 1}
    assert not show_policy(home)
    home.close()
    ruled = open_home(tmp_path / "node", standing=(Rule(STATE, ("github.com/acme/*",)),))
    assert show_policy(ruled)
    assert ruled.database.connection.execute("SELECT count(*) FROM index_queue").fetchone() == (2,)
    assert licences(ruled) == {"EUPL-1.2": 1}
    assert not show_policy(ruled)
    ruled.close()
