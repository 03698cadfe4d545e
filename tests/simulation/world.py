"""A simulated federation: a storm, then calm, and how long it takes until everybody agrees.

    report = simulate(Plan(nodes=200, follows=20), seed=7)

During the storm publishers publish, the network loses and delays most of what it can, nodes crash, stop,
lose disks and are cut from each other. Then nobody publishes any more, who lives is started, and every
node must come to hold the largest history that it has a path to. Nothing in here depends on anything but
the plan and the seed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from federation.limits import Limits
from protocol.keys import VerifierKey
from tests.memory_mirror import KilledError

from .ending import Ending
from .invariants import Invariants
from .lies import Liar
from .links import CALM, RAIN, STORM, Net, Weather, Wire
from .loop import VirtualLoop
from .nodes import Node
from .trace import Trace

START = 1_800_000_000
"""When a simulation begins, in POSIX seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens.

    Attributes:
        nodes: How many there are.
        follows: How many others each of them follows.
        liars: Share of nodes that lie about the logs of others.
        forks: Publishers that begin to sign two histories in the middle of the storm.
        storm: Rounds of it; a round is the interval between two polls.
        patience: Rounds within which all must agree after it.
        interval: Seconds.
        busy: Chance of each node, in each round of the storm, to publish.
        troubles: Chance of each node, in each round of the storm, to crash or be cut off.
        dead: Share of nodes that do not come back.
        weather: What the network is like in the storm.
    """

    nodes: int = 12
    follows: int = 4
    liars: float = 0.0
    forks: int = 0
    storm: int = 12
    patience: int = 120
    interval: int = 60
    busy: float = 0.25
    troubles: float = 0.1
    dead: float = 0.1
    weather: Weather = STORM


LARGE = Plan(nodes=200, follows=20, storm=5, weather=RAIN, busy=0.08, troubles=0.05, dead=0.05)
"""Many nodes for a short while: of each of their polls that fails, twenty others hear."""


@dataclass(frozen=True, slots=True)
class Report:
    """How it went.

    Attributes:
        seed: The seed.
        rounds: Rounds from the end of the storm until all agreed.
        received: Bytes of bodies that all nodes together received in these rounds.
        in_all: Bytes from the very beginning.
        wasted: Bytes read of bodies that never ended, from the very beginning.
        requests: Requests from the very beginning.
        evidence: Living followers of forked logs that keep evidence against them.
        concerned: Those of them that have a path to another history, or to somebody else's evidence.
        fooled: All of them.
        steps: Changes after which the invariants were looked at.
        entries: Leaves in all logs.
        crashes: Processes that were killed.
        trace: Hash of everything that happened.
    """

    seed: int
    rounds: int
    received: int
    in_all: int
    wasted: int
    requests: int
    evidence: int
    concerned: int
    fooled: int
    steps: int
    entries: int
    crashes: int
    trace: str


class SimulationError(AssertionError):
    """A run that broke an invariant, or did not converge; shows the seed and the last events."""


def simulate(plan: Plan, seed: int) -> Report:
    """Run one world to its end.

    Raises:
        SimulationError: Something that must hold does not.
    """
    with _remembered_signatures(), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        world = World(plan, seed, runner.get_loop().time)
        try:
            return runner.run(world.run())
        except Exception as error:
            last = "\n".join(world.trace.last)
            raise SimulationError(f"seed {seed} of {plan}:\n{error!r}\n\nthe last events:\n{last}") from error


@contextlib.contextmanager
def _remembered_signatures() -> Iterator[None]:
    """Compute each signature once: hundreds of nodes in one process are shown the same ones."""
    verify = VerifierKey.verify
    VerifierKey.verify = lru_cache(maxsize=1 << 16)(verify)  # type: ignore[method-assign]
    try:
        yield
    finally:
        VerifierKey.verify = verify  # type: ignore[method-assign]


class World:
    """Everything there is; what nodes stand on.

    Attributes:
        dice: All chance.
        limits: The bounds of every node.
        interval: Seconds between two polls.
        invariants: Who watches.
        trace: What happened.
        nodes: All nodes, by name.
    """

    def __init__(self, plan: Plan, seed: int, clock: Callable[[], float]) -> None:
        self.plan, self.seed, self.interval = plan, seed, plan.interval
        self.dice = Random(seed)  # noqa: S311 - a seeded world, not a secret
        self.limits = Limits(few_bundles=1)  # logs are small here, and shall be shared out all the same
        self.invariants = Invariants()
        self.trace = Trace(clock)
        self.net = Net(self.dice, self.trace, weather=plan.weather)
        self.nodes: dict[str, Node] = {}
        self._clock = clock
        self._errors: list[BaseException] = []
        self._carriers: dict[str, list[str]] = defaultdict(list)
        self._dead: set[str] = set()
        self._crashes = 0
        self._people()
        self._ending = Ending(self.nodes, self.net, self.invariants, self._carriers)

    def now(self) -> int:
        return START + int(self._clock())

    def note(self, *words: object) -> None:
        self.trace.add(*words)

    def failed(self, error: BaseException) -> None:
        self._errors.append(error)

    def carriers(self, node: Node) -> list[str]:
        return self._carriers[node.name]

    async def run(self) -> Report:
        """Live through the storm and the calm; return how it went."""
        try:
            for node in self.nodes.values():
                node.publish(self._first_size(), only_new=True)
                node.start()
            for number in range(self.plan.storm):
                await self._storm(number)
            before = self.net.received
            await self._clear_up()
            rounds = await self._converge()
            self._check_whole()
            evidence, concerned, fooled = self._ending.told()
        finally:
            for node in self.nodes.values():
                await node.end()
        return Report(
            seed=self.seed,
            rounds=rounds,
            received=self.net.received - before,
            in_all=self.net.received,
            wasted=self.net.wasted,
            requests=self.net.requests,
            evidence=evidence,
            concerned=concerned,
            fooled=fooled,
            steps=self.invariants.steps,
            entries=sum(node.publisher.size for node in self.nodes.values()),
            crashes=self._crashes,
            trace=self.trace.digest,
        )

    # People

    def _people(self) -> None:
        plan, names = self.plan, [f"n{number}" for number in range(self.plan.nodes)]
        liars = set(self.dice.sample(names, round(plan.nodes * plan.liars)))
        for name in names:
            liar = Liar(Random(self.dice.random())) if name in liars else None  # noqa: S311 - as above
            node = Node(self, Wire(self.net, name, self.limits), name, liar=liar)
            self.nodes[name] = self.net.servers[node.host] = node
            self.invariants.truth[node.origin].append(node.publisher)
        for name, node in self.nodes.items():
            others = [other for other in names if other != name]
            for other in sorted(self.dice.sample(others, min(plan.follows, len(others)))):
                node.follow(self.nodes[other])
                self._carriers[other].append(node.host)
        alive = [name for name in names if name not in liars]
        self._dead = set(self.dice.sample(alive, round(plan.nodes * plan.dead)))
        self._forkers = self.dice.sample(alive, plan.forks)

    def _first_size(self) -> int:
        """Most logs are small; some need several bundles, and their tiles."""
        return self.dice.choices((3, 20, 240, 600), (6, 6, 1, 1))[0]

    # The storm

    async def _storm(self, number: int) -> None:
        plan, dice = self.plan, self.dice
        self._raise()
        for name, node in self.nodes.items():
            await asyncio.sleep(self.interval / len(self.nodes))
            if number >= plan.storm // 2 and name in self._forkers and node.may_publish:
                self._forkers.remove(name)
                node.split()
                await self._publish(node, only_new=True)
            if node.may_publish and dice.random() < plan.busy:
                await self._publish(node)
            if dice.random() < plan.troubles:
                await self._trouble(node)
            elif not node.is_up and dice.random() < 1 / 3:
                node.start()
            elif dice.random() < 1 / 3:
                node.is_stopped = node.is_slow = False
        for pair in sorted(self.net.cuts):
            if dice.random() < 1 / 4:
                self.net.cuts.discard(pair)

    async def _publish(self, node: Node, *, only_new: bool = False) -> None:
        try:
            node.publish(self.dice.choice((1, 1, 2, 5, 30)), only_new=only_new)
        except KilledError:
            await self._crash(node)

    async def _trouble(self, node: Node) -> None:
        dice = self.dice
        match dice.choice(("crash", "crash", "kill", "kill", "disk", "stop", "slow", "cut", "split")):
            case "crash":
                await self._crash(node)
            case "kill":
                # It dies at one of the next writes of one of its logs, wherever that may be.
                disk = dice.choice(list(node.disks.values()))
                disk.kill_in = dice.randrange(1, 8)
            case "disk":
                await self._crash(node)
                if node.fork is None:
                    node.lose_disk()
            case "stop":
                node.is_stopped = True
            case "slow":
                node.is_slow = True
            case share:
                few = 3 if share == "cut" else len(self.nodes) // 2
                for other in dice.sample(list(self.nodes), few):
                    self.net.cut(node.name, other)

    async def _crash(self, node: Node) -> None:
        self._crashes += 1
        await node.crash()

    # The calm

    async def _clear_up(self) -> None:
        """Let the sun shine on all but the dead, and on all links but a few."""
        self.note("calm")
        self.net.weather = CALM
        self.net.cuts = set(self.dice.sample(sorted(self.net.cuts), len(self.net.cuts) // 10))
        for name, node in self.nodes.items():
            node.is_stopped = node.is_slow = False
            for disk in node.disks.values():
                disk.kill_in = -1
            if name in self._dead:
                await node.crash()
            elif not node.is_up:
                node.start()

    async def _converge(self) -> int:
        rounds = 0
        while behind := self._ending.behind():
            if rounds >= self.plan.patience:
                break
            rounds += 1
            await asyncio.sleep(self.interval)
            self._raise()
        else:
            return rounds
        raise SimulationError(f"not converged after {self.plan.patience} rounds: {', '.join(behind)}")

    def _check_whole(self) -> None:
        for node in self.nodes.values():
            for disk in node.disks.values():
                self.invariants.check_whole(disk)

    def _raise(self) -> None:
        if self._errors:
            raise self._errors[0]
