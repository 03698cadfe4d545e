"""Keeping the search index up to date, and making it again.

``catch_up`` drains ``index_queue`` project by project: when an entry changes, the catalogue queues it and all
that it may have been joined with, and the project of each is indexed as it stands now. A row leaves the
queue only after the index holds durably what the row stands for: a killed process repeats, it never forgets.
An index that is lost, damaged or not this database's is made again: it is derived.
"""

import datetime as dt
import secrets
import sqlite3
from itertools import pairwise
from typing import Final

from federation.vouching import day_of
from node.errors import DamagedError
from node.home import Home
from node.leisure import GoOn, always
from node.store.folded import Fold, forget_folds, note_folds
from node.store.outlined import Outlined, forget_outlines, note_outlines
from node.store.references import is_turned, turn_day
from node.store.waiting import QUEUE_ALL, is_anything_waiting

from .garbage import give_back
from .index import IndexBatch, TextIndex, index_in
from .makers import makers_of, portions
from .portions import SIZE, SIZE_BYTES, Range
from .projects import Key
from .workers import Workers

LOCK_WAIT: Final = 30.0
"""Seconds a command waits for another process that writes the index."""

LITTLE: Final = 64
"""Statements that a reader has indexed before it is answered: some milliseconds, and a wait for the disk."""

_BATCH: Final = 32_768  # statements indexed by one commit: each costs a wait for the disk
_MOST_HELD: Final = 64_000_000  # bytes of what is shown of them
_NEXT: Final = (
    "SELECT q.log, q.id, length(e.payload) FROM index_queue AS q"
    " LEFT JOIN entry AS e ON e.log = q.log AND e.id = q.id ORDER BY q.log, q.id LIMIT ?"
)
_NUMBER: Final = "SELECT count(*) FROM (SELECT 1 FROM {} LIMIT ?)"
_DONE: Final = "DELETE FROM index_queue WHERE log = ? AND id = ? AND turn = ?"


def catch_up(home: Home, wait: float = LOCK_WAIT, go_on: GoOn = always) -> int:
    """Index everything that waits, and everything at all when the index is damaged, or not the database's.

    Args:
        home: The node.
        wait: Seconds to wait for another process that writes the index.
        go_on: Called after each portion; where it raises, what was committed stays, and the rest waits.

    Returns:
        The number of statements that were indexed or taken out.

    Raises:
        LockedError: The other process took longer.
    """
    with makers_of(home) as makers:
        try:
            return _catch_up(home, wait, makers, go_on)
        except DamagedError:
            # Whoever deleted it under a writer, or a bad disk: it is derived, so nobody has to be asked.
            return _reindex(home, wait, makers, go_on)


def catch_up_if_little(home: Home) -> None:
    """Index what waits before a reader is answered, where that is at most ``LITTLE``.

    So whoever wrote something finds it. What a sync brought is the indexing loop's, as is a day that turned,
    and a large index that is lost: nobody waits for these to read what there is.

    Raises:
        LockedError: Somebody else writes the index.
    """
    connection = home.database.connection
    is_there = _fits(_index(home), connection)
    if is_there and not is_turned(connection, _today(home)):
        return
    asked = _NUMBER.format("index_queue" if is_there else "entry")
    (waiting,) = connection.execute(asked, (LITTLE + 1,)).fetchone()
    if waiting <= LITTLE and (waiting or not is_there):
        catch_up(home, wait=0)


def _catch_up(home: Home, wait: float, makers: Workers, go_on: GoOn) -> int:
    index, database, done = _index(home), home.database, 0
    if not is_turned(database.connection, _today(home)):
        with database.write() as connection:
            turn_day(connection, _today(home))
    while is_anything_waiting(database.connection) or not _fits(index, database.connection):
        with index.writing(wait) as batch:
            # Asked again under the writer lock: another process may just have done it.
            if not _fits(index, database.connection):
                with database.write() as connection:
                    _queue_all(connection)
                batch.forget_all()
            done += _drain(home, batch, makers, go_on)
    return done


def reindex(home: Home, wait: float = LOCK_WAIT, go_on: GoOn = always) -> int:
    """Throw the index away, whatever state it is in, and make it again; see ``catch_up``.

    Returns:
        The number of statements that were indexed.

    Raises:
        LockedError: Another process kept writing it.
    """
    with makers_of(home) as makers:
        return _reindex(home, wait, makers, go_on)


