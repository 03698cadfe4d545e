"""One round of following one log: who has a newer checkpoint, and what does it bring.

What was heard in neighbours' feeds comes first (``gossip``): a larger checkpoint that the log signed is
followed without another question, and newer key sets are asked of everybody. Else ``sync_log`` asks
the origin's own places. While one of them answers, nobody else is asked; else all mirrors are, and the
largest checkpoint that the log signed wins. An unchanged log costs one conditional request. A source
that fails is an outcome with a named fault, and the files are taken from the next one. The same
function refills an own log from those who carry it::

    outcomes = await sync_log(mirror, sources, fetcher, Limits(), now, memory=memory)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from protocol.errors import InconsistentError

from .asking import Asker
from .faults import Fault, FaultError, FaultKind, OriginError, fault_of
from .forks import fork_above, fork_below
from .gossip import Heard
from .keysets import Disputed, KeySets
from .known import was_root
from .limits import Limits
from .memory import Memory
from .offers import CHECKPOINT, Offer, is_fresher, open_offer
from .ports import ConflictError, Held, Mirror
from .pull import Pull
from .quotas import Budget, Excess, OverLimitError
from .response import UNCHANGED, Fetch
from .sources import Source


@dataclass(frozen=True, slots=True)
class Outcome:
    """What asking one source for one log came to.

    Attributes:
        origin: The log.
        source: URL prefix of the source; empty when the fault is our own store's.
        size: Verified size that we hold afterwards.
        new: Leaves that its checkpoint brought.
        fault: What was wrong with it, or None.
    """

    origin: str
    source: str
    size: int
    new: int
    fault: Fault | None


async def sync_log(
    mirror: Mirror,
    sources: Sequence[Source],
    fetch: Fetch,
    limits: Limits,
    now: Callable[[], int],
    *,
    memory: Memory | None = None,
    heard: Sequence[Heard] = (),
    caught: Callable[[bytes, Source], None] = lambda *_: None,
    disputed: Disputed = lambda *_: True,
    budget: Budget | None = None,
    exceeded: Callable[[Excess], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Bring one log up to date; return one outcome for each source that answered, or should have.

    Args:
        mirror: The log's store; also an own log's, to refill it.
        sources: Where its files may be, the first one first.
        fetch: The bounded fetcher.
        limits: The bounds.
        now: Clock, POSIX seconds.
        memory: Kept by the caller between rounds; without it nothing is conditional, and a
            missing blob is never old enough to be called withheld.
        heard: What neighbours' feeds say is news, the best first.
        caught: Keeps evidence that the log signed two histories, given the fork and who showed it;
            called in a worker thread, as the store is.
        disputed: Keeps a second valid key set of a version that is held, given both and who showed
            it, and says whether the log must not advance in that round; called in a worker thread too.
        budget: What the log may cost; without one nothing is too much.
        exceeded: Told of each checkpoint that would cost more, and is not taken.
    """
    memory = Memory() if memory is None else memory
    asker = Asker(fetch, sources, limits, memory)
    gained: dict[Source, int] = {}
    size = 0
    own: tuple[Outcome, ...] = ()
    for _ in range(limits.conflicts):
        held = await asker.stored(mirror.held)
        round_ = _Round(
            mirror, held, asker, now, memory, heard, caught, disputed, budget=budget, exceeded=exceeded
        )
        try:
            async with asyncio.timeout(limits.round_seconds):
                await round_.run()
        except TimeoutError:
            # A commit that was on its way has ended by now.
            round_.held = await asker.stored(mirror.held)
            slow = asker.roster.sources[0]
            # An origin may be large and far away. A relay like that backs off, so that others have a turn.
            kind = FaultKind.WITHHELD if slow.is_origin else FaultKind.UNREACHABLE
            detail = f"not all of it came within {limits.round_seconds:g} seconds; the next round goes on"
            asker.roster.blame(slow, Fault(kind, CHECKPOINT, detail))
        except ConflictError:
            # Another process was first. What it committed is verified; begin from there.
            continue
        except InconsistentError as error:
            own = (Outcome(mirror.origin, "", held.size, 0, fault_of(error, "store")),)
        finally:
            size, gained = round_.held.size, gained | round_.gained
        break
    faults = asker.roster.faults
    return own + tuple(
        Outcome(mirror.origin, source.prefix, size, gained.get(source, 0), faults.get(source))
        for source in asker.asked
    )


