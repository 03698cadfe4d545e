"""From a statement to a form and back: what each input shows, and what the statement is after it was sent.

::

    inputs_shown(sheet, {"name": {"fr": "Bac"}}, ("fr", "it"))   /name/fr "Bac", /name/it ""
    filled({…}, sheet, sent, ("fr", "it"))                       the same statement with what was typed

What is in several languages is shown in tabs, one of which is open; all of them are sent, open or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from node.errors import InvalidInputError
from protocol.language import UNDETERMINED, canonical_tag, is_tag
from protocol.packing import Value
from protocol.problem import ERROR, Problem

from .sent import Sent
from .sheets import Input, Sheet, options
from .steps import steps_of, value_at, with_value

MOST_LANGUAGES: Final = 40

_BETWEEN: Final = re.compile(r"[\s,;\u060c\u061b]+")  # those of Arabic, too
_DIGITS: Final = 15
_NO_ID: Final = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Shown:
    """An input as it is shown.

    Attributes:
        input: What it is.
        name: By which the form sends it.
        language: Of its text; empty of what is no text.
        value: Of one value.
        values: Of several.
        groups: Of a choice: the words to choose from.
        fault: What is wrong with it, the first of all; None for nothing.
    """

    input: Input
    name: str
    language: str
    value: str
    values: tuple[str, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    fault: Problem | None

    @property
    def id(self) -> str:
        """Of its element."""
        return id_of(self.name)

    @property
    def is_wrong(self) -> bool:
        """Whether it must be mended."""
        return self.fault is not None and self.fault.severity == ERROR


@dataclass(frozen=True, slots=True)
class Tab:
    """The inputs for texts in one language.

    Attributes:
        language: Its tag.
        inputs: For each text one.
        is_open: Whether they are seen at once; of the tabs of a part one is.
    """

    language: str
    inputs: tuple[Shown, ...]
    is_open: bool

    @property
    def filled(self) -> int:
        """How many of them have a text."""
        return sum(bool(each.value) for each in self.inputs)

    @property
    def wrong(self) -> int:
        """How many of them must be mended."""
        return sum(each.is_wrong for each in self.inputs)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a form: what is said once, then the texts, language by language."""

    inputs: tuple[Shown, ...]
    tabs: tuple[Tab, ...]

    @property
    def is_wrong(self) -> bool:
        """Whether something in it must be mended."""
        return any(each.is_wrong for each in self.inputs) or any(tab.wrong for tab in self.tabs)


def id_of(name: str) -> str:
    """Return the identifier of the element of an input."""
    return f"in{_NO_ID.sub('-', name)}"


def languages_of(payload: Mapping[str, Value], sheet: Sheet, opened: str, reader: str) -> tuple[str, ...]:
    """Return the languages of a form: those of its texts, and those that were opened.

    Args:
        payload: The statement.
        sheet: The form.
        opened: Tags with spaces between them.
        reader: The language of the page, where there is no other yet.
    """
    found = [tag for tag in opened.split() if is_tag(tag)]
    for each in sheet.all:
        texts = value_at(dict(payload), steps_of(each.path)) if each.is_text else None
        if isinstance(texts, dict):
            found += [tag for tag in texts if is_tag(tag)]
    if set(found) <= {UNDETERMINED}:
        # A publisher's first name is in no language that is known.
        found.append(reader)
    return tuple(dict.fromkeys(found))[:MOST_LANGUAGES]


def inputs_shown(
    inputs: Sequence[Input],
    payload: Mapping[str, Value],
    languages: Sequence[str],
    problems: Sequence[Problem] = (),
) -> tuple[Shown, ...]:
    """Return inputs as they are shown; those for texts in each language, one language after the other."""
    names = list(named(inputs, languages))
    faults = places_of(problems, [name for _, name, _ in names], payload)
    by_name: dict[str, Problem] = {}
    for pointer, name in faults.items():
        by_name.setdefault(name, next(each for each in problems if each.pointer == pointer))
    return tuple(_shown(each, name, language, payload, by_name.get(name)) for each, name, language in names)


def part_of(inputs: Sequence[Shown], added: str = "", reader: str = "") -> Part:
    """Return inputs as a part of a form.

    Args:
        inputs: As they are shown.
        added: The language that was opened last, whose tab is open then; else it is the first one in which
            something must be mended.
        reader: The language of the page, whose tab is open where neither decides; then it is the first.
    """
    texts: dict[str, list[Shown]] = {}
    for each in inputs:
        texts.setdefault(each.language, []).append(each)
    plain = tuple(texts.pop("", ()))
    wrong = (each.language for each in inputs if each.is_wrong)
    opened = next((tag for tag in (added, *wrong, reader, *texts) if tag in texts), "")
    return Part(plain, tuple(Tab(tag, tuple(each), tag == opened) for tag, each in texts.items()))


