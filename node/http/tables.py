"""Answers as tables for spreadsheets: CSV as RFC 4180 has it, in UTF-8.

::

    GET /api/v1/search?q=budget&format=csv      a page of a search, a row for each hit
    GET /fr/roadmap?topic=sector:health&format=csv

A spreadsheet takes a cell that begins with ``=`` for a formula, and what stands in these cells was written by
whoever likes to. Such a cell gets an apostrophe in front, by which spreadsheets know a text
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

from aiohttp import web

from node.answers.facets import topics_of
from node.answers.gathering import projects_of
from node.answers.projects import Project
from node.answers.publishers import publisher_names
from node.answers.shapes import Found, FoundItem
from node.answers.texts import for_spreadsheets
from node.home import Home
from node.plans.shapes import Plan, PlanAnswer
from node.vocabularies.bundled import LANGUAGES
from protocol.forms import is_url

from .card import base_url
from .documents import answer, next_link

MEDIA_TYPE: Final = "text/csv; charset=utf-8"

COLUMNS: Final = (
    "address",
    "type",
    "name",
    "language",
    "summary",
    "summary_language",
    "kind",
    "lifecycle",
    "license",
    "jurisdictions",
    "uses",
    "parts",
    "copies",
    "topics",
    "languages",
    "url",
    "page",
    "publishers",
    "origins",
    "origin",
    "verified_at",
)
"""Of a hit; lists are separated by spaces, and names by semicolons.

``url`` is where the thing itself is, as it is stated, ``page`` where this node shows it."""

PLAN_COLUMNS: Final = (
    "address",
    "title",
    "text",
    "language",
    "name",
    "stage",
    "open_to",
    "type_of_call",
    "compensation",
    "role",
    "status",
    "first",
    "last",
    "over",
    "overdue",
    "stale",
    "topics",
    "places",
    "url",
    "project",
    "publisher",
    "origin",
    "modified",
    "confirmed",
)
"""Of a plan, call, provider or consultation; what does not apply is empty."""

_FIRST_LINKS: Final = ("landing", "repo", "url", "demo", "docs")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as CSV; numbers stay numbers, and no text is a formula."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([_cell(each) for each in columns])
    for row in rows:
        writer.writerow([_cell(each) for each in row])
    return stream.getvalue().encode()


def table_answer(
    request: web.Request,
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    next_url: str | None = None,
) -> web.Response:
    """Return a table as a file to keep.

    Args:
        request: Says what the client holds and takes.
        name: Of the file, without its ending.
        columns: What its columns are called.
        rows: Its rows.
        next_url: Where it goes on; None where it does not.
    """
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        **next_link(next_url),
    }
    return answer(request, table(columns, rows), headers)


def found_table(request: web.Request, home: Home, document: Found, languages: Sequence[str]) -> web.Response:
    """Return a page of a search as a table, for a reader of ``languages``; reads their entries."""
    tag = next((each for each in languages if each in LANGUAGES), LANGUAGES[0])
    pages = f"{base_url(home)}/{tag}"
    names, more = publisher_names(home, languages), _more(home, document["items"])
    rows = (
        (
            each["address"],
            each["type"],
            each["name"],
            each["language"],
            each["summary"],
            each["summary_language"],
            each["kind"],
            each["lifecycle"],
            each["license"],
            " ".join(each["jurisdictions"]),
            each["uses"],
            each["parts"]["total"] if each["parts"] else None,
            each["copies"],
            *more.get(each["address"], ("", "", "")),
            f"{pages}/p/{each['address']}",
            "; ".join(names.get(origin) or origin for origin in each["publishers"]),
            " ".join(each["publishers"]),
            each["provenance"]["origin"],
            each["provenance"]["verified_at"],
        )
        for each in document["items"]
    )
    return table_answer(request, "search", COLUMNS, rows, document["next_url"])


def plans_table(request: web.Request, type_: str, document: PlanAnswer) -> web.Response:
    """Return a page of plans, calls, providers or consultations as a table."""
    rows = ([_plan_cell(each, column) for column in PLAN_COLUMNS] for each in document["items"])
    return table_answer(request, type_, PLAN_COLUMNS, rows, document["next_url"])


def _plan_cell(plan: Plan, column: str) -> object:
    says = plan["item"]
    match column:
        case "first" | "last":
            period = plan["period"]
            return None if period is None else period["first" if column == "first" else "last"]
        case "compensation":
            paid = says.get("compensation")
            return str(paid.get("kind") or "") if isinstance(paid, dict) else None
        case "open_to":
            listed = says.get("openTo")
            return " ".join(map(str, listed)) if isinstance(listed, list) else None
        case "type_of_call" | "stage" | "role" | "status":
            said = says.get("type" if column == "type_of_call" else column)
            return said if isinstance(said, str) else None
        case "over" | "overdue" | "stale":
            return int(bool(plan[column]))
        case _:
            value = cast("Mapping[str, object]", plan)[column]
            return " ".join(map(str, value)) if isinstance(value, list) else value


def _more(home: Home, items: Sequence[FoundItem]) -> dict[str, tuple[str, str, str]]:
    """Return topics, languages and address of things, by the address of whoever names them.

    Lists keep nothing of these, and tables are for few: the entries are read.
    """
    with home.database.read() as connection:
        logs = dict(connection.execute("SELECT origin, id FROM log"))
        keys = [(logs[each["origin"]], bytes.fromhex(each["id"])) for each in items]
        projects = projects_of(home, connection, keys)
    said = {
        member.address: (
            " ".join(topics_of(project)),
            " ".join(each for each in project.values("languages") if isinstance(each, str)),
            _url(project),
        )
        for project in projects
        for member in project.members
    }
    return {each["address"]: said[each["address"]] for each in items if each["address"] in said}


def _url(project: Project) -> str:
    """Return where a thing is, as it is stated: its own page, else its source, else whatever is linked."""
    links = [each for each in project.values("links") if isinstance(each, dict)]
    links += [
        {"rel": each.get("scheme"), "url": each.get("value")}
        for each in project.values("identifiers")
        if isinstance(each, dict) and each.get("scheme") in ("repo", "url")
    ]
    found = {str(each.get("rel")): each["url"] for each in reversed(links) if _is_url(each.get("url"))}
    first = next((rel for rel in (*_FIRST_LINKS, *found) if rel in found), None)
    return "" if first is None else str(found[first])


def _is_url(value: object) -> bool:
    return isinstance(value, str) and is_url(value)


def _cell(value: object) -> object:
    if value is None or isinstance(value, int):
        return value
    return for_spreadsheets(str(value))
