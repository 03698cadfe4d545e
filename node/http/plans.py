"""Plans, calls, providers and consultations over HTTP, and feeds of them.

::

    GET /api/v1/roadmap?from=2027-Q1&to=2027-Q2&topic=sector:health&openTo=pilot&facets=stage
    GET /api/v1/seeking?skill=ux&paid=true        calls that are open; expired=only for those that are over
    GET /api/v1/offering    /api/v1/providers     who helps, and who can be hired
    GET /api/v1/consultations?overdue=true        whose outcome nobody told within 90 days
    GET /api/v1/roadmap/<address>/overlaps        who plans the same as an item, an entry or a publisher
    GET /feeds/roadmap.atom   .json   .ics        the same question as a feed or a calendar; 50 items a page
    GET /feeds/overlaps.atom?publisher=<origin>   who plans the same as a publisher, as a feed

``#`` in an address of an item is written ``%23``.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, cast
from urllib.parse import quote

import msgspec
from aiohttp import web
from msgspec import Meta

from node.answers.planned import PLAN_FACETS
from node.answers.publishers import publisher_names
from node.feeds import atom, calendar, jsonfeed
from node.feeds.entries import MOST_ENTRIES, Feed, feed_entries, overlap_entries
from node.feeds.titles import overlaps_title, plans_title
from node.home import Home
from node.plans.overlaps import overlaps
from node.plans.providers import providers
from node.plans.questions import EXPIRED, SORTS, PlanPage, PlanQuestion, day_named, period_of, plans
from node.plans.shapes import Overlapped, Overlaps, PlanAnswer, ProviderAnswer

from .card import base_path, base_url
from .documents import answer, json_answer, next_link
from .found import catch_up_shortly, plans_found
from .parameters import MAX_VALUES, Cursor, Languages, Limit, read
from .problems import HttpProblemError
from .resources import FeedResource
from .routes import Route
from .tables import plans_table

PLACES: Final[Mapping[str, str]] = {
    "roadmap": "roadmap",
    "seeking": "seeking",
    "offering": "offering",
    "providers": "provider",
    "consultations": "consultation",
}
"""Last part of a path → the type of items that is there."""

_OVERLAPS: Final = "overlaps"
_Filter = Annotated[
    list[Annotated[str, Meta(min_length=1)]],
    Meta(max_length=MAX_VALUES, description="Only what has one of these values."),
]
_FEEDS: Final[Mapping[str, tuple[str, Callable[[Feed], bytes]]]] = {
    "atom": (atom.MEDIA_TYPE, atom.atom),
    "json": (jsonfeed.MEDIA_TYPE, jsonfeed.json_feed),
    "ics": (calendar.MEDIA_TYPE, calendar.calendar),
}


class Asked(Languages, frozen=True, kw_only=True):
    """One page of items; what is read for each type is in ``ASKED``."""

    q: Annotated[str, Meta(description="Words that must all be there; everything without.")] = ""
    limit: Limit = 20
    cursor: Cursor | None = None
    to: Annotated[
        str, Meta(description="End of a period, such as 2027-Q2; what has a day in it is found.")
    ] = ""
    open: Annotated[str, Meta(description="Only what is open, or worked on, on this day.")] = ""
    expired: Annotated[str, Meta(description=f"What is over: {', '.join(EXPIRED)}.")] = ""
    stale: Annotated[bool, Meta(description="Whether nobody confirmed it for long.")] | None = None
    sort: Annotated[str, Meta(description=f"One of: {', '.join(SORTS)}.")] = SORTS[0]
    facets: Annotated[str, Meta(description="Which filters' values to count, separated by commas.")] = ""

    @property
    def counted(self) -> tuple[str, ...]:
        """Which facets to count."""
        return tuple(dict.fromkeys(self.facets.split(","))) if self.facets else ()

    def question(self, type_: str) -> PlanQuestion:
        """Return what is asked of a type of items.

        Raises:
            InvalidInputError: A day or period is none.
        """
        given: dict[str, list[str]] = {facet: getattr(self, facet) for facet in PLAN_FACETS[type_]}
        return PlanQuestion(
            type_,
            self.q,
            {facet: tuple(values) for facet, values in given.items() if values},
            period_of(getattr(self, "from"), self.to),
            day_named(self.open) if self.open else None,
            self.expired,
            getattr(self, "paid", None),
            self.stale,
            getattr(self, "overdue", None),
            self.sort,
            self.languages,
        )


class OverlapsOf(Languages, frozen=True, kw_only=True):
    """Whose overlaps."""

    publisher: Annotated[str, Meta(min_length=1, description="The origin of the publisher's log.")]


def _asked(type_: str) -> type[Asked]:
    """Return the parameters of a type of items, with one for each of its filters."""
    fields: list[tuple[str, Any, Any]] = [
        ("from", Annotated[str, Meta(description="Beginning of a period, such as 2027-Q1.")], "")
    ]
    fields += [(facet, _Filter, msgspec.field(default_factory=list)) for facet in PLAN_FACETS[type_]]
    if "compensation" in PLAN_FACETS[type_]:
        paid = Annotated[bool, Meta(description="Whether there is pay: paid, contract, grant or prize.")]
        fields.append(("paid", paid | None, None))
    if type_ == "consultation":
        said = "Whether it closed more than 90 days ago, and nobody said what came out."
        fields.append(("overdue", Annotated[bool, Meta(description=said)] | None, None))
    made = msgspec.defstruct(f"Asked{type_.title()}", fields, bases=(Asked,), frozen=True, kw_only=True)
    return cast("type[Asked]", made)


def with_parameter(kind: type[Asked], name: str, of: Any) -> type[Asked]:  # noqa: ANN401 - a type's form
    """Return the parameters of a type of items with one more, which is a text and may be left out."""
    made = msgspec.defstruct(kind.__name__, [(name, of, "")], bases=(kind,), frozen=True, kw_only=True)
    return cast("type[Asked]", made)


ASKED: Final[Mapping[str, type[Asked]]] = {type_: _asked(type_) for type_ in PLAN_FACETS}
"""Type of items → the parameters of questions about them."""

_FORMAT: Final = Annotated[
    Literal["", "csv", "json"], Meta(description="`csv` for a table for spreadsheets, `json` for JSON.")
]

ASKED_PAGE: Final[Mapping[str, type[Asked]]] = {
    type_: with_parameter(kind, "format", _FORMAT) for type_, kind in ASKED.items()
}
"""The same, of what can be had as a table too."""


def asked_page(home: Home, type_: str, asked: Asked) -> PlanPage:
    """Return a page of items of one type; it blocks.

    Raises:
        InvalidInputError: A question, filter or cursor that cannot be.
    """
    catch_up_shortly(home)
    ask = providers if type_ == "provider" else plans
    return ask(home, asked.question(type_), asked.limit, asked.cursor, facets=asked.counted, fresh=False)


def plans_as(request: web.Request, home: Home, type_: str, asked: Asked) -> web.Response:
    """Return a page of items in the form that is asked for, JSON where none is; it blocks.

    Raises:
        InvalidInputError: A question, filter or cursor that cannot be.
    """
    document = plans_found(asked_page(home, type_, asked), request.rel_url)
    if getattr(asked, "format", "") == "csv":
        return plans_table(request, type_, document)
    return json_answer(request, document, next_link(document["next_url"]))


class Plans(FeedResource):
    """Answers what plans, calls, providers and consultations there are."""

    async def roadmap(self, request: web.Request) -> web.Response:
        """Answer a page of what is planned."""
        return await self._page(request, "roadmap")

    async def seeking(self, request: web.Request) -> web.Response:
        """Answer a page of what is looked for."""
        return await self._page(request, "seeking")

    async def offering(self, request: web.Request) -> web.Response:
        """Answer a page of what is offered."""
        return await self._page(request, "offering")

    async def providers(self, request: web.Request) -> web.Response:
        """Answer a page of who can be hired, with what they offer themselves."""
        return await self._page(request, "provider")

    async def consultations(self, request: web.Request) -> web.Response:
        """Answer a page of what the public is asked."""
        return await self._page(request, "consultation")

    async def overlaps(self, request: web.Request) -> web.Response:
        """Answer who else plans the same as an item, an entry or a publisher."""
        languages, ref = read(request, Languages).languages, request.match_info["ref"]
        found = await asyncio.to_thread(self._overlaps, ref, languages)
        document: Overlaps = {"items": found}
        return json_answer(request, document)

    async def feed(self, request: web.Request) -> web.Response:
        """Answer a question as a feed or calendar, the newest first.

        Raises:
            HttpProblemError: There is no such feed.
        """
        name, _, format_ = request.match_info["name"].partition(".")
        if name not in (*PLACES, _OVERLAPS) or format_ not in _FEEDS:
            known = ", ".join(f"{each}.atom" for each in (*PLACES, _OVERLAPS))
            raise HttpProblemError(
                404, f"there is no such feed; there are {known}, each as .json and .ics too"
            )
        feed = await (self._overlap_feed(request) if name == _OVERLAPS else self._plan_feed(request, name))
        media_type, write = _FEEDS[format_]
        return answer(request, write(feed), {"Content-Type": media_type, **next_link(feed.next_url)})

    async def _page(self, request: web.Request, type_: str) -> web.Response:
        return await asyncio.to_thread(plans_as, request, self._home, type_, read(request, ASKED_PAGE[type_]))

    def _overlaps(self, ref: str, languages: tuple[str, ...]) -> list[Overlapped]:
        catch_up_shortly(self._home)
        return overlaps(self._home, ref, languages, fresh=False)

    async def _plan_feed(self, request: web.Request, name: str) -> Feed:
        """Return a page of items as a feed."""
        asked = read(request, ASKED[PLACES[name]])
        newest = msgspec.structs.replace(asked, sort="freshness", limit=MOST_ENTRIES)
        page = await asyncio.to_thread(asked_page, self._home, PLACES[name], newest)
        base, whole = base_url(self._home), request.rel_url.without_query_params("cursor")
        here, question = self._url(request), whole.raw_query_string
        reader = self._readers(asked.languages)
        question = f"?{question}" if question else ""
        follow = request.rel_url.update_query(cursor=page.next).raw_query_string if page.next else ""
        return Feed(
            f"{self._home.config.name}: {plans_title(name, asked.q, reader)}",
            f"{here}{question}",
            f"{reader.pages(base)}/{name}{question}",
            f"{here}?{follow}" if follow else None,
            feed_entries(page.items, base, reader),
            f"{base}/api/v1/{name}{question}",
        )

    async def _overlap_feed(self, request: web.Request) -> Feed:
        """Return who plans the same as a publisher as a feed."""
        asked, base = read(request, OverlapsOf), base_url(self._home)
        reader = self._readers(asked.languages)
        found = await asyncio.to_thread(self._overlaps, asked.publisher, asked.languages)
        names = await asyncio.to_thread(publisher_names, self._home, asked.languages)
        who = names.get(asked.publisher) or asked.publisher
        return Feed(
            f"{self._home.config.name}: {overlaps_title(who, reader)}",
            f"{self._url(request)}?{request.rel_url.raw_query_string}",
            f"{reader.pages(base)}/o/{quote(asked.publisher)}",
            None,
            overlap_entries(found, base, reader),
            f"{base}/api/v1/roadmap/{quote(asked.publisher)}/overlaps",
        )

    def _url(self, request: web.Request) -> str:
        """Return the address that was asked for, without its question, as this node is known."""
        return f"{base_url(self._home)}{request.path.removeprefix(base_path(self._home))}"


ROUTES: Final = (
    Route("/api/v1/roadmap", Plans.roadmap, PlanAnswer, ASKED_PAGE["roadmap"], forms=("text/csv",)),
    Route("/api/v1/seeking", Plans.seeking, PlanAnswer, ASKED_PAGE["seeking"], forms=("text/csv",)),
    Route("/api/v1/offering", Plans.offering, PlanAnswer, ASKED_PAGE["offering"], forms=("text/csv",)),
    Route("/api/v1/providers", Plans.providers, ProviderAnswer, ASKED_PAGE["provider"], forms=("text/csv",)),
    Route(
        "/api/v1/consultations",
        Plans.consultations,
        PlanAnswer,
        ASKED_PAGE["consultation"],
        forms=("text/csv",),
    ),
    Route("/api/v1/roadmap/{ref}/overlaps", Plans.overlaps, Overlaps, Languages, (404, 409)),
    Route("/feeds/{name}", Plans.feed, atom.MEDIA_TYPE, Asked, (404, 409)),
)
"""What is answered here."""
