"""``fedcat db …``: the derived database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from node.answers.clusters import clusters as clusters_of
from node.answers.digest import digest as digest_of
from node.answers.rebuild import rebuild as rebuild_all
from node.errors import counted

from .exits import ExitCode
from .homes import opened
from .output import answer, fields, hint, table
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


@command("clusters")
def clusters(settings: Settings) -> int:
    """List the projects that several entries describe, and why they were joined.

    With what is only near each of them, and why that was not joined.
    """
    with opened(settings) as home:
        found = clusters_of(home)
    answer(settings, found, "\n\n".join("\n".join(_cluster(each)) for each in found))
    hint(settings, f"{counted(len(found), 'project')} of two entries or more; `fedcat project ID` shows one.")
    return ExitCode.OK


@command("rebuild")
def rebuild(settings: Settings) -> int:
    """Derive catalogue and index again from the verified logs."""
    with opened(settings) as home:
        rebuild_all(home)
        document = digest_of(home, ())
    answer(settings, document, "Rebuilt.\n" + fields(document))
    return ExitCode.OK


def _cluster(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of one project: its entries, what joins them, what is near."""
    yield found["project"]
    rows = [(each["id"][:8], each["name"], each["source"], each["origin"]) for each in found["members"]]
    for line in table(("ID", "NAME", "SOURCE", "LOG"), rows).splitlines():
        yield f"  {line}"
    for each in found["evidence"]:
        yield f"  joined by {each['identifier']}: {each['why']}"
    for each in found["related"]:
        yield f"  near {each['name']} ({each['project']}): {each['why']}"
