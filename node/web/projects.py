"""One project: what all its publishers say side by side, who uses it, what is planned, and the proof.

::

    GET /fr/p/lyon.example/log/lyon/1/e/5e0c…    any member's address; the canonical one answers
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, Final, Literal, cast

from aiohttp import web
from msgspec import Meta

from node.answers.backlinks import BACKLINKS, project_backlinks
from node.answers.clusters import project_view
from node.answers.naming import things_named_in
from node.answers.nearshapes import Backlink, BacklinkPage, NamedThing
from node.answers.projectshapes import Field, ProjectView, Stated, StatedItem
from node.answers.provenance import show
from node.answers.publishers import publisher, publisher_names
from node.errors import NotFoundError
from node.home import Home
from node.http.found import catch_up_shortly
from node.http.parameters import Cursor, Query, read
from node.http.problems import HttpProblemError
from node.http.routes import Route
from node.plans.freshness import today
from node.plans.overlaps import overlaps
from node.plans.shapes import Overlapped
from node.plans.shown import is_overdue
from node.similar.likeness import similar

from .marks import is_of
from .pieces import Piece, piece, references
from .site import HTML, Site

FIRST_LINKS: Final = 20
"""Statements of each sort about a project that are shown before somebody asks for all of one sort."""

MOST_LINKS: Final = 100
"""The same of a page once somebody asks."""

MOST_NAMED: Final = 200
"""Things that its fields name and that are looked for here."""

MOST_VALUES: Final = 20
"""Values of one field that are shown; the API has all of them."""

SIMILAR: Final = 6
MOST_MEMBERS: Final = 5
"""Entries of a project whose plans are compared with others'."""

GONE: Final = ("withdrawn", "erased")
"""States of what was a project."""

ABOUT: Final = ("description", "purpose", "features")
REUSE: Final = (
    "license", "access", "identifiers", "links", "contact", "maintenance", "providers", "software", "service",
    "dataset", "standard", "process", "participation", "terms", "dependsOn", "conformsTo", "basedOn",
)  # fmt: skip
PLANS: Final = ("roadmap", "seeking", "offering")
HEAD: Final = ("name", "summary")
APART: Final = (*HEAD, *ABOUT, *REUSE, *PLANS, "lessons", "claimedUsers")
"""Fields that have a place of their own on the page; all others are in one table."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A value, and who states it.

    Attributes:
        value: As it is shown.
        by: Addresses of entries.
        headline: Whether those who decide about it state it.
    """

    value: Piece
    by: tuple[str, ...]
    headline: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A field with what is stated of it, the headline first.

    Attributes:
        name: Of the field.
        sayings: The first of all values.
        more: How many there are beside these.
    """

    name: str
    sayings: tuple[Saying, ...]
    more: int = 0

    @property
    def is_disputed(self) -> bool:
        """Whether there is another value beside the headline."""
        return not all(each.headline for each in self.sayings)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a project is called, or what it is in a few words: who says so, and what others say.

    Attributes:
        name: Of the field.
        by: Addresses of the entries that say what stands at the head of the page.
        others: What others say; what the reader can read first.
        more: How many others there are beside these.
    """

    name: str
    by: tuple[str, ...]
    others: tuple[Saying, ...]
    more: int = 0


class Asked(Query, frozen=True):
    """What of a project is shown."""

    show: Annotated[
        Literal[
            "", "use", "otherUse", "pastUse", "ownUse", "vouch", "basedOn", "dependsOn", "conformsTo",
            "partOf", "replaces", "relatedTo", "link", "list",
        ],
        Meta(description="Only what points at it in this way, page by page."),
    ] = ""  # fmt: skip
    cursor: Cursor | None = None


class Projects:
    """Shows projects, and what was one."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def project(self, request: web.Request) -> web.Response:
        """Show one project, or lead to its canonical address; of what is gone, say why."""
        asked = read(request, Asked)
        ref, languages = named(request), self._site.languages(request)
        values_of = self._pointing if asked.show else self._values
        try:
            values = await asyncio.to_thread(values_of, languages, ref, asked)
        except NotFoundError as error:
            return await self._instead(request, ref, languages, error)
        canonical = values["view"]["address"]
        if ref != canonical:
            place = self._site.path(self._site.reader(request), f"/p/{canonical}")
            place = f"{place}?{request.query_string}" if request.query_string else place
            return web.Response(status=302, headers={"Location": place, "Cache-Control": "no-cache"})
        # What many say in long texts takes long to show.
        template = "pointed" if asked.show else "project"
        return await asyncio.to_thread(self._site.page, request, template, values)

    async def _instead(
        self, request: web.Request, ref: str, languages: tuple[str, ...], error: NotFoundError
    ) -> web.Response:
        """Show what became of something that is no project now, or lead to the statement that it is.

        Raises:
            NotFoundError: Nothing is known of it.
        """
        try:
            entry = await asyncio.to_thread(show, self._site.home, ref, None, languages)
        except NotFoundError:
            raise error from None
        if entry["state"] == "hidden":
            raise error
        if entry["state"] not in GONE:
            place = self._site.path(self._site.reader(request), f"/e/{entry['address']}")
            return web.Response(status=302, headers={"Location": place, "Cache-Control": "no-cache"})
        lead = await asyncio.to_thread(publisher, self._site.home, entry["origin"], languages)
        return self._site.page(request, "gone", {"gone": entry, "lead": lead}, status=410)

    def _pointing(self, languages: tuple[str, ...], ref: str, asked: Asked) -> dict[str, Any]:
        """Return what points at a project in one way."""
        home = self._site.home
        view = project_view(home, ref, languages, fresh=False)
        page = project_backlinks(home, view["address"], (asked.show,), MOST_LINKS, asked.cursor, languages)
        return {"view": view, "asked": asked, "backlinks": page, "groups": _by_group(page)}

    def _values(self, languages: tuple[str, ...], ref: str, asked: Asked) -> dict[str, Any]:
        home = self._site.home
        catch_up_shortly(home)
        view = cast("ProjectView", project_view(home, ref, languages, fresh=False))
        address = view["address"]
        most = FIRST_LINKS * len(BACKLINKS)
        backlinks = project_backlinks(home, address, (), most, None, languages, most=FIRST_LINKS)
        return {
            "view": view,
            "asked": asked,
            "headings": headings(view, languages),
            "about": rows(view["fields"], ABOUT, languages),
            "reuse": rows(view["fields"], REUSE, languages),
            "plans": rows(view["fields"], PLANS, languages),
            "lessons": rows(view["fields"], ("lessons",), languages),
            "rest": rows(view["fields"], sorted(set(view["fields"]) - set(APART)), languages),
            "backlinks": backlinks,
            "groups": _by_group(backlinks),
            "known": _known(home, view, languages),
            "overlapping": _overlapping(home, view, languages),
            "similar": similar(home, address, languages, SIMILAR, fresh=False),
            "names": publisher_names(home, languages),
            "overdue": _is_overdue(home, view["fields"].get("participation")),
            "lead": publisher(home, view["members"][0]["origin"], languages),
        }


def _known(home: Home, view: ProjectView, languages: Sequence[str]) -> dict[str, NamedThing]:
    """Return what a project's fields name and is here, by how they name it."""
    found = things_named_in(home, islice(references(view["fields"]), MOST_NAMED), languages)
    return {text: each for text, each in found.items() if each["name"]}


