"""What can be told about signing without asking anybody: for ``fedcat doctor``.

Clearance (``clearance``) compares three places, of which the world is one. Here the other two are
compared, and the keys looked at, and nothing is changed: not even the head lock that a kill left behind.
"""

from typing import TYPE_CHECKING

from node.errors import DamagedError, NotClearedError
from protocol.checkpoint import Checkpoint

from .clearance import carriers_of, fault_here, own_row
from .drafts import count_waiting
from .headlock import HeadLock
from .keyfiles import load_key, load_mirror_key

if TYPE_CHECKING:
    from node.home import Home

_MISSING = (
    "make sure that lock_dir (FEDCAT_LOCK_DIR) is the folder that it was, mounted and readable;"
    " if it is lost, find the newest head that peers hold, then `fedcat log unlock`"
)
_BEHIND = (
    "run `fedcat serve` with a node reachable that carries the log: what is missing here is fetched from"
    " there; `fedcat log unlock` would make a second history for certain"
)
_OTHER = (
    "lock folder or database is not of this node's newest state: find out which, and put the right one back"
)


def signing_outlook(home: "Home", origin: str) -> str:
    """Return what stands between an own log and its next signature beyond this home, as a clause.

    Args:
        home: The home.
        origin: An own log.

    Raises:
        DamagedError: The stored tree is not that of the head, or the head lock is no head.
        NotClearedError: The head lock does not agree with the database; the hint is the way out.
        KeyFileError: A key that it takes cannot be used.
        ConfigError: There is no place for a head lock.
        NotFoundError: The log is not an own one.
    """
    head_lock = HeadLock.of(home, own_row(home, origin))
    # Before the database, which a writer moves first: read the other way round it would seem to be behind.
    locked = head_lock.read()
    row, store = own_row(home, origin), home.logs.store(origin)
    fault = fault_here(home, row)
    if fault is not None:
        raise DamagedError(str(store.tree.directory), fault)
    reason = head_lock.contradiction(locked, store, Checkpoint(origin, row.size, row.root))
    if reason is not None:
        behind = locked is not None and locked.origin == origin and locked.size > row.size
        raise NotClearedError(origin, reason, _MISSING if locked is None else _BEHIND if behind else _OTHER)
    # Those that sign next, and those of a rotation that is planned.
    for keys in (row.chain.key_for(row.size + 1), row.chain.newest):
        for key in (keys.log, keys.beat):
            load_key(home.keys_dir, key)
    load_mirror_key(home.keys_dir)
    carriers, waiting = carriers_of(home, origin), count_waiting(home.database.connection, row.id)
    clauses = ["nothing here forbids it"]
    if carriers and row.unlocked_size != row.size:
        clauses.append(f"after a start one that carries it has to answer first ({len(carriers)} known)")
    if waiting:
        clauses.append(f"waiting drafts: {waiting}")
    return "; ".join(clauses)
