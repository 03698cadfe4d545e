"""Questions to the index: how good a hit is, and pages.

A document is found when it has every word of the question. How good a hit is depends on
where the words are, and is said with it::

    exact    the question is the whole name            "decidim"
    name     all words are in the name                 "Decidim Barcelona"
    summary  … in name, summary or keywords together
    text     … anywhere

Among equals newer statements come first. Nothing depends on scores or on the order in
which things arrived, so nodes with the same logs answer alike, and a cursor (level and
rank of the last hit) stays right while the catalogue changes.
"""

import base64
import hashlib
import struct
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import tantivy

from node.errors import DamagedError, InvalidInputError
from node.home import Home
from protocol.errors import MalformedError
from protocol.packing import Value, unpack

from .facets import FACETS, FacetCount
from .index import index_in
from .indexing import catch_up, reindex
from .texts import card_of, moment
from .words import Word, folded, words_of

MAX_LIMIT: Final = 1000
"""Items of one page; more is a matter of cursors."""

MAX_QUESTION: Final = 500
"""Characters of a question."""

MAX_WORDS: Final = 32
"""Words of a question: each is looked up in every language and level."""

SORTS: Final = ("relevance", "freshness", "name")
"""Orders of an answer; the first is the usual one."""

_CURSOR: Final = struct.Struct(">B8sBq")  # version, question digest, level, rank
_CURSOR_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the catalogue.

    Attributes:
        text: Words that must all be there; everything when empty.
        filters: Facet → values; a project must have one of them, and so for each facet named.
        sort: One of ``SORTS``.
        languages: What the reader reads, by preference; picks names and summaries.
    """

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = SORTS[0]
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of answers.

    Attributes:
        total: How many projects and profiles the question finds.
        items: This page's, best first; see ``search``.
        next: The cursor of the next page, None on the last one.
        facets: For each facet that was asked for its values, the most frequent first, then by value.
        corrections: Word of the question that occurs nowhere → what it was taken for.
    """

    total: int
    items: tuple[dict[str, Any], ...]
    next: str | None
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    corrections: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Place:
    level: int
    rank: int


def search(
    home: Home,
    question: Question,
    limit: int = 20,
    cursor: str | None = None,
    *,
    facets: Sequence[str] = (),
    facet_limit: int = 20,
    fresh: bool = True,
) -> Page:
    """Return what the catalogue has about a question.

    Args:
        home: The node.
        question: Words, filters, order.
        limit: Items of a page, 1 to ``MAX_LIMIT``.
        cursor: ``next`` of the former page of the same words, filters and order.
        facets: Which of ``FACETS`` to count.
        facet_limit: Values of a facet at most, 1 to ``MAX_LIMIT``.
        fresh: Index what waits first, so that a command sees its own writes.

    Returns:
        A page. Its items have ``address``, ``origin``, ``id``, ``index``, ``type``, ``kind``, ``name``,
        ``summary``, ``language``, ``lifecycle``, ``license``, ``publishers`` (origins of all
        members, sorted), ``members`` (how many), ``matched`` and ``provenance`` (origin, index,
        the verified tree size, and when it was verified).

    Raises:
        InvalidInputError: A limit, question or cursor that cannot be.
        LockedError: Something waits to be indexed and another process keeps the index.
    """
    _check(question, facets, facet_limit)
    text = question.text
    index = index_in(home.index_dir)
    levels = _levels(index.schema, text, _checked_words(text, limit))
    place = None if cursor is None else _place(text, cursor, len(levels))
    if fresh:
        catch_up(home)
    try:
        searcher = index.searcher()
    except DamagedError:
        reindex(home)
        searcher = index.searcher()
    total: int = searcher.search(levels[-1][1], 1).count  # type: ignore[attr-defined] # missing in the stubs
    hits = _hits(searcher, index.schema, levels, place, limit + 1)
    following = _cursor(text, *hits[limit - 1][:2]) if len(hits) > limit else None
    found = [(levels[level][0], log, id_) for level, _, log, id_ in hits[:limit]]
    return Page(total, _items(home, found, question.languages), following)


def _check(question: Question, facets: Sequence[str], facet_limit: int) -> None:
    for facet in (*question.filters, *facets):
        if facet not in FACETS:
            raise InvalidInputError(f"there is no facet {facet!r}; there are {', '.join(FACETS)}")
    for facet, values in question.filters.items():
        if not values or not all(values):
            raise InvalidInputError(f"a filter of {facet} has values, and none of them is empty")
    if question.sort not in SORTS:
        raise InvalidInputError(f"there is no order {question.sort!r}; there are {', '.join(SORTS)}")
    if not 1 <= facet_limit <= MAX_LIMIT:
        raise InvalidInputError(f"a facet shows 1 to {MAX_LIMIT} values, not {facet_limit}")
    if question.filters or facets or question.sort != SORTS[0]:
        raise InvalidInputError("filters, facets and other orders than relevance are not there yet")


