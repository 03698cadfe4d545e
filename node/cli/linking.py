"""``fedcat link``: how things hang together, as this node's publishers see it."""

from __future__ import annotations

from pathlib import Path

import click

from node.linking import link_in
from node.stating import thing_named
from protocol.packing import Value

from .documents import read_document
from .homes import opened, own_origin
from .options import origin_option
from .settings import Settings, command
from .stating import dry_run_option, file_option, published, texts_option

RELATIONS = ("sameAs", "notSameAs", "coMaintains")


@command("link")
@click.argument("subject", required=False)
@click.argument("target", required=False)
@click.option("--relation", type=click.Choice(RELATIONS), help="How SUBJECT is related to TARGET.")
@texts_option("--reason", "Why you say so.")
@click.option("--since", metavar="DAY", help="Since when it is so, such as 2024-03-01.")
@file_option
@origin_option
@dry_run_option
def link(
    settings: Settings,
    *,
    subject: str | None,
    target: str | None,
    relation: str | None,
    reason: dict[str, str],
    since: str | None,
    file: Path | None,
    log: str | None,
    dry_run: bool,
) -> int:
    """Say that two things are one, or two, or that you help to maintain one.

    SUBJECT and TARGET are addresses of entries, unique beginnings of their ids, or any URLs; who maintains
    TARGET may be a log of yours too. What you said of the same two before is replaced. A translation of an
    entry's texts is offered with --file.
    """
    document: dict[str, Value] = {"relation": relation} if relation else {}
    document |= {"reason": {**reason}} if reason else {}
    document |= {"since": since} if since else {}
    if file is None and (subject is None or target is None or relation is None):
        raise click.UsageError("Give SUBJECT, TARGET and --relation, or --file.")
    if file is not None and (document or subject is not None):
        raise click.UsageError("Give --file alone: all that it does not say is left out.")
    with opened(settings) as home:
        origin = own_origin(home, log)
        if file is not None:
            document = read_document(file)
        else:
            document |= {
                "subject": thing_named(home, subject or ""),
                "target": thing_named(home, target or ""),
            }
        return published(settings, home, origin, link_in(home, origin, document), "link", dry_run=dry_run)
