"""What the index holds of plans and calls: one document for each item of an entry.

::

    plan      roadmap, seeking, offering, provider or consultation
    key       that of its entry in ``documents``, so that it goes when the entry does, and 63 bits of its own
    members   log and id of the entry
    rank      days since 1970 of the entry's last change, then bits of its own key
    order     the day that matters most, then its own key
    starts, ends     its days, for what is open or planned when; see ``OPEN_END``
    confirmed        the day on which the entry was last changed or confirmed; 0 where that is not stated
    facet     "stage=planned", "openTo=pilot", "topic=sector:health", …
    name_fr, lead_fr, text_fr    its words; those of the entry's name too, so that it is found by them

A project is one document whatever plans it has (see ``documents``), so questions about projects leave out
what has ``plan`` (``projects_only``), and questions about plans ask for it.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import tantivy

from protocol.language import UNDETERMINED
from protocol.packing import Value
from protocol.periods import Span, span_of
from protocol.plans import PARTICIPATION, PlanItem, confirmed_on, last_day, plan_items
from protocol.vocabulary import broader_topics

from .documents import ALONE, CARD, UNCOUNTED, Document, document_key, document_rank, word_fields
from .facets import MAX_VALUES, spelled
from .index import Snapshot
from .projects import Member
from .texts import day_of, lang_map, texts_of

TYPES: Final[Mapping[str, str]] = {
    "roadmap": "roadmap",
    "seeking": "seeking",
    "offering": "offering",
    "providers": "provider",
    PARTICIPATION: "consultation",
}
"""Field of an entry → what its items are called."""

PLAN_FACETS: Final[Mapping[str, tuple[str, ...]]] = {
    "roadmap": ("stage", "openTo", "topic", "place", "publisher", "language"),
    "seeking": ("type", "skill", "language", "compensation", "topic", "place", "publisher"),
    "offering": ("type", "skill", "language", "compensation", "topic", "place", "publisher"),
    "provider": ("role", "topic", "place", "publisher", "language"),
    "consultation": ("status", "topic", "place", "publisher", "language"),
}
"""Type → what its items can be counted and filtered by."""

OPEN_END: Final = 4_000_000
"""The day of what has no end; later than any day of the calendar. What says no day at all begins there."""

AWAITS: Final = "awaits=outcome"
"""The term of consultations of which nobody said what came out."""

_LONGEST: Final = 300  # characters of a value, and of a name that comes with each item
_MOST_NAMES: Final = 20  # languages of a name that comes with each item


@dataclass(frozen=True, slots=True)
class Planned:
    """One item, as its entry states it.

    Attributes:
        type: A value of ``TYPES``.
        item: What it says, and its id.
        span: Its days; None where it does not say when.
        facets: Facet → values, the broader ones too.
        key: Its own 63 bits.
    """

    type: str
    item: PlanItem
    span: Span | None
    facets: Mapping[str, tuple[str, ...]]
    key: int

    @property
    def day(self) -> dt.date | None:
        """The day that matters most: when work begins, a call ends, or taking part ends."""
        if self.span is None:
            return None
        first, last = self.span.first, self.span.last
        return (first or last) if self.type == "roadmap" else (last or first)


def planned(member: Member, places: Collection[int | str] | None = None) -> list[Planned]:
    """Return all items of an entry that are to be found: of calls those that say until when.

    Args:
        member: The entry.
        places: Only those whose documents stand there; see ``is_same``.
    """
    if TYPES.keys().isdisjoint(member.payload):
        # As nearly all of them.
        return []
    found = []
    for item in plan_items(member.payload):
        key = document_key(member.origin, member.id + b"#" + item.id.encode())
        if places is not None and not any(is_same(place, key) for place in places):
            continue
        span = _span(item, member.payload)
        if span is None and item.list in ("seeking", "offering"):
            continue
        facets = {"publisher": (member.origin,), **dict(_facets(item, member.payload))}
        found.append(Planned(TYPES[item.list], item, span, facets, key))
    return found


def plan_documents(member: Member) -> Iterator[Document]:
    """Yield the documents of all items of an entry."""
    items = planned(member)
    if not items:
        return
    shared = document_key(member.origin, member.id)
    modified = day_of(member.payload.get("modified"))
    confirmed = confirmed_on(member.payload)
    for each in items:
        fields: dict[str, Any] = {**UNCOUNTED, **word_fields(_texts(each.item, member.payload))}
        fields["plan"] = each.type
        fields["members"] = member.log.to_bytes(8) + member.id
        fields["rank"] = document_rank(each.key, modified)
        fields["order"] = f"a-{each.day}--{each.key:016x}" if each.day else f"z---{each.key:016x}"
        fields["starts"], fields["ends"] = _days(each.span)
        fields["confirmed"] = confirmed.toordinal() if confirmed else 0
        terms = [f"{facet}={value}" for facet, values in each.facets.items() for value in values]
        awaits = each.type == TYPES[PARTICIPATION] and awaits_outcome(each.item.fields)
        fields["facet"] = [*terms, AWAITS] if awaits else terms
        yield Document((shared, each.key), fields)


def projects_only(snapshot: Snapshot, query: tantivy.Query, *, folded: bool = False) -> tantivy.Query:
    """Return what finds the projects and profiles that a query finds, and none of their plans.

    Where nobody plans anything the query stays as it is: leaving nothing out takes time too.

    Args:
        snapshot: Of the index.
        query: What is asked.
        folded: Whether suites are found together with their parts, and originals in place of copies; else
            everything by itself.
    """
    # Asked for each level of a question.
    unwanted = snapshot.recalled_word(("no project", folded), lambda: _no_projects(snapshot, folded=folded))
    if not unwanted:
        return query
    parts = [(tantivy.Occur.MustNot, each) for each in unwanted]
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *parts])


def _no_projects(snapshot: Snapshot, *, folded: bool) -> tuple[tantivy.Query, ...]:
    """Return what finds all that is no project, as far as there is any; see ``projects_only``."""
    terms = [("plan", type_) for type_ in PLAN_FACETS] + [("shown", ALONE if folded else CARD)]
    return tuple(
        tantivy.Query.term_query(snapshot.schema, field, term, "basic")
        for field, term in terms
        if snapshot.searcher.doc_freq(field, term)
    )


def awaits_outcome(says: Mapping[str, Value]) -> bool:
    """Tell whether a consultation that ends says nothing of what came out, and is not called off."""
    if span_of(says.get("opens"), says.get("closes")) is None or says.get("status") == "cancelled":
        return False
    return not any(says.get(name) for name in ("report", "outcome", "decision"))


def is_same(place: int | str, key: int) -> bool:
    """Tell whether a document that stands at a place, by rank or by order, is that of an item."""
    if isinstance(place, int):
        return place & (1 << 47) - 1 == key >> 16
    return place.endswith(f"--{key:016x}")


def _span(item: PlanItem, payload: Mapping[str, Value]) -> Span | None:
    says = item.fields
    match item.list:
        case "roadmap":
            return span_of(says.get("from"), says.get("to"))
        case "participation":
            return span_of(says.get("opens"), says.get("closes"))
        case "providers":
            return span_of(None, says.get("until")) or Span(None, None)
        case _:
            until = last_day(says, payload)
            return None if until is None else Span(None, until)


def _days(span: Span | None) -> tuple[int, int]:
    """Return the first and the last day as numbers; of what says no day such that no period has it."""
    if span is None:
        return OPEN_END, 0
    return (
        span.first.toordinal() if span.first else 0,
        span.last.toordinal() if span.last else OPEN_END,
    )


def _facets(item: PlanItem, payload: Mapping[str, Value]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each facet of an item with its values; what it does not say itself, its entry says."""
    says = item.fields
    paid = says.get("compensation")
    stated: Mapping[str, Value] = {
        "stage": says.get("stage"),
        "openTo": says.get("openTo"),
        "type": says.get("type"),
        "skill": says.get("skills"),
        "compensation": paid.get("kind") if isinstance(paid, dict) else None,
        "status": says.get("status"),
        "role": says.get("role"),
        "topic": says.get("topics") or payload.get("topics"),
        "place": says.get("places") or payload.get("jurisdictions"),
        "language": says.get("languages") or payload.get("languages"),
    }
    for facet in PLAN_FACETS[TYPES[item.list]]:
        if facet in stated:
            yield facet, _values(facet, stated[facet])


