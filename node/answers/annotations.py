"""What this node noted about statements and nobody stated: a version, the date of a last change.

Such facts change without anybody editing anything, so they are no part of a statement. They
come from the documents that were imported, each with its source and the time when it was read::

    [{"name": "version", "value": "2.1", "source": "acme.yml", "observed_at": "2026-11-21T08:00:00Z"}]

:class:`node.interop.record.Fact` has the names.
"""

from __future__ import annotations

import sqlite3

from .shapes import Noted
from .texts import moment


def annotations_of(connection: sqlite3.Connection, log_id: int, statement_id: bytes) -> list[Noted]:
    """Return what is noted about a statement, by name and source.

    Args:
        connection: To the home's database.
        log_id: The log's row.
        statement_id: 16 bytes.

    Returns:
        For each: ``name``, ``value`` (the text of the source), ``source`` (the path or URL that was
        imported) and ``observed_at`` (an RFC 3339 time in UTC).
    """
    rows = connection.execute(
        "SELECT name, value, source, observed_at FROM annotation"
        " WHERE log = ? AND id = ? ORDER BY name, source",
        (log_id, statement_id),
    )
    return [
        {"name": name, "value": value, "source": source, "observed_at": moment(observed_at) or ""}
        for name, value, source, observed_at in rows
    ]
