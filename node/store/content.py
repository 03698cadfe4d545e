"""The kept blobs of one log, one gzip file for each bundle.

``content/<bundle>.gz`` unpacks to what ``protocol.tiles.encode_content`` makes: for each leaf of the
bundle a u32 length and the blob, length 0 where none is kept. Superseded blobs stay in it until
somebody erases them, so it may hold more than is served as current. A file is always replaced whole.
A bundle that arrived whole is kept exactly as it was received.

Whether a blob belongs to its leaf was checked before it came here; which of them are erased is
known to ``logstore``, which filters what it returns.
"""

import gzip
from collections.abc import Mapping
from pathlib import Path

from isal import igzip, igzip_lib

from protocol.errors import MalformedError
from protocol.tiles import WIDTH, encode_content, split_content

from .files import flush_all, write_whole

# Of igzip's levels 0 to 3; on our texts as small as level 2, and a bundle takes under a millisecond.
_LEVEL = 1
# Of zlib's levels 0 to 9: a seventh smaller, and fifteen times as long. A whole bundle is packed once, by
# its publisher, and fetched by everybody.
_LEVEL_OF_WHOLE = 6
# isal's stubs take its error for an instance.
_DAMAGE: tuple[type[Exception], ...] = (EOFError, OSError, igzip_lib.IsalError)  # type: ignore[assignment]


class ContentFiles:
    """The content files in one log's directory.

    Attributes:
        directory: The log's ``content`` directory; it exists.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._unflushed: set[Path] = set()

    def has(self, bundle: int) -> bool:
        """Report whether anything of a bundle is kept."""
        return self._path(bundle).exists()

    def packed(self, bundle: int) -> bytes | None:
        """Return a bundle's file as stored (gzip), or None when nothing of it is kept."""
        try:
            return self._path(bundle).read_bytes()
        except FileNotFoundError:
            return None

    def read(self, bundle: int, lengths: list[int], trusted: int) -> dict[int, bytes]:
        """Return the kept blobs of a bundle by position within it.

        Args:
            bundle: Bundle index.
            lengths: Blob length that each stored leaf of the bundle names.
            trusted: How many of these leaves are committed. Beyond them a file that does not
                fit the leaves is a leftover: it is cut there instead of refused.

        Raises:
            MalformedError: The file does not fit the committed leaves.
        """
        packed = self.packed(bundle)
        if packed is None:
            return {}
        try:
            data = unpack(packed)
        except MalformedError:
            # Without a committed leaf nothing is lost: an unfinished step, cut off by a power failure.
            if trusted:
                raise
            return {}
        stored = _items(data, len(lengths))
        try:
            blobs = split_content(data, lengths, min(stored, len(lengths)))
        except MalformedError:
            blobs = split_content(data, lengths, min(stored, trusted))
        return {position: blob for position, blob in enumerate(blobs) if blob}

    def write(self, bundle: int, blobs: Mapping[int, bytes], packed: bytes | None = None) -> None:
        """Replace the kept blobs of a bundle.

        Args:
            bundle: Bundle index.
            blobs: All that is kept, by position within the bundle; empty removes the file.
            packed: The gzip body that holds exactly these; made here when missing.
        """
        path = self._path(bundle)
        if not blobs:
            path.unlink(missing_ok=True)
            flush_all([self.directory])
            return
        if packed is None:
            packed = pack(blobs)
        # A file that replaces committed blobs must be whole on disk before it takes their place; a
        # new one is flushed together with its neighbours, before the step is committed.
        exists = path.exists()
        write_whole(path, packed, flush=exists)
        if not exists:
            self._unflushed.add(path)

    def expect(self, bundle: int) -> None:
        """Let the next ``flush`` make a bundle's file durable that another writer left."""
        self._unflushed.add(self._path(bundle))

    def flush(self) -> None:
        """Make everything written durable, file names included."""
        if self._unflushed:
            flush_all(self._unflushed)
            flush_all([self.directory])
            self._unflushed.clear()

    def _path(self, bundle: int) -> Path:
        return self.directory / f"{bundle}.gz"


def pack(blobs: Mapping[int, bytes]) -> bytes:
    """Return the gzip body for these blobs by position, up to the last one; the same every time."""
    items = [blobs.get(position) for position in range(max(blobs, default=-1) + 1)]
    data = encode_content(items)
    return gzip.compress(data, _LEVEL_OF_WHOLE, mtime=0) if len(items) == WIDTH else compress(data)


def compress(data: bytes) -> bytes:
    """Return a gzip body of some bytes; the same every time."""
    return bytes(igzip.compress(data, _LEVEL, mtime=0))


def unpack(packed: bytes) -> bytes:
    """Return what a gzip body of our own disk holds.

    Raises:
        MalformedError: It is damaged.
    """
    try:
        return bytes(igzip.decompress(packed))  # type: ignore[no-untyped-call]
    except _DAMAGE as error:
        raise MalformedError("content", f"it does not unpack: {error}") from None


def _items(data: bytes, most: int) -> int:
    """Return how many whole items a content file holds, at most ``most``."""
    count = at = 0
    while count < most and at + 4 <= len(data):
        at += 4 + int.from_bytes(data[at : at + 4], "big")
        if at > len(data):
            break
        count += 1
    return count
