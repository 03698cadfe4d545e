"""The readiness score of an entry: points of published rules, each with what it asks for.

::

    {"score": 64, "points": 68, "possible": 106, "version": 1, "rules": "/rules/readiness/v1",
     "items": [{"rule": "docs", "points": 0, "of": 8, "what": "Documentation",
                "fix": "add a link with rel docs"}, …]}

It follows from the entry and the rules alone (``v1.toml`` says how to read these): anybody can make it
again. It is no part of any order, and says nothing of the thing itself: only how it is described.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec

from protocol.openness import is_open
from protocol.packing import Value

VERSION: Final = 1
"""Of the rules by which entries are scored."""

RULES: Final = f"/rules/readiness/v{VERSION}"
"""Where a node serves them."""

_STEP: Final = re.compile(r"(\w+)(?:\[(\w+)=([^\]]+)\])?")


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule.

    Attributes:
        id: What it is called.
        points: What meeting it gives.
        paths: Where to look; one that leads to something is enough.
        what: What it asks for, as a heading.
        fix: What to do, as a clause.
        kinds: Of entries that it is for; all kinds when empty.
        least: Characters of a text, or items of a list, at least.
        languages: Languages of a text, at least.
        excluded: Values that do not count.
        open: Whether it asks for an open licence.
    """

    id: str
    points: int
    paths: tuple[str, ...]
    what: str
    fix: str
    kinds: tuple[str, ...] = ()
    least: int = 1
    languages: int = 1
    excluded: tuple[str, ...] = msgspec.field(default=(), name="not")
    open: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    rules: tuple[Rule, ...]


def rules_text() -> bytes:
    """Return the rules as they are published, in TOML."""
    return resources.files(__package__).joinpath(f"v{VERSION}.toml").read_bytes()


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules."""
    return msgspec.convert(tomllib.loads(rules_text().decode()), _File).rules


def readiness(entry: Mapping[str, Value]) -> dict[str, Any]:
    """Return the score of an entry, from 0 to 100, with every rule for its kind; see this module."""
    items: list[dict[str, Any]] = [
        {
            "rule": rule.id,
            "points": rule.points if _is_met(rule, entry) else 0,
            "of": rule.points,
            "what": rule.what,
            "fix": rule.fix,
        }
        for rule in rules()
        if not rule.kinds or entry.get("kind") in rule.kinds
    ]
    points, possible = sum(each["points"] for each in items), sum(each["of"] for each in items)
    return {
        "score": 100 * points // possible,
        "points": points,
        "possible": possible,
        "version": VERSION,
        "rules": RULES,
        "items": items,
    }


def _is_met(rule: Rule, entry: Mapping[str, Value]) -> bool:
    return any(_counts(rule, value) for path in rule.paths for value in _at(entry, path.split(".")))


def _at(value: Value | Mapping[str, Value], steps: list[str]) -> Iterator[Value]:
    """Yield what is at a path."""
    found = _STEP.fullmatch(steps[0])
    if found is None or not isinstance(value, Mapping):
        return
    name, key, wanted = found.groups()
    here = value.get(name)
    if key is not None:
        listed = here if isinstance(here, list) else []
        here = [item for item in listed if isinstance(item, dict) and item.get(key) == wanted]
    if len(steps) > 1:
        yield from _at(here, steps[1:])
    else:
        yield here


def _counts(rule: Rule, value: Value) -> bool:
    """Tell whether a value is what a rule asks for."""
    if isinstance(value, dict):
        # A text by language: the longest one counts.
        texts = [each for each in value.values() if _size(each) >= rule.least]
        return len(texts) >= rule.languages
    if rule.open:
        return isinstance(value, str) and is_open(value)
    return rule.languages == 1 and _size(value) >= rule.least and value not in rule.excluded


def _size(value: Value) -> int:
    if isinstance(value, str):
        return len(value.strip())
    if isinstance(value, list | dict):
        return len(value)
    return 0 if value is None else 1
