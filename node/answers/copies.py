"""Which entries came along with a copied repository, and say nothing of their own.

An entry that was found elsewhere than it says is, by its own word, a copy or a fork of what it names
(``federation.kinship``). Often it describes something else, whose publisher forgot one line; that is to be
found like everything. Only where its own log also has an entry that was found there, or names the repository
as its own, and both have an equal name and an equal summary, the one says nothing that the other does not
say::

    found in acme/tool,  names acme/tool, "Tool", "Counts lamps."    the original
    found in beta/lamps, names acme/tool, "Tool", "Counts lamps."    its copy
    found in beta/lamps, names acme/tool, "Tool", "Counts trees."    something else

Both are one publisher's word, so nobody can make a copy of what somebody else describes.
"""

import sqlite3
from collections.abc import Mapping
from typing import Final

import msgspec

from federation.identity import claims_of, found_in, identifier_key, identifiers_of
from federation.kinship import Kinship, kinship_of
from federation.merge import Described, described
from federation.standing import REPOSITORY
from node.store.series import stands
from protocol.origin import address
from protocol.packing import Value

from .projects import Key, Member, Project

_MOST: Final = 50  # entries of a log with one identifier among which the original is looked for

_COPIED: Final = (Kinship.COPY, Kinship.FORK)
_SHARING: Final = (
    "SELECT e.id, e.payload FROM identity AS i JOIN entry AS e ON e.log = i.log AND e.id = i.id"  # noqa: S608
    f" WHERE i.identifier = ? AND i.log = ? AND e.op = 1 AND {stands('e')} ORDER BY e.id LIMIT ?"
)


def may_be_copy(project: Project) -> bool:
    """Tell whether all that describe a project were found elsewhere than they say; asked of everything."""
    return all(
        (place := found_in(member.payload)) and f"{REPOSITORY}{place}" not in identifiers_of(member.payload)
        for member in project.members
    )


def original_of(connection: sqlite3.Connection, project: Project) -> Key | None:
    """Return the entry of which a project is a copy; None where it is a thing of its own.

    Args:
        connection: For reading.
        project: As it stands now; all that describe it have to be copies, each of an entry of its own log.
    """
    if not may_be_copy(project):
        return None
    found = [_original(connection, member) for member in project.members]
    return None if None in found else found[0]


def _original(connection: sqlite3.Connection, member: Member) -> Key | None:
    if kinship_of(member.payload) not in _COPIED:
        return None
    itself = described(member.address, member.payload, voice="")
    for identifier in dict.fromkeys(claim.identifier for claim in itself.claims):
        for id_, packed in connection.execute(_SHARING, (identifier_key(identifier), member.log, _MOST)):
            try:
                payload = msgspec.msgpack.decode(packed)
            except ValueError:
                # Rows were read by the strict rules before they were written; disks rot.
                continue
            other = described(address(member.origin, id_), payload, voice="")
            if _is_its_own(payload, identifier) and _is_alike(itself, other):
                return member.log, id_
    return None


def _is_its_own(payload: Mapping[str, Value], identifier: str) -> bool:
    """Tell whether an entry describes what an identifier names, and is no copy itself."""
    is_named = any(claim.identifier == identifier and claim.joins for claim in claims_of(payload))
    return is_named and kinship_of(payload) not in _COPIED


def _is_alike(one: Described, other: Described) -> bool:
    """Tell whether two entries say the same of one kind of thing, as a file does that was copied as it is."""
    has_name = not set(one.names).isdisjoint(other.names)
    return one.kind == other.kind and has_name and bool(one.gist) and one.gist == other.gist
