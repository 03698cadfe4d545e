"""Dumps of this node, as files: where its configuration asks for them.

::

    GET /api/v1/dumps         which there are, and since when
    GET /dumps/dump.jsonl     one of them; in parts too (``Range``)
    GET /dumps/dump.jsonl.gz  a packed one

Where there is a packed file beside one, whoever accepts gzip gets that under the name of the other one, too:
aiohttp looks for it.
"""

import asyncio
from typing import Annotated, Final, TypedDict

from aiohttp import web
from msgspec import Meta

from node.answers.texts import moment
from node.dumping.packing import GZIP
from node.dumping.serving import served_dumps

from .card import base_path
from .documents import json_answer
from .parameters import Query, read
from .problems import HttpProblemError
from .resources import Resource
from .routes import Route

TYPES: Final = {
    ".jsonl": "application/jsonl",
    ".proof": "application/jsonl",
    ".csv": "text/csv; charset=utf-8",
    ".sqlite": "application/vnd.sqlite3",
    ".gz": "application/gzip",
}
"""Media type of each kind of file."""


class DumpFile(TypedDict):
    """A file that is to be had."""

    name: str
    url: Annotated[str, Meta(description="Its path on this node.")]
    bytes: int
    made_at: str | None


class Dumps(TypedDict):
    """The dumps of this node."""

    dumps: list[DumpFile]


class Serving(Resource):
    """Answers ``/api/v1/dumps`` and ``/dumps/…``."""

    async def dumps(self, request: web.Request) -> web.Response:
        """List the dumps that are to be had."""
        read(request, Query)
        return json_answer(request, await asyncio.to_thread(self._listed))

    async def dump(self, request: web.Request) -> web.StreamResponse:
        """Answer one file of a dump.

        Raises:
            HttpProblemError: There is none of this name now.
        """
        read(request, Query)
        served = await asyncio.to_thread(served_dumps, self._home)
        path = served.get(request.match_info["name"])
        if path is None:
            raise HttpProblemError(
                404, "there is no dump of this name now; /api/v1/dumps lists those there are"
            )
        headers = {
            "Content-Type": TYPES[path.suffix],
            "Content-Disposition": f'attachment; filename="{path.name}"',
            "Cache-Control": "no-cache",
        }
        if f"{path.name}{GZIP}" in served:
            headers["Vary"] = "Accept-Encoding"
        return web.FileResponse(path, headers=headers)

    def _listed(self) -> Dumps:
        base = base_path(self._home)
        files = [(path, path.stat()) for path in served_dumps(self._home).values()]
        return {
            "dumps": [
                {
                    "name": path.name,
                    "url": f"{base}/dumps/{path.name}",
                    "bytes": found.st_size,
                    "made_at": moment(int(found.st_mtime)),
                }
                for path, found in files
            ]
        }


ROUTES: Final = (
    Route("/api/v1/dumps", Serving.dumps, Dumps),
    Route("/dumps/{name}", Serving.dump, "application/octet-stream", problems=(404,)),
)
"""What is answered here."""
