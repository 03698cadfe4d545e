"""What the search index shows within the card of another project: a memory of the index, in step with it.

::

    folded:  log, id: of an entry   relation: part, copy   card_log, card_id: of an entry of the other project

What folds follows from the entries (``node.answers.folding``). Here is what the index was told last, so that
whatever depends on a change is looked at again, and nothing else. A project is named by its first entry.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from .marks import by_log

Key = tuple[int, bytes]
"""The database's number of a log, and a statement id."""

PART: Final = "part"
"""Of a suite, found with it."""

COPY: Final = "copy"
"""Of another entry of its log, in whose place that one is found."""

_SELECT: Final = (
    "SELECT log, id, relation, card_log, card_id FROM folded WHERE {log} = ? AND {id} IN ({marks})"
)
# A log may have been purged since it was read.
_PUT: Final = (
    "INSERT INTO folded (log, id, relation, card_log, card_id) SELECT ?1, ?2, ?3, ?4, ?5"
    " WHERE EXISTS (SELECT 1 FROM log WHERE id = ?1)"
)


@dataclass(frozen=True, slots=True)
class Fold:
    """An entry that is shown within another project's card.

    Attributes:
        key: The entry.
        relation: ``PART`` or ``COPY``.
        card: The entry that names the other project.
    """

    key: Key
    relation: str
    card: Key


def is_anything_folded(connection: sqlite3.Connection) -> bool:
    """Report whether the index shows anything within something else."""
    return connection.execute("SELECT 1 FROM folded LIMIT 1").fetchone() is not None


def folds_of(connection: sqlite3.Connection, keys: Iterable[Key]) -> list[Fold]:
    """Return how some entries are folded; those that are not are left out."""
    return _read(connection, keys, "log", "id")


def folds_in(connection: sqlite3.Connection, cards: Iterable[Key]) -> list[Fold]:
    """Return what is folded into projects, named by any of their entries, in the order of logs and ids."""
    return sorted(_read(connection, cards, "card_log", "card_id"), key=lambda fold: fold.key)


def note_folds(connection: sqlite3.Connection, folds: Mapping[Key, Fold | None]) -> None:
    """Remember of entries how they are folded now, and of which nothing is folded any more."""
    connection.executemany("DELETE FROM folded WHERE log = ? AND id = ?", list(folds))
    rows = [(*fold.key, fold.relation, *fold.card) for fold in folds.values() if fold is not None]
    connection.executemany(_PUT, rows)


def forget_folds(connection: sqlite3.Connection) -> None:
    """Forget all, within a transaction: the index is empty."""
    connection.execute("DELETE FROM folded")


def _read(connection: sqlite3.Connection, keys: Iterable[Key], log: str, id_: str) -> list[Fold]:
    found = []
    for number, some, marks in by_log(keys):
        rows = connection.execute(_SELECT.format(log=log, id=id_, marks=marks), (number, *some))
        found += [Fold((row[0], row[1]), row[2], (row[3], row[4])) for row in rows]
    return found