def _values(facet: str, stated: Value) -> tuple[str, ...]:
    """Return the values that an item counts for, the broader ones too, sorted, each once."""
    found: set[str] = set()
    for value in stated[:MAX_VALUES] if isinstance(stated, list) else (stated,):
        if isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable():
            found.update(counted_as(facet, value))
    return tuple(sorted(found))


def counted_as(facet: str, value: str) -> tuple[str, ...]:
    """Return what a value counts as: itself in the spelling of filters, and what it is part of."""
    match facet:
        case "topic":
            return broader_topics(value)
        case "place":
            own = spelled("jurisdiction", value)
            return own, own.partition("-")[0]
        case "language":
            own = spelled("language", value)
            return own, own.partition("-")[0]
        case "skill":
            return (" ".join(value.lower().split()),)
        case _:
            return (value,)


def _texts(item: PlanItem, payload: Mapping[str, Value]) -> list[tuple[str, str, str]]:
    """Return (level, language, text) of all by which an item is found."""
    names = list(lang_map(payload.get("name")).items())[:_MOST_NAMES]
    of_entry = [(language, text[:_LONGEST]) for language, text in names]
    if item.list == PARTICIPATION:
        asked = [
            ("text", language, text)
            for field in ("whoCanTakePart", "howInputIsUsed")
            for language, text in lang_map(item.fields.get(field)).items()
        ]
        return texts_of(payload) + asked
    found = []
    if item.list == "providers":
        name = item.fields.get("name")
        found += [("name", UNDETERMINED, name)] if isinstance(name, str) else []
    title, text = lang_map(item.fields.get("title")), lang_map(item.fields.get("text"))
    found += [("name", language, said) for language, said in title.items()]
    found += [("text" if title else "lead", language, said) for language, said in text.items()]
    found += [("lead", language, said) for language, said in of_entry]
    skills = item.fields.get("skills")
    if isinstance(skills, list):
        found += [("text", UNDETERMINED, skill) for skill in skills[:MAX_VALUES] if isinstance(skill, str)]
    return found
