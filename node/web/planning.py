"""Who plans what, who looks for partners, and who offers help.

::

    GET /fr/roadmap?topic=sector:health&openTo=pilot    a table and a timeline
    GET /fr/seeking?skill=ux&paid=true                  the board: calls that are open
    GET /fr/offering                                    what is offered
    GET /fr/providers?role=hosting                      who can be hired
    GET /fr/consultations?overdue=true                  what the public is asked, and what came of it

A page reads the same parameters as ``/api/v1/roadmap`` and the others.
"""

import asyncio
import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from federation.vouching import day_of
from node.answers.planned import PLAN_FACETS
from node.answers.publishers import publisher_names
from node.http.found import plans_found
from node.http.parameters import MAX_ITEMS, read
from node.http.plans import ASKED_PAGE, PLACES, Asked, asked_page, plans_as, with_parameter
from node.http.routes import Route
from node.plans.clusters import Cluster, clusters
from node.plans.overlaps import overlaps_of
from node.plans.shapes import Plan
from protocol.vocabulary import broader_topics

from .marks import N_
from .refusals import prefers_json
from .searching import chosen, offered, question
from .site import HTML, Site, without
from .timeline import Planned, drawn

HEADINGS: Final[Mapping[str, str]] = {
    "stage": N_("Stage"),
    "openTo": N_("Open to"),
    "type": N_("What"),
    "skill": N_("Skills"),
    "compensation": N_("Compensation"),
    "role": N_("Role"),
    "status": N_("Status"),
    "topic": N_("Topic"),
    "place": N_("Place"),
    "language": N_("Language"),
    "publisher": N_("Stated by"),
}
"""What can be filtered by → what it is called."""

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "roadmap": (
        N_("Who plans what"),
        N_("Work that organisations plan or have begun, each plan signed by whoever makes it."),
    ),
    "seeking": (
        N_("Partners wanted"),
        N_("Calls that are open today: what is looked for, until when, and what there is in return."),
    ),
    "offering": (
        N_("Help offered"),
        N_("What organisations offer to others: hosting, training, code, advice."),
    ),
    "provider": (
        N_("Who can be hired"),
        N_(
            "Who works on things for pay, as those say who publish these things,"
            " and what they offer themselves."
        ),
    ),
    "consultation": (
        N_("Consultations"),
        N_("What the public is or was asked, how to take part, and what came of it."),
    ),
}
"""Type of items → heading and what it is about."""

NAMES: Final[Mapping[str, str]] = {type_: name for name, type_ in PLACES.items()}
"""Type of items → the last part of their pages' paths, and of those for programs."""

SORTED: Final[Mapping[str, str]] = {
    "relevance": N_("Best match"),
    "freshness": N_("Newest first"),
    "date": N_("By date"),
}


BY_TOPIC: Final = "topic"

_BY: Final = Annotated[Literal["", "topic"], Meta(description="`topic` for plans below their topics.")]

PAGED: Final[Mapping[str, type[Asked]]] = {
    type_: with_parameter(kind, "by", _BY) if type_ == "roadmap" else kind
    for type_, kind in ASKED_PAGE.items()
}
"""Type of items → the parameters of its pages."""


@dataclass(frozen=True, slots=True)
class Group:
    """Plans that stand below each other: those of a topic, or all of a page."""

    topic: str
    plans: tuple[Plan, ...]
    label: str = ""


