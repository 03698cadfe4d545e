"""What a search or a question about plans is answered with, whoever shows it: JSON for programs, or a page.

Both functions block, and belong in a thread.
"""

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from yarl import URL

from node.answers.facets import FACETS
from node.answers.finding.answering import Interpreted, answered
from node.answers.finding.explaining import explained
from node.answers.finding.reading import Taken
from node.answers.indexing import catch_up_if_little
from node.answers.search import Question
from node.answers.shapes import Found, FoundItem, TakenWords, Understood
from node.errors import LockedError
from node.home import Home
from node.plans.questions import PlanPage
from node.plans.shapes import PlanAnswer
from node.vocabularies.every import label_of

from .documents import counted, following
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
    answer = answered(home, asked.question, asked.limit, asked.cursor, facets=asked.counted, fresh=False)
    page = explained(home, answer.question, answer.page) if asked.explain else answer.page
    # A page that follows is one of the question that was answered.
    here = url if answer.question == asked.question else asking(url, answer.question)
    return {
        "total": page.total,
        "items": cast("Sequence[FoundItem]", page.items),
        "facets": counted(page.facets),
        "corrections": page.corrections,
        "interpreted": _understood(url, answer.interpreted),
        "relaxations": [
            {
                "total": each.total,
                "without": list(each.without),
                "instead": dict(each.instead),
                "url": str(asking(url, replace(answer.question, text=each.text, filters=each.filters))),
            }
            for each in answer.relaxations
        ],
        "next": page.next,
        "next_url": following(here, page.next),
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


def catch_up_shortly(home: Home) -> None:
    """Index what waits, if it is little and nobody else is at it."""
    # A disk that is full, or an index that somebody else writes, is the indexing loop's to report:
    # readers are served by what is there. tantivy says everything as ValueError.
    with contextlib.suppress(LockedError, OSError, sqlite3.Error, ValueError):
        catch_up_if_little(home)


def asking(url: URL, question: Question) -> URL:
    """Return the address of another question with other words and filters, from its first page."""
    link = url.without_query_params("cursor", "q", *FACETS)
    kept = [
        *link.query.items(),
        *((facet, each) for facet, those in question.filters.items() for each in those),
    ]
    return link.with_query([*([("q", question.text)] if question.text else []), *kept])


def _understood(url: URL, how: Interpreted | None) -> Understood | None:
    """Return how a question was understood, with the address of it and of each filter less."""
    if how is None:
        return None

    def said(taken: Taken, other: Question) -> TakenWords:
        label = label_of(taken.facet, taken.value, how.question.languages)
        link = str(asking(url, other))
        return {"words": taken.words, "facet": taken.facet, "value": taken.value, "label": label, "url": link}

    return {
        "applied": how.applied,
        "total": how.total,
        "text": how.question.text,
        "filters": [said(each, how.without(each)) for each in how.taken],
        "asks": [
            {
                "words": each.words,
                "facet": each.facet,
                "values": [
                    {
                        "value": one.value,
                        "count": one.count,
                        "url": str(asking(url, how.with_value(each, one.value))),
                    }
                    for one in each.values
                ],
            }
            for each in how.asks
        ],
        "left_out": [said(each, how.alone(each)) for each in how.left_out],
        "url": str(asking(url, how.question)),
    }
