"""Problems as pages, for whoever asks with a browser.

Programs get the problem document as it is (:mod:`node.http.problems`); so does everybody who does not say
that they would rather have HTML. A page has the same status, the same sentence, what it means in the reader's
language, and a way out.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Middleware

from node.http.problems import Handler, ProblemDocument

from .marks import N_
from .site import Site

PROBLEM: Final = "application/problem+json"

SAID: Final[Mapping[int, tuple[str, str]]] = {
    400: (
        N_("This address asks something that cannot be answered"),
        N_("Part of the address is mistyped. Start again from the search, or correct what is named here."),
    ),
    403: (
        N_("This is not for you, or came from elsewhere"),
        N_("Open the page anew and send the form once more; you may have been signed out meanwhile."),
    ),
    404: (
        N_("There is nothing at this address"),
        N_("It may have been withdrawn, or the address is mistyped. The search knows what is here."),
    ),
    405: (
        N_("This address only answers reading"),
        N_("Open it as a page, or look at the description of the interface for programs."),
    ),
    409: (
        N_("This short name fits several things"),
        N_("Use a longer one: the search shows the whole address of each."),
    ),
    410: (
        N_("This address leads nowhere any more"),
        N_("Start again from the first page."),
    ),
    413: (
        N_("What you sent is too large"),
        N_("Go back and shorten it, or send it in parts."),
    ),
    429: (
        N_("Too much came from you at once"),
        N_("Wait a moment and try again."),
    ),
    451: (
        N_("The operator of this node took this down"),
        N_("Other nodes may still show it. The policy of this node says whom to ask."),
    ),
    503: (
        N_("This node cannot answer now"),
        N_("Try again in a moment."),
    ),
}
"""Status → what it means, and the way out."""

OTHERWISE: Final = (
    N_("This node could not answer"),
    N_("It is not your fault. Try again later; if it stays so, tell the operator of this node."),
)
"""The same of every other status."""

_WEIGHT: Final = re.compile(r"q=([01](?:\.[0-9]{0,3})?)", re.ASCII)
_LONGEST: Final = 1_000  # characters of a header that are read


def prefers_html(accept: str | None) -> bool:
    """Report whether somebody names HTML, and would not rather have JSON (RFC 9110, 12.5.1)."""
    html, json = _wanted(accept)
    return html > 0 and html >= json


def prefers_json(accept: str | None) -> bool:
    """Report whether somebody names JSON, and would not rather have HTML."""
    html, json = _wanted(accept)
    return json > html


def _wanted(accept: str | None) -> tuple[float, float]:
    """Return how much somebody wants HTML, and JSON; 0 of what they do not name."""
    weights: dict[str, float] = {}
    for item in (accept or "")[:_LONGEST].split(","):
        kind, _, parameters = item.partition(";")
        match = _WEIGHT.fullmatch(parameters.strip().lower())
        weights[kind.strip().lower()] = float(match[1]) if match else 1.0
    html = max(weights.get("text/html", 0.0), weights.get("application/xhtml+xml", 0.0))
    return html, max(weights.get("application/json", 0.0), weights.get(PROBLEM, 0.0))


def as_pages(site: Site) -> Middleware:
    """Return what answers problems as pages, in front of everything else."""

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if (
            not isinstance(response, web.Response)
            or response.content_type != PROBLEM
            or not isinstance(response.body, bytes)
            or not prefers_html(request.headers.get("Accept"))
        ):
            return response
        document = msgspec.json.decode(response.body, type=ProblemDocument)
        heading, way_out = SAID.get(response.status, OTHERWISE)
        values = {"problem": document, "heading": heading, "way_out": way_out}
        page = site.page(request, "problem", values, status=response.status)
        for name, value in response.headers.items():
            if name not in page.headers:
                page.headers[name] = value
        return page

    return refuse
