"""Runs tests on a copy of the checkout in which one thing is broken on purpose.

A test that proves a promise fails when the promise is broken. For each defect the product's code is copied,
changed in one place, and the defect's tests are run there: they must fail, and pass without it.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120
"""Time for the tests of one defect; whoever hangs has failed."""

_PARTS = ("protocol", "federation", "node", "tests", "benchmarks", "configs", "docs")
_FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE")
_FAILED = 1  # pytest: tests ran, and some failed
_MEMORY = 8 << 30  # bytes of addresses: a limit that is taken away must not take the machine along


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of the product's code.

    Attributes:
        file: Path in the checkout.
        old: A text that stands there exactly once.
        new: What takes its place.
    """

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Defect:
    """A promise broken on purpose.

    Attributes:
        threat: The row of ``docs/threats.md``.
        what: What the product does now, in a few words.
        tests: Tests that must fail, as ``file::name``.
        edits: More than one where the product guards the promise twice.
    """

    threat: str
    what: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]


class DefectError(Exception):
    """A defect that cannot be made, or that proves nothing."""


@contextmanager
def copied() -> Iterator[Path]:
    """Yield a copy of the checkout in a temporary folder, with the reference data beside it as here."""
    with tempfile.TemporaryDirectory(prefix="fedcat-seeded-") as name:
        root = Path(name) / "checkout"
        root.mkdir()
        for part in _PARTS:
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        for file in _FILES:
            if (ROOT / file).is_file():
                shutil.copy(ROOT / file, root / file)
        if (shared := ROOT.parent / "shared").is_dir():
            (Path(name) / "shared").symlink_to(shared)
        yield root


def fault_of(defect: Defect, root: Path = ROOT) -> str | None:
    """Return why a defect cannot be made in a checkout, or None."""
    for edit in defect.edits:
        count = (root / edit.file).read_text(encoding="utf-8").count(edit.old)
        if count != 1:
            return f"{edit.file} has its text {count} times: {edit.old[:70]!r}"
        if edit.old == edit.new:
            return f"{edit.file}: nothing is changed"
    return None


def passing(root: Path, tests: Iterable[str]) -> frozenset[str]:
    """Return those of some tests that pass in a checkout; one that is skipped does not."""
    wanted = sorted(set(tests))
    report = root.parent / "report.xml"
    _pytest(root, [*wanted, f"--junitxml={report}", "-o", "junit_family=xunit1"], SECONDS * 10)
    good: set[str] = set()
    bad: set[str] = set()
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        name = f"{case.get('file')}::{(case.get('name') or '').partition('[')[0]}"
        (bad if len(case) and any(each.tag != "properties" for each in case) else good).add(name)
    return frozenset(name for name in wanted if name in good and name not in bad)


def fails(root: Path, defect: Defect) -> bool:
    """Report whether a defect's tests fail with it, each of them; the copy is whole again afterwards.

    Raises:
        DefectError: It cannot be made, or the tests do not even begin.
    """
    if fault := fault_of(defect, root):
        raise DefectError(fault)
    whole = {edit.file: (root / edit.file).read_bytes() for edit in defect.edits}
    try:
        for edit in defect.edits:
            path = root / edit.file
            path.write_text(path.read_text(encoding="utf-8").replace(edit.old, edit.new), encoding="utf-8")
        return all(_fails(root, test) for test in defect.tests)
    finally:
        for file, data in whole.items():
            (root / file).write_bytes(data)


def _fails(root: Path, test: str) -> bool:
    code, said = _pytest(root, ["-x", test], SECONDS)
    if code not in (0, _FAILED, None):
        raise DefectError(f"{test} does not begin (exit {code}):\n{said[-1_500:]}")
    return code != 0


def _pytest(root: Path, words: Sequence[str], seconds: float) -> tuple[int | None, str]:
    """Run pytest; return its exit code, None when it took too long, and what it said."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
    ]
    env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    with subprocess.Popen(  # noqa: S603 - our own tests
        [*command, *words],
        cwd=root,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_bounded,  # noqa: PLW1509 - nothing else runs in this process
    ) as process:
        try:
            out, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            # With whatever the tests started.
            os.killpg(process.pid, 9)
            out, _ = process.communicate()
            return None, out.decode(errors="replace")
    return process.returncode, out.decode(errors="replace")


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
