"""Which statement a reference names: its address (``<origin>/e/<32 hex>``), or the beginning of its id.

A beginning names a statement when it fits that one only. What the operator of this node took down is refused.
"""

import re
from dataclasses import dataclass
from typing import Final

from node.errors import AmbiguousError, NotFoundError, TakenDownError
from node.home import Home
from node.store.logstore import LogStore
from node.store.moderated import TAKEDOWN, Moderated, moderation_of
from node.store.series import current_origin, stands
from protocol.errors import MalformedError
from protocol.origin import ID_SIZE, address, parse_address

MAX_CANDIDATES: Final = 10
"""Statements that an ambiguous prefix names in its error."""

_PREFIX: Final = re.compile(r"[0-9a-f]{4,32}")


@dataclass(frozen=True, slots=True)
class Address:
    """A statement that this node knows.

    Attributes:
        origin: The log's origin.
        id: 16 bytes.
    """

    origin: str
    id: bytes

    def __str__(self) -> str:
        """Return the address as it is written."""
        return address(self.origin, self.id)


def refuse_taken_down(home: Home, where: Address) -> None:
    """Let nobody ask for a statement that the operator of this node took down.

    Raises:
        TakenDownError: It was taken down.
    """
    hiding(home.logs.store(where.origin), where)


def resolve(home: Home, ref: str) -> Address:
    """Return the statement that an address or a unique id prefix names, in the log in which it stands now.

    What the successor of a log states stands there.

    Raises:
        NotFoundError: No carried log has such a statement.
        AmbiguousError: More than one has.
    """
    ref = ref.strip()
    if "/" in ref:
        try:
            origin, id_ = parse_address(ref)
        except MalformedError:
            raise unknown(ref) from None
        row = home.logs.get(origin)
        if row is None or home.logs.store(origin).shown_head(id_) is None:
            raise unknown(ref)
        return Address(current_origin(home.database.connection, origin, id_), id_)
    if _PREFIX.fullmatch(ref) is None:
        raise unknown(ref)
    found = _starting_with(home, ref)
    if not found:
        raise unknown(ref)
    if len(found) > 1:
        raise AmbiguousError(ref, tuple(str(each) for each in found))
    return found[0]


def hiding(store: LogStore, where: Address) -> Moderated | None:
    """Return why a statement is hidden here, None when it is not.

    Raises:
        TakenDownError: The operator of this node took it down.
    """
    decided = moderation_of(store.database.connection, store.id, where.id)
    if decided is not None and decided.action == TAKEDOWN:
        raise TakenDownError(str(where), decided.reason)
    return decided


def unknown(ref: str) -> NotFoundError:
    """Return what is raised of a reference that names nothing here."""
    return NotFoundError(f"entry {ref}", hint="give its address, or at least four characters of its id")


def _starting_with(home: Home, prefix: str) -> list[Address]:
    low = bytes.fromhex(prefix.ljust(ID_SIZE * 2, "0"))
    high = bytes.fromhex(prefix.ljust(ID_SIZE * 2, "f"))
    rows = home.database.connection.execute(
        "SELECT l.origin, s.id FROM log l"  # noqa: S608 - a constant condition
        " JOIN statement s ON s.log = l.id AND s.id BETWEEN ? AND ?"
        f" WHERE {stands('s')} ORDER BY l.origin, s.id LIMIT ?",
        (low, high, MAX_CANDIDATES),
    )
    return [Address(origin, bytes(id_)) for origin, id_ in rows]
