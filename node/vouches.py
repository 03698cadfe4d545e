"""What this node's publishers say for others: making a vouch, or renewing the one that is there."""

from typing import Final

from federation.vouching import day_of
from protocol.opinions import Vouch
from protocol.packing import Value

from .errors import InvalidInputError, NotFoundError
from .home import Home
from .stating import Former, former
from .store.restraints import admitted_logs

IDENTITY: Final = "identity"


def pinned(home: Home, origin: str) -> str:
    """Return the fingerprint under which a person here follows a log.

    Raises:
        NotFoundError: Nobody does; then it has to be told.
        InvalidInputError: Only a rule let it in: that is hearsay, and no reason to vouch.
    """
    row = home.logs.get(origin)
    hint = "give --fingerprint, as the publisher told you"
    if row is None:
        raise NotFoundError(f"a fingerprint of {origin}", hint=hint)
    if row.id in admitted_logs(home.database.connection):
        raise InvalidInputError(f"nobody here has compared the fingerprint of {origin}", hint=hint)
    return row.fingerprint


def vouch_for(home: Home, by: str, target: str, vouch_type: str, **fields: Value) -> Former:
    """Return the statement of an own publisher for another one, and its id where it renews a former one.

    Args:
        home: The node.
        by: Origin of the own log.
        target: Origin of the other one.
        vouch_type: ``identity`` or ``recommend``.
        fields: What it says: ``fingerprint``, ``expires``, ``scope``; None for what it does not say.
            ``issued`` is today. What the former one said besides is kept.
    """
    id_, before = former(
        home,
        by,
        "vouch",
        lambda view: isinstance(view, Vouch) and (view.target, view.vouch_type) == (target, vouch_type),
    )
    payload: dict[str, Value] = {
        **before,
        "type": "vouch",
        "v": 1,
        "target": target,
        "vouchType": vouch_type,
        "issued": day_of(home.now()),
    }
    return id_, payload | {name: value for name, value in fields.items() if value is not None}
