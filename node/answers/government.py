"""An organisation with its parts: who they are, what they use, vouches by and for them, their lists.

::

    {"origin": "oslo.example/log/oslo/1", "name": "Oslo", "part_of": [],
     "parts": [{"origin": "parks.example/log/parks/1", "confirmed_by": "oslo.example/log/oslo/1/e/…", …}],
     "together": ["oslo.example/log/oslo/1", "parks.example/log/parks/1"],
     "counts": {"use": 14, "vouch": 2, "vouched": 3, "identity": 1, "list": 1},
     "groups": [{"group": "use", "items": [{"publisher": {…}, "target": {…}, "said": {…}, …}]}],
     "next": "AgBl…"}

Only parts that the organisation confirms are put together with it (``families``). ``vouched`` are vouches of
others for these logs and for what is in them by its address, ``identity`` those that say whose a log is; what
others say of a thing under another name is on the page of the thing. Each group is in the order of the logs,
then the newest first. What they publish and plan is found by searches that name these logs as publishers.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from node.store.restraints import blocked_logs
from node.store.series import stands
from protocol.packing import Value

from .cursors import Place, from_cursor, question_digest, to_cursor
from .families import Bond, Families
from .naming import address_named, origin_named, things_named
from .organisations import Organisations
from .orgshapes import Belonging, Organisation, Stated
from .projects import Key
from .provenance import readable
from .speakers import Speakers, said_of
from .uses import Statement, statements_of, vouch_state, vouch_type

GROUPS: Final = ("use", "vouch", "vouched", "identity", "list")
"""What organisations state of others, and what others state of them."""

_IDENTITY: Final = "identity"
_BY_THEM: Final = (
    "SELECT log, id, idx FROM entry AS e WHERE log = ? AND type = ? AND op = 1"  # noqa: S608 - a constant condition
    f" AND {stands('e')} ORDER BY idx DESC"
)
# Whatever names a log has its origin in its bytes, as a target or as the beginning of one.
_FOR_THEM: Final = (
    "SELECT log, id, idx FROM entry AS e WHERE type = 'vouch' AND op = 1 AND instr(payload, ?)"  # noqa: S608
    " AND NOT EXISTS (SELECT 1 FROM blocked WHERE blocked.log = e.log)"
    f" AND {stands('e')} ORDER BY log, idx DESC"
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A statement in its group."""

    group: str
    key: Key
    index: int

    @property
    def place(self) -> Place:
        """Where it stands: the newest of a log first."""
        log, id_ = self.key
        return Place(GROUPS.index(self.group), f"a-{log:016x}-{(1 << 63) - 1 - self.index:016x}-{id_.hex()}")

    def order(self) -> tuple[int, str]:
        """Return what it is sorted by."""
        return self.place.level, str(self.place.at)


def organisation(
    home: Home,
    origin: str,
    groups: Sequence[str] = (),
    limit: int = 20,
    cursor: str | None = None,
    languages: Sequence[str] = (),
    *,
    parts: bool = True,
    most: int | None = None,
) -> Organisation:
    """Return an organisation with its parts and a page of what they state; see the module for its shape.

    Args:
        home: The node.
        origin: Its log.
        groups: Only these of ``GROUPS``; all of them when empty.
        limit: Items of a page, from 1.
        cursor: ``next`` of the former page of the same question.
        languages: What the reader reads, by preference; picks names.
        parts: Whether its confirmed parts are put together with it.
        most: Items of each group, of those that a page may have.

    Raises:
        NotFoundError: The log is not here.
        InvalidInputError: There is no such group, or the cursor belongs to another question.
    """
    for group in groups:
        if group not in GROUPS:
            raise InvalidInputError(f"there is no group {group!r}; there are {', '.join(GROUPS)}")
    with home.database.read() as connection:
        row = home.logs.get(origin)
        if row is None:
            raise NotFoundError(
                f"publisher {origin}", hint="`fedcat publishers` lists those that are known here"
            )
        known = Organisations(home, connection)
        families = Families(home, connection, known)
        together = families.whole(origin) if parts else (origin,)
        found = (
            []
            if row.id in blocked_logs(connection)
            else sorted(_found(home, connection, together), key=_Found.order)
        )
        wanted = tuple(group for group in GROUPS if group in (groups or GROUPS))
        digest = question_digest(origin, parts, wanted)
        asked = [each for group in wanted for each in [one for one in found if one.group == group][:most]]
        if cursor is not None:
            after = from_cursor(cursor, digest, levels=len(GROUPS), by_rank=False)
            asked = [each for each in asked if each.order() > (after.level, str(after.at))]
        speakers = Speakers(home, connection, known, languages)
        items = _items(home, connection, known, speakers, asked[:limit], languages)
        above, below = families.above(origin), families.below(origin)
    return {
        "origin": origin,
        "name": speakers.name(origin),
        "part_of": [_belonging(speakers, each, each.whole) for each in above],
        "parts": [_belonging(speakers, each, each.part) for each in below],
        "together": list(together),
        "counts": {group: sum(each.group == group for each in found) for group in GROUPS},
        "groups": [{"group": group, "items": items[group]} for group in wanted if group in items],
        "next": to_cursor(digest, asked[limit - 1].place) if len(asked) > limit else None,
    }


