r"""The one JSON loader for other people's files: strict, bounded, faithful to what was written.

It gives what :mod:`node.interop.yaml_loader` gives, so that every importer sees one kind of value::

    null, true, 7       → None, True, 7
    1784.4, 1e3, -0     → "1784.4", "1e3", "-0"    (statements have no floating-point numbers)
    12345678901234567   → "12345678901234567"      (more digits than JSON numbers keep everywhere)

``NaN`` and ``Infinity`` are no JSON. A key that stands twice in one object is refused, as in
YAML: whichever of the two won, an author would be surprised. So is half a character
(``"\ud800"``). A refused file has one line that says where and why, in :class:`JsonError`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import decoder, scanner
from typing import Any, Final, NoReturn

from node.errors import InvalidInputError

from .yaml_loader import Yaml


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """How much one document may ask of the reader.

    Attributes:
        max_bytes: Size of the file. The largest real inventory known has 1.2 MB, and one of all
            DOE CODE records (5,832) would have 8 MB.
        max_depth: Lists and objects inside one another; real files need six, a hostile one would
            exhaust the call stack.
        max_values: Commas and brackets. A value takes some fifty bytes of memory and one of
            file, so bytes alone would not bound it.
    """

    max_bytes: int = 16_777_216
    max_depth: int = 32
    max_values: int = 1_000_000


INVENTORY: Final = JsonLimits()
# The largest file of the DPG registry has 33 kB.
SINGLE: Final = JsonLimits(max_bytes=1_048_576)

# Digits that are the only spelling of their number, and exact in JSON and msgpack.
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,14}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_REPAIR: Final = "Repair it; a JSON checker shows the place."


class JsonError(InvalidInputError):
    """A document that cannot be read; ``str()`` is one line with place and fault."""

    def __init__(self, fault: str, hint: str, line: int = 0, column: int = 0) -> None:
        place = f"line {line}, column {column}: " if line else ""
        super().__init__(f"{place}{fault}", (), hint)


def load_json(data: bytes, limits: JsonLimits = INVENTORY) -> Yaml:
    """Return the value of the JSON document in ``data``.

    Raises:
        JsonError: Too long, not UTF-8, not JSON, outside the limits, a key twice in one object.
    """
    if len(data) > limits.max_bytes:
        raise JsonError(
            f"the file has {len(data):,} bytes, more than {limits.max_bytes:,}", "Split it into several."
        )
    if sum(map(data.count, (b",", b"[", b"{"))) > limits.max_values:
        raise JsonError(f"more than {limits.max_values:,} values", "Split it into several files.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JsonError(f"not UTF-8, at byte {error.start}", "Save it as UTF-8.") from error
    try:
        value: Yaml = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        fault = f"not JSON: {_lowered(error.msg)}"
        raise JsonError(fault, _REPAIR, error.lineno, error.colno) from error
    except _TwiceError as error:
        raise _located(error, text) from error
    except RecursionError as error:
        raise _too_deep(limits) from error
    _look_over(value, limits)
    return value


class _TwiceError(Exception):
    """A key that stands twice in one object; ``start`` is the place of the object, when known."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key
        self.start = -1


def _object(pairs: list[tuple[str, Yaml]]) -> dict[str, Yaml]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise _TwiceError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found


def _number(text: str) -> int | str:
    return int(text) if _INTEGER.fullmatch(text) else text


def _constant(text: str) -> NoReturn:
    raise JsonError(f"{text} is no number of JSON", "Write null, or the number.")


_RULES: Final[dict[str, Any]] = {
    "object_pairs_hook": _object, "parse_float": str, "parse_int": _number, "parse_constant": _constant,
}  # fmt: skip
_DECODER: Final = json.JSONDecoder(**_RULES)


def _located(error: _TwiceError, text: str) -> JsonError:
    """Return the error with its place: read again, slowly, by a decoder that knows where it is."""
    slow = json.JSONDecoder(**_RULES)

    def parse(start: tuple[str, int], *rest: Any) -> Any:  # noqa: ANN401 - as the library has it
        try:
            return decoder.JSONObject(start, *rest)  # type: ignore[attr-defined]
        except _TwiceError as twice:
            # Raised by the innermost object first.
            twice.start = start[1] - 1 if twice.start < 0 else twice.start
            raise

    slow.parse_object = parse  # type: ignore[attr-defined]
    slow.scan_once = scanner.py_make_scanner(slow)  # type: ignore[attr-defined]
    try:
        slow.decode(text)
    except _TwiceError as twice:
        error = twice
    except RecursionError:
        # Too deep for the slow one; the fault stays what it is.
        return JsonError(f"the key {_shown(error.key)} stands twice in one object", "Remove one of the two.")
    line = text.count("\n", 0, error.start) + 1
    column = error.start - text.rfind("\n", 0, error.start)
    fault = f"the key {_shown(error.key)} stands twice in the object that begins here"
    return JsonError(fault, "Remove one of the two.", line, column)


def _look_over(value: Yaml, limits: JsonLimits) -> None:
    """Refuse what is too deep, and texts that no UTF-8 can hold."""
    level: list[Yaml] = [value]
    for _ in range(limits.max_depth + 1):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return
    raise _too_deep(limits)


def _inside(value: Yaml) -> Iterator[Yaml]:
    """Yield what is in a value: items, keys and values; nothing for a scalar."""
    if isinstance(value, str) and _SURROGATE.search(value):
        raise JsonError(f"half a character in {_shown(value)}", "Write the whole character.")
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict):
        yield from value
        yield from value.values()


def _too_deep(limits: JsonLimits) -> JsonError:
    return JsonError(f"values nest deeper than {limits.max_depth}", "Flatten it.")


def _shown(text: str) -> str:
    return "'" + ascii(text[:60])[1:-1] + "'"


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
