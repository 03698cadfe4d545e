"""What lists show of a project or profile: made when it is indexed, of all languages, and kept.

An outline holds what follows from the entries and from what others say of them. What depends on the reader is
chosen from it, and what a log is like today is read when it is shown (``items``).

Those that are kept are used as long as they are what would be made now: while no statement waits to be
indexed, by the policy and for the day for which the index was made. Else, and of what is not kept, they are
made of the entries as these stand, by the same code.
"""

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from federation.vouching import day_of
from node.home import Home
from node.store.outlined import Outlined, contents_of
from node.store.references import is_turned
from node.store.waiting import is_anything_waiting
from protocol.packing import Value

from .conditions import sought_until
from .facets import places_of
from .gathering import projects_of
from .policy import is_shown
from .profiles import profiles_of
from .projects import Key, Project
from .texts import lang_map
from .uses import NO_REGARD, Regard, regards_of

MOST_KEPT: Final = 8192
"""Bytes of an outline that is kept; one of more is made whenever it is shown."""


class Outline(msgspec.Struct, frozen=True, array_like=True):
    """What is shown of one thing to whoever reads any language.

    Attributes:
        log: The database's number of the log of the member that names it.
        id: Statement id of that member.
        index: Of the leaf that states it.
        type: ``entry`` or ``profile``.
        kind: Of a profile what sort of publisher it is; empty where it is not stated, as what follows.
        names: By language.
        summaries: By language.
        lifecycle: As it is stated.
        license: As it is stated.
        publishers: Logs of all members, each once, whoever comes first at the beginning.
        members: How many there are.
        lead: Log of the member that comes first.
        lead_index: Of the leaf that states this one.
        places: That it is stated to be for, as codes, sorted.
        uses: Organisations that use it.
        names_by_machine: Languages of names that a machine translated, as whoever states them says.
        summaries_by_machine: The same of summaries.
        sought_until: The last day on which a publisher seeks partners for it, as ``2026-12-31``; empty where
            none does. Whether that is over is asked when it is shown.
    """

    log: int
    id: bytes
    index: int
    type: str
    kind: str
    names: dict[str, str]
    summaries: dict[str, str]
    lifecycle: str
    license: str
    publishers: tuple[int, ...]
    members: int
    lead: int
    lead_index: int
    places: tuple[str, ...]
    uses: int
    names_by_machine: tuple[str, ...] = ()
    summaries_by_machine: tuple[str, ...] = ()
    sought_until: str = ""

    @property
    def key(self) -> Key:
        """What names it in the database."""
        return self.log, self.id

    def kept(self, subject: Project) -> Outlined:
        """Return it as it is kept for the thing that it was made of."""
        keys, content = tuple([(member.log, member.id) for member in subject.members]), _encode(self)
        return Outlined(keys, content if len(content) <= MOST_KEPT else b"")


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Outline).decode


def outline_of(subject: Project, regard: Regard = NO_REGARD) -> Outline:
    """Return the outline of a project or profile, as others regard it."""
    first, ranked = subject.members[0], subject.members
    value: Callable[[str], Value] = first.payload.get
    if len(ranked) > 1:
        # Everything that is indexed is asked: of nearly all there is one who says something.
        ranked, value = tuple(subject.by_precedence()), subject.value
    type_ = _text(value("type"))
    until = sought_until(subject)
    return Outline(
        log=first.log,
        id=first.id,
        index=first.index,
        type=type_,
        kind=_text(value("publisherType" if type_ == "profile" else "kind")),
        names=lang_map(value("name")),
        summaries=lang_map(value("summary")),
        lifecycle=_text(value("lifecycle")),
        license=_text(value("license")),
        publishers=tuple(dict.fromkeys([member.log for member in ranked])),
        members=len(subject.members),
        lead=ranked[0].log,
        lead_index=ranked[0].index,
        places=places_of(subject),
        uses=regard.uses,
        names_by_machine=subject.made_by_machine("name"),
        summaries_by_machine=subject.made_by_machine("summary"),
        sought_until="" if until is None else until.isoformat(),
    )


def outlines_of(
    home: Home,
    connection: sqlite3.Connection,
    things: Iterable[Sequence[Key]],
    parts: Iterable[Key] = (),
) -> Mapping[Key, Outline]:
    """Return the outlines of things as they stand now, by those of their members that were asked for.

    Args:
        home: The node.
        connection: For reading, in a transaction: what is read belongs to one moment.
        things: Of each the members that the index knows, the one that names it first. What none of them
            stands for any more is left out.
        parts: Of others, of which nobody needs to know by whom they are used.
    """
    things, parts = list(things), list(parts)
    found: dict[Key, Outline] = {}
    if _is_in_step(home, connection):
        kept = contents_of(connection, {*(keys[0] for keys in things), *parts})
        found = {key: _decode(content) for key, content in kept.items()}
    asked = {key for keys in things if keys[0] not in found for key in keys}
    missed = asked | {key for key in parts if key not in found}
    return found | _made(home, connection, asked, missed) if missed else found


def _made(
    home: Home, connection: sqlite3.Connection, asked: Iterable[Key], missed: Iterable[Key]
) -> dict[Key, Outline]:
    """Return the outlines of what has some members, by all of its members."""
    projects = projects_of(home, connection, missed)
    named = {member.key for project in projects for member in project.members}
    profiles = profiles_of(connection, [key for key in asked if key not in named])
    used = [each for each in projects if any(member.key in asked for member in each.members)]
    regards = regards_of(home, connection, used)
    outlines = (
        (subject, outline_of(subject, regards.get(subject.address, NO_REGARD)))
        for subject in (*projects, *profiles)
    )
    return {member.key: outline for subject, outline in outlines for member in subject.members}


def _is_in_step(home: Home, connection: sqlite3.Connection) -> bool:
    """Report whether what is kept is what would be made now."""
    today = dt.date.fromisoformat(day_of(home.now()))
    return not is_anything_waiting(connection) and is_turned(connection, today) and is_shown(home, connection)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
