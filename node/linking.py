"""What this node's publishers say of how things hang together."""

from collections.abc import Mapping
from typing import Final

from protocol.opinions import Link
from protocol.packing import Value
from protocol.statement import View

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

    def is_it(view: View) -> bool:
        return isinstance(view, Link) and _is_about(view, relation, (subject, target))

    return former(home, by, "link", is_it)[0], payload


def _is_about(link: Link, relation: str, ends: tuple[str, str]) -> bool:
    """Tell whether a link says what one of a relation between two things takes the place of."""
    is_between = _are_same((link.subject, link.target), ends)
    if relation not in _OPPOSITES:
        return link.relation == relation and is_between
    return link.relation in _OPPOSITES and (is_between or _are_same((link.target, link.subject), ends))


def _are_same(ones: tuple[str, str], others: tuple[str, str]) -> bool:
    return all(is_same(one, other) for one, other in zip(ones, others, strict=True))
