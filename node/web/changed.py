"""What a version says otherwise than the one before it, as pages show it: only what is not the same.

::

    {"summary": {"fr": "A", "en": "X"}}  →  {"summary": {"fr": "B", "en": "X"}}    Summary, French: A, B
    a plan of five whose stage is another one                                      Plans: its title and stage
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from node.answers.provenance import readable
from node.desk.differing import NOTHING, Difference, Found

from .pieces import Piece, has_languages, piece

_NOTHING: Final = Piece("nothing")
_NAMES: Final = ("title", "name", "text")
"""By which somebody knows an item again."""


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the way to what is changed.

    Attributes:
        name: Of a field, or a language tag.
        within: The field in which it stands; empty for the statement itself.
        is_language: Whether it is a language.
    """

    name: str
    within: str
    is_language: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """Something that a version says otherwise.

    Attributes:
        steps: What it is, from the field of the statement inwards.
        before: What stood there.
        after: What stands there now.
    """

    steps: tuple[Step, ...]
    before: Piece
    after: Piece


def changed(found: Iterable[Difference], languages: Sequence[str]) -> tuple[Changed, ...]:
    """Return differences as they are shown; those between two ways to say nothing are left out."""
    return tuple(each for each in _all(found, languages) if each.before != each.after)


def _all(found: Iterable[Difference], languages: Sequence[str]) -> Iterator[Changed]:
    for each in found:
        names = [step.replace("~1", "/").replace("~0", "~") for step in each.pointer.split("/")[1:]]
        steps = tuple(_steps(names))
        before, after = _apart(_plain(each.before), _plain(each.after))
        yield Changed(steps, _piece(steps, before, languages), _piece(steps, after, languages))


def _steps(names: Sequence[str]) -> Iterator[Step]:
    within, is_language = "", False
    for name in names:
        is_language = has_languages(within) and not is_language
        yield Step(name, within, is_language)
        within = within if is_language else name


def _piece(steps: Sequence[Step], value: Any, languages: Sequence[str]) -> Piece:  # noqa: ANN401 - anybody's
    last = steps[-1]
    if value is None:
        return _NOTHING
    if last.is_language:
        # As it is written: of what is made of it not every change could be seen.
        made = piece(last.within, {last.name: value}, languages)
        return replace(made, form="text") if made.form == "prose" else made
    return piece(last.name, value, languages, within=last.within)


def _plain(value: Found) -> Any:  # noqa: ANN401 - anybody's
    return None if value is NOTHING else readable(value)  # type: ignore[arg-type]


def _apart(before: Any, after: Any) -> tuple[Any, Any]:  # noqa: ANN401 - anybody's
    """Return of two lists what is in one of them only; of an item that changed, its name and what changed."""
    if not (isinstance(before, list) and isinstance(after, list)):
        return before, after
    gone = [each for each in before if each not in after]
    new = [each for each in after if each not in before]
    if not gone and not new:
        # Another order, which is a change too.
        return before, after
    formerly, now = _by_id(gone), _by_id(new)
    for id_ in formerly.keys() & now.keys():
        one, other = formerly[id_], now[id_]
        kept = {key for key in (*one, *other) if one.get(key) != other.get(key)}
        name = next((key for key in _NAMES if one.get(key)), "")
        gone[gone.index(one)] = {key: value for key, value in one.items() if key in kept or key == name}
        new[new.index(other)] = {key: value for key, value in other.items() if key in kept or key == name}
    return gone, new


def _by_id(items: Iterable[Any]) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in items if isinstance(each, dict) and isinstance(each.get("id"), str)}
