"""Making the documents of many portions: here, or by processes that have the same home open.

Most of what indexing costs is Python's. Where thousands of statements wait, each portion is made by another
process, while this one feeds the index (see ``workers``).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from node.config import Config
from node.home import Home

from .catalogue import CatalogueProjection
from .portions import Portion, Range, portion_of
from .workers import Workers

ENOUGH: Final = 16
"""Portions from which on it is worth starting processes."""

_opened: list[Home] = []  # of this process, when it is one of those


def makers_of(home: Home) -> Workers:
    """Return processes that can make documents of what a home holds; they end with the block."""
    return Workers(partial(_open, home.path, home.config, home.now()))


def portions(home: Home, ranges: Sequence[Range], today: dt.date, makers: Workers) -> Iterator[Portion]:
    """Yield what ranges of the queue stand for on a day, in their order.

    Each is read in one moment, and a later one may have been read earlier.

    Args:
        home: The node.
        ranges: Of what waits.
        today: The day.
        makers: Of this home.
    """

    def here(between: Range) -> Portion:
        return portion_of(home, between, today)

    made = makers.each(ranges, partial(_made, today), here, is_much=len(ranges) >= ENOUGH)
    return (portion for _, portion in made)


def _open(path: Path, config: Config, now: int) -> None:
    _opened.append(Home(path, config, projection=CatalogueProjection(), clock=lambda: now))


def _made(today: dt.date, between: Range) -> Portion:
    return portion_of(_opened[0], between, today)
