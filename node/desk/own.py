"""What stands in an own log, for whoever works on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from node.answers.texts import card_of
from node.home import Home
from node.own.clearance import own_row
from node.store.series import stands
from protocol.leaf import Op
from protocol.origin import address
from protocol.packing import Value

PAGE: Final = 50
"""Statements at once."""

_SELECT: Final = (
    "SELECT e.idx, e.id, e.payload FROM entry e"  # noqa: S608 - a constant
    f" WHERE e.log = :log AND e.op = :op AND e.idx < :upto AND {stands('e')}"
    " AND (:type = '' OR e.type = :type) AND (:words = '' OR instr(lower(e.name), lower(:words)))"
    " ORDER BY e.idx DESC LIMIT :most"
)
_LAST: Final = 2**62


@dataclass(frozen=True, slots=True)
class Standing:
    """A statement as it stands.

    Attributes:
        address: Of the statement.
        index: Of its newest version.
        type: Of the statement.
        name: What it is called, or is about; empty where it does not say.
        language: Of the name.
        modified: As it states, RFC 3339; empty where it does not.
    """

    address: str
    index: int
    type: str
    name: str
    language: str
    modified: str


def standing(
    home: Home,
    origin: str,
    languages: tuple[str, ...] = (),
    before: int | None = None,
    *,
    type_: str = "",
    words: str = "",
) -> tuple[Standing, ...]:
    """Return what stands in an own log, the newest first, ``PAGE`` of it.

    Args:
        home: The node.
        origin: The own log.
        languages: What the reader reads, by preference.
        before: Only what is before this index.
        type_: Only statements of this type.
        words: Only what has this in its name.

    Raises:
        NotFoundError: The log is not an own one.
    """
    row = own_row(home, origin)
    upto = _LAST if before is None else min(before, _LAST)
    with home.database.read() as connection:
        asked = {"log": row.id, "op": int(Op.PUT), "upto": upto, "most": PAGE}
        rows = connection.execute(_SELECT, {**asked, "type": type_, "words": words.strip()}).fetchall()
    return tuple(_standing(address(origin, id_), index, said, languages) for index, id_, said in rows)


def _standing(where: str, index: int, packed: bytes, languages: tuple[str, ...]) -> Standing:
    payload = _unpacked(packed)
    card = card_of(payload)
    name, _, language = card.shown(languages)
    target = payload.get("target")
    shown = name or (target if isinstance(target, str) else "")
    return Standing(where, index, card.type, shown, language, card.modified)


def _unpacked(packed: bytes) -> dict[str, Value]:
    try:
        value = msgspec.msgpack.decode(packed)
    except ValueError:
        # A row that the disk damaged; the audit says so.
        return {}
    return value if isinstance(value, dict) else {}
