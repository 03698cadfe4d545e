"""The commands about keys: one node, one process, real homes."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from node.cli.main import run


@dataclass
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.out)


Fedcat = Callable[..., Result]


@pytest.fixture
def fedcat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fedcat:
    """Run a command in this process, on a node that was founded with its sheet in ``sheet.txt``."""
    monkeypatch.setenv("FEDCAT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "heads"))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: str, text: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        capsys.readouterr()
        code = run(words)
        shown = capsys.readouterr()
        return Result(code, shown.out, shown.err)

    done = call(
        "init", "--address", "http://127.0.0.1:8401", "--name", "City", "--allow-private", "--yes",
        "--recovery", str(tmp_path / "sheet.txt"),
    )  # fmt: skip
    assert done.code == 0, done.err
    return call


def test_a_written_recovery_sheet_stays_when_founding_fails_after_it(
    fedcat: Fedcat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "file"))
    sheet = tmp_path / "zoo.txt"
    assert fedcat("log", "add", "--name", "Zoo", "--recovery", str(sheet), "--yes").code == 5
    assert "PRIVATE+KEY" in sheet.read_text()
