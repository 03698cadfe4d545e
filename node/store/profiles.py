"""What publishers say of themselves: the newest profile of a log, as its row has it.

A log may hold several profiles, under several ids; the one at the highest index speaks. It is its publisher's
own word, and says nothing where the disk damaged the row: a publisher without a name is better than a node
that answers nobody.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from protocol.leaf import Op
from protocol.packing import Value

# SQLite takes the other columns from the row in which max() found its value.
_NEWEST: Final = (
    "SELECT e.log, l.origin, e.id, max(e.idx), e.payload FROM entry AS e JOIN log AS l ON l.id = e.log"
    " WHERE e.type = 'profile' AND e.op = ?"
)


@dataclass(frozen=True, slots=True)
class NewestProfile:
    """A log's newest profile.

    Attributes:
        log: The database's number of the log.
        origin: The log.
        id: The profile's id, 16 bytes.
        index: Of the leaf that states it.
        said: What it states; empty where the row cannot be read.
    """

    log: int
    origin: str
    id: bytes
    index: int
    said: Mapping[str, Value]


def newest_profile(connection: sqlite3.Connection, log: int) -> NewestProfile | None:
    """Return what the publisher of a log says of itself, None where it says nothing."""
    row = connection.execute(f"{_NEWEST} AND e.log = ?", (int(Op.PUT), log)).fetchone()
    return None if row[0] is None else _profile(*row)


def newest_profile_of(connection: sqlite3.Connection, origin: str) -> NewestProfile | None:
    """Return what the publisher of a log says of itself, None where it says nothing or is not known."""
    row = connection.execute(f"{_NEWEST} AND l.origin = ?", (int(Op.PUT), origin)).fetchone()
    return None if row[0] is None else _profile(*row)


def newest_profiles(connection: sqlite3.Connection) -> Iterator[NewestProfile]:
    """Yield what each publisher says of itself, by the number of its log, of those who say anything."""
    for row in connection.execute(f"{_NEWEST} GROUP BY e.log ORDER BY e.log", (int(Op.PUT),)):
        yield _profile(*row)


def _profile(log: int, origin: str, id_: bytes, index: int, payload: bytes) -> NewestProfile:
    try:
        said = msgspec.msgpack.decode(payload)
    except ValueError:
        said = None
    return NewestProfile(log, origin, id_, index, said if isinstance(said, dict) else {})
