"""What commands that delete something do at their end."""

from __future__ import annotations

import sqlite3

from node.errors import DamagedError, LockedError
from node.forgetting import forget
from node.home import Home

from .output import warn


def forget_now(home: Home) -> None:
    """Delete what is gone from every file now, or say that it is done later.

    The deletion itself is stored by now, and nobody finds any more what it took away: that somebody else is
    in the way, a file is damaged, or the disk is full, must not make it look failed.
    """
    try:
        forget(home, patient=False)
    except (DamagedError, LockedError, OSError, sqlite3.Error) as error:
        warn(f"Copies may be left in files of this home: {error}. A running node, or `fedcat sync`, goes on.")
