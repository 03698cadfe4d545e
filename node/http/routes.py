"""What a resource of this node is: its path, who answers it, what may be asked and what comes back.

Each module of handlers has a table of these, from which the application makes its routes and
``openapi`` its document::

    ROUTES: Final = (
        Route("/api/v1/heads", Feeds.heads, Heads),
        Route("/api/v1/entries/{ref}/proof", Api.proof, "application/octet-stream", problems=(404, 451)),
    )

Parameters in braces take the rest of a path, slashes too; of two paths the one that says more comes first.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from .parameters import Query

GET: Final = "GET"
POST: Final = "POST"


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One resource.

    Attributes:
        path: With its parameters in braces, as OpenAPI writes it, below the node's own path.
        handler: The method of its class that answers; its docstring's first line is what is said about it.
        answer: The type of the JSON document that it answers; or the media type of what is no JSON.
        query: The type of its parameters.
        problems: Statuses of problems that it may answer with, beside those that any resource may.
        statuses: Statuses with which it answers what was asked for.
        others: Statuses with which it answers something else, each with the type of that document.
        method: ``GET`` (with ``HEAD``) or ``POST``.
        body: The type of the JSON document that is sent to it; None for none, or for what is no JSON.
        headers: Headers that it reads, each with what it says.
        needs_token: Whether it is for those alone who have a token.
        forms: Media types in which the same answer can be had, beside that of ``answer``.
    """

    path: str
    handler: Callable[[Any, web.Request], Awaitable[web.StreamResponse]]
    answer: Any
    query: type[Query] = Query
    problems: tuple[int, ...] = ()
    statuses: tuple[int, ...] = (200,)
    others: tuple[tuple[int, Any], ...] = ()
    method: str = GET
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    needs_token: bool = False
    forms: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """The path as aiohttp matches it."""
        return self.path.replace("}", ":.+}")


def in_order(routes: Iterable[Route]) -> list[Route]:
    """Return routes in the order to try them in: what ends in a parameter takes all that is left, so last."""
    return sorted(routes, key=lambda route: (route.path.endswith("}"), -route.path.count("/")))
