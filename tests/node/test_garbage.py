"""What is free is given back to the system."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from node.answers.garbage import give_back

_STATUS = Path("/proc/self/status")
_KIB = 64 * 1024
_SHARING = """
import ctypes, threading
from node.answers.garbage import share_heaps

together = threading.Barrier(9)
libc = ctypes.CDLL(None)

def need():
    libc.malloc(5_000)
    together.wait()

if share_heaps():
    threads = [threading.Thread(target=need) for _ in range(8)]
    for thread in threads:
        thread.start()
    together.wait()
    libc.malloc_stats()
"""


def test_what_another_thread_left_is_given_back() -> None:
    if not _STATUS.is_file() or not give_back():
        pytest.skip("the C library is not glibc")
    with ThreadPoolExecutor(1) as another:
        held = another.submit(lambda: [bytes(1_000) for _ in range(_KIB)]).result()
        full = _held()
        # What lies at its end keeps the library from giving back the rest by itself.
        del held[:-1]
        assert give_back()
        assert _held() < full - _KIB // 2


def test_many_threads_share_heaps() -> None:
    # In a process of its own, as it cannot be undone; the C library tells of its heaps there.
    command = [sys.executable, "-c", _SHARING]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stderr  # noqa: S603 - our own program
    if not told:
        pytest.skip("the C library is not glibc")
    assert 0 < told.count("Arena ") <= max(2, os.cpu_count() or 2)


def _held() -> int:
    """Return KiB of this process that no file backs."""
    (line,) = (line for line in _STATUS.read_text().splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1])
