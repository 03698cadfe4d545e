"""docs/entries.md is complete: its lists of fields and words are made from the code and compared.

To renew the page after a deliberate change, run this file: ``python -m tests.test_entries_doc``.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec.inspect as shape
import pytest
import ruamel.yaml

from protocol.fields import PROSE
from protocol.statement import TYPES
from protocol.validate import validate
from protocol.vocabulary import TOPICS, VOCABULARIES

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "entries.md"
LIST = re.compile(r"^```text list=(?P<name>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
WIDTH = 118
# Their words are those of publiccode.yml, and many.
ELSEWHERE = ("pccat", "pcscope")


def name_of(kind: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()


def form_of(kind: shape.Type) -> str:  # noqa: C901, PLR0911 - one case for each shape
    """Return what a field holds, in the words of the page."""
    match kind:
        case shape.Metadata(
            type=inner, extra={"form": form, "vocabulary": words, "most": most, "required": is_required}
        ):
            text = f"word({words})" if words else form if isinstance(inner, shape.StrType) else form_of(inner)
            cap = f"({most})" if text == "texts" and most < PROSE else ""
            return f"{text}{cap}{'!' if is_required else ''}"
        case shape.VarTupleType(item_type=item):
            return f"[{form_of(item)}]"
        case shape.DictType(value_type=shape.AnyType()):
            return "anything"
        case shape.DictType(value_type=shape.VarTupleType()):
            return "text lists"
        case shape.DictType(value_type=shape.StrType()):
            return "texts"
        case shape.DictType(value_type=value):
            return f"map of {form_of(value)}"
        case shape.StructType(cls=cls):
            return f"<{name_of(cls)}>"
        case shape.UnionType(types=types):
            return " or ".join(dict.fromkeys(form_of(each) for each in types if each != shape.NoneType()))
        case shape.IntType():
            return "number"
        case shape.BoolType():
            return "yes/no"
        case _:
            return "text"


def fields_of(kind: type) -> tuple[shape.Field, ...]:
    found = shape.type_info(kind)
    assert isinstance(found, shape.StructType)
    return found.fields


def parts_in(kind: shape.Type) -> Iterator[type]:
    """Yield the parts that a field leads to, deep ones after what they are in."""
    match kind:
        case shape.StructType(cls=cls, fields=fields):
            yield cls
            for field in fields:
                yield from parts_in(field.type)
        case shape.Metadata(type=inner) | shape.VarTupleType(item_type=inner):
            yield from parts_in(inner)
        case shape.DictType(value_type=inner):
            yield from parts_in(inner)
        case shape.UnionType(types=types):
            for each in types:
                yield from parts_in(each)
        case _:
            pass


def statement_list(kind: type) -> Iterator[str]:
    for field in fields_of(kind):
        if field.encode_name not in ("type", "v"):
            yield f"{field.encode_name:<18} {form_of(field.type)}"


def paragraphs(items: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, text in items:
        # A field and its form stay on one line.
        glued = re.sub(r"(\w) (?=[<\[(\w])", "\\1\u00a0", text)
        lines = textwrap.wrap(
            f"{name}: {glued}", WIDTH, subsequent_indent="   ", break_long_words=False, break_on_hyphens=False
        )
        yield from (line.replace("\u00a0", " ") for line in lines)


def part_list() -> Iterator[str]:
    parts = {
        part: None for kind in TYPES.values() for field in fields_of(kind) for part in parts_in(field.type)
    }
    return paragraphs(
        (
            name_of(part),
            ", ".join(f"{field.encode_name} {form_of(field.type)}" for field in fields_of(part)),
        )
        for part in sorted(parts, key=name_of)
    )


def word_list() -> Iterator[str]:
    topics = {f"topic {scheme}": words for scheme, words in TOPICS.items() if scheme not in ELSEWHERE}
    return paragraphs(
        (name, ", ".join(sorted(words, key=lambda word: (len(word) if word.isdigit() else 0, word))))
        for name, words in (dict(sorted(VOCABULARIES.items())) | topics).items()
    )


LISTS = {
    **{name: statement_list(struct) for name, struct in TYPES.items()},
    "parts": part_list(),
    "words": word_list(),
}
WANTED = {name: "\n".join(lines) + "\n" for name, lines in LISTS.items()}


def test_the_page_has_every_list_once() -> None:
    assert [match["name"] for match in LIST.finditer(DOCUMENT.read_text(encoding="utf-8"))] == list(WANTED)


@pytest.mark.parametrize("name", WANTED)
def test_a_list_is_what_the_code_says(name: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert {match["name"]: match["body"] for match in LIST.finditer(text)}[name] == WANTED[name]


def test_the_example_can_be_published() -> None:
    found = re.search(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    entry = ruamel.yaml.YAML(typ="safe").load(found[1])
    # What the command adds by itself.
    entry |= {"type": "entry", "v": 1, "modified": "2026-11-02T09:00:00Z"}
    assert validate(entry, written_here=True) == ()


def renew() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    new = LIST.sub(lambda match: f"```text list={match['name']}\n{WANTED[match['name']]}```", text)
    DOCUMENT.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    renew()
