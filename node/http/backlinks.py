"""Who points at a project or a statement, over HTTP.

::

    GET /api/v1/projects/<address>/backlinks?group=use&limit=20&cursor=…&lang=fr,en
    GET /api/v1/entries/<address>/backlinks

:mod:`node.answers.backlinks` says what is in an answer. Any address of the project will do; ``address`` in
the answer is the canonical one.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta

from node.answers.backlinks import BACKLINKS, entry_backlinks, project_backlinks
from node.answers.nearshapes import BacklinkPage, ServedBacklinks

from .documents import json_answer, next_link
from .parameters import Cursor, Languages, Limit, read
from .resources import Resource
from .routes import Route


class Asked(Languages, frozen=True, kw_only=True):
    """One page of what points at something."""

    group: Annotated[
        str, Meta(description=f"Only these groups, separated by commas: {', '.join(BACKLINKS)}.")
    ] = ""
    limit: Limit = 20
    cursor: Cursor | None = None


class Backlinks(Resource):
    """Answers what points at projects and statements."""

    async def project(self, request: web.Request) -> web.Response:
        """Answer who uses a project, vouches for it, builds on it or lists it, and whose word counts."""
        return await self._answer(request, project_backlinks)

    async def entry(self, request: web.Request) -> web.Response:
        """Answer what points at one statement by its address."""
        return await self._answer(request, entry_backlinks)

    async def _answer(self, request: web.Request, ask: Callable[..., BacklinkPage]) -> web.Response:
        asked, ref = read(request, Asked), request.match_info["ref"]
        groups = tuple(dict.fromkeys(asked.group.split(","))) if asked.group else ()
        page = await asyncio.to_thread(
            ask, self._home, ref, groups, asked.limit, asked.cursor, asked.languages
        )
        following = None if page["next"] is None else str(request.rel_url.update_query(cursor=page["next"]))
        document: ServedBacklinks = {**page, "next_url": following}
        return json_answer(request, document, next_link(following))


ROUTES: Final = (
    Route("/api/v1/projects/{ref}/backlinks", Backlinks.project, ServedBacklinks, Asked, (404, 409, 451)),
    Route("/api/v1/entries/{ref}/backlinks", Backlinks.entry, ServedBacklinks, Asked, (404, 409, 451)),
)
"""What is answered here."""
