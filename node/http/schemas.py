"""JSON Schemas of the statements, at addresses that stay: an editor checks what somebody writes with them.

::

    GET /schema/v1/              {"schemas": {"entry": "https://node.example/schema/v1/entry.json", …}}
    GET /schema/v1/entry.json    what an entry may hold

``v1`` is the ``v`` of the statements. A schema grows with the words and fields that later software knows;
what it accepts today it goes on accepting.
"""

from typing import Final

import msgspec
from aiohttp import web

from node.home import Home
from protocol.schema import schema_of
from protocol.statement import TYPES, VERSION

from .card import base_url
from .documents import answer, json_answer
from .parameters import Query, read
from .problems import HttpProblemError
from .routes import Route

PLACE: Final = f"/schema/v{VERSION}/"
MEDIA_TYPE: Final = "application/schema+json"


class Schemas:
    """Answers what begins with ``/schema/v1/``."""

    def __init__(self, home: Home) -> None:
        self._urls = {name: f"{base_url(home)}{PLACE}{name}.json" for name in TYPES}

    async def index(self, request: web.Request) -> web.Response:
        """Answer where the schema of each type of statement is."""
        read(request, Query)
        return json_answer(request, {"schemas": self._urls})

    async def schema(self, request: web.Request) -> web.Response:
        """Answer the schema of one type of statement.

        Raises:
            HttpProblemError: There is no such type.
        """
        read(request, Query)
        name = request.match_info["file"].removesuffix(".json")
        if name not in TYPES or not request.path.endswith(".json"):
            known = ", ".join(f"{each}.json" for each in TYPES)
            raise HttpProblemError(404, f"there is no such schema here; there are {known}")
        document = {"$id": self._urls[name], **schema_of(name)}
        return answer(request, msgspec.json.encode(document), {"Content-Type": MEDIA_TYPE})


ROUTES: Final = (
    Route(PLACE, Schemas.index, dict[str, dict[str, str]]),
    Route(PLACE + "{file}", Schemas.schema, MEDIA_TYPE, problems=(404,)),
)
