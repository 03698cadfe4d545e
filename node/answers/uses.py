"""Who uses a project: who counts, and of the others why not.

::

    use       counts: running, confirmed within 24 months, by an organisation with a verified domain
    otherUse  does not count, with the reason: interested, unconfirmed since 2024-03-01, not verified
    pastUse   has ended; what was learnt stays
    ownUse    by a publisher of the project itself: a claim, which counts nothing

Of several logs or statements of one organisation one counts (see ``organisations``): of what it runs in
production first, then what it confirmed last. So the number is that of the items of ``use``. Publishers of
the project are those with standing; where nobody has it, all who describe it.
"""

import datetime as dt
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from federation.reuse import COUNTED, Use, day_in, use_of
from node.home import Home
from protocol.packing import Value
from protocol.vocabulary import words_of

from .attached import Pointing, pointing_at
from .organisations import Organisations
from .projects import Key, Project

GROUPS: Final = ("use", "otherUse", "pastUse", "ownUse")
"""Groups of uses, the one that counts first."""

DEPRECATE: Final = "deprecate"
"""The type of vouch that speaks against a thing."""

_NOT_VERIFIED: Final = "its publisher is not verified by a domain"
_FROZEN: Final = "its publisher showed two histories"
_IDENTITY: Final = "identity"


@dataclass(frozen=True, slots=True)
class Statement:
    """A live statement that points at something.

    Attributes:
        key: What names it in the database.
        origin: Of its log.
        index: Of the leaf that states it.
        payload: What it says.
    """

    key: Key
    origin: str
    index: int
    payload: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Told:
    """What one statement says about using a project.

    Attributes:
        statement: The statement.
        use: What it says, as far as counting goes.
        group: One of ``GROUPS``.
        why: Why it does not count; empty where it does.
    """

    statement: Statement
    use: Use
    group: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Regard:
    """What others say of a project, as far as it is counted and filtered by.

    Attributes:
        uses: Organisations that use it.
        in_production: How many of these run it in production.
        is_used: Whether anybody else says that they use it, or did.
        has_lessons: Whether one of these says what was learnt.
        used_by: Sorts of organisations that use it, as their profiles say: ``local``, ``national`` …; sorted.
        used_in: Places of organisations that use it, as their profiles say; sorted.
        populations: How many people live where these work, as their profiles say; sorted, each once.
        vouched_by: Origins of others who vouch for it today, sorted.
        vouched_as: Types of vouches of others with a verified domain, sorted.
    """

    uses: int = 0
    in_production: int = 0
    is_used: bool = False
    has_lessons: bool = False
    used_by: tuple[str, ...] = ()
    used_in: tuple[str, ...] = ()
    populations: tuple[int, ...] = ()
    vouched_by: tuple[str, ...] = ()
    vouched_as: tuple[str, ...] = ()


NO_REGARD: Final = Regard()
"""Nobody else says anything."""


def regards_of(home: Home, connection: sqlite3.Connection, projects: Sequence[Project]) -> dict[str, Regard]:
    """Return what others say of some projects, by address; those of which nobody says anything are left out.

    Args:
        home: The node.
        connection: For reading; what is read belongs to one moment when it is in a transaction.
        projects: As they stand now.
    """
    pointing = pointing_at(home, connection, projects)
    if not pointing:
        return {}
    known = Organisations(home, connection)
    wanted = (each for those in pointing.values() for each in those if each.relation in ("use", "vouch"))
    statements = statements_of(connection, (each.key for each in wanted))
    return {
        project.address: _regard(known, project, pointing[project.address], statements)
        for project in projects
        if project.address in pointing
    }


def told(
    known: Organisations, project: Project, pointing: Iterable[Pointing], statements: Mapping[Key, Statement]
) -> list[Told]:
    """Return the uses of a project, group by group, in each by log and id.

    Args:
        known: What is known of publishers.
        project: The project.
        pointing: What points at it; other relations than use are left out.
        statements: What these state.
    """
    mine = _publishers(project)
    keys = sorted({each.key for each in pointing if each.relation == "use"} & statements.keys())
    uses = [_told(known, mine, statements[key]) for key in keys]
    best: dict[str, Told] = {}
    for each in sorted((each for each in uses if each.group == "use"), key=lambda use: _worth(known, use)):
        best.setdefault(each.statement.origin, each)
    counts_as = known.chosen(best)
    found = [
        _once(each, best[counts_as[each.statement.origin]]) if each.group == "use" else each for each in uses
    ]
    return sorted(found, key=lambda each: (GROUPS.index(each.group), each.statement.key))


