"""Whether an entry describes a thing of its own, or came along with a copy of somebody else's repository.

As publiccode.yml has it: a file that says where the software is, and lies elsewhere, came along with a
copy. A *variant* says what it is based on, and has a repository of its own. Only what an entry says of
itself counts::

    found in beta/lamps, names acme/tool, is called "Tool"    copy: in a repository of another name
    found in beta/tool,  names acme/tool, is called "Tool"    fork: a copy that kept the name
    names beta/tool, basedOn acme/tool as a variant           variant: a thing of its own
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from protocol.packing import Value

from .identity import claims_of, found_in
from .repositories import identity_of

_REPO = "repo:"


class Kinship(StrEnum):
    """What an entry is to the repository that it names."""

    OWN = "own"
    COPY = "copy"
    FORK = "fork"
    VARIANT = "variant"


def kinship_of(payload: Mapping[str, Value]) -> Kinship:
    """Return what an entry is by its own word; never raises."""
    claims = [claim for claim in claims_of(payload) if claim.identifier.startswith(_REPO)]
    place = found_in(payload)
    if place and claims and all(claim.identifier != f"{_REPO}{place}" for claim in claims):
        return Kinship.FORK if any(claim.joins for claim in claims) else Kinship.COPY
    bases = {identity_of(ref) for ref in _bases(payload)}
    is_apart = any(claim.joins and claim.identifier.removeprefix(_REPO) not in bases for claim in claims)
    return Kinship.VARIANT if bases and is_apart else Kinship.OWN


def _bases(payload: Mapping[str, Value]) -> list[str]:
    """Return what an entry says it is a variant of, as it writes it."""
    based = payload.get("basedOn")
    return [
        ref
        for item in (based if isinstance(based, list) else ())
        if isinstance(item, dict) and item.get("relation") == Kinship.VARIANT
        for ref in (item.get("ref") or item.get("uri"),)
        if isinstance(ref, str)
    ]
