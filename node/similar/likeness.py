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
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from node.answers.policy import policy_of
from node.answers.projects import Key
from node.answers.queries import all_of, any_of, has_word, number_of
from node.answers.resolving import refuse_taken_down, resolve
from node.answers.search import snapshot_of
from node.answers.texts import lang_map
from node.answers.words import Word, words_of
from node.errors import LockedError
from node.home import Home
from protocol.origin import address
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
_BITS: Final = 24  # of a score: all numbers of so many are exact in it
_MARKS: Final = re.compile('["\u201c\u201d\u201e\u00ab\u00bb*]')
_LEVELS: Final = ("name", "lead")


@dataclass(frozen=True, slots=True)
class _Feature:
    """Something that things have in common.

    Attributes:
        sort: ``topics`` or ``words``.
        value: The topic or the word.
        weight: What sharing it counts.
    """

    sort: str
    value: str
    weight: float


@dataclass(frozen=True, slots=True)
class _Near:
    """A project that shares something, as the index has it.

    Attributes:
        members: What it is about, as keys of the catalogue.
        score: What all that is shared counts.
        shared: What that is.
    """

    members: tuple[Key, ...]
    score: float
    shared: tuple[_Feature, ...]


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
    snapshot = snapshot_of(home)
    question = ("similar", *((member.key, member.index) for member in project.members))
    near = snapshot.recalled(question, lambda: _near(snapshot, said, own))
    return _shown(home, near, languages, limit)


def similar_to(
    home: Home, draft: Mapping[str, Value], languages: Sequence[str] = (), limit: int = USUAL
) -> list[SimilarItem]:
    """Return the projects that are most like an entry that nobody has published yet; see ``similar``.

    Raises:
        LockedError: Something waits to be indexed and another process keeps the index.
    """
    catch_up(home)
    return _shown(home, _near(snapshot_of(home), draft, ()), languages, limit)


def likest(
    home: Home, draft: Mapping[str, Value], languages: Sequence[str] = (), limit: int = USUAL
) -> list[SimilarItem]:
    """Return what is like a draft; nothing while the index is kept by others, which must stop nobody."""
    try:
        return similar_to(home, draft, languages, limit)
    except LockedError:
        return []


def _near(snapshot: Snapshot, said: Mapping[str, Value], own: Sequence[int]) -> list[_Near]:
    """Return what shares most with what is said, the most similar first; more than is ever shown."""
    features = dict(_features(snapshot, said))
    candidates = _candidates(snapshot, features, own)
    found = []
    for rank, those in _shared(snapshot, features, candidates).items():
        shared = tuple(_narrow(those))
        found.append(_Near(candidates[rank], round(sum(each.weight for each in shared), 1), shared))
    return sorted(found, key=lambda each: -each.score)


def _shown(home: Home, near: Sequence[_Near], languages: Sequence[str], limit: int) -> list[SimilarItem]:
    """Return the items of the most similar ones, as the catalogue has them now."""
    with home.database.read() as connection:
        publishers = policy_of(home, connection).publishers
    # Logs can have statements of equal ids.
    named = {
        address(publishers[log].origin, id_): each
        for each in near
        for log, id_ in each.members
        if log in publishers
    }
    found: dict[str, SimilarItem] = {}
    for at in range(0, len(near), limit):
        some = near[at : at + limit]
        if len(found) >= limit and some[0].score < _ordered(found.values())[limit - 1]["score"]:
            # What follows is less similar than all that is shown.
            break
        hits = [Hit("similar", Place(0, at + number), each.members) for number, each in enumerate(some)]
        for item in items_of(home, hits, languages):
            if item["type"] == "entry":
                this = named[item["address"]]
                told = {**item, "score": this.score, "shared": _told(this.shared)}
                found[item["address"]] = cast("SimilarItem", told)
    return _ordered(found.values())[:limit]


def _ordered(found: Iterable[SimilarItem]) -> list[SimilarItem]:
    # Nothing depends on the order in which things arrived.
    return sorted(found, key=lambda item: (-item["score"], item["address"]))


def _features(snapshot: Snapshot, fields: Mapping[str, Value]) -> Iterator[tuple[_Feature, tantivy.Query]]:
    """Yield what others may share, and what finds those that have it."""
    total = _number(snapshot, "", tantivy.Query.all_query())
    listed = fields.get("topics")
    stated = [each for each in (listed if isinstance(listed, list) else []) if isinstance(each, str)]
    for topic in sorted({broad for each in stated[:_TOPICS] for broad in broader_topics(each)}):
        query = tantivy.Query.term_query(snapshot.schema, "facet", f"topic={topic}", "basic")
        if weight := _weight(snapshot, topic, query, total):
            yield _Feature("topics", topic, weight), query
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
        if weight := _weight(snapshot, word, query, total):
            found.append((_Feature("words", word.text, weight), query))
    yield from sorted(found, key=lambda each: (-each[0].weight, each[0].value))[:_WORDS]


def _weight(snapshot: Snapshot, what: str | Word, query: tantivy.Query, total: int) -> float:
    """Return what it counts to share something; 0 for what nobody has, or everybody."""
    number = _number(snapshot, what, query)
    return log2(total / number) if number else 0.0


def _number(snapshot: Snapshot, what: str | Word, query: tantivy.Query) -> int:
    """Return how many projects and profiles have something; what one has others have, too."""
    return snapshot.recalled_word(
        ("projects", what), lambda: number_of(snapshot.searcher, projects_only(snapshot, query))
    )


def _candidates(
    snapshot: Snapshot, features: Mapping[_Feature, tantivy.Query], own: Sequence[int]
) -> dict[int | str, tuple[Key, ...]]:
    """Return the projects that may share most: rank, which names a document → members."""
    if not features:
        return {}
    weighed = any_of(tantivy.Query.const_score_query(query, each.weight) for each, query in features.items())
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
    snapshot: Snapshot,
    features: Mapping[_Feature, tantivy.Query],
    candidates: Mapping[int | str, tuple[Key, ...]],
) -> dict[int | str, list[_Feature]]:
    """Return what each candidate has.

    Asked of many features at once: each adds a power of two of its own to a score.
    """
    shared: dict[int | str, list[_Feature]] = {rank: [] for rank in candidates}
    if not candidates:
        return shared
    ranks = tantivy.Query.term_set_query(snapshot.schema, "rank", list(candidates))
    these = tantivy.Query.const_score_query(ranks, 0)
    each = list(features)
    for at in range(0, len(each), _BITS):
        some = each[at : at + _BITS]
        bits = any_of(tantivy.Query.const_score_query(features[one], 1 << n) for n, one in enumerate(some))
        found = snapshot.searcher.search(all_of((these, bits)), len(candidates), count=False).hits
        those = snapshot.searcher.fast_field_values("rank", [where for _, where in found])
        for (score, _), rank in zip(found, those, strict=True):
            shared[int(rank or 0)] += [one for n, one in enumerate(some) if int(score) >> n & 1]
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
