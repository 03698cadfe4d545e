"""Which entries describe one thing: clusters, from claims alone.

Entries with a whole claim in common (see :mod:`federation.identity`) and of one kind are one
project. Two claims that one entry states together do not by themselves join all who share
either: anybody could then join any two projects by naming both. They are linked when

* two independent publishers state them together, or
* a publisher that controls one of them does, and nobody else controls the other.

Where they are not linked, the entry goes with one of them, and the rest is only related.
A publisher that lists two things under one name and repository tells them apart: such a claim
joins only what also says the same about itself. And of several files of one log that say they
describe the same repository, and of which nobody knows where they lay, all but one were copied.

The result depends on the set of entries alone, not on their order; whoever leaves, and a claim
that changes, leaves no trace.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from protocol.packing import Value

from .identity import ANY, BEARS, Claim, claims_of, document_of, names_of, place_is_unknown
from .names import words

Atom = tuple[str, Claim]
"""A kind and a claim: what entries of one project have in common."""


@dataclass(frozen=True, slots=True)
class Described:
    """One live entry, as far as joining goes.

    Attributes:
        address: The entry's address, ``<origin>/e/<32 hex>``.
        voice: Who speaks; publishers that are not independent of each other share one.
        kind: Only entries of one kind are joined.
        claims: In the order of the entry.
        owns: Identifiers that its publisher controls.
        document: What it was imported from, such as an inventory; empty when it was not.
        names: As they are written, but for case.
        gist: What it says about itself, as letters: equal for equal summaries.
        may_be_copied: Whether it lay in a repository, and nobody says in which.
    """

    address: str
    voice: str
    kind: str
    claims: tuple[Claim, ...]
    owns: frozenset[str] = frozenset()
    document: str = ""
    names: tuple[str, ...] = ()
    gist: str = ""
    may_be_copied: bool = False

    @property
    def origin(self) -> str:
        """The log that it is in."""
        return self.address.rpartition("/e/")[0]

    @property
    def has_standing(self) -> bool:
        """Whether its publisher controls one of its own claims."""
        return any(claim.identifier in self.owns for claim in self.claims if claim.joins)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Entries that are one project.

    Attributes:
        members: Their addresses: first who has standing, then by the hash of the address. The first
            one names the project.
        claims: What joins them: claims that two members or more have in common, sorted.
    """

    members: tuple[str, ...]
    claims: tuple[Claim, ...] = ()


def described(
    address: str, payload: Mapping[str, Value], *, voice: str, owns: frozenset[str] = frozenset()
) -> Described:
    """Return what joining needs of an entry, whatever of it is readable."""
    kind = payload.get("kind")
    return Described(
        address,
        voice,
        kind if isinstance(kind, str) else "",
        claims_of(payload),
        owns,
        document_of(payload),
        tuple(name.casefold() for name in names_of(payload)),
        _gist(payload.get("summary")),
        place_is_unknown(payload),
    )


def clusters_of(entries: Iterable[Described]) -> tuple[Cluster, ...]:
    """Return all entries in clusters, those that stand alone too, by the first member's address."""
    everyone = {entry.address: entry for entry in entries}
    held = _holders(everyone.values())
    shared: dict[str, list[Atom]] = defaultdict(list)
    for atom, holders in held.items():
        for holder in holders:
            shared[holder.address].append(atom)
    links = _linked(held, shared, everyone)
    groups: dict[Atom | str, list[Described]] = defaultdict(list)
    for entry in everyone.values():
        groups[_home(entry, shared[entry.address], held, links)].append(entry)
    return tuple(sorted((_cluster(group) for group in groups.values()), key=lambda each: each.members[0]))


def atoms_of(entry: Described) -> tuple[Atom, ...]:
    """Return what can join an entry with others."""
    return tuple((entry.kind, claim) for claim in entry.claims if claim.joins)


def precedence_of(address: str, *, has_standing: bool) -> tuple[bool, bytes]:
    """Return the sort key that puts first whoever names a project."""
    return not has_standing, hashlib.sha256(address.encode()).digest()


def _holders(entries: Iterable[Described]) -> dict[Atom, list[Described]]:
    """Return the atoms that two entries or more have, with those entries."""
    held: dict[Atom, list[Described]] = defaultdict(list)
    for entry in entries:
        for atom in atoms_of(entry):
            held[atom].append(entry)
    found: dict[Atom, list[Described]] = {}
    for (kind, claim), holders in held.items():
        for told, those in _told_apart(claim, _without_copies(claim, holders)):
            if len(those) > 1:
                found[kind, told] = those
    return found


