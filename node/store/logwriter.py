"""Staging what a log gets, as its one writer: what is written here counts once ``logstore`` commits it.

One writer at a time stages and commits a log (a lock file in its directory): what is staged can then not
be replaced under the feet of its commit.

Contents are read and written blob by blob: a bundle may have 64 MiB of them. While it arrives in portions its
file grows at the end, where nobody looks yet; ``_settle_leftovers`` makes it what readers expect.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from heapq import merge
from pathlib import Path
from typing import Self

from federation.known import blob_lengths, is_hashed
from federation.ports import Advance
from node.errors import DamagedError
from protocol.blob import Committer
from protocol.merkle import HASH
from protocol.tiles import LEAF, WIDTH

from .database import Database
from .files import PATIENCE_SECONDS, PUBLIC_DIRECTORY, Flock, make_directories, remove_leftovers
from .gzipped import Effort
from .logreader import LogReader

_LEVEL_BITS = 8


class LogWriter(LogReader):
    """One log of the home, for reading, staging, and mending its content files."""

    def __init__(self, database: Database, directory: Path, log_id: int, origin: str) -> None:
        super().__init__(database, directory, log_id, origin)
        self._writer = Flock(directory / "writer")
        # Since this became the writer:
        self._looked_at: set[int] = set()  # bundles whose content needs no other look before a commit
        self._ends: dict[int, int] = {}  # bundles whose content it wrote → index after the last blob

    def stage_leaves(self, start: int, leaves: bytes) -> None:
        """Write verified leaves (64 bytes each, joined) from ``start``; committed ones stay untouched."""
        self._become_writer()
        skipped = max(0, self.size - start)
        if leaves := leaves[skipped * LEAF :]:
            first, end = start + skipped, start + skipped + len(leaves) // LEAF
            # What was staged for other leaves in their place is to be looked at again.
            for bundle in range(first // WIDTH, -(-end // WIDTH)):
                self._looked_at.discard(bundle)
                self._ends.pop(bundle, None)
            self.tree.write_leaves(first, leaves)

    def stage_hashes(self, level: int, start: int, hashes: bytes) -> None:
        """Write verified hashes (32 bytes each, joined) of a tile level; committed ones stay untouched."""
        self._become_writer()
        skipped = max(0, (self.size >> _LEVEL_BITS * level) - start)
        if hashes := hashes[skipped * HASH :]:
            self.tree.write_hashes(level, start + skipped, hashes)

    def stage_blobs(
        self,
        bundle: int,
        blobs: Mapping[int, bytes],
        packed: bytes | None = None,
        *,
        effort: Effort = Effort.LEAST,
    ) -> None:
        """Keep verified blobs of a bundle, beside those already kept; see ``federation.ports.Mirror``.

        A blob that does not belong to the leaf stored at its index is dropped: another writer
        may have committed another tail since the caller looked.

        Args:
            bundle: Bundle index.
            blobs: Leaf index → blob.
            packed: The gzip body they came in.
            effort: With which they are packed where they did not come so. Whoever follows packs in haste; the
                next audit does so well (``repack``).
        """
        self._become_writer()
        size, end = self.size, self._ends.get(bundle)
        if packed is not None and bundle * WIDTH >= size and not self.content_files.has(bundle):
            # A cold sync is mostly this: whole new bundles.
            self._looked_at.add(bundle)
            self._write_content(bundle, blobs.items(), WIDTH, packed)
        elif blobs and end is not None and size <= end <= min(blobs):
            self._looked_at.discard(bundle)
            self._append_content(bundle, blobs, end)
        else:
            self._looked_at.add(bundle)
            self._merge_content(bundle, blobs, packed, effort)

    def repack(self, bundle: int) -> bool:
        """Pack a content file anew if it is not what this node makes of its blobs at leisure.

        Returns:
            Whether it did; not while somebody else writes this log.
        """
        if self._is_packed(bundle, Effort.MOST) or not self._writer.try_acquire():
            return False
        try:
            self._pack_anew(bundle, Effort.MOST)
        finally:
            self.release()
        return True

    def give_up_content(self, bundle: int, *, is_damaged: bool = False) -> bool:
        """Have the current blobs of a damaged content file fetched again: for followed logs only.

        They count as withheld until a source has given them. What is whole stays: perhaps no source has it
        any more. While somebody else writes this log, what was found damaged is only noted.

        Args:
            bundle: The bundle.
            is_damaged: Somebody found it damaged, and its leaves sound; else it is when it does not fit them.

        Returns:
            Whether the file was damaged, and what is not whole will be fetched again.
        """
        if not self._writer.try_acquire():
            if is_damaged:
                self._withhold(bundle, {index for index, _ in self._intact(bundle)})
            return is_damaged
        try:
            if not is_damaged and (self._is_readable(bundle) or not self._is_sound(bundle)):
                return False
            intact = {index for index, _ in self._intact(bundle)}
            self._withhold(bundle, intact)
            width = max(intact, default=bundle * WIDTH - 1) + 1 - bundle * WIDTH
            self._write_content(bundle, self._intact(bundle), width)
        finally:
            self.release()
        return True

    def __enter__(self) -> Self:
        """Return the store; leaving the block gives up being the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Stop being the writer; what is staged stays as it is."""
        self._writer.release()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the writer for a block; nobody else stages or commits meanwhile.

        Raises:
            LockedError: Another writer kept it.
        """
        self._become_writer()
        try:
            yield
        finally:
            self.release()

    def _withhold(self, bundle: int, intact: AbstractSet[int]) -> None:
        """Note that the current blobs of a bundle are missing, but for some."""
        start = bundle * WIDTH
        with self.database.write() as connection:
            heads = connection.execute(
                "SELECT idx FROM statement AS s WHERE log = ? AND idx >= ? AND idx < ? AND NOT EXISTS"
                " (SELECT 1 FROM erased WHERE erased.log = s.log AND erased.idx = s.idx) AND NOT EXISTS"
                " (SELECT 1 FROM taken_down WHERE taken_down.log = s.log AND taken_down.idx = s.idx)",
                (self.id, start, start + WIDTH),
            ).fetchall()
            connection.executemany(
                "INSERT OR IGNORE INTO withheld (log, idx) VALUES (?, ?)",
                [(self.id, index) for (index,) in heads if index not in intact],
            )

    def _intact(self, bundle: int) -> Iterator[tuple[int, bytes]]:
        """Yield those blobs of a damaged content file that are what their leaves commit to."""
        start = bundle * WIDTH
        leaves = self.tree.read_leaves(start, start + WIDTH)
        matches = Committer(self.origin).matches
        for at, blob in self.content_files.intact(bundle, [*blob_lengths(leaves)]):
            if matches(leaves[at * LEAF : (at + 1) * LEAF], blob) and not self.is_gone(start + at):
                yield start + at, blob

    def _become_writer(self) -> None:
        if not self._writer.is_held:
            self._writer.acquire(f"log {self.origin}", PATIENCE_SECONDS)
            self._looked_at.clear()
            self._ends.clear()
            # Backups leave out empty folders.
            make_directories(self.content_files.directory, mode=PUBLIC_DIRECTORY)
            remove_leftovers(self.content_files.directory)

    def _settle_leftovers(self, advance: Advance) -> None:
        """Make one what arrived in portions; drop what an unfinished step left, or make it durable.

        The latter was verified beside other leaves, perhaps, and would now stand beside committed ones.
        """
        for bundle in range(advance.old_size // WIDTH, -(-advance.size // WIDTH)):
            if bundle not in self._looked_at and self.content_files.has(bundle):
                self._merge_content(bundle, {})
        # Content of older leaves that came late, and was here when it was asked for.
        late = {index // WIDTH for index in advance.blobs if index < advance.old_size}
        for bundle in late - self._looked_at:
            self.content_files.expect(bundle)

    def _merge_content(
        self,
        bundle: int,
        blobs: Mapping[int, bytes],
        packed: bytes | None = None,
        effort: Effort = Effort.LEAST,
    ) -> None:
        """Write verified blobs into a content file beside what it holds already, if that changes it."""
        size, start = self.size, bundle * WIDTH
        leaves = self.tree.read_leaves(start, start + WIDTH)
        matches = Committer(self.origin).matches

        def belongs(index: int, blob: bytes) -> bool:
            at = (index - start) * LEAF
            return matches(leaves[at : at + LEAF], blob)

        new = {
            index: blob
            for index, blob in blobs.items()
            if index >= size or (belongs(index, blob) and not self.is_gone(index))
        }
        stays: set[int] = set()
        known, is_changed = 0, False
        for index, blob in self.each_blob(bundle):
            if index in new:
                known += 1
                is_changed |= new[index] != blob
            elif index < size or belongs(index, blob):
                stays.add(index)
            else:
                # What an unfinished step left beyond the head was replaced by other leaves.
                is_changed = True
        end = max(stays.union(new), default=start - 1) + 1
        if packed is not None and not stays and len(new) == len(blobs):
            self._write_content(bundle, new.items(), end - start, packed)
        elif is_changed or known < len(new) or not self._is_one(bundle, leaves):
            old = (item for item in self.each_blob(bundle) if item[0] in stays)
            self._write_content(bundle, merge(old, sorted(new.items())), end - start, effort=effort)
        elif end > start:
            # All of it lies here already, from a step that was killed before it flushed.
            self.content_files.expect(bundle)
        self._ends[bundle] = end

    def _is_one(self, bundle: int, leaves: bytes) -> bool:
        """Report whether nothing of a content file has to be cut: what fits no leaf is no damage yet."""
        return not self.content_files.has(bundle) or self.content_files.is_one(
            bundle, [*blob_lengths(leaves)]
        )

    def _append_content(self, bundle: int, blobs: Mapping[int, bytes], end: int) -> None:
        start, further = bundle * WIDTH, max(blobs) + 1
        items = ((index - start, blob) for index, blob in sorted(blobs.items()))
        self.content_files.append(bundle, items, end - start, further - start)
        self._ends[bundle] = further

    def _write_content(
        self,
        bundle: int,
        blobs: Iterable[tuple[int, bytes]],
        width: int,
        packed: bytes | None = None,
        *,
        effort: Effort = Effort.LEAST,
    ) -> None:
        start = bundle * WIDTH
        self._ends.pop(bundle, None)
        items = ((index - start, blob) for index, blob in blobs)
        self.content_files.write_each(bundle, items, width, packed, effort=effort)

    def _pack_anew(self, bundle: int, effort: Effort) -> None:
        self._write_content(bundle, self.each_blob(bundle), self._width(bundle), effort=effort)

    def _is_packed(self, bundle: int, effort: Effort) -> bool:
        """Report whether a content file holds what is to be kept, and nothing else, as this node packs it."""
        start = bundle * WIDTH
        blobs = ((index - start, blob) for index, blob in self.each_blob(bundle))
        return self.content_files.is_packed(bundle, blobs, self._width(bundle), effort)

    def _width(self, bundle: int) -> int:
        """Return the position after the last kept blob of a bundle."""
        start = bundle * WIDTH
        return max((index for index, _ in self.each_blob(bundle)), default=start - 1) + 1 - start

    def _is_sound(self, bundle: int) -> bool:
        """Report whether the committed leaves are as they were hashed: else they tell nothing of contents."""
        start, end = bundle * WIDTH, min((bundle + 1) * WIDTH, self.size)
        return is_hashed(self.tree.read_leaves(start, end), self.tree.read_hashes(0, start, end - start))

    def _is_readable(self, bundle: int) -> bool:
        try:
            for _ in self.each_blob(bundle):
                pass
        except DamagedError:
            return False
        return True
