"""A statement of somebody about something, as answers show it: whose it is, and what of that is known here.

::

    {"address": "oslo.example/log/oslo/1/e/5e0c…", "type": "use", "publisher": {"name": "Oslo", …},
     "said": {"status": "production", "since": "2024-03-01"}, "provenance": {…}}
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from node.home import Home
from protocol.origin import address
from protocol.packing import Value

from .items import Logs
from .nearshapes import Remark, Speaker
from .organisations import Organisations
from .provenance import readable
from .publishers import publisher_names
from .restrained import restraints_of
from .texts import card_of
from .uses import Statement

_USE: Final = (
    "status", "since", "until", "reviewed", "purpose", "topics", "places", "instance", "changes", "fork",
    "suppliers", "certifications", "lessons", "feedback", "costAvoided", "contact",
)  # fmt: skip
_VOUCH: Final = ("vouchType", "fingerprint", "scheme", "level", "issued", "expires", "evidence", "scope")
_LINK: Final = ("relation", "subject", "target", "reason", "since")

SAID: Final[Mapping[str, Sequence[str]]] = {"use": _USE, "vouch": _VOUCH, "link": _LINK}
"""Type of statement → its fields that say something about what it is about."""


def said_of(type_: str, payload: Mapping[str, Value]) -> dict[str, Any]:
    """Return what a statement of a type of ``SAID`` says about what it is about."""
    return {field: readable(payload[field]) for field in SAID[type_] if field in payload}


class Speakers:
    """Who says what, as known at one moment.

    Args:
        home: The node.
        connection: For reading.
        known: What is known of publishers.
        languages: What the reader reads, by preference; picks names.
    """

    def __init__(
        self, home: Home, connection: sqlite3.Connection, known: Organisations, languages: Sequence[str]
    ) -> None:
        self._connection, self._known, self._languages = connection, known, languages
        self._names, self._logs = publisher_names(home, languages), Logs(home, connection)

    def remark(self, statement: Statement) -> Remark:
        """Return a statement with who states it and where it stands; what it says is left to the caller."""
        card = card_of(dict(statement.payload))
        name, _, language = card.shown(self._languages)
        return {
            "address": address(statement.origin, statement.key[1]),
            "origin": statement.origin,
            "id": statement.key[1].hex(),
            "index": statement.index,
            "type": card.type,
            "name": name,
            "language": language,
            "publisher": self._speaker(statement),
            "said": None,
            "provenance": self._logs.provenance(statement.key[0], statement.origin, statement.index),
        }

    def name(self, origin: str) -> str:
        """Return what a publisher calls itself; empty when it does not."""
        return self._names.get(origin, "")

    def _speaker(self, statement: Statement) -> Speaker:
        log, origin = statement.key[0], statement.origin
        (own,) = self._connection.execute("SELECT own FROM log WHERE id = ?", (log,)).fetchone()
        return {
            "origin": origin,
            "name": self.name(origin),
            "domains": list(self._known.domains(origin)),
            "own": bool(own),
            "population": self._known.stated(origin)[2],
            "followed": restraints_of(self._connection, log, own=bool(own))["followed"],
        }
