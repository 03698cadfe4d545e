"""What differs between two versions of a statement, field by field.

Maps are compared key by key, so that of a text in four languages only the one that changed is shown; anything
else, a list too, is one value. A pointer is an RFC 6901 JSON pointer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from protocol.packing import Value
from protocol.problem import child


class _Nothing:
    """No value, which is not the same as a null."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = _Nothing()
"""In the place of a value: there is none."""

Found: TypeAlias = "Value | _Nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not the same in both.

    Attributes:
        pointer: To it.
        before: What stood there, or ``NOTHING``.
        after: What stands there now, or ``NOTHING``.
    """

    pointer: str
    before: Found
    after: Found


def differences(before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[Difference, ...]:
    """Return what differs, in the order of the later version; what was taken away comes last in its map."""
    return tuple(_within("", before, after))


def edits(before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[Difference, ...]:
    """Return the same without when it was changed: that is another time in every version."""
    return tuple(each for each in differences(before, after) if each.pointer != "/modified")


def _within(pointer: str, before: Mapping[str, Value], after: Mapping[str, Value]) -> Iterator[Difference]:
    for key in (*after, *(key for key in before if key not in after)):
        one, other = before.get(key, NOTHING), after.get(key, NOTHING)
        place = child(pointer, key)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _within(place, one, other)
        elif not _is_same(one, other):
            yield Difference(place, one, other)


def _is_same(one: Found, other: Found) -> bool:
    """Compare values as a reader does, to whom True is not 1."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other
