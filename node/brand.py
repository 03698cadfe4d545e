"""How the pages of a node look like its operator's: a name, a logo, one colour for light and one for dark.

::

    [brand]
    name = "Open Example"
    accent = "#7a1f5c"
    accent_dark = "#f0a6d6"
    logo = "logo.svg"

The colour is that of links, buttons and marks, so its contrast is computed against everything that it stands
on, as WCAG 2.2 has it (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). A colour below 4.5:1 is refused,
with the nearest one that is readable.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from .contacts import Fault

LEAST: Final = 4.5
"""The contrast of text that WCAG 2.2 asks for at level AA."""

LOGO_BYTES: Final = 65_536
"""The largest logo: every reader of every page loads it once."""

LOGO_TYPES: Final[Mapping[str, bytes]] = {"svg": b"<", "png": b"\x89PNG\r\n\x1a\n"}
"""Ending of a logo → what such a file begins with."""

Scheme = Literal["light", "dark"]

PAPERS: Final[Mapping[Scheme, tuple[str, str]]] = {
    "light": ("#ffffff", "#f5f7f9"),
    "dark": ("#12171c", "#1a2128"),
}
"""What text stands on: the page and its boxes, as the style sheet has them."""

_SOFT: Final[Mapping[Scheme, float]] = {"light": 0.09, "dark": 0.16}  # of the colour in a tinted box
_TOWARDS: Final[Mapping[Scheme, str]] = {"light": "#000000", "dark": "#ffffff"}
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}", re.ASCII | re.IGNORECASE)
_STEPS: Final = 50

# The formula of WCAG 2.2: the linear part of sRGB and its bend, what each channel weighs, stray light.
_BEND, _SLOPE, _OFFSET, _POWER = 0.04045, 12.92, 0.055, 2.4
_WEIGHTS: Final = (0.2126, 0.7152, 0.0722)
_STRAY: Final = 0.05


@dataclass(frozen=True, slots=True)
class BrandConfig:
    """How the pages look.

    Attributes:
        name: What they are headed with; empty for the name of the node.
        accent: Colour of links and buttons on light pages, ``#rrggbb``; empty for the usual one.
        accent_dark: The same on dark pages.
        logo: An SVG or PNG file, its path relative to the home; empty for none.
    """

    name: str = ""
    accent: str = ""
    accent_dark: str = ""
    logo: str = ""


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + _STRAY) / (darker + _STRAY)


def soft(accent: str, scheme: Scheme) -> str:
    """Return the colour of a box that is tinted with an accent."""
    return _mixed(PAPERS[scheme][0], accent, _SOFT[scheme])


def weakest(accent: str, scheme: Scheme) -> float:
    """Return the contrast of an accent with whatever it stands on, where that is least."""
    return min(contrast(accent, paper) for paper in (*PAPERS[scheme], soft(accent, scheme)))


def brand_faults(brand: BrandConfig, home: Path) -> Iterator[Fault]:
    """Yield what of a brand cannot be, or could not be read.

    Args:
        brand: What is configured.
        home: The directory to which the path of the logo is relative.
    """
    colours: tuple[tuple[str, str, Scheme], ...] = (
        ("accent", brand.accent, "light"),
        ("accent_dark", brand.accent_dark, "dark"),
    )
    for key, colour, scheme in colours:
        if colour and _COLOUR.fullmatch(colour) is None:
            yield f"brand.{key}", f"{colour!r} is no colour", "such as #1b5c8f"
        elif colour and (ratio := weakest(colour, scheme)) < LEAST:
            why = f"{colour} has a contrast of {ratio:.2f}:1 on {scheme} pages, below {LEAST}:1"
            yield f"brand.{key}", why, f"such as {readable(colour, scheme)}, the nearest that can be read"
    if brand.logo and (fault := _logo_fault(brand.logo, home)):
        hint = f"an {' or '.join(LOGO_TYPES).upper()} file in the home, at most {LOGO_BYTES:,} bytes"
        yield "brand.logo", fault, hint


def readable(colour: str, scheme: Scheme) -> str:
    """Return the nearest colour with enough contrast: darker for light pages, lighter for dark ones."""
    mixed = (_mixed(colour, _TOWARDS[scheme], step / _STEPS) for step in range(_STEPS + 1))
    return next(each for each in mixed if weakest(each, scheme) >= LEAST)


def _logo_fault(logo: str, home: Path) -> str | None:
    """Return why a logo is none, or None. Nothing is loaded from elsewhere, so it is a file of this node."""
    ending = logo.rpartition(".")[2].lower()
    if "://" in logo or ending not in LOGO_TYPES:
        return f"{logo!r} is not the path of a local SVG or PNG file"
    file = (home / logo).resolve()
    if not file.is_relative_to(home.resolve()):
        return f"{logo!r} is outside the home"
    try:
        with file.open("rb") as stream:
            body = stream.read(LOGO_BYTES + 1)
    except OSError as error:
        return f"{logo!r} cannot be read: {error.strerror}"
    if len(body) > LOGO_BYTES:
        return f"{logo!r} is larger than {LOGO_BYTES:,} bytes"
    return None if body.lstrip().startswith(LOGO_TYPES[ending]) else f"{logo!r} is no {ending.upper()} file"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(under: str, over: str, share: float) -> str:
    pairs = zip(_channels(under), _channels(over), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour, from 0 to 1."""
    return sum(weight * _linear(each / 255) for weight, each in zip(_WEIGHTS, _channels(colour), strict=True))


def _linear(part: float) -> float:
    return part / _SLOPE if part <= _BEND else float(((part + _OFFSET) / (1 + _OFFSET)) ** _POWER)
