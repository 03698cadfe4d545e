"""Deleted content leaves every file: those of its log, the search index, the database.

What is deleted is found by nobody from the moment of the transaction that deletes it, and the files of its
log are written anew at once (``LogStore.scrub``). Two kinds of files are only ever written anew as a whole,
which costs time in proportion to all they hold::

    index      segments that hold something deleted
    database   pages in which copies of deleted rows are left

Each deletion wants both (``store.forgotten``). One rewrite serves all deletions before it, and the next one
begins only after ten times as long as it took, so that nobody's erases take more than a tenth of the time.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from federation.claims import repository_root
from federation.identity import identifier_key
from federation.standing import REPOSITORY

from .answers.indexing import LOCK_WAIT, rewrite
from .answers.policy import shared_repositories
from .errors import DamagedError, LockedError
from .home import Home
from .leisure import GoOn, always

PATIENCE: Final = 10
"""A rewrite that took a second is not repeated for so many seconds."""

_Part = Callable[[], bool]


def forget(home: Home, wait: float = LOCK_WAIT, *, patient: bool = True, go_on: GoOn = always) -> None:
    """Delete what is gone from the files that still hold it, as far as that is due; blocks.

    Args:
        home: The node.
        wait: Seconds to wait for another process that writes the index.
        patient: Whether to let rewrites wait for their turn; an operator's own command does not.
        go_on: Called after each portion of an index that is rewritten; where it raises, all is due again.

    Raises:
        LockedError: Another process kept what is to be rewritten; the next call goes on.
        DamagedError: A content file cannot be read; everything else is done.
    """

    def index() -> bool:
        rewrite(home, wait, go_on)
        return True

    def database() -> bool:
        _forget_repositories(home)
        return home.database.write_anew()

    left: LockedError | DamagedError | None = None
    for step in (
        home.logs.scrub,
        lambda: _renew(home, "index", index, patient=patient),
        lambda: _renew(home, "database", database, patient=patient),
    ):
        try:
            step()
        except (LockedError, DamagedError) as error:
            # Whoever keeps or damaged one of them keeps none of the others from being done.
            left = left or error
    if left is not None:
        raise left


def _forget_repositories(home: Home) -> None:
    """Forget who speaks for repositories that no entry names any more: the names may be what is to go."""
    connection = home.database.connection
    asked = {repository_root(name) for _, name in shared_repositories(home)}
    known = connection.execute("SELECT DISTINCT name FROM proof WHERE kind = 'repository'").fetchall()
    with home.database.write():
        connection.executemany(
            "DELETE FROM proof WHERE kind = 'repository' AND name = ?"
            " AND NOT EXISTS (SELECT 1 FROM identity WHERE identifier = ?)",
            [(name, identifier_key(REPOSITORY + name)) for (name,) in known if name not in asked],
        )


def _renew(home: Home, part: str, renew: _Part, *, patient: bool) -> None:
    """Rewrite a part if that is wanted and due, and note which deletions it covers."""
    wanted, done, ended_at, seconds = home.database.connection.execute(
        "SELECT wanted, done, ended_at, seconds FROM remains WHERE part = ?", (part,)
    ).fetchone()
    # A clock that was ahead when it ended must not make this wait for longer.
    rests = 0 <= home.now() - ended_at < int(PATIENCE * seconds)
    if wanted == done or (patient and rests):
        return
    begun, is_done = time.monotonic(), False

    def note() -> None:
        with home.database.write() as connection:
            connection.execute(
                # What is deleted meanwhile wants another rewrite.
                "UPDATE remains SET done = max(done, ?), ended_at = ?, seconds = ? WHERE part = ?",
                (wanted if is_done else done, home.now(), time.monotonic() - begun, part),
            )

    try:
        is_done = renew()
    except (OSError, sqlite3.Error, ValueError):
        # A full disk, in the words of whoever met it, stays full for a while: what failed has to rest too.
        with contextlib.suppress(sqlite3.Error):
            note()
        raise
    note()
    if not is_done:
        raise LockedError("the database")
