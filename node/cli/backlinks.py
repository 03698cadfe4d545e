"""``fedcat project uses``: who uses a project, and who else points at it, each with why it counts or not.

::

    Used by 2 organisations with a verified domain.

    WHAT      BY             STATUS      CONFIRMED   WHY NOT                     SAYS
    use       Bergen kommune production  2026-03-01  -                           Participatory budgeting
    otherUse  Lyon           production  2023-01-01  unconfirmed since 2023-01-01
    vouch     Oslo kommune   audit       2026-01-01  -                           https://scheme.example

Claims of the project's own publishers stand below, and count nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from node.answers.backlinks import BACKLINKS, project_backlinks
from node.answers.texts import lang_map
from protocol.language import best_text

from .exits import ExitCode
from .homes import opened
from .options import cursor_option, language_option
from .output import answer, hint, table
from .settings import Settings, command

_LONG = 80  # characters of a text that people read in a list
_TEXTS = ("lessons", "purpose", "scope", "reason", "text")


@command("uses")
@click.argument("ref", metavar="ID")
@click.option("--group", "groups", type=click.Choice(BACKLINKS), multiple=True, help="Only this group.")
@language_option
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="Items on one page."
)
@cursor_option
def uses(
    settings: Settings,
    *,
    ref: str,
    groups: tuple[str, ...],
    languages: tuple[str, ...],
    limit: int,
    cursor: str | None,
) -> int:
    """Show who uses a project, vouches for it, builds on it or lists it.

    ID is the address of any entry about it, or a unique beginning of the entry's id.
    """
    with opened(settings) as home:
        page = project_backlinks(home, ref, groups, limit, cursor, languages)
    answer(settings, page, shown(page, languages))
    if page["next"] is not None:
        hint(settings, f"More with --cursor {page['next']}")
    elif not page["groups"]:
        hint(settings, "Nobody says anything about it.")
    return ExitCode.OK


def shown(page: Mapping[str, Any], languages: Sequence[str]) -> str:
    """Return a page of backlinks as people read it.

    Args:
        page: What ``node.answers.backlinks.project_backlinks`` returns.
        languages: What the reader reads.
    """
    number = page["counts"]["use"]
    parts = [f"Used by {number} {'organisation' if number == 1 else 'organisations'} with a verified domain."]
    rows = [row for each in page["groups"] for row in _rows(each["group"], each["items"], languages)]
    if rows:
        parts.append(table(("WHAT", "BY", "STATUS", "CONFIRMED", "WHY NOT", "SAYS", "ID"), rows))
    if page["claimed"]:
        names = [str(each["value"].get("name") or each["value"].get("uri") or "") for each in page["claimed"]]
        parts.append(f"Claimed by its publishers, and not counted: {', '.join(filter(None, names))}")
    return "\n\n".join(parts)


def _rows(
    group: str, items: Sequence[Mapping[str, Any]], languages: Sequence[str]
) -> Iterator[Sequence[object]]:
    """Yield a line for each item; the group stands at its first one."""
    for place, item in enumerate(items):
        said, publisher = item["said"], item["publisher"]
        status = said.get("status") or said.get("vouchType") or said.get("relation")
        state = item.get("state")
        yield (
            "" if place else group,
            publisher["name"] or publisher["origin"],
            status,
            item.get("confirmed") or said.get("issued"),
            item.get("why") or (None if state in (None, "stands") else state),
            _text(item, languages),
            item["id"][:8],
        )


def _text(item: Mapping[str, Any], languages: Sequence[str]) -> str | None:
    """Return what an item says in words, cut to a line: lessons first; else the name of what points here."""
    for field in _TEXTS:
        found = best_text(lang_map(item["said"].get(field)), languages)
        if found is not None:
            text = " ".join(found[0].split())
            return text if len(text) <= _LONG else text[: _LONG - 1].rstrip() + "…"
    return item["said"].get("scheme") or item["name"] or None
