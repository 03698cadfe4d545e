"""How a command speaks: data on stdout, words for people on stderr.

With ``--json`` stdout carries exactly one document. Hints, warnings and progress go to
stderr, where they never disturb a pipe.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import click

from .settings import Settings


def answer(settings: Settings, document: object, text: str) -> None:
    """Print a command's result: the document with ``--json``, else the text."""
    if settings.as_json:
        settings.has_answered = True
        click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))
    elif text:
        click.echo(text)


def hint(settings: Settings, text: str) -> None:
    """Tell a person what usually comes next."""
    if not settings.quiet:
        say(text, dim=True)


def warn(text: str) -> None:
    """Say something that must be read, whatever the settings."""
    say(text, fg="yellow")


def say(text: str, *, dim: bool = False, fg: str | None = None) -> None:
    """Print words for people; where nobody can read them, nothing fails because of that."""
    with suppress(OSError):
        click.secho(text, err=True, dim=dim or None, fg=fg)


def confirmed(settings: Settings, question: str, *, yes: bool) -> bool:
    """Ask a person to agree; without a terminal nobody is asked, and ``--yes`` has answered."""
    if yes or not settings.interactive:
        return True
    return click.confirm(question, err=True)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a plain table: left-aligned words, right-aligned numbers, two spaces between columns.

    Args:
        headers: One heading per column.
        rows: Cells of any type; ``None`` shows as a dash.

    Returns:
        Lines without trailing spaces; the headings alone when there is no row.
    """
    body = [tuple("-" if cell is None else str(cell) for cell in row) for row in rows]
    columns = list(zip(headers, *body, strict=True))
    widths = [max(map(_width, column)) for column in columns]
    numeric = [bool(body) and all(cell.isdigit() for cell in column[1:]) for column in columns]

    def line(cells: Sequence[str]) -> str:
        parts = []
        for cell, width, right in zip(cells, widths, numeric, strict=True):
            padding = " " * (width - _width(cell))
            parts.append(padding + cell if right else cell + padding)
        return "  ".join(parts).rstrip()

    return "\n".join(line(cells) for cells in (tuple(headers), *body))


def fields(pairs: Mapping[str, object]) -> str:
    """Return ``name  value`` lines with the values aligned; ``None`` is left out."""
    shown = {name: str(value) for name, value in pairs.items() if value is not None}
    width = max(map(_width, shown), default=0)
    return "\n".join(f"{name}{' ' * (width - _width(name))}  {value}" for name, value in shown.items())


def moment(seconds: int | None) -> str | None:
    """Return POSIX seconds as an RFC 3339 time in UTC, ``None`` for none."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def counting(settings: Settings, length: int, label: str) -> Iterator[Callable[[], None]]:
    """Draw a bar on stderr while a block runs, when a person watches it.

    Yields:
        What to call after each of about ``length`` steps.
    """
    if settings.quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _width(text: str) -> int:
    """Return the columns a terminal gives to a text: two for wide letters, none for combining marks."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)


def _plain(value: object) -> object:
    """Return what JSON lacks as what it has: bytes as lower-case hex, anything else as its text."""
    return value.hex() if isinstance(value, bytes) else str(value)
