from collections.abc import Iterator
from typing import Any

import msgspec.inspect as shape
import pytest

from protocol.fields import ITEMS, NO_RULE, Rule, rule_of
from protocol.glance import glance_of
from protocol.language import COMMON_TAGS, is_tag
from protocol.problem import Problem
from protocol.shapes import Report, look_of
from protocol.statement import TYPES, Entry
from protocol.validate import validate
from protocol.vocabulary import words_of

# A text that has each form.
FORMED = {
    "line": "Medusa",
    "url": "https://example.org/medusa",
    "uri": "urn:isbn:1",
    "date": "2024-02-29",
    "period": "2027-Q1",
    "timestamp": "2026-11-02T09:00:00Z",
    "language": "fr-CH",
    "place": "FR-ARA",
    "license": "EUPL-1.2 OR MIT",
    "path": "a/b.yml",
    "slug": "a-b1",
    "sha256": "0" * 64,
    "email": "office@example.org",
    "currency": "EUR",
    "decimal": "12.50",
}
OTHER_TAG = "x-ours"
TEXTS = (
    *FORMED.values(),
    *("", " ", "\n", "a\nb", "a\tb", "\u2003", "\u00a0a", "0", "live", "repo", "ogp:open-data", "und", "ita"),
    *("2023-02-29", "2026-02-30T09:00:00Z", "eupl-1.2", "free", "fr", "FRA", "/a", "a//b", "www.example.org"),
    *(
        "HTTPS://example.org",
        "https://me@example.org/",
        "http://[::1]:80/x",
        "a.example/log/b/1/e/" + "0" * 32,
    ),
    *("\U0001f600" * 120, "\U0001f600" * 121),
    *(
        "x" * most
        for length in (64, 120, 150, 300, 500, 1_000, 2_000, 10_000)
        for most in (length, length + 1)
    ),
    *("https://example.org/" + "x" * length for length in (1_980, 1_981)),
)
# What a glance leaves to a look: rare tags, and decimal texts where a number may stand too.
LEFT = (OTHER_TAG, "12.50", "0")
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    7,
    b"",
    b"en",
    [],
    [None],
    ["a"],
    {},
    {"en": "a"},
    {"en": ["a"]},
    {"a": {}},
)
SAMPLES = (*TEXTS, *OTHERS)


def full(kind: shape.Type, rule: Rule = NO_RULE) -> Any:  # noqa: ANN401, PLR0911 - any value of a statement
    """Return a value of a type that has all it may have, and nothing wrong with it."""
    match kind:
        case shape.Metadata():
            return full(kind.type, kind.extra or rule)
        case shape.StructType():
            return {field.encode_name: full(field.type) for field in kind.fields}
        case shape.UnionType():
            return full(kind.types[0], rule)
        case shape.VarTupleType():
            return [full(kind.item_type)]
        case shape.DictType():
            return {"en": full(kind.value_type, {**NO_RULE, "most": rule["most"]})}
        case shape.StrType() if rule["vocabulary"]:
            return min(words_of(rule["vocabulary"]))
        case shape.StrType():
            return FORMED[rule["form"]] if rule["form"] else "Text"
        case shape.IntType():
            return 1
        case shape.BoolType():
            return True
        case _:
            return None


def types_in(kind: shape.Type) -> Iterator[shape.Type]:
    """Yield a type and all that it is made of."""
    yield kind
    match kind:
        case (
            shape.Metadata(type=inner)
            | shape.VarTupleType(item_type=inner)
            | shape.DictType(value_type=inner)
        ):
            yield from types_in(inner)
        case shape.StructType():
            for field in kind.fields:
                yield from types_in(field.type)
        case shape.UnionType():
            for member in kind.types:
                yield from types_in(member)
        case _:
            pass


def spots(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
    """Yield each map and list in a value with each of its keys or indexes."""
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(item, dict | list):
            yield from spots(item)


def changed(payload: dict[str, Any]) -> Iterator[object]:
    """Change a payload at each of its spots in every way, and say what came in; undo it again."""
    for container, key in spots(payload):
        before = container[key]
        for sample in SAMPLES:
            container[key] = sample
            yield sample
        for items in (ITEMS, ITEMS + 1) if isinstance(before, list) else ():
            container[key] = before * items
            yield items
        container[key] = before
        if isinstance(container, dict):
            del container[key]
            yield None
            for other in ("fr", "ita", "??", "", OTHER_TAG, "de-AT"):
                container[other] = before
                yield other
                del container[other]
            container[key] = before


def problems(struct: type, payload: dict[str, Any]) -> list[Problem]:
    report = Report(written_here=False)
    look_of(struct)(payload, None, report)
    return report.problems


@pytest.mark.parametrize("struct", TYPES.values())
def test_a_glance_is_content_where_a_look_finds_no_problem(struct: type) -> None:
    kind = shape.type_info(struct)
    assert isinstance(kind, shape.StructType)
    parts = full(kind)
    wanted = {
        field.encode_name: parts[field.encode_name]
        for field in kind.fields
        if field.required or rule_of(field.type)["required"]
    }
    glance = glance_of(struct)
    for name in parts:
        payload = {**wanted, name: parts[name]}
        assert glance(payload), name
        for sample in changed(payload):
            is_fine = not problems(struct, payload)
            is_left = is_fine and sample in LEFT
            assert glance(payload) == is_fine or is_left, payload


def test_a_glance_leaves_unknown_keys_alone_as_they_come_from_others() -> None:
    payload: dict[str, Any] = {
        "type": "entry",
        "v": 1,
        "kind": "software",
        "name": {"en": "N"},
        "later": None,
    }
    assert glance_of(Entry)(payload)
    assert validate(payload, written_here=False) == ()
    assert next(each.pointer for each in validate(payload, written_here=True)) == "/later"


def test_what_cannot_be_packed_is_never_judged_at_a_glance() -> None:
    # A tuple looks like a list to msgspec.
    payload: Any = {"type": "entry", "v": 1, "kind": "software", "name": {"en": "N"}, "topics": ("sdg:1",)}
    assert glance_of(Entry)(payload)
    assert [each.pointer for each in validate(payload, written_here=False)] == ["/topics"]


def test_common_tags_are_well_formed() -> None:
    assert all(map(is_tag, COMMON_TAGS))


def test_no_rule_has_a_form_and_a_vocabulary() -> None:
    rules = [rule_of(kind) for struct in TYPES.values() for kind in types_in(shape.type_info(struct))]
    assert rules
    assert not any(rule["form"] and rule["vocabulary"] for rule in rules)
