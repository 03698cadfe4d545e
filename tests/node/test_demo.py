"""The demo, run for real on free ports: what it shows is what a federation promises."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from node.demo.run import _until_stopped, run_demo
from node.demo.samples import load_samples
from node.demo.world import bring_up, own_environment
from node.errors import InvalidInputError
from node.home import Home
from node.store.projection import NoProjection

ANY = (0, 0, 0)
README = Path(__file__).resolve().parents[2] / "README.md"


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_every_step_shows_what_it_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "kept"
    assert run_demo(keep=folder, as_json=True, interactive=False, ports=ANY) == 0
    document = told(capsys)
    assert [(step["step"], step["ok"]) for step in document["tour"]] == [
        ("search", True),
        ("open", True),
        ("reuse", True),
        ("tamper", True),
        ("origin-down", True),
    ]
    facts = {step["step"]: step["facts"] for step in document["tour"]}
    assert len(facts["search"]["publishers"]) == 3
    assert sum(facts["search"]["facets"]["kind"].values()) == facts["search"]["total"]
    assert facts["open"]["also_described_by"]
    assert len(set(facts["open"]["said"].values())) == 2
    assert facts["tamper"]["faults"][0]["fault"] == "inconsistent"
    assert facts["tamper"]["faults"][0]["file"].startswith("tile/entries/000.p/")
    assert facts["origin-down"]["faults"][0]["fault"] == "unreachable"
    # What is kept are three real homes, whole again after the tour.
    for node in document["nodes"]:
        home = Home.open(Path(node["home"]), projection=NoProjection())
        sizes = {log.origin: log.size for log in home.logs.all()}
        home.close()
        assert set(sizes) == {each["origin"] for each in document["nodes"]}
        assert sizes[node["origin"]] > node["entries"]
    assert (folder / "city.recovery.txt").stat().st_mode & 0o077 == 0


def test_people_read_the_same_tour(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run_demo(keep=None, as_json=False, interactive=False, ports=(port, 0, 0)) == 0
    text = capsys.readouterr().out
    assert f":{port} " not in text
    for sample in load_samples(dt.date(2026, 11, 22)):
        assert sample.name in text
    assert "caught: inconsistent: tile/entries/" in text
    assert "NOT AS CLAIMED" not in text


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(InvalidInputError, match="not empty"):
        run_demo(keep=tmp_path, as_json=True, interactive=False, ports=ANY)
    assert [each.name for each in tmp_path.iterdir()] == ["precious"]


async def test_the_readme_verifies_a_log_without_fedcat(tmp_path: Path) -> None:
    block = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    with own_environment(tmp_path):
        async with bring_up(tmp_path, ANY) as world:
            address = f"http://{world.group.origin}"
            program = block[1].replace("https://catalogue.example/log/city-of-example/1", address)
            assert address in program
            done = await asyncio.create_subprocess_exec(sys.executable, "-I", "-c", program)
            assert await done.wait() == 0


async def test_the_nodes_stay_up_until_they_are_told_to_stop(tmp_path: Path) -> None:
    with own_environment(tmp_path):
        async with bring_up(tmp_path, ANY) as world:
            asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), signal.SIGTERM)
            await _until_stopped(world)
            assert all(log.size for node in world.nodes for log in node.home.logs.all())
