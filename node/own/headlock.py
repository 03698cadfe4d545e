"""The second place that knows the head of an own log: a small file outside of home and backups.

A database that was put back from a backup does not know what was signed since. The lock file does,
because nobody restores it along with the home. Its directory is ``lock_dir`` of the configuration::

    heads/<fingerprint>           the head: the three lines of a checkpoint, replaced whole
    heads/<fingerprint>.lock      locked by whoever appends or signs
    heads/<fingerprint>.cleared   locked, shared, by processes that asked the world (``clearance``)

It is written after the head moved in the database and before the checkpoint is signed. A kill between
the two leaves it behind, and then it names a beginning of our own tree: it is rolled forward.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from node.errors import DamagedError
from node.store.files import PRIVATE_DIRECTORY, PRIVATE_FILE, Flock, flush_directory, write_whole
from node.store.logreader import LogReader
from protocol.checkpoint import Checkpoint
from protocol.errors import MalformedError

if TYPE_CHECKING:
    from node.home import Home
    from node.store.logs import LogRow


class HeadLock:
    """The head lock of one own log.

    Attributes:
        path: The file with the head.
        writer: The lock of whoever appends or signs.
        cleared_path: The file whose shared lock says that its holder may sign.
    """

    def __init__(self, directory: Path, fingerprint: str) -> None:
        if not directory.is_dir():
            directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
            flush_directory(directory.parent)
        self.path = directory / fingerprint
        self.writer = Flock(directory / f"{fingerprint}.lock")
        self.cleared_path = directory / f"{fingerprint}.cleared"

    @classmethod
    def of(cls, home: "Home", row: "LogRow") -> "HeadLock":
        """Return the head lock of a log of this home."""
        return cls(home.lock_dir, row.fingerprint)

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
        """Replace the head, durably."""
        write_whole(self.path, head.text.encode(), mode=PRIVATE_FILE)

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
        self.write(head)
        return None
