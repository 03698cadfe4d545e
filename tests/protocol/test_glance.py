from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec.inspect as shape

from protocol.fields import ITEMS, NO_RULE, Rule, rule_of
from protocol.glance import glance_of
from protocol.language import COMMON_TAGS, is_tag
from protocol.plans import plan_problems
from protocol.problem import FLAG, Problem
from protocol.requirements import entry_problems
from protocol.shapes import Report, look_of
from protocol.statement import TYPES, Entry
from protocol.validate import validate
from protocol.vocabulary import words_of
from tests.statements import FORMED

OTHER_TAG = "x-ours"
TEXTS = (
    *(text for texts in FORMED.values() for text in texts),
    *("", " ", "a\nb", "a\tb", "\u2003", "0", "live", "ogp:open-data", "und", "ita"),
    *("2023-02-29", "2026-02-30T09:00:00Z", "eupl-1.2", "FRA", "a//b", "www.example.org"),
    *("\U0001f600" * 120, "\U0001f600" * 121),
    *(
        "x" * most
        for length in (64, 120, 150, 300, 500, 1_000, 2_000, 10_000)
        for most in (length, length + 1)
    ),
    *("https://example.org/" + "x" * length for length in (1_980, 1_981)),
)
# What a glance leaves to a look: rare tags, and decimal texts where a number may stand too.
LEFT = (OTHER_TAG, "12.50", "-3", "0", "2027")
OTHERS: tuple[Any, ...] = (
    None, True, 0, -1, b"en", [], [None], ["a"], {}, {"en": "a"}, {"en": ["a"]}, {"a": {}},
)  # fmt: skip
SAMPLES = (*TEXTS, *OTHERS)


def parts(kind: shape.StructType, *, wanted: bool = False) -> dict[str, Any]:
    """Return a value for each field of a struct, or for those only that it cannot do without."""
    return {
        field.encode_name: fine(field.type)
        for field in kind.fields
        if not wanted or field.required or rule_of(field.type)["required"]
    }


def fine(kind: shape.Type, rule: Rule = NO_RULE) -> Any:  # noqa: ANN401, PLR0911 - any value of a statement
    """Return a value of a type with nothing wrong with it."""
    match kind:
        case shape.Metadata():
            return fine(kind.type, kind.extra or rule)
        case shape.StructType():
            return parts(kind, wanted=True)
        case shape.UnionType():
            return fine(kind.types[0], rule)
        case shape.VarTupleType():
            return [fine(kind.item_type)]
        case shape.DictType():
            return {"en": fine(kind.value_type, {**NO_RULE, "most": rule["most"]})}
        case shape.StrType() if rule["vocabulary"]:
            return min(words_of(rule["vocabulary"]))
        case shape.StrType():
            return FORMED[rule["form"]][0] if rule["form"] else "Text"
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


def test_a_glance_is_content_where_a_look_finds_no_problem() -> None:
    kinds = (kind for struct in TYPES.values() for kind in types_in(shape.type_info(struct)))
    structs = {kind.cls: kind for kind in kinds if isinstance(kind, shape.StructType)}
    assert len(structs) > len(TYPES)
    for kind in structs.values():
        glance = glance_of(kind.cls)
        for name, part in parts(kind).items():
            payload = {**parts(kind, wanted=True), name: part}
            assert glance(payload), payload
            for sample in changed(payload):
                is_fine = not problems(kind.cls, payload)
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


def test_entries_with_plans_have_the_problems_that_a_look_finds() -> None:
    payload: dict[str, Any] = {
        "type": "entry",
        "v": 1,
        "kind": "participation",
        "name": {"en": "Town square"},
        "modified": "2026-01-01T00:00:00Z",
        "roadmap": [
            {"id": "a", "title": {"en": "New trees"}, "stage": "planned", "from": "2027", "to": "2026"}
        ],
        "seeking": [{"type": "contributors", "text": {"en": "Gardeners"}, "until": "2030-01-01"}],
        "participation": {"status": "open", "opens": "2026-05-01", "closes": "2026-04-01"},
    }
    assert len(validate(payload, written_here=False)) > 3
    for _ in islice(changed(payload), 0, None, 7):
        found = problems(Entry, payload) if payload.get("type") == "entry" and payload.get("v") == 1 else None
        if found is not None:
            found += entry_problems(payload, written_here=False)
            found += plan_problems(payload, FLAG)
            assert validate(payload, written_here=False, unpacked=True) == tuple(found)
