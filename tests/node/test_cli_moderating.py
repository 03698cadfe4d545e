"""``fedcat moderate …``, ``origin purge`` and ``log trim``; what ``show`` says of what is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.home import Home
from node.store.database import Database
from tests.command import Fedcat
from tests.publisher import Publisher, entry
from tests.traces import traces

pytestmark = pytest.mark.usefixtures("city")

ORIGIN = "lyon.example/log/lyon/1"


@pytest.fixture
def followed(city: Home) -> tuple[str, str]:
    """A followed log with two entries, the first of them in two versions; their ids."""
    lyon = Publisher(city, ORIGIN, own=False)
    one, two = lyon.put(entry("Zquorvexim")), lyon.put(entry("Wrimblothq"))
    lyon.publish()
    lyon.put(entry("Zquorvexim"), one)
    lyon.publish()
    return one.hex(), two.hex()


def test_hide_takedown_restore_list(fedcat: Fedcat, city: Home, followed: tuple[str, str]) -> None:
    one, two = followed
    assert fedcat("moderate", "list", "--json").document == []
    assert fedcat("moderate", "hide", one).code == 2
    hidden = fedcat("moderate", "hide", one[:8], "--reason", "an advertisement")
    assert (hidden.code, hidden.out) == (0, f"Hidden: {ORIGIN}/e/{one}\n")
    assert fedcat("search", "zquorvexim", "--json").document["total"] == 0
    assert fedcat("show", one, "--json").document["state"] == "hidden"
    down = fedcat("moderate", "takedown", two, "--reason", "by order of the court", "--json")
    (decision,) = down.document
    assert (decision["address"], decision["action"]) == (f"{ORIGIN}/e/{two}", "takedown")
    assert traces(city, ["wrimblothq"]) == set()
    for words in (("show", two), ("entry", "history", two), ("proof", two), ("project", two)):
        refused = fedcat(*words)
        assert refused.code == 7
        assert "was taken down on this node: by order of the court" in refused.err
    listed = fedcat("moderate", "list")
    assert "an advertisement" in listed.out
    assert {each["action"] for each in fedcat("moderate", "list", "--json").document} == {"hide", "takedown"}
    assert fedcat("moderate", "takedown", two, "--reason", "again").code == 9
    restored = fedcat("moderate", "restore", one, "--reason", "it is none", "--json")
    assert restored.document == {"addresses": [f"{ORIGIN}/e/{one}"]}
    assert fedcat("search", "zquorvexim", "--json").document["total"] == 1
    assert fedcat("moderate", "restore", one, "--reason", "it is none").code == 7


def test_purge(fedcat: Fedcat, city: Home, followed: tuple[str, str]) -> None:
    fingerprint = next(log for log in fedcat("log", "list", "--json").document if log["origin"] == ORIGIN)
    done = fedcat("origin", "purge", ORIGIN, "--json")
    assert done.document == {
        "origin": ORIGIN,
        "fingerprint": fingerprint["fingerprint"],
        "version": 1,
        "size": 4,
        "root": fingerprint["root"],
    }
    assert traces(city, ["zquorvexim", "wrimblothq"]) == set()
    assert fedcat("show", followed[0]).code == 7
    assert "Purged." in fedcat("origin", "purge", ORIGIN).out
    assert fedcat("origin", "purge", "nobody.example/log/x/1").code == 7


def test_trim(fedcat: Fedcat, followed: tuple[str, str]) -> None:
    assert fedcat("log", "trim", "--json").document == []
    would = fedcat("log", "trim", "--days", "0", "--dry-run", "--json")
    assert would.document == [{"origin": ORIGIN, "versions": 1}]
    done = fedcat("log", "trim", ORIGIN, "--days", "0")
    assert ORIGIN in done.out
    versions = fedcat("entry", "history", followed[0], "--json").document
    assert [each["statement"] is None for each in versions] == [False, True]


def test_show_says_why_something_is_gone(fedcat: Fedcat, tmp_path: Path) -> None:
    file = tmp_path / "entry.json"
    file.write_text(
        '{"kind": "software", "name": {"en": "Zquorvexim"}, "summary": {"en": "Vote"}, "lifecycle": "live",'
        ' "license": "MIT", "languages": ["en"], "topics": ["sector:civic-participation"],'
        ' "links": [{"rel": "landing", "url": "https://vote.example"}]}'
    )
    put = fedcat("entry", "put", str(file), "--json")
    assert put.code == 0
    id_ = put.document["entries"][0]["id"]
    fedcat("entry", "withdraw", id_, "--reason", "merged", "--successor", "https://other.example/thing")
    shown = fedcat("show", id_)
    lines = [line.split() for line in shown.out.splitlines()]
    successor = "https://other.example/thing"
    for line in (["state", "withdrawn"], ["reason", "merged"], ["successor", successor]):
        assert line in lines
    document = fedcat("show", id_, "--json").document
    assert document["withdrawal"] == {"reason": "merged", "successor": successor, "text": {}}
    assert fedcat("search", "zquorvexim", "--json").document["total"] == 0
    fedcat("entry", "erase", id_, "--reason", "court")
    assert "erased (court)" in fedcat("show", id_).out
    document = fedcat("show", id_, "--json").document
    assert (document["withdrawal"], document["erased"]) == (None, "court")


def test_who_is_in_the_way_makes_no_deletion_look_failed(
    fedcat: Fedcat, city: Home, followed: tuple[str, str]
) -> None:
    reader = Database(city.database.path)
    try:
        with reader.read() as connection:
            connection.execute("SELECT count(*) FROM entry").fetchone()
            down = fedcat("moderate", "takedown", followed[1], "--reason", "a reason")
        assert down.code == 0
        assert "Copies may be left in files of this home: the database is in use" in down.err
        fedcat("sync")
    finally:
        reader.close()
    assert traces(city, ["wrimblothq"]) == set()