def vouch_state(payload: Mapping[str, Value], today: dt.date) -> str:
    """Return whether a vouch holds on a day: ``stands``, ``expired``, or ``begins`` when that is to come.

    One that names no last day stands until it is withdrawn.
    """
    issued, expires = day_in(payload.get("issued")), day_in(payload.get("expires"))
    if expires is not None and expires < today:
        return "expired"
    return "begins" if issued is not None and issued > today else "stands"


def statements_of(connection: sqlite3.Connection, wanted: Iterable[Key]) -> dict[Key, Statement]:
    """Return live statements; those that are gone or unreadable are left out."""
    found = {}
    for key in sorted(set(wanted)):
        row = connection.execute(
            "SELECT l.origin, e.idx, e.payload FROM entry AS e JOIN log AS l ON l.id = e.log"
            " WHERE e.log = ? AND e.id = ? AND e.op = 1 AND e.type <> ''",
            key,
        ).fetchone()
        if row is not None:
            origin, index, payload = row
            try:
                found[key] = Statement(key, origin, index, msgspec.msgpack.decode(payload))
            except ValueError:
                # A row has a type only when its payload was read by the strict rules before; disks rot.
                continue
    return found


def is_own(known: Organisations, project: Project, origin: str) -> bool:
    """Report whether a publisher is, perhaps, one of those whose project it is."""
    return known.are_one(origin, _publishers(project))


def _publishers(project: Project) -> frozenset[str]:
    """Return whose project it is."""
    standing = frozenset(member.origin for member in project.members if member.has_standing)
    return standing or frozenset(member.origin for member in project.members)


def _told(known: Organisations, mine: Iterable[str], statement: Statement) -> Told:
    """Return a use, and whether it counts as far as others play no part."""
    use = use_of(statement.payload)
    why_not = use.why_not(known.today)
    if known.are_one(statement.origin, mine):
        return Told(statement, use, "ownUse", "its publisher describes the project")
    if use.is_past(known.today):
        return Told(statement, use, "pastUse", why_not)
    if statement.key[0] in known.frozen:
        why_not = _FROZEN
    elif not known.domains(statement.origin):
        why_not = f"{why_not}; {_NOT_VERIFIED}" if why_not else _NOT_VERIFIED
    return Told(statement, use, "otherUse" if why_not else "use", why_not)


def _once(use: Told, counted: Told) -> Told:
    """Return a use that counts, or as one that does not because another one of its organisation does."""
    if use is counted:
        return use
    return replace(use, group="otherUse", why=f"counted once, with {counted.statement.origin}")


def _worth(known: Organisations, use: Told) -> tuple[int, int, Key]:
    """Return the place of a use that counts among its publisher's: production first, then the newest."""
    confirmed = use.use.confirmed(known.today) or known.today
    return COUNTED.index(use.use.status), -confirmed.toordinal(), use.statement.key


def _regard(
    known: Organisations, project: Project, pointing: Sequence[Pointing], statements: Mapping[Key, Statement]
) -> Regard:
    uses = told(known, project, pointing, statements)
    others = [each for each in uses if each.group != "ownUse" and each.statement.key[0] not in known.frozen]
    counted = [each for each in uses if each.group == "use"]
    vouches = [
        statements[each.key] for each in pointing if each.relation == "vouch" and each.key in statements
    ]
    standing = [each for each in vouches if _is_heard(known, project, each)]
    users = [known.stated(each.statement.origin) for each in counted]
    return Regard(
        uses=len(counted),
        in_production=sum(each.use.status == COUNTED[0] for each in counted),
        is_used=bool(others),
        has_lessons=any(each.statement.payload.get("lessons") for each in others),
        used_by=tuple(sorted({sort for sort, _, _ in users if sort})),
        used_in=tuple(sorted({place for _, place, _ in users if place})),
        populations=tuple(sorted({people for _, _, people in users if people is not None})),
        vouched_by=tuple(sorted({each.origin for each in standing if vouch_type(each) != DEPRECATE})),
        vouched_as=tuple(sorted({vouch_type(each) for each in standing if known.domains(each.origin)})),
    )


def vouch_type(vouch: Statement) -> str:
    """Return what sort of vouch a statement is; empty where it does not say."""
    said = vouch.payload.get("vouchType")
    return said if isinstance(said, str) else ""


def _is_heard(known: Organisations, project: Project, vouch: Statement) -> bool:
    """Report whether a vouch is one of others that holds today, and about a thing."""
    holds = vouch_state(vouch.payload, known.today) == "stands"
    is_of_a_thing = vouch_type(vouch) in words_of("vouch type") - {_IDENTITY}
    return (
        holds
        and is_of_a_thing
        and vouch.key[0] not in known.frozen
        and not is_own(known, project, vouch.origin)
    )
