"""A project: entries of many publishers that describe one thing, and what they say, side by side.

Which entries these are is :mod:`node.answers.gathering`'s part.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from federation.headline import Said, Stated, headline, packed, ranked
from federation.identity import Claim
from federation.ties import Tie
from protocol.origin import address
from protocol.packing import Value

from .texts import lang_map, machine_made

Key = tuple[int, bytes]
"""The database's number of a log, and a statement id."""


class Member(msgspec.Struct, frozen=True, dict=True):
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

    @cached_property
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


class Project(msgspec.Struct, frozen=True, dict=True):
    """One thing, as its entries describe it.

    Attributes:
        members: Its entries; the first one names the project.
        claims: What joins them; empty for an entry that stands alone.
        ties: What was said about two entries, and has a part in who is here and who is not.
    """

    members: tuple[Member, ...]
    claims: tuple[Claim, ...] = ()
    ties: tuple[Tie, ...] = ()

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
        first = self.members[0].payload.get(name)
        if len(self.members) == 1:
            return first
        if (first is None or isinstance(first, str)) and all(
            member.payload.get(name) == first for member in self.members
        ):
            # What all say is the headline, whoever decides; of kinds and licences they nearly always do.
            return first
        return headline(member.says(member.payload.get(name)) for member in self.members)

    def texts(self, name: str) -> dict[str, str]:
        """Return the headline of a text by language, all of it from one who states it.

        Were each language decided by itself, whoever translates first would say what readers of that
        language see.
        """
        return lang_map(self.value(name))

    def made_by_machine(self, name: str) -> tuple[str, ...]:
        """Return the languages of ``texts`` that a machine translated, as whoever states these says."""
        made: tuple[str, ...] = ()
        if len(self.members) == 1:
            made = machine_made(dict(self.members[0].payload))
        elif any("translations" in member.payload for member in self.members):
            made = self.machine(self.stated(name)[0])
        return tuple(tag for tag in made if tag in self.texts(name)) if made else ()

    def machine(self, stated: Stated) -> tuple[str, ...]:
        """Return the languages in which a machine made what is stated, as who states it says.

        Of several who state the same, it is the first one's text: nobody marks another's by copying it.
        """
        by = next((member for member in self._in_order if member.address in stated.by), None)
        return () if by is None else machine_made(dict(by.payload))

    def items(self, name: str) -> list[tuple[bool, Stated]]:
        """Return every item of a list with who states it, and whether it is in the headline.

        Each item is decided by itself: it is there when two voices say so, or the first one.
        """
        listed = [
            (member, {packed(item): item for item in _list(member.payload.get(name))})
            for member in self._in_order
        ]
        if not any(items for _, items in listed):
            return []
        found: dict[bytes, Value] = {}
        for _, items in listed:
            for key, item in items.items():
                found.setdefault(key, item)
        return [self._item(key, item, listed) for key, item in found.items()]

    def values(self, name: str) -> tuple[Value, ...]:
        """Return the items of a list that are in the headline, each once."""
        if len(self.members) == 1:
            return tuple(_list(self.members[0].payload.get(name)))
        if name not in self._shown:
            self._shown[name] = tuple(stated.value for is_shown, stated in self.items(name) if is_shown)
        return self._shown[name]

    def said(self, name: str) -> list[Value]:
        """Return the items of a list of all who describe the project, whoever decides about it."""
        return [item for member in self.members for item in _list(member.payload.get(name))]

    def by_precedence(self) -> list[Member]:
        """Return the members: with standing first, then first in precedence, then newest."""
        return list(self._in_order)

    @cached_property
    def _in_order(self) -> tuple[Member, ...]:
        if len(self.members) == 1:
            return self.members
        newest = sorted(self.members, key=lambda each: (_modified(each.payload), each.address), reverse=True)
        return tuple(sorted(newest, key=lambda each: (not each.has_standing, each.precedence)))

    @cached_property
    def _shown(self) -> dict[str, tuple[Value, ...]]:
        """Lists whose headline was asked for: facets ask for some of them twice."""
        return {}

    def deciding(self) -> list[Member]:
        """Return whose word decides about it: those with standing, else the first in precedence."""
        return [member for member in self.members if member.has_standing] or self.by_precedence()[:1]

    @staticmethod
    def _item(
        key: bytes, item: Value, listed: Sequence[tuple[Member, Mapping[bytes, Value]]]
    ) -> tuple[bool, Stated]:
        by = tuple(sorted(member.address for member, items in listed if key in items))
        if item is not None and len(by) == len(listed):
            # Whoever decides says so.
            return True, Stated(item, by)
        head = headline(member.says(item if key in items else None) for member, items in listed)
        return head is not None, Stated(item, by)


def _modified(payload: Mapping[str, Value]) -> str:
    modified = payload.get("modified")
    return modified if isinstance(modified, str) else ""


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []
