"""Who uses a thing: which statements of use count, and why others do not.

A use counts while it is true as far as anybody can know: the thing runs (``pilot`` or ``production``), and
its user said so within the last 24 months::

    2024-11-22   2025-03-01                      2026-11-22 (today)
    ──┤ too old    reviewed ──────────────────────┤  counts until 2027-03-01

What is stated with a day that is still to come confirms nothing. Who may be counted at all is decided
elsewhere (``node.answers.uses``): this is about what is stated, and the day. Pure.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocol.forms import is_date
from protocol.packing import Value
from protocol.vocabulary import words_of

FRESH_MONTHS: Final = 24
"""How long a use counts after its user last confirmed it."""

COUNTED: Final = ("production", "pilot")
"""Statuses in which a thing is used, the one that says more first."""

RETIRED: Final = "retired"

_MONTHS: Final = 12
_DATE: Final = 10  # characters
_STATUSES: Final = words_of("use status")


@dataclass(frozen=True, slots=True)
class Use:
    """What one statement of use says, as far as counting goes.

    Attributes:
        status: A word; empty where none is stated.
        since: First day, None where none is stated.
        until: Last day, None where none is stated.
        reviewed: When its user last made sure that it is still so, None where none is stated.
    """

    status: str
    since: dt.date | None = None
    until: dt.date | None = None
    reviewed: dt.date | None = None

    def is_past(self, today: dt.date) -> bool:
        """Report whether the use has ended."""
        return self.status == RETIRED or (self.until is not None and self.until < today)

    def confirmed(self, today: dt.date) -> dt.date | None:
        """Return the last day on which its user said that it is so; None when it never did.

        That is ``reviewed``, or ``since`` where that is newer, of the days that are not still to come.
        """
        days = [day for day in (self.reviewed, self.since) if day is not None and day <= today]
        return max(days, default=None)

    def why_not(self, today: dt.date) -> str:
        """Return as a clause why the use does not count on a day; empty when it does."""
        if self.is_past(today):
            return f"ended {self.until}" if self.until else "ended"
        if self.status not in COUNTED:
            return self.status if self.status in _STATUSES else "of no known status"
        if self.since is not None and self.since > today:
            return f"begins {self.since}"
        confirmed = self.confirmed(today)
        if confirmed is None:
            return f"dated {self.reviewed}, which is still to come" if self.reviewed else "never confirmed"
        return "" if today <= months_after(confirmed, FRESH_MONTHS) else f"unconfirmed since {confirmed}"

    def turning_days(self) -> frozenset[dt.date]:
        """Return the days from which on a use may count that did not, or the other way round."""
        confirmed = [day for day in (self.since, self.reviewed) if day is not None]
        ends = [months_after(day, FRESH_MONTHS) for day in confirmed]
        ends += [] if self.until is None else [self.until]
        return frozenset((*confirmed, *map(day_after, ends)))


def use_of(payload: Mapping[str, Value]) -> Use:
    """Return what a statement of use says, whatever of it is readable."""
    status = payload.get("status")
    return Use(
        status if isinstance(status, str) else "",
        *(day_in(payload.get(field)) for field in ("since", "until", "reviewed")),
    )


def day_in(value: Value) -> dt.date | None:
    """Return the day of a date or a time, ``2026-11-22`` or ``2026-11-22T09:00:00Z``; None of all else."""
    is_day = isinstance(value, str) and value[_DATE:][:1] in ("", "T") and is_date(value[:_DATE])
    return dt.date.fromisoformat(str(value)[:_DATE]) if is_day else None


def months_after(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or earlier; the last one of its month where there is none.

    Never beyond the first and the last day that there are.
    """
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    if year < dt.MINYEAR:
        return dt.date.min
    if year > dt.MAXYEAR:
        return dt.date.max
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def day_after(day: dt.date) -> dt.date:
    """Return the day after another; the last one there is stays."""
    return day if day == dt.date.max else day + dt.timedelta(days=1)
