"""Keeping the search index up to date, and making it again.

``catch_up`` drains ``index_queue`` project by project: when an entry changes, the catalogue queues it and all
that it may have been joined with, and the project of each is indexed as it stands now. A row leaves the
queue only after the index holds durably what the row stands for: a killed process repeats, it never forgets.
An index that is lost, damaged or not this database's is made again: it is derived.
"""

import contextlib
import datetime as dt
import gc
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from federation.vouching import day_of
from node.errors import DamagedError
from node.home import Home
from node.store.references import is_turned, turn_day
from node.store.scopes import scopes_in
from node.store.waiting import QUEUE_ALL

from .documents import document_key, profile_document, project_document
from .index import IndexBatch, TextIndex, index_in
from .planned import plan_documents, plans_key
from .profiles import profiles_of
from .projects import Key, Member, projects_of
from .scoped import is_in_scope
from .uses import NO_REGARD, regards_of

LOCK_WAIT: Final = 30.0
"""Seconds a command waits for another process that writes the index."""

_BATCH: Final = 65_536  # statements indexed by one commit: each costs a wait for the disk
_PORTION: Final = 512  # statements held in memory at once
_WAITING: Final = (
    "SELECT q.log, l.origin, q.id, q.turn, e.type FROM index_queue q JOIN log l ON l.id = q.log"
    " LEFT JOIN entry e ON e.log = q.log AND e.id = q.id"
    " WHERE (q.log, q.id) > (?, ?) ORDER BY q.log, q.id LIMIT ?"
)
_DONE: Final = "DELETE FROM index_queue WHERE log = ? AND id = ? AND turn = ?"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A statement in the queue; the type is None when it is gone."""

    log: int
    origin: str
    id: bytes
    turn: int
    type: str | None

    @property
    def key(self) -> Key:
        """What names it in the database."""
        return self.log, self.id


def catch_up(home: Home, wait: float = LOCK_WAIT) -> int:
    """Index everything that waits, and everything at all when the index is damaged, or not the database's.

    Args:
        home: The node.
        wait: Seconds to wait for another process that writes the index.

    Returns:
        The number of statements that were indexed or taken out.

    Raises:
        LockedError: The other process took longer.
    """
    try:
        return _catch_up(home, wait)
    except DamagedError:
        # Whoever deleted it under a writer, or a bad disk: it is derived, so nobody has to be asked.
        return reindex(home, wait)


def _catch_up(home: Home, wait: float) -> int:
    index, database, done = _index(home), home.database, 0
    if not is_turned(database.connection, _today(home)):
        with database.write() as connection:
            turn_day(connection, _today(home))
    while _waits(database.connection) or not _fits(index, database.connection):
        with index.writing(wait) as batch:
            # Asked again under the writer lock: another process may just have done it.
            if not _fits(index, database.connection):
                with database.write() as connection:
                    connection.execute(QUEUE_ALL)
                batch.forget_all()
            done += _drain(home, batch)
    return done


def reindex(home: Home, wait: float = LOCK_WAIT) -> int:
    """Throw the index away, whatever state it is in, and make it again.

    Returns:
        The number of statements that were indexed.

    Raises:
        LockedError: Another process kept writing it.
    """
    with _index(home).writing(wait, anew=True) as batch:
        with home.database.write() as connection:
            connection.execute(QUEUE_ALL)
        done = _drain(home, batch)
    return done + _catch_up(home, wait)


def rewrite(home: Home, wait: float = LOCK_WAIT) -> None:
    """Make every segment anew that holds something deleted: its words stay there else, found by nobody.

    tantivy only does so when segments are merged, in its own time. A segment of which nothing is left goes,
    so everything is indexed once more; whoever searches meanwhile finds what there is.

    Raises:
        LockedError: Another process kept writing the index.
    """
    catch_up(home, wait)
    index = _index(home)
    worn = index.worn_segments()
    if worn:
        with home.database.write() as connection:
            connection.execute(QUEUE_ALL)
        catch_up(home, wait)
        if worn & index.segments():
            # It holds what the catalogue does not know, which would be a defect: begin from nothing.
            reindex(home, wait)
    try:
        with index.writing(wait) as batch:
            batch.collect()
    except DamagedError:
        reindex(home, wait)


def _today(home: Home) -> dt.date:
    return dt.date.fromisoformat(day_of(home.now()))


def _index(home: Home) -> TextIndex:
    return index_in(home.index_dir)


def _waits(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM index_queue LIMIT 1").fetchone() is not None


def _fits(index: TextIndex, connection: sqlite3.Connection) -> bool:
    row = connection.execute("SELECT stamp FROM index_stamp").fetchone()
    return row is not None and row[0] == index.stamp()


def _drain(home: Home, batch: IndexBatch) -> int:
    """Index the projects of one batch of what waits, commit, and take it off the queue."""
    done: list[tuple[int, bytes, int]] = []
    after: Key = (0, b"")
    while len(done) < _BATCH:
        with _uncollected():
            portion = _index_portion(home, batch, after)
        if not portion:
            break
        done += [(each.log, each.id, each.turn) for each in portion]
        after = portion[-1].key
    stamp = secrets.token_hex(8)
    batch.commit(stamp)
    with home.database.write() as connection:
        # What was queued again meanwhile stays: compare-and-swap on its turn.
        connection.executemany(_DONE, done)
        connection.execute("DELETE FROM index_stamp")
        connection.execute("INSERT INTO index_stamp (stamp) VALUES (?)", (stamp,))
    return len(done)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cyclic garbage for a moment: thousands of new objects provoke it, and leave none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _index_portion(home: Home, batch: IndexBatch, after: Key) -> list[_Waiting]:
    """Put the projects of the next statements that wait; return the statements."""
    today = _today(home)
    # One snapshot: a project must not be made of what belongs to two moments.
    with home.database.read() as connection:
        waiting = [_Waiting(*row) for row in connection.execute(_WAITING, (*after, _PORTION))]
        projects = projects_of(home, connection, [each.key for each in waiting if each.type == "entry"])
        profiles = profiles_of(connection, [each.key for each in waiting if each.type == "profile"])
        regards = regards_of(home, connection, projects)
        scopes = scopes_in(connection)
    there = {member.key for subject in (*projects, *profiles) for member in subject.members}
    batch.remove(document_key(each.origin, each.id) for each in waiting if each.key not in there)
    members: dict[Key, Member] = {}
    for project in projects:
        document = project_document(project, regards.get(project.address, NO_REGARD), today)
        if is_in_scope(project, document, scopes):
            batch.put(document)
            members |= {member.key: member for member in project.members}
        else:
            batch.remove(document.keys)
    for each in waiting:
        member = members.get(each.key)
        documents = plan_documents(member) if member else ()
        batch.put_all(plans_key(each.origin, each.id), documents)
    for profile in profiles:
        batch.put(profile_document(profile))
    return waiting
