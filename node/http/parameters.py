"""What a request asks beside its path, read strictly: a slip must not become a wrong answer.

::

    q=budget+participatif          words, given once
    kind=software&kind=service     a filter: any of these values
    lang=fr,en   facets=kind,topic lists, separated by commas
    page=2                         400: there is no such parameter, and these there are

Each resource has one type here whose fields are its parameters: by it requests are read, and from it the
OpenAPI document is made.
"""

import functools
import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, TypeVar, cast

import msgspec
from aiohttp import web
from msgspec import Meta, inspect

from node.answers.facets import FACETS
from node.answers.search import SORTS, Question
from node.answers.views import VIEWS

from .problems import HttpProblemError

MAX_ITEMS: Final = 100
"""Items of one page over HTTP."""

MAX_VALUES: Final = 50
"""Values of one filter."""

_TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)

Limit = Annotated[int, Meta(ge=1, le=MAX_ITEMS, description="Items of a page.")]
Cursor = Annotated[str, Meta(max_length=400, description="`next` of the page before.")]
_Filter = Annotated[
    list[Annotated[str, Meta(min_length=1)]],
    Meta(max_length=MAX_VALUES, description="Only what has one of these values."),
]


Format = Annotated[
    Literal["", "csv", "json", "atom"],
    Meta(description="`csv` for a table for spreadsheets, `atom` for a feed, `json` for JSON."),
]


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters; and the base of all types of parameters.

    A field is a text, a number, or true or false, and may be given once; or a list of texts, which may be
    given several times.
    """


Q = TypeVar("Q", bound=Query)


class Languages(Query, frozen=True):
    """What a reader reads."""

    lang: Annotated[
        str,
        Meta(
            # Not `$`, which lets a line break follow.
            pattern=r"^([A-Za-z0-9-]{1,35}(,[A-Za-z0-9-]{1,35}){0,9})?(?![\s\S])",
            description="Language tags by preference, separated by commas.",
        ),
    ] = ""

    @property
    def languages(self) -> tuple[str, ...]:
        """The tags."""
        return tuple(self.lang.split(",")) if self.lang else ()


class Called(Languages, frozen=True, kw_only=True):
    """By what a project is called."""

    url: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2_000,
            description="The address of an entry, also a former one; or a URL or an identifier, such as a"
            " repository or `doi:10.5281/…`.",
        ),
    ]


class Listing(Languages, frozen=True, kw_only=True):
    """A page of those who publish."""

    q: Annotated[
        str, Meta(max_length=200, description="Parts of a name or of an origin that must all be there.")
    ] = ""
    limit: Limit = MAX_ITEMS
    cursor: Cursor | None = None


class Paged(Query, frozen=True):
    """A page of a list."""

    limit: Limit = MAX_ITEMS
    cursor: Cursor | None = None


class Since(Query, frozen=True):
    """Where a reader of the feed was."""

    since: Annotated[str, Meta(description="The cursor of the last answer; everything without.")] = ""


class Version(Query, frozen=True):
    """Which version of a document."""

    version: (
        Annotated[int, Meta(ge=1, le=999_999_999, description="Its number; the newest without.")] | None
    ) = None


class EntryVersion(Query, frozen=True):
    """Which version of a statement."""

    version: (
        Annotated[int, Meta(ge=0, description="Its index, as its history has it; the newest without.")] | None
    ) = None


class Search(Languages, frozen=True, kw_only=True):
    """One page of a search; the kinds that are read are ``SEARCH``."""

    q: Annotated[str, Meta(description="Words that must all be there; everything without.")] = ""
    limit: Limit = 20
    cursor: Cursor | None = None
    view: Annotated[str, Meta(description=f"Only what is in this named question: {', '.join(VIEWS)}.")] = ""
    wider: Annotated[
        bool, Meta(description="Whether what is for a wider place fits `jurisdiction`, too: EU for FR.")
    ] = False
    fold: Annotated[
        bool,
        Meta(
            description="Whether a suite is found together with its parts; false finds everything by itself."
        ),
    ] = True
    sort: Annotated[str, Meta(description=f"One of: {', '.join(SORTS)}.")] = SORTS[0]
    facets: Annotated[
        str, Meta(description=f"Which facets to count, separated by commas: {', '.join(FACETS)}.")
    ] = ""

    explain: Annotated[bool, Meta(description="Whether each item says why it is where it is.")] = False

    @property
    def question(self) -> Question:
        """Words, filters, order and languages."""
        given: dict[str, list[str]] = {facet: getattr(self, facet) for facet in FACETS}
        return Question(
            text=self.q,
            filters={facet: tuple(values) for facet, values in given.items() if values},
            sort=self.sort,
            languages=self.languages,
            wider=self.wider,
            view=self.view,
            fold=self.fold,
        )

    @property
    def counted(self) -> tuple[str, ...]:
        """Which facets to count."""
        return tuple(dict.fromkeys(self.facets.split(","))) if self.facets else ()


class SearchPage(Search, frozen=True, kw_only=True):
    """The same, of what can be had as a table too; the kinds that are read are ``SEARCH_PAGE``."""

    format: Format = ""


S = TypeVar("S", bound=Search)


def _with_filters(kind: type[S]) -> type[S]:
    fields: list[tuple[str, Any, Any]] = [
        (facet, _Filter, msgspec.field(default_factory=list)) for facet in FACETS
    ]
    made = msgspec.defstruct(kind.__name__, fields, bases=(kind,), frozen=True, kw_only=True)
    return cast("type[S]", made)


SEARCH: Final = _with_filters(Search)
"""A search with its filters, one for each facet."""

SEARCH_PAGE: Final = _with_filters(SearchPage)
"""The same, of what can be had as a table too."""


def read(request: web.Request, kind: type[Q]) -> Q:
    """Return the parameters of a request.

    Args:
        request: The request.
        kind: Their type; ``Query`` where there are none.

    Raises:
        HttpProblemError: A parameter is unknown, given too often, or not what it can be.
    """
    shape, words = _shape(kind), _words(kind)
    given: dict[str, Any] = {}
    for name, value in request.query.items():
        if name not in shape:
            raise HttpProblemError(400, _no_such(name, sorted(shape)))
        if shape[name] is list:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise HttpProblemError(400, f"{name} is given twice")
        else:
            given[name] = _typed(value, shape[name])
    if request.query_string and not shape:
        raise HttpProblemError(400, _no_such("", ()))
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        why, _, place = str(error).partition(" - at `$.")
        place = place.rstrip("`")
        if place in words and isinstance(text := given.get(place), str):
            why = f"there is no {text!r}; there are {', '.join(words[place])}"
        raise HttpProblemError(400, f"{place}: {why}") from error


def _typed(value: str, kind: type) -> object:
    """Return what a text stands for; what it cannot stand for stays a text, and is refused as one."""
    if kind is bool:
        return _TRUTHS.get(value, value)
    return int(value) if kind is int and _NUMBER.fullmatch(value) else value


@functools.cache
def _shape(kind: type[Query]) -> dict[str, type]:
    """Return for each parameter whether it is a text, a number, a list, or true or false."""
    fields = cast("inspect.StructType", inspect.type_info(kind)).fields
    return {field.name: _python_type(field.type) for field in fields}


@functools.cache
def _words(kind: type[Query]) -> dict[str, list[str]]:
    """Return the words that a parameter can be, for each that is one of some."""
    fields = cast("inspect.StructType", inspect.type_info(kind)).fields
    bare = {
        field.name: field.type.type if isinstance(field.type, inspect.Metadata) else field.type
        for field in fields
    }
    return {
        name: [str(value) for value in of.values if value]
        for name, of in bare.items()
        if isinstance(of, inspect.LiteralType)
    }


def _python_type(of: inspect.Type) -> type:
    match of:
        case inspect.Metadata(type=inner):
            return _python_type(inner)
        case inspect.UnionType(types=(first, *_)):
            return _python_type(first)
        case inspect.ListType():
            return list
        case inspect.IntType():
            return int
        case inspect.BoolType():
            return bool
        case _:
            return str


def _no_such(name: str, known: Sequence[str]) -> str:
    if not known:
        return "this resource takes no parameters"
    return f"there is no parameter {name!r}; there are {', '.join(known)}"