def _without_copies(claim: Claim, holders: list[Described]) -> list[Described]:
    """Leave out files of unknown place where one log has several: a repository has one at its root."""
    if claim.name == ANY:
        return holders
    documents: dict[str, set[str]] = defaultdict(set)
    for holder in holders:
        if holder.may_be_copied:
            documents[holder.origin].add(holder.document)
    return [each for each in holders if not each.may_be_copied or len(documents[each.origin]) == 1]


def _told_apart(claim: Claim, holders: list[Described]) -> list[tuple[Claim, list[Described]]]:
    """Part the holders by what they say about themselves, where one of them does so in its own list."""
    said: dict[tuple[str, str, tuple[str, ...]], set[str]] = defaultdict(set)
    for holder in holders:
        if holder.document:
            said[holder.origin, holder.document, holder.names].add(holder.gist)
    if all(len(gists) == 1 for gists in said.values()):
        return [(claim, holders)]
    parts: dict[str, list[Described]] = defaultdict(list)
    for holder in holders:
        parts[holder.gist].append(holder)
    return [(Claim(claim.identifier, f"{claim.name}/{gist}"), those) for gist, those in parts.items()]


def _linked(
    held: Mapping[Atom, Sequence[Described]],
    shared: Mapping[str, Sequence[Atom]],
    everyone: Mapping[str, Described],
) -> dict[Atom, Atom]:
    """Return for every shared atom the one that stands for all that are linked with it."""
    together: dict[tuple[Atom, Atom], list[Described]] = defaultdict(list)
    for address, mine in shared.items():
        for pair in combinations(sorted(mine, key=_order), 2):
            together[pair].append(everyone[address])
    root = {atom: atom for atom in held}

    def find(atom: Atom) -> Atom:
        while root[atom] != atom:
            root[atom] = root[root[atom]]
            atom = root[atom]
        return atom

    for (one, other), entries in together.items():
        if _may_link(one[1], other[1], entries, held[one], held[other]):
            # The smaller one stands for both, whichever pair came first.
            first, second = sorted((find(one), find(other)), key=_order)
            root[second] = first
    return {atom: find(atom) for atom in root}


def _may_link(
    one: Claim,
    other: Claim,
    entries: Sequence[Described],
    ones: Sequence[Described],
    others: Sequence[Described],
) -> bool:
    if len({entry.voice for entry in entries}) > 1:
        return True
    voice = entries[0].voice
    ours = {
        claim for claim in (one.identifier, other.identifier) if any(claim in each.owns for each in entries)
    }
    owned_by_others = {
        claim
        for claim, holders in ((one.identifier, ones), (other.identifier, others))
        if any(claim in holder.owns for holder in holders if holder.voice != voice)
    }
    return bool(ours) and not owned_by_others


def _home(
    entry: Described,
    shared: Sequence[Atom],
    held: Mapping[Atom, Sequence[Described]],
    links: Mapping[Atom, Atom],
) -> Atom | str:
    """Return what names the group that an entry belongs to: an atom that it shares, or itself.

    Of several, the one that most publishers state; then its repository's own name, or a number
    that is given out, before any other name; then most entries; then the first in the entry.
    """
    if not shared:
        return entry.address
    stated = [claim.identifier for claim in entry.claims]

    def rank(atom: Atom) -> tuple[int, bool, int, int, tuple[str, str, str]]:
        voices = len({holder.voice for holder in held[atom]})
        is_sure = atom[1].name.partition("/")[0] in (ANY, BEARS)
        return -voices, not is_sure, -len(held[atom]), stated.index(atom[1].identifier), _order(atom)

    return links[min(shared, key=rank)]


def _cluster(group: Sequence[Described]) -> Cluster:
    ordered = sorted(group, key=lambda each: precedence_of(each.address, has_standing=each.has_standing))
    counted: dict[Claim, int] = defaultdict(int)
    for entry in ordered:
        for claim in set(entry.claims):
            counted[claim] += claim.joins
    claims = sorted(
        (claim for claim, count in counted.items() if count > 1), key=lambda c: (c.identifier, c.name)
    )
    return Cluster(tuple(entry.address for entry in ordered), tuple(claims))


def _order(atom: Atom) -> tuple[str, str, str]:
    return atom[0], atom[1].identifier, atom[1].name


def _gist(summary: Value) -> str:
    texts = [summary[tag] for tag in sorted(summary)] if isinstance(summary, dict) else [summary]
    letters = "".join("".join(words(text)) for text in texts if isinstance(text, str))
    return hashlib.sha256(letters.encode()).hexdigest()[:16] if letters else ""
