"""Dumps for readers: made each day where the configuration asks for it, never with what is to be forgotten.

::

    <home>/dumps/dump.jsonl  dump.jsonl.gz  dump.csv  dump.csv.proof  dump.sqlite.gz

What is wanted both packed and as it is, is made once: both are the same dump.

A dump is a copy of content. What is erased, hidden, taken down, blocked or purged must not be had from it
until the next day: files that were made before are served no more from that moment, removed, and made anew.
Whatever of this happens leaves a trace in the database; a dump belongs to the state that it was made in,
which a file beside it names.
"""

import hashlib
import json
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from node.home import Home
from node.leisure import GoOn, always

from .making import files_of, make_dump, pack_dump
from .packing import GZIP

PATIENCE: Final = 10
"""Dumps that took a second are not made anew for so many seconds."""

_STAMP: Final = "state.json"
_guard: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Made:
    """What was made last.

    Attributes:
        state: What it was made of; empty when its files were removed.
        at: When, in POSIX seconds.
        seconds: How long it took.
        formats: Which forms were wanted.
    """

    state: str
    at: int
    seconds: float
    formats: tuple[str, ...]


def renew_dumps(home: Home, go_on: GoOn = always) -> bool:
    """Make the dumps that are due, and remove those that are to be had no more; blocks.

    Args:
        home: The node.
        go_on: Called before each part of a dump; where it raises, all of them are due again.

    Returns:
        Whether any was made.
    """
    folder, config = dumps_in(home), home.config.dumps
    if not config.formats and not folder.exists():
        return False
    with _guard:
        state, now, made = _state(home), home.now(), _read(folder)
        age = now - made.at
        if made.state != state or made.formats != config.formats:
            _remove(folder)
            # Whoever erases one statement after the other must not keep this node at making dumps.
            if age < PATIENCE * made.seconds or not config.formats:
                return False
        elif age < config.interval_seconds:
            return False
        folder.mkdir(exist_ok=True)
        started = time.monotonic()
        for form in sorted(config.formats, key=len):
            path, plain = folder / f"dump.{form}", form.removesuffix(GZIP)
            if plain != form and plain in config.formats:
                pack_dump(path.with_suffix(""), plain, go_on)
            else:
                make_dump(home, path, form, go_on)
        _write(folder, _Made(state, now, time.monotonic() - started, config.formats))
    return True


def served_dumps(home: Home) -> dict[str, Path]:
    """Return the files that may be had now, by name; none while what was forgotten may be in them."""
    folder = dumps_in(home)
    made = _read(folder)
    if made.state != _state(home):
        return {}
    files = [each for form in made.formats for each in files_of(folder / f"dump.{form}", form)]
    return {path.name: path for path in sorted(files) if path.is_file()}


def dumps_in(home: Home) -> Path:
    """Return the folder of a home's dumps."""
    return home.path / "dumps"


def _state(home: Home) -> str:
    """Return what changes whenever something that was in a dump is to be had no more."""
    connection = home.database.connection
    with home.database.read():
        facts = [
            connection.execute(question).fetchall()
            for question in (
                "SELECT count(*) FROM erased",
                "SELECT origin FROM purged ORDER BY origin",
                "SELECT log FROM blocked ORDER BY log",
                "SELECT log, hex(id), action FROM moderated ORDER BY log, id",
            )
        ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _read(folder: Path) -> _Made:
    try:
        state, at, seconds, formats = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        return _Made(str(state), int(at), float(seconds), tuple(formats))
    except (OSError, ValueError, TypeError):
        return _Made("", 0, 0.0, ())


def _write(folder: Path, made: _Made) -> None:
    text = json.dumps([made.state, made.at, made.seconds, made.formats])
    (folder / _STAMP).write_text(text, encoding="utf-8")


def _remove(folder: Path) -> None:
    """Remove the files; what they cost to make stays known."""
    made = _read(folder)
    for path in folder.glob("dump.*"):
        path.unlink(missing_ok=True)
    if made.state:
        _write(folder, replace(made, state=""))
