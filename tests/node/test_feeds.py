"""Feeds of items: read back by what other people read feeds with."""

import datetime as dt
import json
from typing import Any

import feedparser  # type: ignore[import-untyped] # it has no types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from node.feeds.atom import atom
from node.feeds.calendar import calendar
from node.feeds.entries import NEVER, Feed, feed_entries, overlap_entries, stable_id
from node.feeds.jsonfeed import json_feed
from node.web.locales import reader_of

BASE = "https://node.example"
EN = reader_of(())
ADDRESS = "lyon.example/log/lyon/1/e/" + "ab" * 16


def item(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return {
        "address": f"{ADDRESS}#pilot",
        "type": "roadmap",
        "project": ADDRESS,
        "name": "Budget participatif",
        "title": "Pilote <b>& co</b>",
        "text": "Deux quartiers,\nun budget; voilà.",
        "language": "fr",
        "machine": [],
        "period": {"first": "2027-01-01", "last": "2027-03-31", "text": "2027-01-01 to 2027-03-31"},
        "topics": ["ogp:open-digital"],
        "url": "https://lyon.example/pilote?a=1&b=2",
        "item": {"stage": "planned", "openTo": ["pilot", 7]},
        "origin": "lyon.example/log/lyon/1",
        "publisher": "Ville de Lyon",
        "modified": "2026-11-02T09:00:00Z",
        "stale": False,
        "provenance": {"verified_at": "2027-01-15T08:00:00Z"},
        **fields,
    }


def feed(*items: dict[str, Any], next_url: str | None = None) -> Feed:
    return Feed(
        "City: roadmap",
        f"{BASE}/feeds/roadmap.atom?q=a&lang=fr",
        f"{BASE}/fr/roadmap?q=a&lang=fr",
        next_url,
        feed_entries(items, BASE, EN),
        f"{BASE}/api/v1/roadmap?q=a&lang=fr",
    )


def test_atom_is_read_as_it_was_meant() -> None:
    found = feedparser.parse(atom(feed(item(), next_url=f"{BASE}/feeds/roadmap.atom?cursor=x")))
    assert not found.bozo
    assert found.version == "atom10"
    assert found.feed.title == "City: roadmap"
    assert found.feed.updated == "2026-11-02T09:00:00Z"
    assert [(link.rel, link.type, link.href) for link in found.feed.links] == [
        ("self", "application/atom+xml", f"{BASE}/feeds/roadmap.atom?q=a&lang=fr"),
        ("alternate", "text/html", f"{BASE}/fr/roadmap?q=a&lang=fr"),
        ("alternate", "application/json", f"{BASE}/api/v1/roadmap?q=a&lang=fr"),
        ("next", "application/atom+xml", f"{BASE}/feeds/roadmap.atom?cursor=x"),
    ]
    (entry,) = found.entries
    assert entry.id == stable_id(f"{ADDRESS}#pilot")
    assert entry.title == "Budget participatif: Pilote <b>& co</b>"
    assert "voilà" in entry.content[0].value
    assert "When: 2027-01-01 to 2027-03-31." in entry.content[0].value
    # Nobody asked for a language: whoever opens the page gets it in that of the browser.
    assert entry.link == f"{BASE}/p/{ADDRESS}"
    assert entry.links[1].href == f"{BASE}/api/v1/projects/{ADDRESS}"
    assert [(each.name, each.href) for each in entry.authors] == [
        ("Ville de Lyon", f"{BASE}/o/lyon.example/log/lyon/1")
    ]
    assert [tag.term for tag in entry.tags] == ["planned", "pilot", "ogp:open-digital"]
    assert entry.links[2].href == "https://lyon.example/pilote?a=1&b=2"


def test_a_json_feed_says_the_same() -> None:
    found = json.loads(json_feed(feed(item(url=None, language="und"), next_url=f"{BASE}/next")))
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert found["next_url"] == f"{BASE}/next"
    (entry,) = found["items"]
    assert entry["id"] == stable_id(f"{ADDRESS}#pilot")
    document = f"{BASE}/api/v1/projects/{ADDRESS}"
    assert entry["_fedcat"] == {"address": f"{ADDRESS}#pilot", "document": document}
    assert found["_fedcat"] == {"document": f"{BASE}/api/v1/roadmap?q=a&lang=fr"}
    assert entry["authors"] == [{"name": "Ville de Lyon", "url": f"{BASE}/o/lyon.example/log/lyon/1"}]
    assert "external_url" not in entry
    assert "language" not in entry
    (entry,) = json.loads(json_feed(feed(item())))["items"]
    assert (entry["external_url"], entry["language"]) == ("https://lyon.example/pilote?a=1&b=2", "fr")


def events(*items: dict[str, Any]) -> list[Any]:
    return list(Calendar.from_ical(calendar(feed(*items))).walk("VEVENT"))


def period(first: str | None, last: str | None) -> dict[str, str | None]:
    return {"first": first, "last": last, "text": "then"}


def test_a_calendar_has_planned_work_as_days() -> None:
    (event,) = events(item())
    assert (event["dtstart"].dt, event["dtend"].dt) == (dt.date(2027, 1, 1), dt.date(2027, 4, 1))
    assert event["uid"] == stable_id(f"{ADDRESS}#pilot")
    assert event["summary"] == "Budget participatif: Pilote <b>& co</b>"
    assert event["url"] == "https://lyon.example/pilote?a=1&b=2"


@pytest.mark.parametrize(
    ("type_", "first", "last", "starts", "ends"),
    [
        ("roadmap", "2027-01-01", None, dt.date(2027, 1, 1), None),
        ("roadmap", None, "2027-03-31", dt.date(2027, 3, 31), None),
        ("roadmap", "9999-10-01", "9999-12-31", dt.date(9999, 10, 1), None),
        ("roadmap", "0001-01-01", "0001-01-02", dt.date(1, 1, 1), dt.date(1, 1, 3)),
        ("seeking", None, "2027-03-31", dt.date(2027, 3, 31), None),
        ("consultation", "2027-01-01", "2027-03-31", dt.date(2027, 3, 31), None),
        ("consultation", "2027-01-01", None, dt.date(2027, 1, 1), None),
    ],
)
def test_a_calendar_has_ends_as_their_day(
    type_: str, first: str | None, last: str | None, starts: dt.date, ends: dt.date | None
) -> None:
    (event,) = events(item(type=type_, period=period(first, last)))
    assert event["dtstart"].dt == starts
    assert (event["dtend"].dt if "dtend" in event else None) == ends


def test_what_says_no_day_is_in_no_calendar() -> None:
    assert events(item(period=None)) == []
    assert feed_entries([item(period=None, stale=True, text="")], BASE, EN)[0].text == (
        "Not confirmed for long.\nStated by Ville de Lyon."
    )


@pytest.mark.parametrize(
    "modified", ["", "soon", "9999-01-01T00:00:00Z", "2026-12-31T23:59:60Z", "2026-11-02"]
)
def test_a_time_that_cannot_be_brings_nothing_up_again(modified: str) -> None:
    found = feed(item(modified=modified))
    assert found.updated == NEVER
    assert not feedparser.parse(atom(found)).bozo
    assert len(events(item(modified=modified))) == 1


def test_a_feed_without_entries_can_be_read() -> None:
    assert feed().updated == NEVER
    found = feedparser.parse(atom(feed()))
    assert (found.bozo, found.entries) == (False, [])
    assert json.loads(json_feed(feed()))["items"] == []
    assert events() == []


def test_an_item_without_words_is_called_by_its_address() -> None:
    (entry,) = feed_entries(
        [item(name="", title="", publisher="", item={"stage": 7, "openTo": "all"})], BASE, EN
    )
    assert entry.title == f"{ADDRESS}#pilot"
    assert [each.name for each in entry.authors] == ["lyon.example/log/lyon/1"]
    assert entry.categories == ("ogp:open-digital",)
    (entry,) = feed_entries([item(title="Budget participatif")], BASE, EN)
    assert entry.title == "Budget participatif"


@given(st.text("aé<&>\"'\n\x00\x1f\x7f\u2028\ufffe\U0001f600;:,\\\\", max_size=20))
def test_no_text_breaks_a_feed(text: str) -> None:
    said = item(name=text, title=text, text=text, language=text, publisher=text, topics=[text])
    made = Feed(text, BASE, BASE, None, feed_entries([said], BASE, EN))
    assert not feedparser.parse(atom(made)).bozo
    assert text in json.loads(json_feed(made))["items"][0]["content_text"]
    assert len(Calendar.from_ical(calendar(made)).walk("VEVENT")) == 1


def test_a_feed_speaks_its_reader_s_language_and_leads_to_pages_in_it() -> None:
    for languages, tag in (((), "en"), (("de", "fr-CA", "it"), "fr"), (("ar",), "ar"), (("qps",), "en")):
        assert reader_of(languages).tag == tag
    (entry,) = feed_entries([item(stale=True)], BASE, reader_of(("fr",)))
    assert entry.url == f"{BASE}/fr/p/{ADDRESS}"
    assert entry.text.splitlines()[-2:] == [
        "Quand : du 2027-01-01 au 2027-03-31. Pas confirmé depuis longtemps.",
        "Déclaré par Ville de Lyon.",
    ]
    (entry,) = feed_entries([item(machine=["text"])], BASE, reader_of(("fr",)))
    assert entry.text.splitlines()[2] == "(Traduction automatique)"
    (entry,) = feed_entries([item(type="profile")], BASE, reader_of(("ar",)))
    assert entry.url == f"{BASE}/ar/o/lyon.example/log/lyon/1"
    for first, last, said in (
        ("2027-01-01", None, "When: from 2027-01-01."),
        (None, "2027-01-01", "When: until 2027-01-01."),
        ("2027-01-01", "2027-01-01", "When: 2027-01-01."),
        (None, None, "Stated by Ville de Lyon."),
    ):
        (entry,) = feed_entries([item(text="", period=period(first, last))], BASE, EN)
        assert entry.text.splitlines()[0] == said


@pytest.mark.parametrize(
    ("both", "there", "said"),
    [
        (["pilot"], ["pilot", "ideas"], "Both titles have: lamps. Both are open to: Taking part in a pilot."),
        ([], ["ideas"], "Both titles have: lamps. Theirs is open to: Ideas."),
        ([], [], "Both titles have: lamps."),
    ],
)
def test_an_overlap_says_what_is_shared(both: list[str], there: list[str], said: str) -> None:
    overlap = {
        "item": item(address=f"{ADDRESS}#other"),
        "topics": [],
        "words": [{"word": "lamps", "weight": 1.0}],
        "period": {"first": None, "last": None, "text": "at any time"},
        "open_to": {"here": both, "there": there, "both": both},
    }
    (entry,) = overlap_entries([{"item": item(), "overlaps": [overlap]}], BASE, EN)
    assert entry.text.splitlines()[0] == said
