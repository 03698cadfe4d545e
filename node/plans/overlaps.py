"""Planned work of several publishers that could be one: found by topics, words and days, and explained.

::

    {"item": {…}, "overlaps": [
        {"item": {…}, "topics": [{"topic": "sector:health", "weight": 3.2}], "words": [{"word": "triage", …}],
         "period": {"first": "2027-01-01", "last": "2027-03-31", "text": "2027-01-01 to 2027-03-31"},
         "open_to": {"here": ["pilot"], "there": ["pilot", "co-fund"], "both": ["pilot"]},
         "weight": 5.4, "text": "Both plan sector:health, from 2027-01-01 to …; both open to pilot."}]}

An item of another log overlaps when it is planned or in progress, has a day in common, and shares a topic or
at least two words of its title. What is rare weighs more: log(1 + all items / items that have it), so what
everybody plans tells little. Nobody's own word raises a weight; an overlap is shown, it joins nothing.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import tantivy

from node.answers.asking import Asked, hits
from node.answers.index import Snapshot
from node.answers.indexing import catch_up
from node.answers.planned import Planned, planned
from node.answers.projects import Member, projects_of
from node.answers.provenance import resolve
from node.answers.queries import Level, all_of, any_of, has_word, number_of
from node.answers.search import snapshot_of
from node.answers.texts import lang_map
from node.answers.words import STEMMERS, Word, stems, suffix_of, words_of
from node.errors import NotFoundError
from node.home import Home
from protocol.language import best_text
from protocol.packing import Value
from protocol.periods import Span
from protocol.vocabulary import TOPIC_ALIASES

from .questions import of_type, term, within, without
from .shown import Seen, Shower, Stated, items_at, period_document, stated_in

MOST: Final = 20
"""Overlaps that are told of one item, the weightiest."""

MOST_ITEMS: Final = 100
"""Items of one publisher that are looked at, those that were changed last."""

STAGES: Final = ("planned", "in-progress")
"""Stages of what others may still join."""

_OVER: Final = ("done", "dropped")
_CANDIDATES: Final = 50  # that are looked at closely
_ENOUGH_WORDS: Final = 2
_MOST_WORDS: Final = 24  # of a title

Weights = Mapping[str, float]
"""What is shared → how much it tells."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two items have in common.

    Attributes:
        theirs: The item of somebody else.
        topics: Shared topics.
        words: Shared words of the titles, as the one that was asked about writes them.
        period: Shared days.
    """

    theirs: Stated
    topics: Weights
    words: Weights
    period: Span

    @property
    def weight(self) -> float:
        """All that they share, rare things most."""
        return round(sum(self.topics.values()) + sum(self.words.values()), 3)


def overlaps(
    home: Home, ref: str, languages: Sequence[str] = (), *, fresh: bool = True
) -> list[dict[str, Any]]:
    """Return what overlaps with an item, with all items of an entry, or with all of a publisher.

    Args:
        home: The node.
        ref: Address of an item (``…#pilot``) or entry, or a beginning of its id; or the origin of a log.
        languages: What the reader reads.
        fresh: Index what waits first.

    Returns:
        For each item that is not over the document that this module shows, those with overlaps first.

    Raises:
        NotFoundError: There is no such item, entry or log.
        AmbiguousError: A beginning fits several.
    """
    if fresh:
        catch_up(home)
    return _shown(home, _stated(home, ref), languages)


def overlaps_of_own(home: Home, languages: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return what overlaps with the items of all own logs; see ``overlaps``."""
    catch_up(home)
    own = [row.origin for row in home.logs.all() if row.own]
    return _shown(home, [each for origin in own for each in _of_log(home, origin)], languages)


def overlaps_of_draft(
    home: Home, own: Sequence[str], payload: Mapping[str, Value], languages: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return what overlaps with the items of an entry that is about to be published.

    Args:
        home: The node.
        own: Origins whose items are left out.
        payload: The entry.
        languages: What the reader reads.

    Returns:
        As ``overlaps``, without ``item``: instead ``id`` and ``title`` of each item that has overlaps.
    """
    catch_up(home)
    snapshot, found = snapshot_of(home), []
    rarity = _Rarity(snapshot)
    member = Member(0, "", bytes(16), 0, payload, has_standing=False, voice="", precedence=0)
    with home.database.read() as connection:
        show = Shower(home, connection, languages)
        for each in planned(member):
            those = _overlaps(home, snapshot, rarity, own, each)
            if those:
                title, _ = best_text(lang_map(each.item.fields.get("title")), languages) or ("", "")
                shown = [_document(each, overlap, show) for overlap in those]
                found.append({"id": each.item.id, "title": title, "overlaps": shown})
    return found


def _shown(home: Home, stated: Iterable[Stated], languages: Sequence[str]) -> list[dict[str, Any]]:
    snapshot, found = snapshot_of(home), []
    rarity = _Rarity(snapshot)
    with home.database.read() as connection:
        show = Shower(home, connection, languages)
        for each in stated:
            if each.planned.item.fields.get("stage") not in _OVER:
                those = _overlaps(home, snapshot, rarity, (each.member.origin,), each.planned)
                shown = [_document(each.planned, overlap, show) for overlap in those]
                found.append({"item": show(each), "overlaps": shown})
    return sorted(found, key=lambda each: -(each["overlaps"][0]["weight"] if each["overlaps"] else 0))


def _stated(home: Home, ref: str) -> list[Stated]:
    """Return the roadmap items that something names."""
    if "/e/" not in ref and home.logs.get(ref) is not None:
        return _of_log(home, ref)
    entry, _, item = ref.partition("#")
    where = resolve(home, entry)
    row = home.logs.get(where.origin)
    with home.database.read() as connection:
        projects = projects_of(home, connection, [(row.id, where.id)] if row else [])
        found = [
            each
            for project in projects
            for member in project.members
            if (member.origin, member.id) == (where.origin, where.id)
            for each in stated_in(project, member)
            if each.planned.type == "roadmap" and item in ("", each.planned.item.id)
        ]
    if item and not found:
        raise NotFoundError(f"roadmap item {ref}", hint="`fedcat roadmap` lists what is planned")
    return found


def _of_log(home: Home, origin: str) -> list[Stated]:
    snapshot = snapshot_of(home)
    query = all_of((of_type(snapshot.schema, "roadmap"), term(snapshot.schema, "publisher", origin)))
    asked = Asked(snapshot, [Level("all", query)], {}, "rank", in_levels=False)
    with home.database.read() as connection:
        found = items_at(home, connection, "roadmap", hits(asked, None, MOST_ITEMS))
    return [each for each in found if each]


def _overlaps(
    home: Home, snapshot: Snapshot, rarity: "_Rarity", own: Sequence[str], mine: Planned
) -> list[Overlap]:
    """Return what of other logs overlaps with an item, the weightiest first."""
    if mine.type != "roadmap" or mine.span is None:
        return []
    schema = snapshot.schema
    topics, words = _topics(mine), _words(mine)
    by_topic = {topic: term(schema, "topic", topic) for topic in topics}
    by_word = {word: has_word(schema, snapshot.lexicon, (word,), ("name",)) for word in words}
    base = all_of(
        (
            of_type(schema, "roadmap"),
            within(schema, mine.span),
            any_of(term(schema, "stage", stage) for stage in STAGES),
        )
    )
    base = without(base, any_of(term(schema, "publisher", origin) for origin in own))
    levels = [Level("", all_of((base, query))) for query in _queries(by_topic, by_word)]
    asked = Asked(snapshot, levels, {}, "rank", in_levels=True)
    candidates = hits(asked, None, _CANDIDATES) if levels else []
    with home.database.read() as connection:
        theirs = [each for each in items_at(home, connection, "roadmap", candidates, rarity.seen) if each]
    rarity.queries |= {f"topic={topic}": query for topic, query in by_topic.items()}
    rarity.queries |= {f"word={word.text}": query for word, query in by_word.items()}
    found = [each for stated in theirs if (each := _compared(mine, stated, rarity))]
    return sorted(found, key=lambda each: (-each.weight, each.theirs.address))[:MOST]


def _queries(
    by_topic: Mapping[str, tantivy.Query], by_word: Mapping[Word, tantivy.Query]
) -> Iterator[tantivy.Query]:
    """Yield what finds candidates, the likeliest first; each finds what those before it find, too."""
    enough = tantivy.Query.boolean_query(
        [(tantivy.Occur.Should, query) for query in by_word.values()],
        minimum_number_should_match=_ENOUGH_WORDS,
    )
    has_enough = len(by_word) >= _ENOUGH_WORDS
    if by_topic and has_enough:
        yield all_of((any_of(by_topic.values()), enough))
    if by_topic and has_enough:
        yield any_of((any_of(by_topic.values()), enough))
    elif by_topic:
        yield any_of(by_topic.values())
    elif has_enough:
        yield enough


class _Rarity(dict[str, float]):
    """What can be shared → how much it tells; counted when it is asked for the first time.

    Attributes:
        queries: What can be shared → what finds the items that have it.
        seen: Candidates that were read.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.queries: dict[str, tantivy.Query] = {}
        self.seen: Seen = {}
        self._searcher, self._all = snapshot.searcher, of_type(snapshot.schema, "roadmap")
        self._total = number_of(self._searcher, self._all)

    def __missing__(self, name: str) -> float:
        those = number_of(self._searcher, all_of((self._all, self.queries[name])))
        self[name] = math.log(1 + self._total / max(those, 1))
        return self[name]


def _compared(mine: Planned, stated: Stated, rarity: _Rarity) -> Overlap | None:
    """Return what two items have in common, None where it is too little."""
    theirs = stated.planned
    period = mine.span.shared(theirs.span) if mine.span and theirs.span else None
    if period is None:
        return None
    topics = sorted(_topics(mine) & _topics(theirs))
    forms = _forms(theirs)
    words = [word.text for word in _words(mine) if not forms.isdisjoint(_word_forms(mine, word))]
    if not topics and len(words) < _ENOUGH_WORDS:
        return None
    return Overlap(
        stated,
        {topic: round(rarity[f"topic={topic}"], 3) for topic in topics},
        {word: round(rarity[f"word={word}"], 3) for word in words},
        period,
    )


def _topics(item: Planned) -> set[str]:
    """Return the topics of an item, in its own words: what they are part of is shared by too many."""
    broad = {TOPIC_ALIASES.get(topic, topic) for topic in item.facets.get("topic", ())}
    stated = item.item.fields.get("topics")
    if isinstance(stated, list):
        return {TOPIC_ALIASES.get(each, each) for each in stated if isinstance(each, str)} & broad
    return broad


def _words(item: Planned) -> list[Word]:
    """Return the words of a title in all its languages, each once."""
    titles = lang_map(item.item.fields.get("title")).values()
    found = dict.fromkeys(word for title in titles for word in words_of(title))
    return list(found)[:_MOST_WORDS]


def _forms(item: Planned) -> set[tuple[str, str]]:
    """Return all forms in which the words of a title count as the same: as they are, and as stems."""
    titles = lang_map(item.item.fields.get("title"))
    return {form for language, title in titles.items() for form in _forms_in(language, words_of(title))}


def _word_forms(item: Planned, word: Word) -> set[tuple[str, str]]:
    titles = lang_map(item.item.fields.get("title"))
    return {
        form
        for language, title in titles.items()
        if word in words_of(title)
        for form in _forms_in(language, (word,))
    }


def _forms_in(language: str, words: Sequence[Word]) -> Iterator[tuple[str, str]]:
    suffix = suffix_of(language)
    for word in words:
        yield "", word.text
        if suffix in STEMMERS and word.text.isalpha() and not word.is_pair:
            yield suffix, stems(suffix, [word.text])[0]


def _document(mine: Planned, overlap: Overlap, show: Shower) -> dict[str, Any]:
    here, there = _open_to(mine), _open_to(overlap.theirs.planned)
    both = [each for each in here if each in there]
    return {
        "item": show(overlap.theirs),
        "topics": [{"topic": topic, "weight": weight} for topic, weight in overlap.topics.items()],
        "words": [{"word": word, "weight": weight} for word, weight in overlap.words.items()],
        "period": period_document(overlap.period)
        or {"first": None, "last": None, "text": str(overlap.period)},
        "open_to": {"here": here, "there": there, "both": both},
        "weight": overlap.weight,
        "text": _explained(overlap, there, both),
    }


def _open_to(item: Planned) -> list[str]:
    return list(item.facets.get("openTo", ()))


def _explained(overlap: Overlap, there: Sequence[str], both: Sequence[str]) -> str:
    """Return in a sentence why two items are shown together."""
    shared = []
    if overlap.topics:
        shared.append(f"both are about {', '.join(overlap.topics)}")
    if overlap.words:
        shared.append(f"both titles have {', '.join(overlap.words)}")
    shared.append(f"both run {overlap.period}")
    if both:
        shared.append(f"both are open to {', '.join(both)}")
    elif there:
        shared.append(f"theirs is open to {', '.join(there)}")
    text = "; ".join(shared)
    return f"{text[0].upper()}{text[1:]}."
