"""Breaks one promise after the other and prints whether its test notices.

python -m tests.seeded                      all of docs/threats.md; takes about ten minutes
python -m tests.seeded --row "split view"   one row
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.seeded.defects import DEFECTS
from tests.seeded.running import Defect, DefectError, copied, fails, passing

HEADINGS = ("threat", "test", "passes", "defect", "fails with it")


def main() -> int:
    """Run it; return 0 when every test passes, and fails with its defect."""
    parser = argparse.ArgumentParser(prog="python -m tests.seeded", description=__doc__)
    parser.add_argument("--row", default="", help="only the rows whose threat begins like this")
    row = parser.parse_args().row
    defects = [each for each in DEFECTS if each.threat.startswith(row)]
    if not defects:
        parser.error(f"no threat begins with {row!r}")
    started, survivors = time.monotonic(), 0
    say(HEADINGS)
    say(["---"] * len(HEADINGS))
    with copied() as root:
        good = passing(root, (test for each in defects for test in each.tests))
        for each in defects:
            is_noticed, word = outcome(root, each)
            passes = good.issuperset(each.tests)
            say((each.threat, "<br>".join(each.tests), "yes" if passes else "NO", each.what, word))
            survivors += not (passes and is_noticed)
    minutes = (time.monotonic() - started) / 60
    sys.stderr.write(f"{len(defects)} defects, {survivors} not as they must be, {minutes:.1f} minutes\n")
    return 1 if survivors else 0


def outcome(root: Path, defect: Defect) -> tuple[bool, str]:
    """Return whether a defect is noticed, and the word for it."""
    try:
        is_noticed = fails(root, defect)
    except DefectError as error:
        return False, f"ERROR: {error}"
    return is_noticed, "yes" if is_noticed else "NO"


def say(cells: Sequence[str]) -> None:
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
