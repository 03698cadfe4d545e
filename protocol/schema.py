"""JSON Schemas of the statements, for editors and programs that write some.

Each is made of the structs and rules by which :func:`protocol.validate.validate` looks at a statement, and
says what may be published here::

    schema_of("use")

    {"$schema": "https://json-schema.org/draft/2020-12/schema",
     "title": "Use", "type": "object", "required": ["type", "v", "target", "status"],
     "properties": {"type": {"const": "use"}, "status": {"$ref": "#/$defs/use-status"}, …}, …}

Whatever ``validate`` accepts as written here, its schema accepts. Not the other way round: a schema knows no
calendar, no list of licences and no order of days, and does not see that two things must differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from inspect import cleandoc
from typing import Any, Final, TypeAlias

import msgspec.inspect as shape

from .fields import ITEMS, NO_RULE, Rule, rule_of
from .forms import PATTERNS
from .packing import MAX_INTEGER
from .requirements import (
    COMPENSATED_CALLS,
    LICENSED_KINDS,
    LINKS_OF_A_SUBJECT,
    NEEDED_FIELDS,
    VOUCHES_BY_A_SCHEME,
)
from .statement import TYPES, VERSION
from .vocabulary import words_of

Schema: TypeAlias = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


@cache
def schema_of(name: str) -> Schema:
    """Return the JSON Schema (2020-12) of a type of statement, to be read only.

    Args:
        name: The type: one of :data:`protocol.statement.TYPES`.

    Raises:
        KeyError: No such type.
    """
    kind = shape.type_info(TYPES[name])
    assert isinstance(kind, shape.StructType)  # noqa: S101 - all of them are
    definitions: Schema = {}
    found = _map_of_fields(kind, definitions)
    found["properties"] |= {"type": {"const": name}, "v": {"const": VERSION}}
    head = {"$schema": DIALECT, "title": kind.cls.__name__}
    return {**head, **found, **_RULES.get(name, {}), "$defs": dict(sorted(definitions.items()))}


def _map_of_fields(kind: shape.StructType, definitions: Schema) -> Schema:
    return {
        "description": _first_sentence(kind.cls),
        "type": "object",
        "properties": {field.encode_name: _schema(field.type, NO_RULE, definitions) for field in kind.fields},
        "required": [
            field.encode_name for field in kind.fields if field.required or rule_of(field.type)["required"]
        ],
    }


def _first_sentence(struct: type) -> str:
    return cleandoc(struct.__doc__ or "").partition("\n")[0].replace("``", "`")


def _schema(kind: shape.Type, rule: Rule, definitions: Schema) -> Schema:
    """Return the schema of a type; ``rule`` is that of what it stands in, and parts go to ``definitions``."""
    return _SCHEMAS[type(kind)](kind, rule, definitions)


def _struct_schema(kind: shape.StructType, _rule: Rule, definitions: Schema) -> Schema:
    name = kind.cls.__name__
    if name not in definitions:
        definitions[name] = {}  # so that it is begun but once
        definitions[name] = {**_map_of_fields(kind, definitions), **_PART_RULES.get(name, {})}
    return {"$ref": f"#/$defs/{name}"}


def _union_schema(kind: shape.UnionType, rule: Rule, definitions: Schema) -> Schema:
    # Null stands for nothing in a statement, it is only the default of a struct.
    members = [member for member in kind.types if not isinstance(member, shape.NoneType)]
    found = [_schema(member, rule, definitions) for member in members]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _list_schema(kind: shape.VarTupleType, _rule: Rule, definitions: Schema) -> Schema:
    return {"type": "array", "maxItems": ITEMS, "items": _schema(kind.item_type, NO_RULE, definitions)}


def _map_schema(kind: shape.DictType, rule: Rule, definitions: Schema) -> Schema:
    if isinstance(kind.value_type, shape.AnyType):
        return {"type": "object"}
    if rule["form"] != "texts":
        return {"type": "object", "additionalProperties": _schema(kind.value_type, NO_RULE, definitions)}
    value = _schema(kind.value_type, {**NO_RULE, "most": rule["most"]}, definitions)
    names = {"pattern": PATTERNS["language"]}
    return {"type": "object", "propertyNames": names, "additionalProperties": value}


def _text_schema(_kind: shape.StrType, rule: Rule, definitions: Schema) -> Schema:
    if rule["vocabulary"]:
        name = rule["vocabulary"].replace(" ", "-")
        definitions[name] = {"type": "string", "enum": sorted(words_of(rule["vocabulary"]))}
        return {"$ref": f"#/$defs/{name}"}
    pattern = {"pattern": PATTERNS[rule["form"]]} if rule["form"] else {}
    return {"type": "string", "maxLength": rule["most"], **pattern}


_SCHEMAS: Final[Mapping[type[shape.Type], Callable[[Any, Rule, Schema], Schema]]] = {
    shape.Metadata: lambda kind, rule, definitions: _schema(kind.type, kind.extra or rule, definitions),
    shape.StructType: _struct_schema,
    shape.UnionType: _union_schema,
    shape.VarTupleType: _list_schema,
    shape.DictType: _map_schema,
    shape.StrType: _text_schema,
    shape.IntType: lambda *_: {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER},
    shape.BoolType: lambda *_: {"type": "boolean"},
}


# What follows is protocol.requirements once more, as far as a schema can say it.


def _with(*names: str, **properties: Schema) -> Schema:
    """Return that a map has these keys, and what more is true of values."""
    return {"required": [*names], **({"properties": properties} if properties else {})}


def _when(field: str, words: Iterable[str], then: Schema) -> Schema:
    """Return that something holds where a field has one of some words."""
    return {"if": _with(field, **{field: {"enum": [*words]}}), "then": then}


_SOME: Final[Schema] = {"minItems": 1}
_ANY_LANGUAGE: Final[Schema] = {"minProperties": 1}
_NAMED: Final[Schema] = {"properties": {"name": _ANY_LANGUAGE}}
_LICENSED: Final[Schema] = {
    "anyOf": [_with("license"), _with("access", access={"anyOf": [_with("reason"), _with("text")]})]
}
_REACHABLE: Final[Schema] = {
    "anyOf": [
        _with("contact"),
        _with("links", links={"contains": _with("rel", rel={"const": "landing"})}),
        _with("identifiers", identifiers={"contains": _with("scheme", scheme={"const": "repo"})}),
    ]
}
_BEGUN: Final[Schema] = {
    "anyOf": [_with("status", status={"const": "planned"}), _with("status", "opens", "closes")]
}
_WITHOUT_SUBJECT: Final[Schema] = {"not": _with("subject")}
_PUBLISHER: Final[Schema] = {"pattern": PATTERNS["origin"]}

_PART_RULES: Final[Mapping[str, Schema]] = {
    "Seeking": _when("type", COMPENSATED_CALLS, _with("compensation", compensation=_with("kind"))),
    "Savings": {"dependentRequired": {"amount": ["currency"]}},
}
"""What is true of a part wherever it stands, by the name of its struct."""

_RULES: Final[Mapping[str, Schema]] = {
    "entry": {
        "allOf": [_NAMED],
        # An import lacks what its source lacks.
        "if": {"not": _with("source")},
        "then": {
            **_with(*NEEDED_FIELDS, "languages", summary=_ANY_LANGUAGE, topics=_SOME, languages=_SOME),
            "allOf": [
                _REACHABLE,
                _when("kind", LICENSED_KINDS, _LICENSED),
                _when("kind", ["service"], _with("service", service=_with("channels", channels=_SOME))),
                _when(
                    "kind",
                    ["dataset"],
                    _with("dataset", dataset=_with("distributions", distributions=_SOME)),
                ),
                _when("kind", ["standard"], _with("standard", standard=_with("specUrl"))),
                _when(
                    "kind",
                    ["process"],
                    {
                        "anyOf": [
                            _with("links", links=_SOME),
                            _with("process", process=_with("files", files=_SOME)),
                        ]
                    },
                ),
                _when("kind", ["participation"], _with("participation", participation=_BEGUN)),
            ],
        },
    },
    "profile": {"allOf": [_NAMED]},
    "use": {
        "allOf": [
            _when("status", ["retired"], _with("until")),
            {"if": _with("fork"), "then": {"properties": {"changes": {"const": "forked"}}}},
        ]
    },
    "vouch": {
        "allOf": [
            _with("issued"),
            _when("vouchType", VOUCHES_BY_A_SCHEME, _with("scheme")),
            _when("vouchType", ["identity"], _with("fingerprint", "expires", target=_PUBLISHER)),
        ]
    },
    "link": {
        "allOf": [
            _when("relation", LINKS_OF_A_SUBJECT, _with("subject", texts={"maxProperties": 0})),
            _when("relation", ["translationOf"], _with("texts", texts=_ANY_LANGUAGE) | _WITHOUT_SUBJECT),
        ]
    },
    "list": {
        "allOf": [
            _NAMED,
            {"properties": {"items": {"items": {"anyOf": [_with("ref"), _with("fingerprint")]}}}},
            _when(
                "purpose",
                ["allow"],
                {"properties": {"items": {"items": _with("ref", "fingerprint", ref=_PUBLISHER)}}},
            ),
        ]
    },
}
"""What is true of a whole statement, by its type."""
