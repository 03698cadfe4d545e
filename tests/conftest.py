"""What holds for every test."""

import gc
import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

# Timing is never asserted: a busy machine must not fail a property.
settings.register_profile("fedcat", deadline=None)
settings.load_profile("fedcat")

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - pytest makes a directory of its own there
_ROOM: Final = 2 << 30  # bytes; one run of all tests leaves less than that

# Thousands of homes are made, each with dozens of waits for a disk. What is kept in memory outlives a killed
# process just as a file does, and no test cuts the power: where order matters, the calls are recorded.
if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_finish() -> None:
    """Look for no garbage in what stays for all of the run: modules and thousands of collected tests."""
    _freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Nor in what the tests of a file left: every home that is closed looks for garbage."""
    result = yield
    if nextitem is None or nextitem.path != item.path:
        _freeze()
    return result


def _freeze() -> None:
    gc.collect()
    gc.freeze()
