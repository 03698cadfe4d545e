"""What is found within the hits of a search: how many parts a suite has, which of them fit; copies.

The card of a suite is found by what all its things say (see ``documents``); which of its parts fit the
question by themselves is asked for the suites of one page. There may be none: of two words one may be in one
part, and one in another.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import tantivy

from node.home import Home
from node.store.folded import COPY, PART, folds_in

from .asking import Asked, Hit, hits
from .documents import document_key
from .projects import Key
from .queries import Level, all_of

MAX_SHOWN: Final = 5
"""Parts of a suite that are named with it."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is found within a project.

    Attributes:
        parts: How many parts it has.
        matching: How many of them fit by themselves.
        shown: The first of these, in the order of the answer.
        copies: How many copies it stands for.
    """

    parts: int = 0
    matching: int = 0
    shown: tuple[Key, ...] = ()
    copies: int = 0


NO_CARD: Final = Card()
"""Of nearly everything."""


def cards_of(home: Home, found: Sequence[Hit], asked: Callable[[], Asked]) -> dict[Key, Card]:
    """Return what is found within hits, by the entry that names each; those with nothing are left out.

    Args:
        home: The node.
        found: The hits of one page.
        asked: Returns the question as the index is asked it for each thing by itself.
    """
    naming = {key: hit.members[0] for hit in found for key in hit.members}
    with home.database.read() as connection:
        folds = folds_in(connection, naming)
        if not folds:
            return {}
        origins = dict(connection.execute("SELECT id, origin FROM log"))
    copies = Counter(naming[fold.card] for fold in folds if fold.relation == COPY)
    inside = {fold.key: naming[fold.card] for fold in folds if fold.relation == PART}
    fitting: dict[Key, list[Key]] = {}
    if inside:
        keys = [document_key(origins[log], id_) for log, id_ in inside]
        for hit in hits(_among(asked(), keys), None, len(keys)):
            part = next((key for key in hit.members if key in inside), None)
            if part is not None:
                fitting.setdefault(inside[part], []).append(part)
    parts = Counter(inside.values())
    return {
        key: Card(parts[key], len(those), tuple(those[:MAX_SHOWN]), copies[key])
        for key in parts | copies
        for those in (fitting.get(key, []),)
    }


def _among(asked: Asked, keys: Sequence[int]) -> Asked:
    """Return a question about some documents only."""
    these = tantivy.Query.term_set_query(asked.snapshot.schema, "key", list(keys))
    return replace(asked, levels=[Level(level.label, all_of((level.query, these))) for level in asked.levels])
