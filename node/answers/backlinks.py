"""Who points at a project or a statement: uses, vouches, what builds on it, lists that have it.

::

    {"address": "oslo.example/log/oslo/1/e/5e0c…",
     "counts": {"use": 3, "otherUse": 1, "pastUse": 0, "ownUse": 0, "vouch": 2, "basedOn": 1, …},
     "claimed": [{"value": {"name": "Bergen"}, "stated_by": ["oslo.example/log/oslo/1/e/5e0c…"]}],
     "groups": [{"group": "use", "items": [{"address": "…", "publisher": {…}, "status": "production", …}]}],
     "next": "AgBl…"}

Groups are those of ``node.answers.uses``, then the other relations; every one is counted, and a page goes
through their items in this order, in each by the order in which logs were followed, then by id. What an item
says are its publisher's own words; ``publisher`` says what this node knows of who that is. ``claimed`` are
the users that the project's own entries name: nobody but they says so.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

from federation.reuse import use_of
from federation.targets import RELATIONS, pointers_of, target_of
from node.errors import InvalidInputError
from node.home import Home

from .attached import Pointing, pointing_at, pointing_to
from .cursors import Place, from_cursor, question_digest, to_cursor
from .gathering import project_if_any, project_with
from .nearshapes import Backlink, BacklinkPage, Claimed, Remark
from .organisations import Organisations
from .projects import Key, Project
from .provenance import readable
from .resolving import Address, refuse_taken_down, resolve
from .speakers import SAID, Speakers, said_of
from .uses import GROUPS, Statement, statements_of, told, vouch_state

BACKLINKS: Final = (*GROUPS, *(each for each in RELATIONS if each != "use"))
"""Groups of what points at a thing, in the order in which they are shown."""

MAX_CLAIMED: Final = 200
"""Users that are shown of those that a project's own entries name."""

_NO_PROJECT: Final = "what it names is no live entry"


@dataclass(frozen=True, slots=True)
class _Found:
    """One item that is to be shown: a statement in a group, and why it does not count."""

    group: str
    pointing: Pointing
    why: str = ""

    @property
    def place(self) -> Place:
        """Where it stands."""
        log, id_ = self.pointing.key
        return Place(BACKLINKS.index(self.group), f"a-{log:016x}-{id_.hex()}")

    def order(self) -> tuple[int, Key]:
        """Return what it is sorted by."""
        return BACKLINKS.index(self.group), self.pointing.key

    def is_behind(self, after: Place | None) -> bool:
        """Report whether it stands behind a place."""
        place = self.place
        return after is None or (place.level, str(place.at)) > (after.level, str(after.at))


def project_backlinks(
    home: Home,
    ref: str,
    groups: Sequence[str] = (),
    limit: int = 20,
    cursor: str | None = None,
    languages: Sequence[str] = (),
    *,
    most: int | None = None,
) -> BacklinkPage:
    """Return what points at a project; see the module for its shape.

    Args:
        home: The node.
        ref: Any member's address, or a unique beginning of its id.
        groups: Only these of ``BACKLINKS``; all of them when empty.
        limit: Items of a page, from 1.
        cursor: ``next`` of the former page of the same groups.
        languages: What the reader reads, by preference; picks names.
        most: Items of each group, of those that a page may have.

    Raises:
        NotFoundError: No carried log has such an entry, or it is withdrawn, erased, or no entry.
        AmbiguousError: More than one statement fits.
        TakenDownError: The operator of this node took it down.
        InvalidInputError: There is no such group, or the cursor belongs to another question.
    """
    with _reading(home, ref) as (connection, where):
        project = project_with(home, connection, where.origin, where.id)
        pointing = pointing_at(home, connection, [project]).get(project.address, [])
        asked = _Asked(home, connection, project.address, tuple(groups), limit, cursor, languages, most)
        return asked.page(project, pointing)


def entry_backlinks(
    home: Home,
    ref: str,
    groups: Sequence[str] = (),
    limit: int = 20,
    cursor: str | None = None,
    languages: Sequence[str] = (),
) -> BacklinkPage:
    """Return what points at one statement by its address, be it an entry or not, live or withdrawn.

    Whether a use counts is said as for the entry's project; of what belongs to none, none counts.

    Raises:
        NotFoundError: No carried log has such a statement.
        AmbiguousError: More than one statement fits.
        TakenDownError: The operator of this node took it down.
        InvalidInputError: There is no such group, or the cursor belongs to another question.
    """
    with _reading(home, ref) as (connection, where):
        project = project_if_any(home, connection, where.origin, where.id)
        pointing = pointing_to(connection, where.origin, where.id)
        asked = _Asked(home, connection, str(where), tuple(groups), limit, cursor, languages)
        return asked.page(project, pointing)


def backlink_counts(
    home: Home, connection: sqlite3.Connection, project: Project, pointing: Sequence[Pointing]
) -> dict[str, int]:
    """Return how many items each of ``BACKLINKS`` has for a project, given all that points at it."""
    return _counts(_found(connection, Organisations(home, connection), project, pointing))


@contextmanager
def _reading(home: Home, ref: str) -> Iterator[tuple[sqlite3.Connection, Address]]:
    """Read at one moment about a statement that may be shown."""
    where = resolve(home, ref)
    refuse_taken_down(home, where)
    with home.database.read() as connection:
        yield connection, where


@dataclass(frozen=True, slots=True)
class _Asked:
    """One page of what points at something."""

    home: Home
    connection: sqlite3.Connection
    address: str
    groups: tuple[str, ...]
    limit: int
    cursor: str | None
    languages: Sequence[str]
    most: int | None = None

    def page(self, project: Project | None, pointing: Sequence[Pointing]) -> BacklinkPage:
        """Return the page; see the module for its shape."""
        known = Organisations(self.home, self.connection)
        digest = question_digest(self.address, sorted(self._wanted()))
        after = None
        if self.cursor is not None:
            after = from_cursor(self.cursor, digest, levels=len(BACKLINKS), by_rank=False)
        everything = _found(self.connection, known, project, pointing)
        groups = (group for group in BACKLINKS if group in self._wanted())
        of_each = ([one for one in everything if one.group == group][: self.most] for group in groups)
        found = [one for those in of_each for one in those if one.is_behind(after)]
        items = list(self._items(known, found[: self.limit]))
        return {
            "address": self.address,
            "counts": _counts(everything),
            "claimed": [] if project is None else _claimed(project),
            "groups": [
                {"group": group, "items": those}
                for group in BACKLINKS
                if (those := [item for each, item in items if each.group == group])
            ],
            "next": to_cursor(digest, found[self.limit - 1].place) if len(found) > self.limit else None,
        }

    def _wanted(self) -> frozenset[str]:
        for group in self.groups:
            if group not in BACKLINKS:
                raise InvalidInputError(f"there is no group {group!r}; there are {', '.join(BACKLINKS)}")
        return frozenset(self.groups or BACKLINKS)

    def _items(self, known: Organisations, found: Sequence[_Found]) -> Iterator[tuple[_Found, Backlink]]:
        statements = statements_of(self.connection, (each.pointing.key for each in found))
        speakers = Speakers(self.home, self.connection, known, self.languages)
        for each in found:
            statement = statements[each.pointing.key]
            yield each, _item(each, speakers.remark(statement), statement, known)


def _found(
    connection: sqlite3.Connection,
    known: Organisations,
    project: Project | None,
    pointing: Sequence[Pointing],
) -> list[_Found]:
    """Return everything that points at something, in order."""
    uses = {each.key: each for each in pointing if each.relation == "use"}
    rest = [_Found(each.relation, each) for each in pointing if each.key not in uses]
    statements = statements_of(connection, uses)
    if project is None:
        judged = [_Found("otherUse", uses[key], _NO_PROJECT) for key in statements]
    else:
        judged = [
            _Found(each.group, uses[each.statement.key], each.why)
            for each in told(known, project, uses.values(), statements)
        ]
    return sorted((*judged, *rest), key=_Found.order)


def _counts(found: Iterable[_Found]) -> dict[str, int]:
    counts = dict.fromkeys(BACKLINKS, 0)
    for each in found:
        counts[each.group] += 1
    return counts


def _claimed(project: Project) -> list[Claimed]:
    """Return the users that the entries of a project name, with who says so."""
    items = project.items("claimedUsers")[:MAX_CLAIMED]
    return [{"value": readable(each.value), "stated_by": list(each.by)} for _, each in items]


def _item(found: _Found, remark: Remark, statement: Statement, known: Organisations) -> Backlink:
    item = cast("Backlink", {**remark, "said": _said(found.pointing, statement)})
    if found.group in GROUPS:
        confirmed = use_of(statement.payload).confirmed(known.today)
        item["counts"] = found.group == GROUPS[0]
        item["why"] = found.why or None
        item["confirmed"] = None if confirmed is None else confirmed.isoformat()
    elif found.group == "vouch":
        item["state"] = vouch_state(statement.payload, known.today)
    return item


def _said(pointing: Pointing, statement: Statement) -> Any:  # noqa: ANN401 - the statement's own shape
    """Return what a statement says of what it points at."""
    if pointing.relation in SAID:
        return said_of(pointing.relation, statement.payload)
    named = (each for each in pointers_of(dict(statement.payload)) if each.relation == pointing.relation)
    return next(readable(dict(each.said)) for each in named if pointing.name in target_of(each.target).names)
