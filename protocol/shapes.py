"""What is wrong with the values of a statement, by the types of its fields.

The structs of :mod:`protocol.statement` say which shape a value has and which rule goes with it
(:mod:`protocol.fields`). Reading that again for every value would cost more than all else that
is done with a statement, so each type is turned into a function once, which calls those of its
parts::

    look = look_of(Entry)
    look({"links": [{"url": 7}]}, None, report)

    report.problems[0]     /links/0/url: 7 is not a text. …

Where a value stands is a chain, ``(((None, "links"), 0), "url")``: a pointer is only written
when there is a problem to point at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias

import msgspec.inspect as shape

from .fields import ITEMS, NO_RULE, Rule, rule_of
from .forms import CHECKS, REPEATING
from .packing import Value
from .problem import ERROR, FLAG, Problem, Severity, child
from .vocabulary import suggestion, words_of

Where: TypeAlias = "tuple[Where, str | int] | None"
"""The place of a value: that of what it is in, and its key or index there; None for the statement."""

Look: TypeAlias = "Callable[[Value, Where, Report], None]"
"""Adds to a report what is wrong with a value at a place."""

MOST_PROBLEMS: Final = 1_000
"""Problems that are listed of one statement; of those after them only the first error is."""

# Unknown words of a statement for which near ones are looked up: that takes milliseconds each.
_LOOKED_UP: Final = 20
# Characters of a value that a sentence quotes.
_QUOTED: Final = 60
# Characters of a text that may be near to a word of a vocabulary.
_NEAR: Final = 128

_SHAPES: Final = {
    shape.StrType: ("a text", "Write it as text, in quotes."),
    shape.IntType: ("a whole number", "Write a number without quotes and without a fraction."),
    shape.BoolType: ("true or false", "Write true or false, without quotes."),
    shape.VarTupleType: ("a list", "Write it as a list, even of one item."),
    shape.DictType: ("a map", "Write it as keys with values, such as a text for each language."),
    shape.StructType: ("a map", "Write it as keys with values."),
}


class Report:
    """The problems found in one statement, in the order of the document.

    Attributes:
        problems: So far.
        written_here: Whether the statement is about to be published here.
        doubt: How severe it is when words are wrong but the statement stays readable.
    """

    def __init__(self, *, written_here: bool) -> None:
        self.problems: list[Problem] = []
        self.written_here = written_here
        self.doubt: Severity = ERROR if written_here else FLAG
        self._looked_up = 0

    def add(self, where: Where, message: str, hint: str, severity: Severity) -> None:
        """Add one problem, unless there are too many to list."""
        is_full = len(self.problems) >= MOST_PROBLEMS
        if is_full and (severity != ERROR or any(each.severity == ERROR for each in self.problems)):
            return
        self.problems.append(Problem(_pointer(where), message, hint, severity))

    def misshapen(self, value: Value, kinds: tuple[shape.Type, ...], where: Where) -> None:
        """Add that a value has none of some shapes."""
        wanted = " or ".join(_SHAPES[type(kind)][0] for kind in kinds)
        hint = "Leave the key out." if value is None else _SHAPES[type(kinds[0])][1]
        self.add(where, f"{_quoted(value)} is not {wanted}.", hint, ERROR)

    def text(self, value: str, rule: Rule, where: Where) -> None:
        """Add all ways in which a text breaks its rule."""
        if len(value) > rule["most"]:
            message = f"The text has {len(value)} characters, more than {rule['most']}."
            self.add(where, message, "Shorten it, or move it to a longer field.", self.doubt)
        check = CHECKS.get(rule["form"])
        if check and (fault := check(value)):
            self.add(where, f"{_quoted(value)} {fault.message}.", fault.hint, self.doubt)
        vocabulary = rule["vocabulary"]
        if vocabulary and value not in words_of(vocabulary):
            message = f"{_quoted(value)} is not a known {vocabulary}."
            self._looked_up += 1
            may_be_near = len(value) <= _NEAR and self._looked_up <= _LOOKED_UP
            hint = _suggestion(vocabulary, value if may_be_near else "")
            self.add(where, message, hint, self.doubt)

    def unknown_key(self, key: str, known: Mapping[str, object], where: Where) -> None:
        """Add that a key is none of those known; other people's keys are left alone."""
        if self.written_here and len(self.problems) < MOST_PROBLEMS:
            near = get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else "Put what is not in the model under x."
            self.add((where, key), f"There is no field '{short(key)}' here.", hint, FLAG)


@cache
def look_of(struct: type) -> Look:
    """Return what looks at the maps that a struct is the view of."""
    kind = shape.type_info(struct)
    assert isinstance(kind, shape.StructType)  # noqa: S101 - callers and fields name structs
    looks = {field.encode_name: _look(field.type, NO_RULE) for field in kind.fields}
    wanted = tuple(
        (field.encode_name, field.required)
        for field in kind.fields
        if field.required or rule_of(field.type)["required"]
    )

    look_for = looks.get

    def look(value: Value, where: Where, report: Report) -> None:
        if not isinstance(value, dict):
            report.misshapen(value, (kind,), where)
            return
        for key, item in value.items():
            if found := look_for(key):
                found(item, (where, key), report)
            else:
                report.unknown_key(key, looks, where)
        for key, required in wanted:
            if key not in value:
                severity = ERROR if required else report.doubt
                report.add((where, key), f"'{key}' is missing.", f"Add {key}.", severity)

    return look


