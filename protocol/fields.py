"""What a field may hold, written beside its type.

The statement types are msgspec structs, and a field's type carries its own rules in
``msgspec.Meta(extra=…)``, where :mod:`protocol.validate` finds them::

    url: Annotated[str, rule("url", required=True)] = ""

``form`` names one of the checks of :mod:`protocol.forms`, ``vocabulary`` one of
:mod:`protocol.vocabulary`, ``most`` caps the characters of a text and ``required`` asks for
a value. msgspec itself only enforces the shape (a text, a number, a list), so a statement
with a word from a newer vocabulary still decodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeAlias

import msgspec
import msgspec.inspect

# A name or a single line; longer texts are prose.
LINE: Final = 300
PROSE: Final = 10_000
URL: Final = 2_000
# Items of one list; real entries stay far below, except for lists of claimed users.
ITEMS: Final = 200

# What `rule` was given, by its name; and what goes for a type that names none.
Rule: TypeAlias = Mapping[str, Any]
NO_RULE: Final[Rule] = {"form": "", "vocabulary": "", "most": PROSE, "required": False}


def rule(form: str = "", *, vocabulary: str = "", most: int = LINE, required: bool = False) -> msgspec.Meta:
    """Return the annotation that gives a field its rules; see the module's page for the words."""
    return msgspec.Meta(extra={"form": form, "vocabulary": vocabulary, "most": most, "required": required})


def rule_of(kind: msgspec.inspect.Type) -> Rule:
    """Return the rule that was written beside a type."""
    return (kind.extra or NO_RULE) if isinstance(kind, msgspec.inspect.Metadata) else NO_RULE


Line: TypeAlias = Annotated[str, rule("line")]
Url: TypeAlias = Annotated[str, rule("url", most=URL)]
# The address of a statement, or any other URI.
Ref: TypeAlias = Annotated[str, rule("uri", most=URL)]
Date: TypeAlias = Annotated[str, rule("date")]
# A date, a month, a year or a quarter: 2027-03-01, 2027-03, 2027, 2027-Q1.
Period: TypeAlias = Annotated[str, rule("period")]
Timestamp: TypeAlias = Annotated[str, rule("timestamp")]
Language: TypeAlias = Annotated[str, rule("language")]
Place: TypeAlias = Annotated[str, rule("place")]
License: TypeAlias = Annotated[str, rule("license", most=500)]
Topic: TypeAlias = Annotated[str, rule(vocabulary="topic")]
Sha256: TypeAlias = Annotated[str, rule("sha256")]
Email: TypeAlias = Annotated[str, rule("email")]

# Texts by language tag.
Names: TypeAlias = Annotated[dict[str, str], rule("texts", most=120)]
Summaries: TypeAlias = Annotated[dict[str, str], rule("texts", most=150)]
Texts: TypeAlias = Annotated[dict[str, str], rule("texts", most=PROSE)]
TextLists: TypeAlias = Annotated[dict[str, tuple[Line, ...]], rule("texts")]

# A sum: whole units, or a decimal text, since payloads have no floating-point numbers.
Amount: TypeAlias = int | Annotated[str, rule("decimal")]


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of everything inside a statement: keys in camelCase, unknown keys ignored by the view."""
