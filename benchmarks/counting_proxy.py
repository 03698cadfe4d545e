"""A TCP proxy on loopback that counts what passes: bytes up, bytes down, requests.

Benchmarks put it between a follower and a node, so that headers and every retry count.
"""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self


class CountingProxy:
    """Forward one loopback port to another and count.

    Attributes:
        up: Bytes from clients to the server.
        down: Bytes from the server to clients.
        requests: Requests seen (HTTP/1.1 GET or HEAD request lines at the start of a segment).
    """

    def __init__(self, target_port: int) -> None:
        self._target = target_port
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self.up = self.down = self.requests = 0

    @property
    def port(self) -> int:
        """The port that clients connect to."""
        assert self._server is not None  # noqa: S101 - a caller's mistake
        return int(self._server.sockets[0].getsockname()[1])

    def reset(self) -> None:
        """Start counting from zero."""
        self.up = self.down = self.requests = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None  # noqa: S101
        self._server.close()
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._pipes.add(task)
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self._target)
            await asyncio.gather(
                self._pipe(reader, upstream_writer, upward=True),
                self._pipe(upstream_reader, writer, upward=False),
            )
        except (OSError, asyncio.CancelledError):
            writer.close()
        finally:
            self._pipes.discard(task)

    async def _pipe(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, upward: bool
    ) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while chunk := await reader.read(65_536):
                if upward:
                    self.up += len(chunk)
                    self.requests += chunk.startswith((b"GET ", b"HEAD "))
                else:
                    self.down += len(chunk)
                writer.write(chunk)
                await writer.drain()
        writer.close()
