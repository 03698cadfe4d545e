"""What points at a project: statements that name one of its entries, or a thing that it is.

An address points at the project that has the entry, or what continues it in a successor's log. A repository,
another identifier or a URL points at one project, however many say that they are it::

    of all that have an entry which bears the name, and can be joined by it:
    1. the one in which somebody has standing for it
    2. the one that bears the repository's own name, or a number that is given out
    3. software, where the name is that of a repository
    4. the one that most independent publishers describe
    5. the one that comes first in the operator's precedence

So nobody gains by naming what belongs to somebody else. Only who points at which name is stored; the rest
follows from the entries as they are.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from federation.identity import ANY, BEARS, claims_of, identifiers_of
from federation.standing import REPOSITORY
from federation.targets import ADDRESS, RELATIONS, Target, address_name, name_key, web_names_of
from node.home import Home
from node.store.marks import portions
from node.store.references import bearers
from node.store.series import current_origin, predecessors_of, stands
from protocol.origin import parse_address

from .gathering import projects_of
from .policy import Policy, policy_of
from .projects import Key, Member, Project

_WEB: Final = "url:"
# What a successor states stands there; what is blocked says nothing.
_POINTING: Final = (
    "SELECT r.target, r.log, r.id, r.relation FROM reference AS r WHERE r.target IN ({marks})"  # noqa: S608
    f" AND NOT EXISTS (SELECT 1 FROM blocked WHERE blocked.log = r.log) AND {stands('r')}"
)

_PERHAPS, _ITS_OWN = 1, 2

_Row = tuple[int, Key, str]
_Rank = tuple[int, bool, int, int, str]


@dataclass(frozen=True, slots=True)
class Pointing:
    """One statement that points at a thing.

    Attributes:
        place: Of its relation among ``RELATIONS``.
        key: The statement.
        name: By which it names the thing.
    """

    place: int
    key: Key
    name: str

    @property
    def relation(self) -> str:
        """How it points: one of ``RELATIONS``."""
        return RELATIONS[self.place]


def pointing_at(
    home: Home, connection: sqlite3.Connection, projects: Sequence[Project]
) -> dict[str, list[Pointing]]:
    """Return for each project, by its address, what points at it; those at which nothing does are left out.

    Args:
        home: The node, for its policy.
        connection: For reading; what is read belongs to one moment when it is in a transaction.
        projects: As they stand now.

    Returns:
        Each statement once for each relation, in the order of ``RELATIONS``, then of logs. What a project's
        own entries say of each other is no news.
    """
    if connection.execute("SELECT 1 FROM reference LIMIT 1").fetchone() is None:
        return {}
    policy = policy_of(home, connection)
    former = Former(connection)
    bearers: dict[str, list[Project]] = {}
    for project in projects:
        for name in names_of(former, project):
            bearers.setdefault(name, []).append(project)
    pointed = _pointed(connection, bearers)
    shared = [name for name in pointed if not name.startswith(ADDRESS)]
    meant = _meant(home, connection, policy, shared)
    found: dict[str, dict[tuple[int, Key], Pointing]] = {}
    for name, rows in pointed.items():
        for project in bearers[name]:
            mine = {member.key for member in project.members}
            if name.startswith(ADDRESS) or not mine.isdisjoint(meant.get(name, ())):
                those = found.setdefault(project.address, {})
                those.update((each[:2], Pointing(*each)) for each in rows if each[1] not in mine)
    return {address: [those[each] for each in sorted(those)] for address, those in found.items() if those}


def pointing_to(connection: sqlite3.Connection, origin: str, statement_id: bytes) -> list[Pointing]:
    """Return what points at a statement by its address, in the same order."""
    (log,) = connection.execute("SELECT id FROM log WHERE origin = ?", (origin,)).fetchone()
    names = [address_name(each, statement_id) for each in (origin, *Former(connection)[log])]
    found = {row[:2]: Pointing(*row) for rows in _pointed(connection, names).values() for row in rows}
    return [found[each] for each in sorted(found)]


def project_meant(home: Home, connection: sqlite3.Connection, target: Target) -> Project | None:
    """Return the one project that an address, a repository, another identifier or a URL means.

    Args:
        home: The node, for its policy.
        connection: For reading; what is read belongs to one moment when it is in a transaction.
        target: What was named, as ``federation.targets.target_of`` reads it.
    """
    return projects_meant(home, connection, (target,)).get(target)


def projects_meant(
    home: Home, connection: sqlite3.Connection, targets: Collection[Target]
) -> dict[Target, Project]:
    """Return for each of some targets the project that it means; see ``project_meant``."""
    names = [name for target in targets if target.id is None for name in target.names]
    meant = _meant(home, connection, policy_of(home, connection), names) if names else {}
    keys: dict[Target, frozenset[Key]] = {
        target: next((meant[name] for name in target.names if name in meant), frozenset())
        if target.id is None
        else _addressed(connection, target)
        for target in targets
    }
    projects = projects_of(home, connection, sorted(frozenset[Key]().union(*keys.values())))
    by_key = {member.key: project for project in projects for member in project.members}
    return {target: by_key[key] for target, those in keys.items() for key in those if key in by_key}


def names_of(former: "Former", project: Project) -> dict[str, None]:
    """Return all names of a project, by which it can be pointed at, in its own order."""
    found: dict[str, None] = {}
    for member in project.members:
        addresses = (address_name(each, member.id) for each in (member.origin, *former[member.log]))
        found |= dict.fromkeys((*addresses, *_called(member)))
    return found


class Former(dict[int, tuple[str, ...]]):
    """Log → origins of all that it continues, the nearest first; each read once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection

    def __missing__(self, log: int) -> tuple[str, ...]:
        found: dict[int, str] = {}
        ahead = [log]
        while ahead:
            for each in predecessors_of(self._connection, ahead.pop(0)):
                if each not in found and each != log:
                    row = self._connection.execute("SELECT origin FROM log WHERE id = ?", (each,)).fetchone()
                    found[each] = row[0]
                    ahead.append(each)
        self[log] = tuple(found.values())
        return self[log]


