"""Whether surely nothing is wrong with a statement, told at a glance.

To look for problems (:mod:`protocol.shapes`) is to walk a statement value by value, ready to say
where each stands; but nearly every statement has none. So each struct of :mod:`protocol.statement`
gets a twin, made once of the same types and rules (:mod:`protocol.fields`), whose fields take only
what nobody would complain about::

    class Link(Part):                                        class Link:
        rel: Annotated[str, rule(vocabulary="link rel", …)]      rel: Literal["api-docs", "demo", …]
        url: Annotated[str, rule("url", most=2_000, …)]          url: <a text that passes the check of urls>
        lang: Language = ""                                      lang: <one that passes that of tags> = UNSET

msgspec fills the twin in one pass, or refuses. Then something is wrong, or perhaps not: a twin may
refuse too much, never too little.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import cache, reduce
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

import msgspec
import msgspec.inspect as shape

from .fields import ITEMS, NO_RULE, Rule, rule_of
from .forms import CHECKS, REPEATING
from .language import COMMON_TAGS
from .packing import Value
from .vocabulary import words_of

_Twin: TypeAlias = Any
"""A type made at run time."""


def glance_of(struct: type) -> Callable[[Value], bool]:
    """Return what tells whether a map surely has no problem as what a struct is the view of.

    Only of values that can be packed. Keys that the struct does not know are left alone. To be
    called once for each struct, where a module is imported.
    """
    twin = _twin(shape.type_info(struct), NO_RULE)
    # msgspec looks at a struct when it is first used, and crashes when two threads do so at once.
    msgspec.msgpack.Decoder(twin)

    def glance(value: Value) -> bool:
        try:
            msgspec.convert(value, twin, dec_hook=_taken)
        except msgspec.ValidationError:
            return False
        return True

    return glance


class _Text:
    """A text of one form, in a twin; msgspec asks :func:`_taken` about types that are not its own.

    Attributes:
        facts: What says what is wrong with such a text, if anything; its characters at most;
            and what stands for every text that was taken.
    """

    facts: ClassVar[tuple[Callable[[str], object], int, _Text]]


def _taken(kind: type[_Text], value: object) -> _Text:
    """Return what stands for a text that has its form.

    Raises:
        ValueError: It has not, or is no text.
    """
    check, most, taken = kind.facts
    if type(value) is not str or len(value) > most or check(value):
        raise ValueError
    return taken


@cache
def _text_of(form: str, most: int) -> type[_Text]:
    """Return the type of the texts of a form."""

    class Text(_Text):
        pass

    Text.facts = (REPEATING.get(form) or CHECKS[form], most, Text())
    return Text


def _twin(kind: shape.Type, rule: Rule) -> _Twin:
    """Return the twin of a type; ``rule`` is that of what the type stands in."""
    return _TWINS[type(kind)](kind, rule)


def _struct_twin(kind: shape.StructType, _rule_of_struct: Rule) -> _Twin:
    fields = []
    # In the order of a statement's keys, in which msgspec need not search for the next one.
    for field in sorted(kind.fields, key=lambda each: each.encode_name):
        is_wanted = field.required or rule_of(field.type)["required"]
        default = msgspec.NODEFAULT if is_wanted else msgspec.UNSET
        named = msgspec.field(name=field.encode_name, default=default)
        fields.append((field.name, _twin(field.type, NO_RULE), named))
    return msgspec.defstruct(kind.cls.__name__, fields, kw_only=True, gc=False)


def _union_twin(kind: shape.UnionType, rule: Rule) -> _Twin:
    # Null stands for nothing in a statement, it is only the default of a struct.
    members = [member for member in kind.types if not isinstance(member, shape.NoneType)]
    if len(members) > 1:
        # msgspec takes no type of ours beside others: what has a form there is left to the closer look.
        members = [member for member in members if rule_of(member)["form"] not in CHECKS]
    return reduce(operator.or_, [_twin(member, rule) for member in members])


def _list_twin(kind: shape.VarTupleType, _rule_of_list: Rule) -> _Twin:
    item = _twin(kind.item_type, NO_RULE)
    return Annotated[list[item], msgspec.Meta(max_length=ITEMS)]  # type: ignore[valid-type]


def _map_twin(kind: shape.DictType, rule: Rule) -> _Twin:
    if rule["form"] != "texts":
        item = _twin(kind.value_type, NO_RULE)
        return dict[str, item]  # type: ignore[valid-type]
    # Of keys msgspec asks nobody: other tags are left to the closer look.
    tag = operator.getitem(Literal, tuple(sorted(COMMON_TAGS)))
    item = _twin(kind.value_type, {**NO_RULE, "most": rule["most"]})
    return dict[tag, item]  # type: ignore[valid-type]


def _text_twin(_kind: shape.StrType, rule: Rule) -> _Twin:
    # A rule has a vocabulary or a form, not both.
    if rule["vocabulary"]:
        return operator.getitem(Literal, tuple(sorted(words_of(rule["vocabulary"]))))
    if rule["form"]:
        return _text_of(rule["form"], rule["most"])
    return Annotated[str, msgspec.Meta(max_length=rule["most"])]


_TWINS: Final[Mapping[type[shape.Type], Callable[[Any, Rule], _Twin]]] = {
    shape.Metadata: lambda kind, rule: _twin(kind.type, kind.extra or rule),
    shape.StructType: _struct_twin,
    shape.UnionType: _union_twin,
    shape.VarTupleType: _list_twin,
    shape.DictType: _map_twin,
    shape.StrType: _text_twin,
    shape.IntType: lambda _kind, _rule: int,
    shape.BoolType: lambda _kind, _rule: bool,
    shape.AnyType: lambda _kind, _rule: Any,
}
