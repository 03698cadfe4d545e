"""The strict msgpack profile: one value, one encoding.

Hashes cover bytes, so two encodings of one value would be two statements. This
profile leaves exactly one: map keys are ``str`` in strictly ascending order of
their UTF-8 bytes, lengths take the shortest form, and only nil, bool, int, str,
bin, array and map occur. No floats and no extension types::

    82                      map of 2
       a1 61  01            "a": 1
       a1 62  a2 c3 a9      "b": "é"     (NFC: c3 a9, never 65 cc 81)

Integers stay within ±(2**53 - 1), which JSON readers hold exactly. Text is NFC
without control characters, bidirectional controls and noncharacters, so that
what people read is what was signed. Decoders of msgpack accept far more (the
last of two equal keys, for instance), hence: decode, look at every part, encode
again, compare.

Nearly every value is fine, so one quick look at all of it says so; only what does not pass
that look is walked part by part, for the reason.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

import msgpack
import msgspec.msgpack

from .errors import MalformedError

Value: TypeAlias = "bool | int | str | bytes | list[Value] | dict[str, Value] | None"
"""What the profile can carry."""

MAX_INTEGER: Final = 2**53 - 1
"""The largest magnitude of an integer: what a JSON reader holds without rounding."""


@dataclass(frozen=True, slots=True)
class PackingLimits:
    """How large one packed value may be.

    Attributes:
        max_bytes: Encoded length in bytes. The largest real entry has 165 kB.
        max_depth: Maps and arrays inside one another, the outermost counted.
            Real entries need five; a bound keeps the walk off the call stack.
        max_keys: Keys of one map. More is data, and belongs into an array.
        max_items: Items of one array.
        max_containers: Maps and arrays in all. An empty one is a byte on the wire and 72 in
            memory, so what may be long must not be made of them.
    """

    max_bytes: int = 262_144
    max_depth: int = 8
    max_keys: int = 256
    max_items: int = 262_144
    max_containers: int = 262_144


PAYLOAD: Final = PackingLimits()
"""The limits of a statement's payload."""


def pack(value: Value, limits: PackingLimits = PAYLOAD) -> bytes:
    """Return the one encoding of a value; map keys may come in any order.

    Raises:
        ValueError: The value is outside the profile or its limits.
    """
    if not _is_plain(value, limits) and (fault := _fault(value, 0, limits, ordered=False)):
        raise ValueError(fault)
    data = _encode(value)
    if len(data) > limits.max_bytes:
        raise ValueError(f"longer than {limits.max_bytes} bytes")
    if len(data) > limits.max_containers:
        _decode(data, limits)
    return data


def unpack(data: bytes, limits: PackingLimits = PAYLOAD) -> Value:
    """Return the value that the bytes encode.

    Raises:
        MalformedError: The bytes are not msgpack, not the one encoding of their
            value, or outside the profile or its limits.
    """
    if len(data) > limits.max_bytes:
        raise MalformedError("msgpack", f"longer than {limits.max_bytes} bytes")
    try:
        value = _decode(data, limits)
    except msgpack.exceptions.ExtraData as error:
        raise MalformedError("msgpack", "bytes follow the value") from error
    except UnicodeDecodeError as error:
        raise MalformedError("msgpack", "text is not UTF-8") from error
    except ValueError as error:
        raise MalformedError("msgpack", "not decodable within the limits") from error
    if not _is_plain(value, limits) and (fault := _fault(value, 0, limits, ordered=True)):
        raise MalformedError("msgpack", fault)
    # What no look at the value can see: longer forms of a length, and equal keys, of
    # which the decoder kept one.
    if _encode(value) != data:
        reason = _fault(value, 0, limits, ordered=True)
        raise MalformedError("msgpack", reason or "not the shortest encoding, or a key twice in one map")
    return cast("Value", value)


def text_fault(text: str, *, prose: bool = True) -> str | None:
    """Return why a text is refused, as a clause, or None when it is fine.

    Args:
        text: Any string.
        prose: Whether newline and tab are allowed.
    """
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        return "text is not in Unicode normalisation form C"
    # Controls, surrogates and what is unassigned for ever are not printable; most texts leave here.
    if (text.replace("\n", " ") if prose else text).isprintable():
        return None
    match = (_REFUSED_IN_PROSE if prose else _REFUSED).search(text)
    found = match.group() if match else next(filter(_is_noncharacter, _BEYOND_BMP.findall(text)), None)
    return f"text has the {_kind_of(found)} U+{ord(found):04X}" if found else None


_REFUSED_ALWAYS: Final = (
    "\x7f-\x9f"  # controls
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\ud800-\udfff"  # surrogates
    "\ufdd0-\ufdef\ufffe\uffff"  # noncharacters
)
_REFUSED: Final = re.compile(f"[\x00-\x1f{_REFUSED_ALWAYS}]")
_REFUSED_IN_PROSE: Final = re.compile(f"[\x00-\x08\x0b-\x1f{_REFUSED_ALWAYS}]")
_BEYOND_BMP: Final = re.compile("[\U00010000-\U0010ffff]")
_SCALARS: Final = frozenset({bool, int, bytes, type(None)})
_TEXT: Final = frozenset({str})


