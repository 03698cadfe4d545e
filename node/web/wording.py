"""Which words of a statement a vocabulary names, as the schemas of statements have it.

::

    vocabulary_of("", "kind")            →  "kind"
    vocabulary_of("links", "rel")        →  "link-rel"
    vocabulary_of("seeking", "type")     →  "seeking"
    vocabulary_of("links", "url")        →  ""

A word means something only in its place: ``type`` of a call is another one than ``type`` of a dependency. So
this is read off :func:`protocol.schema.schema_of`, and a field that gets a vocabulary has its names at once.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from protocol.schema import schema_of
from protocol.statement import TYPES


def vocabulary_of(within: str, field: str) -> str:
    """Return the vocabulary of a field's words; empty where it has none.

    Args:
        within: The field in which the map stands that has it; empty for a statement itself.
        field: Its name.
    """
    return _places().get((within, field), "")


@cache
def fields() -> frozenset[str]:
    """Return the names of all fields that statements can have, on every level."""
    return frozenset(field for name in TYPES for _, field, _ in _walk(schema_of(name)))


@cache
def maps() -> frozenset[str]:
    """Return the names of fields that are maps with fields of their own, such as ``evidence`` of a vouch."""
    return frozenset(within for name in TYPES for within, _, _ in _walk(schema_of(name)) if within)


@cache
def _places() -> Mapping[tuple[str, str], str]:
    return {
        (within, field): vocabulary
        for name in TYPES
        for within, field, vocabulary in _walk(schema_of(name))
        if vocabulary
    }


def _walk(schema: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield where each field of a schema is, its name, and its vocabulary or nothing."""
    parts, waiting, seen = schema["$defs"], [("", schema)], set[tuple[str, str]]()
    while waiting:
        within, map_ = waiting.pop()
        for field, shape in map_.get("properties", {}).items():
            named = [name for name in _names(shape) if "enum" in parts[name]]
            yield within, field, named[0] if named else ""
            for name in _names(shape):
                if (field, name) not in seen:
                    seen.add((field, name))
                    waiting.append((field, parts[name]))


def _names(shape: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the parts that a shape refers to, those of its items too."""
    if "$ref" in shape:
        yield shape["$ref"].rpartition("/")[2]
    inner = [shape.get("items"), shape.get("additionalProperties"), *shape.get("anyOf", ())]
    for each in inner:
        if isinstance(each, dict):
            yield from _names(each)
