"""A walk through a page by the tabulator key: where it leads, and whether one sees where one is.

walk = walked(page)
walk.missed      # what can be used and is not reached
walk.unseen      # what is reached without a sign of it
walk.backwards   # steps against the direction of reading
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from playwright.sync_api import Page

_BEGIN: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

MOST_PARTS: Final = 24
"""Steps beyond the number of what can be used."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk found, each as the beginning of an element."""

    first: str
    missed: tuple[str, ...]
    unseen: tuple[str, ...]
    backwards: tuple[str, ...]


def walked(page: Page) -> Walk:
    """Press the tabulator key as often as there is something to use, from the beginning of a page."""
    usable: list[str] = page.evaluate(_BEGIN)
    for _ in usable:
        page.keyboard.press("Tab")
    # A date has several parts, each of which is a step.
    for _ in range(MOST_PARTS):
        if page.evaluate("(last) => window.walk.at(-1).at === last", len(usable) - 1):
            break
        page.keyboard.press("Tab")
    steps: list[dict[str, Any]] = page.evaluate("() => window.walk")
    is_left_to_right = page.evaluate("() => document.documentElement.dir") != "rtl"
    reached = {step["at"] for step in steps}
    return Walk(
        first=steps[0]["what"],
        missed=tuple(each for at, each in enumerate(usable) if at not in reached),
        unseen=tuple(step["what"] for step in steps if not step["seen"]),
        backwards=tuple(
            f"{before['what']} → {after['what']}"
            for before, after in pairwise(steps)
            if _is_backwards(before, after, is_left_to_right)
        ),
    )


def _is_backwards(before: dict[str, Any], after: dict[str, Any], is_left_to_right: bool) -> bool:
    """Report whether a step leads up, or back within a line; up is right in the next column."""
    if is_left_to_right:
        is_beyond = after["left"] >= before["right"] - 2
        is_back = after["right"] <= before["left"] + 2
    else:
        is_beyond = after["right"] <= before["left"] + 2
        is_back = after["left"] >= before["right"] - 2
    # What stands a little higher or lower in a line, such as a note's number, is in it all the same.
    less = min(before["bottom"] - before["top"], after["bottom"] - after["top"]) / 2
    is_above = after["bottom"] <= before["top"] + less
    is_below = after["top"] >= before["bottom"] - less
    return (is_above and not is_beyond) or (not is_above and not is_below and is_back)
