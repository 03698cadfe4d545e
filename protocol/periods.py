"""Periods of the calendar: which days a text such as ``2027-Q1`` stands for.

::

    days_of("2027-Q1")               2027-01-01 … 2027-03-31
    days_of("2027-02")               2027-02-01 … 2027-02-28
    span_of("2027-Q1", "2027-06")    2027-01-01 … 2027-06-30
    span_of("2027-Q1", "")           2027-01-01 … (open)

Works on whatever was stated: a text that is no period stands for no days, and nothing here raises.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from .forms import is_date, is_period

_MONTHS: Final = 12
_QUARTER: Final = 3  # months


@dataclass(frozen=True, slots=True)
class Span:
    """Days from one to another, both included; None where it is open.

    Attributes:
        first: The first day.
        last: The last day.
    """

    first: dt.date | None
    last: dt.date | None

    def shared(self, other: Span) -> Span | None:
        """Return the days that are in both spans, None when there are none."""
        first = max((day for day in (self.first, other.first) if day), default=None)
        last = min((day for day in (self.last, other.last) if day), default=None)
        return None if first and last and first > last else Span(first, last)

    def __str__(self) -> str:
        """Return it for people: ``2027-01-01 to 2027-03-31``, ``from 2027-01-01``, ``until 2027-03-31``."""
        if self.first and self.last:
            return f"{self.first} to {self.last}" if self.first != self.last else str(self.first)
        if self.first:
            return f"from {self.first}"
        return f"until {self.last}" if self.last else "at any time"


def days_of(period: object) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day of a date, month, quarter or year; None of anything else."""
    if not isinstance(period, str) or not is_period(period):
        return None
    if is_date(period):
        day = dt.date.fromisoformat(period)
        return day, day
    year, _, part = period.partition("-")
    if int(year) < dt.MINYEAR:
        return None
    if not part:
        months = (1, _MONTHS)
    elif part.startswith("Q"):
        last_month = int(part[1]) * _QUARTER
        months = (last_month - _QUARTER + 1, last_month)
    else:
        months = (int(part), int(part))
    return dt.date(int(year), months[0], 1), _last_day(int(year), months[1])


def span_of(start: object, end: object) -> Span | None:
    """Return the days between two periods, as a plan states them.

    Args:
        start: A period, whose first day counts.
        end: A period, whose last day counts.

    Returns:
        None when neither says when, or when the end is before the start: nobody knows which was meant. What
        is stated and is no period is as if it were not there.
    """
    first, last = days_of(start), days_of(end)
    if first is None and last is None:
        return None
    span = Span(first and first[0], last and last[1])
    return None if span.first and span.last and span.first > span.last else span


def _last_day(year: int, month: int) -> dt.date:
    if month == _MONTHS:
        return dt.date(year, month, 31)
    return dt.date(year, month + 1, 1) - dt.timedelta(days=1)