class _Round:
    """One attempt at a round, from what is held; begun anew when somebody else was first."""

    def __init__(
        self,
        mirror: Mirror,
        held: Held,
        asker: Asker,
        now: Callable[[], int],
        memory: Memory,
        heard: Sequence[Heard],
        caught: Callable[[bytes, Source], None],
        disputed: Disputed,
        *,
        budget: Budget | None,
        exceeded: Callable[[Excess], None],
    ) -> None:
        self.held = held
        self._heard, self._caught = heard, caught
        self._budget, self._exceeded = budget, exceeded
        self.gained: dict[Source, int] = {}
        self._mirror, self._asker, self._limits = mirror, asker, asker.limits
        self._now, self._memory = now, memory
        self._keys = KeySets(held.chain, asker, disputed)
        self._etags: dict[Source, tuple[str, int]] = {}
        self._failed: set[bytes] = set()  # roots that all sources together could not give

    async def run(self) -> None:
        sources = self._asker.roster.sources
        is_done = await self._take_heard()
        for source in [source for source in sources if source.is_origin and not is_done]:
            is_answered, offer = await self._offer(source)
            if is_answered:
                is_done = await self._take_best([offer] if offer else [])
                break
        mirrors = [source for source in sources if not source.is_origin]
        if not is_done:
            found = await asyncio.gather(*map(self._offer, mirrors))
            await self._take_best([offer for _, offer in found if offer])
        await self._finish()

    async def _take_heard(self) -> bool:
        """Learn what feeds know; return whether a larger tree came of it, so that nobody need be asked."""
        offers = []
        for heard in self._heard:
            if heard.source not in self._asker.roster.sources:
                continue
            # It said something, so that what is wrong with it counts.
            self._asker.asked.setdefault(heard.source)
            if heard.keys > self._keys.chain.newest.version:
                # Whoever knows the key set may be anybody: the origin, or a thief there, may keep it back.
                await self._keys.learn(heard.source, everywhere=True)
            try:
                offers.append(await self._open(heard.source, heard.note))
            except FaultError as error:
                self._asker.roster.blame(heard.source, error.fault)
        before = self.held.size
        await self._take_best(offers)
        return self.held.size > before

    async def _finish(self) -> None:
        if self._keys.chain is not self.held.chain:
            chain = self._keys.chain
            await self._asker.stored(lambda: self._mirror.keep_chain(chain))
        for source, (etag, size) in self._etags.items():
            if size <= self.held.size and source not in self._asker.roster.faults:
                self._memory.etags[source.prefix] = etag
        origin, now = self._mirror.origin, self._now()
        if self.held.withheld and self._memory.retries.get(origin, now) <= now:
            self._memory.retries[origin] = now + self._limits.withheld_seconds
            pull = Pull(self._mirror, self.held, self._keys.chain, self._asker, self._memory)
            await pull.retry_withheld(now)

    async def _offer(self, source: Source) -> tuple[bool, Offer | None]:
        """Return whether a source answered for this log, and its checkpoint when it may be news."""
        known = self._memory.etags.get(source.prefix) if self.held.size else None
        headers = {"If-None-Match": known} if known else {}
        try:
            response = await self._asker.get(
                source, CHECKPOINT, self._limits.checkpoint_bytes, headers=headers
            )
            offer = None
            if response is not None and response.status != UNCHANGED:
                offer = await self._open(source, response.body)
        except FaultError as error:
            self._asker.roster.blame(source, error.fault)
            return False, None
        if response is None:
            detail = "it does not have this log"
            self._asker.asked.setdefault(source)
            self._asker.roster.blame(source, Fault(FaultKind.UNREACHABLE, CHECKPOINT, detail))
        if response is None or offer is None:
            return response is not None, None
        etag = response.headers.get("etag", "")
        self._memory.etags.pop(source.prefix, None)
        if etag and len(etag) <= self._limits.etag_chars and etag.isascii() and etag.isprintable():
            self._etags[source] = etag, offer.size
        return True, offer

    async def _open(self, source: Source, body: bytes) -> Offer:
        """Verify a checkpoint under the key that its size decides, newer key sets asked for first."""
        limit, chain = self._limits.checkpoint_bytes, self._keys.chain
        try:
            offer = open_offer(chain, body, source, limit)
        except FaultError as error:
            if error.fault.kind is not FaultKind.BAD_SIGNATURE:
                raise
            await self._keys.learn(source, everywhere=True)
            if self._keys.chain is chain:
                await self._keys.look_behind(source)
                raise
            return open_offer(self._keys.chain, body, source, limit)
        if offer.size <= self.held.size:
            return offer
        # A mirror could hide a rotation to make an old key count; the origin would only harm itself.
        await self._keys.learn(source, everywhere=not source.is_origin)
        # Whoever learned of them, here or beside us: the key that counts may be another one now.
        return offer if self._keys.chain is chain else open_offer(self._keys.chain, body, source, limit)

    async def _take_best(self, offers: Sequence[Offer]) -> bool:
        """Advance to the largest offer that can be had; return whether nothing is left to be wished."""
        larger: dict[bytes, Offer] = {}
        for offer in offers:
            if offer.size > self.held.size:
                larger.setdefault(offer.root, offer)
        is_done = not larger
        for offer in sorted(larger.values(), key=lambda offer: -offer.size):
            if offer.root not in self._failed and await self._advance(offer):
                is_done = True
                break
            self._failed.add(offer.root)
        for offer in offers:
            if offer.size <= self.held.size:
                await self._compare(offer)
        return is_done

    async def _advance(self, offer: Offer) -> bool:
        if self._keys.is_disputed:
            # Who speaks for the log is for people to say.
            return False
        pull = Pull(self._mirror, self.held, self._keys.chain, self._asker, self._memory, self._budget)
        try:
            if offer.chain is not self._keys.chain:
                # Since it was opened, another source may have shown that its key is retired.
                open_offer(self._keys.chain, offer.note, offer.source, self._limits.checkpoint_bytes)
            await pull.run(offer, self._now())
        except OriginError as error:
            self._asker.roster.convict(offer.source, error.fault)
            if error.fault.kind is FaultKind.INCONSISTENT and self.held.size:
                fork = await fork_above(self.held, self._keys.chain, offer, self._asker)
                await self._keep(fork, offer.source)
            return False
        except FaultError as error:
            if isinstance(error, OverLimitError):
                self._exceeded(error.excess)
            self._asker.roster.blame(offer.source, error.fault)
            return False
        self.gained[offer.source] = offer.size - self.held.size
        if pull.withheld:
            detail = f"the log goes on without {len(pull.withheld)} blobs that no source has"
            self._asker.roster.blame(
                offer.source, Fault(FaultKind.WITHHELD, f"blob/{pull.withheld[0]}", detail)
            )
        self._memory.retries[self._mirror.origin] = self._now() + self._limits.withheld_seconds
        self.held = Held(self._keys.chain, offer.size, offer.root, offer.note, pull.withheld)
        return True

    async def _keep(self, fork: bytes | None, source: Source) -> None:
        if fork is not None:
            await self._asker.stored(lambda: self._caught(fork, source))

    async def _compare(self, offer: Offer) -> None:
        """Look at a checkpoint that is no larger: is it of the held tree, perhaps with a newer heartbeat?"""
        held = self.held
        if not await self._asker.stored(lambda: was_root(self._mirror, held, offer.size, offer.root)):
            detail = f"the origin signed two trees of size {offer.size}"
            self._asker.roster.convict(offer.source, Fault(FaultKind.INCONSISTENT, CHECKPOINT, detail))
            chain = self._keys.chain
            fork = await self._asker.stored(lambda: fork_below(self._mirror, chain, offer.note))
            await self._keep(fork, offer.source)
        elif offer.size == held.size and is_fresher(
            offer, self._keys.chain, held.note, self._now() + self._limits.ahead_seconds
        ):
            await self._asker.stored(lambda: self._mirror.keep_note(offer.note))
            self.held = Held(held.chain, held.size, held.root, offer.note, held.withheld)
