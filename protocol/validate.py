"""Everything that is wrong with a statement, at once.

The shape comes from the structs of :mod:`protocol.statement`, by way of :mod:`protocol.shapes`;
msgspec itself would stop at the first fault. Most entries are seen to have none at a glance
(:mod:`protocol.glance`). A problem says where (a JSON pointer), what (a sentence) and what to do::

    Problem("/links/0/url", "'www.lyon.fr' is not a web address.",
            "Write it whole, such as https://example.org/page.", "error")

An *error* means that the statement may not be published here, and from elsewhere that it
cannot be read. A *flag* is shown beside a statement that stays in use: words, licences and
gaps never make somebody else's entry unreadable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from .glance import glance_of
from .packing import Value, pack, text_fault
from .plans import plan_problems
from .problem import ERROR, FLAG, Problem, Severity, child
from .requirements import (
    entry_problems,
    link_problems,
    list_problems,
    profile_problems,
    use_problems,
    vouch_problems,
)
from .shapes import Report, look_of, short
from .statement import TYPES, VERSION, Entry

__all__ = ["Problem", "validate"]

_is_good_entry: Final = glance_of(Entry)

# Of an entry whose values are well formed nothing else is looked at, but for a name that is empty.
_PLANS: Final = ("roadmap", "seeking", "offering", "participation")

_OPINION_PROBLEMS: Final[Mapping[str, Callable[[Mapping[str, Value], Severity], Iterator[Problem]]]] = {
    "use": use_problems,
    "vouch": vouch_problems,
    "link": link_problems,
    "list": list_problems,
}


def validate(payload: Value, *, written_here: bool, unpacked: bool = False) -> tuple[Problem, ...]:
    """Return all problems of a payload, in the order of the document; empty means none.

    Args:
        payload: What a blob holds after its salt, unpacked; any value.
        written_here: True for statements about to be published by this node's own users,
            which must be complete and use known words. False for imports and for other
            people's statements: those need a kind and a name.
        unpacked: True when the payload came out of ``unpack`` or went through ``pack``, which
            have refused already what cannot be packed; saves most of the time.
    """
    if not isinstance(payload, dict):
        return (Problem("", "A statement is a map.", "Send a map with type, v and fields.", ERROR),)
    refusal = "" if unpacked else _refusal(payload)
    report = Report(written_here=written_here)
    if not (written_here or refusal) and _is_well_formed(payload):
        if payload.get("name") == {} or any(payload.get(name) for name in _PLANS):
            _look_at_entry(payload, report)
        return tuple(report.problems)
    if refusal:
        # Only a value that cannot be packed can hold a text that cannot be kept.
        report.problems += _text_problems(payload, "")
    _look_at_statement(payload, report)
    if refusal and not any(problem.severity == ERROR for problem in report.problems):
        message = f"The statement cannot be encoded: {refusal}."
        report.add(None, message, "Shorten it.", ERROR)
    return tuple(report.problems)


def _refusal(payload: Value) -> str:
    try:
        pack(payload)
    except ValueError as error:
        return str(error)
    return ""


def _is_well_formed(payload: dict[str, Value]) -> bool:
    """Report whether a payload, which can be packed, surely is an entry with nothing wrong in any value."""
    return payload.get("type") == "entry" and payload.get("v") == VERSION and _is_good_entry(payload)


def _look_at_statement(payload: dict[str, Value], report: Report) -> None:
    name = payload.get("type")
    if not isinstance(name, str):
        report.add((None, "type"), "The statement does not say its type.", "Set type to entry.", ERROR)
        return
    struct = TYPES.get(name)
    if struct is None:
        message = f"'{short(name)}' is not a known type of statement."
        report.add((None, "type"), message, f"Use one of: {', '.join(TYPES)}.", FLAG)
        return
    version = payload.get("v")
    if version != VERSION and isinstance(version, int) and not isinstance(version, bool):
        message = f"Version {version} of statements is not known here."
        report.add((None, "v"), message, "Write v: 1.", report.doubt)
    look_of(struct)(payload, None, report)
    if name == "entry":
        _look_at_entry(payload, report)
    elif name == "profile":
        report.problems += profile_problems(payload)
    elif name in _OPINION_PROBLEMS:
        report.problems += _OPINION_PROBLEMS[name](payload, report.doubt)


def _look_at_entry(payload: dict[str, Value], report: Report) -> None:
    """Find what is wrong with an entry as a whole."""
    report.problems += entry_problems(payload, written_here=report.written_here)
    report.problems += plan_problems(payload, report.doubt)


def _text_problems(value: Value, pointer: str) -> Iterator[Problem]:
    """Find texts and keys that the byte format refuses, wherever they stand."""
    if isinstance(value, str):
        if fault := text_fault(value):
            yield Problem(pointer, f"The text cannot be kept: {fault}.", "Remove those characters.", ERROR)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _text_problems(item, child(pointer, str(index)))
    elif isinstance(value, dict):
        for key, item in value.items():
            if fault := text_fault(key):
                yield Problem(child(pointer, key), f"The key cannot be kept: {fault}.", "Rename it.", ERROR)
            yield from _text_problems(item, child(pointer, key))
