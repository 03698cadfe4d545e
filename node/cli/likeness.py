"""``fedcat project similar`` and ``score``: what is like a project, and how ready for reuse it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from node.answers.provenance import show
from node.errors import NotFoundError
from node.readiness.scoring import readiness
from node.similar.likeness import MOST, USUAL, similar_to
from node.similar.likeness import similar as similar_of

from .documents import read_document
from .exits import ExitCode
from .homes import opened
from .options import language_option
from .output import answer, hint, table
from .settings import Settings, command


@command("similar")
@click.argument("ref", metavar="ID|FILE")
@click.option(
    "--limit", type=click.IntRange(1, MOST), default=USUAL, show_default=True, help="Projects at most."
)
@language_option
def similar(settings: Settings, *, ref: str, limit: int, languages: tuple[str, ...]) -> int:
    """Show what is like a project, or like a draft that is not published yet.

    ID is the address of any entry about it, or a unique beginning of the entry's id. FILE is an entry in YAML
    or JSON; - reads stdin.
    """
    draft = read_document(Path(ref)) if ref == "-" or Path(ref).is_file() else None
    with opened(settings) as home:
        if draft is None:
            items = similar_of(home, ref, languages, limit)
        else:
            items = similar_to(home, draft, languages, limit)
    answer(settings, {"items": items}, table(("NAME", "DESCRIBED BY", "SCORE", "SHARES", "ID"), _rows(items)))
    if items:
        hint(settings, "What is shared counts the more the fewer have it; `fedcat project ID` shows one.")
    else:
        hint(settings, "Nothing here shares a topic, or a word of name and summary, with it.")
    return ExitCode.OK


@command("score")
@click.argument("ref", metavar="ID")
def score(settings: Settings, *, ref: str) -> int:
    """Show how ready for reuse an entry is described to be, and what is missing.

    ID is the entry's address, or a unique beginning of its id.
    """
    with opened(settings) as home:
        shown = show(home, ref)
    if shown["type"] != "entry" or shown["state"] != "live" or shown["statement"] is None:
        raise NotFoundError(
            f"live entry {ref}", hint="`fedcat show` tells what the statement is, and its state"
        )
    found = readiness(shown["statement"])
    rows = [(each["rule"], f"{each['points']} of {each['of']}", each["what"]) for each in found["items"]]
    text = f"{found['score']} of 100\n\n{table(('RULE', 'POINTS', 'WHAT IT ASKS FOR'), rows)}"
    answer(settings, {"address": shown["address"], **found}, text)
    for line in missing(found):
        hint(settings, line)
    return ExitCode.OK


def missing(found: Mapping[str, Any]) -> list[str]:
    """Return what would raise a score, the most first."""
    left = sorted((each for each in found["items"] if not each["points"]), key=lambda each: -each["of"])
    return [f"+{each['of']}: {each['fix']}." for each in left]


def _rows(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[object, ...]]:
    for item in items:
        first, *others = item["publishers"]
        by = f"{first} and {len(others)} more" if others else first
        yield item["name"], by, f"{item['score']:g}", ", ".join(shares(item)), item["id"][:8]


def shares(item: Mapping[str, Any]) -> list[str]:
    """Return the topics and words that a similar project shares, the rarest first."""
    shared = item["shared"]
    return [each["topic"] for each in shared["topics"]] + [each["word"] for each in shared["words"]]
