"""The tables of docs/projects.md say what the code does."""

import re
from pathlib import Path

import pytest

from federation.names import bears
from federation.repositories import repository_of

PAGE = (Path(__file__).parent.parent / "docs" / "projects.md").read_text(encoding="utf-8")
ROWS = [[*re.findall(r"`([^`]+)`", line), line] for line in PAGE.splitlines() if line.startswith("|")]
SPELLED = [row for row in ROWS if row[0].startswith(("http", "git@"))]
NAMED = [row for row in ROWS if row[-1].endswith(("| bears it |", "| does not |"))]


def test_the_tables_are_there() -> None:
    assert len(SPELLED) >= 9
    assert len(NAMED) >= 5


@pytest.mark.parametrize("row", SPELLED, ids=lambda row: row[0])
def test_a_spelling_is_compared_as_the_page_says(row: list[str]) -> None:
    found = repository_of(row[0])
    assert (None if found is None else found.identity) == (None if "nothing:" in row[-1] else row[1])


@pytest.mark.parametrize("row", NAMED, ids=lambda row: row[0])
def test_a_name_bears_what_the_page_says(row: list[str]) -> None:
    assert bears(row[0], row[1], "acme") is row[-1].endswith("| bears it |")
