"""How long the content of superseded versions is kept, of own logs and of followed ones alike.

``retention.superseded_days`` says it: what was replaced or withdrawn for longer loses its content here.
Leaves, order and proofs stay, and the newest version of everything. A version that others still hold is not
asked for again, as nobody asks for what is not current. Time counts from the moment at which this node
learned of the newer version.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from .errors import LockedError
from .home import Home
from .store.recording import list_for_scrub

DAY: Final = 86_400

_OLD: Final = "WHERE log = ? AND since <= ?"


def trim(home: Home, origins: Sequence[str] | None = None, *, days: int | None = None) -> dict[str, int]:
    """Delete the content of versions that were superseded too long ago.

    Args:
        home: The node.
        origins: These logs; all of them when None.
        days: How long it is kept; as configured when None. Negative: for ever.

    Returns:
        Origin → number of versions that lost their content, of logs that had some.

    Raises:
        NotFoundError: A log that was named is not carried here.
        LockedError: Another process kept writing a log.
    """
    return _each(home, origins, days, drop=True)


def to_trim(home: Home, origins: Sequence[str] | None = None, *, days: int | None = None) -> dict[str, int]:
    """Return what ``trim`` would do, and do nothing."""
    return _each(home, origins, days, drop=False)


def _each(home: Home, origins: Sequence[str] | None, days: int | None, *, drop: bool) -> dict[str, int]:
    days = home.config.retention.superseded_days if days is None else days
    named = [row.origin for row in home.logs.all()] if origins is None else origins
    found: dict[str, int] = {}
    busy: LockedError | None = None
    for origin in named:
        store = home.logs.store(origin)
        if days < 0:
            continue
        before = (store.id, home.now() - days * DAY)
        (count,) = home.database.connection.execute(
            f"SELECT count(*) FROM superseded {_OLD}",  # noqa: S608 - our own words
            before,
        ).fetchone()
        if count and drop:

            def write(connection: sqlite3.Connection, before: tuple[int, int] = before) -> None:
                rows = connection.execute(f"SELECT idx FROM superseded {_OLD}", before).fetchall()  # noqa: S608
                list_for_scrub(connection, before[0], [index for (index,) in rows])
                connection.execute(f"UPDATE superseded SET since = NULL {_OLD}", before)  # noqa: S608

            try:
                store.decide(write)
            except LockedError as error:
                # One log that somebody writes all the time must not keep the others from their turn.
                busy = error
                continue
        if count:
            found[origin] = int(count)
    if busy is not None:
        raise busy
    return found
