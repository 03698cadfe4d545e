"""Everything that is wrong with a statement, at once.

The shape comes from the structs of :mod:`protocol.statement`, read through msgspec's own
type information; msgspec would stop at the first fault. A problem says where (a JSON
pointer), what (a sentence) and what to do::

    Problem("/links/0/url", "'www.lyon.fr' is not a web address.",
            "Write it whole, such as https://example.org/page.", "error")

An *error* means that the statement may not be published here, and from elsewhere that it
cannot be read. A *flag* is shown beside a statement that stays in use: words, licences and
gaps never make somebody else's entry unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

import msgspec.inspect as shape

from .forms import CHECKS
from .packing import Value, pack, text_fault
from .problem import ERROR, FLAG, Problem, Severity, child
from .requirements import entry_problems, profile_problems
from .statement import LATER_TYPES, TYPES, VERSION
from .vocabulary import is_known, suggestion

__all__ = ["Problem", "validate"]

# Items of one list; real entries stay far below, except for lists of claimed users.
_MAX_ITEMS: Final = 200
# Characters of a value that a sentence quotes.
_QUOTED: Final = 60

_NO_RULE: Final[Mapping[str, Any]] = {"form": "", "vocabulary": "", "most": 10_000, "required": False}
_SHAPES: Final = {
    shape.StrType: ("a text", "Write it as text, in quotes."),
    shape.IntType: ("a whole number", "Write a number without quotes and without a fraction."),
    shape.BoolType: ("true or false", "Write true or false, without quotes."),
    shape.VarTupleType: ("a list", "Write it as a list, even of one item."),
    shape.DictType: ("a map", "Write it as keys with values, such as a text for each language."),
    shape.StructType: ("a map", "Write it as keys with values."),
}


def validate(payload: Value, *, written_here: bool, unpacked: bool = False) -> tuple[Problem, ...]:
    """Return all problems of a payload, in the order of the document; empty means none.

    Args:
        payload: What a blob holds after its salt, unpacked; any value.
        written_here: True for statements about to be published by this node's own users,
            which must be complete and use known words. False for imports and for other
            people's statements: those need a kind and a name.
        unpacked: True when the payload came out of ``unpack``, which has refused already what
            cannot be packed; saves half of the time.
    """
    if not isinstance(payload, dict):
        return (Problem("", "A statement is a map.", "Send a map with type, v and fields.", ERROR),)
    refusal = "" if unpacked else _refusal(payload)
    # Only a value that cannot be packed can hold a text that cannot be kept.
    found = list(_text_problems(payload, "")) if refusal else []
    found += _Checker(written_here=written_here).statement(payload)
    if refusal and not any(problem.severity == ERROR for problem in found):
        message = f"The statement cannot be encoded: {refusal}."
        found.append(Problem("", message, "Shorten it.", ERROR))
    return tuple(found)


def _refusal(payload: Value) -> str:
    try:
        pack(payload)
    except ValueError as error:
        return str(error)
    return ""


class _Checker:
    """One walk over one statement, with the strictness of where it was written."""

    def __init__(self, *, written_here: bool) -> None:
        self._written_here = written_here
        # What is wrong with the words, but leaves the statement readable.
        self._doubt: Severity = ERROR if written_here else FLAG

    def statement(self, payload: dict[str, Value]) -> Iterator[Problem]:
        name = payload.get("type")
        if not isinstance(name, str):
            yield Problem("/type", "The statement does not say its type.", "Set type to entry.", ERROR)
            return
        struct = TYPES.get(name)
        if struct is None:
            if name in LATER_TYPES:
                message = f"Statements of type '{name}' are kept, but not yet understood."
                yield Problem("/type", message, "A later version of fedcat reads them.", FLAG)
            else:
                message = f"'{_short(name)}' is not a known type of statement."
                yield Problem("/type", message, f"Use one of: {', '.join(TYPES)}.", FLAG)
            return
        version = payload.get("v")
        if version != VERSION and isinstance(version, int) and not isinstance(version, bool):
            yield Problem(
                "/v", f"Version {version} of statements is not known here.", "Write v: 1.", self._doubt
            )
        yield from self._map(payload, _struct(struct), "")
        if name == "entry":
            yield from entry_problems(payload, written_here=self._written_here)
        elif name == "profile":
            yield from profile_problems(payload)

    def _value(
        self, value: Value, kind: shape.Type, rule: Mapping[str, Any], pointer: str
    ) -> Iterator[Problem]:
        if isinstance(kind, shape.Metadata):
            yield from self._value(value, kind.type, kind.extra or rule, pointer)
        elif isinstance(kind, shape.UnionType):
            yield from self._union(value, kind, rule, pointer)
        elif isinstance(kind, shape.AnyType):
            return
        elif not _has_shape(value, kind):
            yield _misshapen(value, (kind,), pointer)
        elif isinstance(value, str):
            yield from self._text(value, rule, pointer)
        elif isinstance(value, list) and isinstance(kind, shape.VarTupleType):
            yield from self._list(value, kind.item_type, pointer)
        elif isinstance(value, dict) and isinstance(kind, shape.StructType):
            yield from self._map(value, kind, pointer)
        elif isinstance(value, dict) and isinstance(kind, shape.DictType):
            yield from self._dict(value, kind, rule, pointer)

    def _union(
        self, value: Value, kind: shape.UnionType, rule: Mapping[str, Any], pointer: str
    ) -> Iterator[Problem]:
        members = [member for member in kind.types if not isinstance(member, shape.NoneType)]
        for member in members:
            if _has_shape(value, _bare(member)):
                yield from self._value(value, member, rule, pointer)
                return
        yield _misshapen(value, tuple(_bare(member) for member in members), pointer)

    def _map(self, value: dict[str, Value], kind: shape.StructType, pointer: str) -> Iterator[Problem]:
        fields, wanted = _plan(kind.cls)
        for key, item in value.items():
            if key in fields:
                yield from self._value(item, fields[key].type, _NO_RULE, child(pointer, key))
            elif self._written_here:
                near = get_close_matches(key, fields, n=1)
                hint = f"Did you mean {near[0]}?" if near else "Put what is not in the model under x."
                yield Problem(child(pointer, key), f"There is no field '{_short(key)}' here.", hint, FLAG)
        for key, required in wanted:
            if key not in value:
                severity: Severity = ERROR if required else self._doubt
                yield Problem(child(pointer, key), f"'{key}' is missing.", f"Add {key}.", severity)

    def _list(self, value: list[Value], item_type: shape.Type, pointer: str) -> Iterator[Problem]:
        if len(value) > _MAX_ITEMS:
            message = f"The list has {len(value)} items, more than {_MAX_ITEMS}."
            yield Problem(pointer, message, "Keep the most useful ones.", self._doubt)
        for index, item in enumerate(value):
            yield from self._value(item, item_type, _NO_RULE, child(pointer, str(index)))

    def _dict(
        self, value: dict[str, Value], kind: shape.DictType, rule: Mapping[str, Any], pointer: str
    ) -> Iterator[Problem]:
        texts = rule["form"] == "texts"
        for key, item in value.items():
            if texts and (fault := CHECKS["language"](key)):
                yield Problem(
                    child(pointer, key), f"'{_short(key)}' {fault.message}.", fault.hint, self._doubt
                )
            item_rule = {**_NO_RULE, "most": rule["most"]} if texts else _NO_RULE
            yield from self._value(item, kind.value_type, item_rule, child(pointer, key))

    def _text(self, value: str, rule: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
        if len(value) > rule["most"]:
            message = f"The text has {len(value)} characters, more than {rule['most']}."
            yield Problem(pointer, message, "Shorten it, or move it to a longer field.", self._doubt)
        check = CHECKS.get(rule["form"])
        if check and (fault := check(value)):
            yield Problem(pointer, f"{_quoted(value)} {fault.message}.", fault.hint, self._doubt)
        vocabulary = rule["vocabulary"]
        if vocabulary and not is_known(vocabulary, value):
            message = f"{_quoted(value)} is not a known {vocabulary}."
            yield Problem(pointer, message, suggestion(vocabulary, value), self._doubt)


@cache
def _struct(struct: type) -> shape.StructType:
    described = shape.type_info(struct)
    assert isinstance(described, shape.StructType)  # noqa: S101 - every type of statement is a struct
    return described


@cache
def _plan(struct: type) -> tuple[dict[str, shape.Field], tuple[tuple[str, bool], ...]]:
    """Return a struct's fields by key, and the keys that are wanted, with True for those required."""
    fields = {field.encode_name: field for field in _struct(struct).fields}
    wanted = tuple(
        (key, field.required)
        for key, field in fields.items()
        if field.required or _rule(field.type)["required"]
    )
    return fields, wanted


