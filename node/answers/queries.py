"""From a question to what the index is asked.

The better a hit, the narrower the query that it answers; each lies within the next::

    exact    the question is the whole name            "decidim"
    name     all words are in the name                 "Decidim Barcelona"
    summary  … in name, summary or keywords together
    text     … anywhere, or in a name of one of its topics, in any language (see ``topics``)
    broader  … or in a name of its kind, or of a topic that one of its topics is part of
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import tantivy

from .facets import SEPARATOR
from .lexicon import EVERYTHING, UNSTEMMED, Lexicon
from .topics import meant_by
from .words import PLAIN, STEMMED, Word, as_indexed

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
        for label, places in (("name", ("name",)), ("summary", ("name", "lead")))
    ]
    anywhere = [has_word(schema, lexicon, each, (EVERYTHING,)) for each in words]
    levels += [_anywhere(schema, words, anywhere, is_broad=is_broad) for is_broad in (False, True)]
    exact = tantivy.Query.term_query(schema, "exact", name, "basic")
    return [Level("exact", all_of((levels[0].query, exact))), *levels]


def last_level(schema: tantivy.Schema, lexicon: Lexicon, words: Sequence[Sequence[Word]]) -> Level:
    """Return the last of the levels of a question, see ``levels_of``, without making the others."""
    if not words:
        return levels_of(schema, lexicon, "", words)[-1]
    anywhere = [has_word(schema, lexicon, each, (EVERYTHING,)) for each in words]
    return _anywhere(schema, words, anywhere, is_broad=True)


def can_mean(schema: tantivy.Schema, lexicon: Lexicon, word: Word) -> tantivy.Query:
    """Return what finds all documents that a word can mean."""
    return any_of((has_word(schema, lexicon, (word,), (EVERYTHING,)), _about(schema, (word,), is_broad=True)))


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
    found = [
        tantivy.Query.term_query(schema, f"{level}_{suffix}", term, "basic")
        for level in levels
        for suffix, term in forms
    ]
    marked = [word for word in words if word.is_phrase or word.is_start]
    return any_of(found + [query for word in marked for query in _marked(schema, lexicon, word, levels)])


def _marked(
    schema: tantivy.Schema, lexicon: Lexicon, word: Word, levels: Sequence[str]
) -> Iterator[tantivy.Query]:
    """Yield what finds documents that have a phrase, or a word with a beginning, in one of some levels.

    Stems do not tell one form from another, so in fields of stems the words themselves are looked for, too:
    a level that could find what the last one does not would be counted wrong.
    """
    itself = _in_field(schema, UNSTEMMED, PLAIN, word)
    for level in levels:
        if level == EVERYTHING:
            yield itself
        for suffix in lexicon.suffixes(word):
            if suffix not in STEMMED:
                yield _in_field(schema, f"{level}_{suffix}", suffix, word)
            elif level != EVERYTHING:
                yield all_of((_in_field(schema, f"{level}_{suffix}", suffix, word), itself))


def _about(schema: tantivy.Schema, words: Sequence[Word], *, is_broad: bool) -> tantivy.Query:
    """Return what finds documents with a topic that some words can mean.

    Args:
        schema: Of the index.
        words: One of them is enough.
        is_broad: Whether the broader topics that they are part of count too, and their kinds.
    """
    meant = {value: None for word in words for value in meant_by(word)}
    terms = [
        f"{facet}={value}" if is_broad else f"{facet}={value}{SEPARATOR}"
        for facet, value in meant
        if is_broad or facet == "topic"
    ]
    return any_of(tantivy.Query.term_query(schema, "facet", term, "basic") for term in terms)


def _anywhere(
    schema: tantivy.Schema,
    words: Sequence[Sequence[Word]],
    anywhere: Sequence[tantivy.Query],
    *,
    is_broad: bool,
) -> Level:
    """Return the level of what has each word anywhere, or a topic that it can mean."""
    about = [_about(schema, each, is_broad=is_broad) for each in words]
    return Level("broader" if is_broad else "text", all_of(map(any_of, zip(anywhere, about, strict=True))))


def _in_field(schema: tantivy.Schema, field: str, suffix: str, word: Word) -> tantivy.Query:
    if word.is_start:
        return tantivy.Query.regex_query(schema, field, f"{re.escape(word.text)}.*")
    terms = as_indexed(suffix, word.text.split())
    if len(terms) == 1:
        return tantivy.Query.term_query(schema, field, terms[0], "basic")
    return tantivy.Query.phrase_query(schema, field, list[str | tuple[int, str]](terms))


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
