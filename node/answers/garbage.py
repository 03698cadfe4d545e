"""Memory: when not to look for cyclic garbage, and keeping little of what is free."""

import contextlib
import ctypes
import gc
import os
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

_ARENA_MAX: Final = -8  # glibc's number for it


def share_heaps() -> bool:
    """Let threads share as many heaps of the C library as there are cores; return whether it can.

    glibc has up to eight a core, and each keeps what its threads ever needed. For before the first thread.
    """
    set_option = _function("mallopt")
    return set_option is not None and bool(set_option(_ARENA_MAX, max(2, os.cpu_count() or 2)))


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Look for no cyclic garbage for a moment: thousands of new objects provoke it, and leave none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def give_back() -> bool:
    """Give the system back what the C library keeps of memory that is free; return whether it can.

    glibc keeps up to 64 MB for each thread that ever needed as much, and a search engine has many, one
    after the other. It takes some milliseconds, so it is for after work that took seconds.
    """
    trim = _function("malloc_trim")
    if trim is None:
        return False
    trim(0)
    return True


@cache
def _function(name: str) -> Any | None:  # noqa: ANN401 - ctypes has no type for a function of a library
    """Return a function of glibc; None where the C library is another one."""
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # no such library by no name, as on Windows
        return None
