"""Asking the index: hits in order, how many there are, and what they have in common.

An answer stands in the order of levels and ranks, or of ranks, names or reuse alone. The place of a hit is
where it stands, so that a page can begin behind any of them (see ``cursors``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import tantivy

from .counting import Counts, count
from .cursors import Place
from .documents import members_in
from .index import Snapshot
from .projects import Key
from .queries import Filters, Level, all_of, can_mean, filtered, number_of
from .spelling import meanings
from .words import Word

MOST_UNKNOWN: Final = 4
"""Words of a question that may be mistyped: more are no typing errors, and each is dear to look for."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that fits.

    Attributes:
        label: How good it is.
        place: Where it stands.
        members: What it is about, as keys of the catalogue.
    """

    label: str
    place: Place
    members: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the index is asked it.

    Attributes:
        snapshot: Of the index.
        levels: How good hits can be, the best first.
        filters: In the spelling that is counted.
        order: The field by whose values hits stand: ``rank``, downwards, or ``order`` or ``reuse``, upwards.
        in_levels: Whether better hits come first.
    """

    snapshot: Snapshot
    levels: Sequence[Level]
    filters: Filters
    order: str
    in_levels: bool

    @property
    def bands(self) -> Sequence[Level]:
        """The levels that follow each other in the answer; the last one alone where they do not count."""
        return self.levels if self.in_levels else self.levels[-1:]

    def query(self, level: Level, *, without: str = "") -> tantivy.Query:
        """Return what finds the hits of a level, and better ones, that fit all filters but one."""
        filters = {facet: values for facet, values in self.filters.items() if facet != without}
        return filtered(self.snapshot.schema, level.query, filters)

    def top(self, query: tantivy.Query, limit: int) -> list[tuple[int | str, tantivy.DocAddress]]:
        """Return where the first hits of a query stand, and which documents they are."""
        direction = tantivy.Order.Desc if self.order == "rank" else tantivy.Order.Asc
        result = self.snapshot.searcher.search(
            query, limit, count=False, order_by_field=self.order, order=direction
        )
        return result.hits


def corrections(snapshot: Snapshot, words: Iterable[Word]) -> dict[Word, tuple[Word, ...]]:
    """Return of some words those that no document has, and what each of them probably means."""
    unknown = [word for word in dict.fromkeys(words) if not frequency(snapshot, word)]
    if len(unknown) > MOST_UNKNOWN:
        return {}
    return {word: meant for word in unknown if (meant := meanings(snapshot, word))}


def frequency(snapshot: Snapshot, word: Word) -> int:
    """Return how many documents have a word, or what it can mean."""

    def ask() -> int:
        return number_of(snapshot.searcher, can_mean(snapshot.schema, snapshot.lexicon, word))

    return snapshot.recalled_word(("frequency", word), ask)


def counted(asked: Asked, facets: Sequence[str]) -> tuple[int, Mapping[str, Counts]]:
    """Return how many projects and profiles are found, and how many have each value of some facets.

    What is chosen in a facet does not narrow its own counts: they say what another choice would find.
    """
    searcher, level = asked.snapshot.searcher, asked.levels[-1]
    free = [facet for facet in facets if facet not in asked.filters]
    if free:
        total, found = count(searcher, asked.query(level), free)
    else:
        total, found = number_of(searcher, asked.query(level)), {}
    for facet in facets:
        if facet in asked.filters:
            found |= count(searcher, asked.query(level, without=facet), (facet,))[1]
    return total, found


def hits(asked: Asked, place: Place | None, limit: int) -> list[Hit]:
    """Return the first hits behind a place, in order, with how good they are."""
    found: list[Hit] = []
    for number, level in enumerate(asked.bands):
        if len(found) == limit:
            break
        if place and number < place.level:
            continue
        parts = [(tantivy.Occur.Must, asked.query(level))]
        if number:
            parts.append((tantivy.Occur.MustNot, asked.bands[number - 1].query))
        if place and number == place.level:
            parts.append((tantivy.Occur.Must, _behind(asked, place)))
        for at, where in asked.top(tantivy.Query.boolean_query(parts), limit - len(found)):
            members = bytes(asked.snapshot.searcher.doc(where)["members"][0])
            found.append(Hit(level.label, Place(number, at), tuple(members_in(members))))
    return found if asked.in_levels else _labelled(asked, found)


def _behind(asked: Asked, place: Place) -> tantivy.Query:
    """Return what stands behind a place in its level."""
    if isinstance(place.at, str):
        # The grammar is the only way to a range of texts; nothing in an order text means anything to it.
        return asked.snapshot.index.parse_query(f"{asked.order}:{{{place.at} TO *}}")
    return tantivy.Query.range_query(
        asked.snapshot.schema, "rank", tantivy.FieldType.Integer, None, place.at, include_upper=False
    )


def _labelled(asked: Asked, found: Sequence[Hit]) -> list[Hit]:
    """Return hits with how good they are where that does not decide their order."""
    labels: dict[int | str, str] = {}
    for level in asked.levels[:-1]:
        left = [hit.place.at for hit in found if hit.place.at not in labels]
        if left:
            these = tantivy.Query.term_set_query(asked.snapshot.schema, asked.order, left)
            labels |= {at: level.label for at, _ in asked.top(all_of((level.query, these)), len(left))}
    return [replace(hit, label=labels.get(hit.place.at, hit.label)) for hit in found]
