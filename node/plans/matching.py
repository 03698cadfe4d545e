"""What finds items in the index: by type, by value, by day, and by how long nobody confirmed them."""

import datetime as dt
from typing import Final

import tantivy

from node.answers.planned import AWAITS, OPEN_END
from node.answers.queries import all_of, any_of
from node.home import Home
from protocol.periods import Span

from .freshness import STALE_DAYS, stale_days

PAID: Final = ("paid", "contract", "grant", "prize")
"""Kinds of compensation that are pay; expenses are not."""

OVERDUE_DAYS: Final = 90
"""Days after its end in which a consultation should say what came out."""


def term(schema: tantivy.Schema, facet: str, value: str) -> tantivy.Query:
    """Return what finds items that have a value."""
    return tantivy.Query.term_query(schema, "facet", f"{facet}={value}", "basic")


def of_type(schema: tantivy.Schema, type_: str) -> tantivy.Query:
    """Return what finds all items of a type."""
    return tantivy.Query.term_query(schema, "plan", type_, "basic")


def without(query: tantivy.Query, unwanted: tantivy.Query) -> tantivy.Query:
    """Return what finds the hits of one query that another one does not find."""
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.MustNot, unwanted)])


def between(
    schema: tantivy.Schema, name: str, *, least: int | None = None, most: int | None = None
) -> tantivy.Query:
    """Return what finds items by a number that the index has of them, such as a day; both ends count."""
    return tantivy.Query.range_query(schema, name, tantivy.FieldType.Integer, least, most)


def within(schema: tantivy.Schema, span: Span) -> tantivy.Query:
    """Return what finds items that have a day in common with a span."""
    last = span.last.toordinal() if span.last else OPEN_END - 1
    return all_of((between(schema, "starts", most=last), between(schema, "ends", least=_first(span))))


def paid(schema: tantivy.Schema) -> tantivy.Query:
    """Return what finds items for which there is pay."""
    return any_of(term(schema, "compensation", kind) for kind in PAID)


def overdue(schema: tantivy.Schema, now: dt.date) -> tantivy.Query:
    """Return what finds consultations that should have said by now what came out."""
    awaits = tantivy.Query.term_query(schema, "facet", AWAITS, "basic")
    return all_of((awaits, between(schema, "ends", most=now.toordinal() - OVERDUE_DAYS - 1)))


def unconfirmed(home: Home, schema: tantivy.Schema, now: dt.date) -> tantivy.Query:
    """Return what finds items that nobody confirmed for as long as their publishers said."""
    with home.database.read() as connection:
        said = stale_days(connection)
    by_days: dict[int, list[str]] = {}
    for origin, days in said.items():
        by_days.setdefault(days, []).append(origin)
    own_rule = any_of(term(schema, "publisher", origin) for origin in sorted(said))
    old = between(schema, "confirmed", most=now.toordinal() - STALE_DAYS - 1)
    stale = [between(schema, "confirmed", least=now.toordinal() + 2), without(old, own_rule) if said else old]
    for days, origins in sorted(by_days.items()):
        theirs = any_of(term(schema, "publisher", origin) for origin in sorted(origins))
        stale.append(all_of((theirs, between(schema, "confirmed", most=now.toordinal() - days - 1))))
    return any_of(stale)


def _first(span: Span) -> int:
    return span.first.toordinal() if span.first else 1
