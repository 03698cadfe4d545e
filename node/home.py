"""The home: the directory of one node, opened.

::

    config.toml   what the operator decided
    fedcat.db     what is known (SQLite)
    keys/         private keys, 0700; see own.keyfiles
    logs/         leaves, hashes and contents of every log; see store.logs
    index/        the search index, derived

Beside it, outside of home and backups: the head locks (``own.headlock``). ``Home`` is the one
object that commands, loops and handlers pass around. Two processes may have the same home open.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from federation.memory import Memory

from . import config as configuration
from .config import Config
from .store.database import Database
from .store.files import Flock
from .store.logs import Logs
from .store.projection import Projection

LOCK_VARIABLE = "FEDCAT_LOCK_DIR"


class Home:
    """One node's home.

    Attributes:
        path: The directory.
        config: What the operator decided.
        database: Everything that is not a file of a log.
        logs: The own and the followed logs.
        clearances: Origin → the shared lock which says that this process may sign (``own.clearance``).
        memory: What is remembered of sources between two rounds of following and refilling.
    """

    def __init__(
        self,
        path: Path,
        config: Config,
        *,
        projection: Projection,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self.config = config
        self.clearances: dict[str, Flock] = {}
        self.memory = Memory()
        self._clock = clock
        self.database = Database(path / "fedcat.db")
        self.logs = Logs(self.database, path / "logs", projection=projection, now=self.now)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        projection: Projection,
        clock: Callable[[], float] = time.time,
    ) -> "Home":
        """Open the home in a directory.

        Args:
            path: The directory that ``init`` made.
            projection: What derives the catalogue's rows (``answers.catalogue``); passed in, because
                the answers stand above the home.
            clock: Returns POSIX seconds; tests bring their own.

        Raises:
            ConfigError: There is none, or its configuration is wrong.
        """
        config = configuration.load(path / configuration.FILE_NAME, os.environ)
        return cls(path, config, projection=projection, clock=clock)

    @property
    def keys_dir(self) -> Path:
        """Where the private keys are."""
        return self.path / "keys"

    @property
    def index_dir(self) -> Path:
        """Where the search index is."""
        return self.path / "index"

    @property
    def lock_dir(self) -> Path:
        """Where the head locks are: outside of home and backups, unless somebody insists."""
        configured = os.environ.get(LOCK_VARIABLE) or self.config.lock_dir
        if configured:
            return Path(configured).expanduser()
        state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
        return Path(state).expanduser() / "fedcat" / "heads"

    def now(self) -> int:
        """Return the time in POSIX seconds."""
        return int(self._clock())

    def close(self) -> None:
        """Give back clearances and connections."""
        for lock in self.clearances.values():
            lock.release()
        self.clearances.clear()
        self.database.close()
