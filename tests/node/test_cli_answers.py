"""Asking from the command line: words and filters, who publishes, whom the node asks."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from node.answers.facets import FACETS
from node.cli.project import _NO_LANGUAGES, _text
from node.cli.searching import _FILTERS
from node.home import Home
from protocol.language import is_tag
from protocol.statement import Entry
from tests.command import Fedcat
from tests.node_world import NodeWorld
from tests.publisher import Publisher, entry

pytestmark = pytest.mark.usefixtures("city")


def publish(home: Home, name: str, *payloads: dict[str, Any]) -> str:
    """Publish as somebody whom the node follows; return the origin."""
    publisher = Publisher(home, f"{name}.example/log/{name}/1", own=False)
    for payload in payloads:
        publisher.put(payload)
    publisher.publish()
    return publisher.origin


def test_search_without_words_finds_everything(city: Home, fedcat: Fedcat) -> None:
    publish(city, "parks", entry("Trees"), entry({"en": "Ponds", "fr": "Mares"}))
    page = fedcat("search", "--json").document
    assert list(page) == ["total", "items", "facets", "corrections", "interpreted", "relaxations", "next"]
    assert page["total"] == 3
    assert fedcat("search", "ponds", "--lang", "de, fr", "--json").document["items"][0]["name"] == "Mares"
    shown = fedcat("search", "ponds")
    assert "parks.example/log/parks/1" in shown.out
    assert "1 in all" in shown.err
    assert "Nothing found." in fedcat("search", "zzzz").err


def test_what_words_were_taken_for_is_told(city: Home, fedcat: Fedcat) -> None:
    publish(city, "parks", entry("Trees", languages=["fr"], topics=["topic:participatory-budgeting"]))
    publish(city, "ponds", entry("Ponds", languages=["de"], lessons=[{"text": {"en": "Fish in French"}}]))
    call = {"type": "advice", "text": {"en": "Ask"}, "until": "2099-01-01"}
    publish(city, "lakes", entry("Lakes", languages=["de"], seeking=[call]))
    found = fedcat("search", "budget participatif en français")
    assert "Trees" in found.out
    assert "took “en français” as --language fr" in found.err
    page = fedcat("search", "trees in French seeking partners", "--json").document
    how = page["interpreted"]
    assert (how["applied"], how["total"], how["text"]) == (True, 1, "trees")
    assert how["filters"] == [{"words": "in French", "facet": "language", "value": "fr", "label": "French"}]
    assert "“our size” is for you to know; nobody here says that." in fedcat("search", "trees our size").err
    left_out = fedcat("search", "trees in French seeking partners").err
    assert "Left out “seeking partners”: nothing fits with --has seeking as well." in left_out
    assert "With “in French” as --language fr there are 1" in fedcat("search", "in French").err


def test_filters_narrow_and_facets_count_projects(city: Home, fedcat: Fedcat) -> None:
    parks, town = two_and_a_service(city)
    page = fedcat("search", "--kind", "software", "--language", "fr", "--facets", "--json").document
    assert page["total"] == 1
    assert list(page["facets"]) == list(FACETS)
    # What is chosen does not narrow its own counts.
    kinds = fedcat("search", "--kind", "service", "--facet", "kind", "--json").document
    assert kinds["total"] == 1
    assert {each["value"]: each["count"] for each in kinds["facets"]["kind"]} == {"service": 1, "software": 1}
    either = fedcat("search", "--kind", "service", "--kind", "software", "--sort", "name", "--json").document
    assert [item["name"] for item in either["items"]] == ["Budget Tool", "Have your say"]

    shown = fedcat("search", "budget", "--publisher", town, "--facet", "license", "--facet", "publisher")
    answers, counts = shown.out.split("\n\n")
    assert f"{parks} and 1 more" in answers
    assert counts.splitlines()[0].split() == ["FACET", "VALUE", "PROJECTS", "NAME"]
    # The service names the tool's repository, so it is found too. Each facet is named once.
    assert [line.split() for line in counts.splitlines()[2:]] == [
        ["publisher", town, "2", "-"],
        [parks, "1", "-"],
    ]
    assert "Fewer filters" in fedcat("search", "--lifecycle", "idea").err


def test_a_mistyped_word_is_told(city: Home, fedcat: Fedcat) -> None:
    publish(city, "parks", entry("Participatory budgeting"))
    done = fedcat("search", "participatroy")
    assert "Participatory budgeting" in done.out
    assert "participatroy occurs nowhere; searched for participatory." in done.err


def test_what_would_find_something_is_told_and_why_what_is_found_is(city: Home, fedcat: Fedcat) -> None:
    publish(city, "parks", entry("Open data", summary={"fr": "Une place participative"}), entry("Trees"))
    done = fedcat("search", "trees participatif")
    assert "Without participatif there are 1." in done.err
    publish(city, "typist", entry("Treez"))
    assert "Did you mean trees instead of treez?" not in fedcat("search", "treez").err
    publish(city, "gardener", entry("Trees of data"))
    done = fedcat("search", "treez data")
    assert "Did you mean trees instead of treez? That finds 1." in done.err
    assert fedcat("search", "treez data", "--json").document["relaxations"][0]["instead"] == {
        "treez": "trees"
    }
    done = fedcat("search", "participatif", "--explain")
    assert "Open data: all words are in name, summary or keywords; changed on no day" in done.out
    assert "  participatif: participative (stem) in summary" in done.out


def test_options_that_cannot_be_are_refused(fedcat: Fedcat) -> None:
    assert set(_FILTERS) == set(FACETS)
    assert fedcat("search", "--facet", "colour").code == 2
    assert fedcat("search", "--sort", "size").code == 2
    assert fedcat("search", "--kind", "").code == 9
    assert fedcat("search", "--cursor", "nonsense").code == 9


REPOSITORY = {"scheme": "repo", "value": "https://github.com/acme/budget-tool"}
BUDGET = {
    "identifiers": [REPOSITORY],
    "lifecycle": "live",
    "license": "EUPL-1.2",
    "summary": {"en": "Residents decide on a part of the budget", "fr": "Budget participatif"},
    "languages": ["en", "fr"],
    "links": [{"rel": "landing", "url": "https://budget.example"}],
    "modified": "2026-05-04T08:00:00Z",
}


def two_and_a_service(home: Home) -> tuple[str, str]:
    """Publish one tool by two, and a service that runs on it; return both origins."""
    profile = {"type": "profile", "v": 1, "name": {"en": "Parks office", "fr": "Service des parcs"}}
    parks = publish(home, "parks", profile, entry({"en": "Budget Tool", "fr": "Budget Tool"}, **BUDGET))
    other = {
        **BUDGET,
        "license": "EUPL-1.1",
        "languages": ["fr"],
        "source": {"format": "publiccode", "path": "tools/publiccode.yml"},
        "contact": {"role": {"en": "Town hall", "fr": "Mairie"}, "url": "https://town.example"},
        "description": {"en": "Long. " * 60},
    }
    service = {**entry("Have your say", identifiers=[REPOSITORY]), "kind": "service"}
    return parks, publish(home, "town", entry("Budget-Tool", **other), service)


def test_a_project_is_shown_with_who_says_what(city: Home, fedcat: Fedcat) -> None:
    parks, town = two_and_a_service(city)
    items = fedcat("search", "budget", "--json").document["items"]
    document = fedcat("project", items[0]["address"], "--json").document
    assert {member["origin"] for member in document["members"]} == {parks, town}
    assert fedcat("project", items[0]["id"][:8], "--json").document == document

    done = fedcat("project", items[0]["id"], "--lang", "fr")
    assert "Described by 2" in done.err
    head, members, rows, joined, near = done.out.split("\n\n")
    assert head.splitlines()[1:3] == [
        f"software, live, {document['fields']['license']['value']}",
        "Budget participatif",
    ]
    assert "Service des parcs" in members
    assert "tools/publiccode.yml" in members
    lines = [re.split(r" {2,}", line.strip()) for line in rows.splitlines()]
    place = {member["origin"]: str(number) for number, member in enumerate(document["members"], 1)}
    assert ["lifecycle", "1, 2", "live"] in lines
    # What differs stands side by side, each with who says it.
    values = {line[-1]: line[-2] for line in lines if line[-1].startswith("EUPL")}
    assert values == {"EUPL-1.2": place[parks], "EUPL-1.1": place[town]}
    assert [place[parks], "en"] in [line[-2:] for line in lines]
    assert ["contact", place[town], "Mairie https://town.example"] in lines
    assert any(line[-1].endswith("…") and len(line[-1]) <= 120 for line in lines)
    assert joined.startswith("JOINED BY\n  repo:github.com/acme/budget-tool: ")
    assert "Have your say" in near


def test_a_project_of_one_names_nobody_beside_each_value(city: Home, fedcat: Fedcat) -> None:
    publish(city, "parks", entry("Trees", summary={"en": "All trees"}, x={"y": True}))
    done = fedcat("project", fedcat("search", "trees", "--json").document["items"][0]["id"])
    assert "SAID BY" not in done.out
    assert "JOINED" not in done.out
    assert "Described by one; `fedcat show " in done.err
    assert fedcat("project", "0000").code == 7


def test_many_near_projects_are_cut_short(city: Home, fedcat: Fedcat) -> None:
    services = [{**entry(f"Service {n}", identifiers=[REPOSITORY]), "kind": "service"} for n in range(12)]
    publish(city, "parks", entry("Budget Tool", **BUDGET), *services)
    near = fedcat("project", fedcat("search", "tool", "--json").document["items"][0]["id"]).out
    assert near.count("another kind of thing") == 10
    assert "  and 2 more, with --json" in near


def test_a_value_in_a_line() -> None:
    assert _text({"fr": "Un", "en": "One"}, ("en",)) == "One"
    assert _text({"fr": ["un", "deux"]}, ()) == "un, deux"
    assert _text({"rel": "docs", "url": "https://x.example"}, ()) == "docs https://x.example"
    assert _text({"mode": "internal", "until": 2027, "notes": {}}, ()) == "internal 2027"
    assert _text("two\nlines", ()) == "two lines"


def test_no_word_of_the_entry_model_is_taken_for_a_language() -> None:
    found: set[str] = set()
    seen: set[type] = set()

    def collect(kind: Any) -> None:  # noqa: ANN401 - whatever msgspec tells
        if isinstance(kind, msgspec.inspect.StructType):
            if kind.cls in seen:
                return
            seen.add(kind.cls)
            for field in kind.fields:
                found.add(field.encode_name)
                collect(field.type)
        inner = [getattr(kind, name) for name in ("item_type", "value_type") if hasattr(kind, name)]
        for each in (*inner, *getattr(kind, "types", ())):
            collect(each)

    collect(msgspec.inspect.type_info(Entry))
    assert {"rel", "licence"} & found == {"rel"}
    assert {word for word in found if is_tag(word)} == _NO_LANGUAGES


def test_clusters_are_listed_with_why(city: Home, fedcat: Fedcat) -> None:
    assert fedcat("db", "clusters", "--json").document == []
    parks, town = two_and_a_service(city)
    (cluster,) = fedcat("db", "clusters", "--json").document
    assert list(cluster) == ["project", "members", "evidence", "related"]
    assert {(each["origin"], each["source"]) for each in cluster["members"]} == {
        (parks, None),
        (town, "tools/publiccode.yml"),
    }
    assert all(list(each) == ["origin", "id", "name", "source"] for each in cluster["members"])
    done = fedcat("db", "clusters")
    assert done.out.startswith(cluster["project"] + "\n")
    assert "\n  joined by repo:github.com/acme/budget-tool: " in done.out
    assert "\n  near Have your say (" in done.out
    assert done.err.startswith("one project of two entries or more")


def test_nobody_s_odd_entry_keeps_others_from_being_shown(city: Home, fedcat: Fedcat) -> None:
    two_and_a_service(city)
    odd = {"type": "entry", "v": 1, "kind": "software", "name": "Budget Tool", "source": "odd", "summary": 7}
    publish(
        city,
        "odd",
        {**odd, "identifiers": ["odd", REPOSITORY], "license": ["MIT"], "languages": "fr", "level": None},
    )
    (cluster,) = fedcat("db", "clusters", "--json").document
    assert len(cluster["members"]) == 3
    done = fedcat("project", cluster["members"][0]["id"])
    assert (done.code, "EUPL-1.2" in done.out, "MIT" in done.out) == (0, True, True)


def test_publishers_are_listed_with_their_own_words(city: Home, fedcat: Fedcat) -> None:
    profile = {"type": "profile", "v": 1, "name": {"en": "Parks", "fr": "Parcs"}, "publisherType": "local"}
    origin = publish(city, "parks", {**profile, "jurisdiction": "FR-69", "heartbeat": 0}, entry("Trees"))
    # Its heartbeat is of a time that is not there yet.
    publish(city, "ahead", {**profile, "name": {"en": "Ahead"}})
    found = {each["origin"]: each for each in fedcat("publishers", "--lang", "fr", "--json").document}
    assert (found[origin]["name"], found[origin]["entries"]) == ("Parcs", 1)
    shown = fedcat("publishers")
    own, ahead, parks = shown.out.splitlines()[1:]
    assert own.startswith("City of City")
    assert " yes " in own
    assert "  no  " in ahead
    assert parks.split() == ["Parks", "local", "FR-69", "-", "1", "1", "-", origin]
    assert "own" in shown.err


def test_a_publisher_that_fell_silent_says_since_when(fedcat: Fedcat, world: NodeWorld) -> None:
    world.clock.pass_by(-100 * 3600)
    silent = world.found("silent", 8402)
    assert "  not since 20" in fedcat("--home", str(silent.path), "publishers").out


def test_nodes_are_listed_as_their_cards_say(city: Home, fedcat: Fedcat) -> None:
    shown = fedcat("nodes")
    assert (shown.code, "fedcat follow" in shown.err) == (0, True)
    card = '{"logs": [{"origin": "a.example/log/a/1"}], "mirror": "", "software": "fedcat/9"}'
    connection = city.database.connection
    connection.execute(
        "INSERT INTO peer (url, added_at, card, seen_at) VALUES ('https://a.example', 1, ?, 2)",
        (card.encode(),),
    )
    connection.execute("INSERT INTO peer (url, added_at) VALUES ('https://b.example', 1)")
    first, second = fedcat("nodes", "--json").document
    assert first["as_its_card_says"]["logs"][0]["origin"] == "a.example/log/a/1"
    assert second["as_its_card_says"] is None
    shown = fedcat("nodes")
    assert [line.split()[:3] for line in shown.out.splitlines()[1:]] == [
        ["https://a.example", "fedcat/9", "1"],
        ["https://b.example", "-", "-"],
    ]
    assert "nothing is trusted" in shown.err


def test_a_suite_says_which_of_its_parts_match(city: Home, fedcat: Fedcat) -> None:
    parks = Publisher(city, "parks.example/log/parks/1", own=False)
    suite = f"{parks.origin}/e/{parks.put(entry('Garden suite')).hex()}"
    for number in range(7):
        parks.put(entry(f"Hedge {number}", partOf=[{"ref": suite}]))
    parks.publish()
    assert "Garden suite: 7 parts, none of which matches by itself" in fedcat("search", "garden").out
    assert (
        "Garden suite: 7 parts, of which this matches: Hedge 3 (parks.example/log/parks/1)"
        in fedcat("search", '"hedge 3"').out
    )
    shown = fedcat("search", "hedge").out
    assert re.search(
        r"Garden suite: 7 parts, of which these match: Hedge \d .*, Hedge \d .* and 2 more", shown
    )
    assert fedcat("search", "hedge", "--unfold", "--json").document["total"] == 7
    explained = fedcat("search", '"hedge 3"', "--explain", "--json").document["items"][0]["explain"]
    assert explained["words"][0]["found"][0]["as"] == "hedge 3"
