"""What is found within the card of another project: parts with their suite, a copy with its original.

::

    part   whoever decides about the suite says in its own log that the thing is part of it, and so does
           everybody who decides about the thing: those with standing, else all who describe it
    copy   what its own log describes as the copy of another entry there, see ``copies``

So nobody can have somebody else's project folded, nor fold anything into somebody else's card: both ends are
the word of one publisher. That a suite's publisher controls what a part is called by is not enough here,
though it confirms the part elsewhere (``relations``): everybody can write an entry that names a repository of
theirs.

Parts of parts are folded into the outermost suite. A project in a ring of suites, or deeper than
``MAX_DEPTH``, stands by itself, and so does what is too much for a card: the first parts by address are in
it. What is part of several suites goes with the first that it names. What is found only within a scope is not
folded.

All of it follows from the entries as they are. Whether a document is one by itself is known from what the
index was told last (``store.folded``): whatever is looked at has those looked at that were or are with it.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from federation.targets import Target, name_key, pointers_of, target_of
from node.home import Home
from node.store.folded import COPY, PART, Fold, folds_in, folds_of, is_anything_folded
from node.store.marks import by_log
from node.store.scopes import scopes_in
from node.store.series import stands

from .attached import Former, names_of, projects_meant
from .copies import may_be_copy, original_of
from .gathering import projects_of
from .projects import Key, Member, Project
from .texts import texts_of

MAX_PARTS: Final = 100
"""Parts of a card: whenever one of them changes all of them are read."""

MAX_LETTERS: Final = 500_000
"""Characters of the parts of a card, which are indexed once more with it."""

MAX_DEPTH: Final = 4
"""Suites above each other."""

_MOST_SUITES: Final = 8  # that an entry names

_PART_OF: Final = "relation = 'partOf'"
_IS_ANY: Final = f"SELECT 1 FROM reference WHERE {_PART_OF} LIMIT 1"  # noqa: S608 - a constant
# Of some entries of a log those that anything names as its suite: by an identifier, a URL, or an address.
_POINTED: Final = (
    "SELECT i.id FROM identity AS i WHERE i.log = ?1 AND i.id IN ({marks}) AND EXISTS"  # noqa: S608 - marks only
    f" (SELECT 1 FROM reference AS r WHERE r.target = i.identifier AND r.{_PART_OF})"
    " UNION SELECT n.id FROM named AS n WHERE n.log = ?1 AND n.id IN ({marks}) AND EXISTS"
    f" (SELECT 1 FROM reference AS r WHERE r.target = n.name AND r.{_PART_OF})"
    f" UNION SELECT r.named FROM reference AS r WHERE r.named IN ({{marks}}) AND r.{_PART_OF}"
)
# In the order of that index: another one has the ids in order too, and all of a log.
_NAMING: Final = (
    "SELECT r.id FROM reference AS r INDEXED BY reference_part"  # noqa: S608 - constants
    f" WHERE r.target = ? AND r.log = ? AND r.{_PART_OF} AND {stands('r')} ORDER BY r.id LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Folds:
    """What some projects have to do with the cards of others, and with their own.

    Attributes:
        projects: Those whose documents are to be made: those that were asked about, and others that are no
            longer what the index was told.
        parts: Address of a suite among them → the parts of its card, the nearest first.
        folded: Addresses of those among them that are within other cards.
        looked_at: Entries whose folding is to be remembered anew.
        folds: As which; of the others nothing.
    """

    projects: tuple[Project, ...]
    parts: Mapping[str, tuple[Project, ...]] = field(default_factory=dict)
    folded: frozenset[str] = frozenset()
    looked_at: tuple[Key, ...] = ()
    folds: tuple[Fold, ...] = ()

    @property
    def unasked(self) -> tuple[Project, ...]:
        """The parts whose own documents are to stay, and that are in a card which is to be made."""
        made = {project.address for project in self.projects}
        parts = (part for each in made & self.parts.keys() for part in self.parts[each])
        return tuple({part.address: part for part in parts if part.address not in made}.values())


def folded(
    home: Home, connection: sqlite3.Connection, projects: Sequence[Project], waiting: Collection[Key]
) -> Folds:
    """Return how some projects are folded, and what else has changed by it.

    Args:
        home: The node, for its policy.
        connection: For reading, in a transaction: what is read belongs to one moment.
        projects: That are to be indexed.
        waiting: Statements that are to be indexed, also those that are gone.
    """
    was_any = is_anything_folded(connection)
    if not (was_any or connection.execute(_IS_ANY).fetchone() or any(map(may_be_copy, projects))):
        return Folds(tuple(projects))
    return _Folding(home, connection).folds(projects, waiting)


class _Folding:
    """Projects, as far as they were looked at."""

    def __init__(self, home: Home, connection: sqlite3.Connection) -> None:
        self._home, self._connection = home, connection
        self._scoped = scopes_in(connection).keys()
        self._former = Former(connection)
        self._originals: dict[str, Key | None] = {}
        self._suites: dict[str, Project | None] = {}

    def folds(self, projects: Sequence[Project], waiting: Collection[Key]) -> Folds:
        """Return what comes of some projects; see ``folded``."""
        asked = {project.address: project for project in projects}
        mine = {*waiting, *(member.key for project in projects for member in project.members)}
        before = [*folds_of(self._connection, mine), *folds_in(self._connection, mine)]
        known = {key for fold in before for key in (fold.key, fold.card)}
        near = projects_of(self._home, self._connection, sorted(known - mine))
        pointed = self._pointed(mine)
        subjects = {
            project.address: project
            for project in (*projects, *near)
            if any(
                each.key in known or each.key in pointed or each.payload.get("partOf")
                for each in project.members
            )
            or self._original(project) is not None
        }
        roots = self._roots(subjects.values())
        parts = self._parts(roots.values())
        everybody = subjects | roots | {part.address: part for those in parts.values() for part in those}
        cards = {part.address: (PART, roots[each]) for each, those in parts.items() for part in those}
        folds = {
            each.address: Fold(each.members[0].key, *fold)
            for each in everybody.values()
            if (fold := self._fold(each, cards)) is not None
        }
        changed = self._changed(everybody, parts, folds, asked)
        looked_at = {member.key for each in everybody.values() for member in each.members}
        return Folds(
            (*projects, *changed),
            {each: those for each, those in parts.items() if those},
            frozenset(folds),
            tuple(sorted(looked_at | {fold.key for fold in before if fold.key in mine})),
            tuple(folds[each] for each in sorted(folds)),
        )

    def _fold(self, project: Project, cards: Mapping[str, tuple[str, Project]]) -> tuple[str, Key] | None:
        """Return as what a project is folded, and into which card; None where it stands by itself."""
        original = self._original(project)
        if original is not None:
            return COPY, original
        relation, root = cards.get(project.address, (PART, None))
        return None if root is None else (relation, root.members[0].key)

    def _changed(
        self,
        everybody: Mapping[str, Project],
        parts: Mapping[str, Sequence[Project]],
        folds: Mapping[str, Fold],
        asked: Mapping[str, Project],
    ) -> list[Project]:
        """Return those that were not asked about and are not what the index was told, or are with such."""
        others = [project for each, project in sorted(everybody.items()) if each not in asked]
        keys = {member.key: project.address for project in others for member in project.members}
        was_folded = {keys[fold.key] for fold in folds_of(self._connection, keys)}
        was_card = {keys[fold.card] for fold in folds_in(self._connection, keys) if fold.relation == PART}
        # A card that waits to be indexed is made when its turn comes, once for all its parts.
        waits = self._waiting(project for project in others if parts.get(project.address))
        return [
            project
            for project in others
            for each in (project.address,)
            if (each in was_folded) != (each in folds)
            or (each in was_card and not parts.get(each))
            or (parts.get(each) and each not in waits)
        ]

    def _waiting(self, projects: Iterable[Project]) -> set[str]:
        """Return the addresses of those projects that wait to be indexed."""
        keys = {member.key: project.address for project in projects for member in project.members}
        found = set()
        for log, some, marks in by_log(keys):
            asked = f"SELECT id FROM index_queue WHERE log = ? AND id IN ({marks})"  # noqa: S608 - marks only
            found |= {keys[log, id_] for (id_,) in self._connection.execute(asked, (log, *some))}
        return found

    def _roots(self, projects: Iterable[Project]) -> dict[str, Project]:
        """Return the outermost suites of some projects, themselves where they are none's part, by address."""
        ahead = list(projects)
        for _ in range(MAX_DEPTH + 1):
            self._find_suites(ahead)
            ahead = [suite for each in ahead if (suite := self._suites[each.address]) is not None]
        found = (self._root(project) for project in projects)
        return {root.address: root for root in found if root is not None}

    def _root(self, project: Project) -> Project | None:
        """Return the outermost suite of a project; None in a ring, or where there are too many."""
        for _ in range(MAX_DEPTH + 1):
            suite = self._suites[project.address]
            if suite is None:
                return project
            project = suite
        return None

    def _parts(self, roots: Iterable[Project]) -> dict[str, tuple[Project, ...]]:
        """Return what is in the cards of outermost suites, by their addresses; in each the nearest first."""
        level = {root.address: root for root in roots}
        card_of = {each: each for each in level}
        parts: dict[str, dict[str, Project]] = {each: {} for each in level}
        letters = dict.fromkeys(level, 0)
        for _ in range(MAX_DEPTH):
            naming = sorted({key for each in level.values() for key in self._naming(each)})
            found = projects_of(self._home, self._connection, naming)
            self._find_suites(found)
            above, level = level, {}
            for each in sorted(found, key=lambda project: project.address):
                suite = self._suites[each.address]
                if suite is None or suite.address not in above:
                    continue
                card = card_of[suite.address]
                letters[card] += _letters(each)
                if len(parts[card]) < MAX_PARTS and letters[card] <= MAX_LETTERS:
                    card_of[each.address] = card
                    parts[card][each.address] = level[each.address] = each
            if not level:
                break
        return {each: tuple(those.values()) for each, those in parts.items()}

    def _naming(self, suite: Project) -> Iterator[Key]:
        """Yield the entries that those who decide about a suite say to be part of it, the first ones."""
        names = [name_key(name) for name in names_of(self._former, suite)]
        for log in sorted({member.log for member in suite.deciding()}):
            for name in names:
                for (id_,) in self._connection.execute(_NAMING, (name, log, MAX_PARTS)):
                    yield log, id_

    def _find_suites(self, projects: Iterable[Project]) -> None:
        """Find out of which suites some projects are part."""
        new = [project for project in projects if project.address not in self._suites]
        said = {project.address: self._said(project) for project in new}
        targets = {target for those in said.values() for _, named in those for target in named}
        meant = projects_meant(self._home, self._connection, targets) if targets else {}
        for project in new:
            self._suites[project.address] = self._suite(project, said[project.address], meant)

    def _said(self, project: Project) -> list[tuple[Member, tuple[Target, ...]]]:
        """Return what suites those name who decide about a project; nothing where one of them names none."""
        standing = [member for member in project.members if member.has_standing]
        said = [(member, _named_suites(member)) for member in standing or project.by_precedence()]
        is_whole = all(named for _, named in said) and not self._is_scoped(project)
        return said if is_whole and self._original(project) is None else []

    def _suite(
        self,
        project: Project,
        said: Sequence[tuple[Member, Sequence[Target]]],
        meant: Mapping[Target, Project],
    ) -> Project | None:
        """Return the first suite that all of them name, and that one of them decides about."""
        named = [{meant[each].address: meant[each] for each in those if each in meant} for _, those in said]
        for suite in named[0].values() if named else ():
            origins = {member.origin for member in suite.deciding()}
            if (
                suite.address != project.address
                and all(suite.address in those for those in named)
                and any(member.origin in origins for member, _ in said)
                and not self._is_scoped(suite)
                and self._original(suite) is None
            ):
                return suite
        return None

    def _pointed(self, keys: Iterable[Key]) -> set[Key]:
        """Return those of some entries that anything names as its suite."""
        found = set()
        for log, some, marks in by_log(keys):
            numbered = ", ".join(f"?{number}" for number in range(2, len(some) + 2))
            del marks  # named more than once
            rows = self._connection.execute(_POINTED.format(marks=numbered), (log, *some))
            found |= {(log, id_) for (id_,) in rows}
        return found

    def _is_scoped(self, project: Project) -> bool:
        return any(member.log in self._scoped for member in project.members)

    def _original(self, project: Project) -> Key | None:
        """Return the entry of which a project is a copy; None where it is a thing of its own."""
        if project.address not in self._originals:
            is_whole = not self._is_scoped(project)
            self._originals[project.address] = original_of(self._connection, project) if is_whole else None
        return self._originals[project.address]


def _named_suites(member: Member) -> tuple[Target, ...]:
    """Return what suites an entry names, those that can be looked up."""
    if not member.payload.get("partOf"):
        return ()
    pointers = [each for each in pointers_of(dict(member.payload)) if each.relation == "partOf"]
    targets = (target_of(each.target) for each in pointers[:_MOST_SUITES])
    return tuple(target for target in targets if target.names)


def _letters(project: Project) -> int:
    return sum(len(text) for member in project.members for _, _, text in texts_of(member.payload))
