"""A drawing of who carries whose logs: pure, from places and lines between them to shapes on a sheet.

::

    drawn([Place("lyon.example", "here"), Place("oslo.example", "well")], [Line(0, 1, "asks")])
        Drawing(size=400, dots=(Dot(…), …), lines=(…), …)

The first place is in the middle, the others around it in their order, so the same places make the same
drawing. Each has a number; what it stands for is in the table beside the drawing, which says the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

SIZE: Final = 400
"""Units of a drawing in both directions, whatever its size on a screen."""

MOST: Final = 24
"""Places around the middle; of more the numbers could not be read on a telephone."""

_MIDDLE: Final = SIZE / 2
_RADIUS: Final = 176
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
    """A sheet."""

    size: int
    dots: tuple[Dot, ...]
    strokes: tuple[Stroke, ...]


def drawn(places: Sequence[Place], lines: Sequence[Line]) -> Drawing:
    """Return a drawing of places, at most one in the middle and ``MOST`` around it.

    Args:
        places: The first one is in the middle.
        lines: Between them. What matters more lies above: two histories, then what is asked.
    """
    dots = [_dot(place, *_at(number, len(places))) for number, place in enumerate(places)]
    strokes = [
        Stroke(dots[line.one].x, dots[line.one].y, dots[line.other].x, dots[line.other].y, line.kind)
        for line in sorted(lines, key=lambda line: ("carries", "asks", "apart").index(line.kind))
    ]
    return Drawing(SIZE, tuple(dots), tuple(strokes))


def _at(number: int, count: int) -> tuple[float, float]:
    """Return where a place lies: around the middle from the top, as the hands of a clock go."""
    if not number:
        return _MIDDLE, _MIDDLE
    angle = 2 * math.pi * (number - 1) / (count - 1)
    return round(_MIDDLE + _RADIUS * math.sin(angle), 1), round(_MIDDLE - _RADIUS * math.cos(angle), 1)


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
