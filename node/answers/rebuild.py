"""All that is derived, once more from the verified logs: rows, problems, index.

The logs are the data. What this makes is the same as what was there, unless something had
gone wrong with it. Where imported records went is read from the own logs again by the next
import (``node.importing``), so their memory is only emptied here, but for drafts that wait and for what was
withdrawn.
"""

from typing import Final

from node.home import Home
from node.store.logs import LogRow

from .catalogue import CatalogueProjection
from .indexing import reindex

# Of what is withdrawn the log may hold no more what was imported: those versions are superseded.
_FORGET_IMPORTS: Final = (
    "DELETE FROM import_record WHERE log = ?1 AND id IN (SELECT id FROM statement WHERE log = ?1 AND op = 1)"
)


def rebuild(home: Home) -> None:
    """Derive catalogue rows, problems, import ids and the index anew; other processes may go on working.

    Raises:
        LockedError: Another process kept writing the index.
    """
    for row in home.logs.all():
        while not _rederive(home, row):
            pass
    reindex(home)


def _rederive(home: Home, row: LogRow) -> bool:
    """Derive one log's rows in one transaction; False when the log advanced just before it began."""
    catalogue = CatalogueProjection()
    store = home.logs.store(row.origin)
    shown = store.shown_size
    changes = store.everything(row.verified_at or 0)
    with home.database.write() as connection:
        sizes = connection.execute("SELECT size, shown_size FROM log WHERE id = ?", (row.id,)).fetchone()
        if sizes != (changes.size, shown):
            return False
        connection.execute(_FORGET_IMPORTS, (row.id,))
        catalogue.forget(connection, row.id)
        catalogue.apply(connection, row.id, row.origin, changes)
    return True
