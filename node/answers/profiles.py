"""Profiles among the answers: what publishers say about themselves is found beside their projects."""

import contextlib
import sqlite3
from collections.abc import Iterable
from typing import Final

import msgspec

from node.store.series import stands
from protocol.leaf import Op

from .projects import Key, Member, Project

_PROFILE: Final = (
    "SELECT l.origin, e.idx, e.payload FROM entry e JOIN log l ON l.id = e.log"  # noqa: S608 - a constant
    " WHERE e.log = ? AND e.id = ? AND e.type = 'profile' AND e.op = ?"
    f" AND NOT EXISTS (SELECT 1 FROM blocked WHERE blocked.log = e.log) AND {stands('e')}"
)


def profiles_of(connection: sqlite3.Connection, wanted: Iterable[Key]) -> list[Project]:
    """Return the profiles among some statements, each standing alone as a project of one member would.

    Args:
        connection: For reading.
        wanted: Statements; what is no live and readable profile is left out.
    """
    found = []
    for log, id_ in wanted:
        row = connection.execute(_PROFILE, (log, id_, int(Op.PUT))).fetchone()
        if row is not None:
            origin, index, payload = row
            # A row has a type only when its payload was read by the strict rules before; disks rot.
            with contextlib.suppress(ValueError):
                said = msgspec.msgpack.decode(payload)
                # Nobody else describes it, so it does not matter whom the operator believes first.
                found.append(Project((Member(log, origin, id_, index, said, True, origin, 0),)))
    return found
