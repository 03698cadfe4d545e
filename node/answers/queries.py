"""From a question to what the index is asked.

The better a hit, the narrower the query that it answers; each lies within the next::

    exact    the question is the whole name            "decidim"
    name     all words are in the name                 "Decidim Barcelona"
    summary  … in name, summary or keywords together
    text     … anywhere
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import tantivy

from .lexicon import EVERYTHING, Lexicon
from .words import Word

Filters = Mapping[str, tuple[str, ...]]
"""Facet → values, one of which a project must have."""


@dataclass(frozen=True, slots=True)
class Level:
    """How good a hit can be.

    Attributes:
        label: What readers are told.
        query: Finds these hits and all better ones.
    """

    label: str
    query: tantivy.Query


def levels_of(
    schema: tantivy.Schema, lexicon: Lexicon, name: str, words: Sequence[Sequence[Word]]
) -> list[Level]:
    """Return the levels of a question, the best first; the last one finds everything that it can mean.

    Args:
        schema: Of the index.
        lexicon: The words of the index.
        name: The question as whole names are compared.
        words: For each of its words those that can stand for it; when there is none nothing is found.
    """
    if not words:
        return [Level("none", tantivy.Query.empty_query())]
    levels = [
        Level(label, all_of(has_word(schema, lexicon, each, places) for each in words))
        for label, places in (
            ("name", ("name",)),
            ("summary", ("name", "lead")),
            ("text", (EVERYTHING,)),
        )
    ]
    exact = tantivy.Query.term_query(schema, "exact", name, "basic")
    return [Level("exact", all_of((levels[0].query, exact))), *levels]


def filtered(schema: tantivy.Schema, query: tantivy.Query, filters: Filters) -> tantivy.Query:
    """Return a query whose hits also fit all filters."""
    chosen = (
        any_of(
            tantivy.Query.term_query(schema, "facet", f"{facet}={value}", "basic")
            for value in sorted(set(values))
        )
        for facet, values in sorted(filters.items())
    )
    return all_of((query, *chosen)) if filters else query


def has_word(
    schema: tantivy.Schema, lexicon: Lexicon, words: Sequence[Word], levels: Sequence[str]
) -> tantivy.Query:
    """Return what finds documents that have one of some words in one of some levels."""
    forms = {form: None for word in words for form in lexicon.forms(word)}
    return any_of(
        tantivy.Query.term_query(schema, f"{level}_{suffix}", term, "basic")
        for level in levels
        for suffix, term in forms
    )


def all_of(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    """Return what all of some queries find."""
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def any_of(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    """Return what at least one of some queries finds."""
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def number_of(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    """Return how many documents a query finds."""
    number: int = searcher.search(query, 1).count  # type: ignore[attr-defined] # missing in the stubs
    return number
