"""``fedcat vouch`` and ``fedcat list put``: what this node's publishers say of other publishers."""

from __future__ import annotations

from pathlib import Path

import click

from node.vouches import IDENTITY, pinned, vouch_for
from protocol.packing import Value

from .documents import own_statement, read_document
from .fingerprints import fingerprint_option
from .homes import opened, own_origin
from .options import origin_option
from .settings import Settings, command
from .stating import published


@command("vouch")
@click.argument("target", metavar="ORIGIN")
@fingerprint_option
@click.option("--until", metavar="DAY", help="The last day on which you stand by it, such as 2027-11-02.")
@click.option("--recommend", is_flag=True, help="Only say that it is worth a look.")
@origin_option
def vouch(
    settings: Settings,
    *,
    target: str,
    fingerprint: str | None,
    until: str | None,
    recommend: bool,
    log: str | None,
) -> int:
    """Vouch that a log belongs to whoever has a fingerprint.

    ORIGIN is the log. Compare the fingerprint with its publisher first; of a log that you chose to follow
    it is known. Others may follow the log because of your word. Saying it again renews it.
    """
    with opened(settings) as home:
        origin = own_origin(home, log)
        type_ = "recommend" if recommend else IDENTITY
        if fingerprint is None and not recommend:
            fingerprint = pinned(home, target)
        said = vouch_for(home, origin, target, type_, fingerprint=fingerprint, expires=until)
        return published(settings, home, origin, said, dry_run=False)


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
        return published(settings, home, origin, (id_, payload), dry_run=dry_run)
