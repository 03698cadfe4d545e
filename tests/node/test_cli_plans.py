"""Plans, calls and reviews from the command line."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest

from node.home import Home
from tests.command import Fedcat
from tests.publisher import Publisher, entry

pytestmark = pytest.mark.usefixtures("city")

DAY = 86_400
LYON = "lyon.example/log/lyon/1"

ENTRY = """
kind: process
name: {en: Triage maps}
summary: {en: Shows where help is needed}
topics: [sector:health]
lifecycle: planned
license: CC0-1.0
languages: [en]
links: [{rel: landing, url: https://city.example/maps}]
roadmap: [{id: pilot, title: {en: Pilot of triage maps}, stage: planned, from: 2027-Q1}]
"""


def day(days: int) -> str:
    return str(dt.datetime.fromtimestamp(time.time() + days * DAY, dt.UTC).date())


def publish(home: Home, **fields: Any) -> str:  # noqa: ANN401
    publisher = Publisher(home, LYON, own=False)
    id_ = publisher.put(entry("Tool", **{"modified": f"{day(-1)}T00:00:00Z", **fields}))
    publisher.publish()
    return f"{LYON}/e/{id_.hex()}"


def test_the_roadmap_is_listed_filtered_and_counted(city: Home, fedcat: Fedcat) -> None:
    item = {"title": {"en": "Open maps " * 20}, "stage": "planned", "from": "2027-Q1", "openTo": ["pilot"]}
    publish(
        city, modified="2001-01-01T00:00:00Z", roadmap=[item, {"title": {"fr": "Serres"}, "stage": "done"}]
    )
    done = fedcat("roadmap")
    assert done.code == 0
    assert "from 2027-01-01  planned" in done.out
    assert "…" in done.out
    assert "2 in all. 2 of these nobody confirmed for long." in done.err
    page = fedcat("roadmap", "--from", "2027-02", "--open-to", "pilot", "--facets", "--json").document
    assert page["total"] == 1
    assert [(each["value"], each["count"]) for each in page["facets"]["stage"]] == [("planned", 1)]
    assert "FACET" in fedcat("roadmap", "list", "--facets").out
    first = fedcat("roadmap", "--limit", "1", "--json").document
    assert fedcat("roadmap", "--limit", "1", "--cursor", first["next"], "--json").document["next"] is None
    assert "--cursor" in fedcat("roadmap", "--limit", "1").err
    assert "searched for serres" in fedcat("roadmap", "seres").err
    assert "Nothing found" in fedcat("roadmap", "--open-on", "1999-01-01").err
    assert fedcat("roadmap", "--from", "soon").code == 9


def test_the_board_has_four_sides(city: Home, fedcat: Fedcat) -> None:
    publish(
        city,
        kind="participation",
        seeking=[
            {
                "type": "contributors",
                "text": {"en": "Join us"},
                "until": day(30),
                "compensation": {"kind": "paid"},
            },
            {"type": "advice", "text": {"en": "Old"}, "until": day(-10)},
        ],
        offering=[{"type": "hosting", "text": {"en": "Host"}, "until": day(30)}],
        providers=[{"name": "Acme", "role": "support"}],
        participation={"status": "no-report", "opens": "2020", "closes": "2020"},
    )
    done = fedcat("board")
    assert "contributors, paid" in done.out
    assert "Old" not in done.out
    assert "Old" in fedcat("board", "seeking", "--expired", "only").out
    assert "Join us" in fedcat("board", "seeking", "join", "--paid", "--type", "contributors").out
    assert "hosting" in fedcat("board", "offering").out
    assert "Acme" in fedcat("board", "providers", "--role", "support", "--facets").out
    assert fedcat("board", "providers", "--json").document["items"][0]["publishers"] == []
    assert "2020-12-31" in fedcat("board", "consultations", "--overdue").out
    refused = fedcat("board", "offering", "--role", "support")
    assert refused.code == 9
    assert "they have type" in refused.err


def test_publishing_tells_who_plans_the_same(city: Home, fedcat: Fedcat) -> None:
    theirs = {
        "title": {"en": "Health maps"},
        "stage": "planned",
        "from": "2027-Q1",
        "topics": ["sector:health"],
    }
    publish(city, roadmap=[theirs])
    tried = fedcat("entry", "put", "-", "--dry-run", "--json", text=ENTRY)
    assert tried.code == 0
    (found,) = tried.document["overlaps"]
    assert found["overlaps"][0]["item"]["title"] == "Health maps"
    done = fedcat("entry", "put", "-", text=ENTRY)
    assert done.code == 0
    assert "Others plan the same as Pilot of triage maps" in done.err
    assert "Both are about sector:health" in done.err
    shown = fedcat("roadmap", "overlaps")
    assert "Health maps" in shown.out
    assert "Looked at one item, found one overlap." in shown.err
    assert fedcat("roadmap", "overlaps", LYON, "--json").document["items"][0]["overlaps"]
    assert fedcat("roadmap", "overlaps", "nowhere").code == 7
    # What plans nothing overlaps with nothing.
    plain = "\n".join(line for line in ENTRY.splitlines() if not line.startswith("roadmap"))
    assert fedcat("entry", "put", "-", "--dry-run", "--json", text=plain).document["overlaps"] == []


def test_an_entry_is_reviewed(fedcat: Fedcat) -> None:
    assert "Nothing waits" in fedcat("entry", "review", "--list").err
    old = ENTRY + 'modified: "2020-01-01T00:00:00Z"\n'
    call = f"seeking: [{{type: advice, text: {{en: Help}}, until: {day(10)}}}]\n"
    address = fedcat("entry", "put", "-", "--json", text=old).document["entries"][0]["address"]
    assert fedcat("entry", "put", "-", "--json", text=ENTRY + call).code == 0
    done = fedcat("entry", "review", "--list")
    assert "not confirmed for long" in done.out
    assert f"seeking ends {day(10)}" in done.out
    waiting = fedcat("entry", "review", "--list", "--json").document["entries"]
    assert [each["stale"] for each in waiting] == [True, False]
    assert waiting[1]["calls"][0]["over"] is False

    assert fedcat("entry", "review", address).code == 0
    assert [each["stale"] for each in fedcat("entry", "review", "--list", "--json").document["entries"]] == [
        False
    ]
    statement = fedcat("show", address, "--json").document["statement"]
    assert statement["reviewed"][:10] == day(0)
    assert statement["modified"] == "2020-01-01T00:00:00Z"

    assert fedcat("entry", "review").code == 9
    assert fedcat("entry", "review", address, "--list").code == 9
    assert fedcat("entry", "withdraw", address, "--yes").code == 0
    assert fedcat("entry", "review", address).code == 7
