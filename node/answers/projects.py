"""Projects: entries of many publishers that describe one thing, gathered from the catalogue's rows.

Nothing about projects is stored. ``identity`` has a row for each identifier of each live entry;
whatever shares one is looked at together, and ``federation.merge`` says what belongs together.
So a project is always what its entries make it, also right after one of them changed.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from federation.headline import Said, Stated, headline, packed, ranked
from federation.identity import Claim, identifiers_of
from federation.links import linked_clusters
from federation.merge import Cluster, Described, atoms_of, described
from federation.ties import Tie
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
from .texts import lang_map

Key = tuple[int, bytes]
"""The database's number of a log, and a statement id."""


@dataclass(frozen=True, slots=True)
class Member:
    """One live entry of a project.

    Attributes:
        log: The database's number of its log.
        origin: The log's origin.
        id: Statement id, 16 bytes.
        index: Of the leaf that states it.
        payload: What it says.
        has_standing: Whether its publisher controls what joins the project.
        voice: Who speaks, for counting.
        precedence: Of its publisher.
    """

    log: int
    origin: str
    id: bytes
    index: int
    payload: Mapping[str, Value]
    has_standing: bool
    voice: str
    precedence: int

    @property
    def key(self) -> Key:
        """What names it in the database."""
        return self.log, self.id

    @property
    def address(self) -> str:
        """What names it in the federation."""
        return address(self.origin, self.id)

    def says(self, value: Value) -> Said:
        """Return one of its values, with who says it."""
        return Said(
            value,
            self.address,
            self.voice,
            self.has_standing,
            self.precedence,
            _modified(self.payload),
        )


@dataclass(frozen=True, slots=True)
class Project:
    """One thing, as its entries describe it.

    Attributes:
        members: Its entries; the first one names the project.
        claims: What joins them; empty for an entry that stands alone.
        ties: What was said about two entries, and has a part in who is here and who is not.
    """

    members: tuple[Member, ...]
    claims: tuple[Claim, ...] = field(default=())
    ties: tuple[Tie, ...] = field(default=())

    @property
    def address(self) -> str:
        """The canonical address; every member's address names the project too."""
        return self.members[0].address

    def stated(self, name: str) -> tuple[Stated, ...]:
        """Return every value of a field with who states it, the headline first.

        The headline is None where those who decide it state nothing.
        """
        return ranked(member.says(member.payload.get(name)) for member in self.members)

    def value(self, name: str) -> Value:
        """Return the headline value of a field; None when there is none."""
        if len(self.members) == 1:
            return self.members[0].payload.get(name)
        return headline(member.says(member.payload.get(name)) for member in self.members)

    def texts(self, name: str) -> dict[str, str]:
        """Return the headline of a text by language, all of it from one who states it.

        Were each language decided by itself, whoever translates first would say what readers of that
        language see.
        """
        return lang_map(self.value(name))

    def items(self, name: str) -> list[tuple[bool, Stated]]:
        """Return every item of a list with who states it, and whether it is in the headline.

        Each item is decided by itself: it is there when two voices say so, or the first one.
        """
        listed = [
            (member, {packed(item): item for item in _list(member.payload.get(name))})
            for member in self.by_precedence()
        ]
        found: dict[bytes, Value] = {}
        for _, items in listed:
            for key, item in items.items():
                found.setdefault(key, item)
        return [self._item(key, item, listed) for key, item in found.items()]

    def values(self, name: str) -> tuple[Value, ...]:
        """Return the items of a list that are in the headline, each once."""
        if len(self.members) == 1:
            return tuple(_list(self.members[0].payload.get(name)))
        return tuple(stated.value for is_shown, stated in self.items(name) if is_shown)

    def said(self, name: str) -> list[Value]:
        """Return the items of a list of all who describe the project, whoever decides about it."""
        return [item for member in self.members for item in _list(member.payload.get(name))]

    def by_precedence(self) -> list[Member]:
        """Return the members: with standing first, then first in precedence, then newest."""
        newest = sorted(self.members, key=lambda each: (_modified(each.payload), each.address), reverse=True)
        return sorted(newest, key=lambda each: (not each.has_standing, each.precedence))

    @staticmethod
    def _item(
        key: bytes, item: Value, listed: Sequence[tuple[Member, Mapping[bytes, Value]]]
    ) -> tuple[bool, Stated]:
        by = tuple(sorted(member.address for member, items in listed if key in items))
        head = headline(member.says(item if key in items else None) for member, items in listed)
        return head is not None, Stated(item, by)


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


def _modified(payload: Mapping[str, Value]) -> str:
    modified = payload.get("modified")
    return modified if isinstance(modified, str) else ""


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []
