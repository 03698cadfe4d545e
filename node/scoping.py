"""Following a part: which kinds, topics and places of a followed log are found by search here.

::

    fedcat scope oslo.example/log/oslo/1 --topic sector:health --place NO

What is found is what a search with these filters, and for wider places too, would find. The log itself is
mirrored, verified and served whole, so nothing has to be fetched when the scope changes, and an entry that
is out of scope still has its address, its history and its proof. A project is found when any of its members
is within the scope of its own log.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from protocol.vocabulary import is_known, suggestion

from .answers.facets import spelled
from .errors import InvalidInputError, NotFoundError
from .home import Home
from .store.scopes import Scope, put_scope, scopes_in
from .store.trail import note_deed
from .store.waiting import QUEUE_LOG
from .successors import series_of

SCOPED: Final = ("kind", "topic", "jurisdiction")
"""The facets by which a scope is chosen."""

MAX_VALUES: Final = 100
"""Values of one facet."""


def scope_of(home: Home, origin: str) -> Scope:
    """Return what of a log is found here; empty when all of it is.

    Raises:
        NotFoundError: It is neither own nor followed.
    """
    row = home.logs.get(origin)
    if row is None:
        raise NotFoundError(f"log {origin}", hint="`fedcat peers` lists those that are followed")
    return scopes_in(home.database.connection).get(row.id, {})


def set_scope(home: Home, origin: str, scope: Mapping[str, Iterable[str]], actor: str) -> Scope:
    """Have only a part of a followed log found, or all of it again; also of the logs that continue it.

    Args:
        home: The node.
        origin: The log.
        scope: Facet of ``SCOPED`` → values; one of them is enough, of every facet that has any. Empty: all.
        actor: Who wants it.

    Returns:
        The scope as it is now, its values in the spelling that is counted.

    Raises:
        NotFoundError: The log is not known here.
        InvalidInputError: It is an own log, or the scope has another facet, an unknown word or too many.
    """
    scope_of(home, origin)
    chosen = checked(scope)
    rows = [row for each in series_of(home, origin) if (row := home.logs.get(each)) is not None]
    if any(row.own for row in rows):
        raise InvalidInputError(
            f"{origin} is a log of this node itself", hint="`fedcat moderate hide` hides single entries"
        )
    with home.database.write() as connection:
        for row in rows:
            put_scope(connection, row.id, chosen)
            connection.execute(QUEUE_LOG, (row.id,))
        note_deed(connection, home.now(), actor, "scope", origin, chosen)
    return chosen


def checked(scope: Mapping[str, Iterable[str]]) -> Scope:
    """Return a scope as it is counted: values in their usual spelling, sorted, each once.

    Raises:
        InvalidInputError: It has an unknown facet or word, or too many values.
    """
    found = {}
    for facet, values in scope.items():
        if facet not in SCOPED:
            raise InvalidInputError(f"a scope is chosen by {', '.join(SCOPED)}, not by {facet!r}")
        chosen = tuple(sorted({_known(facet, value) for value in values}))
        if len(chosen) > MAX_VALUES:
            raise InvalidInputError(f"a scope has at most {MAX_VALUES} values of a {facet}")
        if chosen:
            found[facet] = chosen
    return found


def _known(facet: str, value: str) -> str:
    """Return a value as it is counted; a place need not be known: there are ever new ones."""
    if facet != "jurisdiction" and not is_known(facet, value):
        raise InvalidInputError(f"there is no {facet} {value!r}", hint=suggestion(facet, value))
    if not (value and value.isprintable()):
        raise InvalidInputError(f"a {facet} is a word, not {value!r}")
    return spelled(facet, value)
