"""The federation as this node sees it: logs, who saw the same of them, the nodes it asks, and split views.

::

    GET /fr/federation                    the first logs and nodes of both lists
    GET /fr/federation?q=lyon             the logs of those of whose name or origin this is a part
    GET /fr/federation?cursor=…&nodes=…   further pages, each list by itself
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from aiohttp import web
from msgspec import Meta

from node.answers.cursors import question_digest, slice_of
from node.answers.heads import forks, heads
from node.answers.neighbourhood import Spot, neighbourhood
from node.answers.nodes import nodes
from node.http.parameters import Cursor, Listing
from node.http.routes import Route

from .organisations import LISTED, paged
from .ring import MOST, Drawing, Health, Line, Place, drawn
from .site import HTML, Site

SEEN: Final = 4
"""Neighbours that are shown with what they show of one log: those that differ first."""

FORKS: Final = 20
"""Pieces of evidence that are shown; the page of each log has its own."""


class FederationPage(Listing, frozen=True, kw_only=True):
    """A page of logs and one of nodes."""

    nodes: Annotated[Cursor | None, Meta(description="The cursor of the page of nodes.")] = None


class Federated:
    """Shows how the federation is doing."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def federation(self, request: web.Request) -> web.Response:
        """Show logs and nodes with how they are doing."""
        return self._site.page(request, "federation", await asyncio.to_thread(self._values, request))

    def _values(self, request: web.Request) -> dict[str, Any]:
        home = self._site.home
        with home.database.read():
            listed = paged(self._site, request, FederationPage)
            origins = [each["origin"] for each in listed["publishers"]]
            known, asked, seen = forks(home), nodes(home), heads(home, origins)
            around = neighbourhood(home, asked, MOST)
        by_url = {each["url"]: each for each in asked}
        shown, more = slice_of(sorted(by_url), LISTED, request.query.get("nodes"), question_digest("nodes"))
        return {
            **listed,
            "seen": {each["origin"]: _differing_first(each["seen"]) for each in seen},
            "forks": known[:FORKS],
            "more_forks": len(known) - FORKS,
            "nodes": [by_url[url] for url in shown],
            "asked_nodes": len(asked),
            "more_nodes": f"{request.rel_url.update_query(nodes=more)}#nodes" if more else None,
            "names": {each["origin"]: each["name"] for each in listed["publishers"]},
            "spots": _numbered(around.places),
            "spots_total": around.total,
            "drawing": _drawn(around.places),
            "most_seen": SEEN,
        }


def _differing_first(seen: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(seen, key=lambda each: (each["state"] == "agrees", each["neighbour"]))


def _numbered(spots: Sequence[Spot]) -> list[dict[str, Any]]:
    """Return the places of the drawing as rows of a table, with numbers for each other."""
    numbers = {spot.name: number for number, spot in enumerate(spots)}
    return [
        {
            "number": number,
            "name": spot.name,
            "url": spot.url,
            "logs": spot.logs,
            "fault": spot.fault,
            "health": "here" if not number else _health(spot),
            "carries": sorted(numbers[each] for each in spot.carries),
            "contradicts": sorted(numbers[each] for each in spot.contradicts),
        }
        for number, spot in enumerate(spots)
    ]


def _drawn(spots: Sequence[Spot]) -> Drawing | None:
    """Return a drawing of places; None where there is nobody else."""
    if len(spots) == 1:
        return None
    numbers = {spot.name: number for number, spot in enumerate(spots)}
    lines = [Line(0, number, "asks") for number, spot in enumerate(spots) if number and spot.url]
    for number, spot in enumerate(spots):
        lines += [Line(number, numbers[each], "carries") for each in spot.carries]
        lines += [Line(number, numbers[each], "apart") for each in spot.contradicts]
    first, *others = spots
    places = [Place(first.name, "here"), *(Place(each.name, _health(each)) for each in others)]
    return drawn(places, lines)


def _health(spot: Spot) -> Health:
    if spot.is_apart:
        return "apart"
    if spot.fault is not None:
        return "fault"
    return "well" if spot.is_answering else "unknown"


PAGES: Final = (Route("/federation", Federated.federation, HTML, FederationPage),)
"""What is shown here, in each language."""
