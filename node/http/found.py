"""What a search or a question about plans is answered with, whoever shows it: JSON for programs, or a page.

Both functions block, and belong in a thread.
"""

import contextlib
import sqlite3
from collections.abc import Sequence
from typing import cast

from yarl import URL

from node.answers.facets import FACETS
from node.answers.finding.explaining import explained
from node.answers.finding.relaxing import Relaxation, relaxations
from node.answers.indexing import catch_up_if_little
from node.answers.search import search
from node.answers.shapes import Found, FoundItem, Relaxed
from node.errors import LockedError
from node.home import Home
from node.plans.questions import PlanPage
from node.plans.shapes import PlanAnswer

from .documents import counted
from .parameters import Search


def found(home: Home, asked: Search, url: URL) -> Found:
    """Return one page of a search.

    Args:
        home: The node.
        asked: What is asked.
        url: Where it is asked, from which the addresses of other pages are made.

    Raises:
        InvalidInputError: A question, filter or cursor that cannot be.
    """
    catch_up_shortly(home)
    question = asked.question
    page = search(home, question, asked.limit, asked.cursor, facets=asked.counted, fresh=False)
    relaxed = relaxations(home, question, page)
    if asked.explain:
        page = explained(home, question, page)
    return {
        "total": page.total,
        "items": cast("Sequence[FoundItem]", page.items),
        "facets": counted(page.facets),
        "corrections": page.corrections,
        "relaxations": [_relaxation(url, each) for each in relaxed],
        "next": page.next,
        "next_url": following(url, page.next),
    }


def plans_found(page: PlanPage, url: URL) -> PlanAnswer:
    """Return one page of plans, calls, providers or consultations; see :func:`found`."""
    return {
        "total": page.total,
        "items": page.items,
        "facets": counted(page.facets),
        "corrections": page.corrections,
        "next": page.next,
        "next_url": following(url, page.next),
    }


def following(url: URL, cursor: str | None) -> str | None:
    """Return the address of the next page, None where there is none.

    Everything that was asked goes into it, so that whoever follows it loses no filter.
    """
    return None if cursor is None else str(url.update_query(cursor=cursor))


def catch_up_shortly(home: Home) -> None:
    """Index what waits, if it is little and nobody else is at it."""
    # A disk that is full, or an index that somebody else writes, is the indexing loop's to report:
    # readers are served by what is there. tantivy says everything as ValueError.
    with contextlib.suppress(LockedError, OSError, sqlite3.Error, ValueError):
        catch_up_if_little(home)


def _relaxation(url: URL, relaxed: Relaxation) -> Relaxed:
    """Return a question that finds something, with its whole address."""
    left_out = [facet for facet in FACETS if facet not in relaxed.filters]
    link = url.without_query_params("cursor", "q", *left_out)
    return {
        "total": relaxed.total,
        "without": list(relaxed.without),
        "instead": dict(relaxed.instead),
        "url": str(link.update_query(q=relaxed.text) if relaxed.text else link),
    }
