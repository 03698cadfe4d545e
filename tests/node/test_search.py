"""Questions to the catalogue, over a real index and a real store."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tantivy
from hypothesis import given, settings
from hypothesis import strategies as st

from node.answers import index as index_module
from node.answers.index import index_in
from node.answers.indexing import catch_up, reindex
from node.answers.search import MAX_LIMIT, Question, search
from node.answers.texts import card_of, day_of, moment
from node.answers.words import folded, words_of
from node.errors import InvalidInputError, LockedError
from node.home import Home
from protocol.packing import Value
from tests.publisher import Publisher, entry, open_home

ORIGIN = "127.0.0.1:8401/log/city/1"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = open_home(tmp_path / "home")
    yield opened
    opened.close()


def names(home: Home, question: str) -> list[str]:
    return [item["name"] for item in search(home, Question(question)).items]


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
            "lifecycle": "",
            "license": "",
            "publishers": [ORIGIN],
            "members": 1,
            "matched": "exact",
            "provenance": {"origin": ORIGIN, "index": 1, "size": size, "verified_at": "2027-01-15T08:00:00Z"},
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


@pytest.mark.parametrize(
    ("language", "name", "question"),
    [
        ("fr", "Budgets participatifs d'été", "budget participatif ete"),
        ("it", "Bilanci partecipativi", "bilancio partecipativo"),
        ("es", "Presupuestos participativos", "PRESUPUESTO participativo"),
        ("de", "Bürgerhaushalte für Städte", "burgerhaushalt fur Stadte"),
        ("nl", "Burgerbegrotingen", "burgerbegroting"),
        ("pt-BR", "Orçamentos participativos", "orcamento participativo"),
        ("nn", "Kommunale budsjetter", "kommunale budsjett"),
        ("und", "Consul Démocratie", "democratie consul"),
        ("zh-Hant", "參與式預算", "預算"),
        ("ja", "市民参加", "参"),
        ("zh-Hant", "vTaiwan 參與平台", "vtaiwan 平台"),
        ("xx", "Zivile Projekte", "projekte"),
        ("ru", "Инициативное бюджетирование", "инициативного бюджетирования"),
    ],
)
def test_endings_accents_and_case_do_not_matter(home: Home, language: str, name: str, question: str) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry({language: name}))
    publisher.put(entry("Something else"))
    publisher.publish()
    assert names(home, question) == [name]


def test_function_words_do_not_matter_unless_alone(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry({"fr": "Eau potable"}))
    publisher.put(entry("The The"))
    publisher.publish()
    assert names(home, "l'eau de la ville") == []
    assert names(home, "qualité de l'eau") == []
    assert names(home, "de l'eau") == ["Eau potable"]
    assert names(home, "the") == ["The The"]


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


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "A" * 24, "=" * 8])
def test_a_cursor_that_is_none_is_refused(home: Home, cursor: str) -> None:
    with pytest.raises(InvalidInputError, match="cursor"):
        search(home, Question("budget"), cursor=cursor)


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


def test_a_lost_index_is_made_again(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    publisher.publish()
    assert search(home, Question("budget")).total == 1
    assert catch_up(home) == 0
    for path in home.index_dir.iterdir():
        path.unlink()
    assert search(home, Question("budget")).total == 1


def test_an_index_of_another_format_or_put_back_is_made_again(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    publisher.publish()
    assert search(home, Question("budget")).total == 1
    (home.index_dir / "stamp").write_text("1 anotherone\n")
    assert search(home, Question("budget")).total == 1
    for path in home.index_dir.iterdir():
        path.unlink()
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("other")
    tantivy.Index(builder.build(), str(home.index_dir))
    (home.index_dir / "stamp").write_bytes(b"0 \xff\n")
    index_module.index_in.cache_clear()
    assert search(home, Question("budget")).total == 1


def damage_meta(directory: Path) -> None:
    (directory / "meta.json").write_text("{")


def lose_meta(directory: Path) -> None:
    (directory / "meta.json").unlink()


def lose_a_segment(directory: Path) -> None:
    # As when the folder is deleted under a process that is about to commit.
    for path in directory.glob("*.term"):
        path.unlink()


def cut_segments(directory: Path) -> None:
    for path in directory.glob("*.term"):
        path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize("damage", [damage_meta, lose_meta, lose_a_segment, cut_segments])
@pytest.mark.parametrize("is_changed", [False, True])
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_damaged_index_is_made_again(
    home: Home, damage: Callable[[Path], None], is_changed: bool, is_restarted: bool
) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    publisher.publish()
    assert search(home, Question("budget")).total == 1
    if is_restarted:
        index_module.index_in.cache_clear()
    damage(home.index_dir)
    if is_changed:
        publisher.put(entry("Budget two"))
        publisher.publish()
    assert search(home, Question("budget")).total == 1 + is_changed
    assert catch_up(home) == 0


def test_other_errors_of_the_index_are_not_taken_for_damage(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ValueError("something else")

    monkeypatch.setattr(index_module.TextIndex, "_open", fail)
    with pytest.raises(ValueError, match="something else"):
        search(home, Question("budget"), fresh=False)


def test_another_writer_is_waited_for_and_then_named(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    publisher.publish()
    assert search(home, Question("budget")).total == 1
    publisher.put(entry("Budget two"))
    publisher.publish()
    foreign = tantivy.Index.open(str(home.index_dir)).writer(15_000_000, 1)
    with pytest.raises(LockedError, match="search index"):
        catch_up(home, wait=0.12)
    assert search(home, Question("budget"), fresh=False).total == 1
    timer = threading.Timer(0.1, foreign.wait_merging_threads)
    timer.start()
    assert catch_up(home, wait=20) == 1
    timer.join()
    assert search(home, Question("budget")).total == 2


def test_threads_of_one_process_take_turns(home: Home) -> None:
    index = index_in(home.index_dir)
    with index.writing(1), pytest.raises(LockedError), index.writing(0):
        pytest.fail("two writers at once")


def test_what_changes_while_it_is_indexed_stays_queued(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = Publisher(home, ORIGIN)
    id_ = publisher.put(entry("Budget"))
    publisher.publish()
    commit = index_module.IndexBatch.commit

    def commit_late(self: index_module.IndexBatch, stamp: str) -> None:
        monkeypatch.undo()
        publisher.put(entry("Spending"), id_)
        publisher.publish()
        commit(self, stamp)

    monkeypatch.setattr(index_module.IndexBatch, "commit", commit_late)
    assert catch_up(home) == 2
    assert names(home, "spending") == ["Spending"]
    assert names(home, "budget") == []


def test_a_kill_between_index_and_database_repeats(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    publisher.publish()
    commit = index_module.IndexBatch.commit

    def commit_and_die(self: index_module.IndexBatch, stamp: str) -> None:
        commit(self, stamp)
        raise KeyboardInterrupt

    monkeypatch.setattr(index_module.IndexBatch, "commit", commit_and_die)
    with pytest.raises(KeyboardInterrupt):
        catch_up(home)
    monkeypatch.undo()
    assert search(home, Question("budget")).total == 1


def test_a_hit_whose_row_is_gone_is_not_shown(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    id_ = publisher.put(entry("Budget"))
    publisher.publish()
    catch_up(home)
    publisher.withdraw(id_)
    publisher.publish()
    assert search(home, Question("budget"), fresh=False).items == ()


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_question_can_be_cut(text: str) -> None:
    for word in words_of(text):
        assert word.text
        assert words_of(word.text)
    assert folded(folded(text)) == folded(text)


def test_days_and_moments() -> None:
    assert day_of("1970-01-02T00:00:00Z") == 1
    assert day_of("yesterday") == 0
    assert moment(None) is None
    assert moment(0) == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "payload", [None, 7, [], {}, {"type": 3, "name": 4, "kind": [], "modified": 1}, {"name": "x"}]
)
def test_any_payload_has_a_card(payload: Value) -> None:
    card = card_of(payload)
    assert card.type == ""
    assert card.shown()[0] in ("", "x")


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