def _bare(kind: shape.Type) -> shape.Type:
    return kind.type if isinstance(kind, shape.Metadata) else kind


def _rule(kind: shape.Type) -> Mapping[str, Any]:
    return (kind.extra or _NO_RULE) if isinstance(kind, shape.Metadata) else _NO_RULE


def _has_shape(value: Value, kind: shape.Type) -> bool:
    if isinstance(value, bool):
        return isinstance(kind, shape.BoolType)
    if isinstance(value, int):
        return isinstance(kind, shape.IntType)
    if isinstance(value, str):
        return isinstance(kind, shape.StrType)
    if isinstance(value, list):
        return isinstance(kind, shape.VarTupleType)
    return isinstance(value, dict) and isinstance(kind, shape.DictType | shape.StructType)


def _misshapen(value: Value, kinds: tuple[shape.Type, ...], pointer: str) -> Problem:
    wanted = " or ".join(_SHAPES[type(kind)][0] for kind in kinds)
    hint = "Leave the key out." if value is None else _SHAPES[type(kinds[0])][1]
    return Problem(pointer, f"{_quoted(value)} is not {wanted}.", hint, ERROR)


def _text_problems(value: Value, pointer: str) -> Iterator[Problem]:
    """Find texts and keys that the byte format refuses, wherever they stand."""
    if isinstance(value, str):
        if fault := text_fault(value):
            yield Problem(pointer, f"The text cannot be kept: {fault}.", "Remove those characters.", ERROR)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _text_problems(item, child(pointer, str(index)))
    elif isinstance(value, dict):
        for key, item in value.items():
            if fault := text_fault(key):
                yield Problem(child(pointer, key), f"The key cannot be kept: {fault}.", "Rename it.", ERROR)
            yield from _text_problems(item, child(pointer, key))


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"


def _quoted(value: Value) -> str:
    if isinstance(value, str):
        return f"'{_short(value)}'"
    if value is None:
        return "null"
    if isinstance(value, bool | int):
        return str(value).lower()
    return {list: "A list", dict: "A map", bytes: "A byte string"}[type(value)]
