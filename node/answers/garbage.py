"""Memory: when not to look for cyclic garbage, and giving back what is free."""

import contextlib
import ctypes
import gc
from collections.abc import Iterator
from functools import cache
from typing import Any


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
    trim = _trim()
    if trim is None:
        return False
    trim(0)
    return True


@cache
def _trim() -> Any | None:  # noqa: ANN401 - ctypes has no type for a function of a library
    """Return ``malloc_trim`` of glibc; None where the C library is another one."""
    try:
        return getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):  # no such library by no name, as on Windows
        return None
