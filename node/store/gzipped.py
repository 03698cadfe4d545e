"""gzip a portion at a time: a bundle's contents may be 64 MiB, and several logs are at work at once.

What is packed here is packed the same every time. A file of ours is one member, as its readers demand; while
a bundle arrives it may be several, each of which is checked by a checksum of its own.
"""

import errno
import io
import zlib
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import BinaryIO, Final

from deflate import gzip_compress
from isal import igzip, igzip_lib, isal_zlib

from protocol.errors import MalformedError

PORTION: Final = 1_048_576
"""Bytes held unpacked at once; the usual bundle has a third of it."""


class Effort(IntEnum):
    """How long to look for fewer bytes: the usual bundle has 340 kB, and takes so long on one core.

    Attributes:
        LEAST: 0.8 ms, to 33 %. For whatever others wait for.
        SOME: 5 ms, to 28 %. For what is packed again and again.
        MOST: 34 ms, to 27 %. For what is packed once and fetched by everybody.
    """

    LEAST = 1
    SOME = 2
    MOST = 3


# Of igzip's levels 0 to 3; on our texts as small as level 2.
_LEVEL = 1
# Of libdeflate's levels 1 to 12. At 7 it is smaller than zlib at 6, in less than half of the time; beyond 10
# next to nothing is gained.
_LEVELS: Final = {Effort.SOME: 7, Effort.MOST: 10}
# Of zlib's levels 0 to 9: libdeflate packs all at once, or not at all.
_LEVEL_OF_LARGE = 6
_GZIP = 31  # zlib's number for a gzip wrapper around the largest window
_READ = 131_072
# isal's stubs take its error for an instance.
_DAMAGE: tuple[type[Exception], ...] = (EOFError, OSError, igzip_lib.IsalError)  # type: ignore[assignment]


def compress(data: bytes, effort: Effort = Effort.LEAST) -> bytes:
    """Return a gzip body of some bytes; the same every time."""
    level = _LEVELS.get(effort)
    return bytes(igzip.compress(data, _LEVEL, mtime=0) if level is None else gzip_compress(data, level))


def unpack(packed: bytes) -> bytes:
    """Return what a gzip body of our own disk holds.

    Raises:
        MalformedError: It is damaged.
    """
    try:
        return bytes(igzip.decompress(packed))  # type: ignore[no-untyped-call]
    except _DAMAGE as error:
        raise _damaged(error) from None


def packed_portions(portions: Iterable[bytes], effort: Effort) -> Iterator[bytes]:
    """Yield one gzip member of some bytes, the same every time for the same portions and effort.

    Args:
        portions: The bytes, in portions of ``PORTION`` but for the last one.
        effort: What they are worth.
    """
    waiting = iter(portions)
    first, second = next(waiting, b""), next(waiting, None)
    if second is None:
        # Nearly always: the first is all.
        yield compress(first, effort)
        return
    stream = (
        isal_zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        if effort is Effort.LEAST
        else zlib.compressobj(_LEVEL_OF_LARGE, zlib.DEFLATED, _GZIP)
    )
    yield stream.compress(first)
    yield stream.compress(second)
    for portion in waiting:
        yield stream.compress(portion)
    yield stream.flush()


def is_packed_from(packed: bytes, portions: Iterable[bytes]) -> bool:
    """Report whether a gzip body is one member that holds just these bytes."""
    unpacking = Unpacking(io.BytesIO(packed))
    more, held = iter(unpacking), b""
    try:
        for portion in portions:
            while len(held) < len(portion):
                further = next(more, None)
                if further is None:
                    return False
                held += further
            if not held.startswith(portion):
                return False
            held = held[len(portion) :]
        return not held and next(more, None) is None and unpacking.members == 1
    except MalformedError:
        return False


class Unpacking:
    """What a gzip file holds, portion by portion; to be iterated over once.

    Attributes:
        checked: So many of the bytes yielded lie in members that ended, with the right checksum.
        members: How many these are.
    """

    def __init__(self, file: BinaryIO, at_once: int = _READ) -> None:
        self.checked = 0
        self.members = 0
        self._file, self._at_once = file, at_once

    def __iter__(self) -> Iterator[bytes]:
        """Yield portions of at most ``PORTION`` bytes.

        Raises:
            MalformedError: The file is empty or damaged, or ends within a member.
        """
        made, packed, stream = 0, self._read(), None
        if not packed:
            raise _damaged("it is empty")
        while packed or stream is not None:
            stream = stream or isal_zlib.decompressobj(wbits=_GZIP)
            try:
                data: bytes = stream.decompress(packed, PORTION)
            except _DAMAGE as error:
                raise _damaged(error) from None
            made += len(data)
            if stream.eof:
                self.checked, self.members = made, self.members + 1
                packed, stream = stream.unused_data or self._read(), None
            else:
                # What came out may be less than what went in: then there is more without reading on.
                packed = stream.unconsumed_tail or self._read()
                if not data and not packed:
                    raise _damaged("it ends early")
            if data:
                yield data

    def _read(self) -> bytes:
        try:
            return self._file.read(self._at_once)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            # A bad sector is damage like any other: whoever can mend it shall.
            raise _damaged(error.strerror) from error


def _damaged(reason: object) -> MalformedError:
    return MalformedError("content", f"it does not unpack: {reason}")