def _found(home: Home, connection: sqlite3.Connection, together: Sequence[str]) -> Iterator[_Found]:
    """Yield what some organisations state, and what others vouch for of theirs."""
    rows = (row for origin in together if (row := home.logs.get(origin)) is not None)
    logs = {row.id: row.origin for row in rows}
    for log in logs:
        for type_ in ("use", "vouch", "list"):
            for _, id_, index in connection.execute(_BY_THEM, (log, type_)):
                yield _Found(type_, (log, bytes(id_)), index)
    others = {
        (log, bytes(id_)): index
        for origin in logs.values()
        for log, id_, index in connection.execute(_FOR_THEM, (origin.encode(),))
        if log not in logs
    }
    for key, vouch in statements_of(connection, others).items():
        if _log_of(vouch.payload.get("target")) in together:
            yield _Found("identity" if vouch_type(vouch) == _IDENTITY else "vouched", key, others[key])


def _log_of(target: Value) -> str:
    """Return the log that a vouch is for, or in which is what it is for; empty where it is for neither."""
    text = target if isinstance(target, str) else ""
    where = address_named(text)
    return origin_named(text) if where is None else where[0]


def _items(
    home: Home,
    connection: sqlite3.Connection,
    known: Organisations,
    speakers: Speakers,
    found: Sequence[_Found],
    languages: Sequence[str],
) -> dict[str, list[Stated]]:
    statements = statements_of(connection, [each.key for each in found])
    texts = {text for each in statements.values() if (text := _target(each))}
    named = things_named(home, connection, texts, languages)
    items: dict[str, list[Stated]] = {}
    for each in found:
        if (statement := statements.get(each.key)) is None:
            continue
        item = cast("Stated", {**speakers.remark(statement), "target": named.get(_target(statement))})
        if each.group == "list":
            item["said"] = _said_of_list(statement)
        else:
            item["said"] = said_of("use" if each.group == "use" else "vouch", statement.payload)
        if each.group not in ("use", "list"):
            item["state"] = vouch_state(statement.payload, known.today)
        items.setdefault(each.group, []).append(item)
    return items


def _target(statement: Statement) -> str:
    target = statement.payload.get("target")
    return target if isinstance(target, str) else ""


def _said_of_list(statement: Statement) -> dict[str, object]:
    """Return what a list is for, and how much is in it; what that is, is at its address."""
    listed, fields = statement.payload.get("items"), ("purpose", "summary")
    said = {name: readable(statement.payload[name]) for name in fields if name in statement.payload}
    return {**said, "items": len(listed) if isinstance(listed, list) else 0}


def _belonging(speakers: Speakers, bond: Bond, other: str) -> Belonging:
    return {
        "origin": other or None,
        "ref": bond.ref,
        "name": speakers.name(other) or ("" if other == bond.part else bond.name),
        "stated_by": bond.stated_by,
        "confirmed_by": bond.confirmed_by or None,
    }
