"""What things are about: all topics of the vocabularies, and one with what there is of it.

::

    GET /fr/topics                                  all that something here is about
    GET /fr/topics/topic:participatory-budgeting    one: what it means, entries, plans
"""

import asyncio
from typing import Any, Final

from aiohttp import web

from node.answers.publishers import publisher_names
from node.answers.search import MAX_LIMIT, Question, search
from node.errors import NotFoundError
from node.http.found import catch_up_shortly, found
from node.http.parameters import SEARCH, Query, read
from node.http.plans import ASKED, asked_page
from node.http.routes import Route
from node.vocabularies.every import vocabulary
from node.vocabularies.terms import TermView
from protocol.vocabulary import TOPIC_ALIASES, TOPICS

from .projects import named
from .site import HTML, Site

MOST: Final = 12
"""Entries, and plans, that are shown of one topic."""


class Topics:
    """Shows topics."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def topics(self, request: web.Request) -> web.Response:
        """Show the topics that something here is about, with how much."""
        read(request, Query)
        return self._site.page(request, "topics", await asyncio.to_thread(self._all, request))

    async def topic(self, request: web.Request) -> web.Response:
        """Show one topic."""
        read(request, Query)
        return self._site.page(request, "topic", await asyncio.to_thread(self._one, request, named(request)))

    def _all(self, request: web.Request) -> dict[str, Any]:
        home, languages = self._site.home, self._site.languages(request)
        catch_up_shortly(home)
        page = search(home, Question(), 1, facets=("topic",), facet_limit=MAX_LIMIT, fresh=False)
        counts = {each.value: each.count for each in page.facets["topic"]}
        schemes = [vocabulary(name, languages) for name in sorted(TOPICS)]
        return {
            "counts": counts,
            "schemes": [each for each in schemes if any(term.value in counts for term in each.terms)],
        }

    def _one(self, request: web.Request, value: str) -> dict[str, Any]:
        home, languages = self._site.home, self._site.languages(request)
        term, lang = term_of(value, languages), ",".join(languages)
        narrow: dict[str, Any] = {"topic": [term.value], "limit": MOST, "lang": lang}
        asked, planned = SEARCH(sort="reuse", facets="kind", **narrow), ASKED["roadmap"](**narrow)
        return {
            "term": term,
            "found": found(home, asked, request.rel_url),
            "planned": asked_page(home, "roadmap", planned),
            "names": publisher_names(home, languages),
        }


def term_of(value: str, languages: tuple[str, ...]) -> TermView:
    """Return a topic as a reader is told of it.

    Raises:
        NotFoundError: No vocabulary has it.
    """
    value = TOPIC_ALIASES.get(value, value)
    scheme = value.partition(":")[0]
    if scheme in TOPICS:
        for term in vocabulary(scheme, languages).terms:
            if term.value == value:
                return term
    raise NotFoundError(f"topic {value!r}", hint="the page of all topics lists those that there are")


PAGES: Final = (
    Route("/topics", Topics.topics, HTML),
    Route("/topics/{ref}", Topics.topic, HTML, problems=(404,)),
)
"""What is shown here, in each language."""
