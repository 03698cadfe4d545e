"""What this node's publishers say for others, or against them: a vouch, or the former one renewed."""

from collections.abc import Mapping
from typing import Final

from federation.vouching import day_of
from protocol.forms import is_origin
from protocol.opinions import Vouch
from protocol.packing import Value
from protocol.requirements import VOUCHES_BY_A_SCHEME
from protocol.statement import View

from .errors import InvalidInputError, NotFoundError
from .home import Home
from .stating import Former, former, is_same
from .store.restraints import admitted_logs

IDENTITY: Final = "identity"


def vouch_for(home: Home, by: str, target: str, vouch_type: str, fields: Mapping[str, Value]) -> Former:
    """Return what an own publisher says for a thing or another one, and its id where it renews a former one.

    Args:
        home: The node.
        by: Origin of the own log.
        target: The thing, or the origin of the other one's log.
        vouch_type: A word of the vocabulary ``vouch type``.
        fields: What is said now; ``issued`` is today, unless it is another day. Texts of languages that are
            not in it stay, as does all that it does not name. An identity's fingerprint is the one under
            which a person here follows the log, or that of the former vouch, unless it says one.

    Raises:
        InvalidInputError: Only a log has what is said, and the target is none; or a rule let the log in, so
            that its fingerprint is hearsay, and no reason to vouch.
        NotFoundError: The fingerprint has to be told.
    """
    if not is_origin(target):
        _refuse_a_thing(target, vouch_type, fields)
    id_, before = _former_vouch(home, by, target, vouch_type, fields.get("scheme"))
    if vouch_type == IDENTITY and "fingerprint" not in fields:
        fields = {**fields, "fingerprint": _known_fingerprint(home, target, before)}
    scope, kept = fields.get("scope"), before.get("scope")
    if isinstance(scope, dict) and isinstance(kept, dict):
        fields = {**fields, "scope": {**kept, **scope}}
    payload: dict[str, Value] = {**before, "issued": day_of(home.now()), **fields}
    return id_, payload | {"type": "vouch", "v": 1, "target": target, "vouchType": vouch_type}


def vouch_in(home: Home, by: str, document: Mapping[str, Value]) -> Former:
    """Return the vouch that a document is, and its id where it takes the place of a former one.

    What it does not say is gone; ``issued`` is today, unless it is another day.
    """
    payload: dict[str, Value] = {"issued": day_of(home.now()), **document, "type": "vouch", "v": 1}
    target, vouch_type = payload.get("target"), payload.get("vouchType")
    if not (isinstance(target, str) and isinstance(vouch_type, str)):
        return None, payload
    return _former_vouch(home, by, target, vouch_type, payload.get("scheme"))[0], payload


def _former_vouch(home: Home, by: str, target: str, vouch_type: str, scheme: Value) -> Former:
    """Return what was said before of the same sort; by each scheme there is one of its own."""

    def is_it(view: View) -> bool:
        return (
            isinstance(view, Vouch)
            and view.vouch_type == vouch_type
            and is_same(view.target, target)
            and (vouch_type not in VOUCHES_BY_A_SCHEME or is_same(view.scheme, str(scheme)))
        )

    return former(home, by, "vouch", is_it)


def _refuse_a_thing(target: str, vouch_type: str, fields: Mapping[str, Value]) -> None:
    """Refuse what can be said of publishers alone."""
    if vouch_type == IDENTITY:
        hint = "name a log, as host/log/name/1, or say with --type what you vouch for"
        raise InvalidInputError(
            f"{target} is not the origin of a log, which alone has an identity", hint=hint
        )
    if fields.get("fingerprint"):
        hint = "leave --fingerprint out, or name a log, as host/log/name/1"
        raise InvalidInputError(
            f"{target} is not the origin of a log, which alone has a fingerprint", hint=hint
        )


def _known_fingerprint(home: Home, origin: str, before: Mapping[str, Value]) -> Value:
    """Return the fingerprint of a log that somebody here compared."""
    row = home.logs.get(origin)
    hint = "give --fingerprint, as the publisher told you"
    if row is None and "fingerprint" not in before:
        raise NotFoundError(f"a fingerprint of {origin}", hint=hint)
    if row is not None and row.id in admitted_logs(home.database.connection):
        raise InvalidInputError(f"nobody here has compared the fingerprint of {origin}", hint=hint)
    return before["fingerprint"] if row is None else row.fingerprint
