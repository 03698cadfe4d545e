"""Three hashes over everything, to compare nodes.

::

    heads       SHA-256 over strict msgpack of the sorted [origin, size, root]
    statements  … of the sorted [origin, id, index, commitment] of live statements
    clusters    … of the sorted lists of sorted addresses: the entries of each project of two or more

No time and no file goes in. Two nodes that hold the same logs at the same sizes print the same
heads and statements. The clusters also depend on which blobs were to be had, and on who has
standing; of logs that are named, they are what these alone say.
"""

import hashlib
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Final

import msgpack

from node.errors import NotFoundError
from node.home import Home
from node.store.logstore import LogStore
from protocol.leaf import Leaf
from protocol.tiles import LEAF

from .gathering import sharing_projects

Row = list[str | int | bytes]

_RUN: Final = 4096  # leaves read at once


def digest(home: Home, origins: Sequence[str] = ()) -> dict[str, str]:
    """Return ``heads``, ``statements`` and ``clusters`` in hex.

    Args:
        home: The node.
        origins: Only these logs; all of them when empty.

    Raises:
        NotFoundError: One of the origins is not carried here.
    """
    heads: list[Row] = []
    statements: list[Row] = []
    # One snapshot for all logs: a commit in between must not show in one half only.
    with home.database.read() as connection:
        rows = connection.execute("SELECT id, origin, size, root FROM log ORDER BY origin").fetchall()
        carried = {origin for _, origin, _, _ in rows}
        for wanted in origins:
            if wanted not in carried:
                raise NotFoundError(f"log {wanted}", hint="`fedcat log list` shows the logs of this node")
        taken = [row for row in rows if not origins or row[1] in origins]
        for _, origin, size, root in taken:
            heads.append([origin, size, root])
            store = home.logs.store(origin)
            statements += _live(store)
        projects = sharing_projects(home, connection, [log for log, *_ in taken] if origins else None)
    joined: list[Row] = [
        [*map(str, sorted(member.address for member in each.members))]
        for each in projects
        if len(each.members) > 1
    ]
    return {"heads": _hash(heads), "statements": _hash(statements), "clusters": _hash(joined)}


def _live(store: LogStore) -> Iterator[Row]:
    """Yield a log's rows of live statements, reading its leaves in long runs."""
    run, leaves = -1, b""
    for id_, index in sorted(store.live(), key=itemgetter(1)):
        if index // _RUN != run:
            run = index // _RUN
            leaves = store.read_leaves(run * _RUN, (run + 1) * _RUN)
        at = index % _RUN * LEAF
        yield [store.origin, id_, index, Leaf.parse(leaves[at : at + LEAF]).commitment]


def _hash(rows: Sequence[Row]) -> str:
    digested = hashlib.sha256()
    for part in _packed(rows):
        digested.update(part)
    return digested.hexdigest()


def _packed(rows: Sequence[Row]) -> Iterator[bytes]:
    """Yield the msgpack array piece by piece; sorted in Python, so that no collation can matter."""
    packer = msgpack.Packer(use_bin_type=True)
    yield packer.pack_array_header(len(rows))
    for row in sorted(rows):
        yield packer.pack(row)
