"""Counting facets: for each value how many projects have it, exactly.

tantivy counts the texts of a column in one pass over the hits; columns of one text for each document
(see ``documents``) are what it counts fast. It stops at a number of different texts; where that is
reached, and only there, the values are counted by their terms: exact too, and slower.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import tantivy

from .documents import COLUMNS, SEPARATOR

MOST_TEXTS: Final = 4096
"""Different texts of a column that are counted at once; all columns together stay below tantivy's limit."""


def count(
    searcher: tantivy.Searcher, query: tantivy.Query, facets: Sequence[str]
) -> tuple[int, dict[str, Counter[str]]]:
    """Return how many documents a query finds, and for each facet how many of them have each value.

    Args:
        searcher: Of the index.
        query: The question with its filters.
        facets: One or more of ``FACETS``.
    """
    wanted = {
        column: {"terms": {"field": column, "size": MOST_TEXTS}} for f in facets for column in COLUMNS[f]
    }
    columns = searcher.aggregate(query, wanted)
    total = 0
    counted: dict[str, Counter[str]] = {}
    for facet in facets:
        values: Counter[str] = Counter()
        for column in COLUMNS[facet]:
            buckets, others = columns[column]["buckets"], columns[column]["sum_other_doc_count"]
            # Each document has one text in each column, so any column gives the total.
            total = sum(bucket["doc_count"] for bucket in buckets) + others
            if others:
                values = _by_terms(searcher, query, facet)
                break
            for bucket in buckets:
                for value in bucket["key"].split(SEPARATOR):
                    values[value] += bucket["doc_count"]
        del values[""]
        counted[facet] = values
    return total, counted


def _by_terms(searcher: tantivy.Searcher, query: tantivy.Query, facet: str) -> Counter[str]:
    prefix = f"{facet}="
    terms = searcher.terms_with_prefix("facet", prefix, query)
    return Counter({term.removeprefix(prefix): number for term, number in terms})
