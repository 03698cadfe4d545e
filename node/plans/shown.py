"""What is shown of an item: what it says, who says so, and how well that is known.

::

    {"address": "lyon.example/log/lyon/1/e/3f…#pilot-2027", "type": "roadmap", "id": "pilot-2027",
     "project": "lyon.example/log/lyon/1/e/3f…", "entry": "lyon.example/log/lyon/1/e/3f…",
     "name": "Budget participatif", "title": "Pilot in two districts", "text": "…", "language": "en",
     "machine": false,
     "period": {"first": "2027-01-01", "last": "2027-03-31", "text": "2027-01-01 to 2027-03-31"},
     "over": false, "overdue": false, "topics": ["ogp:open-digital", "sector:civic-participation"],
     "places": ["FR", "FR-ARA"], "url": null,
     "item": {"id": "pilot-2027", "stage": "planned", "openTo": ["pilot"], …},
     "origin": "lyon.example/log/lyon/1", "publisher": "Ville de Lyon",
     "modified": "2026-11-02T09:00:00Z", "reviewed": "", "confirmed": "2026-11-02", "stale": false,
     "matched": "all", "provenance": {…}}

``item`` is what its publisher states, unchanged; ``project`` is where all that publishers say of the thing
stands together. ``topics`` and ``places`` are what it is found by: its own or else its entry's, and broader
ones. ``stale`` says that nobody confirmed the entry for as long as its publisher holds it good (see
``freshness``), ``over`` that its last day has passed, ``overdue`` that a consultation ended long ago and
nobody said what came out. ``matched`` and ``provenance`` are as in a search.
"""

import datetime as dt
import sqlite3
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from node.answers.asking import Hit
from node.answers.gathering import projects_of
from node.answers.items import Logs
from node.answers.planned import Planned, awaits_outcome, is_same, planned
from node.answers.projects import Key, Member, Project
from node.answers.provenance import readable
from node.answers.texts import card_of, lang_map, machine_made, name_for
from node.home import Home
from node.store.profiles import newest_profile
from protocol.forms import is_url
from protocol.language import UNDETERMINED, best_text
from protocol.packing import Value
from protocol.periods import Span, span_of
from protocol.plans import PARTICIPATION, confirmed_on

from .freshness import is_stale, stale_after, today
from .matching import OVERDUE_DAYS
from .shapes import Period, Plan


@dataclass(frozen=True, slots=True)
class Stated:
    """An item where it stands.

    Attributes:
        member: The entry that states it.
        planned: What it says.
        project: Address of the project that the entry belongs to.
    """

    member: Member
    planned: Planned
    project: str

    @property
    def address(self) -> str:
        """What names it in the federation."""
        return f"{self.member.address}#{self.planned.item.id}"


def items_of(home: Home, type_: str, hits: Sequence[Hit], languages: Sequence[str]) -> tuple[Plan, ...]:
    """Return what is shown of hits, in their order; what was withdrawn or changed since is left out."""
    with home.database.read() as connection:
        stated = items_at(home, connection, type_, hits)
        show = Shower(home, connection, languages)
        return tuple(show(each, hit.label) for hit, each in zip(hits, stated, strict=True) if each)


Seen = dict[tuple[Key, int | str], Stated | None]
"""Entry and place → the item there, None where there is none any more."""


def items_at(
    home: Home, connection: sqlite3.Connection, type_: str, hits: Sequence[Hit], seen: Seen | None = None
) -> list[Stated | None]:
    """Return for each hit the item that the catalogue has there now, None where it has it no more.

    Args:
        home: The node.
        connection: For reading.
        type_: What sort of items.
        hits: Where they stand.
        seen: What was read before in the same moment; what is read now is added.
    """
    seen = {} if seen is None else seen
    unread: dict[Key, list[int | str]] = {}
    for hit in hits:
        where = hit.members[0], hit.place.at
        if where not in seen:
            seen[where] = None
            unread.setdefault(where[0], []).append(where[1])
    for project in projects_of(home, connection, unread) if unread else ():
        for member in project.members:
            places = unread.get(member.key, ())
            for each in planned(member, places) if places else ():
                stated = Stated(member, each, project.address)
                seen |= {(member.key, place): stated for place in places if is_same(place, each.key)}
    found = [seen[hit.members[0], hit.place.at] for hit in hits]
    return [each if each and each.planned.type == type_ else None for each in found]


