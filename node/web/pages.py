"""Which page is at which path, in every language.

::

    /{locale}/search        searching
    /{locale}/p/{ref}       projects
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from node.http.routes import Route

from . import (
    about,
    comparing,
    entries,
    federated,
    following,
    front,
    interface,
    logbook,
    news,
    organisations,
    planning,
    projects,
    searching,
    topics,
    verification,
)
from .locales import LOCALES
from .site import Site

Table = tuple[Callable[[Site], Any], tuple[Route, ...]]


def tables(described: Sequence[Route]) -> tuple[Table, ...]:
    """Return who shows, and what; paths are below that of the language.

    Args:
        described: The routes that programs may rely on, of which there is a page.
    """
    return (
        (front.Front, front.PAGES),
        (searching.Searching, searching.PAGES),
        (projects.Projects, projects.PAGES),
        (entries.Entries, entries.PAGES),
        (organisations.Organisations, organisations.PAGES),
        (topics.Topics, topics.PAGES),
        (planning.Planning, planning.PAGES),
        (comparing.Comparing, comparing.PAGES),
        (federated.Federated, federated.PAGES),
        (logbook.Logbook, logbook.PAGES),
        (news.Gathered, news.PAGES),
        (following.Following, following.PAGES),
        (verification.Verification, verification.PAGES),
        (about.About, about.PAGES),
        (lambda site: interface.Interface(site, described), interface.PAGES),
    )


PAGES: Final[tuple[Route, ...]] = tuple(route for _, routes in tables(()) for route in routes)
"""All pages."""

LANGUAGE: Final = f"/{{locale:{'|'.join(LOCALES)}}}"
"""What the paths of pages begin with, as aiohttp matches it."""
