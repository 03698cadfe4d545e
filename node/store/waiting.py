"""What waits to be indexed: ``index_queue`` has a row for each statement whose project is to be looked at.

A row that is queued again while it is being indexed gets another turn, and stays: what came meanwhile need
not have changed the statement itself, only whom it is joined with.
"""

from typing import Final

SHARED: Final = "(SELECT identifier FROM identity GROUP BY identifier HAVING count(*) > 1)"
"""The identifiers of more than one statement."""

QUEUE: Final = (
    "INSERT INTO index_queue (log, id) VALUES (?, ?) ON CONFLICT (log, id) DO UPDATE SET turn = turn + 1"
)
"""One statement."""

QUEUE_NEIGHBOURS: Final = (
    "INSERT INTO index_queue (log, id) SELECT theirs.log, theirs.id FROM identity AS mine"
    " JOIN identity AS theirs ON theirs.identifier = mine.identifier WHERE mine.log = ?1 AND mine.id = ?2"
    " ON CONFLICT (log, id) DO UPDATE SET turn = turn + 1"
)
"""A statement and all that share an identifier with it."""

QUEUE_LOG: Final = (
    "INSERT INTO index_queue (log, id) SELECT log, id FROM entry WHERE log = ?"
    " ON CONFLICT (log, id) DO UPDATE SET turn = turn + 1"
)
"""All statements of a log."""

QUEUE_NEIGHBOURS_OF_LOG: Final = (
    "INSERT INTO index_queue (log, id) SELECT theirs.log, theirs.id FROM identity AS mine"
    " JOIN identity AS theirs ON theirs.identifier = mine.identifier WHERE mine.log = ?"
    " ON CONFLICT (log, id) DO UPDATE SET turn = turn + 1"
)
"""All that share an identifier with one of a log."""

QUEUE_SHARING: Final = (
    f"INSERT INTO index_queue (log, id) SELECT log, id FROM identity WHERE identifier IN {SHARED}"  # noqa: S608
    " ON CONFLICT (log, id) DO UPDATE SET turn = turn + 1"
)
"""All that share an identifier with another one."""

QUEUE_ALL: Final = (
    "INSERT INTO index_queue (log, id) SELECT log, id FROM entry WHERE true"
    " ON CONFLICT (log, id) DO UPDATE SET turn = turn + 1"
)
"""Everything."""
