"""``fedcat schema``: what a statement may hold, as JSON Schema for an editor or a program."""

from __future__ import annotations

import json

import click

from protocol.schema import schema_of
from protocol.statement import TYPES

from .exits import ExitCode
from .output import answer
from .settings import Settings, command


@command("schema")
@click.argument("type_", metavar="TYPE", type=click.Choice(list(TYPES)))
def schema(settings: Settings, *, type_: str) -> int:
    """Print the JSON Schema of a type of statement.

    TYPE is entry, profile, withdrawal, use, vouch, link or list. Needs no node and no network.
    """
    document = schema_of(type_)
    answer(settings, document, json.dumps(document, ensure_ascii=False, indent=2))
    return ExitCode.OK
