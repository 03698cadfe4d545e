"""Projects side by side: what is stated of each, field by field, and where they differ.

::

    GET /fr/compare?p=<address>&p=<address>               up to four projects, to be printed
    GET /fr/compare?p=<address>&p=<address>&format=csv    the same as a table, a column for each project

Of a field the value of those who decide about it is shown, and others below it; who states what is on the
page of the project, to which each column leads.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

from aiohttp import web
from msgspec import Meta, field

from node.answers.clusters import project_view
from node.answers.projectshapes import ProjectView
from node.http.found import catch_up_shortly
from node.http.parameters import Format, Query, read
from node.http.routes import Route
from node.http.tables import table_answer

from .marks import Marks
from .names import field_name
from .pieces import Piece
from .projects import Row, rows
from .site import HTML, Site, without

MOST: Final = 4
"""Projects side by side: more fit on no sheet of paper."""

FIRST: Final = (
    "summary", "kind", "lifecycle", "license", "audience", "level", "jurisdictions", "languages", "topics",
    "features", "purpose", "software", "service", "platforms", "programmingLanguages", "conformsTo",
    "accessibility", "privacy", "security", "maintenance", "supportUntil", "providers", "terms", "dependsOn",
    "lessons", "roadmap", "seeking", "offering",
)  # fmt: skip
"""Fields in the order in which somebody chooses by them; all others follow by name."""

APART: Final = frozenset({"name", "description", "media", "claimedUsers", "keywords"})
"""Fields that nobody compares, or that are the heading of a column."""


class Asked(Query, frozen=True):
    """Which projects."""

    p: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=300)]],
        Meta(max_length=MOST, description="Addresses of projects."),
    ] = field(default_factory=list)
    format: Format = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A field, with what is stated of it in each project.

    Attributes:
        name: Of the field.
        cells: One for each project; None where nothing is stated.
        differs: Whether they are not all the same.
    """

    name: str
    cells: tuple[Row | None, ...]
    differs: bool


class Comparing:
    """Shows projects side by side."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def compare(self, request: web.Request) -> web.Response:
        """Show projects side by side."""
        asked = read(request, Asked)
        languages = self._site.languages(request)
        views = await asyncio.to_thread(self._views, asked.p, languages)
        compared = tuple(side_by_side(views, languages))
        if asked.format:
            marks = self._site.marks(self._site.reader(request))
            names = ["", *(view["name"] or view["address"] for view in views)]
            return table_answer(request, "compare", names, _table(views, compared, marks))
        url = request.rel_url
        values = {
            "views": views,
            "compared": compared,
            "lacking": [without(url, "p", ref) for ref in asked.p],
            "as_table": str(url.update_query(format="csv")),
        }
        return self._site.page(request, "compare", values)

    def _views(self, refs: Sequence[str], languages: tuple[str, ...]) -> list[ProjectView]:
        home = self._site.home
        catch_up_shortly(home)
        found = (cast("ProjectView", project_view(home, ref, languages, fresh=False)) for ref in refs)
        # Two members of one project are one column.
        return list({view["address"]: view for view in found}.values())


def side_by_side(views: Sequence[ProjectView], languages: Sequence[str]) -> Iterator[Compared]:
    """Yield each field of which anything is stated, with all projects' values."""
    stated = {name for view in views for name in view["fields"]} - APART
    names = [*(name for name in FIRST if name in stated), *sorted(stated.difference(FIRST))]
    columns = [{row.name: row for row in rows(view["fields"], names, languages)} for view in views]
    for name in names:
        cells = tuple(column.get(name) for column in columns)
        if any(cells):
            said = {None if cell is None else tuple(each.value for each in cell.sayings) for cell in cells}
            yield Compared(name, cells, len(said) > 1)


def plain(found: Piece, marks: Marks) -> str:
    """Return a piece as a text without marks, for a cell of a table."""
    if found.form == "word":
        return marks.label_text(found.facet, found.text)[0]
    if found.form == "list":
        return "; ".join(plain(part, marks) for part in found.parts)
    if found.form == "pairs":
        named = zip(found.names, found.parts, strict=True)
        return ", ".join(
            f"{marks.gettext(field_name(name) or name)}: {plain(part, marks)}" for name, part in named
        )
    if found.form == "truth":
        return marks.gettext("Yes") if found.text else marks.gettext("No")
    return found.text


def _table(
    views: Sequence[ProjectView], compared: Sequence[Compared], marks: Marks
) -> Iterator[tuple[object, ...]]:
    yield marks.gettext("Address"), *(view["address"] for view in views)
    yield marks.gettext("Organisations that use it"), *(_uses(view["backlinks"]) for view in views)
    for each in compared:
        cells = ("" if cell is None else plain(cell.sayings[0].value, marks) for cell in each.cells)
        yield marks.gettext(field_name(each.name) or each.name), *cells


def _uses(counts: Mapping[str, Any]) -> int:
    return int(counts.get("use", 0))


PAGES: Final = (Route("/compare", Comparing.compare, HTML, Asked, (404, 409, 451), forms=("text/csv",)),)
"""What is shown here, in each language."""
