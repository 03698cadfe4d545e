"""What must hold in the end of a simulation: who holds the largest history, and who knows of another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from federation.forks import culprits
from protocol.evidence import verify_fork

from .invariants import Invariants
from .links import Net
from .nodes import Node


class Ending:
    """Looks at all nodes once nobody publishes any more.

    A path leads from whoever asks to whoever is asked, as long as nothing is cut between them, and the
    one who is asked lives and does not lie.
    """

    def __init__(
        self,
        nodes: Mapping[str, Node],
        net: Net,
        invariants: Invariants,
        carriers: Mapping[str, Sequence[str]],
    ) -> None:
        """Begin.

        Args:
            nodes: All nodes, by name.
            net: What is cut.
            invariants: Knows which histories contradict each other.
            carriers: Name of a node → hosts that follow it.
        """
        self._nodes, self._net, self._invariants, self._carriers = nodes, net, invariants, carriers

    def behind(self) -> list[str]:
        """Return who does not hold the largest history, or the evidence, that he has a path to."""
        behind = []
        for publisher in self._nodes.values():
            if publisher.fork is not None:
                behind += self._unaware(publisher)
                continue
            for node, size in self._reachable(publisher).items():
                if node.disks[publisher.origin].size != size:
                    held = node.disks[publisher.origin].size
                    behind.append(f"{node.name} holds {held} of {size} of {publisher.name}")
        return behind

    def _unaware(self, publisher: Node) -> list[str]:
        """Return who has a path to another history, or to evidence of it, and does not know or act."""
        origin = publisher.origin
        unaware = [
            f"{node.name} has no evidence against {publisher.name}"
            for node in self._concerned(publisher)
            if not node.splits.kept.get(origin)
        ]
        for node in self._followers(publisher):
            disk, forks = node.disks[origin], node.splits.kept.get(origin, {}).values()
            is_against = any(culprits(verify_fork(fork), disk.held(), disk) for fork in forks)
            if is_against and origin not in node.splits.frozen:
                unaware.append(f"{node.name} does not stand still at {disk.size} of {publisher.name}")
        return unaware

    def _concerned(self, publisher: Node) -> set[Node]:
        """Return who asks somebody that shows another history than he holds, or that is concerned in turn."""
        origin, followers = publisher.origin, self._followers(publisher)
        asked = {
            node: [other for other in followers if self._may_learn(node, other, publisher)]
            for node in followers
        }
        concerned = set()
        for node in followers:
            shown = [other.disks[origin] for other in asked[node]]
            if publisher.is_up and self._may_learn(node, publisher, publisher):
                shown.append(publisher.shown(node.name))
            if any(self._invariants.contradict(node.disks[origin], disk) for disk in shown):
                concerned.add(node)
        while more := {node for node in asked.keys() - concerned if not concerned.isdisjoint(asked[node])}:
            concerned |= more
        return concerned

    def told(self) -> tuple[int, int, int]:
        """Return how many followers of forked logs keep evidence, how many have a path to it, and all."""
        forked = [node for node in self._nodes.values() if node.fork is not None]
        evidence = sum(node.origin in other.splits.kept for node in forked for other in self._followers(node))
        concerned = sum(len(self._concerned(node)) for node in forked)
        return evidence, concerned, sum(len(self._followers(node)) for node in forked)

    def _followers(self, publisher: Node) -> list[Node]:
        return [node for node in self._living(publisher.origin) if node is not publisher]

    def _living(self, origin: str) -> list[Node]:
        return [node for node in self._nodes.values() if node.is_up and origin in node.disks]

    def _reachable(self, publisher: Node) -> dict[Node, int]:
        """Return each living carrier of a log with the largest size that it has a path to."""
        origin = publisher.origin
        living = self._living(origin)
        sizes = {node: node.disks[origin].size for node in living}
        if publisher in sizes:
            sizes[publisher] = max(sizes[publisher], publisher.disks[origin].size)
        is_changed = True
        while is_changed:
            is_changed = False
            for node in living:
                for other in living:
                    if sizes[other] > sizes[node] and self._may_learn(node, other, publisher):
                        sizes[node], is_changed = sizes[other], True
        return sizes

    def _may_learn(self, node: Node, other: Node, publisher: Node) -> bool:
        """Report whether a node asks another one for a log, and gets an honest answer."""
        if self._net.is_cut(node.name, other.name):
            return False
        if node is publisher:
            return other.liar is None and other.host in self._carriers[node.name]
        return other is publisher or (other.liar is None and other.host in node.peers)
