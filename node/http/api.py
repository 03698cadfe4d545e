"""The query API: JSON about the combined catalogue, each answer with its provenance.

::

    GET /api/v1/search?q=budget+participatif&limit=20&lang=fr,en&cursor=…
        {"total": 41, "items": [{"address", "name", …, "provenance"}], "next": "AT2…"}
    GET /api/v1/entries/<address>             the statement as it stands now
    GET /api/v1/entries/<address>/history     all its versions, the newest first
    GET /api/v1/entries/<address>/proof       a .tlog-proof file

Answers carry an ETag and change when the catalogue does, so asking again is cheap and
never stale. Reading needs no key.
"""

import asyncio
import contextlib
import gzip
import hashlib
import re
from typing import Any, Final

import msgspec
from aiohttp import web

from node.answers import provenance
from node.answers.indexing import catch_up
from node.answers.search import Question, search
from node.errors import LockedError
from node.home import Home

from .caching import accepts_gzip, is_current
from .problems import HttpProblemError

MAX_ITEMS: Final = 100
"""Items of one page over HTTP."""

_PARAMETERS: Final = frozenset({"q", "limit", "cursor", "lang"})
_LIMIT: Final = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_LANGUAGES: Final = re.compile(r"[A-Za-z0-9-]{1,35}(?:,[A-Za-z0-9-]{1,35}){0,9}", re.ASCII)
_INDEX_WAIT: Final = 1.0  # seconds; a reader is better served by the index as it is
_WORTH_PACKING: Final = 1024  # bytes


class Api:
    """Answers what begins with ``/api/v1/``."""

    def __init__(self, home: Home) -> None:
        self._home = home

    async def search(self, request: web.Request) -> web.Response:
        """Answer one page of a search.

        Raises:
            HttpProblemError: A parameter is unknown, given twice, or not what it can be.
        """
        asked = _parameters(request)
        limit = asked.get("limit", "20")
        if _LIMIT.fullmatch(limit) is None or int(limit) > MAX_ITEMS:
            raise HttpProblemError(400, f"limit is a number from 1 to {MAX_ITEMS}")
        languages = asked.get("lang", "")
        if languages and _LANGUAGES.fullmatch(languages) is None:
            raise HttpProblemError(400, "lang is a list of language tags, separated by commas")
        page = await asyncio.to_thread(
            self._search,
            asked.get("q", ""),
            int(limit),
            asked.get("cursor"),
            tuple(languages.split(",")) if languages else (),
        )
        return _json(request, page)

    async def entry(self, request: web.Request) -> web.Response:
        """Answer a statement as it stands now."""
        return _json(request, await asyncio.to_thread(provenance.show, self._home, _ref(request)))

    async def history(self, request: web.Request) -> web.Response:
        """Answer all versions of a statement."""
        versions = await asyncio.to_thread(provenance.history, self._home, _ref(request))
        return _json(request, {"versions": versions})

    async def proof(self, request: web.Request) -> web.Response:
        """Answer a portable proof, as a file to keep."""
        ref = _ref(request)
        body = await asyncio.to_thread(provenance.proof, self._home, ref)
        name = ref.rpartition("/")[2]
        return _answer(
            request,
            body,
            {
                "Content-Type": "application/octet-stream",
                "Content-Disposition": f'attachment; filename="{name}.tlog-proof"',
            },
        )

    def _search(
        self, text: str, limit: int, cursor: str | None, languages: tuple[str, ...]
    ) -> dict[str, Any]:
        with contextlib.suppress(LockedError):
            catch_up(self._home, _INDEX_WAIT)
        page = search(self._home, Question(text, languages=languages), limit, cursor, fresh=False)
        return {"total": page.total, "items": page.items, "next": page.next}


def _parameters(request: web.Request) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in request.query.items():
        if name not in _PARAMETERS:
            known = ", ".join(sorted(_PARAMETERS))
            raise HttpProblemError(400, f"there is no parameter {name!r}; there are {known}")
        if name in found:
            raise HttpProblemError(400, f"{name} is given twice")
        found[name] = value
    return found


def _ref(request: web.Request) -> str:
    if request.query_string:
        raise HttpProblemError(400, "this resource takes no parameters")
    ref = request.match_info["ref"]
    if ref != ref.strip():
        raise HttpProblemError(404, "nothing is served at this path")
    return ref


def _json(request: web.Request, document: dict[str, Any]) -> web.Response:
    return _answer(request, msgspec.json.encode(document), {"Content-Type": "application/json"})


def _answer(request: web.Request, body: bytes, headers: dict[str, str]) -> web.Response:
    packs = len(body) >= _WORTH_PACKING and accepts_gzip(request.headers.get("Accept-Encoding"))
    # One tag for each coding: a strong tag names bytes.
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}{"-gz" if packs else ""}"'
    common = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if is_current(request.headers.get("If-None-Match"), etag):
        return web.Response(status=304, headers=common)
    if packs:
        body = gzip.compress(body, 6, mtime=0)
        headers = {**headers, "Content-Encoding": "gzip"}
    return web.Response(body=body, headers={**common, **headers})
