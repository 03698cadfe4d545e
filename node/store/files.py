"""Files that survive a kill and a power cut.

A file is replaced whole (temporary file, fsync, rename, fsync of the directory) or written
beyond its trusted end and fsynced before anything refers to the new bytes. ``Flock`` is the
lock that works between processes and between threads alike.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from node.errors import LockedError

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
PUBLIC_FILE = 0o644
PUBLIC_DIRECTORY = 0o755

# How long a writer waits for another one: a large commit takes seconds, a hung one should be told apart.
PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.02
# fsync waits for the disk, not for the processor; a few at once share one flush.
_FLUSHERS = 8


def write_whole(path: Path, data: bytes, *, mode: int = PUBLIC_FILE, flush: bool = True) -> None:
    """Replace a file; after a kill either the old or the new content stands there.

    Args:
        path: The file; its directory exists.
        data: The new content.
        mode: Permissions of the new file.
        flush: Whether content and name are durable on return. Without it the caller
            passes the path to ``flush_all`` later.
    """
    write_portions(path, (data,), mode=mode, flush=flush)


def write_portions(
    path: Path, portions: Iterable[bytes], *, mode: int = PUBLIC_FILE, flush: bool = True
) -> None:
    """Replace a file as ``write_whole`` does, by what need not be in memory at once."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(portions)
            if flush:
                file.flush()
                os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if flush:
        flush_directory(path.parent)


def flush_file(path: Path) -> None:
    """Make the content of a file durable; one that is gone needs nothing."""
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def flush_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    flush_file(path)


def make_directories(path: Path, *, mode: int) -> None:
    """Make a directory and those above it that are missing, durably.

    Args:
        path: The directory; one that is there stays as it is.
        mode: Its permissions.
    """
    missing = [each for each in (path, *path.parents) if not each.is_dir()]
    if missing:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        flush_all([each.parent for each in missing])


def flush_all(paths: Iterable[Path]) -> None:
    """Make several files or directories durable, waiting for the disk only once if it can."""
    waiting = list(paths)
    if len(waiting) < 2:  # noqa: PLR2004 - one needs no threads
        for path in waiting:
            flush_file(path)
        return
    # A share for each thread: what a pool holds of each task is more than the path.
    shares = [waiting[first::_FLUSHERS] for first in range(min(_FLUSHERS, len(waiting)))]
    with ThreadPoolExecutor(len(shares), thread_name_prefix="flush") as pool:
        for _ in pool.map(_flush_one_by_one, shares):
            pass


def _flush_one_by_one(paths: Iterable[Path]) -> None:
    for path in paths:
        flush_file(path)


def read_at(path: Path, offset: int, length: int) -> bytes:
    """Return the bytes [offset, offset + length) of a file; fewer where it ends, none where it is missing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    try:
        return os.pread(descriptor, length, offset)
    finally:
        os.close(descriptor)


def write_at(path: Path, offset: int, data: bytes) -> None:
    """Write bytes at an offset, creating the file; not durable before ``flush_file``."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, PUBLIC_FILE)
    try:
        view = memoryview(data)
        while view:
            written = os.pwrite(descriptor, view, offset)
            view, offset = view[written:], offset + written
    finally:
        os.close(descriptor)


def append(path: Path, portions: Iterable[bytes]) -> None:
    """Write at the end of a file; nothing of it remains after an error. Not durable before ``flush_file``."""
    end = at = path.stat().st_size
    try:
        for portion in portions:
            write_at(path, at, portion)
            at += len(portion)
    except BaseException:
        os.truncate(path, end)
        raise


def remove_leftovers(directory: Path) -> None:
    """Remove the temporary files that a kill left in a directory."""
    for path in directory.glob(".*.tmp"):
        path.unlink(missing_ok=True)


class Flock:
    """An advisory lock on a file, released when this object or the process goes away.

    Attributes:
        path: The lock file; it is created and never removed, because a lock is on the
            file and not on its name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def try_acquire(self, *, shared: bool = False) -> bool:
        """Take the lock if nobody else holds it, and report whether it is held now."""
        if self._descriptor is not None:
            return True
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def acquire(self, what: str, patience: float = PATIENCE_SECONDS, *, shared: bool = False) -> None:
        """Take the lock, waiting for others.

        Args:
            what: The name of what it guards, for the error.
            patience: Seconds to wait.
            shared: Whether others may hold it too.

        Raises:
            LockedError: Somebody else held it all the time.
        """
        end = time.monotonic() + patience
        while not self.try_acquire(shared=shared):
            if time.monotonic() >= end:
                raise LockedError(what)
            time.sleep(_POLL_SECONDS)

    @contextlib.contextmanager
    def held(self, what: str, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
        """Hold the lock for a block; see ``acquire``."""
        self.acquire(what, patience)
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Give the lock back, if it is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        self.release()
