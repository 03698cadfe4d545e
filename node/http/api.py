"""The query API: JSON about the combined catalogue, each answer with its provenance.

::

    GET /api/v1/search?q=budget+participatif&kind=software&facets=topic&lang=fr,en&cursor=…
        {"total": 41, "items": [{"address", "name", …, "provenance"}], "facets": {"topic": […]},
         "corrections": {}, "next": "AT2…", "next_url": "/api/v1/search?q=…&cursor=AT2…"}
    GET /api/v1/search?…&format=csv           the same as a table
    GET /api/v1/projects?url=<URL>            leads to the project that is called so
    GET /api/v1/projects/<address>            one project, what all its publishers say side by side
    GET /api/v1/entries/<address>             the statement as it stands now
    GET /api/v1/entries/<address>/history     all its versions, the newest first
    GET /api/v1/entries/<address>/proof       a .tlog-proof file
    GET /api/v1/publishers[/<origin>]         who publishes, as far as this node knows
    GET /api/v1/candidates                    whom others recommend and vouch for, and nobody here follows
    GET /api/v1/nodes                         whom this node asks, and how that went
    GET /api/v1/nodes/<host>/policy           what one of them says of admission, licence and contact

Answers carry an ETag and change when the catalogue does, so asking again is cheap and
never stale. Reading needs no key.
"""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from aiohttp import web
from yarl import URL

from node.answers import provenance
from node.answers.clusters import canonical_address, project_view
from node.answers.listing import listed, listed_nodes
from node.answers.logshapes import Candidates, NodePolicy, Nodes, Publisher, Publishers
from node.answers.policies import node_policy
from node.answers.projectshapes import Leading, ServedProject
from node.answers.publishers import publisher
from node.answers.shapes import Entry, Found, History
from node.candidates import candidates
from node.feeds import atom
from node.home import Home

from .card import base_path
from .documents import answer, json_answer, listed_answer
from .forms import found_as
from .parameters import SEARCH_PAGE, Called, EntryVersion, Languages, Listing, Paged, Query, Version, read
from .problems import HttpProblemError
from .resources import FeedResource
from .routes import Route

T = TypeVar("T")


