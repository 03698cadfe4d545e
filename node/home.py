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

from .config import Config
from .configfile import FILE_NAME, load
from .errors import ConfigError, DamagedError
from .store.database import Database
from .store.files import Flock
from .store.logs import Logs
from .store.projection import Projection
from .trust import trust_policy

LOCK_VARIABLE = "FEDCAT_LOCK_DIR"


class Home:
    """One node's home.

    Attributes:
        path: The directory.
        config: What the operator decided.
        database: Everything that is not a file of a log.
        logs: The own and the followed logs.
        clearances: Origin → the shared lock which says that this process may sign (``own.clearance``).
        policy: Whose cosignatures count here.
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
        self.policy = trust_policy(config, path)
        self.clearances: dict[str, Flock] = {}
        self.memory = Memory()
        self._clock = clock
        refuse_lost_database(path)
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
        config = load(path / FILE_NAME, os.environ)
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
        """Where the head locks are: outside of home and backups, unless somebody insists.

        Raises:
            ConfigError: It depends on the working directory, or without a word of the operator there is
                no place for it, or only one within the home.
        """
        return lock_directory(self.config, self.path)

    def now(self) -> int:
        """Return the time in POSIX seconds."""
        return int(self._clock())

    def close(self) -> None:
        """Give back clearances and connections."""
        for lock in self.clearances.values():
            lock.release()
        self.clearances.clear()
        self.database.close()


def refuse_lost_database(home: Path) -> None:
    """Make no new database where one is lost: the node would seem to be whole, and to have nothing.

    Raises:
        DamagedError: It is missing or empty, and there are logs.
    """
    file = home / "fedcat.db"
    if (not file.exists() or not file.stat().st_size) and any((home / "logs").glob("*/entries")):
        raise DamagedError("fedcat.db", "it is missing or empty, and there are logs")


def lock_directory(config: Config, home: Path) -> Path:
    """Return where the head locks of a home are; see ``Home.lock_dir``."""
    configured = os.environ.get(LOCK_VARIABLE) or config.lock_dir
    state = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state")
    try:
        path = Path(configured).expanduser() if configured else state.expanduser() / "fedcat" / "heads"
    except RuntimeError:
        raise _unfit("the user that runs this has no home directory for it") from None
    if not path.is_absolute():
        raise _unfit(f"{path} is not absolute: it would be another one in another working directory")
    if not configured and path.resolve().is_relative_to(home.resolve()):
        raise _unfit(f"{path}, the default, is within the node's home and would be restored with it")
    return path


def _unfit(why: str) -> ConfigError:
    hint = "set it, or FEDCAT_LOCK_DIR, to a lasting directory outside of the home and its backups"
    return ConfigError(FILE_NAME, "lock_dir", why, hint)
