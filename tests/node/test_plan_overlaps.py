"""Planned work of several publishers that could be one, and who can be hired."""

from typing import Any, cast

import pytest

from node.errors import NotFoundError
from node.home import Home
from node.plans.overlaps import overlaps, overlaps_of_draft, overlaps_of_own
from node.plans.providers import providers
from node.plans.questions import PlanQuestion
from node.plans.shapes import ProviderPlan
from tests.publisher import Publisher, entry

CITY, LYON, OSLO = (f"{name}.example/log/{name}/1" for name in ("city", "lyon", "oslo"))
MODIFIED = "2026-11-02T09:00:00Z"


def planned(title: str | dict[str, str], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    titles = {"en": title} if isinstance(title, str) else title
    return {"title": titles, "stage": "planned", "from": "2027-Q1", "to": "2027-Q2", **fields}


def plan(home: Home, origin: str, *items: dict[str, Any], own: bool = False, **fields: Any) -> str:  # noqa: ANN401
    publisher = Publisher(home, origin, own=own)
    id_ = publisher.put(entry("Tool", modified=MODIFIED, roadmap=list(items), **fields))
    publisher.publish()
    return f"{origin}/e/{id_.hex()}"


def told(home: Home, ref: str) -> list[str]:
    return [each["item"]["title"] for found in overlaps(home, ref) for each in found["overlaps"]]


def test_an_overlap_is_explained_by_topics_words_days_and_what_is_open(home: Home) -> None:
    mine = plan(
        home,
        CITY,
        planned(
            {"en": "Triage maps", "fr": "Cartes de tri"}, id="a", topics=["sector:health"], openTo=["pilot"]
        ),
        own=True,
    )
    plan(
        home,
        LYON,
        planned(
            {"fr": "Une carte du tri"},
            **{"from": "2027-06", "to": "2028", "topics": ["sector:health"], "openTo": ["co-fund", "pilot"]},
        ),
    )
    (found,) = overlaps(home, f"{mine}#a")
    (each,) = found["overlaps"]
    assert [shared["topic"] for shared in each["topics"]] == ["sector:health"]
    assert sorted(shared["word"] for shared in each["words"]) == ["cartes", "tri"]
    assert each["period"]["text"] == "2027-06-01 to 2027-06-30"
    assert each["open_to"] == {"here": ["pilot"], "there": ["co-fund", "pilot"], "both": ["pilot"]}
    assert each["text"].startswith(
        "Both are about sector:health; both titles have cartes, tri; both run 2027-06"
    )
    assert each["text"].endswith("both are open to pilot.")
    assert each["item"]["origin"] == LYON
    assert each["weight"] == pytest.approx(sum(x["weight"] for x in each["topics"] + each["words"]), abs=0.01)
    # Seen from the other side it is the same.
    assert told(home, LYON) == ["Triage maps"]


def test_only_open_work_of_others_with_a_common_day_overlaps(home: Home) -> None:
    topics = {"topics": ["sector:health"]}
    mine = plan(home, CITY, planned("Mine", id="mine", **topics), planned("Mine too", **topics), own=True)
    plan(
        home,
        LYON,
        planned("planned", **topics),
        planned("begun", stage="in-progress", **topics),
        planned("proposed", stage="proposed", **topics),
        planned("done", stage="done", **topics),
        planned("later", **{**topics, "from": "2027-Q3", "to": ""}),
        planned("undated", **{**topics, "from": "", "to": ""}),
        planned("something else", topics=["sdg:1"]),
    )
    assert sorted(told(home, f"{mine}#mine")) == ["begun", "planned"]


def test_one_common_word_is_no_overlap_and_two_are(home: Home) -> None:
    mine = plan(home, CITY, planned("Citizen budget portal", id="a"), own=True)
    plan(home, LYON, planned("Library portal"), planned("Portal for citizens"), planned("Budgets"))
    assert told(home, f"{mine}#a") == ["Portal for citizens"]


def test_what_is_rare_weighs_more(home: Home) -> None:
    both = ["sector:health", "sdg:3"]
    mine = plan(home, CITY, planned("Mine", id="a", topics=both), own=True)
    common = [planned(f"common {n}", topics=["sdg:3"]) for n in range(9)]
    plan(home, LYON, *common, planned("rare", topics=["sector:health"]), planned("both", topics=both))
    assert told(home, f"{mine}#a")[:2] == ["both", "rare"]


def test_everything_of_an_entry_a_publisher_or_all_own_logs_can_be_asked(home: Home) -> None:
    topics = {"topics": ["sector:health"]}
    mine = plan(home, CITY, planned("one", **topics), planned("two", **topics), own=True)
    plan(home, LYON, planned("theirs", **topics), planned("over", stage="dropped", **topics))
    assert len(overlaps(home, mine)) == len(overlaps(home, CITY)) == len(overlaps_of_own(home)) == 2
    assert [found["item"]["title"] for found in overlaps(home, LYON)] == ["theirs"]
    for unknown in (f"{mine}#nothing", "nowhere.example/log/x/1", f"{OSLO}/e/{'0' * 32}"):
        with pytest.raises(NotFoundError):
            overlaps(home, unknown)


def test_titles_are_no_questions(home: Home) -> None:
    mine = plan(home, CITY, planned('"Citizen budget" portal*', id="a"), own=True)
    plan(
        home, LYON, planned("Budgets for \u201ecitizens of Lyon\u201c"), planned("Portal \u00abbudget\u00bb")
    )
    assert sorted(told(home, f"{mine}#a")) == [
        "Budgets for \u201ecitizens of Lyon\u201c",
        "Portal \u00abbudget\u00bb",
    ]


def test_a_title_is_read_as_far_as_people_read_it(home: Home) -> None:
    mine = plan(home, CITY, planned("Citizen budget portal", id="a"), own=True)
    others = {f"x-{n}": "something else" for n in range(30)}
    plan(
        home,
        LYON,
        planned(f"budget {'and so on ' * 40} portal"),
        planned({**others, "zh": "Citizen budget portal"}),
        planned({"en": "Citizen budget", **others}),
    )
    assert told(home, f"{mine}#a") == ["Citizen budget"]


def test_what_overlaps_is_remembered_until_the_index_changes_and_shown_as_it_is_now(home: Home) -> None:
    topics = {"topics": ["sector:health"]}
    mine = plan(home, CITY, planned("Mine", **topics), own=True)
    lyon, oslo = (Publisher(home, origin, own=False) for origin in (LYON, OSLO))
    theirs = lyon.put(entry("Tool", modified=MODIFIED, roadmap=[planned("theirs", **topics)]))
    oslo.put(entry("Tool", modified=MODIFIED, roadmap=[planned("another", **topics)]))
    lyon.publish()
    oslo.publish()
    first = overlaps(home, mine)
    assert overlaps(home, mine, fresh=False) == first
    assert sorted(told(home, mine)) == ["another", "theirs"]
    # What is changed or gone is left out until it is indexed.
    lyon.put(entry("Tool", modified=MODIFIED, roadmap=[planned("theirs anew", **topics)]), theirs)
    lyon.publish()
    (found,) = overlaps(home, mine, fresh=False)
    assert [each["item"]["title"] for each in found["overlaps"]] == ["another"]
    assert sorted(told(home, mine)) == ["another", "theirs anew"]
    lyon.withdraw(theirs)
    lyon.publish()
    (found,) = overlaps(home, mine, fresh=False)
    assert [each["item"]["title"] for each in found["overlaps"]] == ["another"]


def test_a_draft_is_told_what_it_overlaps_with(home: Home) -> None:
    plan(home, LYON, planned("Theirs", topics=["sector:health"]))
    plan(home, CITY, planned("Ours, older", topics=["sector:health"]), own=True)
    draft = entry("New", roadmap=[planned("Ours", id="a", topics=["sector:health"]), planned("Alone")])
    (found,) = overlaps_of_draft(home, [CITY], draft)
    assert (found["id"], found["title"]) == ("a", "Ours")
    assert [each["item"]["title"] for each in found["overlaps"]] == ["Theirs"]
    assert overlaps_of_draft(home, [CITY], entry("New")) == []


def offering(text: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return {"type": "hosting", "text": {"en": text}, "until": "2027-06-01", **fields}


def provider(home: Home, origin: str, *identifiers: dict[str, str], proven: str = "") -> None:
    publisher = Publisher(home, origin, own=False)
    publisher.put({"type": "profile", "v": 1, "name": {"en": origin}, "identifiers": list(identifiers)})
    publisher.put(entry("Hosting", modified=MODIFIED, offering=[offering(f"by {origin}")]))
    publisher.publish()
    if proven:
        prove(home, origin, proven)


def prove(home: Home, origin: str, domain: str) -> None:
    row = home.logs.get(origin)
    assert row is not None
    now = home.now()
    with home.database.write() as connection:
        connection.execute(
            "INSERT INTO proof (log, kind, name, tried_at, verified_at, next_due, failures)"
            " VALUES (?, 'domain', ?, ?, ?, ?, 0)",
            (row.id, domain, now, now, now + 1),
        )


def joined(home: Home, **stated: Any) -> list[tuple[str, str, bool, list[str]]]:  # noqa: ANN401
    publisher = Publisher(home, CITY, own=False)
    publisher.put(entry("Tool", modified=MODIFIED, providers=[{"name": "Acme", "role": "hosting", **stated}]))
    publisher.publish()
    (found,) = providers(home, PlanQuestion("provider", filters={"publisher": (CITY,)})).items
    item = cast("ProviderPlan", found)
    assert item["provider"]["name"] == "Acme"
    return [
        (each["origin"], each["by"], each["verified"], [offer["text"] for offer in each["offers"]])
        for each in item["publishers"]
    ]


ACME, FAKE = "acme.example/log/acme/1", "fake.example/log/acme/1"


def test_a_provider_is_known_by_the_origin_that_the_entry_names(home: Home) -> None:
    provider(home, ACME)
    assert joined(home, ref=ACME) == [(ACME, "origin", True, [f"by {ACME}"])]


def test_a_provider_is_known_by_a_domain_that_is_proven(home: Home) -> None:
    provider(home, ACME, proven="acme.example")
    provider(home, FAKE, {"scheme": "domain", "value": "acme.example"})
    assert joined(home, uri="https://www.acme.example/en") == [(ACME, "domain", True, [f"by {ACME}"])]


def test_who_only_says_that_it_is_the_provider_is_shown_as_that(home: Home) -> None:
    provider(home, FAKE, {"scheme": "wikidata", "value": "Q42"}, {"scheme": "doi", "value": "10.5/X"})
    assert joined(home, ref="https://www.wikidata.org/wiki/Q42") == [
        (FAKE, "identifier", False, [f"by {FAKE}"])
    ]


def test_a_provider_that_nobody_is_has_no_offers(home: Home) -> None:
    provider(home, FAKE, {"scheme": "url", "value": "https://acme.example/"})
    assert joined(home, uri="https://doi.org/10.5/x") == []


def test_a_provider_that_has_stopped_is_left_out(home: Home) -> None:
    publisher = Publisher(home, CITY, own=False)
    publisher.put(entry("Tool", modified=MODIFIED, providers=[{"name": "Gone", "until": "2026-12-31"}]))
    publisher.publish()
    assert providers(home, PlanQuestion("provider")).total == 0
    assert providers(home, PlanQuestion("provider", expired="only")).total == 1
