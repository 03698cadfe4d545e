"""``fedcat use``: what this node's publishers use, try, think about, or have stopped using."""

from __future__ import annotations

from pathlib import Path

import click

from node.stating import thing_named
from node.uses import use_again, use_in, use_of
from protocol.packing import Value

from .documents import read_document
from .homes import opened, own_origin
from .options import origin_option
from .settings import Settings, command
from .stating import dry_run_option, file_option, published, texts_option

STATUSES = ("interested", "evaluation", "pilot", "production", "retired")
CHANGES = ("none", "configured", "extended", "forked")

_Said = str | dict[str, str] | tuple[str, ...] | None


@command("use")
@click.argument("target", required=False)
@click.option("--status", type=click.Choice(STATUSES), help="How far it is.")
@click.option("--since", metavar="DAY", help="The first day of use, such as 2024-03-01.")
@click.option("--until", metavar="DAY", help="The last day of use.")
@texts_option("--purpose", "What for.")
@texts_option("--lessons", "What you learned.")
@texts_option("--feedback", "What you would tell its makers.")
@click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="Such as sector:health.")
@click.option("--place", "places", multiple=True, metavar="CODE", help="Where, such as FR-ARA.")
@click.option("--instance", metavar="URL", help="Where your own one can be seen.")
@click.option("--changes", type=click.Choice(CHANGES), help="What you made of it.")
@click.option("--fork", metavar="URL", help="Where your changed one is.")
@click.option("--again", is_flag=True, help="Only say that what you said before still holds.")
@file_option
@origin_option
@dry_run_option
def use(
    settings: Settings,
    *,
    target: str | None,
    again: bool,
    file: Path | None,
    log: str | None,
    dry_run: bool,
    **said: _Said,
) -> int:
    """Say that you use a thing, try it, think about it, or have stopped.

    TARGET is the address of an entry, a unique beginning of its id, or any URL. What you said of the same
    thing before is changed: all that is not named stays. `fedcat entry withdraw` takes it back.
    """
    fields: dict[str, Value] = {name: _plain(value) for name, value in said.items() if value}
    if _ways(target, file) != 1 or (again and fields) or (file is not None and (fields or again)):
        raise click.UsageError("Give TARGET with options, TARGET with --again alone, or --file alone.")
    with opened(settings) as home:
        origin = own_origin(home, log)
        if file is not None:
            draft = use_in(home, origin, read_document(file))
        else:
            thing = thing_named(home, target or "")
            draft = use_again(home, origin, thing) if again else use_of(home, origin, thing, fields)
        return published(settings, home, origin, draft, "use", dry_run=dry_run)


def _ways(*given: object) -> int:
    return sum(each is not None for each in given)


def _plain(value: _Said) -> Value:
    """Return what an option said, as a payload has it."""
    if isinstance(value, tuple):
        return list(value)
    return {**value} if isinstance(value, dict) else value
