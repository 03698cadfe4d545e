"""What changed here, one change after the other: for whoever keeps a copy.

::

    {"changes": [{"address": "lyon.example/log/lyon/1/e/3f2a…", "origin": "lyon.example/log/lyon/1",
                  "id": "3f2a…", "op": "put", "index": 412, "previous": 388, "reason": null}],
     "next": "AQAAA…", "more": false}

In the order in which this node took them. What a change says is to be read at the statement's address; of an
erase ``previous`` is the version whose content is gone, and ``reason`` why. ``arrived`` says that content
came which was missing when its put was told. What this node's operator hides is told: that it exists is no
secret of its log. Logs that are blocked are passed over, and told whole when they are blocked no more.
"""

import base64
from typing import Annotated, TypedDict

from msgspec import Meta

from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from node.store.changes import MARK, START, Place, Told, changes
from protocol.leaf import NEW, Op
from protocol.origin import address

from .provenance import reason_of

_VERSION = b"\x01"
_NUMBER = 8


class Change(TypedDict):
    """One thing that happened to a statement."""

    address: str
    origin: str
    id: str
    op: Told
    index: Annotated[int, Meta(description="The leaf that says so.")]
    previous: Annotated[
        int | None, Meta(description="The version before; of an erase the version that is gone.")
    ]
    reason: Annotated[str | None, Meta(description="Of an erase.")]


class Changes(TypedDict):
    """What happened after a cursor."""

    changes: list[Change]
    next: Annotated[str, Meta(description="Where to read on: now, if there is more, or later.")]
    more: bool


def changes_since(home: Home, cursor: str, limit: int) -> Changes:
    """Return what happened after a cursor.

    Args:
        home: The node.
        cursor: ``next`` of the answer before; empty for everything.
        limit: Changes at most.

    Raises:
        InvalidInputError: It is no cursor.
        NotFoundError: It is one of another database, or of a log that was purged.
    """
    since = _place(cursor) if cursor else START
    found = changes(home.database, home.logs, since, limit)
    if found is None:
        raise NotFoundError("the place of this cursor", hint="start again without a cursor")
    told, more = found
    return {
        "changes": [
            {
                "address": address(each.origin, each.leaf.id),
                "origin": each.origin,
                "id": each.leaf.id.hex(),
                "op": each.op,
                "index": each.index,
                "previous": None if each.leaf.prev == NEW else each.leaf.prev,
                "reason": reason_of(each.leaf.flags) if each.leaf.op == Op.ERASE else None,
            }
            for each in told
        ],
        "next": _cursor(told[-1].place if told else since),
        "more": more,
    }


def _cursor(place: Place) -> str:
    packed = _VERSION + place.seq.to_bytes(_NUMBER) + place.index.to_bytes(_NUMBER) + place.mark
    return base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def _place(cursor: str) -> Place:
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        packed = b""
    seq, index = (int.from_bytes(packed[at : at + _NUMBER]) for at in (1, 1 + _NUMBER))
    place = Place(seq, index, packed[1 + 2 * _NUMBER :])
    # Made again and compared: version, length and spelling at once. SQLite has signed numbers.
    if max(seq, index) >= 1 << 63 or len(place.mark) != MARK or _cursor(place) != cursor:
        raise InvalidInputError("this is no cursor of changes", hint="start again without a cursor")
    return place