class Api(FeedResource):
    """Answers what begins with ``/api/v1/``."""

    async def search(self, request: web.Request) -> web.Response:
        """Answer one page of a search.

        Raises:
            HttpProblemError: A parameter is unknown, given too often, or not what it can be.
        """
        asked = read(request, SEARCH_PAGE)
        return await asyncio.to_thread(found_as, request, self._home, asked, self._readers)

    async def project(self, request: web.Request) -> web.Response:
        """Answer one project at its canonical address; whoever names another member is sent there."""
        languages, ref = read(request, Languages).languages, _named(request)
        view = await asyncio.to_thread(project_view, self._home, ref, languages, fresh=False)
        canonical = view["address"]
        place = f"{base_path(self._home)}/api/v1/projects/{canonical}"
        if ref == canonical or ("/" not in ref and canonical.rpartition("/")[2].startswith(ref)):
            return json_answer(request, {**view, "backlinks_url": f"{place}/backlinks"})
        return _leading(request.rel_url.with_path(place, keep_query=True), canonical)

    async def called(self, request: web.Request) -> web.Response:
        """Lead to the project that an address, a URL or an identifier means, at its canonical address."""
        asked = read(request, Called)
        canonical = await asyncio.to_thread(canonical_address, self._home, asked.url)
        place = request.rel_url.with_path(f"{base_path(self._home)}/api/v1/projects/{canonical}")
        return _leading(place.with_query({"lang": asked.lang} if asked.lang else {}), canonical)

    async def publishers(self, request: web.Request) -> web.Response:
        """Answer a page of the publishers."""
        asked = read(request, Listing)
        page = await asyncio.to_thread(
            listed, self._home, asked.q, asked.languages, asked.limit, asked.cursor
        )
        return listed_answer(request, "publishers", page)

    async def publisher(self, request: web.Request) -> web.Response:
        """Answer one publisher, by the origin of its log."""
        languages, origin = read(request, Languages).languages, _named(request)
        return json_answer(request, await asyncio.to_thread(publisher, self._home, origin, languages))

    async def candidates(self, request: web.Request) -> web.Response:
        """Answer the logs that somebody named and that are not here."""
        read(request, Query)
        return json_answer(request, {"candidates": await asyncio.to_thread(candidates, self._home)})

    async def nodes(self, request: web.Request) -> web.Response:
        """Answer a page of the nodes that are asked."""
        asked = read(request, Paged)
        page = await asyncio.to_thread(listed_nodes, self._home, asked.limit, asked.cursor)
        return listed_answer(request, "nodes", page)

    async def policy(self, request: web.Request) -> web.Response:
        """Answer one version of a followed node's policy document, the newest unless another is named."""
        number, ref = read(request, Version).version, _named(request)
        return json_answer(request, await asyncio.to_thread(node_policy, self._home, ref, number))

    async def entry(self, request: web.Request) -> web.Response:
        """Answer a statement as it stands now, or one of its versions."""
        version, ref = read(request, EntryVersion).version, _named(request)
        return json_answer(request, await asyncio.to_thread(provenance.show, self._home, ref, version))

    async def history(self, request: web.Request) -> web.Response:
        """Answer all versions of a statement."""
        document: History = {"versions": await self._about(provenance.history, request)}
        return json_answer(request, document)

    async def proof(self, request: web.Request) -> web.Response:
        """Answer a portable proof, as a file to keep."""
        body = await self._about(provenance.proof, request)
        name = request.match_info["ref"].rpartition("/")[2]
        return answer(
            request,
            body,
            {
                "Content-Type": "application/octet-stream",
                "Content-Disposition": f'attachment; filename="{name}.tlog-proof"',
            },
        )

    async def _about(self, ask: Callable[[Home, str], T], request: web.Request) -> T:
        """Return what there is to say about the statement that the path names."""
        read(request, Query)
        return await asyncio.to_thread(ask, self._home, _named(request))


def _named(request: web.Request) -> str:
    """Return the rest of the path, which names one thing."""
    ref = request.match_info["ref"]
    if ref != ref.strip():
        raise HttpProblemError(404, "nothing is served at this path")
    return ref


def _leading(url: URL, canonical: str) -> web.Response:
    """Return an answer that leads to a project's own address."""
    # Which member comes first may change, so nobody should keep the redirect for long.
    headers = {"Location": str(url), "Cache-Control": "no-cache"}
    document: Leading = {"address": canonical}
    body = msgspec.json.encode(document)
    return web.Response(status=308, body=body, content_type="application/json", headers=headers)


ROUTES: Final = (
    Route(
        "/api/v1/search",
        Api.search,
        Found,
        SEARCH_PAGE,
        forms=("text/csv", atom.MEDIA_TYPE),
    ),
    Route("/api/v1/projects", Api.called, Leading, Called, (404, 409, 451), (308,)),
    Route(
        "/api/v1/projects/{ref}",
        Api.project,
        ServedProject,
        Languages,
        (404, 409, 451),
        others=((308, Leading),),
    ),
    Route("/api/v1/publishers", Api.publishers, Publishers, Listing),
    Route("/api/v1/publishers/{ref}", Api.publisher, Publisher, Languages, (404,)),
    Route("/api/v1/candidates", Api.candidates, Candidates),
    Route("/api/v1/nodes", Api.nodes, Nodes, Paged),
    Route("/api/v1/nodes/{ref}/policy", Api.policy, NodePolicy, Version, (404,)),
    Route("/api/v1/entries/{ref}", Api.entry, Entry, EntryVersion, (404, 409, 451)),
    Route("/api/v1/entries/{ref}/history", Api.history, History, problems=(404, 409, 451)),
    Route("/api/v1/entries/{ref}/proof", Api.proof, "application/octet-stream", problems=(404, 409, 451)),
)
"""What is answered here."""
