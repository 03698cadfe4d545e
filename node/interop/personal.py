"""Personal contact data stay out of entries.

Statements are public, copied by every follower, and part of a log for ever, so an import
takes no names, e-mail addresses and telephone numbers of people along. What is taken out is
said by its place, never repeated.

Three rules. A value under a key such as ``email`` or ``phone`` goes. In a block about people
(``contacts``, ``authors``) every text goes, except that of an organisation. In every other
text an e-mail address becomes ``[e-mail address removed]``; the user part of a git URL
(``git@host:path``) is none.
"""

from __future__ import annotations

import re
from typing import Final

REMOVED: Final = "[e-mail address removed]"

_EMAIL: Final = re.compile(
    r"(?<![\w.+%/@-])(?!git@)[\w.+%-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w@])(?!:[\w/~])"
)
_PERSONAL: Final = frozenset(
    {"email", "e-mail", "mail", "phone", "telephone", "tel", "mobile", "fax"}
    | {"contact_name", "contact_email", "contact_phone"}
)
_PEOPLE: Final = frozenset(
    {"contact", "contacts", "author", "authors", "maintainer", "maintainers", "person", "persons"}
)
_ORGANISATION: Final = frozenset({"affiliation", "organisation", "organization"})


def without_addresses(text: str) -> str:
    """Return a text with every e-mail address replaced by :data:`REMOVED`."""
    return _EMAIL.sub(REMOVED, text) if "@" in text else text


def is_personal(key: str) -> bool:
    """Tell whether what stands under a key is personal, whatever surrounds it."""
    return key.strip().lower() in _PERSONAL


def is_about_people(key: str, *, inside: bool = False) -> bool:
    """Tell whether the texts under a key describe people.

    Args:
        key: The key of a map.
        inside: Whether the map itself does.
    """
    word = key.strip().lower()
    return (inside or word in _PEOPLE) and word not in _ORGANISATION
