"""Many values in SQL statements: SQLite takes so many parameters at once, and a mark for each."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

MOST: Final = 500
"""Values that one statement is given."""

Value = TypeVar("Value")


def portions(values: Sequence[Value]) -> Iterator[tuple[Sequence[Value], str]]:
    """Yield values in portions of at most ``MOST``, each with its marks for ``IN (…)``."""
    for at in range(0, len(values), MOST):
        some = values[at : at + MOST]
        yield some, ", ".join("?" * len(some))


def by_log(keys: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Sequence[bytes], str]]:
    """Yield the statement ids of each log in portions, each with its marks."""
    ids: dict[int, list[bytes]] = {}
    for log, id_ in keys:
        ids.setdefault(log, []).append(id_)
    for log, those in ids.items():
        for some, marks in portions(those):
            yield log, some, marks
