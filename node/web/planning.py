"""Who plans what, who looks for partners, and who offers help.

::

    GET /fr/roadmap?topic=sector:health&openTo=pilot    a table and a timeline
    GET /fr/seeking?skill=ux&paid=true                  the board: calls that are open
    GET /fr/offering                                    what is offered

A page reads the same parameters as ``/api/v1/roadmap``, ``seeking`` and ``offering``.
"""

import asyncio
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from aiohttp import web

from federation.vouching import day_of
from node.answers.planned import PLAN_FACETS
from node.answers.publishers import publisher_names
from node.http.found import plans_found
from node.http.parameters import read
from node.http.plans import ASKED, Asked, asked_page
from node.http.routes import Route
from node.plans.shapes import Plan

from .marks import N_
from .searching import chosen, offered, question
from .site import HTML, Site
from .timeline import Planned, drawn

HEADINGS: Final[Mapping[str, str]] = {
    "stage": N_("Stage"),
    "openTo": N_("Open to"),
    "type": N_("What"),
    "skill": N_("Skills"),
    "compensation": N_("Compensation"),
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
}
"""Type of items → heading and what it is about."""

SORTED: Final[Mapping[str, str]] = {
    "relevance": N_("Best match"),
    "freshness": N_("Newest first"),
    "date": N_("By date"),
}


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

    async def _show(self, request: web.Request, type_: str) -> web.Response:
        asked = read(request, ASKED[type_])
        values = await asyncio.to_thread(self._values, request, type_, asked)
        return self._site.page(request, "plans", values, module="swapping.js")

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
        given = {facet: tuple(getattr(asked, facet)) for facet in facets}
        heading, lead = TEXTS[type_]
        today = dt.date.fromisoformat(day_of(home.now()))
        return {
            "type": type_,
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
            "question": question(url, ",".join(languages)),
            "drawing": drawn(tuple(_dated(document["items"])), today) if type_ == "roadmap" else None,
        }


def _dated(plans: Sequence[Plan]) -> Iterator[Planned]:
    """Yield what of some plans can be drawn: those that say when they begin."""
    for each in plans:
        period = each["period"]
        if period is not None and (first := period["first"]) is not None:
            last = period["last"]
            yield Planned(
                each["title"] or each["name"],
                dt.date.fromisoformat(first),
                None if last is None else dt.date.fromisoformat(last),
                each["stale"],
            )


PAGES: Final = (
    Route("/roadmap", Planning.roadmap, HTML, ASKED["roadmap"]),
    Route("/seeking", Planning.seeking, HTML, ASKED["seeking"]),
    Route("/offering", Planning.offering, HTML, ASKED["offering"]),
)
"""What is shown here, in each language."""
