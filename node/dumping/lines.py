"""Dumps as lines of JSON: the form that the others are made of."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Final, Protocol, TypeVar

import msgspec

from protocol.errors import MalformedError
from protocol.tiles import LEAF

from .items import MOST, End, Head, Item, Run, Stated, from_text, render

MAX_LINE: Final = 8_388_608
"""Bytes of a line of an item; the longest statement has a fraction of that."""

MAX_HEAD: Final = 268_435_456
"""Bytes of the first line, which names every log; the last one says less of each."""

_END: Final = b'{"end":'
_RUN: Final = b'{"origin":'

T = TypeVar("T")


class Reading(Protocol):
    """A dump that is read, in whatever form.

    Attributes:
        head: What it begins with.
        end: What it ends with; None until all items were taken.
    """

    head: Head
    end: End | None

    def items(self) -> Iterator[tuple[str, Item]]:
        """Yield its items, each with where it stands, for whoever has to name the place.

        Raises:
            MalformedError: Something is not as a dump has it, or says the same thing in two ways.
        """
        ...


class _StatedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: str
    index: int
    leaf: str
    salt: str
    payload: str
    statement: Any


class _RunLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origin: str
    index: int
    leaves: str
    root: str


def write_lines(stream: BinaryIO, head: Head, items: Iterable[Item], end: Callable[[], End]) -> None:
    """Write a dump.

    Args:
        stream: The open file.
        head: What it begins with.
        items: What it has.
        end: Returns what it ends with, once the items were taken.
    """
    stream.write(render(head))
    stream.writelines(item.line() for item in items)
    stream.write(render(end()))


class Lines:
    """A file of lines that is read; see ``Reading``.

    Args:
        stream: The open file.
        name: What it is called where a place is named.
        longest: Bytes that its first line may have.

    Raises:
        MalformedError: It does not begin as a dump does.
    """

    def __init__(self, stream: BinaryIO, name: str, longest: int = MAX_HEAD) -> None:
        self._stream = stream
        self._name = name
        line = stream.readline(longest + 1)
        if len(line) > longest:
            raise MalformedError(f"{name}, line 1", f"it is longer than {longest} bytes")
        self.head = _read(line, Head, f"{name}, line 1")
        self.end: End | None = None
        # What is said of a log in the end is shorter than what is said of it in the head.
        self._longest = max(MAX_LINE, len(line))

    def items(self) -> Iterator[tuple[str, Item]]:
        """Yield the items; see ``Reading``."""
        number = 1
        while line := self._stream.readline(self._longest + 1):
            number += 1
            place = f"{self._name}, line {number}"
            if self.end is not None:
                raise MalformedError(place, "it comes after the end")
            if line.startswith(_END):
                self.end = _read(line, End, place)
                continue
            if len(line) > MAX_LINE:
                raise MalformedError(place, f"it is longer than {MAX_LINE} bytes")
            item = _run(line, place) if line.startswith(_RUN) else _stated(line, place)
            if item.line() != line:
                raise MalformedError(place, "it does not say what its leaf and its payload say")
            yield place, item
        if self.end is None:
            raise MalformedError(f"{self._name}, line {number}", "it is the last one, and not the end")


def run_of(origin: str, index: int, leaves: bytes, root: bytes, place: str) -> Run:
    """Return a run whose leaves are as many as can be, and have the root that it names.

    Raises:
        MalformedError: They are not, or have not.
    """
    if not leaves or len(leaves) % LEAF or len(leaves) > MOST * LEAF:
        raise MalformedError(place, f"it has not 1 to {MOST} leaves")
    run = Run.of(origin, index, leaves)
    if run.root != root:
        raise MalformedError(place, "its leaves have another root")
    return run


def _stated(line: bytes, place: str) -> Stated:
    found = _decode(line, _StatedLine, place)
    leaf = from_text(found.leaf, place)
    if len(leaf) != LEAF:
        raise MalformedError(place, f"its leaf has not {LEAF} bytes")
    blob = from_text(found.salt, place) + from_text(found.payload, place)
    return Stated(found.address.partition("/e/")[0], found.index, leaf, blob)


def _run(line: bytes, place: str) -> Run:
    found = _decode(line, _RunLine, place)
    try:
        root = bytes.fromhex(found.root)
    except ValueError:
        raise MalformedError(place, "its root is not hexadecimal") from None
    return run_of(found.origin, found.index, from_text(found.leaves, place), root, place)


def _read(line: bytes, kind: type[T], place: str) -> T:
    """Return the struct of a line that says nothing else and in no other way."""
    found = _decode(line, kind, place)
    if render(found) != line:
        raise MalformedError(place, "it is not written as a dump writes it")
    return found


def _decode(line: bytes, kind: type[T], place: str) -> T:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(place, f"it is no line of a dump: {error}") from error
