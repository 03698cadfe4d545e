"""Planned work of several publishers that could be one: found by topics, words and days, and explained.

::

    {"item": {…}, "overlaps": [
        {"item": {…}, "topics": [{"topic": "sector:health", "weight": 3.2}], "words": [{"word": "triage", …}],
         "period": {"first": "2027-01-01", "last": "2027-03-31", "text": "2027-01-01 to 2027-03-31"},
         "open_to": {"here": ["pilot"], "there": ["pilot", "co-fund"], "both": ["pilot"]},
         "weight": 5.4, "text": "Both plan sector:health, from 2027-01-01 to …; both open to pilot."}]}

An item of another log overlaps when it is planned or in progress, has a day in common, and shares a topic or
at least two words of its title (see ``sharing``). The index finds candidates for each item; all of them are
read at once. What overlaps is remembered until the index changes, and shown as the catalogue has it by then:
what was changed since is left out. Nobody's own word raises a weight; an overlap is shown, it joins nothing.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any, Final

import tantivy

from node.answers.asking import Asked, Hit, hits
from node.answers.gathering import projects_of
from node.answers.index import Snapshot
from node.answers.indexing import catch_up
from node.answers.planned import Planned, planned
from node.answers.projects import Member
from node.answers.queries import Level, all_of, any_of, has_word
from node.answers.resolving import resolve
from node.answers.search import snapshot_of
from node.answers.texts import lang_map
from node.answers.words import Word
from node.errors import NotFoundError, TakenDownError
from node.home import Home
from protocol.language import best_text
from protocol.packing import Value

from .matching import of_type, term, within, without
from .shapes import Overlapped, Overlapping, Plan
from .sharing import ENOUGH_WORDS, Rarity, Shared, Told, compared, told_of
from .shown import Seen, Shower, Stated, items_at, period_document, stated_in

MOST: Final = 20
"""Overlaps that are told of one item, the weightiest."""

MOST_ITEMS: Final = 100
"""Items of one publisher that are looked at, those that were changed last."""

STAGES: Final = ("planned", "in-progress")
"""Stages of what others may still join."""

_OVER: Final = ("done", "dropped")
_CANDIDATES: Final = 50  # that are looked at closely


@dataclass(frozen=True, slots=True)
class Overlap:
    """An item of somebody else, and what it shares with one that was asked about.

    Attributes:
        hit: Where the index has it.
        index: Of the leaf that stated it then.
        shared: What both have in common.
    """

    hit: Hit
    index: int
    shared: Shared


def overlaps(home: Home, ref: str, languages: Sequence[str] = (), *, fresh: bool = True) -> list[Overlapped]:
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


def overlaps_of(home: Home, addresses: Sequence[str], languages: Sequence[str] = ()) -> list[Overlapped]:
    """Return what overlaps with some items, as far as they are still there; see ``overlaps``."""
    stated = []
    for address in addresses:
        with contextlib.suppress(NotFoundError, TakenDownError):
            stated += _stated(home, address)
    return _shown(home, stated, languages)


def overlaps_of_own(home: Home, languages: Sequence[str] = ()) -> list[Overlapped]:
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
    found: list[dict[str, Any]] = []
    member = Member(0, "", bytes(16), 0, payload, has_standing=False, voice="", precedence=0)
    mine = planned(member)
    with home.database.read() as connection:
        read = _Reader(home, connection)
        those = _overlaps(snapshot_of(home), read, [(own, each) for each in mine])
        show = _Shown(Shower(home, connection, languages))
        for each, shown in zip(mine, _documents(mine, those, read, show), strict=True):
            if shown:
                title, _ = best_text(lang_map(each.item.fields.get("title")), languages) or ("", "")
                found.append({"id": each.item.id, "title": title, "overlaps": shown})
    return found


def _shown(home: Home, stated: Iterable[Stated], languages: Sequence[str]) -> list[Overlapped]:
    ours = [each for each in stated if each.planned.item.fields.get("stage") not in _OVER]
    mine = [each.planned for each in ours]
    snapshot = snapshot_of(home)
    question = ("overlaps", *((each.address, each.member.index) for each in ours))
    with home.database.read() as connection:
        read = _Reader(home, connection)
        those = snapshot.recalled(
            question,
            lambda: _overlaps(snapshot, read, [((each.member.origin,), each.planned) for each in ours]),
        )
        show = _Shown(Shower(home, connection, languages))
        found: list[Overlapped] = [
            {"item": show[each], "overlaps": shown}
            for each, shown in zip(ours, _documents(mine, those, read, show), strict=True)
        ]
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


class _Reader:
    """Reads the items that the index found, as the catalogue has them now; each entry once."""

    def __init__(self, home: Home, connection: sqlite3.Connection) -> None:
        self._home, self._connection = home, connection
        self._seen: Seen = {}

    def __call__(self, each: Iterable[Sequence[Hit]]) -> list[list[Stated | None]]:
        """Return lists of items for lists of hits; None for what is no more."""
        lists = list(each)
        every = [hit for those in lists for hit in those]
        read = iter(items_at(self._home, self._connection, "roadmap", every, self._seen))
        return [list(islice(read, len(those))) for those in lists]


def _overlaps(
    snapshot: Snapshot, read: _Reader, mine: Sequence[tuple[Sequence[str], Planned]]
) -> list[list[Overlap]]:
    """Return for each item what overlaps with it, but for what is of some logs, the weightiest first.

    Most candidates are those of several items: each is read, and cut into words, once.
    """
    rarity = Rarity(snapshot)
    told = [told_of(each) for _, each in mine]
    found = [
        _candidates(snapshot, rarity, own, each) if item.type == "roadmap" else []
        for (own, item), each in zip(mine, told, strict=True)
    ]
    theirs: dict[str, Told] = {}
    return [
        _weightiest(each, zip(those, stated, strict=True), theirs, rarity)
        for each, those, stated in zip(told, found, read(found), strict=True)
    ]


def _candidates(snapshot: Snapshot, rarity: Rarity, own: Sequence[str], mine: Told) -> list[Hit]:
    """Return the items that probably have most in common with one, and have ``rarity`` know what it asked."""
    if mine.span is None:
        return []
    schema = snapshot.schema
    by_topic = {topic: term(schema, "topic", topic) for topic in mine.topics}
    by_word = {word: has_word(schema, snapshot.lexicon, (word,), ("name",)) for word in mine.words}
    rarity.queries |= {f"topic={topic}": query for topic, query in by_topic.items()}
    rarity.queries |= {f"word={word.text}": query for word, query in by_word.items()}
    base = all_of(
        (
            of_type(schema, "roadmap"),
            within(schema, mine.span),
            any_of(term(schema, "stage", stage) for stage in STAGES),
        )
    )
    base = without(base, any_of(term(schema, "publisher", origin) for origin in own))
    levels = [Level("", all_of((base, query))) for query in _queries(by_topic, by_word)]
    return hits(Asked(snapshot, levels, {}, "rank", in_levels=True), None, _CANDIDATES) if levels else []


def _weightiest(
    mine: Told, candidates: Iterable[tuple[Hit, Stated | None]], theirs: dict[str, Told], rarity: Rarity
) -> list[Overlap]:
    """Return what of some items overlaps with one; ``theirs`` keeps what each of them tells."""
    found = []
    for hit, stated in candidates:
        if stated is None:
            continue
        address = stated.address
        if address not in theirs:
            theirs[address] = told_of(stated.planned)
        shared = compared(mine, theirs[address], rarity)
        if shared is not None:
            found.append((-shared.weight, address, Overlap(hit, stated.member.index, shared)))
    return [overlap for _, _, overlap in sorted(found, key=itemgetter(0, 1))[:MOST]]


def _queries(
    by_topic: Mapping[str, tantivy.Query], by_word: Mapping[Word, tantivy.Query]
) -> Iterator[tantivy.Query]:
    """Yield what finds candidates, the likeliest first; each finds what those before it find, too."""
    enough = tantivy.Query.boolean_query(
        [(tantivy.Occur.Should, query) for query in by_word.values()],
        minimum_number_should_match=ENOUGH_WORDS,
    )
    has_enough = len(by_word) >= ENOUGH_WORDS
    if by_topic and has_enough:
        yield all_of((any_of(by_topic.values()), enough))
    if by_topic and has_enough:
        yield any_of((any_of(by_topic.values()), enough))
    elif by_topic:
        yield any_of(by_topic.values())
    elif has_enough:
        yield enough


class _Shown:
    """Shows items; what is shown of one is made once."""

    def __init__(self, show: Shower) -> None:
        self._show = show
        self._shown: dict[str, Plan] = {}

    def __getitem__(self, stated: Stated) -> Plan:
        address = stated.address
        if address not in self._shown:
            self._shown[address] = self._show(stated)
        return self._shown[address]


def _documents(
    mine: Iterable[Planned], overlaps_: Sequence[Sequence[Overlap]], read: _Reader, show: _Shown
) -> Iterator[list[Overlapping]]:
    """Yield for each item the documents of what overlaps with it, but for what was changed since."""
    theirs = read([each.hit for each in those] for those in overlaps_)
    for item, those, stated in zip(mine, overlaps_, theirs, strict=True):
        yield [
            _document(item, it, each.shared, show)
            for each, it in zip(those, stated, strict=True)
            if it and it.member.index == each.index
        ]


def _document(mine: Planned, theirs: Stated, shared: Shared, show: _Shown) -> Overlapping:
    here, there = _open_to(mine), _open_to(theirs.planned)
    both = [each for each in here if each in there]
    return {
        "item": show[theirs],
        "topics": [{"topic": topic, "weight": weight} for topic, weight in shared.topics.items()],
        "words": [{"word": word, "weight": weight} for word, weight in shared.words.items()],
        "period": period_document(shared.period) or {"first": None, "last": None, "text": str(shared.period)},
        "open_to": {"here": here, "there": there, "both": both},
        "weight": shared.weight,
        "text": _explained(shared, there, both),
    }


def _open_to(item: Planned) -> list[str]:
    return list(item.facets.get("openTo", ()))


def _explained(both_have: Shared, there: Sequence[str], both: Sequence[str]) -> str:
    """Return in a sentence why two items are shown together."""
    shared = []
    if both_have.topics:
        shared.append(f"both are about {', '.join(both_have.topics)}")
    if both_have.words:
        shared.append(f"both titles have {', '.join(both_have.words)}")
    shared.append(f"both run {both_have.period}")
    if both:
        shared.append(f"both are open to {', '.join(both)}")
    elif there:
        shared.append(f"theirs is open to {', '.join(there)}")
    text = "; ".join(shared)
    return f"{text[0].upper()}{text[1:]}."
