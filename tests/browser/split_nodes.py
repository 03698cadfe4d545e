"""A publisher whose machine was copied, and two real nodes that were shown one history each.

with split_nodes(folder) as split:
    visitor(browser, split.left.url)      # both know by now, and say so
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.answers.catalogue import CatalogueProjection
from node.demo.world import own_environment
from node.home import Home
from node.own.clearance import grant
from node.own.founding import found_node
from node.own.sequencer import publish
from node.peers import follow, introduce_all
from node.rounds import sync_round
from tests.e2e.processes import COMMAND_SECONDS, Node, World, eventually, world
from tests.node_world import put
from tests.trio import asking, served


@dataclass
class SplitNodes:
    """Who was lied to.

    Attributes:
        left: A node that was shown the first history.
        right: One that was shown the other.
        origin: The publisher's log.
        fingerprint: Its pin.
        evidence: The hash of the proof of both.
    """

    left: Node
    right: Node
    origin: str
    fingerprint: str
    evidence: str = ""


@contextmanager
def split_nodes(folder: Path) -> Iterator[SplitNodes]:
    """Let a machine be copied and both copies publish; serve two nodes that follow it and one another."""
    with world(folder) as around:
        publisher, left, right = (around.node(name) for name in ("publisher", "left", "right"))
        # A browser that is driven has an event loop in this thread.
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(asyncio.run, _stage(around, publisher, left, right)).result(COMMAND_SECONDS)
        split = SplitNodes(left, right, publisher.origin, publisher.fingerprint)
        for node in (left, right):
            node.serve()
        for node in (left, right):
            eventually(COMMAND_SECONDS, lambda node=node: _seen(node, split), f"{node.home.name} saw nothing")
        yield split


async def _stage(around: World, publisher: Node, left: Node, right: Node) -> None:
    copy = around.root / "copy"
    with own_environment(around.root):
        for node in (publisher, left, right):
            _found(node)
        with _opened(publisher.home) as home:
            await _publish(home, publisher.origin, "Common")
        # The whole machine, with the lock that would have noticed.
        shutil.copytree(publisher.home, copy / publisher.home.name)
        shutil.copytree(around.root / "heads", copy / "heads")
        with _opened(publisher.home) as home, _opened(left.home) as reader:
            await _publish(home, publisher.origin, "Told to the left")
            await _followed(reader, home, publisher.origin)
    with own_environment(copy), _opened(copy / publisher.home.name) as home, _opened(right.home) as reader:
        await _publish(home, publisher.origin, "Told to the right", "And only there")
        await _followed(reader, home, publisher.origin)
    with own_environment(around.root), _opened(left.home) as one, _opened(right.home) as other:
        await _followed(one, other, right.origin)
        await _followed(other, one, left.origin)


def _found(node: Node) -> None:
    name = node.home.name
    founded = found_node(
        node.home,
        address=node.url,
        name=name.title(),
        log_name=name,
        allow_private=True,
        projection=CatalogueProjection(),
    )
    node.origin, node.fingerprint = founded.origin, founded.fingerprint


@contextmanager
def _opened(path: Path) -> Iterator[Home]:
    home = Home.open(path, projection=CatalogueProjection())
    try:
        yield home
    finally:
        home.close()


async def _publish(home: Home, origin: str, *names: str) -> None:
    grant(home, origin)
    await publish(home, origin, [put(name) for name in names])


async def _followed(reader: Home, home: Home, origin: str) -> None:
    """Let a reader follow a log of another home, and pull it."""
    async with asking() as fetch, served(home):
        for found in await introduce_all(reader, fetch, home.config.address, origin):
            follow(reader, found, home.config.address, "a test")
        await sync_round(reader, fetch)


def _seen(node: Node, split: SplitNodes) -> bool:
    """Report whether a node holds the log still, and note the evidence."""
    heads: list[dict[str, Any]] = node.get("/api/v1/heads")["heads"]
    state = next(each for each in heads if each["origin"] == split.origin)["witnessing"]["frozen"]
    split.evidence = "" if state is None else str(state["evidence"])
    return state is not None
