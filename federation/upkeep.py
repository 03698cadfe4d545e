"""Who keeps a thing going and pays for it, and until when, as it is stated.

::

    maintenance  {"mode": "community", "supportUntil": "2027-03-01"}     kept going, and only until then
    funding      [{"by": "State", "from": "2025", "to": "2026-Q4"}]      paid for, and only until then

What is not stated is not known, and taken for nothing: a thing without ``maintenance`` is not called
maintained, one without ``funding`` is called unfunded. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from protocol.packing import Value
from protocol.periods import Span, days_of, span_of

from .reuse import day_after, day_in, months_after

SOON_MONTHS: Final = 12
"""What ends within so many months ends soon."""

MODES: Final = ("internal", "contract", "community")
"""Modes of maintenance in which somebody keeps a thing going."""

RUNNING: Final = ("pilot", "live", "maintenance-only")
"""Lifecycles in which there is something to keep going."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What is stated of one thing.

    Attributes:
        mode: Of maintenance; empty where none is stated.
        lifecycle: A word; empty where none is stated.
        support_until: Last day of support, None where none is stated.
        funding: The days of each item of funding; both ends open where it says neither.
    """

    mode: str
    lifecycle: str
    support_until: dt.date | None
    funding: tuple[Span, ...]

    def is_maintained(self, today: dt.date) -> bool:
        """Report whether somebody keeps the thing going."""
        is_over = self.support_until is not None and self.support_until < today
        return self.mode in MODES and self.lifecycle in RUNNING and not is_over

    def is_funded(self, today: dt.date) -> bool:
        """Report whether anything that is stated pays for the thing today."""
        return any(True for _ in self._running(today))

    def ends(self, today: dt.date) -> dt.date | None:
        """Return the day within the next twelve months on which support or the last money ends; else None."""
        lasts = [span.last for span in self._running(today)]
        money = None if None in lasts else max((last for last in lasts if last), default=None)
        until = [day for day in (self.support_until, money) if day is not None and day >= today]
        end = min(until, default=None)
        return end if end is not None and end <= months_after(today, SOON_MONTHS) else None

    def _running(self, today: dt.date) -> Iterable[Span]:
        for span in self.funding:
            if (span.first or today) <= today <= (span.last or today):
                yield span


def upkeep_of(maintenance: Value, lifecycle: Value, funding: Iterable[Value]) -> Upkeep:
    """Return what is stated, whatever of it is readable."""
    stated: Mapping[str, Value] = maintenance if isinstance(maintenance, dict) else {}
    mode = stated.get("mode")
    return Upkeep(
        mode if isinstance(mode, str) else "",
        lifecycle if isinstance(lifecycle, str) else "",
        day_in(stated.get("supportUntil")),
        tuple(_span(item) for item in funding if isinstance(item, dict)),
    )


def turning_days(payload: Mapping[str, Value]) -> frozenset[dt.date]:
    """Return the days from which on an entry seeks something else, or is kept going or paid for otherwise."""
    found: set[dt.date] = set()
    for field, end in (("seeking", "until"), ("funding", "from"), ("funding", "to")):
        listed = payload.get(field)
        for item in listed if isinstance(listed, list) else ():
            days = days_of(item.get(end)) if isinstance(item, dict) else None
            if days is not None and end == "from":
                found.add(days[0])
            elif days is not None:
                found |= _around(days[1])
    maintenance = payload.get("maintenance")
    until = day_in(maintenance.get("supportUntil")) if isinstance(maintenance, dict) else None
    return frozenset(found if until is None else found | _around(until))


def _around(last: dt.date) -> set[dt.date]:
    """Return the first day on which an end is near, and the first one after it."""
    near = months_after(last, -SOON_MONTHS)
    # Twelve months after a 28 February is one day less than twelve months before a 29th.
    return {near, day_after(near), day_after(last)}


def _span(item: Mapping[str, Value]) -> Span:
    return span_of(item.get("from"), item.get("to")) or Span(None, None)
