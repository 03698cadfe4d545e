"""``fedcat vouch`` and ``fedcat list put``: what this node's publishers say for others, and against them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from node.home import Home
from node.stating import Former, thing_named
from node.vouches import IDENTITY, vouch_for, vouch_in
from protocol.forms import is_origin
from protocol.packing import Value

from .documents import own_statement, read_document
from .fingerprints import fingerprint_option
from .homes import opened, own_origin
from .options import origin_option
from .settings import Settings, command
from .stating import dry_run_option, file_option, published, texts_option

TYPES = ("identity", "mandate", "recommend", "deprecate", "audit", "badge", "conformance", "award", "review")

_Said = str | dict[str, str] | None


@command("vouch")
@click.argument("target", required=False)
@click.option(
    "--type", "type_", type=click.Choice(TYPES), help="What sort of vouch; identity where TARGET is a log."
)
@fingerprint_option
@click.option("--scheme", metavar="URI", help="The rules that it goes by.")
@click.option("--level", metavar="TEXT", help="What was reached by these rules, such as gold or stage 2.")
@click.option("--issued", metavar="DAY", help="The first day on which you stand by it; today without.")
@click.option(
    "--until", "expires", metavar="DAY", help="The last day on which you stand by it, such as 2027-11-02."
)
@click.option("--evidence", metavar="URL", help="A document that shows it, such as a report.")
@click.option("--sha256", metavar="HEX", help="SHA-256 of that document, as sha256sum prints it.")
@texts_option("--scope", "Which part of it you speak of.")
@file_option
@origin_option
@dry_run_option
def vouch(
    settings: Settings,
    *,
    target: str | None,
    type_: str | None,
    file: Path | None,
    log: str | None,
    dry_run: bool,
    **said: _Said,
) -> int:
    """Vouch for a publisher's identity or, with --type, for or against a thing.

    TARGET is the origin of a log, the address of an entry, a unique beginning of its id, or any URL. Others
    may follow a log because of your word for its identity: compare the fingerprint with its publisher first;
    of a log that you chose to follow it is known. What you said of the same sort before is changed, by each
    --scheme a vouch of its own: all that is not named stays. `fedcat entry withdraw` takes it back.
    """
    fields = _fields(said)
    if (target is None) == (file is None) or (file is not None and (type_ or fields)):
        raise click.UsageError("Give TARGET with options, or --file alone.")
    with opened(settings) as home:
        origin = own_origin(home, log)
        if file is not None:
            draft = vouch_in(home, origin, read_document(file))
        else:
            draft = _typed(home, origin, target or "", type_, fields)
        return published(settings, home, origin, draft, "vouch", dry_run=dry_run)


def _typed(home: Home, by: str, target: str, type_: str | None, fields: dict[str, Value]) -> Former:
    """Return the vouch that options say."""
    if type_ is None:
        if not is_origin(target):
            raise click.UsageError("Give --type: only a log such as oslo.example/log/oslo/1 has an identity.")
        type_ = IDENTITY
    thing = target if type_ == IDENTITY else thing_named(home, target)
    return vouch_for(home, by, thing, type_, fields)


def _fields(said: Mapping[str, _Said]) -> dict[str, Value]:
    """Return what options said, as a payload has it."""
    fields: dict[str, Value] = {
        name: {**value} if isinstance(value, dict) else value for name, value in said.items() if value
    }
    sha256 = fields.pop("sha256", None)
    if sha256 is not None and "evidence" not in fields:
        raise click.UsageError("--sha256 is of the document of --evidence: give that too.")
    if "evidence" in fields:
        fields["evidence"] = {"url": fields["evidence"]} | ({"sha256": sha256} if sha256 else {})
    return fields


@command("put")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@origin_option
@click.option(
    "--list", "ref", metavar="LIST", help="The list that this is a new version of; a new list without."
)
@click.option("--dry-run", is_flag=True, help="Only check the document.")
def put(settings: Settings, *, file: Path, log: str | None, ref: str | None, dry_run: bool) -> int:
    """Publish a list, or a new version of one.

    FILE is YAML or JSON with name, purpose (collection, allow or block) and items; - reads stdin. A list
    to allow or block acts on those nodes whose operators subscribe to it by its address.
    """
    document = read_document(file)
    payload: dict[str, Value] = {**document, "type": "list", "v": 1}
    with opened(settings) as home:
        origin, id_ = (own_origin(home, log), None) if ref is None else own_statement(home, ref)
        return published(settings, home, origin, (id_, payload), "list put", dry_run=dry_run)
