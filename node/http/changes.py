"""What changed here, for whoever keeps a copy of the catalogue.

::

    GET /api/v1/changes                    from the beginning
    GET /api/v1/changes?since=AQAAA…       what came after ``next`` of an answer, at once or a year later
"""

import asyncio
from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta

from node.answers.changes import Changes, changes_since
from node.errors import NotFoundError

from .documents import json_answer, next_link
from .parameters import Query, read
from .problems import HttpProblemError
from .resources import Resource
from .routes import Route


class Asked(Query, frozen=True):
    """A page of changes."""

    since: Annotated[str, Meta(max_length=100, description="`next` of an answer; everything without.")] = ""
    limit: Annotated[int, Meta(ge=1, le=1000, description="Changes of one answer.")] = 100


class ChangeFeed(Resource):
    """Answers ``/api/v1/changes``."""

    async def changes(self, request: web.Request) -> web.Response:
        """Answer what happened to statements, in the order in which this node took it.

        Raises:
            HttpProblemError: The cursor leads nowhere any more; all is to be read again.
        """
        asked = read(request, Asked)
        try:
            found = await asyncio.to_thread(changes_since, self._home, asked.since, asked.limit)
        except NotFoundError as error:
            raise HttpProblemError(410, f"{error}; {error.hint}") from error
        following = str(request.rel_url.update_query(since=found["next"])) if found["more"] else None
        return json_answer(request, found, next_link(following))


ROUTES: Final = (Route("/api/v1/changes", ChangeFeed.changes, Changes, Asked, (410,)),)
"""What is answered here."""
