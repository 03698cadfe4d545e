"""Which statements point at which things: derived rows, written with the catalogue.

::

    reference:  target   63 bits of a name     log  id  relation  named (an id, where it is an address)
    named:      name     63 bits of a URL      log  id            by which an entry calls itself
    turning:    day      since 0001-01-01      log  id            from which on a statement counts otherwise
    news_named: url      of a feed of news     log  id            that an entry or a profile names

A thing is found by its names (``federation.targets``): its address, its identifiers, which ``identity`` has,
and its other URLs, which ``named`` has. So whatever points at a URL is there before the entry that bears it,
and stays when that goes. When a reference comes or goes, whatever may be meant by it is to be indexed again.
"""

import datetime as dt
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from federation.reuse import day_after, day_in, use_of
from federation.targets import RELATIONS, name_key, pointers_of, target_of, web_names_of
from federation.upkeep import turning_days
from protocol.forms import is_url
from protocol.packing import Value

from .marks import by_log, portions
from .waiting import QUEUE, Key

_AGAIN: Final = " ON CONFLICT (log, id) DO UPDATE SET turn = turn + 1"
_QUEUE_BEARERS: Final = (
    "INSERT INTO index_queue (log, id)"  # noqa: S608 - our own text
    " SELECT log, id FROM (SELECT log, id FROM identity WHERE identifier {0}"
    " UNION SELECT log, id FROM named WHERE name {0}"
    f" UNION SELECT log, id FROM entry WHERE id {{1}}) WHERE true{_AGAIN}"
)
_QUEUE_BEARERS_OF_LOG: Final = _QUEUE_BEARERS.format(
    "IN (SELECT target FROM reference WHERE log = ?1)", "IN (SELECT named FROM reference WHERE log = ?1)"
)
_QUEUE_ALL_BEARERS: Final = _QUEUE_BEARERS.format(
    "IN (SELECT target FROM reference)", "IN (SELECT named FROM reference)"
)
_BEARING: Final = (
    "SELECT log, id FROM identity WHERE identifier = ?1 UNION SELECT log, id FROM named WHERE name = ?1"
)
_POINTING: Final = frozenset(RELATIONS)
_TABLES: Final = ("reference", "named", "turning", "news_named")
_NEWS: Final = "updates-feed"
_MOST_NEWS: Final = 3  # feeds of one statement
_LONGEST_NEWS: Final = 1_000  # characters of an address

_Name = tuple[int, bytes | None]
"""A target, and the id where it is an address."""


class References(NamedTuple):
    """The rows of some statements, each once.

    Attributes:
        targets: (target, log, id, relation, named).
        names: (name, log, id), of entries.
        days: (day, log, id): ordinals of the days from which on statements count otherwise.
        news: (url, log, id, whether that is a profile) of feeds of news.
    """

    targets: list[tuple[int, int, bytes, str, bytes | None]]
    names: list[tuple[int, int, bytes]]
    days: list[tuple[int, int, bytes]]
    news: list[tuple[str, int, bytes, bool]]

    def add(self, key: Key, value: Value) -> None:
        """Add the rows of a live statement that has none among them."""
        if not isinstance(value, dict):
            return
        # Few entries point at anything, and all are asked.
        if value.get("type") != "entry" or not _POINTING.isdisjoint(value):
            targets: dict[tuple[int, int, bytes, str], bytes | None] = {}
            for pointer in pointers_of(value):
                target = target_of(pointer.target)
                targets |= {(name_key(name), *key, pointer.relation): target.id for name in target.names}
            self.targets.extend((*row, named) for row, named in targets.items())
        if value.get("type") == "entry":
            self.names.extend({(name_key(name), *key) for name in web_names_of(value)})
        if "links" in value:
            self.news.extend((url, *key, value.get("type") == "profile") for url in _news_of(value))
        self.days.extend({(day.toordinal(), *key) for day in _turning_days(value)})

    def ordered(self) -> "References":
        """Return them in the order of the tables, so that neighbouring pages are written together."""
        return References(sorted(self.targets), sorted(self.names), sorted(self.days), sorted(self.news))


def bearers(connection: sqlite3.Connection, name: str) -> set[Key]:
    """Return the entries of all logs that call themselves by a name other than their address."""
    return {(log, id_) for log, id_ in connection.execute(_BEARING, (name_key(name),))}


def drop_references(connection: sqlite3.Connection, keys: Collection[Key]) -> None:
    """Drop the rows of some statements; what they pointed at, and what shared a URL, is indexed again."""
    if not _is_any(connection):
        return
    queue_targets(connection, keys)
    names = {name for (name,) in _rows_of(connection, "SELECT name FROM named", keys)}
    _queue(connection, ((name, None) for name in _targets_among(connection, names)))
    for table in _TABLES:
        for _ in _rows_of(connection, f"DELETE FROM {table}", keys):  # noqa: S608 - our own
            pass


