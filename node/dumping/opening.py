"""Opening a dump of whichever form, packed or not: what is in a file decides, not what it is called."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from protocol.errors import MalformedError

from .lines import Lines, Reading
from .packing import GZIP, on_disk, reading
from .tables import Csv, Sqlite, proof_of

_SQLITE: Final = b"SQLite format 3\0"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Reading]:
    """Open a dump.

    Args:
        path: The file; beside a CSV file lies its proof, packed or not.

    Raises:
        MalformedError: It is none, or its proof is not there; also where reading it finds that out.
        OSError: It cannot be read.
    """
    with reading(path) as source:
        if source.start == _SQLITE:
            with on_disk(path, source) as file:
                uri = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
                with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
                    yield Sqlite(connection, path.name)
        elif source.start.startswith(b"{"):
            yield Lines(source.stream, path.name, source.longest)
        else:
            beside = _proof(path)
            with reading(beside) as proof:
                lines = Lines(proof.stream, beside.name, proof.longest)
                yield Csv(source.stream, lines, path.name)


def _proof(path: Path) -> Path:
    """Return the proof of a CSV file: of the same kind, or else as it is after one of both was unpacked."""
    own = proof_of(path)
    other = own.with_name(own.name.removesuffix(GZIP) if own.suffix == GZIP else f"{own.name}{GZIP}")
    found = next((each for each in (own, other) if each.exists()), None)
    if found is None:
        raise MalformedError(path.name, f"it is no dump, or {own.name} is not beside it")
    return found
