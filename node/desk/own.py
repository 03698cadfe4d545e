"""What stands in an own log, for whoever works on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from node.answers.naming import things_named_in
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
    payloads = [_unpacked(packed) for _, _, packed in rows]
    names = called(home, payloads, languages)
    return tuple(
        Standing(address(origin, id_), index, card.type, *name, card.modified)
        for (index, id_, _), card, name in zip(rows, map(card_of, payloads), names, strict=True)
    )


def called(
    home: Home, statements: Sequence[Mapping[str, Value]], languages: Sequence[str]
) -> list[tuple[str, str]]:
    """Return what each of some statements is called and in which language; of a use or a vouch, its thing.

    A thing is called as it is here, else by the address that the statement has.
    """
    own = [card_of(dict(said)).shown(languages) for said in statements]
    targets = [target if isinstance(target := said.get("target"), str) else "" for said in statements]
    things = things_named_in(home, filter(None, targets), languages)
    found = []
    for (name, _, language), target in zip(own, targets, strict=True):
        thing = things.get(target)
        if not name and thing is not None and thing["name"]:
            found.append((thing["name"], thing["language"]))
        else:
            found.append((name or target, language if name else "und"))
    return found


def _unpacked(packed: bytes) -> dict[str, Value]:
    try:
        value = msgspec.msgpack.decode(packed)
    except ValueError:
        # A row that the disk damaged; the audit says so.
        return {}
    return value if isinstance(value, dict) else {}
