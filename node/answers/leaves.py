"""A log leaf by leaf, the newest first: what each does, and what became of it.

::

    {"index": 412, "op": "put", "state": "live", "address": "lyon.example/log/lyon/1/e/3f2a…",
     "previous": 388, "reason": null, "keys": null}

A leaf holds no readable text, so that every one of them can be shown, of what is erased or hidden too; what a
statement says is at its address.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from node.errors import NotFoundError
from node.home import Home
from node.store.logs import LogRow
from node.store.logstore import LogStore
from node.store.projection import is_statement
from node.store.restraints import blocked_logs
from protocol.leaf import NEW, SIZE, Leaf, Op
from protocol.origin import address

from .provenance import reason_of

LeafState = Literal["live", "superseded", "erased", "withheld", "void", "done"]
"""Of a statement's version; ``void`` of what has no effect, ``done`` of an erase or of keys that have one."""


class LeafView(TypedDict):
    """One leaf of a log.

    ``op`` is a number where this program knows no word for it. ``previous`` is the version before, of an
    erase the version that is gone. ``reason`` says why something was erased, or has no effect. ``keys`` is
    the version of a key set.
    """

    index: int
    op: str
    state: LeafState
    address: str | None
    previous: int | None
    reason: str | None
    keys: int | None


class LeafPage(TypedDict):
    """Some leaves of a log, the newest first, and before which one to go on; None at its beginning."""

    origin: str
    size: int
    leaves: list[LeafView]
    next: int | None


def leaves_of(home: Home, origin: str, before: int | None, limit: int) -> LeafPage:
    """Return a page of the leaves of a log.

    Args:
        home: The node.
        origin: The log.
        before: Only leaves before this index; all of them when it is None.
        limit: Leaves at most.

    Raises:
        NotFoundError: The log is not here, or is blocked.
    """
    with home.database.read() as connection:
        row = home.logs.get(origin)
        if row is None or row.id in blocked_logs(connection):
            raise NotFoundError(f"log {origin}", hint="`fedcat log list` shows the logs of this node")
        store = home.logs.store(origin)
        size = store.shown_size
        end = size if before is None else min(before, size)
        start = max(end - limit, 0)
        data = store.read_leaves(start, end)
        leaves = [Leaf.parse(data[at : at + SIZE]) for at in range(0, len(data), SIZE)]
        return {
            "origin": origin,
            "size": size,
            "leaves": _views(row, store, start, leaves),
            "next": start or None,
        }


def _views(row: LogRow, store: LogStore, start: int, leaves: Sequence[Leaf]) -> list[LeafView]:
    end = start + len(leaves)
    heads = store.heads([leaf.id for leaf in leaves if is_statement(leaf.op)])
    void = _told(store, "SELECT idx, reason FROM void_leaf", start, end)
    erased = _told(store, "SELECT idx, reason FROM erased", start, end)
    withheld = _told(store, "SELECT idx, '' FROM withheld", start, end)
    versions = {held.after: held.version for held in row.chain.sets}
    found: list[LeafView] = []
    for index, leaf in enumerate(leaves, start):
        said = is_statement(leaf.op)
        if index in void:
            state: LeafState = "void"
        elif not said:
            state = "done"
        elif index in erased:
            state = "erased"
        elif index in withheld:
            state = "withheld"
        else:
            state = "live" if heads.get(leaf.id) == index else "superseded"
        reason = void.get(index)
        if reason is None and leaf.op == Op.ERASE:
            reason = reason_of(leaf.flags)
        found.append(
            {
                "index": index,
                "op": Op(leaf.op).name.lower() if leaf.op in list(Op) else str(leaf.op),
                "state": state,
                "address": address(row.origin, leaf.id) if said or leaf.op == Op.ERASE else None,
                "previous": None if leaf.prev == NEW else leaf.prev,
                "reason": reason,
                "keys": versions.get(index) if leaf.op == Op.KEYS else None,
            }
        )
    return found[::-1]


def _told(store: LogStore, select: str, start: int, end: int) -> Mapping[int, str]:
    rows = store.database.connection.execute(
        f"{select} WHERE log = ? AND idx >= ? AND idx < ?",
        (store.id, start, end),
    )
    return {index: str(reason) for index, reason in rows}
