"""What links bring about: entries that claims keep apart become one project, or leave the one they are in.

Anybody can state that two entries are one thing, or that they are not. It has no effect by itself::

    sameAs      joins two groups of entries when, for both sides, somebody says so who may: the publisher
                of the entry, or one that controls what joins its group; and either these are two
                independent voices, or one that controls both sides, a curator, or the operator
    notSameAs   takes an entry out of its project by the word of its own publisher; by that of one that
                controls what joins it, or of a curator, it takes out the other one, or undoes a join

What follows from that:

* A publisher that controls nothing joins no two entries of others, and separates none.
* Where somebody controls what joins a group, nobody joins it with another group without them.
* A publisher can join its own entries. Where that would join groups of others, its own goes with one.
* "Not the same" comes before "the same", and before every claim. It also holds where two would come together
  through others in between. Only the operator's own joins come before it.
* Entries of different kinds are never joined.

The result depends on the set of entries and ties alone, not on their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from .merge import Cluster, Described, clusters_of, in_order
from .ties import Says, Tie

MOST_PASSES: Final = 16
"""How often it is looked who leaves. Whoever makes longer chains has all its own told apart at once."""


def linked_clusters(
    entries: Iterable[Described], ties: Iterable[Tie] = (), split: Collection[str] = ()
) -> tuple[Cluster, ...]:
    """Return all entries in clusters, those that stand alone too, by the first member's address.

    Args:
        entries: As ``federation.merge.clusters_of`` takes them.
        ties: What is said about two of them; about others it says nothing here.
        split: Addresses of those that the operator took out: only the operator joins them.
    """
    everyone = {entry.address: entry for entry in entries}
    heard = sorted({tie for tie in ties if _is_about(tie, everyone)})
    out = everyone.keys() & set(split)
    if not heard and not out:
        return clusters_of(everyone.values())
    apart, unlinked = set(out), set(out)
    passes = 0
    while True:
        world = _World(everyone, heard, apart, unlinked)
        leaving = world.leaving(all_of_theirs=passes >= MOST_PASSES)
        if leaving.apart <= apart and leaving.unlinked <= unlinked:
            return tuple(sorted(world.clusters(), key=lambda each: each.members[0]))
        apart |= leaving.apart
        unlinked |= leaving.unlinked
        passes += 1


def may_speak(tie: Tie, entry: Described) -> bool:
    """Tell whether what a tie says counts for the side of an entry, whatever its project is."""
    if tie.says is not Says.PUBLISHER or tie.by == entry.origin:
        return True
    return not _joining(entry).isdisjoint(tie.controls)


def _is_about(tie: Tie, everyone: Mapping[str, Described]) -> bool:
    one, other = everyone.get(tie.subject), everyone.get(tie.target)
    return one is not None and other is not None and one is not other and one.kind == other.kind


def _joining(entry: Described) -> frozenset[str]:
    return frozenset(claim.identifier for claim in entry.claims if claim.joins)


@dataclass(frozen=True, slots=True)
class _Part:
    """Entries that are together by claims: what links join."""

    cluster: Cluster
    voices: frozenset[str]
    identifiers: frozenset[str]

    def is_only(self, voice: str) -> bool:
        return self.voices == {voice}

    def is_controlled(self, tie: Tie) -> bool:
        """Tell whether whoever says something controls what joins the part."""
        return not self.identifiers.isdisjoint(tie.controls)


@dataclass(slots=True)
class _Leaving:
    """Who is to leave.

    Attributes:
        apart: Entries whose claims join them with nobody.
        unlinked: Entries whose part is joined with no other, but by the operator.
    """

    apart: set[str]
    unlinked: set[str]


class _World:
    """Everybody's entries, joined as far as nobody has left."""

    def __init__(
        self,
        everyone: Mapping[str, Described],
        ties: Sequence[Tie],
        apart: AbstractSet[str],
        unlinked: AbstractSet[str],
    ) -> None:
        self._everyone = everyone
        self._ties = ties
        together = clusters_of(entry for address, entry in everyone.items() if address not in apart)
        alone = (cluster for address in apart for cluster in clusters_of([everyone[address]]))
        self._parts = [self._part(cluster) for cluster in (*together, *alone)]
        self._place = {address: at for at, part in enumerate(self._parts) for address in part.cluster.members}
        self._unlinked = {self._place[address] for address in unlinked}
        self._acting: set[Tie] = set()
        self._willing = {at for at, part in enumerate(self._parts) if len(part.voices) == 1}
        self._roots = list(range(len(self._parts)))
        self._join()
        self._standing = self._who_stands()

    def clusters(self) -> list[Cluster]:
        """Return the projects, with the ties that made them what they are."""
        parting = self._parting()
        groups: dict[int, list[_Part]] = defaultdict(list)
        for at, part in enumerate(self._parts):
            groups[self._root(at)].append(part)
        touching: dict[int, set[Tie]] = defaultdict(set)
        for tie in self._acting | parting:
            for address in tie.pair:
                touching[self._root(self._place[address])].add(tie)
        return [self._cluster(group, self._standing[root], touching[root]) for root, group in groups.items()]

    def leaving(self, *, all_of_theirs: bool = False) -> _Leaving:
        """Return who is told apart from somebody of its own project, and by what.

        Args:
            all_of_theirs: Take along everything else that their publishers have told apart from anything.
        """
        found = _Leaving(set(), set())
        for tie in self._ties:
            if not tie.is_same and self._are_together(tie):
                self._tell_apart(tie, found)
        if all_of_theirs:
            theirs = {self._everyone[address].origin for address in found.apart | found.unlinked}
            told = {address for tie in self._ties if not tie.is_same for address in tie.pair}
            more = {address for address in told if self._everyone[address].origin in theirs}
            found.apart |= more
            found.unlinked |= more
        return found

    def _part(self, cluster: Cluster) -> _Part:
        members = [self._everyone[address] for address in cluster.members]
        joined = frozenset(claim.identifier for claim in cluster.claims)
        return _Part(
            cluster,
            frozenset(member.voice for member in members),
            joined if len(members) > 1 else _joining(members[0]),
        )

    def _cluster(self, group: Sequence[_Part], standing: frozenset[str], ties: set[Tie]) -> Cluster:
        if len(group) == 1:
            return replace(group[0].cluster, ties=tuple(sorted(ties)))
        members = [self._everyone[address] for part in group for address in part.cluster.members]
        claims = {claim for part in group for claim in part.cluster.claims}
        ordered = sorted(claims, key=lambda each: (each.identifier, each.name))
        return Cluster(in_order(members, standing), tuple(ordered), standing, tuple(sorted(ties)))

    # Joining.

    def _join(self) -> None:
        """Join parts: first by the word of those who may join others', then each publisher's own."""
        said: dict[tuple[str, str], list[Tie]] = defaultdict(list)
        for tie in self._ties:
            if tie.is_same and self._place[tie.subject] != self._place[tie.target]:
                said[tie.pair].append(tie)
        own: list[tuple[tuple[str, str], list[Tie]]] = []
        for pair, ties in said.items():
            ends = self._place[pair[0]], self._place[pair[1]]
            is_out = not self._unlinked.isdisjoint(ends)
            counting = [tie for tie in ties if tie.says is Says.OPERATOR or not is_out]
            sides = [[tie for tie in counting if self._speaks_for(tie, address)] for address in pair]
            if self._may_join(ends, sides):
                self._unite(ends, sides)
            else:
                voices = {tie.voice for tie in sides[0]} & {tie.voice for tie in sides[1]}
                own.append((pair, [tie for tie in counting if tie.voice in voices]))
        self._join_own(own)

    def _join_own(self, said: Sequence[tuple[tuple[str, str], list[Tie]]]) -> None:
        """Join parts that are one publisher's alone: with each other, and with one group of others."""
        voices = self._voices_of_groups()
        waiting: list[tuple[str, str, Tie]] = []
        for pair, ties in said:
            for tie in ties:
                alone = [voices[self._root(self._place[address])] == {tie.voice} for address in pair]
                if all(alone):
                    self._unite((self._place[pair[0]], self._place[pair[1]]), ([tie], [tie]))
                elif any(alone):
                    mine, others = pair if alone[0] else (pair[1], pair[0])
                    waiting.append((others, mine, tie))
        group = {address: self._root(at) for address, at in self._place.items()}
        chosen: dict[int, int] = {}
        # Which of its own entries among others comes first by address, its publisher alone decides.
        for others, mine, tie in sorted(waiting):
            if chosen.setdefault(group[mine], group[others]) == group[others]:
                self._unite((self._place[others], self._place[mine]), ([tie], [tie]))

    def _voices_of_groups(self) -> Mapping[int, set[str]]:
        voices: dict[int, set[str]] = defaultdict(set)
        for at, part in enumerate(self._parts):
            voices[self._root(at)] |= part.voices
        return voices

    def _speaks_for(self, tie: Tie, address: str) -> bool:
        if tie.says is not Says.PUBLISHER or tie.by == self._everyone[address].origin:
            return True
        return self._parts[self._place[address]].is_controlled(tie)

    def _may_join(self, ends: tuple[int, int], sides: Sequence[Sequence[Tie]]) -> bool:
        """Tell whether what is said for both sides joins two groups of others."""
        if not all(sides):
            return False
        if any(tie.says is not Says.PUBLISHER for tie in sides[0]):
            return True
        if any(all(self._parts[at].is_controlled(tie) for at in ends) for tie in sides[0]):
            return True
        firm = [
            {tie.voice for tie in side if not self._parts[at].cluster.standing or self._is_consent(at, tie)}
            for at, side in zip(ends, sides, strict=True)
        ]
        return all(firm) and len(firm[0] | firm[1]) > 1

    def _is_consent(self, at: int, tie: Tie) -> bool:
        """Tell whether whoever says something decides about a part."""
        part = self._parts[at]
        return tie.says is not Says.PUBLISHER or part.is_controlled(tie) or part.is_only(tie.voice)

    def _unite(self, ends: tuple[int, int], sides: Sequence[Sequence[Tie]]) -> None:
        for at, side in zip(ends, sides, strict=True):
            self._acting.update(side)
            if any(self._is_consent(at, tie) for tie in side):
                self._willing.add(at)
        one, other = sorted(map(self._root, ends))
        self._roots[other] = one

    def _root(self, at: int) -> int:
        while self._roots[at] != at:
            self._roots[at] = self._roots[self._roots[at]]
            at = self._roots[at]
        return at

    def _who_stands(self) -> Mapping[int, frozenset[str]]:
        """Return by group who has standing in it: not over a part that nobody gave away who may."""
        groups: dict[int, list[int]] = defaultdict(list)
        for at in range(len(self._parts)):
            groups[self._root(at)].append(at)
        return {
            root: frozenset(
                address
                for at in those
                if all(other in self._willing for other in those if other != at)
                for address in self._parts[at].cluster.standing
            )
            for root, those in groups.items()
        }

    # Parting.

    def _are_together(self, tie: Tie) -> bool:
        return self._root(self._place[tie.subject]) == self._root(self._place[tie.target])

    def _tell_apart(self, tie: Tie, found: _Leaving) -> None:
        """Note who leaves by one word, if its author has a say in it."""
        places = {address: self._place[address] for address in (tie.subject, tie.target)}
        own = [address for address in places if self._everyone[address].origin == tie.by]
        if places[tie.subject] == places[tie.target]:
            if tie.says is Says.CURATOR or self._parts[places[tie.subject]].is_controlled(tie):
                found.apart.add(self._weaker(tie))
            else:
                found.apart.update(own[:1])
        elif tie.says is Says.CURATOR:
            found.unlinked.add(self._weaker(tie))
        elif decided := [address for address, at in places.items() if self._decides(tie, at, address)]:
            found.unlinked.add(decided[0])
        else:
            found.apart.update(own[:1])

    def _decides(self, tie: Tie, at: int, address: str) -> bool:
        part = self._parts[at]
        is_own = tie.by == self._everyone[address].origin and part.is_only(tie.voice)
        return is_own or part.is_controlled(tie)

    def _weaker(self, tie: Tie) -> str:
        """Return which of two leaves: the one without standing, else the one that the word is about."""
        standing = self._standing[self._root(self._place[tie.subject])]
        has_only_subject = tie.subject in standing and tie.target not in standing
        return tie.target if has_only_subject else tie.subject

    def _parting(self) -> set[Tie]:
        """Return what keeps two entries apart by the word of somebody who has a say in one of them."""
        return {
            tie
            for tie in self._ties
            if not tie.is_same
            and not self._are_together(tie)
            and any(self._speaks_for(tie, address) for address in tie.pair)
        }
