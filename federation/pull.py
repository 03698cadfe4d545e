"""One step of one log: from the held size to a verified offer, committed.

The order never changes: tree (tiles, bundles, root), keys leaves and effect by replay, blobs against
commitments, commit. What is verified is staged at once and dropped; memory holds hashes of
bundles and the effects of leaves, never the leaves. After a kill the staged bundles and blobs are
verified again instead of being fetched again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby, islice

from protocol.blob import Committer
from protocol.errors import InconsistentError, MalformedError
from protocol.keyset import KeyChain
from protocol.replay import Replay
from protocol.tiles import LEAF, WIDTH

from .asking import Asker
from .contents import BundleContents, ContentWant
from .faults import Fault, FaultError, FaultKind, OriginError, fault_of
from .follower import Follower, Piece, Want
from .known import read_known, split_leaves
from .memory import Memory
from .offers import CHECKPOINT, Offer
from .ports import Advance, Held, Mirror
from .sources import Source


class Pull:
    """Takes one log to one offer.

    Attributes:
        withheld: After ``run``: current leaves whose blob no source had.
    """

    def __init__(self, mirror: Mirror, held: Held, chain: KeyChain, asker: Asker, memory: Memory) -> None:
        """Begin at what is held; ``chain`` may have newer key sets."""
        self._mirror, self._held, self._chain, self._asker, self._memory = mirror, held, chain, asker, memory
        self._limits = asker.limits
        self._committer = Committer(mirror.origin)
        self._staged: Sequence[int] = ()
        self._unasked = self._limits.missing_blobs
        self._hopeless: set[int] = set()
        self.withheld: tuple[int, ...] = ()

    async def run(self, offer: Offer, now: int) -> None:
        """Verify, store and commit everything up to an offer.

        Args:
            offer: A verified checkpoint, larger than what is held.
            now: POSIX seconds, to judge how long blobs were missing.

        Raises:
            FaultError: No source has what is needed.
            OriginError: What was signed is malformed, or contradicts the held tree.
            InconsistentError: Our own store does not hold what was stored.
            ConflictError: Somebody else advanced the log first.
        """
        if offer.size > self._limits.entries:
            detail = f"{offer.size} entries are more than the {self._limits.entries} that are followed"
            raise FaultError(Fault(FaultKind.OVER_LIMIT, CHECKPOINT, detail))
        self._asker.roster.prefer(offer.source)
        follower = await self._tree(offer)
        replay = await self._asker.stored(lambda: self._replay(follower))
        wanted = await self._asker.stored(lambda: self._wanted(replay))
        missing = await self._contents(wanted, offer.size, follower)
        await self._asker.stored(lambda: self._settle(missing, offer.size, now))
        step = Advance(
            old_size=self._held.size,
            size=offer.size,
            root=offer.root,
            note=offer.note,
            chain=self._chain,
            heads=replay.heads,
            ops=replay.ops,
            superseded=replay.superseded,
            erased=replay.erased,
            voids=replay.voids,
            blobs=self._staged,
            withheld=self.withheld,
        )
        await self._asker.stored(lambda: self._commit(follower, step))

    async def retry_withheld(self, now: int) -> int:
        """Ask again for the withheld blobs of the held size; return how many came.

        Not all are asked for when many are missing, so each time begins at others.

        Args:
            now: POSIX seconds.
        """
        held = self._held
        turn = now // max(1, self._limits.withheld_seconds) * self._limits.missing_blobs
        first = turn % len(held.withheld)
        order = (*held.withheld[first:], *held.withheld[:first])
        self.withheld = tuple(await self._contents(order, held.size, None))
        if self._staged:
            step = Advance(
                held.size,
                held.size,
                held.root,
                held.note,
                self._chain,
                blobs=self._staged,
                withheld=self.withheld,
            )
            await self._asker.stored(lambda: self._mirror.commit(step))
        return len(self._staged)

    async def _tree(self, offer: Offer) -> Follower:
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
        while wants := follower.wants(self._limits.window):
            if wants[0].is_together:
                await self._together(follower, wants)
                continue
            if indexes := follower.recallable(self._limits.window):
                await self._asker.stored(partial(self._recall, follower, indexes))
                wants = tuple(want for want in wants if follower.is_wanted(want))
            await self._asker.each(wants, lambda want: self._take(follower, want))

    async def _together(self, follower: Follower, wants: Sequence[Want]) -> None:
        """Take wants that prove something only together from the first source that has all of them."""

        async def ask(source: Source) -> bool:
            for want in wants:
                if not await self._ask(follower, want, source):
                    return False
            return True

        if not await self._asker.first(wants[0].path, ask):
            raise _nobody(wants[0].path)

    async def _take(self, follower: Follower, want: Want) -> None:
        async def ask(source: Source) -> bool:
            return await self._ask(follower, want, source)

        if not await self._asker.first(want.path, ask):
            raise _nobody(want.path)

    async def _ask(self, follower: Follower, want: Want, source: Source) -> bool:
        """Ask one source in every way there is; return whether it has the file."""
        try:
            return await self._ask_once(follower, want, source)
        except OriginError:
            raise
        except FaultError as error:
            if want.whole is None:
                raise
            # A tail answered wrongly: once whole, without Range. The source keeps its fault.
            self._asker.roster.blame(source, error.fault)
            return await self._ask_once(follower, want.whole, source)

    async def _ask_once(self, follower: Follower, want: Want, source: Source) -> bool:
        response = await self._asker.get(
            source, want.path, want.limit, gzip=want.gzip, headers=dict(want.headers)
        )
        if response is None:
            return want.full is not None and await self._ask_once(follower, want.full, source)
        piece = follower.accept(want, response)
        if piece is not None:
            await self._asker.stored(lambda: self._stage(piece))
        return True

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

    def _replay(self, follower: Follower) -> Replay:
        """Return the effect of the new leaves, read back in portions."""
        replay = Replay(self._held.size, self._mirror, self._chain.commitments)
        for start in range(self._held.size & ~0xFF, follower.size, self._limits.replay_leaves):
            end = min(start + self._limits.replay_leaves, follower.size)
            leaves = self._read_back(follower, start, end)
            skip = max(self._held.size - start, 0) * LEAF
            try:
                replay.feed(split_leaves(leaves[skip:]))
            except MalformedError as error:
                raise OriginError(fault_of(error, CHECKPOINT)) from error
        return replay

    def _read_back(self, follower: Follower, start: int, end: int) -> bytes:
        """Return staged leaves; another process may have written there since."""
        leaves = self._mirror.read_leaves(start, end)
        for at in range(start, end, WIDTH):
            bundle = leaves[(at - start) * LEAF : (at - start + WIDTH) * LEAF]
            if not follower.is_verified(at // WIDTH, bundle):
                raise InconsistentError("store", f"bundle {at // WIDTH} is not what was stored")
        return leaves

    async def _contents(self, wanted: Sequence[int], size: int, follower: Follower | None) -> list[int]:
        """Obtain and stage blobs; return the indexes that nobody had."""
        missing: list[int] = []

        async def take(contents: BundleContents) -> None:
            await self._obtain(contents)
            await self._keep(contents)
            missing.extend((*contents.missing, *contents.too_large))
            self._hopeless.update(contents.too_large)

        bundles = groupby(wanted, lambda index: index // WIDTH)
        # A window at a time: one visit to the store prepares many bundles.
        while window := [
            (bundle, tuple(indexes)) for bundle, indexes in islice(bundles, self._limits.window)
        ]:
            begun = await self._asker.stored(partial(self._begin_all, window, size, follower))
            await self._asker.each(begun, take)
        return await self._asker.stored(lambda: self._sort(wanted, missing))

    def _wanted(self, replay: Replay) -> list[int]:
        gone = replay.erased.keys() | set(replay.superseded)
        gone |= {replay.heads[id_] for id_ in self._mirror.declined(replay.heads.keys())}
        return [index for index in (*self._held.withheld, *replay.current()) if index not in gone]

    def _sort(self, wanted: Iterable[int], missing: Iterable[int]) -> list[int]:
        lost = set(missing)
        self._staged = [index for index in wanted if index not in lost]
        return sorted(lost)

    async def _keep(self, contents: BundleContents) -> None:
        """Stage what arrived, so that memory holds it no longer."""
        blobs, packed = contents.hand_over()
        if blobs:
            await self._asker.stored(lambda: self._mirror.stage_blobs(contents.bundle, blobs, packed))

    def _begin_all(
        self, window: Sequence[tuple[int, Sequence[int]]], size: int, follower: Follower | None
    ) -> list[BundleContents]:
        return [self._begin(bundle, wanted, size, follower) for bundle, wanted in window]

    def _begin(
        self, bundle: int, wanted: Sequence[int], size: int, follower: Follower | None
    ) -> BundleContents:
        start, end = bundle * WIDTH, min((bundle + 1) * WIDTH, size)
        if follower is None or end <= self._held.size:
            leaves = self._mirror.read_leaves(start, end)
        else:
            leaves = self._read_back(follower, start, end)
        contents = BundleContents(self._committer, bundle, leaves, wanted, self._limits)
        contents.recall(self._mirror.read_blobs(bundle))
        return contents

    async def _obtain(self, contents: BundleContents) -> None:
        """Ask for the whole bundle while many blobs are missing, then for the rest one by one."""
        tried: set[Source] = set()
        while contents.is_many and (source := self._asker.roster.pick(tried)) is not None:
            tried.add(source)
            await self._ask_contents(contents, contents.wants()[0], source)
        for want in contents.single_wants():
            tried = set()
            while self._unasked > 0 and want.index in contents.missing:
                source = self._asker.roster.pick(tried)
                if source is None:
                    self._unasked -= 1
                    break
                tried.add(source)
                await self._ask_contents(contents, want, source)
            if contents.weight >= self._limits.content_bytes:
                await self._keep(contents)

    async def _ask_contents(self, contents: BundleContents, want: ContentWant, source: Source) -> None:
        try:
            response = await self._asker.get(source, want.path, want.limit, gzip=True)
            if response is None:
                self._asker.roster.absent(source, want.path)
            else:
                contents.accept(want, response)
        except FaultError as error:
            self._asker.roster.blame(source, error.fault)

    def _settle(self, missing: Sequence[int], size: int, now: int) -> None:
        """Decide whether the log may go on without the blobs that nobody had."""
        settled = self._hopeless.union(self._held.withheld)
        newly = [index for index in missing if index not in settled]
        since = self._memory.missing_since(self._mirror.origin, newly, size, now)
        waiting = [index for index in newly if now - since[index] < self._limits.withheld_seconds]
        if waiting:
            detail = f"no source has the blobs of {len(waiting)} current leaves, {waiting[0]} the first"
            raise FaultError(Fault(FaultKind.WITHHELD, f"blob/{waiting[0]}", detail))
        self.withheld = tuple(missing)

    def _commit(self, follower: Follower, step: Advance) -> None:
        for level, start, hashes in follower.gains():
            self._mirror.stage_hashes(level, start, hashes)
        self._mirror.commit(step)


def _nobody(path: str) -> FaultError:
    return FaultError(Fault(FaultKind.WITHHELD, path, "no source has this file as it was signed"))
