"""Similar projects: those that share topics, and words of name and summary, the rarer ones counting more.

::

    {"address": …, "name": "Consul", …, "score": 17.4,
     "shared": {"topics": [{"topic": "sector:democracy", "weight": 5.2}],
                "words": [{"word": "petitions", "weight": 7.1}, …]}}

A shared feature weighs log2(all / those that have it): what half of all things have weighs 1, what one in a
thousand has weighs 10. The score is their sum. Of a topic and a broader one that are both shared the narrow
one counts alone. Words are looked for in names, summaries and keywords, in all their forms and languages.
Entries of one project are not similar to each other: they are about the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log2
from typing import Final, cast

import tantivy

from node.answers.asking import Hit
from node.answers.cursors import Place
from node.answers.documents import document_key, members_in
from node.answers.gathering import project_with
from node.answers.index import Snapshot
from node.answers.indexing import catch_up
from node.answers.items import items_of
from node.answers.lexicon import Form
from node.answers.nearshapes import SharedFeatures, SimilarItem
from node.answers.planned import projects_only
from node.answers.projects import Key
from node.answers.queries import all_of, any_of, has_word, number_of
from node.answers.resolving import refuse_taken_down, resolve
from node.answers.search import snapshot_of
from node.answers.texts import lang_map
from node.answers.words import words_of
from node.errors import LockedError
from node.home import Home
from protocol.packing import Value
from protocol.vocabulary import broader_topics

USUAL: Final = 10
"""Similar projects that are shown unless another number is asked for."""

MOST: Final = 50
"""Similar projects that are shown at most."""

_WORDS: Final = 16  # of a name and a summary, the rarest ones
_LOOKED_UP: Final = 48  # words whose rarity is looked up
_TOPICS: Final = 30
_TEXT: Final = 2_000  # characters of name and summary
_CANDIDATES: Final = 100
_MARKS: Final = re.compile('["\u201c\u201d\u201e\u00ab\u00bb*]')
_LEVELS: Final = ("name", "lead")


@dataclass(frozen=True, slots=True)
class _Feature:
    """Something that things have in common.

    Attributes:
        sort: ``topics`` or ``words``.
        value: The topic or the word.
        query: Finds what has it.
        weight: What sharing it counts.
    """

    sort: str
    value: str
    query: tantivy.Query
    weight: float


def similar(
    home: Home, ref: str, languages: Sequence[str] = (), limit: int = USUAL, *, fresh: bool = True
) -> list[SimilarItem]:
    """Return the projects that are most like one, the most similar first.

    Args:
        home: The node.
        ref: Any member's address, or a unique beginning of its id.
        languages: What the reader reads, by preference.
        limit: How many at most.
        fresh: Index what waits first, so that a command sees its own writes.

    Returns:
        Items as ``search`` has them, with ``score`` and ``shared``; see this module.

    Raises:
        NotFoundError: No carried log has such an entry, or it is withdrawn, erased, or no entry.
        AmbiguousError: More than one statement fits.
        TakenDownError: The operator of this node took it down.
        LockedError: Something waits to be indexed and another process keeps the index.
    """
    where = resolve(home, ref)
    refuse_taken_down(home, where)
    if fresh:
        catch_up(home)
    with home.database.read() as connection:
        project = project_with(home, connection, where.origin, where.id)
    own = [document_key(member.origin, member.id) for member in project.members]
    # What heads the project, as one entry would say it.
    said: dict[str, Value] = {"topics": list(project.values("topics"))}
    said |= {field: dict(project.texts(field)) for field in ("name", "summary")}
    return _similar(home, said, own, languages, limit)


def similar_to(
    home: Home, draft: Mapping[str, Value], languages: Sequence[str] = (), limit: int = USUAL
) -> list[SimilarItem]:
    """Return the projects that are most like an entry that nobody has published yet; see ``similar``.

    Raises:
        LockedError: Something waits to be indexed and another process keeps the index.
    """
    catch_up(home)
    return _similar(home, draft, (), languages, limit)


def likest(
    home: Home, draft: Mapping[str, Value], languages: Sequence[str] = (), limit: int = USUAL
) -> list[SimilarItem]:
    """Return what is like a draft; nothing while the index is kept by others, which must stop nobody."""
    try:
        return similar_to(home, draft, languages, limit)
    except LockedError:
        return []


def _similar(
    home: Home, said: Mapping[str, Value], own: Sequence[int], languages: Sequence[str], limit: int
) -> list[SimilarItem]:
    snapshot = snapshot_of(home)
    features = list(_features(snapshot, said))
    candidates = _candidates(snapshot, features, own)
    shared = {rank: list(_narrow(those)) for rank, those in _shared(snapshot, features, candidates).items()}
    hits = [Hit("similar", Place(0, rank), members) for rank, members in candidates.items()]
    ranks = {id_: hit.place.at for hit in hits for _, id_ in hit.members}
    found: list[SimilarItem] = []
    for item in items_of(home, hits, languages):
        if item["type"] != "entry":
            continue
        those = shared[ranks[bytes.fromhex(item["id"])]]
        score = round(sum(each.weight for each in those), 1)
        found.append(cast("SimilarItem", {**item, "score": score, "shared": _told(those)}))
    # Nothing depends on the order in which things arrived.
    found.sort(key=lambda item: (-item["score"], item["address"]))
    return found[:limit]


def _features(snapshot: Snapshot, fields: Mapping[str, Value]) -> Iterator[_Feature]:
    total = number_of(snapshot.searcher, projects_only(snapshot, tantivy.Query.all_query()))
    listed = fields.get("topics")
    stated = [each for each in (listed if isinstance(listed, list) else []) if isinstance(each, str)]
    for topic in sorted({broad for each in stated[:_TOPICS] for broad in broader_topics(each)}):
        query = tantivy.Query.term_query(snapshot.schema, "facet", f"topic={topic}", "basic")
        if weight := _weight(snapshot, query, total):
            yield _Feature("topics", topic, query, weight)
    texts = chain.from_iterable(lang_map(fields.get(field)).values() for field in ("name", "summary"))
    # Quotes and stars mean nothing in a text.
    words = words_of(_MARKS.sub(" ", "\n".join(texts)[:_TEXT]))
    found = []
    known: set[Form] = set()
    for word in list(dict.fromkeys(words))[:_LOOKED_UP]:
        # Two forms of one word are shared once.
        forms = set(snapshot.lexicon.forms(word))
        if not known.isdisjoint(forms):
            continue
        known |= forms
        query = has_word(snapshot.schema, snapshot.lexicon, (word,), _LEVELS)
        if weight := _weight(snapshot, query, total):
            found.append(_Feature("words", word.text, query, weight))
    yield from sorted(found, key=lambda each: (-each.weight, each.value))[:_WORDS]


def _weight(snapshot: Snapshot, query: tantivy.Query, total: int) -> float:
    """Return what it counts to share something; 0 for what nobody has, or everybody."""
    number = number_of(snapshot.searcher, projects_only(snapshot, query))
    return log2(total / number) if number else 0.0


def _candidates(
    snapshot: Snapshot, features: Sequence[_Feature], own: Sequence[int]
) -> dict[int | str, tuple[Key, ...]]:
    """Return the projects that may share most: rank, which names a document → members."""
    if not features:
        return {}
    weighed = any_of(tantivy.Query.const_score_query(each.query, each.weight) for each in features)
    parts = [(tantivy.Occur.Must, projects_only(snapshot, weighed))]
    if own:
        itself = tantivy.Query.term_set_query(snapshot.schema, "key", list(own))
        parts.append((tantivy.Occur.MustNot, itself))
    result = snapshot.searcher.search(tantivy.Query.boolean_query(parts), _CANDIDATES, count=False)
    places = [where for _, where in result.hits]
    documents = [snapshot.searcher.doc(where) for where in places]
    ranks: list[int | str] = [int(rank or 0) for rank in snapshot.searcher.fast_field_values("rank", places)]
    members = [tuple(members_in(bytes(document["members"][0]))) for document in documents]
    return dict(zip(ranks, members, strict=True))


def _shared(
    snapshot: Snapshot, features: Sequence[_Feature], candidates: Mapping[int | str, tuple[Key, ...]]
) -> dict[int | str, list[_Feature]]:
    """Return what each candidate has."""
    shared: dict[int | str, list[_Feature]] = {rank: [] for rank in candidates}
    if candidates:
        these = tantivy.Query.term_set_query(snapshot.schema, "rank", list(candidates))
        for each in features:
            result = snapshot.searcher.search(
                all_of((each.query, these)), len(candidates), count=False, order_by_field="rank"
            )
            for rank, _ in result.hits:
                shared[rank].append(each)
    return shared


def _narrow(features: Sequence[_Feature]) -> Iterator[_Feature]:
    """Yield features without the topics of which a narrower one is among them."""
    topics = {each.value for each in features if each.sort == "topics"}
    broad = {wide for topic in topics for wide in broader_topics(topic) if wide != topic}
    yield from (each for each in features if each.sort != "topics" or each.value not in broad)


def _told(features: Sequence[_Feature]) -> SharedFeatures:
    """Return shared features for readers, the rarest first."""
    ordered = sorted(features, key=lambda each: (-each.weight, each.value))
    return {
        "topics": [{"topic": e.value, "weight": round(e.weight, 1)} for e in ordered if e.sort == "topics"],
        "words": [{"word": e.value, "weight": round(e.weight, 1)} for e in ordered if e.sort == "words"],
    }
