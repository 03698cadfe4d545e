"""An organisation with its parts, over HTTP.

::

    GET /api/v1/organisations/<origin>                          what they use, vouch for and list together
    GET /api/v1/organisations/<origin>?parts=false&group=use    its own uses alone

:mod:`node.answers.government` says what is in an answer.
"""

import asyncio
from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta
from yarl import URL

from node.answers.government import GROUPS, organisation
from node.answers.orgshapes import ServedOrganisation

from .card import base_path
from .documents import json_answer, next_link
from .parameters import Cursor, Languages, Limit, read
from .resources import Resource
from .routes import Route


class Asked(Languages, frozen=True, kw_only=True):
    """One page of what an organisation and its parts state."""

    parts: Annotated[bool, Meta(description="Whether its confirmed parts are put together with it.")] = True
    group: Annotated[
        str, Meta(description=f"Only these groups, separated by commas: {', '.join(GROUPS)}.")
    ] = ""
    limit: Limit = 20
    cursor: Cursor | None = None


class Organisations(Resource):
    """Answers who belongs to whom, and what they state together."""

    async def organisation(self, request: web.Request) -> web.Response:
        """Answer an organisation with its confirmed parts: what they use, vouch for and list."""
        asked, origin = read(request, Asked), request.match_info["ref"]
        groups = tuple(dict.fromkeys(asked.group.split(","))) if asked.group else ()
        found = await asyncio.to_thread(
            organisation,
            self._home,
            origin,
            groups,
            asked.limit,
            asked.cursor,
            asked.languages,
            parts=asked.parts,
        )
        following = None if found["next"] is None else str(request.rel_url.update_query(cursor=found["next"]))
        document: ServedOrganisation = {
            **found,
            "next_url": following,
            "search_url": self._of("search", found["together"]),
            "roadmap_url": self._of("roadmap", found["together"]),
            "seeking_url": self._of("seeking", found["together"]),
            "offering_url": self._of("offering", found["together"]),
        }
        return json_answer(request, document, next_link(following))

    def _of(self, resource: str, origins: list[str]) -> str:
        """Return the address of what some publishers have of a sort."""
        url = URL(f"{base_path(self._home)}/api/v1/{resource}")
        return str(url.with_query([("publisher", each) for each in origins]))


ROUTES: Final = (
    Route("/api/v1/organisations/{ref}", Organisations.organisation, ServedOrganisation, Asked, (404,)),
)
"""What is answered here."""
