"""Dumps packed with gzip, under names that end with ``.gz``, as those who download them expect.

::

    dump.jsonl.gz      dump.csv.gz and dump.csv.proof.gz      dump.sqlite.gz

Each is what ``gunzip`` makes the unpacked file of, the same every time for the same dump. Both ways a portion
is held at a time.

A small file can unpack to something huge. Its reader holds no more than a line or row, and these have their
limits whatever the file is (see ``lines`` and ``tables``). The head of a dump may be long, but consists of
keys, hashes and signatures, which do not pack well: that of a packed file may be ``MOST_IN_HEAD`` times as
long as the file. A database has to lie on a disk to be read: it may be ``MOST_ON_DISK`` times as long.
Statements can be such that it is more; then somebody has to unpack it knowingly.
"""

import contextlib
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from isal import igzip

from node.leisure import GoOn
from node.store.gzipped import PORTION, Unpacking
from protocol.errors import MalformedError

from .lines import MAX_HEAD, MAX_LINE

GZIP: Final = ".gz"
"""What names of packed files end with."""

MOST_IN_HEAD: Final = 16
"""Bytes of a head for each byte of the packed file, where that is long: real ones have 4 at most."""

MOST_ON_DISK: Final = 64
"""Bytes of a database for each byte of the packed file: the usual one has 5."""

LEAST_ON_DISK: Final = 67_108_864
"""Bytes that a database may have however well it is packed."""

_MAGIC: Final = b"\x1f\x8b"
_START: Final = 16  # bytes by which the form of a dump is known
_BUFFER: Final = 131_072
# Of igzip's levels 0 to 3. zlib's level 6 makes dumps an eighth smaller and takes ten times as long, nearly
# as long as making the dump itself; each day, on a node that answers meanwhile.
_LEVEL: Final = 2


@dataclass(frozen=True, slots=True)
class Source:
    """What a file holds.

    Attributes:
        stream: To be read.
        start: Its first bytes, which are still to be read, too.
        longest: Bytes that the head of a dump in it may have.
        is_packed: Whether the file is packed.
    """

    stream: BinaryIO
    start: bytes
    longest: int
    is_packed: bool


@contextlib.contextmanager
def writing(path: Path, *, packed: bool) -> Iterator[BinaryIO]:
    """Open a file to be written, packed or as it is."""
    with path.open("wb") as file:
        if not packed:
            yield file
            return
        raw = igzip.IGzipFile("", "wb", _LEVEL, file, mtime=0)  # type: ignore[no-untyped-call]
        with io.BufferedWriter(cast("io.RawIOBase", raw), _BUFFER) as stream:
            yield stream


def pack(path: Path, packed: Path, go_on: GoOn) -> None:
    """Write what a file holds as a packed one, asking before each portion whether to go on."""
    with path.open("rb") as file, writing(packed, packed=True) as stream:
        while portion := file.read(PORTION):
            go_on()
            stream.write(portion)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Source]:
    """Open a file to be read, packed or not, whatever it is called.

    Raises:
        MalformedError: It is damaged; also where reading it finds that out.
    """
    with path.open("rb") as file:
        start = file.peek(_START)[:_START]
        if not start.startswith(_MAGIC):
            yield Source(file, start, MAX_HEAD, is_packed=False)
            return
        longest = max(MAX_LINE, MOST_IN_HEAD * path.stat().st_size)
        with io.BufferedReader(_Unpacked(file, path.name), _BUFFER) as stream:
            start = stream.peek(_START)[:_START]
            yield Source(stream, start, min(longest, MAX_HEAD), is_packed=True)


@contextlib.contextmanager
def on_disk(path: Path, source: Source) -> Iterator[Path]:
    """Have what a file holds as a file, while it is read.

    Args:
        path: The file.
        source: What it holds.

    Raises:
        MalformedError: That is more than it should be.
    """
    if not source.is_packed:
        yield path
        return
    most = max(LEAST_ON_DISK, MOST_ON_DISK * path.stat().st_size)
    with tempfile.NamedTemporaryFile(prefix="fedcat-dump-") as file:
        while portion := source.stream.read(PORTION):
            most -= len(portion)
            if most < 0:
                reason = f"it unpacks to more than {MOST_ON_DISK} times its length: gunzip it and verify that"
                raise MalformedError(path.name, reason)
            file.write(portion)
        file.flush()
        yield Path(file.name)


class _Unpacked(io.RawIOBase):
    """What a packed file holds, as a stream; a portion of it is held."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._portions = iter(Unpacking(file))
        self._left = memoryview(b"")
        self._name = name

    def readable(self) -> bool:
        """Return True: it is only read."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill a buffer as far as the portion goes; return how far that is, 0 at the end."""
        if not self._left:
            try:
                self._left = memoryview(next(self._portions, b""))
            except MalformedError as error:
                raise MalformedError(self._name, error.reason) from None
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken
