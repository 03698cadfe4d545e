"""A drawing of plans by quarter: pure, from days to places on a sheet.

::

    drawn([("Pilot", date(2027, 1, 1), date(2027, 6, 30))], today)
        Drawing(width=720, height=…, quarters=(Quarter(0.0, "2027 Q1"), …), bars=(Bar(…),))

The same is in the table below the drawing; whoever cannot see it misses nothing.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

WIDTH: Final = 720
"""Units of a drawing, whatever its size on a screen."""

MOST_QUARTERS: Final = 12
"""Quarters of a drawing; what lies before or after is cut off at its edge."""

ROW: Final = 40
HEAD: Final = 28
_THICK: Final = 12
_MONTHS: Final = 3
_OPEN_DAYS: Final = 365
_LEAST: Final = 6  # units of the shortest bar
_LONGEST: Final = 70  # characters above a bar


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with its days; one without an end is drawn as a year long.

    Attributes:
        title: Above its bar.
        first: The day on which it begins.
        last: The day on which it ends.
        is_stale: Whether nobody confirmed it for long.
        url: Where its bar leads.
        group: Heading below which it stands; plans of one group follow each other.
    """

    title: str
    first: dt.date
    last: dt.date | None
    is_stale: bool = False
    url: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter that begins at a place."""

    x: float
    name: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A plan on the sheet: where it lies, where its title stands, where it leads."""

    x: float
    y: float
    width: float
    title: str
    is_stale: bool
    url: str


@dataclass(frozen=True, slots=True)
class Heading:
    """What the plans below have in common."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A sheet: its size, quarters, bars, headings, and where today is; None when that lies outside."""

    width: int
    height: int
    thick: int
    quarters: tuple[Quarter, ...]
    bars: tuple[Bar, ...]
    today: float | None
    headings: tuple[Heading, ...] = ()


def drawn(plans: Sequence[Planned], today: dt.date) -> Drawing | None:
    """Return a drawing of plans in their order; None where there is nothing to draw.

    It begins with the quarter of the first day, a year ago at the earliest, and ends with that of the last.
    """
    if not plans:
        return None
    begins = max(min(each.first for each in plans), today - dt.timedelta(days=365))
    ends = max(_end(each) for each in plans)
    starts = [_quarter(begins)]
    while len(starts) <= MOST_QUARTERS and (starts[-1] <= ends or len(starts) == 1):
        starts.append(_after(starts[-1]))
    total = (starts[-1] - starts[0]).days

    def at(day: dt.date) -> float:
        return round(min(max((day - starts[0]).days / total, 0.0), 1.0) * WIDTH, 1)

    bars: list[Bar] = []
    headings: list[Heading] = []
    for each in plans:
        if each.group and (not headings or headings[-1].text != each.group):
            headings.append(Heading(HEAD + (len(bars) + len(headings)) * ROW + 24, each.group))
        row = len(bars) + len(headings)
        x = min(at(each.first), WIDTH - _LEAST)
        width = max(at(_end(each)) - x, _LEAST)
        title = each.title if len(each.title) <= _LONGEST else f"{each.title[:_LONGEST]}…"
        bars.append(Bar(x, HEAD + row * ROW + 20, width, title, each.is_stale, each.url))
    quarters = tuple(
        Quarter(at(day), f"{day.year} Q{(day.month + 2) // _MONTHS}") for day, _ in pairwise(starts)
    )
    inside = starts[0] <= today <= starts[-1]
    height = HEAD + (len(bars) + len(headings)) * ROW + 8
    place = at(today) if inside else None
    return Drawing(WIDTH, height, _THICK, quarters, tuple(bars), place, tuple(headings))


def _end(plan: Planned) -> dt.date:
    if plan.last is not None:
        return max(plan.last, plan.first)
    days = min(_OPEN_DAYS, (dt.date.max - plan.first).days)
    return plan.first + dt.timedelta(days=days)


def _quarter(day: dt.date) -> dt.date:
    """Return the first day of a day's quarter."""
    return day.replace(month=(day.month - 1) // _MONTHS * _MONTHS + 1, day=1)


def _after(quarter: dt.date) -> dt.date:
    """Return the first day of the next quarter."""
    if quarter.month < 12 - _MONTHS + 1:
        return quarter.replace(month=quarter.month + _MONTHS)
    return dt.date.max if quarter.year == dt.MAXYEAR else quarter.replace(year=quarter.year + 1, month=1)
