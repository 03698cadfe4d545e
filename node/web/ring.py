"""A drawing of who carries whose logs: pure, from places and lines between them to shapes on a sheet.

::

    drawn([Place("lyon.example", "here"), Place("oslo.example", "well")], [Line(0, 1, "asks")])
        Drawing(width=158, height=48, dots=(Dot(24, 24, …), Dot(134, 24, …)), strokes=(…))

The first place is in the middle, the others around it in their order, so the same places make the same
drawing, as large as they need and no larger. Each has a number; what it stands for is in the table beside
the drawing, which says the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

MOST: Final = 24
"""Places around the middle; of more the numbers could not be read on a telephone."""

_NEAREST: Final = 110  # units from the middle to the others where these are few
_APART: Final = 44  # units between the middles of two of them, at least
_EDGE: Final = 24  # units from the middle of a place to the edge of the sheet
_HALF: Final = 15  # units from the middle of a shape to its edge

Health = Literal["here", "well", "fault", "apart", "unknown"]
"""``apart``: something that lives there showed two histories; ``unknown``: nobody asked there."""

Kind = Literal["asks", "carries", "apart"]
"""``asks``: this node asks there; ``apart``: one shows another history of what lives at the other one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where logs live, or where a node is."""

    name: str
    health: Health


@dataclass(frozen=True, slots=True)
class Line:
    """What is between two places, by their numbers."""

    one: int
    other: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on the sheet: its middle, where its number stands, and its shape as a path."""

    x: float
    y: float
    shape: str
    health: Health
    name: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line on the sheet, from one place to another."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class Drawing:
    """A sheet, in units of which a screen that is wide enough shows one as one pixel."""

    width: float
    height: float
    dots: tuple[Dot, ...]
    strokes: tuple[Stroke, ...]


def drawn(places: Sequence[Place], lines: Sequence[Line]) -> Drawing:
    """Return a drawing of places, at most one in the middle and ``MOST`` around it.

    Args:
        places: The first one is in the middle.
        lines: Between them. What matters more lies above: two histories, then what is asked.
    """
    at = _around(len(places) - 1)
    left, top = (_EDGE - min(each) for each in zip(*at, strict=True))
    at = [(round(x + left, 1), round(y + top, 1)) for x, y in at]
    dots = [_dot(place, *where) for place, where in zip(places, at, strict=True)]
    strokes = [
        Stroke(dots[line.one].x, dots[line.one].y, dots[line.other].x, dots[line.other].y, line.kind)
        for line in sorted(lines, key=lambda line: ("carries", "asks", "apart").index(line.kind))
    ]
    width, height = (round(max(each) + _EDGE, 1) for each in zip(*at, strict=True))
    return Drawing(width, height, tuple(dots), tuple(strokes))


def _around(count: int) -> list[tuple[float, float]]:
    """Return the middle, and where so many places lie around it: from the top, as the hands of a clock go.

    No two lie opposite each other, or a line between them would be hidden behind the middle: of an even
    number the place at the top is left out. One alone lies beside the middle: a sheet is wide.
    """
    hours = count | 1
    radius = max(_NEAREST, _APART * hours / (2 * math.pi))
    turn = math.pi / 2 if count == 1 else 0
    angles = (turn + 2 * math.pi * number / hours for number in range(hours - count, hours))
    return [(0, 0), *((radius * math.sin(angle), -radius * math.cos(angle)) for angle in angles)]


def _dot(place: Place, x: float, y: float) -> Dot:
    half = _HALF
    match place.health:
        case "here":
            shape = f"M{x} {y - 20}L{x + 20} {y}L{x} {y + 20}L{x - 20} {y}Z"
        case "fault":
            shape = f"M{x - half} {y - half}h{2 * half}v{2 * half}h-{2 * half}Z"
        case "apart":
            shape = f"M{x} {y - 20}L{x + 20} {y + half}h-40Z"
        case _:
            shape = f"M{x - half} {y}a{half} {half} 0 1 0 {2 * half} 0a{half} {half} 0 1 0 -{2 * half} 0Z"
    return Dot(x, y, shape, place.health, place.name)