def _called(member: Member) -> tuple[str, ...]:
    """Return what an entry is called besides its address."""
    return *identifiers_of(member.payload), *web_names_of(member.payload)


def _pointed(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, list[_Row]]:
    """Return for each name what points at it: place of the relation, statement and name."""
    keys = {name_key(name): name for name in names}
    found: dict[str, list[_Row]] = {}
    for some, marks in portions(list(keys)):
        for target, log, id_, relation in connection.execute(_POINTING.format(marks=marks), some):
            name = keys[target]
            found.setdefault(name, []).append((RELATIONS.index(relation), (log, id_), name))
    return found


def _addressed(connection: sqlite3.Connection, target: Target) -> frozenset[Key]:
    """Return the statement that an address names, in the log in which it stands now."""
    origin, id_ = parse_address(target.names[0].removeprefix(ADDRESS))
    row = connection.execute(
        "SELECT id FROM log WHERE origin = ?", (current_origin(connection, origin, id_),)
    ).fetchone()
    return frozenset() if row is None else frozenset({(row[0], id_)})


def _meant(
    home: Home, connection: sqlite3.Connection, policy: Policy, names: Sequence[str]
) -> Mapping[str, frozenset[Key]]:
    """Return for each name the entries of the one project that is meant by it; none where none bears it."""
    bearing = {name: bearers(connection, name) for name in names}
    subjects = projects_of(home, connection, sorted(set().union(*bearing.values())))
    by_key = {member.key: project for project in subjects for member in project.members}
    found = {}
    for name, keys in bearing.items():
        those = {by_key[key].address: by_key[key] for key in keys if key in by_key}
        ranked = [(rank, each) for each in those.values() if (rank := _rank(policy, each, name)) is not None]
        if ranked:
            _, first = min(ranked, key=lambda item: item[0])
            found[name] = frozenset(member.key for member in first.members)
    return found


def _rank(policy: Policy, project: Project, name: str) -> _Rank | None:
    """Return how far behind a project is among those that a name may mean; None where it does not."""
    bearing = [(member, found) for member in project.members if (found := _bears(member, name))]
    if not bearing:
        return None
    # Who controls a host controls its pages as well as its repositories.
    owned = f"{REPOSITORY}{name.removeprefix(_WEB)}" if name.startswith(_WEB) else name
    members = [member for member, _ in bearing]
    has_standing = any(each.has_standing and policy.owned(each.origin, (owned,)) for each in members)
    is_own_name = any(found == _ITS_OWN for _, found in bearing)
    return (
        0 if has_standing else 1 if is_own_name else 2,
        name.startswith(REPOSITORY) and project.value("kind") != "software",
        -len({member.voice for member in members}),
        min(member.precedence for member in members),
        project.address,
    )


def _bears(member: Member, name: str) -> int:
    """Return whether an entry can be meant by a name: not (0), perhaps, or because it is its own."""
    if name.startswith(_WEB):
        return _PERHAPS if name in web_names_of(member.payload) else 0
    keys = {claim.name for claim in claims_of(member.payload) if claim.identifier == name and claim.joins}
    if not keys:
        return 0
    return _PERHAPS if keys.isdisjoint((ANY, BEARS)) else _ITS_OWN
