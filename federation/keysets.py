"""Newer key sets of one log during one round, from whoever has them; and other ones that are as valid.

Key sets are asked for version by version. Where a source's signatures do not fit the key sets held, it is
asked for those as well: two valid sets of one version are a root conflict, and then nobody but people can
say who speaks for the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from protocol.errors import ProtocolError, SignatureError
from protocol.keyset import KeyChain, RootConflictError
from protocol.keytext import MAX_VERSIONS
from protocol.tiles import keys_path

from .asking import Asker
from .faults import Fault, FaultError, FaultKind
from .offers import extend_chain
from .sources import Source

Disputed = Callable[[RootConflictError, Source], bool]
"""Keeps a root conflict, given both key sets and who showed the second, and says whether the log must stand
still for it: not when people have decided about it; called in a worker thread."""


class KeySets:
    """The key sets of one log in one round.

    Attributes:
        chain: The verified ones.
        is_disputed: Whether a second valid set of one version was shown about which nobody has decided.
    """

    def __init__(self, chain: KeyChain, asker: Asker, disputed: Disputed) -> None:
        """Begin a round.

        Args:
            chain: What is held.
            asker: Of this round.
            disputed: Keeps a root conflict; called in a worker thread.
        """
        self.chain = chain
        self.is_disputed = False
        self._asker, self._disputed = asker, disputed
        self._one = asyncio.Lock()
        self._asked: set[tuple[Source, str]] = set()

    async def learn(self, source: Source, *, everywhere: bool) -> None:
        """Ask for newer key sets until there are none.

        Args:
            source: Whom to ask first.
            everywhere: Ask the others too.
        """
        async with self._one:
            while len(self.chain.sets) < MAX_VERSIONS and await self._learn_next(source, everywhere):
                pass

    async def look_behind(self, source: Source) -> None:
        """Compare the key sets of a source whose signatures do not fit ours: are others as valid?"""
        for version in range(self.chain.newest.version, 0, -1):
            path = keys_path(version)
            if (source, path) in self._asked:
                return
            self._asked.add((source, path))
            try:
                response = await self._asker.get(source, path, self._asker.limits.keys_bytes)
                if response is None:
                    # It may know fewer than we do, and another one among them.
                    continue
                self.chain.check_conflict(response.body)
            except RootConflictError as error:
                await self._dispute(error, source, path)
                return
            except SignatureError:
                # It follows another one than ours, or nobody's: the difference began further back.
                continue
            except (FaultError, ProtocolError):
                return
            return

    async def _learn_next(self, first: Source, everywhere: bool) -> bool:
        path = keys_path(self.chain.newest.version + 1)
        is_learned = await self._ask(first, path)
        if is_learned or (is_learned is not None and not everywhere):
            return is_learned
        # Others once a round, however many liars make us look for a key that does not exist.
        others = [
            source
            for source in self._asker.roster.sources
            if source != first and (source, path) not in self._asked
        ]
        return await self._ask_all(others, path)

    async def _ask_all(self, sources: Iterable[Source], path: str) -> bool:
        """Ask sources side by side until one has the key set; the slow ones keep us waiting once together."""
        asked = {asyncio.create_task(self._ask(source, path)): source for source in sources}
        try:
            while asked:
                stall = self._asker.limits.stall_seconds
                done, _ = await asyncio.wait(asked, timeout=stall, return_when=asyncio.FIRST_COMPLETED)
                if any(task.result() for task in done):
                    return True
                for task in done:
                    del asked[task]
                if not done:
                    fault = Fault(FaultKind.UNREACHABLE, path, f"no answer within {stall:g} seconds")
                    for source in asked.values():
                        self._asker.asked.setdefault(source)
                        self._asker.roster.blame(source, fault)
                    return False
            return False
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    async def _ask(self, source: Source, path: str) -> bool | None:
        """Ask a source for the next key set; return whether it had it, None when it is at fault."""
        if self._asker.roster.is_given_up(source):
            return None
        self._asked.add((source, path))
        try:
            response = await self._asker.get(source, path, self._asker.limits.keys_bytes)
            if response is None:
                return False
            if path == keys_path(self.chain.newest.version + 1):
                self.chain = extend_chain(self.chain, response.body)
        except FaultError as error:
            self._asker.roster.blame(source, error.fault)
            if error.fault.kind is FaultKind.BAD_SIGNATURE:
                await self.look_behind(source)
            return None
        return True

    async def _dispute(self, conflict: RootConflictError, source: Source, path: str) -> None:
        if await self._asker.stored(lambda: self._disputed(conflict, source)):
            self.is_disputed = True
        self._asker.roster.convict(source, Fault(FaultKind.INCONSISTENT, path, str(conflict)))
