"""A witness of two real processes over one home, which are killed: of no log two histories are cosigned."""

from __future__ import annotations

import dataclasses
import http.client
import random
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from protocol.witness import parse_size
from tests.e2e.processes import Node, world
from tests.foreign_log import KEY, ForeignLog
from tests.ports import free_port

LOGS = 8
HISTORIES = 12

pytestmark = pytest.mark.slow


def test_at_most_one_of_many_first_steps_is_cosigned_whatever_is_killed(tmp_path: Path) -> None:
    dice = random.Random(20261122)  # noqa: S311 - a seeded world, not a secret
    with world(tmp_path, interval=3600) as built:
        first = built.founded("witness", 0)
        with (first.home / "config.toml").open("a", encoding="utf-8") as file:
            file.writelines(
                f'[[witness.logs]]\norigin = "log {number}"\nvkey = "{KEY.vkey}"\n' for number in range(LOGS)
            )
        port = free_port()
        env = {**first.env, "FEDCAT_LISTEN": f"127.0.0.1:{port}"}
        second = dataclasses.replace(first, port=port, env=env, server=None)
        built.nodes.append(second)
        for node in (first, second):
            node.serve()
        for number in range(LOGS):
            killed = dice.choice((first, second)) if number % 2 else None
            cosigned = race(number, (first, second), killed, dice.uniform(0, 0.05))
            assert len(cosigned) <= 1
            assert killed is not None or len(cosigned) == 1
            if killed is not None:
                killed.serve()
            # Both know it, the one that was killed too; nobody heard of a cosignature that was not kept.
            told = {told_size(number, node) for node in (first, second)}
            assert len(told) == 1
            assert cosigned <= told


def history(number: int, word: int) -> ForeignLog:
    return ForeignLog(f"history {word}", origin=f"log {number}", size=32)


def race(number: int, nodes: tuple[Node, Node], killed: Node | None, after: float) -> set[int]:
    """Show first checkpoints of many histories of a log at once; return the sizes that were cosigned."""
    with ThreadPoolExecutor(HISTORIES) as threads:
        answers = [
            threads.submit(post, nodes[at % 2], history(number, at).request(0, 8 + at))
            for at in range(HISTORIES)
        ]
        if killed is not None:
            time.sleep(after)
            killed.kill()
        statuses = [answer.result()[0] for answer in answers]
    assert set(statuses) <= {0, 200, 409}
    return {8 + at for at, status in enumerate(statuses) if status == 200}


def told_size(number: int, node: Node) -> int:
    """Return the size that a witness says it cosigned last: another one than it is asked to go on from."""
    status, body = post(node, history(number, 0).request(31, 32))
    assert status == 409
    return parse_size(body)


def post(node: Node, body: bytes) -> tuple[int, bytes]:
    """Return status and body of an answer; status 0 when there is none."""
    request = urllib.request.Request(f"{node.url}/witness/add-checkpoint", data=body)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 - as above
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
