"""``origin purge``: everything of a followed log goes from this node, but for what makes a rollback visible.

What stays is origin, fingerprint, key version, size and root (``store.purged``), and one line of the audit
trail. The order survives a kill; whoever asks again goes on where it stopped::

    catalogue rows      deleted in one transaction, what shared identifiers with them queued
    search index        follows, and once more for the logs that it continued
    every other row     deleted in one transaction, the tombstone written
    files               the log's directory; index segments and database pages are written anew
"""

import shutil
from typing import Final

from protocol.origin import origin_hash

from .answers.catalogue import CatalogueProjection
from .answers.indexing import catch_up
from .errors import InvalidInputError, NotFoundError
from .home import Home
from .store.files import flush_directory
from .store.forgotten import note_remains
from .store.logs import LogRow
from .store.purged import Purged, delete_log, keep_purged, purged
from .store.references import queue_targets_of_log
from .store.series import predecessors_of
from .store.trail import note_deed
from .store.waiting import QUEUE_LOG, queue_neighbours_of_log

# What names the log without referring to its row. What this node cosigned of it as a witness is no part of
# following it, and must not be forgotten.
_NAMED: Final = ("succession", "admission", "audit")


def purge(home: Home, origin: str, actor: str) -> Purged:
    """Delete a followed log, and all that this node knows from or about it; blocks.

    Args:
        home: The node.
        origin: The log.
        actor: Who decided, for the audit trail.

    Returns:
        What is kept.

    Raises:
        NotFoundError: It is neither followed nor purged.
        InvalidInputError: It is an own log.
        LockedError: Another process kept writing the log, or the index.
    """
    row = home.logs.get(origin)
    if row is not None and row.own:
        hint = "withdraw or erase its entries; its keys and its history are this node's to keep"
        raise InvalidInputError(f"{origin} is a log of this node itself", hint=hint)
    if row is not None:
        _purge_rows(home, row, actor)
    kept = purged(home.database.connection, origin)
    if kept is None:
        raise NotFoundError(f"log {origin}", hint="`fedcat log list` shows the logs of this node")
    # Also what a kill left of an earlier purge.
    shutil.rmtree(home.logs.directory / origin_hash(origin), ignore_errors=True)
    flush_directory(home.logs.directory)
    # What it continued.
    catch_up(home)
    return kept


def _purge_rows(home: Home, row: LogRow, actor: str) -> None:
    database = home.database
    # Nobody advances the log meanwhile: a round that waits finds it gone.
    with home.logs.store(row.origin).writing():
        with database.write() as connection:
            CatalogueProjection().forget(connection, row.id)
        catch_up(home)
        with database.write() as connection:
            for predecessor in predecessors_of(connection, row.id):
                # What the log stated in its place stands there again.
                connection.execute(QUEUE_LOG, (predecessor,))
                queue_neighbours_of_log(connection, predecessor)
                queue_targets_of_log(connection, predecessor)
            keep_purged(connection, row.id)
            delete_log(connection, row.id)
            for table in _NAMED:
                connection.execute(f"DELETE FROM {table} WHERE origin = ?", (row.origin,))  # noqa: S608
            note_deed(connection, home.now(), actor, "origin purge", row.origin, {"size": row.size})
            note_remains(connection)
