"""Feeds of one project, and of what a publisher should look at again.

::

    GET /feeds/project.atom?project=<address>      what is said of it; .json too
    GET /feeds/reminders.atom?publisher=<origin>   of an own log: stale entries, calls that end; .json, .ics
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta

from node.answers.publishers import publisher
from node.errors import NotFoundError
from node.feeds import atom, calendar, jsonfeed
from node.feeds.entries import Feed
from node.feeds.projects import project_entries
from node.feeds.reminders import reminder_entries
from node.feeds.titles import reminders_title

from .card import base_url
from .documents import answer
from .found import catch_up_shortly
from .parameters import Languages, read
from .resources import FeedResource
from .routes import Route

_WRITERS: Final[Mapping[str, tuple[str, Callable[[Feed], bytes]]]] = {
    "atom": (atom.MEDIA_TYPE, atom.atom),
    "json": (jsonfeed.MEDIA_TYPE, jsonfeed.json_feed),
    "ics": (calendar.MEDIA_TYPE, calendar.calendar),
}


class OfProject(Languages, frozen=True, kw_only=True):
    """Which project."""

    project: Annotated[
        str, Meta(min_length=1, max_length=300, description="The address of any entry about it.")
    ]


class OfPublisher(Languages, frozen=True, kw_only=True):
    """Whose log."""

    publisher: Annotated[str, Meta(min_length=1, description="The origin of an own log.")]


class Followed(FeedResource):
    """Answers feeds of one thing."""

    async def project(self, request: web.Request) -> web.Response:
        """Answer what is said of a project as a feed, what was changed last first."""
        asked = read(request, OfProject)
        return await self._answer(request, await asyncio.to_thread(self._project, request, asked))

    async def reminders(self, request: web.Request) -> web.Response:
        """Answer what should be looked at again in an own log as a feed."""
        asked = read(request, OfPublisher)
        return await self._answer(request, await asyncio.to_thread(self._reminders, request, asked))

    def _project(self, request: web.Request, asked: OfProject) -> Feed:
        base, reader = base_url(self._home), self._readers(asked.languages)
        catch_up_shortly(self._home)
        name, address, entries = project_entries(self._home, asked.project, asked.languages, base, reader)
        title = f"{self._home.config.name}: {name}"
        return Feed(
            title,
            self._here(request),
            f"{reader.pages(base)}/p/{address}",
            None,
            entries,
            f"{base}/api/v1/projects/{address}",
        )

    def _reminders(self, request: web.Request, asked: OfPublisher) -> Feed:
        base, reader = base_url(self._home), self._readers(asked.languages)
        who = publisher(self._home, asked.publisher, asked.languages)
        if not who["own"]:
            hint = "each node reminds its own publishers"
            raise NotFoundError(f"own log {asked.publisher}", hint=hint)
        author = who["name"] or who["origin"]
        return Feed(
            f"{self._home.config.name}: {reminders_title(author, reader)}",
            self._here(request),
            f"{reader.pages(base)}/o/{who['origin']}",
            None,
            reminder_entries(self._home, who["origin"], author, base, reader),
            f"{base}/api/v1/publishers/{who['origin']}",
        )

    async def _answer(self, request: web.Request, feed: Feed) -> web.Response:
        media_type, write = _WRITERS[request.path.rpartition(".")[2]]
        return answer(request, write(feed), {"Content-Type": media_type})

    def _here(self, request: web.Request) -> str:
        name = request.path.rpartition("/")[2]
        return f"{base_url(self._home)}/feeds/{name}?{request.rel_url.raw_query_string}"


ROUTES: Final = (
    Route("/feeds/project.atom", Followed.project, atom.MEDIA_TYPE, OfProject, (404, 409, 451)),
    Route("/feeds/project.json", Followed.project, jsonfeed.MEDIA_TYPE, OfProject, (404, 409, 451)),
    Route("/feeds/reminders.atom", Followed.reminders, atom.MEDIA_TYPE, OfPublisher, (404,)),
    Route("/feeds/reminders.json", Followed.reminders, jsonfeed.MEDIA_TYPE, OfPublisher, (404,)),
    Route("/feeds/reminders.ics", Followed.reminders, calendar.MEDIA_TYPE, OfPublisher, (404,)),
)
"""What is answered here."""
