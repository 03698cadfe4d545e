"""The index on disk: lost, damaged, of another format, and wanted by several writers."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import tantivy

from node.answers import index as index_module
from node.answers.index import index_in
from node.answers.indexing import catch_up, rewrite
from node.answers.search import Question, search
from node.errors import DamagedError, LockedError
from node.home import Home
from tests.publisher import Publisher, entry

ORIGIN = "127.0.0.1:8401/log/city/1"


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
    assert search(home, Question("budget"), fresh=False).total == 1


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


def test_readers_share_a_view_until_somebody_commits(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    publisher.publish()
    assert search(home, Question("budget")).total == 1
    index = index_in(home.index_dir)
    before = index.snapshot()
    assert index.snapshot() is before
    # Another process.
    other = index_module.TextIndex(home.index_dir)
    with other.writing(1) as batch:
        batch.forget_all()
        batch.commit("another")
    after = index.snapshot()
    assert after is not before
    assert (before.searcher.num_docs, after.searcher.num_docs) == (1, 0)


def test_an_index_that_vanishes_while_it_is_read_is_damaged(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    publisher.publish()
    assert search(home, Question("budget")).total == 1
    index = index_in(home.index_dir)
    opened = index._open()
    lose_meta(home.index_dir)
    monkeypatch.setattr(index_module.TextIndex, "_open", lambda _: opened)
    with pytest.raises(DamagedError, match="search index"):
        index.snapshot()


def test_worn_segments_are_those_with_something_deleted(home: Home) -> None:
    index, publisher = index_in(home.index_dir), Publisher(home, ORIGIN)
    assert (index.segments(), index.worn_segments()) == (frozenset(), frozenset())
    ids = []
    for name in ("Budget", "Garden"):
        ids += [publisher.put(entry(f"{name} {number}")) for number in range(2)]
        publisher.publish()
        catch_up(home)
    both = index.segments()
    assert (len(both), index.worn_segments()) == (2, frozenset())
    publisher.withdraw(ids[0])
    publisher.publish()
    catch_up(home)
    (worn,) = index.worn_segments()
    assert worn in both
    rewrite(home)
    assert index.worn_segments() == frozenset()
    assert worn not in index.segments()
    assert names(home) == {"Budget 1", "Garden 0", "Garden 1"}


@pytest.mark.parametrize("damage", ["", "{}", '{"segments": 7}'])
def test_a_damaged_index_is_made_anew_instead_of_rewritten(home: Home, damage: str) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Budget"))
    publisher.publish()
    catch_up(home)
    (home.index_dir / "meta.json").write_text(damage)
    rewrite(home)
    assert names(home) == {"Budget"}


def names(home: Home) -> set[str]:
    return {item["name"] for item in search(home, Question()).items}
