"""Plans, calls, providers and consultations, found one by one: words, days, filters, counts, pages."""

import datetime as dt
from typing import Any

import pytest

from node.answers.facets import FACETS
from node.answers.planned import PLAN_FACETS
from node.answers.rebuild import rebuild
from node.answers.search import Question, search
from node.errors import InvalidInputError
from node.home import Home
from node.moderation import HIDE, moderate
from node.plans.questions import PlanQuestion, day_named, period_of, plans
from node.plans.shapes import Plan
from tests.publisher import Publisher, entry

LYON, OSLO = "lyon.example/log/lyon/1", "oslo.example/log/oslo/1"
MODIFIED = "2026-11-02T09:00:00Z"
# The clock of these tests stands at 2027-01-15.
TODAY = dt.date(2027, 1, 15)


def planned(title: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return {"title": {"en": title}, "stage": "planned", **fields}


def called(text: str, until: str | None = "2027-05-01", **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"type": "advice", "text": {"en": text}, **({"until": until} if until else {}), **fields}


def publish(home: Home, origin: str, *payloads: dict[str, Any]) -> Publisher:
    publisher = Publisher(home, origin, own=False)
    for payload in payloads:
        publisher.put(payload if "type" in payload else entry("Tool", **{"modified": MODIFIED, **payload}))
    publisher.publish()
    return publisher


def titles(home: Home, type_: str = "roadmap", text: str = "", **asked: Any) -> list[str]:  # noqa: ANN401
    page = plans(home, PlanQuestion(type_, text, **asked), limit=100)
    assert page.total == len(page.items)
    return sorted(item["title"] or item["text"] for item in page.items)


def test_an_item_is_found_by_its_words_and_those_of_its_entry_in_every_language(home: Home) -> None:
    publish(
        home,
        LYON,
        entry(
            {"fr": "Budget participatif", "en": "Participatory budget"},
            modified=MODIFIED,
            roadmap=[
                {"title": {"fr": "Pilote dans deux quartiers"}, "stage": "planned", "id": "pilote"},
                planned("Maps", text={"de": "Karten für alle Bezirke"}),
            ],
        ),
    )
    assert titles(home, text="quartier") == ["Pilote dans deux quartiers"]
    assert titles(home, text="bezirk") == ["Maps"]
    assert titles(home, text="budgets participatifs") == ["Maps", "Pilote dans deux quartiers"]
    page = plans(home, PlanQuestion("roadmap", "quartirs", languages=("fr",)))
    assert page.corrections == {"quartirs": "quartiers"}
    assert [item["address"].rpartition("#")[2] for item in page.items] == ["pilote"]
    assert [item["matched"] for item in page.items] == ["typo"]


def test_an_item_says_where_it_stands_and_who_says_so(home: Home) -> None:
    publish(
        home,
        LYON,
        {"type": "profile", "v": 1, "name": {"fr": "Ville de Lyon"}},
        {
            "roadmap": [planned("Maps", id="maps", url="https://lyon.example/maps", x=7)],
            "jurisdictions": ["FR-ARA"],
        },
    )
    (item,) = plans(home, PlanQuestion("roadmap")).items
    assert item["address"] == f"{item['entry']}#maps"
    assert item["project"] == item["entry"]
    assert (item["publisher"], item["origin"]) == ("Ville de Lyon", LYON)
    assert item["item"]["x"] == 7
    assert item["places"] == ["FR", "FR-ARA"]
    assert item["url"] == "https://lyon.example/maps"
    assert (item["modified"], item["confirmed"], item["stale"]) == (MODIFIED, "2026-11-02", False)
    assert item["provenance"]["origin"] == LYON
    assert item["period"] is None


def test_a_period_finds_what_has_a_day_in_common_with_it(home: Home) -> None:
    publish(
        home,
        LYON,
        {
            "roadmap": [
                planned("first half", **{"from": "2027-Q1", "to": "2027-Q2"}),
                planned("one day", **{"from": "2027-07-01", "to": "2027-07-01"}),
                planned("from then on", **{"from": "2027-08"}),
                planned("until then", to="2027-03"),
                planned("backwards", **{"from": "2028", "to": "2027"}),
                planned("absurd", **{"from": "9999-Q4", "to": "9999-12-31"}),
                planned("unreadable", **{"from": "2027-Q9", "to": "whenever"}),
                planned("undated"),
            ]
        },
    )

    def of(start: str, end: str) -> list[str]:
        return titles(home, period=period_of(start, end))

    assert of("2027-Q2", "2027-Q2") == ["first half"]
    assert of("2027-06-30", "2027-07-01") == ["first half", "one day"]
    assert of("2027-09", "") == ["absurd", "from then on"]
    assert of("", "2026") == ["until then"]
    assert of("2027-03-31", "2027-03-31") == ["first half", "until then"]
    assert titles(home, open_on=day_named("2027-07-01")) == ["one day"]
    assert len(titles(home)) == 8


@pytest.mark.parametrize(
    ("start", "end"), [("2027-Q5", ""), ("", "soon"), ("2028", "2027"), ("20270101", "")]
)
def test_a_period_that_cannot_be_is_refused(start: str, end: str) -> None:
    with pytest.raises(InvalidInputError):
        period_of(start, end)
    assert period_of("", "") is None


def test_a_day_that_cannot_be_is_refused() -> None:
    assert day_named("2027-03-01") == dt.date(2027, 3, 1)
    with pytest.raises(InvalidInputError, match="not a date"):
        day_named("2027-02-30")


def test_a_call_leaves_the_board_the_day_after_it_ends(home: Home) -> None:
    publish(
        home,
        LYON,
        {
            "seeking": [
                called("ends today", "2027-01-15"),
                called("ended yesterday", "2027-01-14"),
                called("open", "2027-05-01"),
                called("without an end", None),
                called("with an absurd end", "9999-12-31"),
                called("with an unreadable end", "2027-Q1"),
            ]
        },
    )
    assert titles(home, "seeking") == ["ends today", "open"]
    assert titles(home, "seeking", expired="only") == ["ended yesterday"]
    assert titles(home, "seeking", expired="all") == ["ended yesterday", "ends today", "open"]
    assert titles(home, "seeking", open_on=dt.date(2027, 2, 1)) == ["open"]
    shown = plans(home, PlanQuestion("seeking", expired="only")).items
    assert [item["over"] for item in shown] == [True]
    # What has no end that can be is said to be wrong, and stays in its entry.
    rows = home.database.connection.execute("SELECT pointer FROM problem ORDER BY pointer").fetchall()
    assert [pointer for (pointer,) in rows] == ["/seeking/3/until", "/seeking/4/until", "/seeking/5/until"]


def test_a_call_dated_ahead_waits_for_its_time(home: Home) -> None:
    publish(home, LYON, {"modified": "9000-01-01T00:00:00Z", "seeking": [called("for ever", "9000-12-31")]})
    # Without a time of change only the clock tells.
    publish(home, OSLO, {"modified": "", "seeking": [called("long", "2029-01-01"), called("short")]})
    assert titles(home, "seeking") == ["short"]
    assert titles(home, "seeking", expired="all") == ["for ever", "long", "short"]


def test_pay_skills_and_places_narrow_the_board(home: Home) -> None:
    publish(
        home,
        LYON,
        {
            "jurisdictions": ["IT-25"],
            "seeking": [
                called("paid", skills=["UX  Design"], compensation={"kind": "contract"}),
                called("expenses", compensation={"kind": "expenses"}, places=["FR"]),
                called("unsaid", languages=["fr-CA"], compensation="much"),
            ],
            "offering": [{**called("hosts"), "type": "hosting"}],
        },
    )
    assert titles(home, "seeking", paid=True) == ["paid"]
    assert titles(home, "seeking", paid=False) == ["expenses", "unsaid"]
    assert titles(home, "seeking", filters={"skill": ("ux design",)}) == ["paid"]
    assert titles(home, "seeking", filters={"place": ("it",)}) == ["paid", "unsaid"]
    assert titles(home, "seeking", filters={"place": ("FR", "IT-25")}) == ["expenses", "paid", "unsaid"]
    assert titles(home, "seeking", filters={"language": ("fr",)}) == ["unsaid"]
    assert titles(home, "offering", filters={"type": ("hosting",)}) == ["hosts"]
    assert titles(home, "offering", filters={"type": ("mentoring",)}) == []


def test_a_broader_topic_finds_narrower_ones_of_item_or_entry(home: Home) -> None:
    publish(
        home,
        LYON,
        {"topics": ["ogp:e-petitions"], "roadmap": [planned("inherits"), planned("own", topics=["sdg:11"])]},
    )
    assert titles(home, filters={"topic": ("ogp:open-digital",)}) == ["inherits"]
    assert titles(home, filters={"topic": ("sdg:11",)}) == ["own"]


def test_consultations_tell_whose_outcome_is_overdue(home: Home) -> None:
    def asked(name: str, closes: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
        block = {"status": "closed-analysing", "opens": "2026-01-01", "closes": closes, **fields}
        return entry(name, kind="participation", modified=MODIFIED, participation=block)

    publish(
        home,
        LYON,
        asked("silent", "2026-09-01"),
        asked("no report", "2026-09-01", status="no-report"),
        asked("reported", "2026-09-01", report="https://lyon.example/report"),
        asked("decided", "2026-09-01", decision="https://lyon.example/decision"),
        asked("told", "2026-09-01", outcome={"fr": "Adopté"}),
        asked("called off", "2026-09-01", status="cancelled"),
        asked("just closed", "2026-10-17"),
        asked("open", "2027-02-01", status="open"),
        asked("undated", "some day"),
    )
    late = titles(home, "consultation", overdue=True)
    assert late == ["no report", "silent"]
    assert len(titles(home, "consultation", overdue=False)) == 7
    assert titles(home, "consultation", open_on=TODAY, filters={"status": ("open",)}) == ["open"]
    items = plans(home, PlanQuestion("consultation", "reported")).items
    (item,) = [each for each in items if each["title"] == "reported"]
    assert item["address"].endswith("#participation")
    assert item["url"] == "https://lyon.example/report"


def test_what_nobody_confirmed_is_stale(home: Home) -> None:
    publish(home, LYON, {"modified": "2025-12-01T00:00:00Z", "roadmap": [planned("old")]})
    publish(
        home,
        OSLO,
        {
            "type": "profile",
            "v": 1,
            "name": {"en": "Oslo"},
            "policy": {"staleAfterDays": 30},
        },
        {"roadmap": [planned("old in Oslo")]},
        {"reviewed": "2027-01-10T00:00:00Z", "roadmap": [planned("confirmed")]},
        {"modified": "2030-01-01T00:00:00Z", "roadmap": [planned("from the future")]},
        {"modified": "never", "roadmap": [planned("undated")]},
    )
    stale = ["from the future", "old", "old in Oslo", "undated"]
    assert titles(home, stale=True) == stale
    assert titles(home, stale=False) == ["confirmed"]
    shown = plans(home, PlanQuestion("roadmap")).items
    assert sorted(item["title"] for item in shown if item["stale"]) == stale


def test_facets_count_what_their_values_find(home: Home) -> None:
    publish(
        home,
        LYON,
        {
            "topics": ["ogp:e-petitions", "sector:health"],
            "roadmap": [
                planned("a", openTo=["pilot", "ideas"]),
                planned("b", stage="done", openTo=["ideas"]),
                planned("c", topics=["sdg:1"]),
            ],
        },
    )
    publish(home, OSLO, {"roadmap": [planned("d", stage="in-progress")]})
    for filters in ({}, {"stage": ("planned",)}, {"openTo": ("ideas",), "topic": ("sector:health",)}):
        page = plans(home, PlanQuestion("roadmap", filters=filters), facets=PLAN_FACETS["roadmap"])
        for facet, counts in page.facets.items():
            for each in counts:
                narrowed = {**filters, facet: (each.value,)}
                assert plans(home, PlanQuestion("roadmap", filters=narrowed)).total == each.count


@pytest.mark.parametrize("sort", ["relevance", "freshness", "date"])
def test_pages_have_each_item_once_and_in_order(home: Home, sort: str) -> None:
    publish(
        home, LYON, {"roadmap": [planned(f"item {n}", **{"from": f"2027-0{n % 5 + 1}"}) for n in range(23)]}
    )
    publish(home, OSLO, {"roadmap": [planned("item undated")]})
    question, cursor = PlanQuestion("roadmap", "item", sort=sort), None
    found: list[Plan] = []
    while True:
        page = plans(home, question, 5, cursor)
        found += page.items
        cursor = page.next
        if cursor is None:
            break
    assert len({item["address"] for item in found}) == len(found) == page.total == 24
    if sort == "date":
        begin = [str(item["period"]["first"]) if item["period"] else "9" for item in found]
        assert begin == sorted(begin)
    with pytest.raises(InvalidInputError, match="cursor"):
        plans(home, PlanQuestion("roadmap"), 5, plans(home, question, 5).next)


def test_plans_are_no_projects(home: Home) -> None:
    assert search(home, Question()).total == 0
    publish(home, LYON, {"roadmap": [planned("Tool maps")] * 3, "seeking": [called("Tool")]})
    assert search(home, Question(), facets=FACETS).total == 1
    page = search(home, Question("tool"), facets=("kind",))
    assert (page.total, len(page.items)) == (1, 1)
    assert page.facets["kind"][0].count == 1


def test_items_follow_their_entry(home: Home) -> None:
    publisher = publish(home, LYON, {"roadmap": [planned("before"), planned("stays")]})
    (id_,) = {
        item["provenance"]["index"]: item["entry"][-32:]
        for item in plans(home, PlanQuestion("roadmap")).items
    }.values()
    statement = bytes.fromhex(id_)
    publisher.put(entry("Tool", modified=MODIFIED, roadmap=[planned("after"), planned("stays")]), statement)
    publisher.publish()
    assert titles(home) == ["after", "stays"]
    rebuild(home)
    assert titles(home) == ["after", "stays"]
    moderate(home, f"{LYON}/e/{id_}", HIDE, reason="spam", actor="test")
    assert titles(home) == []
    publisher.withdraw(statement)
    publisher.publish()
    rebuild(home)
    assert titles(home) == []


def test_an_index_that_lags_shows_nothing_that_is_gone(home: Home) -> None:
    publisher = publish(home, LYON, {"roadmap": [planned("gone"), planned("stays")]})
    shown = plans(home, PlanQuestion("roadmap")).items
    statement = bytes.fromhex(shown[0]["entry"][-32:])
    publisher.put(entry("Tool", roadmap=[planned("stays")]), statement)
    publisher.publish()
    assert [item["title"] for item in plans(home, PlanQuestion("roadmap"), fresh=False).items] == ["stays"]
    publisher.withdraw(statement)
    publisher.publish()
    assert plans(home, PlanQuestion("roadmap"), fresh=False).items == ()


def test_a_blocked_publisher_plans_nothing_here(home: Home) -> None:
    publish(home, LYON, {"roadmap": [planned("maps")]})
    assert titles(home) == ["maps"]
    row = home.logs.get(LYON)
    assert row is not None
    with home.database.write() as connection:
        connection.execute("INSERT INTO blocked VALUES (?, ?, '', 'spam', 0)", (row.id, LYON))
    rebuild(home)
    assert titles(home) == []


def test_huge_and_hostile_lists_are_cut_and_counted(home: Home) -> None:
    publish(
        home,
        LYON,
        {
            "roadmap": [
                planned(f"item {n}", id="same", topics=["x\u200by", "t" * 301, 7]) for n in range(400)
            ],
            "seeking": [{"type": ["x"], "text": "plain", "until": "2027-02-01", "skills": {"a": 1}}],
            "offering": "everything",
            "providers": [None, {"name": 7, "until": "2020-01-01"}, {"name": "Acme", "role": "hosting"}],
        },
    )
    page = plans(home, PlanQuestion("roadmap"), 1000, facets=("topic",))
    assert (page.total, len({item["address"] for item in page.items})) == (200, 200)
    assert page.facets["topic"] == ()
    assert titles(home, "seeking") == ["plain"]
    assert titles(home, "offering") == []
    assert titles(home, "provider", expired="all") == ["", "Acme"]
    assert titles(home, "provider", "acme") == ["Acme"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"filters": {"skill": ("x",)}}, "no filter of roadmap 'skill'"),
        ({"filters": {"stage": ()}}, "has values"),
        ({"filters": {"stage": ("\ud800",)}}, "can be read"),
        ({"filters": {"stage": tuple(str(n) for n in range(501))}}, "at most 500"),
        ({"sort": "name"}, "no order 'name'"),
        ({"expired": "maybe"}, "what is over"),
        ({"paid": True}, "nobody is paid"),
        ({"overdue": True}, "only consultations"),
        ({"text": "\ud800"}, "surrogates"),
        ({"text": "x " * 300}, "at most"),
    ],
)
def test_questions_that_cannot_be_are_refused(home: Home, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        plans(home, PlanQuestion("roadmap", **asked))


def test_a_page_has_a_limit(home: Home) -> None:
    with pytest.raises(InvalidInputError, match="1 to"):
        plans(home, PlanQuestion("roadmap"), 0)
    with pytest.raises(InvalidInputError, match="filter"):
        plans(home, PlanQuestion("roadmap"), facets=("kind",))
