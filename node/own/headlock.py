"""The second place that knows the head of an own log: a small file outside of home and backups.

A database that was put back from a backup does not know what was signed since. The lock file does,
because nobody restores it along with the home. Its directory is ``lock_dir`` of the configuration::

    heads/<fingerprint>           the head: the three lines of a checkpoint, replaced whole
    heads/<fingerprint>.lock      locked by whoever appends or signs
    heads/<fingerprint>.cleared   locked, shared, by processes that asked the world (``clearance``)

It is written after the head moved in the database and before the checkpoint is signed. A kill between
the two leaves it behind, and then it names a beginning of our own tree: it is rolled forward.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from node.errors import ConfigError, DamagedError, NotClearedError
from node.store.files import PRIVATE_DIRECTORY, PRIVATE_FILE, Flock, make_directories, write_whole
from node.store.logreader import LogReader
from protocol.checkpoint import Checkpoint
from protocol.errors import MalformedError
from protocol.merkle import EMPTY_ROOT

if TYPE_CHECKING:
    from node.home import Home
    from node.store.logs import LogRow


class HeadLock:
    """The head lock of one own log.

    Attributes:
        path: The file with the head.
        cleared_path: The file whose shared lock says that its holder may sign.
    """

    def __init__(self, directory: Path, fingerprint: str) -> None:
        self.path = directory / fingerprint
        self.cleared_path = directory / f"{fingerprint}.cleared"
        self._writer = Flock(directory / f"{fingerprint}.lock")

    @classmethod
    def of(cls, home: "Home", row: "LogRow") -> "HeadLock":
        """Return the head lock of a log of this home."""
        return cls(home.lock_dir, row.fingerprint)

    @property
    def writer(self) -> Flock:
        """The lock of whoever appends or signs.

        Raises:
            ConfigError: The directory cannot be made or written.
        """
        self.prepare(self.path.parent)
        return self._writer

    def text(self) -> str | None:
        """Return what the file says, be it a head or not, or None when there is no file."""
        try:
            return self.path.read_text(encoding="utf-8", errors="backslashreplace")
        except FileNotFoundError:
            return None

    def read(self) -> Checkpoint | None:
        """Return the head that the file names, or None when there is no file.

        Raises:
            DamagedError: It is no head.
        """
        try:
            return Checkpoint.parse(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (MalformedError, UnicodeDecodeError) as error:
            raise DamagedError(
                str(self.path), str(error), "find the newest head that peers hold, then `fedcat log unlock`"
            ) from error

    def write(self, head: Checkpoint) -> None:
        """Replace the head, durably.

        Raises:
            ConfigError: The directory cannot be made or written.
        """
        self.prepare(self.path.parent)
        write_whole(self.path, head.text.encode(), mode=PRIVATE_FILE)

    def begin(self, origin: str) -> None:
        """Write the head of a log that begins; doing it again changes nothing.

        Raises:
            NotClearedError: The log was begun before, and the database does not know it any more.
            DamagedError: The file is no head.
            ConfigError: The directory cannot be made or written.
        """
        empty, locked = Checkpoint(origin, 0, EMPTY_ROOT), self.read()
        if locked is not None and locked != empty:
            reason = f"the head lock stands at size {locked.size}, and the database does not know the log"
            raise NotClearedError(origin, reason, "`fedcat recover` gets it back from those who carry it")
        self.write(empty)

    def disagreement(self, reader: LogReader, head: Checkpoint) -> str | None:
        """Compare the file with the database, rolling the file forward after a kill.

        The caller holds ``writer``.

        Args:
            reader: The log.
            head: What the database says.

        Returns:
            None when both name one head now, else why they do not, as a clause.
        """
        locked = self.read()
        reason = self.contradiction(locked, reader, head)
        if reason is None and locked != head:
            self.write(head)
        return reason

    def contradiction(self, locked: Checkpoint | None, reader: LogReader, head: Checkpoint) -> str | None:
        """Compare what the file said with the database, and change nothing.

        Args:
            locked: What the file said.
            reader: The log.
            head: What the database says.

        Returns:
            None when the file names the head or a beginning of its tree, else why not, as a clause.
        """
        if locked == head:
            return None
        if locked is None:
            return f"the head lock {self.path} is missing"
        if locked.origin != head.origin:
            return f"the head lock is of {locked.origin}"
        if locked.size > head.size:
            return f"the head lock stands at size {locked.size}, the database at {head.size}"
        if reader.tree.edge(locked.size).root != locked.root:
            return f"the head lock names another history of {locked.size} entries"
        return None

    @staticmethod
    def prepare(directory: Path) -> None:
        """Make the directory of the head locks, if it is missing.

        Raises:
            ConfigError: It cannot be made or written, as when a service's home is read-only.
        """
        try:
            make_directories(directory, mode=PRIVATE_DIRECTORY)
        except OSError as error:
            raise _unusable(directory, error.strerror or str(error)) from error
        if not os.access(directory, os.W_OK | os.X_OK):
            raise _unusable(directory, "it cannot be written to")


def _unusable(directory: Path, why: str) -> ConfigError:
    hint = "set lock_dir or FEDCAT_LOCK_DIR to a lasting directory of the node's user, outside of its home"
    return ConfigError("config.toml", "lock_dir", f"no head lock can be kept in {directory}: {why}", hint)
