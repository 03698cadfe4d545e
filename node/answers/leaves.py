"""A log leaf by leaf, the newest first: what each does, and what became of it.

::

    {"index": 412, "op": "put", "state": "live", "address": "lyon.example/log/lyon/1/e/3f2a…",
     "previous": 388, "reason": null, "keys": null, "seen_at": "2026-05-03T12:00:00Z", "commitment": "7c1e…",
     "said": {"type": "entry", "kind": "software", "name": "Budget tool", "language": "en", "about": ""}}

A leaf holds no readable text, so that every one of them can be shown, of what is erased or hidden too.
``said`` is what its content says it is, where that is here, has effect and is not hidden; of a withdrawal it
is what the version before was.
"""

import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import Literal, TypedDict

from node.errors import DamagedError, NotFoundError
from node.home import Home
from node.store.logs import LogRow
from node.store.logstore import LogStore
from node.store.moderated import moderated
from node.store.projection import is_statement
from node.store.restraints import blocked_logs
from protocol.blob import SALT
from protocol.errors import MalformedError
from protocol.leaf import NEW, SIZE, Leaf, Op
from protocol.origin import address
from protocol.packing import unpack
from protocol.tiles import WIDTH

from .provenance import reason_of
from .texts import card_of, moment

LeafState = Literal["live", "superseded", "erased", "withheld", "void", "done"]
"""Of a statement's version; ``void`` of what has no effect, ``done`` of an erase or of keys that have one."""


class LeafView(TypedDict):
    """One leaf of a log.

    ``op`` is a number where this program knows no word for it. ``previous`` is the version before, of an
    erase the version that is gone. ``reason`` says why something was erased, or has no effect. ``keys`` is
    the version of a key set. ``seen_at`` is when this node took it; None where that is not known.
    """

    index: int
    op: str
    state: LeafState
    address: str | None
    previous: int | None
    reason: str | None
    keys: int | None
    seen_at: str | None
    commitment: str
    said: "SaidInLeaf | None"


class SaidInLeaf(TypedDict):
    """What a statement is; ``about`` is what a use or a vouch is about, as it names it."""

    type: str
    kind: str
    name: str
    language: str
    about: str


class LeafPage(TypedDict):
    """Some leaves of a log, the newest first, and before which one to go on; None at its beginning."""

    origin: str
    size: int
    leaves: list[LeafView]
    next: int | None


def leaves_of(
    home: Home, origin: str, before: int | None, limit: int, languages: Sequence[str] = ()
) -> LeafPage:
    """Return a page of the leaves of a log.

    Args:
        home: The node.
        origin: The log.
        before: Only leaves before this index; all of them when it is None.
        limit: Leaves at most.
        languages: What the reader reads, by preference; picks names.

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
            "leaves": _views(row, store, start, leaves, languages),
            "next": start or None,
        }


def _views(
    row: LogRow, store: LogStore, start: int, leaves: Sequence[Leaf], languages: Sequence[str]
) -> list[LeafView]:
    end = start + len(leaves)
    heads = store.heads([leaf.id for leaf in leaves if is_statement(leaf.op)])
    void = _told(store, "SELECT idx, reason FROM void_leaf", start, end)
    seen, said_in = store.seen_at(start, end), _said(store, start, leaves, void, languages)
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
                "seen_at": moment(seen.get(index)),
                "commitment": leaf.commitment.hex(),
                "said": said_in.get(index),
            }
        )
    return found[::-1]


def _said(
    store: LogStore,
    start: int,
    leaves: Sequence[Leaf],
    void: Collection[int],
    languages: Sequence[str],
) -> dict[int, SaidInLeaf]:
    """Return what the contents of leaves say they are, by index; what is gone or hidden is left out."""
    hidden = moderated(store.database.connection, store.id)
    wanted: dict[int, int] = {}
    for index, leaf in enumerate(leaves, start):
        # What a leaf without effect names as its former version need not be one.
        if is_statement(leaf.op) and leaf.id not in hidden and index not in void:
            wanted[index] = leaf.prev if leaf.op == Op.WITHDRAW else index
    blobs: dict[int, bytes] = {}
    places = frozenset(wanted.values())
    for bundle in sorted({place // WIDTH for place in places}):
        with contextlib.suppress(DamagedError):
            blobs.update((at, blob) for at, blob in store.each_blob(bundle) if at in places)
    return {index: _card(blobs[place], languages) for index, place in wanted.items() if place in blobs}


def _card(blob: bytes, languages: Sequence[str]) -> SaidInLeaf:
    try:
        payload = unpack(blob[SALT:])
    except MalformedError:
        payload = None
    card = card_of(payload)
    name, _, language = card.shown(languages)
    target = payload.get("target") if isinstance(payload, dict) else None
    about = target if isinstance(target, str) else ""
    return {"type": card.type, "kind": card.kind, "name": name, "language": language, "about": about}


def _told(store: LogStore, select: str, start: int, end: int) -> Mapping[int, str]:
    rows = store.database.connection.execute(
        f"{select} WHERE log = ? AND idx >= ? AND idx < ?",
        (store.id, start, end),
    )
    return {index: str(reason) for index, reason in rows}
