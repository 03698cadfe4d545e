"""The catalogue: a search with its filters, its hits, and what to do where there are none.

::

    GET /fr/search?q=budget+participatif&kind=software&sort=reuse

A page reads the same parameters as ``/api/v1/search``, so that its address with another beginning is the same
question for programs and feed readers; ``format=csv`` makes it a table, and ``format=json`` or an ``Accept``
of JSON what the API answers. Which facets are counted the page decides.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from aiohttp import web
from yarl import URL

from node.answers.facets import FACETS
from node.answers.publishers import publisher_names
from node.answers.search import SORTS
from node.answers.shapes import Counted
from node.answers.views import VIEWS
from node.feeds import atom
from node.http.forms import found_as
from node.http.found import found
from node.http.parameters import MAX_ITEMS, SEARCH_PAGE, SearchPage, read
from node.http.routes import Route

from .locales import reader_of
from .marks import N_
from .refusals import prefers_json
from .site import HTML, Site, without

SHOWN: Final[Mapping[str, str]] = {
    "kind": N_("Kind"),
    "topic": N_("Topic"),
    "language": N_("Language"),
    "jurisdiction": N_("Place"),
    "has": N_("What there is"),
    "uses": N_("Used by"),
    "usedBy": N_("Sort of users"),
    "usedBySize": N_("Size of users"),
    "lifecycle": N_("Status"),
    "license": N_("Licence"),
    "level": N_("Level of government"),
    "audience": N_("For whom"),
    "publisher": N_("Stated by"),
}
"""Facets of the page → what each is called, in their order."""

OTHERS: Final[Mapping[str, str]] = {
    "subtype": N_("Sort"),
    "maintenance": N_("Maintenance"),
    "access": N_("Access"),
    "usedIn": N_("Used in"),
    "vouchedBy": N_("Vouched for by"),
    "vouch": N_("Vouched for as"),
}
"""The facets that the page does not offer, and keeps where they are asked for."""

SORTED: Final[Mapping[str, str]] = dict(
    zip(
        SORTS,
        (N_("Best match"), N_("Newest first"), N_("By name"), N_("Most used first")),
        strict=True,
    )
)
"""Order of the answer → what it is called."""

NAMED: Final[Mapping[str, str]] = dict(
    zip(
        VIEWS,
        (
            N_("Trusted software for participation"),
            N_("Widely used, not funded"),
            N_("Support ends soon"),
        ),
        strict=True,
    )
)
"""View → what it is called."""

MOST: Final = 8
"""Values of a facet that are offered before more are asked for."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter that narrows the answer, and the address without it."""

    facet: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet that can be chosen; its count is None where it is not among the most frequent."""

    value: str
    count: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Offered:
    """A facet with its choices: the first ones, and those that are asked for only sometimes."""

    facet: str
    first: tuple[Choice, ...]
    more: tuple[Choice, ...]

    @property
    def is_chosen(self) -> bool:
        """Whether something of it is chosen."""
        return any(each.chosen for each in self.first)


class Searching:
    """Shows searches."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def search(self, request: web.Request) -> web.Response:
        """Show a page of a search."""
        asked = read(request, SEARCH_PAGE)
        if asked.format or prefers_json(request.headers.get("Accept")):
            asked = msgspec.structs.replace(asked, lang=asked.lang or ",".join(self._site.languages(request)))
            response = await asyncio.to_thread(found_as, request, self._site.home, asked, reader_of)
        else:
            values = await asyncio.to_thread(self._values, request, asked)
            response = self._site.page(request, "search", values, module="swapping.js")
        response.headers["Vary"] = "Accept, Accept-Encoding"
        return response

    def _values(self, request: web.Request, asked: SearchPage) -> dict[str, Any]:
        languages = asked.languages or self._site.languages(request)
        asked = msgspec.structs.replace(
            asked, lang=",".join(languages), facets=",".join(SHOWN), explain=False
        )
        document, url = found(self._site.home, asked, request.rel_url), request.rel_url
        given = {facet: tuple(getattr(asked, facet)) for facet in FACETS}
        understood = document["interpreted"]
        if understood is not None and understood["applied"]:
            # The page goes on from what was answered: whoever unticks a filter is rid of its words too.
            url = URL(understood["url"])
            given = {facet: tuple(url.query.getall(facet, ())) for facet in FACETS}
        return {
            "asked": asked,
            "words": understood["text"] if understood and understood["applied"] else asked.q,
            "understood": understood,
            "found": document,
            "chosen": chosen(url, given),
            "offered": offered(document["facets"], given),
            "kept": [(facet, value) for facet in OTHERS for value in given[facet]],
            "headings": {**SHOWN, **OTHERS},
            "sorts": SORTED,
            "views": NAMED,
            "names": publisher_names(self._site.home, languages),
            "question": question(url, ",".join(languages)),
            "unviewed": without(url, "view", asked.view),
            "unfolded": str(url.update_query(fold="false").without_query_params("cursor")),
            "as_table": str(url.update_query(format="csv", limit=MAX_ITEMS).without_query_params("cursor")),
        }


def chosen(url: URL, given: Mapping[str, Sequence[str]]) -> tuple[Chosen, ...]:
    """Return each filter of a question with the address without it."""
    return tuple(
        Chosen(facet, value, without(url, facet, value)) for facet in given for value in given[facet]
    )


def offered(
    counted: Mapping[str, Sequence[Counted]], given: Mapping[str, Sequence[str]]
) -> tuple[Offered, ...]:
    """Return the facets that have something to choose, what is chosen first."""
    found = []
    for facet, counts in counted.items():
        known = {each["value"]: each["count"] for each in counts}
        mine = [Choice(value, known.get(value), True) for value in dict.fromkeys(given[facet])]
        rest = [Choice(value, count, False) for value, count in known.items() if value not in given[facet]]
        split = max(MOST - len(mine), 0)
        if mine or rest:
            found.append(Offered(facet, (*mine, *rest[:split]), tuple(rest[split:])))
    return tuple(found)


def question(url: URL, lang: str) -> str:
    """Return what is asked as programs are asked it, without the page and with the reader's languages."""
    kept = [(key, value) for key, value in url.query.items() if key not in ("cursor", "lang") and value]
    return url.with_query([*kept, ("lang", lang)]).raw_query_string


PAGES: Final = (
    Route(
        "/search",
        Searching.search,
        HTML,
        SEARCH_PAGE,
        forms=("text/csv", "application/json", atom.MEDIA_TYPE),
    ),
)
"""What is shown here, in each language."""
