"""The leaves and tile hashes of one log, as append-only files.

::

    entries     u16 length (64) + leaf, 66 bytes each: a bundle or its tail is one read
    hashes.0    32 bytes for each leaf
    hashes.1    32 bytes for each full tile of level 0, and so on upwards

Hash i of ``hashes.L`` is the root of the 256^L leaves from i * 256^L. Bytes beyond the
committed size are staged work of an unfinished step or garbage; whoever reads them verifies
them before use, and the next step overwrites them. Below it nothing is ever rewritten.
"""

from pathlib import Path

from protocol.merkle import HASH, Edge, edge_from_tiles
from protocol.tiles import ENTRY, LEAF

from .files import flush_all, read_at, write_at

_PREFIX = LEAF.to_bytes(2, "big")
_LEVELS = 8


class TreeFiles:
    """The tree files in one log's directory.

    Attributes:
        directory: It exists.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._entries = directory / "entries"

    def read_entries(self, start: int, end: int) -> bytes:
        """Return the bundle bytes (66 for each leaf) of [start, end); shorter where fewer are stored."""
        data = read_at(self._entries, start * ENTRY, max(end - start, 0) * ENTRY)
        return data[: len(data) // ENTRY * ENTRY]

    def read_leaves(self, start: int, end: int) -> bytes:
        """Return the 64-byte leaves of [start, end) joined; shorter where fewer are stored."""
        entries = self.read_entries(start, end)
        return b"".join([entries[at : at + LEAF] for at in range(2, len(entries), ENTRY)])

    def read_hashes(self, level: int, start: int, count: int) -> bytes:
        """Return ``count`` joined hashes of a tile level from ``start``; shorter where fewer are stored."""
        data = read_at(self._hashes(level), start * HASH, max(count, 0) * HASH)
        return data[: len(data) // HASH * HASH]

    def write_leaves(self, start: int, leaves: bytes) -> None:
        """Write joined 64-byte leaves from index ``start``; durable after ``flush``."""
        write_at(
            self._entries,
            start * ENTRY,
            b"".join([_PREFIX + leaves[at : at + LEAF] for at in range(0, len(leaves), LEAF)]),
        )

    def write_hashes(self, level: int, start: int, hashes: bytes) -> None:
        """Write joined hashes of a tile level from index ``start``; durable after ``flush``."""
        write_at(self._hashes(level), start * HASH, hashes)

    def flush(self) -> None:
        """Make everything written durable, file names included."""
        files = [self._entries, *(self._hashes(level) for level in range(_LEVELS))]
        flush_all([path for path in files if path.exists()])
        flush_all([self.directory])

    def edge(self, size: int) -> Edge:
        """Return the right edge of the tree at a size that is stored.

        Raises:
            MalformedError: Fewer hashes are stored than that size needs.
        """
        return edge_from_tiles(size, self.read_hashes)

    def _hashes(self, level: int) -> Path:
        return self.directory / f"hashes.{level}"
