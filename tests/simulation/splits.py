"""Evidence at a simulated node, by the rules of ``node.splits``: kept, named, and what stands still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from federation.forks import culprits
from node.splits import MAX_EVIDENCE
from protocol.evidence import ForkFacts, verify_fork

from .disk import Disk


@dataclass
class Splits:
    """Evidence of one node against logs that it follows; it survives crashes.

    Attributes:
        accuse: Hears of every log against which something is kept.
        kept: Origin → SHA-256 → the fork, the oldest first.
        frozen: Logs that stand still → the evidence why.
    """

    accuse: Callable[[str], None]
    kept: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    frozen: dict[str, bytes] = field(default_factory=dict)

    def keep(self, disk: Disk, data: bytes) -> bool:
        """Verify evidence and keep it; return whether it is new.

        Raises:
            ProtocolError: It is no evidence against this log.
        """
        facts, name = verify_fork(data, disk.chain.fingerprint), sha256(data).digest()
        kept = self.kept.get(disk.origin, {})
        found = culprits(facts, disk.held(), disk)
        is_known = name in kept or (bool(found) and all(self._is_known(disk, *head) for head in found))
        if is_known or len(kept) >= MAX_EVIDENCE * (1 + bool(found)):
            return False
        self.kept[disk.origin] = {**kept, name: data}
        self.accuse(disk.origin)
        return True

    def judge(self, disk: Disk) -> None:
        """Freeze a log if evidence demands it."""
        for name, data in self.kept.get(disk.origin, {}).items():
            if disk.origin not in self.frozen and culprits(verify_fork(data), disk.held(), disk):
                self.frozen[disk.origin] = name

    def named(self, origin: str) -> bytes | None:
        """Return the evidence that the feed names: what the log stands still for, else the newest."""
        return self.frozen.get(origin) or next(reversed(self.kept.get(origin, {})), None)

    def find(self, name: str) -> bytes | None:
        """Return evidence by its hex hash."""
        return next((kept[key] for kept in self.kept.values() for key in kept if key.hex() == name), None)

    def _is_known(self, disk: Disk, size: int, root: bytes) -> bool:
        kept = self.kept.get(disk.origin, {})
        return any((size, root) in _heads(verify_fork(data)) for data in kept.values())


def _heads(facts: ForkFacts) -> list[tuple[int, bytes]]:
    return list(zip(facts.sizes, facts.roots, strict=True))
