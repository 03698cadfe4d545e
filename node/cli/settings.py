"""What the command line was told once for the whole run, and the options every command has.

``fedcat --home DIR log list --json`` and ``fedcat log list --json --home DIR`` mean the
same: the common options are accepted at both places, and the later one wins.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(slots=True)
class Settings:
    """The common options of one run.

    Attributes:
        home: Where the node lives, when it was said; see :meth:`home_path`.
        as_json: Answer with one JSON document on stdout.
        quiet: Say only what went wrong and what must not be lost.
        verbose: Show the trace of an unexpected error.
        has_answered: Whether the one document of ``--json`` was printed.
    """

    home: Path | None = None
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
    has_answered: bool = False

    def home_path(self) -> Path:
        """Return the node's home: ``--home``, else ``FEDCAT_HOME``, else the XDG data directory."""
        if self.home is not None:
            return self.home
        named = os.environ.get("FEDCAT_HOME")
        if named:
            return Path(named)
        data = os.environ.get("XDG_DATA_HOME")
        return (Path(data) if data else Path.home() / ".local" / "share") / "fedcat"

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked: never without a terminal, nor when a program reads."""
        return not self.as_json and sys.stdin.isatty() and sys.stderr.isatty()


def common_options(function: Decorated) -> Decorated:
    """Add ``--home``, ``--json``, ``--quiet`` and ``--verbose``; their values go into :class:`Settings`."""
    options = (
        click.option(
            "--home",
            type=click.Path(path_type=Path, file_okay=False),
            expose_value=False,
            callback=_remember,
            help="Directory of the node (else FEDCAT_HOME).",
        ),
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Print one JSON document on stdout.",
        ),
        click.option(
            "--quiet", "-q", is_flag=True, expose_value=False, callback=_remember, help="Print no hints."
        ),
        click.option(
            "--verbose",
            "-v",
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Show traces of unexpected errors.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def command(name: str) -> Callable[[Callable[..., int]], click.Command]:
    """Return a decorator that makes a command whose first argument is the :class:`Settings`."""

    def decorate(function: Callable[..., int]) -> click.Command:
        return click.command(name)(common_options(click.pass_obj(function)))

    return decorate


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Store a common option that was given; one that was not leaves the earlier word standing."""
    settings = context.find_object(Settings)
    if settings is not None and value and parameter.name is not None:
        setattr(settings, parameter.name, value)
