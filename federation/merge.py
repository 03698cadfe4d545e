"""Which entries describe one thing: clusters, from claims alone.

Entries with a whole claim in common (see :mod:`federation.identity`) and of one kind are one
project. Two claims that one entry states together do not by themselves join all who share
either: anybody could then join any two projects by naming both. They are linked when

* two independent publishers state them together, or
* a publisher that controls both does.

Where they are not linked, the entry goes with the first of its claims that anybody shares: its
repository's own name, or a number that is given out, before any other name, then its own order. The
rest is only related. Which claim is its first, nobody else can change.

A document that lists two things under one name and repository, and says different things about
them, tells them apart: each of them goes only with what says the same. And of several files of
one log that say they describe the same repository, and of which nobody knows where they lay, all
but one were copied. Both bind the entries of that publisher alone.

The result depends on the set of entries alone, not on their order; whoever leaves, and a claim
that changes, leaves no trace. Whatever one more publisher states, who controls nothing:

* It joins no two entries of others, unless somebody else stated the same two claims together
  already: then there are two publishers.
* It separates no two entries of others that are together by the first claim of each.

An entry whose first claim nobody shares goes with a later one, and leaves it when somebody does.
More cannot be had: let P state x and y, A only x, B only y. P belongs with A where there is no B,
and with B where there is no A. Where there are both, either P alone joins A and B, or one of them
is without P. It is the one that P named last; the other way out is that P goes with neither.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations
from typing import Final, TypeAlias

from protocol.packing import Value

from .identity import ANY, BEARS, MOST_NAMES, Claim, claims_of, document_of, names_of, place_is_unknown
from .names import words
from .ties import Tie

MOST_LINKED: Final = 8
"""Claims of an entry that it can link with each other; every pair of them costs a look."""

MOST_GIST: Final = 1_000
"""Characters of a summary that are looked at."""

Atom: TypeAlias = tuple[str, Claim]
"""A kind and a claim: what entries of one project have in common."""

_Spot: TypeAlias = tuple[Atom, str]
"""An atom, and what is said about the thing where a document tells several apart; else empty."""

_Member: TypeAlias = "tuple[Described, Sequence[Claim]]"
"""An entry, and those of its claims by which others can be with it."""


@dataclass(frozen=True, slots=True)
class Described:
    """One live entry, as far as joining goes.

    Attributes:
        address: The entry's address, ``<origin>/e/<32 hex>``.
        voice: Who speaks; publishers that are not independent of each other share one.
        kind: Only entries of one kind are joined.
        claims: In the order of the entry.
        owns: Identifiers that its publisher controls.
        precedence: The operator's order of publishers, the smallest first.
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
    precedence: int = 0
    document: str = ""
    names: tuple[str, ...] = ()
    gist: str = ""
    may_be_copied: bool = False

    @property
    def origin(self) -> str:
        """The log that it is in."""
        return self.address.rpartition("/e/")[0]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Entries that are one project.

    Attributes:
        members: Their addresses: first who has standing, then by the operator's precedence, then by the
            hash of the address. The first one names the project.
        claims: What joins them: claims that two members or more have in common, sorted.
        standing: Those members whose publishers control what joins them; of an entry that stands alone,
            what it states. Who controls another identifier, that nobody linked with it, has none.
        ties: What was said about two entries, and has a part in who is here and who is not.
    """

    members: tuple[str, ...]
    claims: tuple[Claim, ...] = ()
    standing: frozenset[str] = frozenset()
    ties: tuple[Tie, ...] = ()


def described(
    address: str,
    payload: Mapping[str, Value],
    *,
    voice: str,
    owns: frozenset[str] = frozenset(),
    precedence: int = 0,
) -> Described:
    """Return what joining needs of an entry, whatever of it is readable."""
    kind = payload.get("kind")
    return Described(
        address,
        voice,
        kind if isinstance(kind, str) else "",
        claims_of(payload),
        owns,
        precedence,
        document_of(payload),
        tuple(name.casefold() for name in names_of(payload)),
        _gist(payload.get("summary")),
        place_is_unknown(payload),
    )


def clusters_of(entries: Iterable[Described]) -> tuple[Cluster, ...]:
    """Return all entries in clusters, those that stand alone too, by the first member's address."""
    everyone = {entry.address: entry for entry in entries}
    shared = _shared(everyone.values())
    roots = _linked(shared, everyone)
    groups: dict[_Spot | str, list[_Member]] = defaultdict(list)
    for address, entry in everyone.items():
        spots = [(_root(spot, roots), spot[0][1]) for spot in shared.get(address, ())]
        home = spots[0][0] if spots else address
        groups[home].append((entry, [claim for root, claim in spots if root == home]))
    return tuple(sorted((_cluster(group) for group in groups.values()), key=lambda each: each.members[0]))


def in_order(members: Iterable[Described], standing: AbstractSet[str]) -> tuple[str, ...]:
    """Return the addresses of a project's entries, the one that names it first."""

    def rank(entry: Described) -> tuple[bool, int, bytes]:
        hashed = hashlib.sha256(entry.address.encode()).digest()
        return entry.address not in standing, entry.precedence, hashed

    return tuple(entry.address for entry in sorted(members, key=rank))


