"""The changes of all logs in the order of their commits: none twice and none passed over."""

import base64
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.ports import Advance
from node.answers.changes import changes_since
from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from node.store.purged import delete_log
from protocol.leaf import NEW, Leaf, Op
from tests.publisher import Publisher, entry, open_home

ORIGIN = "city.example/log/city/1"


def told(home: Home, cursor: str = "", limit: int = 3) -> tuple[list[tuple[str, int, str]], str]:
    """Read on until there is no more; return (origin, index, op) of each, and where that ended."""
    found: list[tuple[str, int, str]] = []
    while True:
        page = changes_since(home, cursor, limit)
        assert len(page["changes"]) <= limit
        found += [(each["origin"], each["index"], each["op"]) for each in page["changes"]]
        cursor = page["next"]
        if not page["more"]:
            return found, cursor


def test_each_thing_that_happened_is_told_once_in_order(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    first, second = publisher.put(entry("One")), publisher.put(entry("Two"))
    publisher.publish()
    before, cursor = told(home)
    assert before == [(ORIGIN, 1, "put"), (ORIGIN, 2, "put")]
    assert told(home, cursor) == ([], cursor)
    publisher.put(entry("Once"), first)
    publisher.withdraw(second)
    publisher.erase(first, 1)
    publisher.publish()
    page = changes_since(home, cursor, 10)
    assert [(each["op"], each["index"], each["previous"], each["reason"]) for each in page["changes"]] == [
        ("put", 3, 1, None),
        ("withdraw", 4, 2, None),
        ("erase", 5, 1, "privacy"),
    ]
    assert page["changes"][0]["address"] == f"{ORIGIN}/e/{first.hex()}"
    assert told(home)[0][:2] == before


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5), st.integers(1, 4), st.booleans()), max_size=8)
)
def test_whoever_reads_on_hears_of_everything_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, int, bool]]
) -> None:
    home = open_home(tmp_path_factory.mktemp("home"))
    try:
        logs = [Publisher(home, f"{name}.example/log/{name}/1") for name in ("a", "b", "c")]
        heard: list[tuple[str, int, str]] = []
        cursor = ""
        for which, count, limit, reads in steps:
            for number in range(count):
                logs[which].put(entry(f"Number {number}"))
            logs[which].publish()
            if reads:
                page = changes_since(home, cursor, limit)
                heard += [(each["origin"], each["index"], each["op"]) for each in page["changes"]]
                cursor = page["next"]
        heard += told(home, cursor)[0]
        assert len(set(heard)) == len(heard)
        assert heard == told(home, limit=100)[0]
        assert len(heard) == sum(count for _, count, _, _ in steps)
    finally:
        home.close()


def test_readers_beside_writers_miss_nothing(home: Home) -> None:
    logs = [Publisher(home, f"{name}.example/log/{name}/1") for name in ("a", "b")]

    def write(publisher: Publisher) -> None:
        for number in range(8):
            publisher.put(entry(f"Number {number}"))
            publisher.publish()

    writers = [threading.Thread(target=write, args=(each,)) for each in logs]
    for writer in writers:
        writer.start()
    heard: list[tuple[str, int, str]] = []
    cursor = ""
    while any(writer.is_alive() for writer in writers):
        found, cursor = told(home, cursor, 2)
        heard += found
    heard += told(home, cursor)[0]
    assert sorted(heard) == sorted((log.origin, index, "put") for log in logs for index in range(1, 9))


def test_content_that_comes_late_is_told_when_it_comes(home: Home) -> None:
    publisher = Publisher(home, ORIGIN, own=False)
    publisher.put(entry("Late"))
    blob = publisher._blobs.pop(1)
    publisher.publish()
    cursor = told(home)[1]
    size, root = publisher.store.size, publisher.store.held().root
    publisher.store.stage_blobs(0, {1: blob})
    publisher.store.commit(Advance(size, size, root, b"", publisher.chain, blobs=(1,)))
    assert told(home, cursor)[0] == [(ORIGIN, 1, "arrived")]


def test_void_leaves_and_those_of_keys_are_no_changes(home: Home) -> None:
    publisher = Publisher(home, ORIGIN, own=False)
    publisher._append(Leaf(9, Op.PUT, 0, 0, bytes(16), NEW, bytes(32)))
    publisher.put(entry("One"))
    publisher.publish()
    assert told(home)[0] == [(ORIGIN, 2, "put")]


def test_blocked_logs_are_told_when_they_are_blocked_no_more(home: Home) -> None:
    publisher, other = Publisher(home, ORIGIN, own=False), Publisher(home, "b.example/log/b/1")
    publisher.put(entry("One"))
    publisher.publish()
    connection = home.database.connection
    connection.execute(
        "INSERT INTO blocked (log, name, by, reason, at) VALUES (?, 'x', 'y', 'z', 1)", (publisher.store.id,)
    )
    other.put(entry("Two"))
    other.publish()
    found, cursor = told(home)
    assert found == [(other.origin, 1, "put")]
    connection.execute("DELETE FROM blocked")
    assert told(home, cursor)[0] == [(ORIGIN, 1, "put")]


def test_a_cursor_of_what_is_gone_is_refused(home: Home, tmp_path: Path) -> None:
    publisher, other = Publisher(home, ORIGIN, own=False), open_home(tmp_path / "other")
    publisher.put(entry("One"))
    publisher.publish()
    cursor = told(home)[1]
    twin = Publisher(other, ORIGIN, own=False)
    twin.put(entry("One"))
    twin.publish()
    with pytest.raises(NotFoundError):
        changes_since(other, cursor, 1)
    other.close()
    with home.database.write() as connection:
        delete_log(connection, publisher.store.id)
    with pytest.raises(NotFoundError):
        changes_since(home, cursor, 1)
    assert told(home)[0] == []


def test_what_is_no_cursor_is_refused(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("One"))
    publisher.publish()
    cursor = told(home)[1]
    packed = base64.urlsafe_b64decode(cursor + "==")
    for wrong in (
        "x",
        "é",
        cursor + "=",
        cursor[:-4],
        base64.urlsafe_b64encode(b"\2" + packed[1:]).decode().rstrip("="),
        base64.urlsafe_b64encode(b"\1" + b"\xff" * 24).decode().rstrip("="),
    ):
        with pytest.raises(InvalidInputError):
            changes_since(home, wrong, 1)
