"""Answers of the query API: JSON or bytes with an ETag, packed when that is worth it.

::

    GET /api/v1/search?q=budget          →  200  ETag: "3f2a…-gz"  Content-Encoding: gzip
    If-None-Match: "3f2a…-gz"            →  304
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from aiohttp import web
from yarl import URL

from node.answers.facets import FacetCount
from node.answers.listing import Listed
from node.answers.shapes import Counted
from node.store.gzipped import compress

from .caching import accepts_gzip, is_current

_WORTH_PACKING: Final = 1024  # bytes


def json_answer(
    request: web.Request, document: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a document as JSON, or 304 when the client holds it already."""
    body = msgspec.json.encode(document)
    return answer(request, body, {"Content-Type": "application/json", **(headers or {})})


def next_link(url: str | None) -> dict[str, str]:
    """Return the header that names the next page; none on the last one."""
    return {} if url is None else {"Link": f'<{url}>; rel="next"'}


def following(url: URL, cursor: str | None) -> str | None:
    """Return the address of the next page, None where there is none.

    Everything that was asked goes into it, so that whoever follows it loses no filter.
    """
    return None if cursor is None else str(url.update_query(cursor=cursor))


def listed_answer(request: web.Request, name: str, page: Listed) -> web.Response:
    """Return a page of a list as JSON, the items under a name of their own, or 304 as above."""
    url = following(request.rel_url, page.next)
    document = {name: page.items, "total": page.total, "next": page.next, "next_url": url}
    return json_answer(request, document, next_link(url))


def counted(facets: Mapping[str, Sequence[FacetCount]]) -> dict[str, list[Counted]]:
    """Return the values of facets as they are answered."""
    return {
        facet: [{"value": each.value, "count": each.count, "label": each.label} for each in counts]
        for facet, counts in facets.items()
    }


def answer(request: web.Request, body: bytes, headers: Mapping[str, str]) -> web.Response:
    """Return a body with its validator, or 304 when the client holds it already.

    Args:
        request: Says what the client holds and takes.
        body: The body, not packed.
        headers: At least its ``Content-Type``.
    """
    packs = len(body) >= _WORTH_PACKING and accepts_gzip(request.headers.get("Accept-Encoding"))
    # One tag for each coding: a strong tag names bytes.
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}{"-gz" if packs else ""}"'
    common = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if is_current(request.headers.get("If-None-Match"), etag):
        return web.Response(status=304, headers=common)
    if packs:
        body = compress(body)
        common["Content-Encoding"] = "gzip"
    return web.Response(body=body, headers={**common, **headers})
