"""A bad line before a real node: a proxy on loopback that forwards, trickles, or breaks off.

with RoughLink(node_port) as link:      # asked at link.port
    link.mode = "slow"
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from random import Random
from types import TracebackType
from typing import Self

from tests.ports import free_port

_PORTION = 4_096
_SLOW_SECONDS = 0.2
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


class RoughLink:
    """Forwards connections to a port.

    Attributes:
        port: Where it listens.
        mode: "open"; "slow": answers come a byte at a time; "cut": each connection is reset after
            some bytes of answers.
        cuts: Connections that were reset.
    """

    def __init__(self, target: int, dice: Random) -> None:
        self.port, self.mode, self.cuts = free_port(), "open", 0
        self._target, self._dice = target, dice
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(64)
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)

    def _run(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type] # a method
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._target), timeout=10)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                self._open |= {client, server}
                self._run(self._forward, client, server)
                self._run(self._answer, server, client)

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(_PORTION):
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        left = self._dice.randrange(500, 30_000)
        with suppress(OSError):
            while data := server.recv(_PORTION):
                if self.mode == "slow":
                    self._trickle(data, client)
                elif self.mode == "cut" and len(data) > left:
                    client.sendall(data[:left])
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    self.cuts += 1
                    break
                else:
                    client.sendall(data)
                left -= len(data)
        self._open -= {client, server}
        server.close()
        # Another thread may wait in recv, and would keep the connection alive.
        with suppress(OSError):
            client.shutdown(socket.SHUT_RD)
        client.close()

    def _trickle(self, data: bytes, client: socket.socket) -> None:
        for byte in data:
            if self.mode != "slow":
                break
            client.sendall(bytes([byte]))
            time.sleep(_SLOW_SECONDS)
