"""Newer key sets of one log during one round, from whoever has them; and other ones that are as valid.

Key sets are asked for version by version. Where a source's signatures do not fit the key sets held, it is
asked for those as well: two valid sets of one version are a root conflict, and then nobody but people can
say who speaks for the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from protocol.errors import ProtocolError, SignatureError
from protocol.keyset import KeyChain, RootConflictError
from protocol.keytext import MAX_VERSIONS
from protocol.tiles import keys_path

from .asking import Asker
from .faults import Fault, FaultError, FaultKind
from .offers import extend_chain
from .sources import Source

Disputed = Callable[[RootConflictError, Source], None]
"""Keeps a root conflict, given both key sets and who showed the second; called in a worker thread."""


class KeySets:
    """The key sets of one log in one round.

    Attributes:
        chain: The verified ones.
        is_disputed: Whether a second valid set of one version was shown.
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
        # Others once a round, however many liars make us look for a key that does not exist.
        rest = [source for source in self._asker.roster.sources if source != first]
        for source in (first, *rest):
            is_asked = source != first and (source, path) in self._asked
            if is_asked or self._asker.roster.is_given_up(source):
                continue
            self._asked.add((source, path))
            try:
                response = await self._asker.get(source, path, self._asker.limits.keys_bytes)
                if response is not None:
                    self.chain = extend_chain(self.chain, response.body)
                    return True
            except FaultError as error:
                self._asker.roster.blame(source, error.fault)
                if error.fault.kind is FaultKind.BAD_SIGNATURE:
                    await self.look_behind(source)
                continue
            if not everywhere:
                break
        return False

    async def _dispute(self, conflict: RootConflictError, source: Source, path: str) -> None:
        self.is_disputed = True
        await self._asker.stored(lambda: self._disputed(conflict, source))
        self._asker.roster.convict(source, Fault(FaultKind.INCONSISTENT, path, str(conflict)))