def _reindex(home: Home, wait: float, makers: Workers, go_on: GoOn) -> int:
    with _index(home).writing(wait, anew=True) as batch:
        with home.database.write() as connection:
            _queue_all(connection)
        done = _drain(home, batch, makers, go_on)
    return done + _catch_up(home, wait, makers, go_on)


def rewrite(home: Home, wait: float = LOCK_WAIT, go_on: GoOn = always) -> None:
    """Make every segment anew that holds something deleted: its words stay there else, found by nobody.

    tantivy only does so when segments are merged, in its own time. A segment of which nothing is left goes,
    so everything is indexed once more; whoever searches meanwhile finds what there is. See ``catch_up``.

    Raises:
        LockedError: Another process kept writing the index.
    """
    catch_up(home, wait, go_on)
    index = _index(home)
    worn = index.worn_segments()
    if worn:
        with home.database.write() as connection:
            connection.execute(QUEUE_ALL)
        catch_up(home, wait, go_on)
        if worn & index.segments():
            # It holds what the catalogue does not know, which would be a defect: begin from nothing.
            reindex(home, wait, go_on)
    try:
        with index.writing(wait) as batch:
            batch.collect()
    except DamagedError:
        reindex(home, wait, go_on)


def _today(home: Home) -> dt.date:
    return dt.date.fromisoformat(day_of(home.now()))


def _index(home: Home) -> TextIndex:
    return index_in(home.index_dir)


def _queue_all(connection: sqlite3.Connection) -> None:
    """Have everything indexed, and forget what was said of an index that is empty now."""
    connection.execute(QUEUE_ALL)
    forget_folds(connection)
    forget_outlines(connection)


def _fits(index: TextIndex, connection: sqlite3.Connection) -> bool:
    row = connection.execute("SELECT stamp FROM index_stamp").fetchone()
    return row is not None and row[0] == index.stamp()


def _drain(home: Home, batch: IndexBatch, makers: Workers, go_on: GoOn) -> int:
    """Index the projects of one batch of what waits, commit, and take it off the queue."""
    rows: list[tuple[int, int, tuple[int, bytes, int]]] = []
    folds: dict[Key, Fold | None] = {}
    outlines: list[Outlined] = []
    held = 0
    written: dict[int, int] = {}  # key of a document -> the portion that wrote it last
    before = _version(home)
    for number, portion in enumerate(portions(home, _ranges(home), _today(home), makers)):
        batch.remove(portion.gone)
        for document in portion.documents:
            batch.put(document)
            written |= dict.fromkeys(document.keys, number)
        for plan in portion.plans:
            batch.add(plan)
        written |= dict.fromkeys(portion.gone, number)
        folds |= dict.fromkeys(portion.looked_at) | {fold.key: fold for fold in portion.folds}
        rows += [(number, key, (log, id_, turn)) for log, id_, turn, key in portion.done]
        outlines += portion.outlines
        held += sum(len(each.content) for each in portion.outlines)
        if held > _MOST_HELD:
            # What is left waits for the next batch.
            break
        go_on()
    # A later portion may have been read before an earlier one. Where somebody wrote meanwhile, what both have
    # may stand as it was before: it is looked at once more.
    is_sure = before == _version(home)
    done = [row for number, key, row in rows if is_sure or written.get(key, number) == number]
    stamp = secrets.token_hex(8)
    batch.commit(stamp)
    with home.database.write() as connection:
        # What was queued again meanwhile stays: compare-and-swap on its turn.
        connection.executemany(_DONE, done)
        note_folds(connection, folds)
        note_outlines(connection, outlines)
        connection.execute("DELETE FROM index_stamp")
        connection.execute("INSERT INTO index_stamp (stamp) VALUES (?)", (stamp,))
    if len(rows) >= SIZE:
        give_back()
    return len(done)


def _version(home: Home) -> int:
    """Return what changes when anybody else writes to the database."""
    (version,) = home.database.connection.execute("PRAGMA data_version").fetchone()
    return int(version)


def _ranges(home: Home) -> list[Range]:
    """Return the portions in which one batch of what waits is indexed."""
    ends: list[Key] = [(0, b"")]
    number = held = 0
    key: Key | None = None
    for log, id_, length in home.database.connection.execute(_NEXT, (_BATCH,)):
        key, number, held = (log, id_), number + 1, held + (length or 0)
        if number == SIZE or held >= SIZE_BYTES:
            ends.append(key)
            key, number, held = None, 0, 0
    return list(pairwise(ends if key is None else [*ends, key]))
