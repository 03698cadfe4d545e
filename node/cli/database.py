"""``fedcat db …``: the derived database."""

from __future__ import annotations

import click

from node.answers.digest import digest as digest_of
from node.answers.rebuild import rebuild as rebuild_all

from .exits import ExitCode
from .homes import opened
from .output import answer, fields
from .settings import Settings, command


@command("digest")
@click.option("--origin", "origins", multiple=True, metavar="ORIGIN", help="Only these logs; all without it.")
def digest(settings: Settings, *, origins: tuple[str, ...]) -> int:
    """Digest what this node holds, to compare with others.

    Two nodes with the same verified logs and the same available content give the same two
    numbers; nothing local goes into them.
    """
    with opened(settings) as home:
        document = digest_of(home, origins)
    answer(settings, document, fields(document))
    return ExitCode.OK


@command("rebuild")
def rebuild(settings: Settings) -> int:
    """Derive catalogue and index again from the verified logs."""
    with opened(settings) as home:
        rebuild_all(home)
        document = digest_of(home, ())
    answer(settings, document, "Rebuilt.\n" + fields(document))
    return ExitCode.OK
