"""Options that several commands share and mean the same by."""

from __future__ import annotations

import click

from protocol.leaf import EraseReason


def _languages(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:  # noqa: ARG001
    """Return the tags of a list."""
    return tuple(tag for each in value.split(",") if (tag := each.strip()))


yes_option = click.option("--yes", "-y", is_flag=True, help="Agree to every question.")
log_name_option = click.option(
    "--log", "log_name", metavar="NAME", help="The log's short name in its origin: a-z, 0-9, hyphens."
)
origin_option = click.option(
    "--log",
    "log",
    metavar="LOG",
    help="Which own log: its origin or its name. Needed where there are several.",
)
language_option = click.option(
    "--lang",
    "languages",
    default="",
    callback=_languages,
    metavar="TAGS",
    help="Languages you read, the best first, such as fr,en: which of several texts is shown.",
)
limit_option = click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Answers on one page."
)
cursor_option = click.option(
    "--cursor", metavar="NEXT", help="Go on where the former page ended; repeat all else."
)
erase_reason_option = click.option(
    "--reason",
    type=click.Choice([reason.name.lower() for reason in EraseReason]),
    default="none",
    show_default=True,
    help="Why; it is public and stays in the log.",
)
