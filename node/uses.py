"""What this node's publishers say of things that they use: a first time, with changes, or once more."""

from collections.abc import Mapping
from typing import Final

from protocol.opinions import Use
from protocol.packing import Value

from .answers.texts import moment
from .errors import NotFoundError
from .home import Home
from .stating import Former, former, is_same

RETIRED: Final = "retired"


def use_of(home: Home, by: str, target: str, fields: Mapping[str, Value]) -> Former:
    """Return the statement that an own publisher uses a thing, and its id where it changes a former one.

    Args:
        home: The node.
        by: Origin of the own log.
        target: The thing.
        fields: What is said now. Texts of languages that are not in it stay, as does all that it does not
            name; but whoever uses a thing again has no last day of use.
    """
    id_, before = _former_use(home, by, target)
    status = fields.get("status")
    if before.get("status") == RETIRED and status is not None and status != RETIRED:
        before = {name: value for name, value in before.items() if name != "until"}
    said = {name: _joined(before.get(name), value) for name, value in fields.items()}
    return id_, {**before, **said, "type": "use", "v": 1, "target": target, "reviewed": moment(home.now())}


def use_in(home: Home, by: str, document: Mapping[str, Value]) -> Former:
    """Return the statement that a document is, and its id where it takes the place of a former one.

    What it does not say is gone; ``reviewed`` is now, unless it says another time.
    """
    target = document.get("target")
    id_ = _former_use(home, by, target)[0] if isinstance(target, str) else None
    return id_, {"reviewed": moment(home.now()), **document, "type": "use", "v": 1}


def use_again(home: Home, by: str, target: str) -> Former:
    """Return the statement that what an own publisher said of its use of a thing still holds, and its id.

    Raises:
        NotFoundError: It said nothing of it, or withdrew it.
    """
    id_, before = _former_use(home, by, target)
    if id_ is None:
        hint = f"`fedcat use {target} --status …` states one"
        raise NotFoundError(f"a use of {target} in {by}", hint)
    return id_, {**before, "reviewed": moment(home.now())}


def _former_use(home: Home, by: str, target: str) -> Former:
    return former(home, by, "use", lambda view: isinstance(view, Use) and is_same(view.target, target))


def _joined(before: Value, now: Value) -> Value:
    """Return texts with those of before in other languages; of anything else what is said now."""
    return {**before, **now} if isinstance(before, dict) and isinstance(now, dict) else now
