"""What a request asks beside its path, read strictly: a slip must not become a wrong answer.

::

    q=budget+participatif          words, given once
    kind=software&kind=service     a filter: any of these values
    lang=fr,en   facets=kind,topic lists, separated by commas
    page=2                         400: there is no such parameter, and these there are

"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from node.answers.facets import FACETS
from node.answers.search import SORTS, Question

from .problems import HttpProblemError

MAX_ITEMS: Final = 100
"""Items of one page over HTTP."""

MAX_VALUES: Final = 50
"""Values of one filter."""

_LIMIT: Final = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_LANGUAGES: Final = re.compile(r"[A-Za-z0-9-]{1,35}(?:,[A-Za-z0-9-]{1,35}){0,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """One page of one question.

    Attributes:
        question: Words, filters, order, languages.
        limit: Items, 1 to ``MAX_ITEMS``.
        cursor: Where the former page ended, None for the first one.
        facets: Which facets to count.
    """

    question: Question
    limit: int
    cursor: str | None
    facets: tuple[str, ...]


def read_search(request: web.Request) -> Asked:
    """Return what a search asks for.

    Raises:
        HttpProblemError: A parameter is unknown, given too often, or not what it can be.
    """
    given = _read(request, ("q", "limit", "cursor", "lang", "sort", "facets"), FACETS)
    (limit,) = given.get("limit", ["20"])
    if _LIMIT.fullmatch(limit) is None or int(limit) > MAX_ITEMS:
        raise HttpProblemError(400, f"limit is a number from 1 to {MAX_ITEMS}")
    for name in FACETS:
        if len(given.get(name, ())) > MAX_VALUES:
            raise HttpProblemError(400, f"{name} is given more than {MAX_VALUES} times")
    (facets,) = given.get("facets", [""])
    return Asked(
        Question(
            text=given.get("q", [""])[0],
            filters={name: tuple(given[name]) for name in FACETS if name in given},
            sort=given.get("sort", [SORTS[0]])[0],
            languages=_languages(given),
        ),
        limit=int(limit),
        cursor=given.get("cursor", [None])[0],
        facets=tuple(dict.fromkeys(facets.split(","))) if facets else (),
    )


def read_languages(request: web.Request) -> tuple[str, ...]:
    """Return what the reader reads, where nothing else can be asked.

    Raises:
        HttpProblemError: There is another parameter, or languages that cannot be.
    """
    return _languages(_read(request, ("lang",)))


def read_since(request: web.Request) -> str:
    """Return the cursor that a reader of the feed has; empty without one.

    Raises:
        HttpProblemError: There is another parameter.
    """
    (since,) = _read(request, ("since",)).get("since", [""])
    return since


def read_version(request: web.Request) -> int | None:
    """Return the number of a version that is asked for; None for the newest.

    Raises:
        HttpProblemError: There is another parameter, or no number.
    """
    (version,) = _read(request, ("version",)).get("version", [""])
    if version and _VERSION.fullmatch(version) is None:
        raise HttpProblemError(400, "version is a number from 1")
    return int(version) if version else None


def read_nothing(request: web.Request) -> None:
    """Refuse parameters where there are none.

    Raises:
        HttpProblemError: There is one.
    """
    if request.query_string:
        raise HttpProblemError(400, "this resource takes no parameters")


def _read(request: web.Request, once: Collection[str], often: Collection[str] = ()) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.query.items():
        if name not in once and name not in often:
            known = ", ".join(sorted((*once, *often)))
            raise HttpProblemError(400, f"there is no parameter {name!r}; there are {known}")
        if name in found and name in once:
            raise HttpProblemError(400, f"{name} is given twice")
        found.setdefault(name, []).append(value)
    return found


def _languages(given: dict[str, list[str]]) -> tuple[str, ...]:
    (languages,) = given.get("lang", [""])
    if languages and _LANGUAGES.fullmatch(languages) is None:
        raise HttpProblemError(400, "lang is a list of language tags, separated by commas")
    return tuple(languages.split(",")) if languages else ()
