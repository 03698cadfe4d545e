"""``fedcat project join``, ``split``, ``decisions`` and ``undo``."""

from __future__ import annotations

from node.home import Home
from tests.command import Fedcat
from tests.publisher import Publisher, entry

ORIGIN = "lyon.example/log/lyon/1"


def test_join_split_list_and_undo(city: Home, fedcat: Fedcat) -> None:
    lyon = Publisher(city, ORIGIN, own=False)
    one, two = lyon.put(entry("Zquorvexim")).hex(), lyon.put(entry("Wrimblothq")).hex()
    lyon.publish()
    assert fedcat("project", "decisions", "--json").document == []
    assert fedcat("project", "join", one, two).code == 2
    done = fedcat("project", "join", one[:8], two, "--reason", "renamed")
    assert (done.code, done.out) == (0, f"Joined: {ORIGIN}/e/{one} and {ORIGIN}/e/{two} (decision 1)\n")
    assert "`fedcat project undo 1`" in done.err
    assert len(fedcat("project", one, "--json").document["members"]) == 2
    assert fedcat("project", "split", one, "--reason", "two things").code == 9
    listed = fedcat("project", "decisions")
    assert f"{ORIGIN}/e/{one} {ORIGIN}/e/{two}" in listed.out
    assert "renamed" in listed.out
    undone = fedcat("project", "undo", "1", "--reason", "they are two", "--json").document
    assert (undone["number"], undone["action"], undone["reason"]) == (1, "join", "renamed")
    assert len(fedcat("project", "show", one, "--json").document["members"]) == 1
    parted = fedcat("project", "split", one, "--reason", "a fork")
    assert parted.out == f"Stands alone: {ORIGIN}/e/{one} (decision 2)\n"
    assert fedcat("project", "undo", "1", "--reason", "again").code == 7
    assert fedcat("project", "undo", "x", "--reason", "again").code == 2


def test_the_group_shows_its_commands_and_takes_options_first(city: Home, fedcat: Fedcat) -> None:
    lyon = Publisher(city, ORIGIN, own=False)
    id_ = lyon.put(entry({"en": "Trees", "fr": "Arbres"})).hex()
    lyon.publish()
    assert "decisions" in fedcat("project", "--help").out
    assert fedcat("project").code == 2
    assert fedcat("project", "--lang", "fr", id_).out.startswith("Arbres\n")
