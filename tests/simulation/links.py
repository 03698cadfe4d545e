"""The network between simulated nodes: what it loses, delays, cuts, and how a body ends that is too long.

A ``Wire`` is the ``Fetch`` of one node. It keeps the promises of ``federation.fetch`` (a limit on bytes,
on time, on the slowest rate) and breaks all others: requests and answers get lost, one after the other
overtakes it, some come twice, and a server may be gone when its answer is due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from federation.faults import Fault, FaultError, FaultKind
from federation.limits import Limits
from federation.response import Response

from .lies import ENDLESS
from .trace import Trace


@dataclass(frozen=True, slots=True)
class Weather:
    """What the network is like.

    Attributes:
        loss: Share of requests, and of answers, that never arrive.
        delay: Shortest and longest time of a message, in seconds.
        twice: Share of requests that arrive twice.
        rate: Bytes a second.
    """

    loss: float = 0.01
    delay: tuple[float, float] = (0.01, 0.3)
    twice: float = 0.0
    rate: float = 1_000_000.0


CALM = Weather()
RAIN = Weather(loss=0.05, delay=(0.02, 3.0), twice=0.02, rate=200_000.0)
STORM = Weather(loss=0.12, delay=(0.05, 9.0), twice=0.05, rate=50_000.0)


class Server(Protocol):
    """Whoever is asked.

    Attributes:
        name: Its name.
        is_up: Whether its process runs.
        is_stopped: Whether its process is stopped: it takes connections and says nothing.
        is_slow: Whether it sends fewer bytes a second than anybody waits for.
        starts: How often it was started; an answer of an earlier life never arrives.
    """

    name: str
    is_up: bool
    is_stopped: bool
    is_slow: bool
    starts: int

    def answer(self, client: str, path: str, headers: Mapping[str, str], *, is_packed: bool) -> Response:
        """Return the answer to a GET."""
        ...


@dataclass
class Net:
    """All links.

    Attributes:
        dice: Decides about every message.
        trace: Hears of every answer.
        servers: Host → server.
        weather: What the network is like now.
        cuts: Pairs of names, sorted, between which nothing passes.
        requests: How many were sent.
        received: Bytes of bodies that arrived, whatever they were worth.
        wasted: Bytes read of bodies that never ended, up to the limit of each.
    """

    dice: Random
    trace: Trace
    servers: dict[str, Server] = field(default_factory=dict)
    weather: Weather = STORM
    cuts: set[tuple[str, str]] = field(default_factory=set)
    requests: int = 0
    received: int = 0
    wasted: int = 0

    def cut(self, one: str, other: str) -> None:
        """Let nothing pass between two nodes."""
        self.cuts.add((min(one, other), max(one, other)))

    def is_cut(self, one: str, other: str) -> bool:
        """Report whether nothing passes between two nodes."""
        return (min(one, other), max(one, other)) in self.cuts

    def is_lost(self) -> bool:
        return self.dice.random() < self.weather.loss

    def delay(self) -> float:
        return self.dice.uniform(*self.weather.delay)


@dataclass(frozen=True, slots=True)
class Wire:
    """How one node asks; a ``Fetch``."""

    net: Net
    client: str
    limits: Limits

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        self.net.requests += 1
        try:
            response, read = await self._get(url, limit, headers or {}, is_packed=gzip)
        except FaultError as error:
            self.net.trace.add(self.client, url, error.fault.kind, error.fault.detail)
            raise
        self.net.received += read
        self.net.trace.add(self.client, url, response.status, read)
        return response

    async def _get(
        self, url: str, limit: int, headers: Mapping[str, str], *, is_packed: bool
    ) -> tuple[Response, int]:
        net = self.net
        host, _, path = url.removeprefix("https://").partition("/")
        server = net.servers.get(host)
        await asyncio.sleep(net.delay())
        if server is None or (not server.is_up and not net.is_cut(self.client, server.name)):
            raise self._fault(url, "nobody is there")
        if net.is_cut(self.client, server.name):
            await asyncio.sleep(self.limits.connect_seconds)
            raise self._fault(url, "the connection is cut")
        if net.is_lost() or server.is_stopped:
            await asyncio.sleep(self.limits.answer_seconds)
            raise self._fault(url, "it does not answer")
        life = server.starts
        response = server.answer(self.client, path, headers, is_packed=is_packed)
        if net.dice.random() < net.weather.twice:
            response = server.answer(self.client, path, headers, is_packed=is_packed)
        size = limit + 1 if response is ENDLESS else len(response.packed or response.body)
        is_too_large = response is ENDLESS or len(response.body) > limit
        if server.is_slow and size:
            await asyncio.sleep(self.limits.rate_seconds)
            raise self._fault(url, "it sends too slowly")
        seconds = net.delay() + min(size, limit) / net.weather.rate
        await asyncio.sleep(min(seconds, self.limits.total_seconds))
        if seconds > self.limits.total_seconds:
            raise self._fault(url, "it answers too slowly")
        if is_too_large:
            net.wasted += limit
            raise FaultError(Fault(FaultKind.OVER_LIMIT, url, f"its body is larger than {limit} bytes"))
        if net.is_lost() or net.is_cut(self.client, server.name) or not server.is_up or server.starts != life:
            raise self._fault(url, "the connection broke off")
        return response, size

    def _fault(self, url: str, detail: str) -> FaultError:
        return FaultError(Fault(FaultKind.UNREACHABLE, url, detail))
