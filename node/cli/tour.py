"""``fedcat demo``: three nodes on this machine, and a tour of them."""

from __future__ import annotations

from pathlib import Path

import click

from node.demo.run import run_demo

from .settings import Settings, command


@command("demo")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the three nodes in this directory."
)
@click.option(
    "--ports", type=(int, int, int), metavar="A B C", help="Use these ports instead of the usual ones."
)
def demo(settings: Settings, *, keep: Path | None, ports: tuple[int, int, int] | None) -> int:
    """Bring up three nodes on this machine and tour them.

    Without a terminal the tour runs by itself and exits.
    """
    return run_demo(keep=keep, as_json=settings.as_json, interactive=settings.interactive, ports=ports)
