"""What a new log leaves behind for its publisher: its identity, and the recovery sheet.

The sheet holds the root key, which is kept nowhere else. It is shown once on stderr, or written to a
new file that only its owner can read, before the log exists: a kill may leave a sheet without a log, and
never a log without its sheet.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from node.own.founding import Founded
from node.store.files import PRIVATE_FILE, flush_directory
from protocol.keyset import grouped

from .output import warn

recovery_option = click.option(
    "--recovery",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the recovery sheet to this new file instead of showing it.",
)


@contextmanager
def recovery_sheet(path: Path | None) -> Iterator[Callable[[Founded], None]]:
    """Make sure of the place for a recovery sheet before keys exist; no empty file is left on failure.

    A sheet that was written stays, whatever fails afterwards: the log may exist by then.

    Args:
        path: A new file, or None to show the sheet on stderr.

    Raises:
        click.UsageError: The file exists or cannot be written.
    """
    if path is None:
        yield _show_sheet
        return
    with private_file(path, "a recovery sheet") as write:
        yield lambda founded: write(founded.recovery_sheet)


@contextmanager
def private_file(path: Path, what: str) -> Iterator[Callable[[str], None]]:
    """Make sure of a new file for a secret; no empty one is left on failure, and a written one stays.

    Args:
        path: A new file, readable by its owner alone.
        what: What it is, for the error.

    Yields:
        What writes the text, durably; to be called once.

    Raises:
        click.UsageError: The file exists or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    except FileExistsError:
        raise click.UsageError(f"{path} exists; {what} never overwrites anything.") from None
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None
    is_written = False

    def write(text: str) -> None:
        nonlocal is_written
        with os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) as file:
            file.write(text)
        os.fsync(descriptor)
        flush_directory(path.parent)
        is_written = True

    try:
        yield write
    except BaseException:
        if not is_written:
            path.unlink()
        raise
    finally:
        os.close(descriptor)


def founded_document(founded: Founded, recovery: Path | None) -> dict[str, object]:
    """Return what a program learns about a new log; never the recovery sheet itself."""
    return {
        "origin": founded.origin,
        "fingerprint": founded.fingerprint,
        "recovery": None if recovery is None else str(recovery),
    }


def founded_fields(founded: Founded) -> dict[str, object]:
    """Return what a person learns about a new log."""
    return {"log": founded.origin, "fingerprint": grouped(founded.fingerprint)}


def _show_sheet(founded: Founded) -> None:
    """Show the recovery sheet once; --quiet does not hide it, for it exists nowhere else."""
    warn("Print or write down this recovery sheet now; it is not kept:")
    click.echo(f"\n{founded.recovery_sheet}", err=True)
