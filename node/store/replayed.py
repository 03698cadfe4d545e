"""A replay of all leaves of a log, and the rows of the log against it."""

from collections.abc import Iterable, Iterator
from itertools import compress
from typing import Any, TypeAlias

from federation.known import split_leaves
from node.leisure import GoOn, always
from protocol.keyset import KeyChain
from protocol.replay import Replay
from protocol.tiles import WIDTH

from .logreader import LogReader, chain_of, read_key_notes

_Row: TypeAlias = tuple[Any, ...]


def replayed(store: LogReader, chain: KeyChain, size: int, go_on: GoOn = always) -> Replay:
    """Return what the first ``size`` leaves of a log come to; a portion of them is in memory at a time.

    ``go_on`` is called before each portion, and ends it by what it raises.

    Raises:
        MalformedError: They are no log.
    """
    replay = Replay(0, store, chain.commitments, size)
    for start in range(0, size, WIDTH):
        go_on()
        replay.feed(split_leaves(store.read_leaves(start, min(start + WIDTH, size))))
    return replay


def differing_rows(store: LogReader, go_on: GoOn = always) -> Iterator[tuple[str, str]]:
    """Yield each row that is not what the leaves say, and why, as a clause without a full stop.

    All in one moment, and of the tree as it is then. ``go_on`` is called again and again, and ends it by what
    it raises.

    Raises:
        MalformedError: The leaves are no log.
    """
    with store.database.read() as connection:
        (size,) = connection.execute("SELECT size FROM log WHERE id = ?", (store.id,)).fetchone()
        replay = replayed(store, chain_of(read_key_notes(connection, store.id)), size, go_on)
        for table, columns, expected in _rows(replay):
            # Not in the order of the table, which a damaged key breaks: all behind it would be found wrong.
            first = columns.partition(",")[0]
            select = f"SELECT {columns} FROM {table} WHERE log = ? ORDER BY +{first}"  # noqa: S608 - our names
            rows = _asking(connection.execute(select, (store.id,)), go_on)
            for key, is_there in _differing(iter(expected), rows):
                shown = key.hex() if isinstance(key, bytes) else key
                reason = "it does not follow from the leaves" if is_there else "there is none"
                yield f"{table} {shown} of {store.origin}", reason


def _rows(replay: Replay) -> Iterator[tuple[str, str, Iterable[_Row]]]:
    """Yield tables, columns of which the first one is the key, and the rows in the order of the keys."""
    ops = replay.ops
    yield "statement", "id, idx, op", ((id_, index, ops[index]) for id_, index in replay.heads.items())
    was_head = bytearray(replay.size)
    for index in replay.superseded:
        was_head[index] = True
    yield "superseded", "idx", zip(compress(range(replay.size), was_head), strict=True)
    yield "void_leaf", "idx", ((void.index,) for void in replay.voids)
    yield "erased", "idx, reason", sorted(replay.erased.items())


def _asking(rows: Iterable[_Row], go_on: GoOn) -> Iterator[_Row]:
    for number, row in enumerate(rows):
        if not number % WIDTH:
            go_on()
        yield row


def _differing(expected: Iterator[_Row], found: Iterator[_Row]) -> Iterator[tuple[Any, bool]]:
    """Yield each key whose rows differ, and whether there is one; one by one, as a log may have millions."""
    mine, theirs = next(expected, None), next(found, None)
    while mine or theirs:
        key = min(row[0] for row in (mine, theirs) if row)
        is_mine, is_there = mine is not None and mine[0] == key, theirs is not None and theirs[0] == key
        if mine != theirs:
            yield key, is_there
        mine = next(expected, None) if is_mine else mine
        theirs = next(found, None) if is_there else theirs
