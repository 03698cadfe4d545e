"""Where in a statement an input of a form has its value, and how the statement is with another one there.

::

    /name/fr                      a text in one language
    /links/rel=landing/url        of the link whose ``rel`` is ``landing``
    /service/channels/0/url       of the first channel

What is emptied is taken out, with the list or map that held nothing else; all beside it stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from protocol.packing import Value

Step: TypeAlias = "str | int | tuple[str, str]"


def steps_of(path: str) -> tuple[Step, ...]:
    """Return the steps of a path: keys, places in lists, and items of lists by a word that they have."""
    return tuple(map(_step, path.split("/")[1:]))


def value_at(within: Value | None, steps: Sequence[Step]) -> Value | None:
    """Return the value at a place, None where there is nothing."""
    for step in steps:
        match step:
            case str():
                within = within.get(step) if isinstance(within, dict) else None
            case int():
                within = within[step] if isinstance(within, list) and step < len(within) else None
            case _:
                within = next(iter(_items(within, step)), (0, None))[1]
    return within


def with_value(within: Value | None, steps: Sequence[Step], value: Value | None) -> Value | None:
    """Return a statement, or a part of one, with another value at a place; None of what holds nothing then.

    Args:
        within: What there is; it stays as it is.
        steps: Where.
        value: What is to be there; None to take it out.
    """
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, str):
        if value is None and not isinstance(within, dict):
            return within
        kept = within if isinstance(within, dict) else {}
        made = with_value(kept.get(step), rest, value)
        if made is None:
            return {key: each for key, each in kept.items() if key != step} or None
        return {**kept, step: made}
    if value is None and not isinstance(within, list):
        return within
    items = within if isinstance(within, list) else []
    blank: Value | None = None
    if isinstance(step, int):
        at = min(step, len(items))
    else:
        at, blank = next(iter(_items(items, step)), (len(items), None))[0], {step[0]: step[1]}
    made = with_value(items[at] if at < len(items) else blank, rest, value)
    # An item of which nothing is left but the word by which it was found says nothing.
    return [*items[:at], *([] if made is None or made == blank else [made]), *items[at + 1 :]] or None


def _items(within: Value | None, step: tuple[str, str]) -> list[tuple[int, Value]]:
    """Return the items of a list that have a word under a key, each with its place."""
    key, word = step
    return [
        (place, each)
        for place, each in enumerate(within if isinstance(within, list) else ())
        if isinstance(each, dict) and each.get(key) == word
    ]


def _step(text: str) -> Step:
    if text.isdecimal():
        return int(text)
    key, equals, word = text.partition("=")
    return (key, word) if equals else text
