"""Plans and calls: the items of an entry that others can answer, each with an address of its own.

An entry plans (``roadmap``), looks for (``seeking``), offers (``offering``), names who can be hired
(``providers``) and, of kind participation, asks the public. Each of these is found by itself, under the
address of its entry and its own id::

    lyon.example/log/lyon/1/e/3f…#pilot-2027         an item that says ``id: pilot-2027``
    lyon.example/log/lyon/1/e/3f…#seeking-9c41d02e   one without an id: named by what it says
    lyon.example/log/lyon/1/e/3f…#participation      the consultation that the entry is about

A call is a promise with an end, at most a year after its entry was last changed: nobody shall answer what
everybody forgot.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .fields import ITEMS
from .forms import is_date
from .packing import Value
from .periods import days_of, span_of
from .problem import Problem, Severity, child
from .requirements import is_too_late

LISTS: Final = ("roadmap", "seeking", "offering", "providers")
"""The fields of an entry whose items have addresses."""

PARTICIPATION: Final = "participation"
"""The block, and the item id, of what the public is asked."""

LONGEST_DAYS: Final = 366
"""For how long a call may stand: twelve months, whatever the year."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIGITS: Final = 8
# List → the fields that name an item which has no id: what changes seldom.
_NAMED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "roadmap": ("title",),
    "seeking": ("type", "text"),
    "offering": ("type", "text"),
    "providers": ("ref", "name", "uri", "role"),
}


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One item of an entry.

    Attributes:
        list: One of ``LISTS``, or ``PARTICIPATION``.
        id: What follows the ``#`` in its address, the same however the list is ordered.
        pointer: Where it stands in the entry.
        fields: What it says.
        repeats: Whether it says an id that an item before it has, or one that cannot be in an address.
    """

    list: str
    id: str
    pointer: str
    fields: Mapping[str, Value]
    repeats: bool = False


def plan_items(payload: Mapping[str, Value]) -> list[PlanItem]:
    """Return all items of an entry that can be read, each with an id that no other one has."""
    found: list[PlanItem] = []
    taken: dict[str, int] = {}
    block = payload.get(PARTICIPATION)
    if payload.get("kind") == PARTICIPATION and isinstance(block, dict):
        found.append(PlanItem(PARTICIPATION, PARTICIPATION, child("", PARTICIPATION), block))
        taken[PARTICIPATION] = 1
    for name in LISTS:
        items = payload.get(name)
        for place, item in enumerate(items[:ITEMS] if isinstance(items, list) else ()):
            if isinstance(item, dict):
                said = item.get("id")
                is_fit = isinstance(said, str) and _ID.fullmatch(said) is not None
                wanted = str(said) if is_fit else _named(name, item)
                id_ = _unused(wanted, taken)
                repeats = bool(said) and id_ != said
                found.append(PlanItem(name, id_, child(child("", name), str(place)), item, repeats))
    return found


def last_day(call: Mapping[str, Value], payload: Mapping[str, Value]) -> dt.date | None:
    """Return the last day of a call, None where it states none that can be.

    Args:
        call: An item of one of ``requirements.CALLS``.
        payload: Its entry: the end is at most twelve months after that was changed.
    """
    until = call.get("until")
    if not isinstance(until, str) or not is_date(until) or is_too_late(until, payload.get("modified")):
        return None
    return dt.date.fromisoformat(until)


def confirmed_on(payload: Mapping[str, Value]) -> dt.date | None:
    """Return the day on which an entry was last changed or confirmed, as it states; None if it does not."""
    days = (days_of(str(payload.get(name) or "")[:10]) for name in ("modified", "reviewed"))
    return max((found[0] for found in days if found), default=None)


def plan_problems(payload: Mapping[str, Any], doubt: Severity) -> Iterator[Problem]:
    """Find items that go by another id than they state, and those that end before they begin.

    Args:
        payload: The entry.
        doubt: How severe that is: other people's entries stay readable.
    """
    for item in plan_items(payload):
        if item.repeats:
            message = f"This item is known as '{item.id}', not by the id that it states."
            hint = "Give it an id of its own: up to 64 letters, digits, dots, hyphens and underscores."
            yield Problem(child(item.pointer, "id"), message, hint, doubt)
        if item.list in _ENDS:
            start, end = _ENDS[item.list]
            if days_of(item.fields.get(start)) and days_of(item.fields.get(end)) and not _span(item):
                message = "It ends before it begins."
                yield Problem(child(item.pointer, end), message, f"Write it after '{start}'.", doubt)


_ENDS: Final[Mapping[str, tuple[str, str]]] = {"roadmap": ("from", "to"), PARTICIPATION: ("opens", "closes")}


def _span(item: PlanItem) -> bool:
    start, end = _ENDS[item.list]
    return span_of(item.fields.get(start), item.fields.get(end)) is not None


def _named(name: str, item: Mapping[str, Value]) -> str:
    """Return the name of an item by what it says."""
    said = json.dumps([item.get(field) for field in _NAMED_BY[name]], sort_keys=True, default=str)
    return f"{name}-{hashlib.sha256(said.encode()).hexdigest()[:_DIGITS]}"


def _unused(wanted: str, taken: dict[str, int]) -> str:
    """Return an id that nothing has and note it: the wanted one, or that with a number.

    No stated id has a tilde, so numbered ones only meet each other.
    """
    taken[wanted] = number = taken.get(wanted, 0) + 1
    return wanted if number == 1 else f"{wanted}~{number}"
