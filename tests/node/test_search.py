"""Questions to the catalogue, over a real index and a real store."""

import pytest

from node.answers.index import index_in
from node.answers.indexing import catch_up, reindex
from node.answers.search import MAX_LIMIT, Question, search
from node.answers.words import folded
from node.errors import InvalidInputError
from node.home import Home
from tests.asking import names
from tests.publisher import Publisher, entry

ORIGIN = "127.0.0.1:8401/log/city/1"


def test_an_item_says_what_it_is_and_who_stated_it(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    id_ = publisher.put(entry("Decidim", summary={"en": "Participation", "ca": "Participació"}))
    size = publisher.publish()
    page = search(home, Question("decidim"))
    assert page.total == 1
    assert page.next is None
    assert page.items == (
        {
            "address": f"{ORIGIN}/e/{id_.hex()}",
            "origin": ORIGIN,
            "id": id_.hex(),
            "index": 1,
            "type": "entry",
            "kind": "software",
            "name": "Decidim",
            "summary": "Participation",
            "language": "en",
            "summary_language": "en",
            "machine": [],
            "lifecycle": "",
            "license": "",
            "publishers": [ORIGIN],
            "members": 1,
            "matched": "exact",
            "jurisdictions": [],
            "wider": False,
            "uses": 0,
            "seeking": False,
            "why": None,
            "reasons": [],
            "parts": None,
            "copies": 0,
            "provenance": {
                "origin": ORIGIN,
                "index": 1,
                "size": size,
                "verified_at": "2027-01-15T08:00:00Z",
                "frozen": False,
                "stale": False,
            },
        },
    )


def test_where_the_words_are_decides_then_the_date(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Anything", description={"en": "For participatory budgeting"}))
    publisher.put(entry("Older", summary={"en": "Participatory budgeting"}, modified="2024-01-01T00:00:00Z"))
    publisher.put(
        entry("Newer", keywords={"en": ["participatory", "budgeting"]}, modified="2025-01-01T00:00:00Z")
    )
    publisher.put(entry("The participatory budgeting kit"))
    publisher.put(entry("Participatory Budgeting"))
    publisher.put(entry("Budget"))
    publisher.publish()
    page = search(home, Question("participatory budgeting"))
    assert [(item["name"], item["matched"]) for item in page.items] == [
        ("Participatory Budgeting", "exact"),
        ("The participatory budgeting kit", "name"),
        ("Newer", "summary"),
        ("Older", "summary"),
        ("Anything", "text"),
    ]


def test_an_empty_question_finds_everything_and_punctuation_nothing(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for number in range(3):
        publisher.put(entry(f"Entry {number}"))
    publisher.publish()
    assert search(home, Question("  ")).total == 3
    assert {item["matched"] for item in search(home, Question()).items} == {"all"}
    assert search(home, Question("?!")).total == 0


def test_pages_follow_each_other_without_gap_or_repetition(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for number in range(25):
        publisher.put(entry("Budget" if number % 2 else f"Budget {number}"))
    for number in range(10):
        publisher.put(entry(f"Other {number}", summary={"en": "budget"}))
    publisher.publish()
    whole = [item["id"] for item in search(home, Question("budget"), limit=100).items]
    assert len(whole) == 35
    for limit in (1, 7, 12, 35):
        found: list[str] = []
        cursor = None
        while True:
            page = search(home, Question("budget"), limit=limit, cursor=cursor)
            assert page.total == 35
            found += [item["id"] for item in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert found == whole


def test_a_cursor_stays_right_while_the_catalogue_grows(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for number in range(6):
        publisher.put(entry(f"Budget {number}", modified="2025-01-01T00:00:00Z"))
    publisher.publish()
    first = search(home, Question("budget"), limit=3)
    rest = [item["id"] for item in search(home, Question("budget"), limit=10, cursor=first.next).items]
    publisher.put(entry("Budget new", modified="2026-01-01T00:00:00Z"))
    publisher.publish()
    assert [
        item["id"] for item in search(home, Question("budget"), limit=10, cursor=first.next).items
    ] == rest


def test_a_cursor_belongs_to_its_question(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for number in range(3):
        publisher.put(entry(f"Budget {number}"))
    publisher.publish()
    cursor = search(home, Question("budget"), limit=1).next
    assert cursor is not None
    for other in (cursor + "A", cursor[:-1], cursor + "="):
        with pytest.raises(InvalidInputError):
            search(home, Question("budget"), cursor=other)
    with pytest.raises(InvalidInputError):
        search(home, Question("entry"), cursor=cursor)
    with pytest.raises(InvalidInputError):
        search(home, Question(), cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, MAX_LIMIT + 1])
def test_limits_are_limited(home: Home, limit: int) -> None:
    with pytest.raises(InvalidInputError, match="items"):
        search(home, Question("x"), limit=limit)


def test_questions_are_limited(home: Home) -> None:
    with pytest.raises(InvalidInputError):
        search(home, Question("x" * 501))
    with pytest.raises(InvalidInputError, match="surrogate"):
        search(home, Question("budget \udcff"))
    with pytest.raises(InvalidInputError):
        search(home, Question(" ".join(f"word{n}" for n in range(33))))
    with pytest.raises(InvalidInputError, match="beginnings"):
        search(home, Question("ab* ac* ad* ae* af*"))
    assert search(home, Question("ab* ac* ad* ae*")).total == 0


def test_what_is_replaced_withdrawn_or_erased_is_no_longer_found(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    replaced, withdrawn, erased = (publisher.put(entry(f"Budget {n}")) for n in range(3))
    publisher.publish()
    assert search(home, Question("budget")).total == 3
    publisher.put(entry("Spending"), replaced)
    publisher.withdraw(withdrawn)
    publisher.erase(erased)
    publisher.publish()
    assert search(home, Question("budget")).total == 0
    assert names(home, "spending") == ["Spending"]
    publisher.put(entry("Budget again"), withdrawn)
    publisher.publish()
    assert names(home, "budget") == ["Budget again"]


def test_only_entries_and_profiles_are_searched(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put({"type": "profile", "v": 1, "name": {"en": "City budget office"}, "publisherType": "local"})
    publisher.put({"type": "use", "v": 1, "name": {"en": "budget"}})
    publisher.put(b"\xc1")
    publisher.publish()
    (item,) = search(home, Question("budget")).items
    assert (item["type"], item["kind"]) == ("profile", "local")
    assert search(home, Question()).total == 1


def test_the_reader_s_languages_pick_name_and_summary(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry({"fr": "Mairie", "en": "Town hall"}, summary={"fr": "Un", "en": "One"}))
    publisher.publish()
    (item,) = search(home, Question("mairie", languages=("fr-CA",))).items
    assert (item["name"], item["summary"], item["language"]) == ("Mairie", "Un", "fr")


def test_a_hit_whose_row_is_gone_is_not_shown(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    id_ = publisher.put(entry("Budget"))
    publisher.publish()
    catch_up(home)
    publisher.withdraw(id_)
    publisher.publish()
    assert search(home, Question("budget"), fresh=False).items == ()


def test_a_row_that_cannot_be_read_any_more_does_not_stop_the_others(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    broken = publisher.put(entry("Budget"))
    publisher.put(entry("Budget two"))
    publisher.put({"type": "profile", "v": 1, "name": {"en": "Budget office"}})
    publisher.publish()
    assert search(home, Question("budget")).total == 3
    with home.database.write() as connection:
        connection.execute("UPDATE entry SET payload = x'c1' WHERE id = ? OR type = 'profile'", (broken,))
    assert names(home, "budget") == ["Budget two"]
    reindex(home)
    assert search(home, Question("budget")).total == 1


def pages(home: Home, question: Question, limit: int) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    cursor = None
    while True:
        page = search(home, question, limit, cursor)
        found += [(item["name"], item["matched"]) for item in page.items]
        cursor = page.next
        if cursor is None:
            return found


def test_by_freshness_and_by_name_the_place_of_the_words_decides_nothing(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for name, day, words in (
        ("Zebra budget", "2024-03-01", ""),
        ("Budget", "2023-01-01", ""),
        ("árvore", "2025-05-05", "Budget"),
        ("Parks", "2022-01-01", "A budget"),
        ("Árbol", "2021-01-01", "budget"),
        ("2024", "2020-01-01", "budget"),
    ):
        field = "summary" if words.startswith("B") else "description"
        publisher.put(entry(name, modified=f"{day}T00:00:00Z", **({field: {"en": words}} if words else {})))
    publisher.put(entry("Nothing"))
    publisher.publish()
    fresh = [
        ("árvore", "summary"),
        ("Zebra budget", "name"),
        ("Budget", "exact"),
        ("Parks", "text"),
        ("Árbol", "text"),
        ("2024", "text"),
    ]
    ordered = sorted(fresh, key=lambda each: folded(each[0]))
    assert ordered[0][0] == "2024"
    assert ordered[1][0] == "Árbol"
    for limit in (1, 2, 4, 20):
        assert pages(home, Question("budget", sort="freshness"), limit) == fresh
        assert pages(home, Question("budget", sort="name"), limit) == ordered
    assert {matched for _, matched in pages(home, Question(sort="name"), 3)} == {"all"}


def test_equal_names_follow_each_other_without_gap_or_repetition(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for _ in range(9):
        publisher.put(entry("Open data portal"))
        publisher.put({"type": "entry", "v": 1, "kind": "dataset"})
    publisher.publish()
    for limit in (1, 4, 18):
        found: list[str] = []
        cursor = None
        while True:
            page = search(home, Question(sort="name"), limit, cursor)
            found += [item["id"] for item in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert len(found) == len(set(found)) == 18


@pytest.mark.parametrize("sort", ["freshness", "name"])
def test_a_page_goes_on_where_it_was_while_others_publish(home: Home, sort: str) -> None:
    publisher = Publisher(home, ORIGIN)
    ids = [publisher.put(entry(f"Budget {n}", modified=f"2025-01-{n + 10}T00:00:00Z")) for n in range(6)]
    publisher.publish()
    question = Question("budget", sort=sort)
    first = search(home, question, 3)
    rest = [item["id"] for item in search(home, question, 10, first.next).items]
    publisher.put(entry("Budget 00", modified="2026-01-01T00:00:00Z"))
    publisher.withdraw(next(id_ for id_ in ids if id_.hex() == first.items[-1]["id"]))
    publisher.publish()
    assert [item["id"] for item in search(home, question, 10, first.next).items] == rest


def test_a_cursor_belongs_to_its_order_and_filters_and_not_to_the_reader(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for number in range(4):
        publisher.put(entry(f"Budget {number}"))
    publisher.publish()
    filters = {"kind": ("software", "service"), "publisher": (ORIGIN,)}
    cursor = search(home, Question("budget", filters), 2).next
    same = Question(
        " budget ", dict(reversed(filters.items())) | {"kind": ("service", "software")}, languages=("fr",)
    )
    assert len(search(home, same, 1, cursor).items) == 1
    for other in (
        Question("budget", filters, "freshness"),
        Question("budget", filters, "name"),
        Question("budget", {"kind": ("software",)}),
        Question("budget"),
        Question("budgets", filters),
    ):
        with pytest.raises(InvalidInputError, match="does not belong"):
            search(home, other, 2, cursor)


def test_what_was_joined_since_the_index_was_read_is_one_item(home: Home) -> None:
    city, parks = Publisher(home, ORIGIN), Publisher(home, "a.example/log/parks/1", own=False)
    one, other = city.put(entry("Budget one")), parks.put(entry("Budget two"))
    city.publish()
    parks.publish()
    assert search(home, Question("budget")).total == 2
    tool = {"identifiers": [{"scheme": "dpg", "value": "gid-budget"}]}
    city.put(entry("Budget one", **tool), one)
    parks.put(entry("Budget two", **tool), other)
    city.publish()
    parks.publish()
    (item,) = search(home, Question("budget"), fresh=False).items
    assert item["members"] == 2
    assert search(home, Question("budget")).total == 1
    # Any member leads to the project while it is there.
    city.withdraw(one)
    city.publish()
    (item,) = search(home, Question("budget"), fresh=False).items
    assert (item["name"], item["members"]) == ("Budget two", 1)


def test_what_is_asked_again_is_answered_alike_until_something_changes(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    for number in range(3):
        publisher.put(entry(f"Budget {number}"))
    publisher.publish()
    first = search(home, Question("budget"), 2, facets=("kind",))
    assert search(home, Question("budget"), 2, facets=("kind",)) == first
    assert search(home, Question("budget"), 3, facets=("kind",)).total == 3
    answers = index_in(home.index_dir).snapshot().answers
    for number in range(10, 200):
        assert search(home, Question(f"budget {number}")).total == 0
    assert len(answers) <= 128
    publisher.put(entry("Budget 3"))
    publisher.publish()
    assert search(home, Question("budget"), 2, facets=("kind",)).total == 4


def test_what_is_remembered_of_words_is_bounded_and_decides_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.answers.lexicon._MOST_LOOKED_UP", 2)
    monkeypatch.setattr("node.answers.index._MOST_WORDS", 2)
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Participatory budget of cities"))
    publisher.publish()
    for question in ("budget city", "bugdet", "citties budget", "particpatory", "bugdet") * 2:
        assert [item["name"] for item in search(home, Question(question)).items] == [
            "Participatory budget of cities"
        ]
    snapshot = index_in(home.index_dir).snapshot()
    assert len(snapshot.words) <= 2
