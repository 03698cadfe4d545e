"""What commands share that state something of other things: texts by language, a file, publishing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from node.home import Home
from node.own.sequencer import Draft
from node.privacy.lint import lint
from node.stating import Former
from protocol.language import canonical_tag
from protocol.leaf import Op

from .documents import answered, checked, problem_documents, warn_of
from .exits import ExitCode
from .output import answer
from .publishing import publish_now
from .settings import Settings

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _texts(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    """Return texts by language."""
    texts: dict[str, str] = {}
    for each in value:
        tag, equals, text = each.partition("=")
        language = canonical_tag(tag)
        if not equals or language is None:
            message = f"{each!r} does not begin with a language: write fr=… or und=…"
            raise click.BadParameter(message, context, parameter)
        texts[language] = text
    return texts


def texts_option(name: str, help_: str) -> Callable[[Decorated], Decorated]:
    """Return an option for texts, one in each language."""
    return click.option(
        name, multiple=True, callback=_texts, metavar="LANG=TEXT", help=f"{help_} Once for each language."
    )


file_option = click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="YAML or JSON with all of it, instead of options; - reads stdin.",
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Only check it.")


def published(
    settings: Settings, home: Home, origin: str, draft: Former, action: str, *, dry_run: bool
) -> ExitCode:
    """Check, look for persons in, and publish what is said, as a new version where it was said before.

    ``action`` is the command without its first word, for the audit trail.

    Raises:
        InvalidInputError: Something in it is wrong; all problems at once.
    """
    id_, payload = draft
    flags = checked(payload)
    warnings = lint(payload)
    warn_of(warnings)
    if dry_run:
        found = {"problems": problem_documents(flags), "warnings": problem_documents(warnings)}
        answer(settings, {"valid": True, **found}, "Valid.")
        return ExitCode.OK
    receipt = asyncio.run(publish_now(home, origin, [Draft(Op.PUT, id_, payload, None)], action))
    return answered(settings, origin, receipt, "Published", warnings)
