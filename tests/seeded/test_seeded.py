"""The seeded defects can still be made, and a handful of them, others each day, are noticed.

All of them take about ten minutes: ``python -m tests.seeded``.
"""

from __future__ import annotations

import datetime as dt
import random

import pytest

from tests.seeded.defects import DEFECTS
from tests.seeded.running import copied, fails, fault_of, passing

HANDFUL = 5


def test_every_defect_finds_its_text_once() -> None:
    faults = {f"{each.threat}: {each.what}": fault_of(each) for each in DEFECTS}
    assert {what: fault for what, fault in faults.items() if fault} == {}


@pytest.mark.slow
def test_a_handful_of_defects_is_noticed() -> None:
    day = dt.datetime.now(dt.UTC).date().toordinal()
    chosen = random.Random(day).sample(DEFECTS, HANDFUL)  # noqa: S311 - repeatable on the same day
    with copied() as root:
        good = passing(root, (test for each in chosen for test in each.tests))
        survivors = [each for each in chosen if not (good.issuperset(each.tests) and fails(root, each))]
    assert survivors == [], f"of day {day}"
