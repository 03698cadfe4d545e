"""What publishers' links and the operator's decisions say about entries, read as far as it can matter.

A link names entries by address, also by the address that they had in a log which a successor continues, or by
what they state: a repository, a number, a URL. Here each of its ends is followed to the entries that are
meant, and what it says becomes ties (``federation.ties``) between two of them.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from federation.identity import identifiers_of
from federation.targets import ADDRESS, Target, target_of
from federation.ties import NOT_SAME, SAME, Says, Tie
from node.store.joined import JOIN, SPLIT, Decided
from node.store.marks import by_log
from node.store.references import bearers
from node.store.series import current_origin, stands
from protocol.leaf import Op
from protocol.origin import ID_SIZE, address, parse_address
from protocol.packing import Value

from .policy import Policy

Key = tuple[int, bytes]
"""The database's number of a log, and a statement id."""

Entries = Mapping[Key, Mapping[str, Value]]
"""Live entries with what they say."""

MOST_OWN: Final = 16
"""Entries of its author that one end of a link means; a URL may be stated by thousands."""

# By the id of an entry, by what it is joined by, and by what else it calls itself.
_NAMING: Final = (
    "SELECT log, id FROM reference WHERE relation = 'link' AND named IN ({marks})"
    " UNION SELECT r.log, r.id FROM identity AS i JOIN reference AS r ON r.target = i.identifier"
    " AND r.relation = 'link' WHERE i.log = ? AND i.id IN ({marks})"
    " UNION SELECT r.log, r.id FROM named AS n JOIN reference AS r ON r.target = n.name"
    " AND r.relation = 'link' WHERE n.log = ? AND n.id IN ({marks})"
)


@dataclass(frozen=True, slots=True)
class LinkStatement:
    """One live ``link`` statement.

    Attributes:
        key: Names it in the database.
        origin: Of its log.
        payload: What it says.
        ends: What its subject and its target name.
    """

    key: Key
    origin: str
    payload: Mapping[str, Value]
    ends: tuple[Target, Target]

    @property
    def address(self) -> str:
        """What names it in the federation."""
        return address(self.origin, self.key[1])

    @property
    def relation(self) -> str:
        """What it says of the two; empty where that is no text."""
        relation = self.payload.get("relation")
        return relation if isinstance(relation, str) else ""