def short(text: str) -> str:
    """Return a text cut to the length that a sentence can quote."""
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"


def _look(kind: shape.Type, rule: Rule) -> Look:
    """Return what looks at values of a type; ``rule`` is that of what the type stands in."""
    return _LOOKS[type(kind)](kind, rule)


def _union_look(kind: shape.UnionType, rule: Rule) -> Look:
    members = [member for member in kind.types if not isinstance(member, shape.NoneType)]
    if len(members) == 1:
        return _look(members[0], rule)
    bare = tuple(_bare(member) for member in members)
    looks = tuple((_SHAPED[type(_bare(member))], _look(member, rule)) for member in members)

    def look(value: Value, where: Where, report: Report) -> None:
        for is_shaped, found in looks:
            if is_shaped(value):
                found(value, where, report)
                return
        report.misshapen(value, bare, where)

    return look


def _list_look(kind: shape.VarTupleType, _rule_of_list: Rule) -> Look:
    look_at_item = _look(kind.item_type, NO_RULE)

    def look(value: Value, where: Where, report: Report) -> None:
        if not isinstance(value, list):
            report.misshapen(value, (kind,), where)
            return
        if len(value) > ITEMS:
            message = f"The list has {len(value)} items, more than {ITEMS}."
            report.add(where, message, "Keep the most useful ones.", report.doubt)
        for index, item in enumerate(value):
            look_at_item(item, (where, index), report)

    return look


def _map_look(kind: shape.DictType, rule: Rule) -> Look:
    check = REPEATING["language"] if rule["form"] == "texts" else None
    look_at_item = _look(kind.value_type, {**NO_RULE, "most": rule["most"]} if check else NO_RULE)

    def look(value: Value, where: Where, report: Report) -> None:
        if not isinstance(value, dict):
            report.misshapen(value, (kind,), where)
            return
        for key, item in value.items():
            if check and (fault := check(key)):
                report.add((where, key), f"'{short(key)}' {fault.message}.", fault.hint, report.doubt)
            look_at_item(item, (where, key), report)

    return look


def _text_look(kind: shape.StrType, rule: Rule) -> Look:
    most: int = rule["most"]
    check = REPEATING.get(rule["form"]) or CHECKS.get(rule["form"])
    words = words_of(rule["vocabulary"]) if rule["vocabulary"] else None

    def look(value: Value, where: Where, report: Report) -> None:
        if not isinstance(value, str):
            report.misshapen(value, (kind,), where)
        elif len(value) > most or (check and check(value)) or (words and value not in words):
            report.text(value, rule, where)

    return look


def _plain_look(kind: shape.Type, _no_rule: Rule) -> Look:
    is_shaped = _SHAPED[type(kind)]

    def look(value: Value, where: Where, report: Report) -> None:
        if not is_shaped(value):
            report.misshapen(value, (kind,), where)

    return look


_LOOKS: Final[Mapping[type[shape.Type], Callable[[Any, Rule], Look]]] = {
    shape.Metadata: lambda kind, rule: _look(kind.type, kind.extra or rule),
    shape.StructType: lambda kind, _rule: look_of(kind.cls),
    shape.UnionType: _union_look,
    shape.VarTupleType: _list_look,
    shape.DictType: _map_look,
    shape.StrType: _text_look,
    shape.IntType: _plain_look,
    shape.BoolType: _plain_look,
    shape.AnyType: lambda _kind, _rule: lambda _value, _where, _report: None,
}
_SHAPED: Final[Mapping[type[shape.Type], Callable[[Value], bool]]] = {
    shape.StrType: lambda value: isinstance(value, str),
    shape.IntType: lambda value: isinstance(value, int) and not isinstance(value, bool),
    shape.BoolType: lambda value: isinstance(value, bool),
    shape.VarTupleType: lambda value: isinstance(value, list),
    shape.DictType: lambda value: isinstance(value, dict),
    shape.StructType: lambda value: isinstance(value, dict),
}


def _bare(kind: shape.Type) -> shape.Type:
    return kind.type if isinstance(kind, shape.Metadata) else kind


# To look for the words near to one takes longer than all else, and the records of a source share theirs.
_suggestion: Final = lru_cache(maxsize=1_024)(suggestion)


def _pointer(where: Where) -> str:
    return "" if where is None else child(_pointer(where[0]), str(where[1]))


def _quoted(value: Value) -> str:
    if isinstance(value, str):
        return f"'{short(value)}'"
    if value is None:
        return "null"
    if isinstance(value, bool | int):
        return str(value).lower()
    # A file of the caller's may hold what no statement does, such as a date of YAML.
    kinds = {list: "A list", dict: "A map", bytes: "A byte string"}
    return kinds.get(type(value), f"A {type(value).__name__}")
