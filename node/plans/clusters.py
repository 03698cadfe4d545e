"""Plans of several publishers gathered by what they share: pure, from overlaps to clusters.

::

    clusters(overlaps)  →  Cluster(topics=("topic:participatory-budgeting",), words=(), origins=(…3),
                                   plans=(…4), first="2027-01-01", last="2027-06-30")

Plans share a topic, or where they share none words of their titles; each has a day in common with one of the
others at least. What the same plans share is told once, of a topic and a broader one the narrow one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from protocol.vocabulary import broader_topics

from .shapes import Overlapped, Plan

MOST: Final = 6
"""Clusters that are told, those of most publishers first."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Plans of several publishers that have something in common.

    Attributes:
        topics: Topics that all of them share.
        words: Words that their titles share, where they share no topic.
        plans: The plans, those that begin first first.
    """

    topics: tuple[str, ...]
    words: tuple[str, ...]
    plans: tuple[Plan, ...]

    @property
    def origins(self) -> tuple[str, ...]:
        """Whose plans they are, sorted."""
        return tuple(sorted({each["origin"] for each in self.plans}))


@dataclass(slots=True)
class _Gathered:
    weight: float = 0.0
    plans: dict[str, Plan] = field(default_factory=dict)

    def add(self, weight: float, *plans: Plan) -> None:
        self.weight = max(self.weight, weight)
        self.plans |= {each["address"]: each for each in plans}


def clusters(overlaps: Iterable[Overlapped], most: int = MOST) -> tuple[Cluster, ...]:
    """Return what some plans share with others, that of most publishers first, then the rarest.

    Args:
        overlaps: Plans with what overlaps with each.
        most: How many clusters at most.
    """
    by_topic: dict[str, _Gathered] = {}
    by_words: dict[tuple[str, ...], _Gathered] = {}
    for each in overlaps:
        for other in each["overlaps"]:
            for shared in other["topics"]:
                by_topic.setdefault(shared["topic"], _Gathered()).add(
                    shared["weight"], each["item"], other["item"]
                )
            if not other["topics"]:
                words = tuple(sorted(shared["word"] for shared in other["words"]))
                by_words.setdefault(words, _Gathered()).add(other["weight"], each["item"], other["item"])
    together: dict[frozenset[str], list[str]] = {}
    for topic, gathered in by_topic.items():
        together.setdefault(frozenset(gathered.plans), []).append(topic)
    found = [
        (by_topic[topics[0]], Cluster(_narrow(topics), (), _in_order(by_topic[topics[0]])))
        for topics in together.values()
    ]
    found += [(gathered, Cluster((), words, _in_order(gathered))) for words, gathered in by_words.items()]
    found.sort(key=lambda one: (-len(one[1].origins), -one[0].weight, one[1].topics, one[1].words))
    return tuple(cluster for _, cluster in found[:most])


def _narrow(topics: Sequence[str]) -> tuple[str, ...]:
    """Return topics without those of which a narrower one is among them."""
    broad = {wide for topic in topics for wide in broader_topics(topic) if wide != topic}
    return tuple(sorted(set(topics) - broad)) or tuple(sorted(topics))


def _in_order(gathered: _Gathered) -> tuple[Plan, ...]:
    def begins(plan: Plan) -> tuple[str, str]:
        period = plan["period"]
        return (period["first"] or "" if period else "", plan["address"])

    return tuple(sorted(gathered.plans.values(), key=begins))
