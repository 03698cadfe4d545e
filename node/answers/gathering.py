"""Which entries are one project: gathered from the catalogue's rows, by identifiers, links and decisions.

Nothing about projects is stored. ``identity`` has a row for each identifier of each live entry;
whatever shares one is looked at together, and ``federation.merge`` says what belongs together.
So a project is always what its entries make it, also right after one of them changed.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from federation.identity import identifiers_of
from federation.links import linked_clusters
from federation.merge import Cluster, Described, atoms_of, described
from node.errors import NotFoundError
from node.home import Home
from node.store.marks import by_log
from node.store.series import stands
from node.store.waiting import SHARING
from protocol.leaf import Op
from protocol.origin import address
from protocol.packing import Value

from .linked import Links
from .policy import Policy, policy_of
from .projects import Key, Member, Project


def projects_of(home: Home, connection: sqlite3.Connection, wanted: Iterable[Key]) -> list[Project]:
    """Return every project that has one of some entries as a member, each once.

    Args:
        home: The node, for its policy.
        connection: For reading; what is read belongs to one moment when it is in a transaction.
        wanted: Entries; those that are gone, withdrawn or unreadable are left out.
    """
    policy = policy_of(home, connection)
    gathered = _Gathered(connection, policy)
    gathered.reach(wanted)
    return gathered.projects()


def project_if_any(
    home: Home, connection: sqlite3.Connection, origin: str, statement_id: bytes
) -> Project | None:
    """Return the project that has a statement of a carried log as a member; None where none has."""
    (log,) = connection.execute("SELECT id FROM log WHERE origin = ?", (origin,)).fetchone()
    key = (log, statement_id)
    for project in projects_of(home, connection, [key]):
        if any(member.key == key for member in project.members):
            return project
    return None


def project_with(home: Home, connection: sqlite3.Connection, origin: str, statement_id: bytes) -> Project:
    """Return the project that has an entry as a member.

    Raises:
        NotFoundError: There is no such live entry.
    """
    project = project_if_any(home, connection, origin, statement_id)
    if project is None:
        raise NotFoundError(
            f"live entry {address(origin, statement_id)}",
            hint="`fedcat show` tells what the statement is, and its state",
        )
    return project


def sharing_projects(
    home: Home, connection: sqlite3.Connection, logs: Collection[int] | None = None
) -> list[Project]:
    """Return the projects of entries that share an identifier or are linked with another one, joined or not.

    Args:
        home: The node, for its policy.
        connection: For reading.
        logs: Only what these logs say, as if there were no others; all of them without.
    """
    rows = connection.execute(SHARING).fetchall()
    gathered = _Gathered(connection, policy_of(home, connection), logs)
    gathered.reach(key for key in rows if logs is None or key[0] in logs)
    return gathered.projects()


def neighbours(connection: sqlite3.Connection, wanted: Sequence[Key]) -> dict[Key, list[Key]]:
    """Return for each entry the others that have one of its identifiers; those without any are left out."""
    found: dict[Key, list[Key]] = {}
    for log, ids, marks in by_log(wanted):
        rows = connection.execute(
            "SELECT mine.id, theirs.log, theirs.id FROM identity AS mine"  # noqa: S608 - marks only
            " JOIN identity AS theirs ON theirs.identifier = mine.identifier"
            f" WHERE mine.log = ? AND mine.id IN ({marks})"
            " AND NOT (theirs.log = mine.log AND theirs.id = mine.id)",
            (log, *ids),
        )
        for mine, other_log, other_id in rows:
            found.setdefault((log, mine), []).append((other_log, other_id))
    return found


class _Gathered:
    """Entries that may belong together, as far as they were reached."""

    def __init__(
        self, connection: sqlite3.Connection, policy: Policy, logs: Collection[int] | None = None
    ) -> None:
        self._connection = connection
        self._policy = policy
        # What is blocked has no publisher in the policy.
        self._logs = policy.publishers.keys() if logs is None else policy.publishers.keys() & set(logs)
        # Of named logs, what they say by themselves.
        self._condition = stands("entry") if logs is None else "true"
        self._links = Links(connection, policy, self._logs, self._condition)
        self._rows: dict[Key, tuple[int, Mapping[str, Value]]] = {}
        self._described: dict[Key, Described] = {}
        self._alone: set[Key] = set()
        self._shared: set[Key] = set()

    def reach(self, wanted: Iterable[Key]) -> None:
        """Take in some entries and all that can be one project with them, however far."""
        frontier = set(wanted)
        while frontier:
            self._read(frontier)
            known = [key for key in frontier if key in self._rows]
            near = self._near(known)
            linked = self._links.partners({key: self._rows[key][1] for key in known})
            self._alone.update(key for key in known if key not in near and key not in linked)
            self._shared.update(near, linked)
            self._read({other for found in (near, linked) for others in found.values() for other in others})
            # Who shares an identifier and no whole claim is somebody else.
            frontier = {
                other
                for key, others in near.items()
                for other in others
                if other in self._rows and other not in self._shared and self._may_join(key, other)
            }
            frontier |= set[Key]().union(*linked.values()) & self._rows.keys() - self._shared

    def projects(self) -> list[Project]:
        """Return the projects of all that was reached."""
        found = [Project((self._member(key, has_standing=self._stands(key)),)) for key in sorted(self._alone)]
        keys = {self._describe(key).address: key for key in self._shared}
        payloads = {key: self._rows[key][1] for key in self._shared}
        clusters = linked_clusters(
            (self._describe(key) for key in self._shared),
            self._links.ties(payloads),
            self._links.split(payloads),
        )
        return found + [self._project(cluster, keys) for cluster in clusters]

    def _project(self, cluster: Cluster, keys: Mapping[str, Key]) -> Project:
        members = (
            self._member(keys[each], has_standing=each in cluster.standing) for each in cluster.members
        )
        return Project(tuple(members), cluster.claims, cluster.ties)

    def _near(self, known: Sequence[Key]) -> dict[Key, list[Key]]:
        found = neighbours(self._connection, known)
        near = {key: [other for other in others if other[0] in self._logs] for key, others in found.items()}
        return {key: others for key, others in near.items() if others}

    def _read(self, wanted: Iterable[Key]) -> None:
        missing = [key for key in wanted if key not in self._rows and key[0] in self._policy.publishers]
        for log, ids, marks in by_log(missing):
            rows = self._connection.execute(
                "SELECT id, idx, payload FROM entry"  # noqa: S608 - constants and marks
                f" WHERE type = 'entry' AND op = ? AND log = ? AND id IN ({marks}) AND {self._condition}",
                (int(Op.PUT), log, *ids),
            )
            for id_, index, payload in rows:
                try:
                    self._rows[log, id_] = (index, msgspec.msgpack.decode(payload))
                except ValueError:
                    # A row has a type only when its payload was read by the strict rules before; disks rot.
                    continue

    def _may_join(self, one: Key, other: Key) -> bool:
        return not set(atoms_of(self._describe(one))).isdisjoint(atoms_of(self._describe(other)))

    def _describe(self, key: Key) -> Described:
        found = self._described.get(key)
        if found is None:
            publisher, payload = self._policy.publishers[key[0]], self._rows[key][1]
            found = described(
                address(publisher.origin, key[1]),
                payload,
                voice=publisher.voice,
                owns=self._policy.owned(publisher.origin, identifiers_of(payload)),
                precedence=publisher.precedence,
            )
            self._described[key] = found
        return found

    def _stands(self, key: Key) -> bool:
        origin = self._policy.publishers[key[0]].origin
        may_own = self._policy.may_own(origin)
        return may_own and bool(self._policy.owned(origin, identifiers_of(self._rows[key][1])))

    def _member(self, key: Key, *, has_standing: bool) -> Member:
        publisher, (index, payload) = self._policy.publishers[key[0]], self._rows[key]
        return Member(
            key[0],
            publisher.origin,
            key[1],
            index,
            payload,
            has_standing,
            publisher.voice,
            publisher.precedence,
        )
