"""What this node's publishers say of how things hang together."""

from collections.abc import Mapping
from typing import Final

from protocol.opinions import Link
from protocol.packing import Value

from .home import Home
from .stating import Former, former, is_same

_OPPOSITES: Final = ("sameAs", "notSameAs")


def link_in(home: Home, by: str, document: Mapping[str, Value]) -> Former:
    """Return the link that a document is, and its id where it takes the place of a former one.

    That is one between the same things, in either order: whoever finds that two things are not the same takes
    back that they are.

    Args:
        home: The node.
        by: Origin of the own log.
        document: ``relation``, ``target`` and whatever else a link says.
    """
    payload: dict[str, Value] = {**document, "type": "link", "v": 1}
    relation, subject, target = (payload.get(name, "") for name in ("relation", "subject", "target"))
    if not (isinstance(relation, str) and isinstance(subject, str) and isinstance(target, str)):
        return None, payload

    def is_it(view: object) -> bool:
        if not isinstance(view, Link):
            return False
        is_between = _are_same((view.subject, view.target), (subject, target))
        if relation not in _OPPOSITES:
            return view.relation == relation and is_between
        return view.relation in _OPPOSITES and (
            is_between or _are_same((view.target, view.subject), (subject, target))
        )

    return former(home, by, "link", is_it)[0], payload


def _are_same(ones: tuple[str, str], others: tuple[str, str]) -> bool:
    return all(is_same(one, other) for one, other in zip(ones, others, strict=True))
