"""The kept blobs of one log, one gzip file for each bundle.

``content/<bundle>.gz`` unpacks to what ``protocol.tiles.encode_content`` makes: for each leaf of the
bundle a u32 length and the blob, length 0 where none is kept. Superseded blobs stay in it until
somebody erases them, so it may hold more than is served as current. A bundle that arrived whole is kept
exactly as it was received.

A file is read and written a portion at a time, and replaced whole. Only what lies beyond the committed leaves
may grow: a member of gzip behind the others for each portion that arrives. It becomes one again before the
leaves are committed.

Whether a blob belongs to its leaf was checked before it came here; which of them are erased is
known to ``logstore``, which filters what it returns.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from protocol.errors import MalformedError
from protocol.tiles import WIDTH, each_content

from .files import append, flush_all, write_portions
from .gzipped import PORTION, Effort, Unpacking, packed_portions

_ITEM = 4  # bytes of an item's length
_LITTLE = 256  # bytes read at once of a damaged file: what came before the damage is lost with its portion


class ContentFiles:
    """The content files in one log's directory.

    Attributes:
        directory: The log's ``content`` directory; it exists.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._unflushed: set[int] = set()  # a first copy of a million entries writes 4,000 files

    def has(self, bundle: int) -> bool:
        """Report whether anything of a bundle is kept."""
        return self._path(bundle).exists()

    def packed(self, bundle: int) -> bytes | None:
        """Return a bundle's file as stored (gzip), or None when nothing of it is kept."""
        try:
            return self._path(bundle).read_bytes()
        except FileNotFoundError:
            return None

    def each(self, bundle: int, lengths: Sequence[int], trusted: int) -> Iterator[tuple[int, bytes]]:
        """Yield the kept blobs of a bundle with their positions within it, in order.

        What was yielded is checked only when all was: to its end, or to the error.

        Args:
            bundle: Bundle index.
            lengths: Blob length that each stored leaf of the bundle names.
            trusted: How many of these leaves are committed. Beyond them a file that does not
                fit the leaves, or is damaged, is a leftover: it is cut there instead of refused.

        Raises:
            MalformedError: The file does not fit the committed leaves.
        """
        try:
            file = self._path(bundle).open("rb", buffering=0)
        except FileNotFoundError:
            return
        ends = [0]  # of the items, in the unpacked file
        damage: MalformedError | None = None
        with file:
            unpacking = Unpacking(file)
            portions = iter(unpacking)
            try:
                for position, blob in enumerate(each_content(portions, lengths)):
                    ends.append(ends[-1] + _ITEM + len(blob))
                    if blob:
                        yield position, blob
            except MalformedError as error:
                damage = error
            try:
                for _ in portions:
                    # Followed by a checksum, also behind what fits no leaf.
                    pass
            except MalformedError as error:
                damage = error
        if damage is not None:
            # An unfinished step, cut off by a kill or a power failure, loses nothing that is committed.
            checked = bisect_right(ends, unpacking.checked) - 1
            if trusted and (checked < trusted or trusted == len(lengths)):
                raise damage

    def intact(self, bundle: int, lengths: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Yield blobs of a damaged file, up to the damage; whoever takes them checks each."""
        try:
            with self._path(bundle).open("rb", buffering=0) as file:
                for position, blob in enumerate(each_content(Unpacking(file, _LITTLE), lengths)):
                    if blob:
                        yield position, blob
        except (FileNotFoundError, MalformedError):
            return

    def write(self, bundle: int, blobs: Mapping[int, bytes], packed: bytes | None = None) -> None:
        """Replace the kept blobs of a bundle.

        Args:
            bundle: Bundle index.
            blobs: All that is kept, by position within the bundle; empty removes the file.
            packed: The gzip body that holds exactly these; made here when missing.
        """
        self.write_each(bundle, sorted(blobs.items()), max(blobs, default=-1) + 1, packed)

    def write_each(
        self,
        bundle: int,
        blobs: Iterable[tuple[int, bytes]],
        width: int,
        packed: bytes | None = None,
        *,
        effort: Effort = Effort.LEAST,
    ) -> None:
        """Replace the kept blobs of a bundle, as ``write`` does, by what need not be in memory at once.

        Args:
            bundle: Bundle index.
            blobs: All that is kept, with the positions within the bundle, in order.
            width: Position after the last of them; 0 removes the file.
            packed: The gzip body that holds exactly these; made here when missing.
            effort: How it is made.
        """
        path = self._path(bundle)
        if not width:
            path.unlink(missing_ok=True)
            flush_all([self.directory])
            return
        # A file that replaces committed blobs must be whole on disk before it takes their place; a
        # new one is flushed together with its neighbours, before the step is committed.
        exists = path.exists()
        portions = pack(blobs, width, effort) if packed is None else (packed,)
        write_portions(path, portions, flush=exists)
        if not exists:
            self._unflushed.add(bundle)

    def append(self, bundle: int, blobs: Iterable[tuple[int, bytes]], start: int, width: int) -> None:
        """Add a member with further blobs to a file that holds items up to ``start``, none of them torn."""
        packed = pack(((at - start, blob) for at, blob in blobs), width - start, Effort.LEAST)
        append(self._path(bundle), packed)
        self._unflushed.add(bundle)

    def is_packed(self, bundle: int, blobs: Iterable[tuple[int, bytes]], width: int, effort: Effort) -> bool:
        """Report whether a file is what ``write_each`` would make of these; one that is missing always is."""
        try:
            file = self._path(bundle).open("rb")
        except FileNotFoundError:
            return True
        with file:
            made = pack(blobs, width, effort)
            return all(each == file.read(len(each)) for each in made) and not file.read(1)

    def is_one(self, bundle: int, lengths: Sequence[int] = ()) -> bool:
        """Report whether a bundle's file is one member of gzip that fits leaves, and nothing beside it."""
        with self._path(bundle).open("rb", buffering=0) as file:
            unpacking = Unpacking(file)
            portions = iter(unpacking)
            try:
                for _ in chain(each_content(portions, lengths), portions):
                    pass
            except MalformedError:
                return False
            return unpacking.members == 1

    def expect(self, bundle: int) -> None:
        """Let the next ``flush`` make a bundle's file durable that another writer left."""
        self._unflushed.add(bundle)

    def flush(self) -> None:
        """Make everything written durable, file names included."""
        if self._unflushed:
            flush_all(map(self._path, self._unflushed))
            flush_all([self.directory])
            self._unflushed.clear()

    def _path(self, bundle: int) -> Path:
        return self.directory / f"{bundle}.gz"


def pack(blobs: Iterable[tuple[int, bytes]], width: int, effort: Effort) -> Iterator[bytes]:
    """Yield the gzip body for blobs with their positions, in order; the same every time.

    Args:
        blobs: The blobs.
        width: Items of the file, those at the end that are empty among them.
        effort: At most; a bundle that is not full is soon packed again, and not worth the most.
    """
    most = Effort.MOST if width == WIDTH else Effort.SOME
    return packed_portions(contents(blobs, width), min(effort, most))


def contents(blobs: Iterable[tuple[int, bytes]], width: int) -> Iterator[bytes]:
    """Yield what ``pack`` packs, in portions of ``PORTION`` bytes but for the last one."""
    held, end = bytearray(), 0
    for position, blob in blobs:
        held += bytes(_ITEM * (position - end)) + len(blob).to_bytes(_ITEM, "big")
        held += blob
        end = position + 1
        while len(held) >= PORTION:
            yield bytes(held[:PORTION])
            del held[:PORTION]
    held += bytes(_ITEM * (width - end))
    if held:
        yield bytes(held)