def _levels(schema: tantivy.Schema, text: str, words: Sequence[Word]) -> list[tuple[str, tantivy.Query]]:
    """Return (label, query) from the best level to the last, each within the next."""
    if not text.strip():
        return [("all", tantivy.Query.all_query())]
    if not words:
        return [("none", tantivy.Query.empty_query())]
    levels = [
        ("name", _all_words(schema, words, ("name",))),
        ("summary", _all_words(schema, words, ("name", "lead"))),
        ("text", _all_words(schema, words, ("name", "lead", "text"))),
    ]
    name = folded(text)
    exact = _all_of([levels[0][1], tantivy.Query.term_query(schema, "exact", name)])
    return [("exact", exact), *levels]


def _all_words(schema: tantivy.Schema, words: Sequence[Word], levels: Sequence[str]) -> tantivy.Query:
    return _all_of(
        [
            _any_of(
                [
                    tantivy.Query.term_query(schema, f"{level}_{suffix}", term, "basic")
                    for level in levels
                    for suffix, term in word.terms
                ]
            )
            for word in words
        ]
    )


def _all_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def _any_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _hits(
    searcher: tantivy.Searcher,
    schema: tantivy.Schema,
    levels: Sequence[tuple[str, tantivy.Query]],
    place: _Place | None,
    wanted: int,
) -> list[tuple[int, int, int, bytes]]:
    """Return up to ``wanted`` (level, rank, log, id) behind a place, best first."""
    found: list[tuple[int, int, int, bytes]] = []
    first = place.level if place else 0
    for level in range(first, len(levels)):
        parts = [(tantivy.Occur.Must, levels[level][1])]
        if level:
            parts.append((tantivy.Occur.MustNot, levels[level - 1][1]))
        if place and level == first:
            before = tantivy.Query.range_query(
                schema, "rank", tantivy.FieldType.Integer, None, place.rank, include_upper=False
            )
            parts.append((tantivy.Occur.Must, before))
        query = tantivy.Query.boolean_query(parts)
        result = searcher.search(query, wanted - len(found), count=False, order_by_field="rank")
        for rank, where in result.hits:
            document = searcher.doc(where)
            found.append((level, rank, document["log"][0], bytes(document["id"][0])))
        if len(found) == wanted:
            break
    return found


def _items(
    home: Home, hits: Sequence[tuple[str, int, bytes]], languages: Sequence[str]
) -> tuple[dict[str, Any], ...]:
    items = []
    with home.database.read() as connection:
        for matched, log, id_ in hits:
            row = connection.execute(
                "SELECT l.origin, l.size, l.verified_at, e.idx, e.payload"
                " FROM entry e JOIN log l ON l.id = e.log WHERE e.log = ? AND e.id = ? AND e.op = 1",
                (log, id_),
            ).fetchone()
            # Withdrawn since the index was read: the catalogue is the truth.
            if row is not None:
                items.append(_item(*row, id_=id_, matched=matched, languages=languages))
    return tuple(items)


def _item(
    origin: str,
    size: int,
    verified_at: int | None,
    index: int,
    payload: bytes,
    *,
    id_: bytes,
    matched: str,
    languages: Sequence[str],
) -> dict[str, Any]:
    fields = _unpacked(payload)
    card = card_of(fields)
    lifecycle, licence = (
        fields.get(each) if isinstance(fields, dict) else None for each in ("lifecycle", "license")
    )
    name, summary, language = card.shown(languages)
    return {
        "address": f"{origin}/e/{id_.hex()}",
        "origin": origin,
        "id": id_.hex(),
        "index": index,
        "type": card.type,
        "kind": card.kind,
        "name": name,
        "summary": summary,
        "language": language,
        "lifecycle": lifecycle if isinstance(lifecycle, str) else "",
        "license": licence if isinstance(licence, str) else "",
        "publishers": [origin],
        "members": 1,
        "matched": matched,
        "provenance": {"origin": origin, "index": index, "size": size, "verified_at": moment(verified_at)},
    }


def _unpacked(payload: bytes) -> Value:
    try:
        return unpack(payload)
    except MalformedError:
        return None


def _checked_words(text: str, limit: int) -> tuple[Word, ...]:
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInputError(f"a page has 1 to {MAX_LIMIT} items, not {limit}")
    if not text.isprintable() and any(unicodedata.category(character) == "Cs" for character in text):
        raise InvalidInputError("a question is text, without lone surrogates")
    words = words_of(text) if len(text) <= MAX_QUESTION else ()
    if len(text) > MAX_QUESTION or len(words) > MAX_WORDS:
        raise InvalidInputError(f"a question has at most {MAX_WORDS} words and {MAX_QUESTION} characters")
    return words


def _cursor(text: str, level: int, rank: int) -> str:
    digest = hashlib.sha256(text.strip().encode()).digest()[:8]
    packed = _CURSOR.pack(_CURSOR_VERSION, digest, level, rank)
    return base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def _place(text: str, cursor: str, levels: int) -> _Place:
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        _, _, level, rank = _CURSOR.unpack(packed)
    except (ValueError, struct.error):
        level, rank = levels, 0
    # Made again and compared: version, question and spelling all at once.
    if level >= levels or rank < 0 or _cursor(text, level, rank) != cursor:
        message = "this cursor does not belong to this question"
        raise InvalidInputError(message, hint="start again without a cursor")
    return _Place(level, rank)
