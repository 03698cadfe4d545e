"""What the targets of statements are called, where they are here: projects, organisations, lists.

::

    https://github.com/acme/tool      →  {"project": "lyon.example/log/lyon/1/e/5e0c…", "name": "Tool"}
    lyon.example/log/lyon/1           →  {"origin": "lyon.example/log/lyon/1", "name": "Ville de Lyon"}
    https://elsewhere.example/        →  the text alone
"""

import contextlib
import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from federation.targets import target_of
from node.home import Home
from node.store.series import current_origin
from protocol.errors import MalformedError
from protocol.language import UNDETERMINED
from protocol.origin import Origin, address, parse_address

from .attached import projects_meant
from .nearshapes import NamedThing
from .publishers import publisher_names
from .texts import card_of, name_for, summary_for
from .uses import statements_of

_WEB: Final = re.compile("^https?://", re.IGNORECASE)


def things_named(
    home: Home, connection: sqlite3.Connection, texts: Collection[str], languages: Sequence[str] = ()
) -> Mapping[str, NamedThing]:
    """Return for each of some targets what is known here of what it names.

    Args:
        home: The node.
        connection: For reading.
        texts: As statements write them: addresses, URLs, identifiers, origins of logs.
        languages: What the reader reads, by preference; picks names.
    """
    targets = {text: target_of(text) for text in texts}
    meant = projects_meant(home, connection, [each for each in targets.values() if each.names])
    names = publisher_names(home, languages)
    found: dict[str, NamedThing] = {}
    for text, target in targets.items():
        project = meant.get(target)
        if project is not None:
            name, language = name_for(project.texts("name"), languages, project.made_by_machine("name"))
            made = project.made_by_machine("summary")
            summary = summary_for(project.texts("summary"), languages, language, made)
            found[text] = _named(text, name, language, summary, project=project.address)
        elif origin := origin_named(text):
            is_here = home.logs.get(origin) is not None
            found[text] = _named(text, names.get(origin, ""), "und", origin=origin if is_here else None)
        else:
            found[text] = _statement(connection, text, names, languages)
    return found


def things_named_in(
    home: Home, texts: Iterable[str], languages: Sequence[str] = ()
) -> Mapping[str, NamedThing]:
    """Return the same, read at one moment."""
    with home.database.read() as connection:
        return things_named(home, connection, frozenset(texts), languages)


def origin_named(text: str) -> str:
    """Return the origin that a text names, with or without ``https://`` before it; empty for none."""
    with contextlib.suppress(MalformedError):
        return str(Origin.parse(_WEB.sub("", text)))
    return ""


def address_named(text: str) -> tuple[str, bytes] | None:
    """Return the origin and id that an address names, with ``https://`` before it or without; else None."""
    with contextlib.suppress(MalformedError):
        return parse_address(_WEB.sub("", text))
    return None


def _statement(
    connection: sqlite3.Connection, text: str, names: Mapping[str, str], languages: Sequence[str]
) -> NamedThing:
    """Return a statement that is no entry; of a profile the organisation."""
    where = address_named(text)
    if where is None:
        return _named(text, "", "und")
    origin = current_origin(connection, *where)
    row = connection.execute("SELECT id FROM log WHERE origin = ?", (origin,)).fetchone()
    statement = (
        None if row is None else statements_of(connection, [(row[0], where[1])]).get((row[0], where[1]))
    )
    if statement is None:
        return _named(text, "", "und")
    card = card_of(dict(statement.payload))
    if card.type == "profile":
        return _named(text, names.get(origin, ""), "und", origin=origin)
    name, _, language = card.shown(languages)
    return _named(text, name, language, statement=address(origin, where[1]))


def _named(
    text: str,
    name: str,
    language: str,
    summary: tuple[str, str] = ("", UNDETERMINED),
    *,
    project: str | None = None,
    origin: str | None = None,
    statement: str | None = None,
) -> NamedThing:
    return {
        "ref": text,
        "name": name,
        "language": language,
        "summary": summary[0],
        "summary_language": summary[1],
        "project": project,
        "origin": origin,
        "statement": statement,
    }
