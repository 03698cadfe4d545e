"""Ports of the loopback for servers that tests start, stop, and start again at the same port.

A port that the kernel picks lies where it also takes the near ends of connections from: whatever another test
connects meanwhile may sit on it when the server comes back. These lie below, and each stays with the process
that asked for it: it holds the UDP port of the same number until it ends.
"""

import os
import random
import socket
from itertools import cycle, islice
from typing import Final

# Below what Linux takes near ends from (its ip_local_port_range begins at 32768), above what services use.
_PORTS: Final = range(12_000, 32_000)
# Processes begin at different places, so that they rarely try the same ones; each tries all.
_turns: Final = cycle(random.Random(os.getpid()).sample(_PORTS, len(_PORTS)))  # noqa: S311 - no secret


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port at which nobody listens, and that no other process of the tests is given."""
    for port in islice(_turns, len(_PORTS)):
        kept = socket.socket(type=socket.SOCK_DGRAM)
        try:
            kept.bind((host, port))
            with socket.socket() as probe:
                probe.bind((host, port))
        except OSError:
            kept.close()
        else:
            # Never closed but by the end of this process.
            kept.detach()
            return port
    raise AssertionError("no port of the loopback is free")
