"""The tree of one step: tiles and bundles from the held size to a verified offer, staged.

A step of a few bundles comes from whoever showed the checkpoint; the files of a larger one from all
sources at once (``sources.Roster``). The right edge, which proves something only as a whole, comes from one.
Bundles that an earlier, killed run staged are verified again instead of being fetched again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from protocol.merkle import HASH
from protocol.tiles import ENTRY, WIDTH, BundleId

from .asking import Asker
from .faults import Fault, FaultError, FaultKind, OriginError
from .follower import Follower, Piece, Want
from .known import read_known
from .offers import Offer
from .ports import Held, Mirror
from .response import Response
from .sources import Source


class TreePull:
    """Takes the tree of one log to one offer."""

    def __init__(self, mirror: Mirror, held: Held, asker: Asker) -> None:
        """Begin at what is held."""
        self._mirror, self._held, self._asker, self._limits = mirror, held, asker, asker.limits

    async def run(self, offer: Offer) -> Follower:
        """Verify and stage all leaves up to an offer; return who knows which they are.

        Args:
            offer: A verified checkpoint, larger than what is held.

        Raises:
            FaultError: No source has what is needed.
            OriginError: What was signed is malformed, or contradicts the held tree.
            InconsistentError: Our own store does not hold what was stored.
        """
        known = await self._asker.stored(lambda: read_known(self._mirror, self._held))
        follower = Follower(known, offer.size, offer.root, self._limits)
        try:
            await self._follow(follower)
        except OriginError:
            raise
        except FaultError:
            if not follower.is_by_tail:
                raise
            # A tail that no source could give may be the origin's doing: only tiles tell.
            follower = Follower(known, offer.size, offer.root, self._limits, by_tiles=True)
            await self._follow(follower)
        return follower

    async def _follow(self, follower: Follower) -> None:
        missing = (follower.size - 1) // WIDTH - self._held.size // WIDTH + 1
        self._asker.roster.is_shared = False
        while wants := follower.wants(self._limits.window):
            if wants[0].is_together:
                await self._together(follower, wants)
                self._asker.roster.is_shared = missing > self._limits.few_bundles
                continue
            if indexes := follower.recallable(self._limits.window):
                await self._asker.stored(partial(self._recall, follower, indexes))
                wants = tuple(want for want in wants if follower.is_wanted(want))
            await self._asker.each(wants, lambda want: self._take(follower, want))

    async def _together(self, follower: Follower, wants: Sequence[Want]) -> None:
        """Take wants that prove something only together from the first source that has all of them."""

        async def ask(source: Source) -> bool:
            answers: list[tuple[Want, Response] | None] = []

            async def get(want: Want) -> None:
                answers.append(await self._get(want, source))

            await self._asker.each(wants, get)
            found = [answer for answer in answers if answer is not None]
            if len(found) < len(wants):
                return False
            # All at once: what two sources say must not be mixed.
            for asked, response in found:
                follower.accept(asked, response)
            return True

        if not await self._asker.first(ask, size=sum(map(_size, wants)), needs=follower.size):
            raise _nobody(wants[0].path)

    async def _take(self, follower: Follower, want: Want) -> None:
        pieces: list[Piece] = []

        async def ask(source: Source) -> bool:
            try:
                return await self._ask(follower, want, source, pieces)
            except OriginError:
                raise
            except FaultError as error:
                if want.whole is None:
                    raise
                # A tail answered wrongly: once whole, without Range. The source keeps its fault.
                self._asker.roster.blame(source, error.fault)
                return await self._ask(follower, want.whole, source, pieces)

        if not await self._asker.first(ask, size=_size(want), needs=_needs(want)):
            raise _nobody(want.path)
        for piece in pieces:
            await self._asker.stored(partial(self._stage, piece))

    async def _ask(self, follower: Follower, want: Want, source: Source, pieces: list[Piece]) -> bool:
        """Ask one source; return whether it has the file."""
        answer = await self._get(want, source)
        if answer is None:
            return False
        piece = follower.accept(*answer)
        if piece is not None:
            pieces.append(piece)
        return True

    async def _get(self, want: Want, source: Source) -> tuple[Want, Response] | None:
        """Return a source's answer and what it answers, or None when it does not have the file."""
        for asked in (want, want.full):
            if asked is not None:
                headers = dict(asked.headers)
                response = await self._asker.get(
                    source, asked.path, asked.limit, gzip=asked.gzip, headers=headers
                )
                if response is not None:
                    return asked, response
        self._asker.roster.absent(source, want.path, _needs(want))
        return None

    def _recall(self, follower: Follower, indexes: Iterable[int]) -> None:
        """Take staged bundles of an earlier run, as far as they verify."""
        for index in indexes:
            start = index * WIDTH
            piece = follower.recall(index, self._mirror.read_leaves(start, min(start + WIDTH, follower.size)))
            if piece is not None:
                self._stage(piece)

    def _stage(self, piece: Piece) -> None:
        self._mirror.stage_leaves(piece.start, piece.leaves)
        self._mirror.stage_hashes(0, piece.start, piece.hashes)


def _size(want: Want) -> int:
    """Return the bytes of a file of the tree, as far as they are asked for."""
    return (want.item.width - want.start) * (ENTRY if isinstance(want.item, BundleId) else HASH)


def _needs(want: Want) -> int:
    """Return the size of the smallest tree that has a file."""
    item = want.item
    return (item.index * WIDTH + item.width) * (1 if isinstance(item, BundleId) else WIDTH**item.level)


def _nobody(path: str) -> FaultError:
    return FaultError(Fault(FaultKind.WITHHELD, path, "no source has this file as it was signed"))
