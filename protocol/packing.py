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

Nearly every value is fine, and a few passes over all of it at once say so: one that takes
nothing else than the profile's types, one that encodes again and one over all texts in a row.
Only what does not pass them is walked part by part, for the reason.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias, cast

import msgpack
import msgspec

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
    if fault := _fault(value, 0, limits, ordered=False):
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
    value = _unpack_quickly(data) if limits is PAYLOAD else None
    return _unpack_closely(data, limits) if value is None else value


def text_fault(text: str, *, prose: bool = True) -> str | None:
    """Return why a text is refused, as a clause, or None when it is fine.

    Args:
        text: Any string.
        prose: Whether newline and tab are allowed.
    """
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        return "text is not in Unicode normalisation form C"
    found = _refused_in(text, prose=prose)
    return f"text has the {_kind_of(found)} U+{ord(found):04X}" if found else None


def publishable(text: str, *, prose: bool = True) -> str:
    """Return a text in the one form that is taken: NFC, without the characters that are refused.

    For texts that somebody typed, or wrote elsewhere: nobody sees these characters, so nobody can take them
    out.

    Args:
        text: Any string.
        prose: Whether newline and tab are allowed.
    """
    text = unicodedata.normalize("NFC", text)
    if text_fault(text, prose=prose) is None:
        return text
    kept = (each for each in text if _refused_in(each, prose=prose) is None)
    # Removing a character can bring two others together that compose.
    return unicodedata.normalize("NFC", "".join(kept))


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


def _refused_in(text: str, *, prose: bool) -> str | None:
    """Return the first refused character of a text, or None."""
    # Controls, surrogates and what is unassigned for ever are not printable; most texts leave here.
    if (text.replace("\n", " ") if prose else text).isprintable():
        return None
    match = (_REFUSED_IN_PROSE if prose else _REFUSED).search(text)
    return match.group() if match else next(filter(_is_noncharacter, _BEYOND_BMP.findall(text)), None)


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


def _quick_type(depth: int) -> Any:  # noqa: ANN401 - a type made at run time
    """Return the type of the values that are nested so deep at most, byte strings left out.

    msgspec takes no byte string where it takes a text; statements hardly ever have one.
    """
    scalar: Any = bool | Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)] | str | None
    if not depth:
        return scalar
    inner = _quick_type(depth - 1)
    items = Annotated[list[inner], msgspec.Meta(max_length=PAYLOAD.max_items)]  # type: ignore[valid-type]
    entries = Annotated[dict[str, inner], msgspec.Meta(max_length=PAYLOAD.max_keys)]  # type: ignore[valid-type]
    return scalar | items | entries


# A deeper value waits for the close look: the type doubles with each level, and real entries need five.
_QUICK_DEPTH: Final = 6
_decode_quickly: Final = msgspec.msgpack.Decoder(_quick_type(_QUICK_DEPTH)).decode
_to_json: Final = msgspec.json.Encoder().encode

_ASCII: Final = bytes(range(128))
_BACKSLASH: Final = 0x5C
_DELETE: Final = 0x7F
# Escapes that stand for a control character other than newline and tab, and these two in a key.
_REFUSED_ESCAPE: Final = re.compile(rb'\\(?:[^nt]|[nt][^"\\]*":)')
# Neither refused nor touched by normalisation, whatever they stand beside; most texts have no others.
_COMMON: Final = re.compile("[\xa0-\u02ff\u0400-\u0482\u2010-\u2027\u2030-\u203a\u20ac]*")


def _unpack_quickly(data: bytes) -> Value:
    """Return what a payload encodes when surely nothing is wrong with it, else None."""
    try:
        value: Value = _decode_quickly(data)
    except ValueError:
        return None
    # The encoder makes one encoding of a value: another form, order or number of its parts differs.
    return value if _encode(value) == data and _are_texts_fine(_to_json(value)) else None


def _are_texts_fine(json: bytes) -> bool:
    """Report whether surely no text is refused in a value that is written as JSON.

    There all texts stand in a row, each after a quotation mark, with which no character composes.
    Escapes are ASCII and stand for ASCII, so they neither hide nor make what is beyond it.
    """
    if _BACKSLASH in json:
        # Without these two every backslash left begins the escape of a control character, and
        # every quotation mark ends or begins a text.
        plain = json.replace(rb"\\", b"").replace(rb"\"", b"")
        if _REFUSED_ESCAPE.search(plain):
            return False
    if _DELETE in json:
        return False
    if json.isascii():
        return True
    beyond = json.translate(None, _ASCII).decode()
    if _COMMON.fullmatch(beyond):
        return True
    return not _refused_in(beyond, prose=False) and unicodedata.is_normalized("NFC", json.decode())


def _unpack_closely(data: bytes, limits: PackingLimits) -> Value:
    """Return the value that the bytes encode.

    Raises:
        MalformedError: As of :func:`unpack`.
    """
    try:
        value = _decode(data, limits)
    except msgpack.exceptions.ExtraData as error:
        raise MalformedError("msgpack", "bytes follow the value") from error
    except UnicodeDecodeError as error:
        raise MalformedError("msgpack", "text is not UTF-8") from error
    except ValueError as error:
        raise MalformedError("msgpack", "not decodable within the limits") from error
    if fault := _fault(value, 0, limits, ordered=True):
        raise MalformedError("msgpack", fault)
    # What no look at the value can see: longer forms of a length, and equal keys, of
    # which the decoder kept one.
    if _encode(value) != data:
        raise MalformedError("msgpack", "not the shortest encoding, or a key twice in one map")
    return cast("Value", value)


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
