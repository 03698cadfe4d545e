"""One step of one log: from the held size to a verified offer, committed.

The order never changes: tree (tiles, bundles, root), keys leaves and effect by replay, blobs against
commitments, commit. What is verified is staged at once and dropped; memory holds hashes of
bundles and the effects of leaves, never the leaves. After a kill the staged bundles and blobs are
verified again instead of being fetched again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from itertools import chain, groupby, islice

from protocol.blob import Committer
from protocol.errors import InconsistentError, MalformedError
from protocol.keyset import KeyChain
from protocol.replay import Replay
from protocol.tiles import LEAF, WIDTH

from .asking import Asker
from .contents import BundleContents, ContentWant
from .faults import Fault, FaultError, FaultKind, OriginError, fault_of
from .follower import Follower
from .known import blob_lengths, is_hashed, split_leaves
from .memory import Memory
from .offers import CHECKPOINT, Offer
from .ports import Advance, Held, Mirror
from .quotas import Budget
from .room import Room
from .sources import Source
from .trees import TreePull

_SHORT = 1 << 32  # leaves whose indexes fit four bytes


class Pull:
    """Takes one log to one offer.

    Attributes:
        withheld: After ``run``: current leaves whose blob no source had.
    """

    def __init__(
        self,
        mirror: Mirror,
        held: Held,
        chain: KeyChain,
        asker: Asker,
        memory: Memory,
        budget: Budget | None = None,
    ) -> None:
        """Begin at what is held; ``chain`` may have newer key sets. Without a budget only size counts."""
        self._mirror, self._held, self._chain, self._asker, self._memory = mirror, held, chain, asker, memory
        self._limits, self._budget = asker.limits, budget
        self._committer = Committer(mirror.origin)
        self._staged: Sequence[int] = ()
        self._unasked = self._limits.missing_blobs
        self._room = Room(self._limits.content_bytes)
        self._hopeless: set[int] = set()
        self.withheld: tuple[int, ...] = ()

    async def run(self, offer: Offer, now: int) -> None:
        """Verify, store and commit everything up to an offer.

        Args:
            offer: A verified checkpoint, larger than what is held.
            now: POSIX seconds, to judge how long blobs were missing.

        Raises:
            FaultError: No source has what is needed.
            OverLimitError: It is more than the budget has.
            OriginError: What was signed is malformed, or contradicts the held tree.
            InconsistentError: Our own store does not hold what was stored.
            ConflictError: Somebody else advanced the log first.
        """
        if self._budget is not None:
            self._budget.check_size(self._held.size, offer.size, CHECKPOINT)
        elif offer.size > self._limits.entries:
            # Also of an own log: whoever stole its key may sign a size that no memory can plan for.
            detail = f"{offer.size} entries are more than the {self._limits.entries} that are followed"
            raise FaultError(Fault(FaultKind.OVER_LIMIT, CHECKPOINT, detail))
        self._asker.roster.prefer(offer.source)
        follower = await TreePull(self._mirror, self._held, self._asker).run(offer)
        wanted, replay = await self._asker.stored(lambda: self._survey(follower))
        missing = await self._contents(wanted, offer.size, follower)
        del wanted  # staged, or missing
        await self._asker.stored(lambda: self._settle(missing, offer.size, now))
        await self._asker.stored(lambda: self._commit(follower, offer, replay))

    async def retry_withheld(self, now: int) -> int:
        """Ask again for the withheld blobs of the held size; return how many came.

        Not all are asked for when many are missing, so each time begins at others.

        Args:
            now: POSIX seconds.
        """
        held = self._held
        self._asker.roster.is_shared = False
        turn = now // max(1, self._limits.withheld_seconds) * self._limits.missing_blobs
        first = turn % len(held.withheld)
        order = (*held.withheld[first:], *held.withheld[:first])
        missing: list[int] = []
        # A portion at a time, else the questions would be used up on the first blobs of each bundle.
        while order and self._unasked > 0:
            portion, order = order[: self._unasked], order[self._unasked :]
            missing += await self._contents(portion, held.size, None)
        missing += order
        self.withheld = tuple(sorted(missing))
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

    def _survey(self, follower: Follower) -> tuple[array[int], Replay]:
        """Return the leaves whose blob is wanted, and the effect of the new ones."""
        replay, lengths = self._replay(follower)
        wanted = self._wanted(replay)
        if self._budget is not None:
            # What is too much, as the leaves tell, is refused before any of it is asked for.
            start = self._held.size
            weight = sum(lengths[index - start] for index in wanted if index >= start)
            self._budget.check_contents(follower.size, weight, len(replay.voids), CHECKPOINT)
        return wanted, replay

    def _replay(self, follower: Follower) -> tuple[Replay, array[int]]:
        """Return the effect of the new leaves, read back in portions, and the lengths of their blobs."""
        lengths = array("I")
        replay = Replay(self._held.size, self._mirror, self._chain.commitments, follower.size)
        for start in range(self._held.size & ~0xFF, follower.size, self._limits.replay_leaves):
            end = min(start + self._limits.replay_leaves, follower.size)
            leaves = self._read_back(follower, start, end)
            skip = max(self._held.size - start, 0) * LEAF
            lengths.extend(blob_lengths(leaves[skip:]))
            try:
                replay.feed(split_leaves(leaves[skip:]))
                if self._budget is not None and len(replay.voids) > self._budget.quota.void_leaves:
                    # At once: each takes memory, and a log may have nothing else.
                    self._budget.check_contents(follower.size, 0, len(replay.voids), CHECKPOINT)
            except MalformedError as error:
                raise OriginError(fault_of(error, CHECKPOINT)) from error
        return replay, lengths

    def _read_back(self, follower: Follower, start: int, end: int) -> bytes:
        """Return staged leaves; another process may have written there since."""
        leaves = self._mirror.read_leaves(start, end)
        for at in range(start, end, WIDTH):
            bundle = leaves[(at - start) * LEAF : (at - start + WIDTH) * LEAF]
            if not follower.is_verified(at // WIDTH, bundle):
                raise InconsistentError("store", f"bundle {at // WIDTH} is not what was stored")
        return leaves

    def _committed(self, start: int, end: int) -> bytes:
        """Return held leaves; what rotted here must not be laid at a source's door."""
        leaves = self._mirror.read_leaves(start, end)
        if not leaves or not is_hashed(leaves, self._mirror.read_hashes(0, start, end - start)):
            raise InconsistentError("store", f"bundle {start // WIDTH} is not what was stored")
        return leaves

    async def _contents(self, wanted: Sequence[int], size: int, follower: Follower | None) -> array[int]:
        """Obtain and stage blobs; return the indexes that nobody had."""
        missing = array("Q")

        async def take(contents: BundleContents) -> None:
            async with self._room.taken(contents.size if contents.is_many else self._portion(contents)):
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

    def _wanted(self, replay: Replay) -> array[int]:
        declined = {replay.heads[id_] for id_ in self._mirror.declined(replay.heads.keys())}
        # What is current now is not gone; what was withheld may be.
        withheld = set(self._held.withheld).difference(replay.erased, replay.superseded)
        older = (index for index in self._held.withheld if index in withheld)
        # Held until the commit: of a log of usual size four bytes each.
        code = "I" if replay.size <= _SHORT else "Q"
        return array(code, (index for index in chain(older, replay.current()) if index not in declined))

    def _sort(self, wanted: Sequence[int], missing: array[int]) -> array[int]:
        """Note what was staged; return what is missing, in order."""
        lost = array("Q", sorted(missing))
        came = array("Q", (index for index in wanted if not _has(lost, index))) if lost else wanted
        self._staged = [*self._staged, *came] if self._staged else came
        return lost

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
            leaves = self._committed(start, end)
        else:
            leaves = self._read_back(follower, start, end)
        contents = BundleContents(self._committer, bundle, leaves, wanted, self._limits)
        contents.recall(self._mirror.each_blob(bundle))
        return contents

    async def _obtain(self, contents: BundleContents) -> None:
        """Ask for the whole bundle while many blobs are missing, then for the rest one by one."""
        if contents.is_many:
            await self._ask_for(contents, contents.wants()[0])
        portion = self._portion(contents)
        for want in contents.single_wants():
            if self._unasked > 0 and not await self._ask_for(contents, want):
                self._unasked -= 1
            if contents.weight >= portion:
                await self._keep(contents)

    def _portion(self, contents: BundleContents) -> int:
        """Return how many bytes of blobs that come one by one are held before they are stored."""
        # Among committed ones each portion makes the file be written anew, else it grows at its end.
        is_beyond = next(iter(contents.missing), 0) >= self._held.size
        most = self._limits.portion_bytes if is_beyond else self._limits.content_bytes
        return min(most, contents.size)

    async def _ask_for(self, contents: BundleContents, want: ContentWant) -> bool:
        async def ask(source: Source) -> bool:
            response = await self._asker.get(source, want.path, want.limit, gzip=True)
            if response is None:
                # A single blob may be gone for reasons that say nothing about the rest.
                needs = contents.end if want.index is None else 0
                self._asker.roster.absent(source, want.path, needs)
                return False
            try:
                contents.accept(want, response)
            except FaultError as error:
                if want.index is not None or contents.is_many:
                    raise
                self._asker.roster.blame(source, error.fault)
            if want.index is not None or not contents.is_many:
                return True
            self._asker.roster.incomplete(source)
            return False

        return await self._asker.first(ask, size=want.size, needs=contents.end)

    def _settle(self, missing: Sequence[int], size: int, now: int) -> None:
        """Decide whether the log may go on without the blobs that nobody had."""
        settled = self._hopeless.union(self._held.withheld)
        newly = array("Q", [index for index in missing if index not in settled])
        since = self._memory.missing_since(self._mirror.origin, newly, size, now)
        waiting = array("Q", [i for i in newly if now - since[i] < self._limits.withheld_seconds])
        if waiting:
            detail = f"no source has the blobs of {len(waiting)} current leaves, {waiting[0]} the first"
            raise FaultError(Fault(FaultKind.WITHHELD, f"blob/{waiting[0]}", detail))
        self.withheld = tuple(missing)

    def _commit(self, follower: Follower, offer: Offer, replay: Replay) -> None:
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
        for level, start, hashes in follower.gains():
            self._mirror.stage_hashes(level, start, hashes)
        self._mirror.commit(step)


def _has(indexes: array[int], index: int) -> bool:
    at = bisect_left(indexes, index)
    return at < len(indexes) and indexes[at] == index
