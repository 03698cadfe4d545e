"""Every threat of docs/threats.md has tests that exist, and a defect that they notice."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.seeded.defects import DEFECTS

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"\| (?P<threat>[^|]+) \| (?P<promise>[^|]+) \| (?P<tests>[^|]+) \|")


def rows() -> dict[str, tuple[str, ...]]:
    """Return the tests of each threat, in the order of the page."""
    page = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
    found = [match for match in map(ROW.fullmatch, page.splitlines()) if match is not None]
    return {
        match["threat"]: tuple(re.findall(r"`([^`]+)`", match["tests"]))
        for match in found
        if match["threat"] != "threat"
    }


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the tests that a file defines; it is read and not imported."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions)


def test_the_page_has_all_rows() -> None:
    assert len(rows()) == 53


@pytest.mark.parametrize("threat", rows())
def test_a_threat_has_tests_that_exist(threat: str) -> None:
    tests = rows()[threat]
    assert tests
    assert len(set(tests)) == len(tests)
    for test in tests:
        file, _, name = test.partition("::")
        assert name in names_in(file), f"{test} does not exist"


@pytest.mark.parametrize("threat", rows())
def test_a_threat_has_a_defect_that_one_of_its_tests_must_notice(threat: str) -> None:
    named = {test for defect in DEFECTS if defect.threat == threat for test in defect.tests}
    assert named, f"no defect is seeded for {threat}"
    assert named <= set(rows()[threat])


def test_defects_are_seeded_for_no_other_threats() -> None:
    assert {defect.threat for defect in DEFECTS} <= set(rows())
