"""Verifies the blobs of one bundle against the commitments of its leaves. Pure.

A blob is wanted when its leaf is current at the verified size. Many come as one file,
``content/<bundle>``; few, or ones too large together, singly as ``blob/<index>``. Who sent a blob does
not matter: only the one that was committed to matches, and it binds log, statement and length::

    contents = BundleContents(committer, bundle, leaves, [512, 513, 517], limits)
    contents.recall(mirror.each_blob(bundle))           # what a killed run left behind
    for want in contents.wants():
        contents.accept(want, await fetch(want))        # FaultError: ask another source
    contents.blobs, contents.missing
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from protocol.blob import Committer
from protocol.errors import MalformedError
from protocol.tiles import LEAF, WIDTH, blob_path, content_path, split_content

from .faults import Fault, FaultError, FaultKind, fault_of
from .known import blob_lengths
from .limits import Limits
from .response import OK, Response

_ITEM = 4  # bytes of an item's length in a content file


@dataclass(frozen=True, slots=True)
class ContentWant:
    """A file with contents to ask for.

    Attributes:
        path: The path under the log's prefix.
        limit: Most bytes of the answer.
        index: The leaf whose blob it is; None for the contents of the whole bundle.
        size: Bytes of the blobs that are missing.
    """

    path: str
    limit: int
    index: int | None = None
    size: int = 0


class BundleContents:
    """The wanted blobs of one bundle, and which of them arrived.

    Attributes:
        bundle: Bundle index.
        blobs: Verified blobs by leaf index that arrived and were not handed over yet; those from
            ``recall`` are not among them.
        weight: Bytes of ``blobs``.
        missing: Leaf indexes that are still wanted, in ascending order.
        too_large: Wanted leaf indexes whose blobs are larger than we ever fetch.
        packed: The gzip body of the bundle's contents, when it holds exactly ``blobs``.
    """

    def __init__(
        self, committer: Committer, bundle: int, leaves: bytes, wanted: Iterable[int], limits: Limits
    ) -> None:
        """Begin.

        Args:
            committer: Commitments of this log.
            bundle: Bundle index.
            leaves: Verified leaves of the bundle up to the verified size, joined.
            wanted: Leaf indexes in this bundle, ascending.
            limits: For the sizes of files.
        """
        self.bundle = bundle
        self.blobs: dict[int, bytes] = {}
        self.weight = 0
        self.packed: bytes | None = None
        self._committer, self._leaves, self._limits = committer, leaves, limits
        self._lengths = [*blob_lengths(leaves)]
        self.missing = dict.fromkeys(wanted)
        self.too_large: list[int] = []
        if max(self._lengths) > limits.blob_bytes:
            self.too_large = [index for index in self.missing if self._length(index) > limits.blob_bytes]
            for index in self.too_large:
                del self.missing[index]
        self._is_fresh = not self.too_large

    def recall(self, kept: Iterable[tuple[int, bytes]]) -> None:
        """Verify blobs that an earlier, killed run kept; those that hold are missing no more."""
        for index, blob in kept:
            # Beside anything that is kept, a body as received would not be the whole file.
            self._is_fresh = False
            if index in self.missing and self._committer.matches(self._leaf(index), blob):
                del self.missing[index]

    def hand_over(self) -> tuple[dict[int, bytes], bytes | None]:
        """Return ``blobs`` and ``packed``, to be staged, and hold them no longer."""
        given = self.blobs, self.packed
        self._is_fresh = self._is_fresh and not self.blobs
        self.blobs, self.weight, self.packed = {}, 0, None
        return given

    @property
    def size(self) -> int:
        """Bytes of the blobs that are missing."""
        lengths = self._lengths
        return sum([lengths[index % WIDTH] for index in self.missing])

    @property
    def is_many(self) -> bool:
        """Whether one file for the whole bundle is the better way to ask."""
        return len(self.missing) > self._limits.few_blobs and self._most() <= self._limits.content_bytes

    def wants(self) -> tuple[ContentWant, ...]:
        """Return the file with all contents when many are missing, else one file for each blob."""
        if self.is_many:
            return (ContentWant(content_path(self.bundle), self._limit(), size=self.size),)
        return self.single_wants()

    def single_wants(self) -> tuple[ContentWant, ...]:
        """Return one file for each missing blob."""
        lengths = {index: self._length(index) for index in self.missing}
        return tuple(ContentWant(blob_path(i), length, i, length) for i, length in lengths.items())

    @property
    def end(self) -> int:
        """Size of the tree that whoever has the bundle as it is here holds at least."""
        return self.bundle * WIDTH + len(self._lengths)

    def accept(self, want: ContentWant, response: Response) -> None:
        """Take an answer with status 200; what verifies is kept, whatever else is wrong.

        Raises:
            FaultError: "malformed", or "inconsistent" when a blob is not the committed one. Ask
                another source for what is still missing.
        """
        if response.status != OK:
            raise FaultError(Fault(FaultKind.MALFORMED, want.path, f"it answers with {response.status}"))
        if want.index is None:
            self._accept_all(want, response)
        elif want.index in self.missing:
            if not self._committer.matches(self._leaf(want.index), response.body):
                raise _mismatch(want.path, want.index)
            self.blobs[want.index] = response.body
            self.weight += len(response.body)
            del self.missing[want.index]

    def _accept_all(self, want: ContentWant, response: Response) -> None:
        upto = len(self._lengths)
        try:
            found = split_content(response.body, self._lengths, upto)
        except MalformedError as error:
            raise FaultError(fault_of(error, want.path)) from error
        start, missing = self.bundle * WIDTH, self.missing
        asked = [blob if index in missing else None for index, blob in enumerate(found, start)]
        wrong = self._committer.wrong(self._leaves, asked)
        for position in wrong:
            asked[position] = None
        arrived = {index: blob for index, blob in enumerate(asked, start) if blob is not None}
        # The file may be kept as it came when it holds all of ours, nobody else's, and no more: of a bundle
        # that is not full, when its publisher is not ahead of us.
        is_exact = len(arrived) == len(missing) and self._is_fresh and not self.blobs
        if is_exact and len(response.body) == _ITEM * upto + sum(map(len, arrived.values())):
            self.packed = response.packed
        self.blobs.update(arrived)
        self.weight += sum(map(len, arrived.values()))
        self.missing = dict.fromkeys(index for index in missing if index not in arrived)
        if wrong:
            raise _mismatch(want.path, start + wrong[0])

    def _leaf(self, index: int) -> bytes:
        at = index % WIDTH * LEAF
        return self._leaves[at : at + LEAF]

    def _length(self, index: int) -> int:
        return self._lengths[index % WIDTH]

    def _most(self) -> int:
        """Return how many bytes the contents of the known leaves can have at most."""
        return sum(self._lengths) + _ITEM * len(self._lengths)

    def _limit(self) -> int:
        """Return the limit of the file; the publisher may be ahead of us in a bundle that is not full."""
        return self._most() if len(self._lengths) == WIDTH else self._limits.content_bytes


def _mismatch(path: str, index: int) -> FaultError:
    detail = f"the blob of leaf {index} is not the one that was committed to"
    return FaultError(Fault(FaultKind.INCONSISTENT, path, detail))
