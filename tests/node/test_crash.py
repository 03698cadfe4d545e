"""Killed with SIGKILL at the steps of a publish: the home reopens, verifies, and nothing signed is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.node_world import NodeWorld

REPOSITORY = Path(__file__).parents[2]


def run(world: NodeWorld, stride: int, *, rotate: bool = False) -> int:
    """Return at how many steps the publishing child was killed."""
    home = world.found()
    home.close()
    sheet = world.root / "sheet.txt"
    sheet.write_text(world.founded["city"].recovery_sheet, encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - our own program
        [
            sys.executable,
            "-m",
            "tests.node_crash",
            str(home.path),
            world.origin(),
            str(stride),
            *[str(sheet)] * rotate,
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(json.loads(done.stdout)["kills"])


def test_kills_during_a_publish_lose_nothing_that_was_signed(world: NodeWorld) -> None:
    assert run(world, 5) > 3


def test_kills_during_a_rotation_leave_one_log_under_the_keys_that_its_size_decides(world: NodeWorld) -> None:
    assert run(world, 17, rotate=True) > 3


@pytest.mark.slow
def test_a_kill_at_every_step_of_a_publish(world: NodeWorld) -> None:
    assert run(world, 1) > 50


@pytest.mark.slow
def test_a_kill_at_every_second_step_of_a_rotation(world: NodeWorld) -> None:
    assert run(world, 2, rotate=True) > 30