def named(inputs: Sequence[Input], languages: Sequence[str]) -> Iterator[tuple[Input, str, str]]:
    """Yield inputs with the names by which a form sends them, and the language of each text."""
    for each in inputs:
        if not each.is_text:
            yield each, each.path, ""
    for language in languages:
        for each in inputs:
            if each.is_text:
                yield each, f"{each.path}/{language}", language


def places_of(
    problems: Sequence[Problem], names: Sequence[str], payload: Mapping[str, Value]
) -> dict[str, str]:
    """Return pointer → name of the input where it can be mended, for those that have one."""
    places = [(name, _plain(name, payload)) for name in names]
    found = {}
    for problem in problems:
        steps = problem.pointer.split("/")[1:]
        best, length = "", 0
        for name, place in places:
            common = 0
            for one, other in zip(steps, place, strict=False):
                if one != other:
                    break
                common += 1
            if common > length:
                best, length = name, common
        if best:
            found[problem.pointer] = best
    return found


def filled(
    payload: Mapping[str, Value], sheet: Sheet, sent: Sent, languages: Sequence[str]
) -> dict[str, Value]:
    """Return a statement with what was typed into a form.

    Args:
        payload: The statement as the form showed it; what it has no inputs for stays.
        sheet: The form.
        sent: What was typed.
        languages: Those of which it had inputs.
    """
    made: Value | None = dict(payload)
    for each, name, _ in named(sheet.all, languages):
        before = value_at(made, steps_of(name))
        made = with_value(made, steps_of(name), _value(each, sent, name, before))
    return made if isinstance(made, dict) else {}


def opened_by(sent: Sent) -> str:
    """Return the tag of a language that somebody wants to write in; empty for none.

    Raises:
        InvalidInputError: What was typed is no tag.
    """
    tag = sent.text("tag") or sent.text("language")
    if tag and canonical_tag(tag) is None:
        raise InvalidInputError(f"{tag!r} is no tag of a language", hint="write one such as br or pt-BR")
    return canonical_tag(tag) or ""


def _value(each: Input, sent: Sent, name: str, before: Value | None) -> Value | None:
    match each.form:
        case "choices":
            # A box that nobody ticked is not sent; their order is the form's own.
            return list(dict.fromkeys(_chosen(each, sent.all(name)))) or None
        case "words":
            return list(dict.fromkeys(filter(None, _BETWEEN.split(sent.text(name))))) or None
        case "things":
            known = before if isinstance(before, list) else []
            return [_thing(line, known) for line in _lines(sent.text(name))] or None
        case "number":
            return _number("".join(sent.text(name).split()))
        case "line" | "url" | "email" | "day":
            return " ".join(sent.text(name).split()) or None
        case _:
            return sent.text(name) or None


def _chosen(each: Input, sent: Sequence[str]) -> Sequence[str]:
    """Return the words of a choice; of languages also the tags that were typed beside the boxes."""
    if each.facet != "language":
        return sent
    tags = [tag for text in sent for tag in _BETWEEN.split(text) if tag]
    # What is no tag stays as it was typed, and is a problem of the statement.
    return [canonical_tag(tag) or tag for tag in tags]


def _number(text: str) -> Value | None:
    """Return a whole number; what is none stays as it was typed, and is a problem of the statement."""
    is_one = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if is_one else text or None


def _thing(ref: str, known: Sequence[Value]) -> Value:
    """Return an item of a list: the one that was there with all that it says, or a new one."""
    for each in known:
        if isinstance(each, dict) and each.get("ref") == ref:
            return each
    return {"ref": ref}


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.split("\n") if line.strip()))


def _shown(
    each: Input, name: str, language: str, payload: Mapping[str, Value], fault: Problem | None
) -> Shown:
    value = value_at(dict(payload), steps_of(name))
    values: tuple[str, ...] = ()
    if isinstance(value, list):
        values = tuple(_text(item) for item in value)
        text = "\n".join(values) if each.form == "things" else ", ".join(values)
    else:
        text = "" if value is None else _text(value)
        values = (text,) if text else ()
    groups = options(each, values) if each.form in ("choice", "choices") else ()
    return Shown(each, name, language, text, values, groups, fault)


def _text(value: Value) -> str:
    if isinstance(value, dict):
        return _text(value.get("ref") or value.get("fingerprint") or "")
    return value if isinstance(value, str) else str(value)


def _plain(name: str, payload: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the steps of an input's pointer: items of lists by their places, as problems name them."""
    found: list[str] = []
    within: Value | None = dict(payload)
    for step in steps_of(name):
        if isinstance(step, tuple):
            items = within if isinstance(within, list) else []
            place = next(
                (
                    at
                    for at, item in enumerate(items)
                    if isinstance(item, dict) and item.get(step[0]) == step[1]
                ),
                len(items),
            )
            found.append(str(place))
        else:
            found.append(str(step))
        within = value_at(within, (step,))
    return tuple(found)
