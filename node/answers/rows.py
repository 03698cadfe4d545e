"""From statements to the rows of the catalogue that say what they are: pure.

Most of what a row costs is finding out whether a payload is well formed, and what it says; see ``catalogue``
for where the rows go.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from federation.identity import identifier_keys
from node.store.projection import Current
from node.store.references import References
from protocol.blob import SALT
from protocol.errors import MalformedError
from protocol.leaf import Op
from protocol.packing import Value, unpack
from protocol.problem import ERROR, Problem
from protocol.validate import validate

from .garbage import uncollected
from .texts import headline_of

MAX_PROBLEMS: Final = 50
"""Problems kept of one statement: a hostile one could have thousands."""


Identity = tuple[int, int, bytes]
"""An identifier, and the log and id of a statement that has it."""


class Rows(NamedTuple):
    """The rows of some statements of a log, but for their payloads; costs little to hand to another process.

    Attributes:
        headlines: Statement id → (type, kind, name, language of the name).
        identities: In the order of the table, each once.
        references: What points at what.
        problems: (log, index, severity, pointer, message, hint).
    """

    headlines: dict[bytes, tuple[str, str, str, str]]
    identities: list[Identity]
    references: References
    problems: list[tuple[int, int, str, str, str, str]]


def rows_of(log: int, states: Iterable[Current]) -> Rows:
    """Return the rows of statements of a log, none of those without a blob."""
    with uncollected():
        return _rows_of(log, states)


def _rows_of(log: int, states: Iterable[Current]) -> Rows:
    headlines: dict[bytes, tuple[str, str, str, str]] = {}
    identities: list[Identity] = []
    references = References([], [], [], [])
    problems: list[tuple[int, int, str, str, str, str]] = []
    for state in states:
        if state.blob is None:
            continue
        value, faults = read(state.blob[SALT:])
        headlines[state.id] = headline = headline_of(value)
        if state.op == Op.PUT:
            references.add((log, state.id), value)
            if headline[0] == "entry" and isinstance(value, dict):
                identities += [(key, log, state.id) for key in identifier_keys(value)]
        problems += [
            (log, state.index, each.severity, each.pointer, each.message, each.hint)
            for each in faults[:MAX_PROBLEMS]
        ]
    return Rows(headlines, sorted(identities), references.ordered(), problems)


def read(payload: bytes) -> tuple[Value, tuple[Problem, ...]]:
    """Return the statement, None where it cannot be read, and what is wrong with it."""
    try:
        value = unpack(payload)
    except MalformedError as error:
        message = f"The statement cannot be read: {error.reason}."
        return None, (Problem("", message, "Its publisher must replace it.", ERROR),)
    return value, validate(value, written_here=False, unpacked=True)
