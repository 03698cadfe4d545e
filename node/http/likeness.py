"""What is like a project, and by which rules entries are scored.

::

    GET /api/v1/projects/<address>/similar?lang=fr&limit=10
        {"items": [{"address", "name", …, "score": 17.4, "shared": {"topics": […], "words": […]}}]}
    GET /rules/readiness/v1                   the rules, in TOML
"""

import asyncio
from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta

from node.answers.nearshapes import Similar as SimilarProjects
from node.readiness.scoring import RULES, rules_text
from node.similar.likeness import MOST, USUAL, similar

from .documents import answer, json_answer
from .parameters import Languages, Query, read
from .problems import HttpProblemError
from .resources import Resource
from .routes import Route


class Similar(Languages, frozen=True, kw_only=True):
    """How many similar projects."""

    limit: Annotated[int, Meta(ge=1, le=MOST, description="Projects at most.")] = USUAL


class Likeness(Resource):
    """Answers what is like a project, and what the rules of readiness are."""

    async def similar(self, request: web.Request) -> web.Response:
        """Answer the projects that share most with one, and what they share."""
        asked, ref = read(request, Similar), request.match_info["ref"]
        if ref != ref.strip():
            raise HttpProblemError(404, "nothing is served at this path")
        items = await asyncio.to_thread(similar, self._home, ref, asked.languages, asked.limit, fresh=False)
        document: SimilarProjects = {"items": items}
        return json_answer(request, document)

    async def rules(self, request: web.Request) -> web.Response:
        """Answer the rules by which the readiness of entries is scored."""
        read(request, Query)
        return answer(request, rules_text(), {"Content-Type": "application/toml"})


ROUTES: Final = (
    Route("/api/v1/projects/{ref}/similar", Likeness.similar, SimilarProjects, Similar, (404, 409, 451)),
    Route(RULES, Likeness.rules, "application/toml"),
)
"""What is answered here."""
