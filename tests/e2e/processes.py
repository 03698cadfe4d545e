"""Real nodes: a home, a port of the loopback, and processes that tests may kill.

Every process is bounded in time and ended by its own process id.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protocol.origin import origin_hash
from tests.ports import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
# Limits, no measures: on a busy machine a process may wait long for its turn.
COMMAND_SECONDS = 300
READY_SECONDS = 120


@dataclass
class Node:
    """One node of a world.

    Attributes:
        home: Its directory.
        port: Its port.
        env: The environment of its processes.
        origin: Its first log, once it was founded.
        fingerprint: The pin of that log.
        server: The running ``serve``, if any.
        host: Its address on the loopback.
        checkout: Whose code it runs.
    """

    home: Path
    port: int
    env: dict[str, str]
    origin: str = ""
    fingerprint: str = ""
    server: subprocess.Popen[bytes] | None = None
    host: str = "127.0.0.1"
    checkout: Path = REPOSITORY

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def hash(self) -> str:
        """The hash under which everybody mirrors the first log."""
        return origin_hash(self.origin)

    def start(self, *words: str, stdin: int | None = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start a command and return its process."""
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "node", "--home", str(self.home), *words],
            cwd=self.checkout,
            env=self.env,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *words: str, code: int = 0, text: str | None = None) -> Any:  # noqa: ANN401 - any JSON
        """Run a command with --json to its end and return its document.

        Args:
            words: The command.
            code: The exit code it must have.
            text: What it reads on stdin.
        """
        process = self.start(*words, "--json", stdin=subprocess.PIPE)
        try:
            out, err = process.communicate((text or "").encode(), timeout=COMMAND_SECONDS)
        finally:
            end(process)
        assert process.returncode == code, f"{words}: {process.returncode}\n{out.decode()}\n{err.decode()}"
        return json.loads(out) if out.strip() else None

    def init(self, name: str) -> None:
        """Create the node's home."""
        founded = self.run("init", "--address", self.url, "--name", name, "--allow-private", "--yes")
        self.origin, self.fingerprint = founded["origin"], founded["fingerprint"]

    def serve(self) -> None:
        """Start serving and wait until the node is ready."""
        log = (self.home.parent / f"{self.home.name}.log").open("ab")
        with log:
            self.server = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "node", "--home", str(self.home), "serve"],
                cwd=self.checkout,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_SECONDS
        while not self.answers("/readyz"):
            assert self.server.poll() is None, Path(log.name).read_text()
            assert time.monotonic() < deadline, Path(log.name).read_text()
            time.sleep(0.05)

    def answers(self, path: str) -> bool:
        """Report whether the node answers a path with 200."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=2) as response:  # noqa: S310 - loopback
                return bool(response.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def get(self, path: str) -> Any:  # noqa: ANN401 - any JSON
        """Return what the node answers at a path of its API, wherever it sends us."""
        with urllib.request.urlopen(self.url + path, timeout=COMMAND_SECONDS) as response:  # noqa: S310 - loopback
            return json.load(response)

    def kill(self) -> None:
        """Kill the serving process, as a power cut would."""
        if self.server is not None:
            end(self.server)
            self.server = None

    def stop(self) -> int:
        """Ask the serving process to drain; return its exit code."""
        assert self.server is not None
        self.server.terminate()
        try:
            return self.server.wait(timeout=READY_SECONDS)
        finally:
            self.kill()

    def log(self, origin: str) -> dict[str, Any]:
        """Return one line of ``log list``."""
        return next(log for log in self.run("log", "list") if log["origin"] == origin)

    def files(self, origin: str) -> Path:
        """Return the directory of a log's stored files."""
        return self.home / "logs" / origin_hash(origin)


@dataclass
class World:
    """Several nodes below one directory, with one place for their lock files."""

    root: Path
    interval: int = 1
    nodes: list[Node] = field(default_factory=list)

    def env(self) -> dict[str, str]:
        """Return the environment of a node's processes."""
        env = {key: value for key, value in os.environ.items() if not key.startswith("FEDCAT_")}
        return env | {
            "FEDCAT_LOCK_DIR": str(self.root / "heads"),
            "FEDCAT_SYNC_INTERVAL_SECONDS": str(self.interval),
            "NO_COLOR": "1",
        }

    def node(self, name: str) -> Node:
        """Return a node that does not exist yet on a free port."""
        node = Node(self.root / name, free_port(), self.env())
        self.nodes.append(node)
        return node

    def founded(self, name: str, entries: int) -> Node:
        """Return a node with a log of imported entries."""
        node = self.node(name)
        node.init(f"{name.title()} example")
        if entries:
            folder = publiccode_files(self.root / f"{name}-files", name, entries)
            report = node.run("entry", "import", "publiccode", str(folder))
            assert report["accepted"] == entries, report
        return node


@contextmanager
def world(root: Path, interval: int = 1) -> Iterator[World]:
    """Yield a world and end every process of it, whatever happened."""
    built = World(root, interval)
    try:
        yield built
    finally:
        for node in built.nodes:
            node.kill()


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process by its id and reap it."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def publiccode_files(folder: Path, publisher: str, count: int) -> Path:
    """Write small publiccode.yml files and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"{publisher}-{number}.yml").write_text(publiccode(publisher, number), encoding="utf-8")
    return folder


def publiccode(publisher: str, number: int) -> str:
    """Return a small valid publiccode.yml."""
    return f"""publiccodeYmlVersion: "0.4"
name: {publisher.title()} tool {number}
url: https://code.example/{publisher}/tool-{number}.git
landingURL: https://{publisher}.example/tool-{number}
softwareVersion: "1.{number}"
releaseDate: 2026-01-15
platforms: [web]
developmentStatus: stable
softwareType: standalone/web
categories: [data-collection]
description:
  en:
    shortDescription: Tool {number} of {publisher} for participatory budgeting
    longDescription: >
      Residents of {publisher} propose projects, discuss them with the administration and vote on
      how a part of the public budget is spent. Tool number {number} shows the results to everybody.
    features: [Proposals, Voting]
legal:
  license: AGPL-3.0-or-later
maintenance:
  type: internal
  contacts:
    - name: Office of participation
localisation:
  localisationReady: true
  availableLanguages: [en, fr]
"""


def flipped(data: bytes, offset: int) -> bytes:
    """Return the bytes with one bit of one byte changed."""
    changed = bytearray(data)
    changed[offset] ^= 1
    return bytes(changed)


def eventually(seconds: float, holds: Any, what: str) -> None:  # noqa: ANN401 - any callable
    """Wait until something holds, and fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