class Links:
    """Links and decisions, as this node's policy hears them."""

    def __init__(
        self, connection: sqlite3.Connection, policy: Policy, logs: Collection[int], condition: str
    ) -> None:
        """Read nothing yet.

        Args:
            connection: For reading.
            policy: Whose word counts how much.
            logs: Only what these say.
            condition: In SQL, which rows of ``entry`` count.
        """
        self._connection = connection
        self._policy = policy
        self._logs = logs
        self._condition = condition
        self._by_origin = {each.origin: log for log, each in policy.publishers.items()}
        self._statements: dict[Key, LinkStatement | None] = {}
        self._bearers: dict[Target, frozenset[Key]] = {}
        self._decided: dict[bytes, list[Decided]] = {}
        for each in policy.decisions:
            for text in each.addresses:
                self._decided.setdefault(bytes.fromhex(text[-2 * ID_SIZE :]), []).append(each)
        row = connection.execute("SELECT 1 FROM reference WHERE relation = 'link' LIMIT 1").fetchone()
        self._is_any = row is not None

    def naming(self, entries: Iterable[Key]) -> list[LinkStatement]:
        """Return the links that name some entries, by address or by what these state, in order."""
        if not self._is_any:
            return []
        found: set[Key] = set()
        for log, some, marks in by_log(entries):
            asked = _NAMING.format(marks=marks)
            found.update(self._connection.execute(asked, (*some, log, *some, log, *some)))
        statements = (self._statement(key) for key in sorted(found))
        return [each for each in statements if each is not None]

    def partners(self, entries: Entries) -> dict[Key, set[Key]]:
        """Return for each of some entries the others that links or the operator may join with it.

        Not everybody that somebody names beside it: for both sides somebody has to speak who may. Whether the
        two are joined is decided when both are read.
        """
        found: dict[Key, set[Key]] = {}
        for each, keys in self._decisions(entries):
            one, other = keys[0], keys[-1]
            if each.action == JOIN and one is not None and other is not None:
                found.setdefault(one, set()).add(other)
                found.setdefault(other, set()).add(one)
        said: dict[Key, list[tuple[LinkStatement, Target, Target]]] = {}
        for statement in self.naming(entries):
            for here, there in (statement.ends, statement.ends[::-1]) if statement.relation == SAME else ():
                for key in self._meant(here) & entries.keys():
                    said.setdefault(key, []).append((statement, here, there))
        for key, those in said.items():
            found.setdefault(key, set()).update(self._consenting(key, entries[key], those))
        return {key: others - {key} for key, others in found.items() if key in entries and others - {key}}

    def ties(self, entries: Entries) -> Iterator[Tie]:
        """Yield what is said about two of some entries by anybody who may have a say in one of them."""
        addresses = {key: address(self._policy.publishers[key[0]].origin, key[1]) for key in entries}
        for each, (one, *others) in self._decisions(entries):
            for other in others:
                if one in addresses and other in addresses:
                    ends, number = (addresses[one], addresses[other]), str(each.number)
                    yield Tie(*ends, is_same=True, by="", voice="", says=Says.OPERATOR, statement=number)
        for statement in self.naming(entries):
            if statement.relation in (SAME, NOT_SAME):
                yield from self._ties(statement, entries, addresses)

    def split(self, entries: Entries) -> list[str]:
        """Return the addresses of those entries that the operator took out."""
        out = [keys[0] for each, keys in self._decisions(entries) if each.action == SPLIT]
        return [
            address(self._policy.publishers[key[0]].origin, key[1])
            for key in out
            if key is not None and key in entries
        ]

    def decisions(self, entries: Entries) -> list[Decided]:
        """Return what the operator decided about some entries, the oldest first."""
        return [each for each, keys in self._decisions(entries) if any(key in entries for key in keys)]

    def _decisions(self, entries: Entries) -> list[tuple[Decided, tuple[Key | None, ...]]]:
        """Return what may be decided about some entries, each with the entries that it is about now."""
        if not self._decided:
            return []
        found = {each.number: each for _, id_ in entries for each in self._decided.get(id_, ())}
        return [
            (found[number], tuple(self._entry(text) for text in found[number].addresses))
            for number in sorted(found)
        ]

    def _ties(
        self, statement: LinkStatement, entries: Entries, addresses: Mapping[Key, str]
    ) -> Iterator[Tie]:
        publisher = self._policy.publishers[statement.key[0]]
        says = Says.CURATOR if self._policy.is_curator(publisher.origin) else Says.PUBLISHER
        sides = [sorted(self._meant(end) & entries.keys()) for end in statement.ends]
        own = [set(self._own(statement, self._meant(end))) for end in statement.ends]
        for one in sides[0]:
            for other in sides[1]:
                controls = self._controls(publisher.origin, entries[one], entries[other])
                if says is Says.CURATOR or controls or one in own[0] or other in own[1]:
                    yield Tie(
                        addresses[one],
                        addresses[other],
                        statement.relation == SAME,
                        publisher.origin,
                        publisher.voice,
                        says,
                        controls,
                        statement.address,
                    )

    @staticmethod
    def _own(statement: LinkStatement, meant: Iterable[Key]) -> list[Key]:
        """Return those entries of an end that are its author's own, the first ones only."""
        return sorted(key for key in meant if key[0] == statement.key[0])[:MOST_OWN]

    def _controls(self, origin: str, *payloads: Mapping[str, Value]) -> tuple[str, ...]:
        """Return the identifiers of some entries that a publisher controls."""
        if not self._policy.may_own(origin):
            return ()
        stated = {identifier for payload in payloads for identifier in identifiers_of(payload)}
        return tuple(sorted(self._policy.owned(origin, stated)))

    def _consenting(
        self,
        key: Key,
        payload: Mapping[str, Value],
        said: Sequence[tuple[LinkStatement, Target, Target]],
    ) -> set[Key]:
        """Return the entries that links name beside one, where somebody who may speaks for both."""
        here, there = set[Key](), set[Key]()
        authors = {statement.key[0] for statement, _, _ in said}
        for statement, _, end in said:
            is_curator, meant = self._policy.is_curator(statement.origin), self._meant(end)
            own = set(self._own(statement, meant))
            # An address names what may state anything: that is seen when it is read.
            decides = self._policy.may_own(statement.origin) and (
                end.id is not None or bool(self._policy.owned(statement.origin, end.names))
            )
            there |= meant if is_curator or decides else own
            if is_curator or statement.key[0] == key[0] or self._controls(statement.origin, payload):
                here |= meant if is_curator or decides else {each for each in meant if each[0] in authors}
        return here & there

    def _statement(self, key: Key) -> LinkStatement | None:
        """Return a link, None where it is no longer there, not heard, or not readable."""
        if key not in self._statements:
            self._statements[key] = self._read(key) if key[0] in self._logs else None
        return self._statements[key]

    def _read(self, key: Key) -> LinkStatement | None:
        row = self._connection.execute(
            "SELECT payload FROM entry WHERE type = 'link' AND op = ? AND log = ? AND id = ?"  # noqa: S608 - a constant
            f" AND {self._condition}",
            (int(Op.PUT), *key),
        ).fetchone()
        try:
            payload = None if row is None else msgspec.msgpack.decode(row[0])
        except ValueError:
            # A row has a type only when its payload was read by the strict rules before; disks rot.
            return None
        if not isinstance(payload, dict):
            return None
        subject, target = (
            target_of(text) if isinstance(text := payload.get(end), str) else Target(())
            for end in ("subject", "target")
        )
        return LinkStatement(key, self._policy.publishers[key[0]].origin, payload, (subject, target))

    def _meant(self, end: Target) -> frozenset[Key]:
        """Return the statements that an end of a link names, as far as their logs are heard."""
        found = self._bearers.get(end)
        if found is None:
            found = frozenset(key for key in self._find(end) if key[0] in self._logs)
            self._bearers[end] = found
        return found

    def _find(self, end: Target) -> Iterator[Key]:
        if end.id is not None:
            key = self._entry(end.names[0].removeprefix(ADDRESS))
            if key is not None:
                yield key
            return
        for name in end.names:
            yield from bearers(self._connection, name)

    def _entry(self, text: str) -> Key | None:
        """Return the statement that an address names, in the log in which it stands now."""
        origin, id_ = parse_address(text)
        log = self._by_origin.get(current_origin(self._connection, origin, id_))
        return None if log is None else (log, id_)


def said_about(
    connection: sqlite3.Connection, policy: Policy, entries: Entries
) -> tuple[list[LinkStatement], list[Decided]]:
    """Return all links that name some entries, and all decisions about them, whatever comes of them."""
    links = Links(connection, policy, policy.publishers.keys(), stands("entry"))
    return links.naming(entries), links.decisions(entries)
