"""What the index is given for a portion of what waits: read from the catalogue, and nothing written."""

import datetime as dt
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from federation.targets import ADDRESS, name_key
from node.home import Home
from node.store.folded import Fold
from node.store.marks import portions
from node.store.outlined import Outlined
from node.store.references import bearers
from node.store.scopes import scopes_in

from .attached import Former, names_of
from .documents import Document, Written, alone, document_key, profile_document, project_document, with_card
from .folding import Folds, folded
from .garbage import uncollected
from .gathering import projects_of
from .outlines import outline_of
from .planned import plan_documents
from .profiles import profiles_of
from .projects import Key, Project
from .scoped import is_in_scope
from .uses import NO_REGARD, Regard, regards_of

SIZE: Final = 512
"""Statements that are held in memory at once."""

SIZE_BYTES: Final = 1024 * 1024
"""Bytes of what they state, from which on they are fewer: unpacked and as documents they take a multiple."""

_MOST_BEARERS: Final = 64

_WAITING: Final = (
    "SELECT q.log, l.origin, q.id, q.turn, e.type FROM index_queue q JOIN log l ON l.id = q.log"
    " LEFT JOIN entry e ON e.log = q.log AND e.id = q.id"
    " WHERE (q.log, q.id) > (?, ?) AND (q.log, q.id) <= (?, ?) ORDER BY q.log, q.id"
)

Range = tuple[Key, Key]
"""Behind which key of the queue a portion begins, and with which it ends."""


@dataclass(frozen=True, slots=True)
class Portion:
    """What a range of the queue stands for, as it was at one moment.

    Attributes:
        done: Log, id, turn and document key of each statement that waited.
        gone: Keys of documents that are to be forgotten.
        documents: Of projects and profiles.
        plans: What the entries of these documents plan; it is gone with the documents that were there.
        looked_at: Entries of which it is known now whether they are within the card of another project.
        folds: Those that are.
        outlines: What is shown of things, and of which nothing is any more; later ones hold.
    """

    done: tuple[tuple[int, bytes, int, int], ...]
    gone: tuple[int, ...]
    documents: tuple[Written, ...]
    plans: tuple[Written, ...]
    looked_at: tuple[Key, ...] = ()
    folds: tuple[Fold, ...] = ()
    outlines: tuple[Outlined, ...] = ()


class _Waiting(msgspec.Struct, frozen=True):
    """A statement in the queue; the type is None when it is gone."""

    log: int
    origin: str
    id: bytes
    turn: int
    type: str | None

    @property
    def key(self) -> Key:
        """What names it in the database."""
        return self.log, self.id

    @property
    def document_key(self) -> int:
        """What names it in the index."""
        return document_key(self.origin, self.id)


def portion_of(home: Home, between: Range, today: dt.date) -> Portion:
    """Return what the statements that wait in a range of the queue stand for on a day."""
    with uncollected():
        return _portion_of(home, between, today)


def _portion_of(home: Home, between: Range, today: dt.date) -> Portion:
    # One snapshot: a project must not be made of what belongs to two moments.
    with home.database.read() as connection:
        waiting = [_Waiting(*row) for row in connection.execute(_WAITING, (*between[0], *between[1]))]
        asked = projects_of(home, connection, [each.key for each in waiting if each.type == "entry"])
        asked += _rivals(home, connection, asked)
        folds = folded(home, connection, asked, [each.key for each in waiting])
        projects = folds.projects
        profiles = profiles_of(connection, [each.key for each in waiting if each.type == "profile"])
        regards = regards_of(home, connection, [*projects, *folds.unasked])
        scopes = scopes_in(connection)
    there = {member.key for subject in (*projects, *profiles) for member in subject.members}
    gone = [each.document_key for each in waiting if each.key not in there]
    outlines = [Outlined((each.key,)) for each in waiting if each.key not in there]
    documents: list[Written] = []
    plans: list[Written] = []
    made = _documents(projects, folds, regards, today)
    for project in projects:
        document = made[project.address]
        if is_in_scope(project, document, scopes):
            documents.append(document.written())
            plans += [plan.written() for member in project.members for plan in plan_documents(member)]
            outlines.append(outline_of(project, regards.get(project.address, NO_REGARD)).kept(project))
        else:
            gone += document.keys
            outlines.append(Outlined(tuple(member.key for member in project.members)))
    documents += [profile_document(profile).written() for profile in profiles]
    outlines += [outline_of(profile).kept(profile) for profile in profiles]
    done = tuple([(each.log, each.id, each.turn, each.document_key) for each in waiting])
    return Portion(
        done, tuple(gone), tuple(documents), tuple(plans), folds.looked_at, folds.folds, tuple(outlines)
    )


def _rivals(home: Home, connection: sqlite3.Connection, asked: Sequence[Project]) -> list[Project]:
    """Return what shares a name with some projects that something points at, and does not wait itself.

    Whoever joins or leaves one of two projects may decide which of them is meant, without bearing the name.
    Of a name that very many bear nobody is looked at: each change of one would have all of them made anew.
    """
    if connection.execute("SELECT 1 FROM reference LIMIT 1").fetchone() is None:
        return []
    former, mine = Former(connection), {member.key for project in asked for member in project.members}
    names = {name_key(name): name for each in asked for name in names_of(former, each)}
    pointed = [
        names[target]
        for some, marks in portions(list(names))
        for (target,) in connection.execute(
            f"SELECT DISTINCT target FROM reference WHERE target IN ({marks})",  # noqa: S608 - marks only
            some,
        )
        if not names[target].startswith(ADDRESS)
    ]
    bearing = (bearers(connection, name) for name in pointed)
    others = set[Key]().union(*(keys for keys in bearing if len(keys) <= _MOST_BEARERS)) - mine
    waits = "SELECT 1 FROM index_queue WHERE log = ? AND id = ?"
    far = sorted(key for key in others if connection.execute(waits, key).fetchone() is None)
    found = projects_of(home, connection, far) if far else []
    return [each for each in found if mine.isdisjoint(member.key for member in each.members)]


def _documents(
    projects: Iterable[Project], folds: Folds, regards: Mapping[str, Regard], today: dt.date
) -> dict[str, Document]:
    """Return the documents of projects, of suites with their cards, by address."""
    made = {
        project.address: project_document(project, regards.get(project.address, NO_REGARD), today)
        for project in (*projects, *folds.unasked)
    }
    made |= {address: alone(made[address]) for address in folds.folded & made.keys()}
    for address, parts in folds.parts.items():
        if address in made:
            made[address] = with_card(made[address], [made[part.address] for part in parts])
    return made
