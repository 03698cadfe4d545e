"""What ``fedcat demo`` does: bring up three nodes, take the tour, stay or go.

Without a terminal the tour runs and the process ends: 0 when every step showed what it
claims, else 1. At a terminal the nodes stay up until Ctrl-C. As JSON there is one document::

    {"ok": true, "kept": null, "first_answer_seconds": 1.4,
     "nodes": [{"name": "city", "publisher", "address", "port", "origin", "fingerprint",
                "entries", "home"}, …],
     "tour": [{"step": "search", "title", "ok", "lines", "facts"}, …]}
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, Final

from node.errors import InvalidInputError
from node.observe import set_up
from protocol.keyset import grouped

from .tour import Step, tour
from .world import PORTS, World, bring_up, own_environment

_POLL_SECONDS: Final = 30


def run_demo(
    *, keep: Path | None, as_json: bool, interactive: bool, ports: tuple[int, int, int] | None
) -> int:
    """Bring up the demo, take the tour, and return the exit code.

    Args:
        keep: A new or empty folder that keeps the three homes; a temporary one when None.
        as_json: Print one JSON document instead of the tour as text.
        interactive: Stay up after the tour until Ctrl-C.
        ports: Wanted ports instead of 8400 to 8402; taken ones are replaced by free ones.

    Returns:
        0 when every step showed what it claims, else 1.

    Raises:
        InvalidInputError: The folder to keep is not empty.
    """
    # Faults are what the tour is about: it tells them itself.
    set_up(level="error")
    with _folder(keep) as folder, own_environment(folder):
        document = asyncio.run(
            _run(
                folder, ports or PORTS, kept=keep is not None, quiet=as_json, stay=interactive and not as_json
            )
        )
    if as_json:
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    return 0 if document["ok"] else 1


async def _run(
    folder: Path, ports: tuple[int, int, int], *, kept: bool, quiet: bool, stay: bool
) -> dict[str, Any]:
    def say(text: str) -> None:
        if not quiet:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    begun = monotonic()
    first_answer = 0.0
    steps: list[Step] = []
    async with bring_up(folder, ports) as world:
        say(_introduction(world))
        async for step in tour(world):
            first_answer = first_answer or monotonic() - begun
            steps.append(step)
            say(_told(len(steps), step))
        nodes = _nodes(world, kept=kept)
        if kept:
            say(f"\nKept in {folder}: run one with `fedcat --home {folder / world.city.sample.key} serve`.")
        if stay:
            say("\nThe three nodes stay up until Ctrl-C:\n" + _addresses(world))
            await _until_stopped(world)
    return {
        "ok": all(step.ok for step in steps),
        "kept": str(folder) if kept else None,
        "first_answer_seconds": round(first_answer, 2),
        "nodes": nodes,
        "tour": [
            {"step": each.name, "title": each.title, "ok": each.ok, "lines": each.lines, "facts": each.facts}
            for each in steps
        ],
    }


async def _until_stopped(world: World) -> None:
    """Keep the nodes pulling from one another until the process is asked to end."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        while not stopped.is_set():
            await asyncio.gather(*(node.sync() for node in world.nodes))
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), _POLL_SECONDS)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Yield the folder of the demo; a temporary one is removed at the end."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="fedcat-demo-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    keep = Path(os.path.abspath(keep))  # noqa: PTH100 - resolve() would follow links that the person named
    if keep.exists() and any(keep.iterdir()):
        raise InvalidInputError(
            f"{keep} is not empty", hint="give a new folder, so that nothing is overwritten"
        )
    created = not keep.exists()
    keep.mkdir(parents=True, exist_ok=True)
    try:
        yield keep
    except BaseException:
        # Half a demo is of no use to anybody; what was there before stays.
        if created:
            shutil.rmtree(keep, ignore_errors=True)
        raise


def _introduction(world: World) -> str:
    entries = sum(len(node.sample.entries) for node in world.nodes)
    return f"Three nodes, three publishers, {entries} entries about real projects:\n{_addresses(world)}"


def _addresses(world: World) -> str:
    width = max(len(node.sample.name) for node in world.nodes)
    return "\n".join(
        f"  {letter}  {node.sample.name:{width}}  {node.address}  {grouped(node.fingerprint)[:19]} …"
        for letter, node in zip("ABC", world.nodes, strict=True)
    )


def _told(number: int, step: Step) -> str:
    outcome = "" if step.ok else "   <- NOT AS CLAIMED"
    return f"\n{number}. {step.title}{outcome}\n" + "\n".join(f"   {line}" for line in step.lines)


def _nodes(world: World, *, kept: bool) -> list[dict[str, Any]]:
    return [
        {
            "name": node.sample.key,
            "publisher": node.sample.name,
            "address": node.address,
            "port": node.port,
            "origin": node.origin,
            "fingerprint": node.fingerprint,
            "entries": len(node.sample.entries),
            "home": str(node.home.path) if kept else None,
        }
        for node in world.nodes
    ]
