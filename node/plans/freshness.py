"""How long a statement holds that nobody confirms, and which own ones should be looked at.

A publisher says in its profile after how many days its entries are stale (``policy.staleAfterDays``); a year
where it says nothing, two at most: nobody keeps plans fresh by word alone. The day on which an entry was
changed or confirmed is its publisher's word too; a day to come is not believed.
"""

import datetime as dt
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from node.answers.texts import card_of, moment
from node.errors import NotFoundError
from node.home import Home
from node.store.profiles import newest_profiles
from node.store.series import stands
from protocol.leaf import Op
from protocol.origin import address
from protocol.packing import Value
from protocol.plans import confirmed_on, last_day, plan_items
from protocol.requirements import CALLS

STALE_DAYS: Final = 365
"""Days after which an unconfirmed entry is stale where its publisher says nothing."""

MOST_STALE_DAYS: Final = 730
"""The longest time that a publisher can ask for."""

SOON_DAYS: Final = 30
"""Days before its end in which a call is shown to its publisher."""

_ENTRIES: Final = (
    "SELECT l.origin, e.log, e.id, e.payload FROM entry e JOIN log l ON l.id = e.log"  # noqa: S608 - a constant
    f" WHERE l.own = 1 AND e.type = 'entry' AND e.op = ? AND {stands('e')} ORDER BY l.origin, e.idx"
)
_ENTRY: Final = (
    "SELECT e.payload, e.idx FROM entry e JOIN log l ON l.id = e.log"
    " WHERE l.origin = ? AND l.own = 1 AND e.id = ? AND e.type = 'entry' AND e.op = ?"
)


def today(home: Home) -> dt.date:
    """Return the day in UTC."""
    return dt.datetime.fromtimestamp(home.now(), dt.UTC).date()


def stale_days(connection: sqlite3.Connection) -> Mapping[str, int]:
    """Return origin → days after which its entries are stale, of those publishers whose profile says so."""
    found = {profile.origin: stale_after(profile.said) for profile in newest_profiles(connection)}
    return {origin: days for origin, days in found.items() if days != STALE_DAYS}


def stale_after(profile: Mapping[str, Value]) -> int:
    """Return the days after which entries are stale, by the profile of their publisher."""
    policy = profile.get("policy")
    days = policy.get("staleAfterDays") if isinstance(policy, dict) else None
    return min(days, MOST_STALE_DAYS) if isinstance(days, int) and days > 0 else STALE_DAYS


def is_stale(confirmed: dt.date | None, days: int, now: dt.date) -> bool:
    """Tell whether nobody confirmed an entry for so many days, as far as anybody can know.

    Args:
        confirmed: The day that it states, or None.
        days: After which it is stale.
        now: Today.
    """
    return confirmed is None or not 0 <= (now - confirmed).days + 1 <= days + 1


def to_confirm(home: Home, languages: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return what of the own logs somebody should look at: stale entries, and calls that end soon or ended.

    Args:
        home: The node.
        languages: In which names are shown, by preference.

    Returns:
        For each entry ``address``, ``id``, ``name``, ``modified`` and ``reviewed`` as it states,
        ``confirmed`` (the later of their days, or None), ``stale``, and ``calls``: of each that ends within
        ``SOON_DAYS`` or has ended its ``address``, ``list``, ``until``, and whether it is ``over``.
    """
    now = today(home)
    with home.database.read() as connection:
        days = stale_days(connection)
        rows = connection.execute(_ENTRIES, (int(Op.PUT),)).fetchall()
    found = []
    for origin, _, id_, packed in rows:
        payload = _unpacked(packed)
        where, confirmed = address(origin, id_), confirmed_on(payload)
        stale, calls = is_stale(confirmed, days.get(origin, STALE_DAYS), now), _ending(payload, where, now)
        if stale or calls:
            name, _, _ = card_of(dict(payload)).shown(languages)
            found.append(
                {
                    "address": where,
                    "id": id_.hex(),
                    "name": name,
                    "modified": _text(payload.get("modified")),
                    "reviewed": _text(payload.get("reviewed")),
                    "confirmed": str(confirmed) if confirmed else None,
                    "stale": stale,
                    "calls": calls,
                }
            )
    return found


def own_entry(home: Home, origin: str, statement_id: bytes) -> tuple[Mapping[str, Value], int]:
    """Return what an own entry states now, and where in its log.

    Raises:
        NotFoundError: There is no such live entry: withdrawn, hidden, or a statement of another type.
    """
    row = home.database.connection.execute(_ENTRY, (origin, statement_id, int(Op.PUT))).fetchone()
    if row is None:
        raise NotFoundError(f"live entry {address(origin, statement_id)}", "`fedcat show` says what it is")
    return _unpacked(row[0]), row[1]


def reviewed(payload: Mapping[str, Value], now: int) -> dict[str, Value]:
    """Return an entry as somebody confirms it who looked at it at a time, in POSIX seconds."""
    return {**payload, "reviewed": moment(now)}


def _ending(payload: Mapping[str, Value], where: str, now: dt.date) -> list[dict[str, Any]]:
    calls = []
    for item in plan_items(payload):
        until = last_day(item.fields, payload) if item.list in CALLS else None
        if until is not None and (until - now).days <= SOON_DAYS:
            calls.append(
                {
                    "address": f"{where}#{item.id}",
                    "list": item.list,
                    "until": str(until),
                    "over": until < now,
                }
            )
    return calls


def _unpacked(payload: bytes) -> Mapping[str, Value]:
    """Return a row's statement; an empty one where the disk damaged it."""
    try:
        value = msgspec.msgpack.decode(payload)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
