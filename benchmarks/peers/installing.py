"""Installing a peer for the time of a benchmark, with the package managers as they are set up here."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks.measure import command
from benchmarks.worlds import await_port


class NotInstalledError(Exception):
    """A peer could not be installed; the message says what stood in the way."""


async def python_with(directory: Path, *requirements: str) -> Path:
    """Return a Python that has some packages, made in a directory.

    Raises:
        NotInstalledError: pip does not get them.
    """
    python = directory / "venv" / "bin" / "python"
    try:
        await command(sys.executable, "-m", "venv", directory / "venv")
        await command(python, "-m", "pip", "install", "--quiet", "--no-input", *requirements)
    except SystemExit as error:
        raise NotInstalledError(_last_line(str(error))) from None
    return python


async def node_modules_with(directory: Path, *packages: str) -> str:
    """Return the path of Node.js after installing some packages beside the scripts of a directory.

    Raises:
        NotInstalledError: There is no Node.js, or npm does not get them.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotInstalledError("there is no Node.js with npm")
    (directory / "package.json").write_text('{"private": true}', encoding="ascii")
    try:
        await command(
            npm,
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            *packages,
            cwd=directory,
        )
    except SystemExit as error:
        raise NotInstalledError(_last_line(str(error))) from None
    return node


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


@contextlib.asynccontextmanager
async def running(port: int, *words: str | Path, directory: Path, **environment: str) -> AsyncIterator[int]:
    """Run a server until the block ends; yield its pid once something listens at the port."""
    process = await asyncio.create_subprocess_exec(
        *map(str, words),
        cwd=directory,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await await_port(port, lambda: process.returncode is None)
        yield process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
