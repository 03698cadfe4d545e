"""``fedcat vocabulary``: the words of the catalogue, what they are called and what they mean."""

from __future__ import annotations

import click
import msgspec

from node.vocabularies.every import summaries
from node.vocabularies.every import vocabulary as vocabulary_of
from node.vocabularies.terms import View

from .exits import ExitCode
from .options import language_option
from .output import answer, hint, table
from .settings import Settings, command


@command("vocabulary")
@click.argument("name", required=False)
@language_option
def vocabulary(settings: Settings, *, name: str | None, languages: tuple[str, ...]) -> int:
    """Show the words that entries use, what they are called and what they mean.

    Without NAME the vocabularies are listed. Needs no node and no network.
    """
    if name is None:
        found = summaries(languages)
        rows = [(each.name, each.version, each.terms, each.title) for each in found]
        shown = table(("NAME", "VERSION", "TERMS", "ABOUT"), rows)
        answer(settings, msgspec.to_builtins(found), shown)
        hint(settings, "`fedcat vocabulary NAME` shows the words of one.")
        return ExitCode.OK
    view = vocabulary_of(name, languages)
    answer(settings, msgspec.to_builtins(view), _shown(view))
    return ExitCode.OK


def _shown(view: View) -> str:
    rows = [
        (term.value, term.label, f"Use {term.successor}." if term.successor else term.meaning or None)
        for term in view.terms
    ]
    return table(("WORD", "NAME", "MEANING"), rows)
