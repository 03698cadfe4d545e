"""What holds of a project on a day: what it has, how many use it, whether it is kept going.

::

    has   lessons, roadmap, seeking, use            facets, for everybody
    uses  1.., 2.., 3.., 5.., 10.., …               at least so many organisations with a verified domain
    usedBySize  0..4999, 5000..19999, …             of which so many people live where one of them works
    is    in-production, maintained, unfunded, …    conditions of views (``views``)

All of it follows from statements and the day, so it is indexed again when one of them turns.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from federation.upkeep import Upkeep, upkeep_of
from protocol.plans import last_day

from .projects import Project
from .uses import Regard

AT_LEAST: Final = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Numbers of uses by which projects can be counted and filtered."""

_LOOKED_FOR: Final = frozenset({"lessons", "roadmap", "seeking"})

IN_PRODUCTION: Final = "in-production"
MAINTAINED: Final = "maintained"
UNFUNDED: Final = "unfunded"
ENDING: Final = "ending"


SIZES: Final = (0, 5_000, 20_000, 100_000, 500_000)
"""Where the bands begin into which organisations are sorted by how many people live where they work."""


def size_band(population: int) -> str:
    """Return the band of a number of inhabitants, which is not negative, as filters name it."""
    place = bisect_right(SIZES, population) - 1
    last = f"{SIZES[place + 1] - 1}" if place + 1 < len(SIZES) else ""
    return f"{SIZES[place]}..{last}"


SIZE_BANDS: Final = tuple(map(size_band, SIZES))
"""The bands: ``0..4999`` and so on, the last one ``500000..``."""


def use_bands(uses: int) -> tuple[str, ...]:
    """Return the values of ``uses`` for which a number of uses counts, sorted."""
    return tuple(sorted(f"{least}.." for least in AT_LEAST if least <= uses)) if uses else ()


def has_values(project: Project, regard: Regard, today: dt.date) -> tuple[str, ...]:
    """Return what a project has that others look for, sorted.

    What somebody learned, plans or seeks is that publisher's own, and decided by nobody else: any who
    describes the project counts, for lessons others who use it, too. What is sought until a day that is over
    is sought no more.
    """
    found = ["lessons"] if regard.has_lessons else []
    if not all(_LOOKED_FOR.isdisjoint(member.payload) for member in project.members):
        found = ["lessons"] if found or project.said("lessons") else []
        if project.said("roadmap"):
            found.append("roadmap")
        until = sought_until(project)
        if until is not None and until >= today:
            found.append("seeking")
    return (*found, "use") if regard.is_used else tuple(found)


def sought_until(project: Project) -> dt.date | None:
    """Return the last day on which somebody who describes a project seeks something; None where none does.

    By the rule of the board: a call says until when, and that is not too far away.
    """
    days = (
        last_day(call, member.payload)
        for member in project.members
        if isinstance(calls := member.payload.get("seeking"), list)
        for call in calls
        if isinstance(call, dict)
    )
    return max((day for day in days if day is not None), default=None)


def states_of(project: Project, regard: Regard, today: dt.date) -> tuple[str, ...]:
    """Return the conditions of views that a project fulfils, sorted."""
    kept = _kept(upkeep_in(project), today)
    return tuple(sorted((*kept, IN_PRODUCTION))) if regard.in_production else kept


# Few differ in how they are kept going. Bounded: what they state is other people's.
@lru_cache(maxsize=1024)
def _kept(upkeep: Upkeep, today: dt.date) -> tuple[str, ...]:
    """Return the conditions that follow from who keeps a thing going and pays for it, sorted."""
    is_so: Mapping[str, bool] = {
        ENDING: upkeep.ends(today) is not None,
        MAINTAINED: upkeep.is_maintained(today),
        UNFUNDED: not upkeep.is_funded(today),
    }
    return tuple(name for name, holds in is_so.items() if holds)


def upkeep_in(project: Project) -> Upkeep:
    """Return who keeps a project going and pays for it, by its headline values."""
    maintenance, lifecycle = project.value("maintenance"), project.value("lifecycle")
    funding = project.values("funding")
    if maintenance or funding:
        return upkeep_of(maintenance, lifecycle, funding)
    return _unkept(lifecycle if isinstance(lifecycle, str) else "")


# Most say nothing of it. Bounded: what they state is other people's.
@lru_cache(maxsize=1024)
def _unkept(lifecycle: str) -> Upkeep:
    """Return what is known of a thing in a lifecycle that says nothing else."""
    return upkeep_of(None, lifecycle, ())