def put_references(connection: sqlite3.Connection, found: References, identifiers: Iterable[int]) -> None:
    """Write the rows of statements that have none.

    What they point at is indexed again, and whatever shares a name with them that somebody points at: another
    one may be meant by it now.

    Args:
        connection: In a transaction.
        found: The rows, ordered.
        identifiers: Of all these statements, as in ``identity``.
    """
    connection.executemany(
        "INSERT INTO reference (target, log, id, relation, named) VALUES (?, ?, ?, ?, ?)", found.targets
    )
    connection.executemany("INSERT INTO named (name, log, id) VALUES (?, ?, ?)", found.names)
    connection.executemany("INSERT INTO turning (day, log, id) VALUES (?, ?, ?)", found.days)
    connection.executemany(
        "INSERT INTO news_named (url, log, id, is_profile) VALUES (?, ?, ?, ?)", found.news
    )
    _queue(connection, ((target, named) for target, _, _, _, named in found.targets))
    if _is_any(connection):
        shared = {*identifiers, *(name for name, _, _ in found.names)}
        _queue(connection, ((name, None) for name in _targets_among(connection, shared)))


def forget_references(connection: sqlite3.Connection, log_id: int) -> None:
    """Drop all rows of a log, before they are derived anew."""
    queue_targets_of_log(connection, log_id)
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table} WHERE log = ?", (log_id,))  # noqa: S608 - our own


def queue_targets(connection: sqlite3.Connection, keys: Iterable[Key]) -> None:
    """Have indexed again what some statements point at, each thing once."""
    _queue(connection, _rows_of(connection, "SELECT target, named FROM reference", keys))


def queue_targets_of_log(connection: sqlite3.Connection, log_id: int) -> None:
    """Have indexed again what the statements of a log point at: they count otherwise now."""
    connection.execute(_QUEUE_BEARERS_OF_LOG, (log_id,))


def queue_all_targets(connection: sqlite3.Connection) -> None:
    """Have indexed again whatever anything points at: whose word counts has changed."""
    connection.execute(_QUEUE_ALL_BEARERS)


def is_turned(connection: sqlite3.Connection, today: dt.date) -> bool:
    """Report whether the index was last made to show this day."""
    row = connection.execute("SELECT day FROM shown_day").fetchone()
    return row is not None and row[0] == today.toordinal()


def turn_day(connection: sqlite3.Connection, today: dt.date) -> None:
    """Have indexed again what counts otherwise since the day that was shown last, within a transaction.

    A clock that is put back turns the same days the other way round.
    """
    row = connection.execute("SELECT day FROM shown_day").fetchone()
    day = today.toordinal()
    if row is not None and row[0] != day:
        turned = connection.execute(
            "SELECT DISTINCT log, id FROM turning WHERE day > ? AND day <= ?", sorted((row[0], day))
        ).fetchall()
        queue_targets(connection, turned)
        connection.executemany(QUEUE, turned)
    connection.execute("DELETE FROM shown_day")
    connection.execute("INSERT INTO shown_day (day) VALUES (?)", (day,))


def _turning_days(value: Mapping[str, Value]) -> Iterable[dt.date]:
    """Return the days from which on a live statement counts otherwise."""
    match value.get("type"):
        case "entry":
            return turning_days(value)
        case "use":
            return use_of(value).turning_days()
        case "vouch":
            issued, expires = day_in(value.get("issued")), day_in(value.get("expires"))
            return [*([issued] if issued else []), *([day_after(expires)] if expires else [])]
        case _:
            return ()


def _news_of(value: Mapping[str, Value]) -> Iterable[str]:
    """Return the addresses of the feeds of news that an entry or a profile names, each once."""
    if value.get("type") not in ("entry", "profile"):
        return ()
    urls = (each.get("url") for each in _maps_in(value["links"]) if each.get("rel") == _NEWS)
    found = (url for url in urls if isinstance(url, str) and len(url) <= _LONGEST_NEWS and is_url(url))
    return list(dict.fromkeys(found))[:_MOST_NEWS]


def _maps_in(value: Value) -> Iterator[Mapping[str, Value]]:
    return (each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict))


def _is_any(connection: sqlite3.Connection) -> bool:
    """Report whether anything points at anything: where not, a catalogue is filled without asking further."""
    found = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM reference) OR EXISTS (SELECT 1 FROM named)"
        " OR EXISTS (SELECT 1 FROM turning) OR EXISTS (SELECT 1 FROM news_named)"
    ).fetchone()
    return bool(found[0])


def _queue(connection: sqlite3.Connection, names: Iterable[_Name]) -> None:
    """Have indexed again whatever bears some names; thousands of statements may share one."""
    for some, _ in portions(list(dict.fromkeys(names))):
        # Names and ids are named more than once, and most names have no id: nothing is NULL.
        marks = [f"?{number}" for number in range(1, 2 * len(some) + 1)]
        asked = _QUEUE_BEARERS.format(*(f"IN ({', '.join(marks[at::2])})" for at in (0, 1)))
        connection.execute(asked, [each for name in some for each in name])


def _rows_of(connection: sqlite3.Connection, asked: str, keys: Iterable[Key]) -> Iterator[tuple[Any, ...]]:
    """Yield what a statement returns about some statements: all but its condition is given."""
    for log, some, marks in by_log(keys):
        yield from connection.execute(f"{asked} WHERE log = ? AND id IN ({marks})", (log, *some))


def _targets_among(connection: sqlite3.Connection, names: Iterable[int]) -> Iterator[int]:
    """Yield those of some names that anything points at, each once."""
    for some, marks in portions(sorted(names)):
        asked = f"SELECT DISTINCT target FROM reference WHERE target IN ({marks})"  # noqa: S608 - marks only
        for (name,) in connection.execute(asked, some):
            yield name