def _by_group(page: BacklinkPage) -> dict[str, Sequence[Backlink]]:
    return dict.fromkeys(BACKLINKS, ()) | {group["group"]: group["items"] for group in page["groups"]}


def named(request: web.Request) -> str:
    """Return the rest of a path, which names one thing.

    Raises:
        HttpProblemError: Nothing is named so.
    """
    ref = request.match_info["ref"]
    if ref != ref.strip():
        raise HttpProblemError(404, "nothing is served at this path")
    return ref


def rows(fields: Mapping[str, Field], names: Iterable[str], languages: Sequence[str]) -> tuple[Row, ...]:
    """Return some fields as they are shown; those of which nothing is stated are left out."""
    found = ((name, _sayings(name, fields[name], languages)) for name in names if name in fields)
    return tuple(
        Row(name, said[:MOST_VALUES], max(len(said) - MOST_VALUES, 0)) for name, said in found if said
    )


def headings(view: ProjectView, languages: Sequence[str]) -> tuple[Heading, ...]:
    """Return who states the name and the summary of a project, and the other ones that are stated.

    Whoever says the same to this reader, be it in other languages too, says it with the others.
    """
    # A summary that nobody can read follows the name.
    read = (*languages, view["language"])
    return tuple(_heading(row, languages) for row in rows(view["fields"], HEAD, read))


def _heading(row: Row, languages: Sequence[str]) -> Heading:
    same: dict[str, list[Saying]] = {}
    for each in row.sayings:
        same.setdefault(each.value.text, []).append(each)
    said = [
        Saying(
            those[0].value, tuple(dict.fromkeys(by for each in those for by in each.by)), those[0].headline
        )
        for those in same.values()
    ]
    others = [each for each in said if not each.headline]
    others.sort(key=lambda each: not is_of(each.value.language, languages[0]))
    by = tuple(by for each in said if each.headline for by in each.by)
    return Heading(row.name, by, tuple(others), row.more)


def _sayings(name: str, field: Field, languages: Sequence[str]) -> tuple[Saying, ...]:
    if "items" not in field:
        stated: list[tuple[Stated, bool]] = [(each, False) for each in field.get("also", ())]
        if field["value"] is not None:
            first: Stated = {"value": field["value"], "stated_by": field.get("stated_by", [])}
            stated.insert(0, ({**first, "machine": field.get("machine", [])}, True))
        return tuple(
            Saying(
                piece(name, each["value"], languages, machine=each.get("machine", ())),
                tuple(each["stated_by"]),
                headline,
            )
            for each, headline in stated
        )
    # Items that the same publishers state are shown as one list.
    together: dict[tuple[tuple[str, ...], bool], list[StatedItem]] = {}
    for item in field["items"]:
        together.setdefault((tuple(item["stated_by"]), item["headline"]), []).append(item)
    return tuple(
        Saying(
            piece(
                name,
                [item["value"] for item in items],
                languages,
                machine={tag for item in items for tag in item.get("machine", ())},
            ),
            by,
            headline,
        )
        for (by, headline), items in together.items()
    )


def _is_overdue(home: Home, participation: Field | None) -> bool:
    """Tell whether it is a consultation of which nobody said in time what came out."""
    said = None if participation is None else participation.get("value")
    return isinstance(said, dict) and is_overdue(said, today(home))


def _overlapping(home: Home, view: ProjectView, languages: Sequence[str]) -> list[Overlapped]:
    """Return the project's plans that others have too."""
    found = (
        each
        for member in view["members"][:MOST_MEMBERS]
        for each in overlaps(home, member["address"], languages, fresh=False)
    )
    return [each for each in found if each["overlaps"]]


PAGES: Final = (Route("/p/{ref}", Projects.project, HTML, Asked, problems=(404, 409, 410, 451)),)
"""What is shown here, in each language."""