def _is_noncharacter(beyond_bmp: str) -> bool:
    """Report whether a character beyond the BMP is one of the last two of its plane."""
    # Not a class of the pattern above: so many single characters make a search twenty times as slow.
    return ord(beyond_bmp) & 0xFFFE == 0xFFFE  # noqa: PLR2004 - the last two of 65,536


def _kind_of(refused: str) -> str:
    """Return what a refused character is."""
    match unicodedata.category(refused):
        case "Cc":
            return "control character"
        case "Cs":
            return "surrogate"
        case "Cf":
            return "bidirectional control"
        case _:
            return "noncharacter"


# Shortest forms, and map keys in ascending order of their UTF-8 bytes.
_encode: Final = msgspec.msgpack.Encoder(order="deterministic").encode


def _decode(data: bytes, limits: PackingLimits) -> object:
    """Return what msgpack bytes say, the profile unchecked.

    Raises:
        ValueError: They are not decodable, or hold more containers or longer arrays than allowed.
    """
    # A container takes a byte at least: most values are too short to need counting.
    hook = _allow(limits.max_containers) if len(data) > limits.max_containers else None
    return msgpack.unpackb(
        data,
        raw=False,
        strict_map_key=True,
        max_array_len=limits.max_items,
        list_hook=hook,
        object_hook=hook,
    )


def _allow(most: int) -> Callable[[object], object]:
    """Return a hook that hands containers on, so many of them."""
    left = iter(range(most))

    def hook(container: object) -> object:
        if next(left, None) is None:
            raise ValueError(f"more than {most} maps and arrays")
        return container

    return hook


def _is_plain(value: object, limits: PackingLimits) -> bool:
    """Report whether a value surely has no fault; of the order of its keys this says nothing.

    All texts are looked at as one: a space between two of them is not refused and composes with
    neither, so the joined text is fine exactly when each is.
    """
    keys: list[object] = []
    texts: list[str] = []
    level: list[Any] = [[value]]
    # The list around the value is no part of it.
    for _ in range(limits.max_depth + 1):
        below = _below(level, limits, keys, texts)
        if not below:
            break
        level = below
    else:
        return False
    return (
        below is not None
        and _TEXT.issuperset(map(type, keys))
        and text_fault(" ".join(cast("list[str]", keys)), prose=False) is None
        and text_fault(" ".join(texts)) is None
    )


def _below(level: list[Any], limits: PackingLimits, keys: list[object], texts: list[str]) -> list[Any] | None:
    """Add the keys and texts of some containers to the lists; return the containers inside them.

    None when something in them is outside the profile or its limits.
    """
    below: list[Any] = []
    for container in level:
        items = container
        most = limits.max_items
        if type(container) is dict:
            keys += container
            items = container.values()
            most = limits.max_keys
        if len(items) > most:
            return None
        for item in items:
            kind = type(item)
            if kind is str:
                texts.append(item)
            elif kind is dict or kind is list:
                below.append(item)
            elif kind not in _SCALARS or (kind is int and not -MAX_INTEGER <= item <= MAX_INTEGER):
                return None
    return below


def _fault(value: object, depth: int, limits: PackingLimits, *, ordered: bool) -> str | None:
    """Return the first reason why a value is outside the profile, or None.

    Types are compared exactly: a subclass could print or sort as something else.
    """
    kind = type(value)
    if kind is str:
        text = cast("str", value)
        # Almost every text of a catalogue leaves here.
        return None if text.isascii() and text.isprintable() else text_fault(text)
    if kind is dict:
        return _map_fault(cast("dict[object, object]", value), depth + 1, limits, ordered=ordered)
    if kind is list:
        return _array_fault(cast("list[object]", value), depth + 1, limits, ordered=ordered)
    if kind is int and not -MAX_INTEGER <= cast("int", value) <= MAX_INTEGER:
        return "an integer is beyond 2**53 - 1"
    return None if kind in _SCALARS else f"{kind.__name__} is not a type of the profile"


def _array_fault(items: list[object], depth: int, limits: PackingLimits, *, ordered: bool) -> str | None:
    """Return the first reason why an array is outside the profile, or None."""
    if depth > limits.max_depth:
        return f"nested more than {limits.max_depth} deep"
    if len(items) > limits.max_items:
        return f"an array has more than {limits.max_items} items"
    for item in items:
        if fault := _fault(item, depth, limits, ordered=ordered):
            return fault
    return None


def _map_fault(
    entries: dict[object, object], depth: int, limits: PackingLimits, *, ordered: bool
) -> str | None:
    """Return the first reason why a map is outside the profile, or None."""
    if depth > limits.max_depth:
        return f"nested more than {limits.max_depth} deep"
    if len(entries) > limits.max_keys:
        return f"a map has more than {limits.max_keys} keys"
    previous: str | None = None
    for key, item in entries.items():
        # The common case, said in one line: an ASCII key in its place.
        plain = type(key) is str and key.isascii() and key.isprintable()
        if not plain and (fault := _key_fault(key)):
            return fault
        if ordered and previous is not None and cast("str", key) <= previous:
            return "map keys are not in ascending order"
        previous = cast("str", key)
        if type(item) is str and item.isascii() and item.isprintable():
            continue
        if fault := _fault(item, depth, limits, ordered=ordered):
            return fault
    return None


def _key_fault(key: object) -> str | None:
    """Return why a map key is refused, or None."""
    return text_fault(key, prose=False) if type(key) is str else "a map key is not text"