def stated_in(project: Project, member: Member) -> Iterator[Stated]:
    """Yield the items of an entry."""
    for each in planned(member):
        yield Stated(member, each, project.address)


class Shower:
    """Shows items; what belongs to a log or a publisher is read once."""

    def __init__(self, home: Home, connection: sqlite3.Connection, languages: Sequence[str]) -> None:
        self._languages, self._now = languages, today(home)
        self._logs = Logs(home, connection)
        self._publishers = _Publishers(connection, languages)

    def __call__(self, stated: Stated, label: str = "all") -> Plan:
        """Return the document that this module shows."""
        member, item = stated.member, stated.planned.item
        payload = member.payload
        made = machine_made(dict(payload))
        name, _ = name_for(lang_map(payload.get("name")), self._languages, made)
        title, text, language = self._texts(stated, made)
        confirmed = confirmed_on(payload)
        publisher, days = self._publishers[member.log]
        return {
            "address": stated.address,
            "type": stated.planned.type,
            "id": item.id,
            "project": stated.project,
            "entry": member.address,
            "name": name,
            "title": title,
            "text": text,
            "language": language,
            "machine": language in made,
            "period": period_document(stated.planned.span),
            "over": is_over(stated.planned.span, self._now),
            "overdue": item.list == PARTICIPATION and is_overdue(item.fields, self._now),
            "topics": list(stated.planned.facets.get("topic", ())),
            "places": list(stated.planned.facets.get("place", ())),
            "url": _url(item.fields),
            "item": readable(dict(item.fields)),
            "origin": member.origin,
            "publisher": publisher,
            "modified": _text(payload.get("modified")),
            "reviewed": _text(payload.get("reviewed")),
            "confirmed": str(confirmed) if confirmed else None,
            "stale": is_stale(confirmed, days, self._now),
            "matched": label,
            "provenance": self._logs.provenance(member.log, member.origin, member.index),
        }

    def _texts(self, stated: Stated, machine: Container[str]) -> tuple[str, str, str]:
        """Return title, text and language of an item; ``machine`` are those in which a machine made them."""
        fields, payload = stated.planned.item.fields, stated.member.payload
        if stated.planned.item.list == PARTICIPATION:
            titles, texts = lang_map(payload.get("name")), lang_map(payload.get("summary"))
        else:
            # A provider has a name as it is, everything else its texts by language.
            titles, texts = lang_map(fields.get("title") or fields.get("name")), lang_map(fields.get("text"))
        title, language = best_text(titles, self._languages, machine) or ("", "")
        text, second = best_text(texts, (language, *self._languages), machine) or ("", UNDETERMINED)
        return title, text, language or second


class _Publishers(dict[int, tuple[str, int]]):
    """Log → what its publisher calls itself, and after how many days its entries are stale."""

    def __init__(self, connection: sqlite3.Connection, languages: Sequence[str]) -> None:
        super().__init__()
        self._connection, self._languages = connection, languages

    def __missing__(self, log: int) -> tuple[str, int]:
        profile = newest_profile(self._connection, log)
        said = {} if profile is None else profile.said
        name, _, _ = card_of(dict(said)).shown(self._languages)
        self[log] = (name, stale_after(said))
        return self[log]


def period_document(span: Span | None) -> Period | None:
    """Return days as JSON can say them; None of what says none."""
    if span is None or span == Span(None, None):
        return None
    return {
        "first": str(span.first) if span.first else None,
        "last": str(span.last) if span.last else None,
        "text": str(span),
    }


def is_over(span: Span | None, now: dt.date) -> bool:
    """Tell whether the last day has passed."""
    return span is not None and span.last is not None and span.last < now


def is_overdue(says: Mapping[str, Value], now: dt.date) -> bool:
    """Tell whether a consultation should have said by now what came out; see ``matching.overdue``."""
    span = span_of(says.get("opens"), says.get("closes"))
    if span is None or span.last is None or (now - span.last).days <= OVERDUE_DAYS:
        return False
    return awaits_outcome(says)


def _url(fields: Mapping[str, Value]) -> str | None:
    """Return the page that an item names, when it is one; a consultation's report when it has one."""
    named = (fields.get(name) for name in ("url", "report", "uri"))
    return next((each for each in named if isinstance(each, str) and is_url(each)), None)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
