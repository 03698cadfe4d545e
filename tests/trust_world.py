"""Publishers that speak of each other: vouches, lists, recommended peers; an operator who changes rules."""

import dataclasses
from typing import Any

from federation.vouching import AllowRule, day_of
from node.home import Home
from tests.publisher import NOW, Publisher

TODAY = day_of(NOW)
TOMORROW = day_of(NOW + 86_400)
YESTERDAY = day_of(NOW - 86_400)
NEXT_YEAR = day_of(NOW + 365 * 86_400)
TWO = AllowRule(vouchers=2)


def trusting(home: Home, **trust: Any) -> None:  # noqa: ANN401 - keys of ``[trust]``
    """Let the operator change what it says in ``[trust]``; a real one restarts the node after that."""
    home.config = dataclasses.replace(home.config, trust=dataclasses.replace(home.config.trust, **trust))


def vouch(target: str, fingerprint: str = "", expires: str = NEXT_YEAR, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a vouch; for an identity unless ``vouchType`` says otherwise."""
    return {
        "type": "vouch",
        "v": 1,
        "target": target,
        "vouchType": "identity",
        "fingerprint": fingerprint,
        "issued": YESTERDAY,
        "expires": expires,
        **fields,
    }


def block_list(*items: Any, purpose: str = "block") -> dict[str, Any]:  # noqa: ANN401 - items of any shape
    """Return a list that blocks, or allows; a text stands for an item that names no more."""
    named = [item if isinstance(item, dict) else {"ref": item} for item in items]
    return {"type": "list", "v": 1, "name": {"en": "List"}, "purpose": purpose, "items": named}


def profile(*peers: Any) -> dict[str, Any]:  # noqa: ANN401 - peers of any shape
    """Return the profile of a publisher that recommends others."""
    return {"type": "profile", "v": 1, "name": {"en": "City"}, "peers": list(peers)}


def speaking(home: Home, name: str, *statements: dict[str, Any]) -> Publisher:
    """Return a publisher that is followed here, with what it states."""
    publisher = Publisher(home, f"{name}.example/log/{name}/1", own=False)
    for statement in statements:
        publisher.put(statement)
    publisher.publish()
    return publisher
