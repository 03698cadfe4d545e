"""Which page of the desk is at which path, in every language."""

from collections.abc import Callable
from typing import Any, Final

from node.http.routes import Route

from . import (
    access,
    beginning,
    drafts,
    entering,
    letters,
    operating,
    peers,
    setup,
    start,
    statements,
    tables,
    together,
    writing,
)
from .gate import Gate

TABLES: Final[tuple[tuple[Callable[[Gate], Any], tuple[Route, ...]], ...]] = (
    (entering.Entering, entering.PAGES),
    (start.Start, start.PAGES),
    (beginning.Beginning, beginning.PAGES),
    (writing.Writing, writing.PAGES),
    (drafts.Drafts, drafts.PAGES),
    (statements.Statements, statements.PAGES),
    (tables.Tables, tables.PAGES),
    (together.Together, together.PAGES),
    (letters.Letters, letters.PAGES),
    (peers.Peers, peers.PAGES),
    (operating.Operating, operating.PAGES),
    (access.Access, access.PAGES),
    (setup.Setup, setup.PAGES),
)
"""Who shows, and what; paths are below that of the language."""

PAGES: Final[tuple[Route, ...]] = tuple(route for _, routes in TABLES for route in routes)
"""All pages of the desk, and all forms."""
