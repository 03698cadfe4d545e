"""Projects side by side: what is stated of each, field by field, and where they differ.

::

    GET /fr/compare?p=<address>&p=<address>               up to four projects, to be printed
    GET /fr/compare?p=<address>&p=<address>&format=csv    the same as a table, a column for each project

Shown is by what somebody chooses, in as few words as fit a cell: of a field the value of those who decide
about it, others below it, and by numbers who states what. All that is stated is on the page of the project,
to which each column leads.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

from aiohttp import web
from msgspec import Meta, field

from federation.headline import packed
from node.answers.clusters import project_view
from node.answers.projectshapes import Field, ProjectView
from node.answers.publishers import publisher_names
from node.http.found import catch_up_shortly
from node.http.parameters import Format, Query, read
from node.http.problems import HttpProblemError
from node.http.routes import Route
from node.http.tables import table_answer

from .marks import Marks
from .names import field_name
from .pieces import Piece
from .projects import Saying, rows
from .site import HTML, Site

MOST: Final = 4
"""Projects side by side: more fit on no sheet of paper."""

SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "summary": (),
    "kind": (),
    "lifecycle": (),
    "license": (),
    "access": ("source", "reason"),
    "audience": (),
    "level": (),
    "jurisdictions": (),
    "languages": (),
    "topics": (),
    "features": (),
    "software": ("type", "platforms", "programmingLanguages", "deployment"),
    "service": ("channels", "cost", "duration"),
    "dataset": ("distributions", "frequency", "temporal", "personalData"),
    "standard": ("acronym", "version", "status", "body"),
    "process": ("form",),
    "participation": ("status", "opens", "closes", "method", "participants"),
    "conformsTo": ("name", "ref", "level", "status"),
    "accessibility": ("standard", "level", "status"),
    "privacy": ("personalData",),
    "security": ("policy", "sbom"),
    "maintenance": ("mode", "supportUntil"),
    "providers": ("name", "role"),
    "terms": ("cost", "text"),
    "dependsOn": ("name", "ref", "type"),
    "basedOn": ("name", "ref", "relation"),
    "lessons": ("text",),
    "roadmap": ("title", "stage", "from", "to"),
    "seeking": ("type", "text", "until"),
    "offering": ("type", "text", "until"),
    "modified": (),
}
"""Fields by which somebody chooses, in that order, and what of them fits a cell; empty for all of it."""

TICKED: Final = 20
"""Projects that somebody may tick: a page of results."""

DECIDING: Final[Mapping[str, str]] = {
    "kind": "", "lifecycle": "", "license": "", "access": "source", "audience": "", "level": "",
    "jurisdictions": "", "languages": "", "maintenance": "mode", "terms": "cost", "privacy": "personalData",
}  # fmt: skip
"""Fields whose values are of one vocabulary, so that another one means something; of a map which part."""

TEXTS: Final = frozenset({"summary", "features"})
"""Fields of which the other texts are on the page of the project, not in a cell."""

ITEMS: Final = 5
"""Items of one list in a cell."""

_INNER: Final[Mapping[str, tuple[str, ...]]] = {
    "deployment": ("effort", "demo"),
    "channels": ("type",),
    "distributions": ("mediaType", "license"),
}


class Asked(Query, frozen=True):
    """Which projects."""

    p: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=300)]],
        Meta(max_length=TICKED, description="Addresses of projects."),
    ] = field(default_factory=list)
    format: Format = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is stated of one project.

    Attributes:
        sayings: The headline first; none where nothing is stated.
        more: How many values or items are left out.
    """

    sayings: tuple[Saying, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """A field, with what is stated of it in each project.

    Attributes:
        name: Of the field.
        cells: One for each project.
        differs: Whether projects that state it state something else, and that means something.
    """

    name: str
    cells: tuple[Cell, ...]
    differs: bool


class Comparing:
    """Shows projects side by side."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def compare(self, request: web.Request) -> web.Response:
        """Show projects side by side."""
        asked = read(request, Asked)
        languages = self._site.languages(request)
        named, names = await asyncio.to_thread(self._found, asked.p, languages)
        # Two members of one project are one column.
        found = list({view["address"]: view for view in named}.values())
        views, others = found[:MOST], found[MOST:]
        compared = tuple(side_by_side(views, languages))
        if asked.format:
            if others:
                raise HttpProblemError(
                    400, f"p: these are {len(found)} projects; at most {MOST} are compared"
                )
            marks = self._site.marks(self._site.reader(request))
            columns = ["", *(view["name"] or view["address"] for view in views)]
            return table_answer(request, "compare", columns, _table(views, compared, names, marks))
        url = request.rel_url
        values = {
            "views": views,
            "others": others,
            "compared": compared,
            "names": names,
            "numbers": numbered(views),
            "lacking": [
                str(
                    url.with_query(
                        [("p", ref) for ref, each in zip(asked.p, named, strict=True) if each != view]
                    )
                )
                for view in views
            ],
            "as_table": str(url.with_query([*(("p", view["address"]) for view in views), ("format", "csv")])),
        }
        return self._site.page(request, "compare", values)

    def _found(
        self, refs: Sequence[str], languages: tuple[str, ...]
    ) -> tuple[list[ProjectView], Mapping[str, str]]:
        """Return the project of each address, and what publishers are called."""
        home = self._site.home
        catch_up_shortly(home)
        found = [cast("ProjectView", project_view(home, ref, languages, fresh=False)) for ref in refs]
        return found, publisher_names(home, languages)


def side_by_side(views: Sequence[ProjectView], languages: Sequence[str]) -> Iterator[Compared]:
    """Yield each field that matters and of which anything is stated, with all projects' values."""
    for name in SHOWN:
        fields = [view["fields"].get(name) for view in views]
        cells = tuple(Cell() if field is None else _cell(name, field, languages) for field in fields)
        if any(cell.sayings for cell in cells):
            yield Compared(name, cells, name in DECIDING and _differs(name, fields))


def plain(found: Piece, marks: Marks) -> str:
    """Return a piece as a text without marks, for a cell of a table."""
    if found.form == "word":
        return marks.label_text(found.facet, found.text)[0]
    if found.form == "list":
        return marks.semicolon.join(plain(part, marks) for part in found.parts)
    if found.form == "pairs":
        named = zip(found.names, found.parts, strict=True)
        return marks.comma.join(
            f"{marks.gettext(field_name(name, found.within) or name)}: {plain(part, marks)}"
            for name, part in named
        )
    if found.form == "truth":
        return marks.gettext("Yes") if found.text else marks.gettext("No")
    return found.text


def numbered(views: Sequence[ProjectView]) -> dict[str, int]:
    """Return a number for each publisher of some projects, by which cells name who states something."""
    origins = dict.fromkeys(member["origin"] for view in views for member in view["members"])
    return {origin: number for number, origin in enumerate(origins, 1)}


def _cell(name: str, field: Field, languages: Sequence[str]) -> Cell:
    brief, more = _briefly(name, field)
    (row,) = rows({name: brief}, (name,), languages) or (None,)
    if row is None:
        return Cell()
    kept = row.sayings[:1] if name in TEXTS else row.sayings
    return Cell(kept, more + row.more + len(row.sayings) - len(kept))


def _briefly(name: str, field: Field) -> tuple[Field, int]:
    """Return a field with what of it fits a cell, and how many items do not."""
    short: Field = {**field, "value": _short(name, field["value"])}
    if "items" not in field:
        short["also"] = [{**each, "value": _short(name, each["value"])} for each in field.get("also", ())]
        return short, 0
    # What is in the headline comes first.
    items = sorted(field["items"], key=lambda item: not item["headline"])
    most = len(items) if name in DECIDING else ITEMS
    short["items"] = [{**item, "value": _short(name, item["value"])} for item in items[:most]]
    return short, len(items[most:])


def _short(name: str, value: Any) -> Any:  # noqa: ANN401 - anybody's
    keys = SHOWN.get(name) or _INNER.get(name)
    if isinstance(value, list):
        return [_short(name, each) for each in value[:ITEMS]]
    if not keys or not isinstance(value, dict):
        return value
    kept = [key for key in keys if key in value and not (key == "ref" and value.get("name"))]
    return {key: _short(key, value[key]) if key in _INNER else value[key] for key in kept}


def _differs(name: str, fields: Iterable[Field | None]) -> bool:
    """Report whether two projects state other values of a field; what is not stated is not another one."""
    said = {packed(_decisive(name, field["value"])) for field in fields if field is not None}
    return len(said - {packed(None), packed([])}) > 1


def _decisive(name: str, value: Any) -> Any:  # noqa: ANN401 - anybody's
    if isinstance(value, list):
        return sorted(str(each) for each in value)
    part = DECIDING[name]
    return value.get(part) if part and isinstance(value, dict) else value


def _table(
    views: Sequence[ProjectView],
    compared: Sequence[Compared],
    names: Mapping[str, str],
    marks: Marks,
) -> Iterator[tuple[object, ...]]:
    origins = [list(dict.fromkeys(member["origin"] for member in view["members"])) for view in views]
    yield marks.gettext("Address"), *(view["address"] for view in views)
    yield (
        marks.gettext("Stated by"),
        *(marks.semicolon.join(names.get(each) or each for each in some) for some in origins),
    )
    yield marks.gettext("Organisations that use it"), *(_uses(view["backlinks"]) for view in views)
    for each in compared:
        cells = (plain(cell.sayings[0].value, marks) if cell.sayings else "" for cell in each.cells)
        yield marks.gettext(field_name(each.name) or each.name), *cells


def _uses(counts: Mapping[str, Any]) -> int:
    return int(counts.get("use", 0))


PAGES: Final = (Route("/compare", Comparing.compare, HTML, Asked, (404, 409, 451), forms=("text/csv",)),)
"""What is shown here, in each language."""
