"""When to ask whom again. The time and the dice are passed in.

A source that answers is asked at its interval, with up to a fifth taken off so that the polls of
many nodes do not fall into step. One that does not answer is asked after a random part of a time
that doubles with each failure (full jitter)::

    next_due(1000, 30, 0, 0.5)  ->  1027
    next_due(1000, 30, 3, 0.5)  ->  1120       half of 30 s doubled three times
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

CEILING_SECONDS = 21_600
"""Longest back-off: a publisher that returns after a week is noticed within six hours."""

_MAX_DOUBLINGS = 30  # beyond the ceiling for every interval; keeps the power small


def next_due(now: int, interval: int, failures: int, jitter: float) -> int:
    """Return when to ask a source again, in POSIX seconds; always after ``now``.

    Args:
        now: POSIX seconds.
        interval: Seconds between two polls of a source that answers.
        failures: Failed attempts in a row.
        jitter: A random number, 0 <= jitter < 1.
    """
    if failures <= 0:
        return now + max(1, round(interval * (1 - jitter / 5)))
    ceiling = max(interval, CEILING_SECONDS)
    wait = min(ceiling, interval << min(failures, _MAX_DOUBLINGS))
    return now + max(1, round(wait * jitter))


def due(times: Mapping[K, int], now: int) -> tuple[K, ...]:
    """Return whom to ask now, the one who has waited longest first.

    Args:
        times: When each is to be asked, in POSIX seconds.
        now: POSIX seconds.
    """
    waiting = sorted((when, place) for place, when in enumerate(times.values()) if when <= now)
    names = tuple(times)
    return tuple(names[place] for _, place in waiting)
