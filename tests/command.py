"""Commands in this process: what they print, and the code they end with."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from node.cli.main import run

LIBRARY: Final[Mapping[str, Any]] = {
    "kind": "service",
    "name": {"en": "Mobile library"},
    "summary": {"en": "A bus with books that stops in every village once a week"},
    "topics": ["sector:education"],
    "lifecycle": "live",
    "languages": ["en"],
    "links": [{"rel": "landing", "url": "https://library.example"}],
    "service": {"channels": [{"type": "in-person", "place": "Every village"}]},
}
"""An entry as a person writes it, of which `fedcat entry put` has nothing to say."""


@dataclass
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.out)


class Terminal(io.StringIO):
    """A stream with a person in front of it."""

    def isatty(self) -> bool:
        return True


Fedcat = Callable[..., Result]


def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find home and head locks in a folder of the test, on a wide screen."""
    monkeypatch.setenv("FEDCAT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "heads"))
    monkeypatch.setenv("COLUMNS", "200")


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *before: str) -> Fedcat:
    """Return what runs a command with ``before`` in front of its words; ``text`` is its standard input."""

    def call(*words: str, text: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        capsys.readouterr()
        code = run([*before, *words])
        shown = capsys.readouterr()
        return Result(code, shown.out, shown.err)

    return call
