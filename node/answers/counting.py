"""Counting facets: for each value how many projects have it, exactly.

tantivy counts the texts of a column in one pass over the hits; columns of one text for each document
(see ``documents``) are what it counts fast. It stops at a number of different texts; where that is
reached, and only there, the values are counted by their terms: exact too, and slower.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import tantivy

from .documents import COLUMNS
from .facets import SEPARATOR

MOST_TEXTS: Final = 4096
"""Different texts of a column that are counted at once."""

_MOST_BUCKETS: Final = 60_000  # of all columns together: tantivy allows 65,000

Counts = Mapping[str, int]
"""Value of a facet → how many have it."""


def count(
    searcher: tantivy.Searcher, query: tantivy.Query, facets: Sequence[str]
) -> tuple[int, dict[str, Counts]]:
    """Return how many documents a query finds, and for each facet how many of them have each value.

    Args:
        searcher: Of the index.
        query: The question with its filters.
        facets: One or more of ``FACETS``.
    """
    names = [column for facet in facets for column in COLUMNS[facet]]
    size = min(MOST_TEXTS, _MOST_BUCKETS // len(names))
    columns = searcher.aggregate(query, {name: {"terms": {"field": name, "size": size}} for name in names})
    counted = {}
    for facet in facets:
        its = [columns[column] for column in COLUMNS[facet]]
        is_cut = any(column["sum_other_doc_count"] for column in its)
        counted[facet] = _by_terms(searcher, query, facet) if is_cut else _by_texts(its)
    # Each document has one text in each column, so any column gives the total.
    first = columns[COLUMNS[facets[0]][0]]
    return sum(each["doc_count"] for each in first["buckets"]) + first["sum_other_doc_count"], counted


def _by_texts(columns: Iterable[Mapping[str, Any]]) -> Counts:
    values: dict[str, int] = {}
    for column in columns:
        for bucket in column["buckets"]:
            text = bucket["key"]
            if SEPARATOR in text:
                for value in text.split(SEPARATOR):
                    values[value] = values.get(value, 0) + bucket["doc_count"]
            else:
                values[text] = values.get(text, 0) + bucket["doc_count"]
    values.pop("", None)
    return values


def _by_terms(searcher: tantivy.Searcher, query: tantivy.Query, facet: str) -> Counts:
    prefix = f"{facet}="
    terms = searcher.terms_with_prefix("facet", prefix, query)
    # What ends with a separator is a value as it is stated, which its broader ones count for as well.
    return {term.removeprefix(prefix): number for term, number in terms if not term.endswith(SEPARATOR)}