class Planning:
    """Shows plans and calls."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def roadmap(self, request: web.Request) -> web.Response:
        """Show a page of what is planned."""
        return await self._show(request, "roadmap")

    async def seeking(self, request: web.Request) -> web.Response:
        """Show a page of what is looked for."""
        return await self._show(request, "seeking")

    async def offering(self, request: web.Request) -> web.Response:
        """Show a page of what is offered."""
        return await self._show(request, "offering")

    async def providers(self, request: web.Request) -> web.Response:
        """Show a page of who can be hired."""
        return await self._show(request, "provider")

    async def consultations(self, request: web.Request) -> web.Response:
        """Show a page of what the public is asked."""
        return await self._show(request, "consultation")

    async def _show(self, request: web.Request, type_: str) -> web.Response:
        asked = read(request, PAGED[type_])
        if getattr(asked, "format", "") or prefers_json(request.headers.get("Accept")):
            lang = asked.lang or ",".join(self._site.languages(request))
            asked = msgspec.structs.replace(asked, lang=lang)
            response = await asyncio.to_thread(plans_as, request, self._site.home, type_, asked)
        else:
            values = await asyncio.to_thread(self._values, request, type_, asked)
            response = self._site.page(request, "plans", values, module="swapping.js")
        response.headers["Vary"] = "Accept, Accept-Encoding"
        return response

    def _values(self, request: web.Request, type_: str, asked: Asked) -> dict[str, Any]:
        home, url = self._site.home, request.rel_url
        languages = asked.languages or self._site.languages(request)
        facets = PLAN_FACETS[type_]
        asked = msgspec.structs.replace(
            asked,
            lang=",".join(languages),
            facets=",".join(facets),
            sort=asked.sort if "sort" in url.query or asked.q else "date",
        )
        document = plans_found(asked_page(home, type_, asked), url)
        by_topic = getattr(asked, "by", "") == BY_TOPIC
        label = self._site.marks(self._site.reader(request)).label_text
        groups = grouped(document["items"], lambda topic: label("topic", topic)[0]) if by_topic else ()
        shown = tuple(each for group in groups for each in group.plans) or document["items"]
        project = functools.partial(self._project, request)
        given = {facet: tuple(getattr(asked, facet)) for facet in facets}
        heading, lead = TEXTS[type_]
        today = dt.date.fromisoformat(day_of(home.now()))
        return {
            "type": type_,
            "place": NAMES[type_],
            "boards": [(NAMES[each], TEXTS[each][0]) for each in TEXTS if each != type_],
            "late": str(url.with_query(overdue="true")) if type_ == "consultation" else None,
            "heading": heading,
            "lead": lead,
            "asked": asked,
            "begin": getattr(asked, "from"),
            "found": document,
            "chosen": chosen(url, given),
            "offered": offered(
                {name: document["facets"][name] for name in HEADINGS if name in facets}, given
            ),
            "headings": HEADINGS,
            "sorts": SORTED,
            "names": publisher_names(home, languages),
            "question": question(url.without_query_params("by"), ",".join(languages)),
            "groups": groups or (Group("", tuple(document["items"])),),
            "by_topic": by_topic,
            "by": str(without(url, "by", BY_TOPIC)) if by_topic else str(url.update_query(by=BY_TOPIC)),
            "as_table": str(
                url.update_query(format="csv", limit=MAX_ITEMS).without_query_params("cursor", "by")
            ),
            "clusters": self._clusters(document["items"], languages) if type_ == "roadmap" else (),
            "drawing": drawn(tuple(_dated(shown, groups, project)), today) if type_ == "roadmap" else None,
        }

    def _project(self, request: web.Request, plan: Plan) -> str:
        """Return where the page of a plan's project is."""
        return self._site.path(self._site.reader(request), f"/p/{plan['project']}")

    def _clusters(self, plans: Sequence[Plan], languages: Sequence[str]) -> tuple[Cluster, ...]:
        """Return what the plans of a page share with those of others."""
        addresses = [each["address"] for each in plans]
        return clusters(overlaps_of(self._site.home, addresses, languages))


def grouped(plans: Iterable[Plan], label: Callable[[str], str]) -> tuple[Group, ...]:
    """Return plans by the first of their topics, of which a narrower one is none of theirs, by its name.

    Args:
        plans: In their order, in which they stay within a group; what has no topic comes last.
        label: Returns the name of a topic.
    """
    found: dict[str, list[Plan]] = {}
    for each in plans:
        broad = {wide for topic in each["topics"] for wide in broader_topics(topic) if wide != topic}
        narrow = [topic for topic in each["topics"] if topic not in broad]
        found.setdefault(min(narrow, default=""), []).append(each)
    order = sorted(found, key=lambda topic: (not topic, label(topic).lower() if topic else "", topic))
    return tuple(Group(topic, tuple(found[topic]), label(topic) if topic else "–") for topic in order)  # noqa: RUF001 - as it is printed


def _dated(
    plans: Iterable[Plan], groups: Iterable[Group], project: Callable[[Plan], str]
) -> Iterator[Planned]:
    """Yield what of some plans can be drawn: those that say when they begin."""
    headings = {each["address"]: group.label for group in groups for each in group.plans}
    for each in plans:
        period = each["period"]
        if period is not None and (first := period["first"]) is not None:
            last = period["last"]
            yield Planned(
                each["title"] or each["name"],
                dt.date.fromisoformat(first),
                None if last is None else dt.date.fromisoformat(last),
                each["stale"],
                project(each),
                headings.get(each["address"], ""),
            )


FORMS: Final = ("text/csv", "application/json")

PAGES: Final = (
    Route("/roadmap", Planning.roadmap, HTML, PAGED["roadmap"], forms=FORMS),
    Route("/seeking", Planning.seeking, HTML, PAGED["seeking"], forms=FORMS),
    Route("/offering", Planning.offering, HTML, PAGED["offering"], forms=FORMS),
    Route("/providers", Planning.providers, HTML, PAGED["provider"], forms=FORMS),
    Route("/consultations", Planning.consultations, HTML, PAGED["consultation"], forms=FORMS),
)
"""What is shown here, in each language."""