def atoms_of(entry: Described) -> tuple[Atom, ...]:
    """Return what can join an entry with others, what it goes with first in front."""
    joining = [claim for claim in entry.claims if claim.joins]
    return tuple((entry.kind, claim) for claim in sorted(joining, key=lambda each: not _is_sure(each)))


def _is_sure(claim: Claim) -> bool:
    return claim.name in (ANY, BEARS)


def _shared(entries: Iterable[Described]) -> dict[str, list[_Spot]]:
    """Return for each entry that shares something where it can go, the first choice in front."""
    held: dict[Atom, list[Described]] = defaultdict(list)
    ordered: dict[str, tuple[Atom, ...]] = {}
    for entry in entries:
        ordered[entry.address] = atoms_of(entry)
        for atom in ordered[entry.address]:
            held[atom].append(entry)
    spots: dict[tuple[str, Atom], list[_Spot]] = defaultdict(list)
    for atom, holders in held.items():
        if len(holders) > 1:
            for gist, those in _parted(atom[1], holders):
                for holder in those if len(those) > 1 else ():
                    spots[holder.address, atom].append((atom, gist))
    found = {
        address: [spot for atom in atoms for spot in spots.get((address, atom), ())]
        for address, atoms in ordered.items()
    }
    return {address: those for address, those in found.items() if those}


def _parted(claim: Claim, holders: Sequence[Described]) -> Iterable[tuple[str, list[Described]]]:
    """Yield who can be together by a claim: all that are not told apart; then those that say the same.

    Whoever is in both goes with the first.
    """
    own = _without_copies(claim, holders)
    apart = _told_apart(own)
    rest = [holder for holder in own if holder.address not in apart]
    yield "", rest
    for gist in {holder.gist for holder in own if holder.address in apart} - {""}:
        yield gist, [holder for holder in own if holder.gist == gist]


def _without_copies(claim: Claim, holders: Sequence[Described]) -> Sequence[Described]:
    """Leave out files of unknown place where one log has several: a repository has one at its root."""
    if claim.name == ANY:
        return holders
    documents: dict[str, set[str]] = defaultdict(set)
    for holder in holders:
        if holder.may_be_copied:
            documents[holder.origin].add(holder.document)
    return [each for each in holders if not each.may_be_copied or len(documents[each.origin]) == 1]


def _told_apart(holders: Sequence[Described]) -> set[str]:
    """Return the addresses of those that their own document describes as several things."""
    said: dict[tuple[str, str, tuple[str, ...]], dict[str, str]] = defaultdict(dict)
    for holder in holders:
        if holder.document:
            said[holder.origin, holder.document, holder.names][holder.address] = holder.gist
    return {address for gists in said.values() if len(set(gists.values())) > 1 for address in gists}


def _linked(shared: Mapping[str, Sequence[_Spot]], everyone: Mapping[str, Described]) -> dict[Atom, Atom]:
    """Return for every linked atom the one that stands for all that are linked with it."""
    together: dict[tuple[Atom, Atom], set[str]] = defaultdict(set)
    links: set[tuple[Atom, Atom]] = set()
    for address, spots in shared.items():
        entry = everyone[address]
        # The first of its own, not of those that are shared: others would decide which are too many.
        mine = atoms_of(entry)[:MOST_LINKED]
        atoms = [atom for atom, gist in spots if not gist and atom in mine]
        for pair in combinations(sorted(atoms, key=_order), 2):
            together[pair].add(entry.voice)
            if len(together[pair]) > 1 or entry.owns.issuperset(atom[1].identifier for atom in pair):
                links.add(pair)
    root = {atom: atom for pair in links for atom in pair}

    def find(atom: Atom) -> Atom:
        while root[atom] != atom:
            root[atom] = root[root[atom]]
            atom = root[atom]
        return atom

    for one, other in links:
        # The smaller one stands for both, whichever pair came first.
        first, second = sorted((find(one), find(other)), key=_order)
        root[second] = first
    return {atom: find(atom) for atom in root}


def _root(spot: _Spot, roots: Mapping[Atom, Atom]) -> _Spot:
    """Return the spot that stands for one and all that are linked with it."""
    atom, gist = spot
    return spot if gist else (roots.get(atom, atom), "")


def _cluster(group: Sequence[_Member]) -> Cluster:
    counted: dict[Claim, int] = defaultdict(int)
    for _, claims in group:
        for claim in claims:
            counted[claim] += 1
    joining = sorted(
        (claim for claim, count in counted.items() if count > 1),
        key=lambda each: (each.identifier, each.name),
    )
    controlled = {claim.identifier for claim in joining}
    standing = frozenset(
        entry.address for entry, _ in group if (entry.owns if len(group) == 1 else entry.owns & controlled)
    )
    return Cluster(in_order((entry for entry, _ in group), standing), tuple(joining), standing)


def _order(atom: Atom) -> tuple[str, str, str]:
    return atom[0], atom[1].identifier, atom[1].name


def _gist(summary: Value) -> str:
    texts = [summary[tag] for tag in sorted(summary)] if isinstance(summary, dict) else [summary]
    letters = "".join(
        "".join(words(text[:MOST_GIST])) for text in texts[:MOST_NAMES] if isinstance(text, str)
    )
    return hashlib.sha256(letters.encode()).hexdigest()[:16] if letters else ""
