"""Keys that hold contact data, and names of people where people are named.

A key such as ``email`` or ``phone`` says by itself that its value is a way to reach somebody; a
block such as ``contacts`` or ``authors`` is about people, all but the organisation in it. Whether
a text is a name of a person can only be guessed, so it is where a person is expected, and a word
that names a function or an organisation ends the guess::

    Jane Doe        a person
    Dr. Jane Doe    a person, even where a role is expected
    Open Data Desk  none
"""

from __future__ import annotations

import re
from typing import Final

from .words import is_body, is_function, words_of

_TELEPHONES: Final = frozenset(
    {"phone", "phones", "phonenumber", "telephone", "telephonenumber", "tel", "telefono", "telefon"}
    | {"mobile", "fax", "contactphone"}
)
_CONTACTS: Final = _TELEPHONES | frozenset(
    {"email", "emails", "emailaddress", "mail", "contactname", "contactemail"}
)
_PEOPLE: Final = frozenset(
    {"contact", "contacts", "author", "authors", "maintainer", "maintainers", "person", "persons", "people"}
)
_ORGANISATIONS: Final = frozenset({"affiliation", "organisation", "organization"})
_IGNORED: Final = re.compile(r"[\s_-]+")

_TITLE: Final = (
    "(?:Dr|Prof|Mr|Mrs|Ms|Mx|Herr|Frau|Sig|Signor|Signora|Dott|Ing|Avv|Mme|Monsieur|Madame|Sr|Sra)[.]?[ ]"
)
# One capital and small letters, an initial, or parts of a name with a hyphen or an apostrophe.
_JOINT: Final = "['\u2019-]"
_NAME: Final = rf"(?:[^\W\d_a-z]\.|[^\W\d_a-z](?:{_JOINT}?[^\W\d_]){{0,30}}{_JOINT}?[^\W\d_A-Z])"
_PARTICLE: Final = "(?:al|bin|da|de|del|della|den|der|di|do|dos|du|el|la|le|ten|van|vom|von|zu)"
_SMALL: Final = re.compile(_PARTICLE)
_WHOLE: Final = rf"(?:{_TITLE}){{0,3}}{_NAME}(?:[ ](?:{_PARTICLE}[ ]){{0,3}}{_NAME}){{1,3}}"
_PERSON: Final = re.compile(rf"{_WHOLE}(?=[ ]*(?:[,;(]|$))")
_TITLED: Final = re.compile(rf"(?<!\w)(?:{_TITLE}){{1,3}}{_NAME}")
_ANNOUNCED: Final = re.compile(
    r"(?<!\w)(?i:contact person|contact|kontakt|ansprechpartner(?:in)?|contatto|referente|responsabile"
    rf"|responsable|author|auteur|autor(?:e|in)?|maintainer)[ ]?:[ ]{{0,2}}(?P<name>{_WHOLE})"
)


def is_personal(key: str) -> bool:
    """Tell whether what stands under a key is contact data, whatever surrounds it."""
    return _plain(key) in _CONTACTS


def is_telephone(key: str) -> bool:
    """Tell whether a telephone number is expected under a key."""
    return _plain(key) in _TELEPHONES


def is_about_people(key: str, *, inside: bool = False) -> bool:
    """Tell whether the texts under a key describe people.

    Args:
        key: The key of a map.
        inside: Whether the map itself does.
    """
    word = _plain(key)
    return (inside or word in _PEOPLE) and word not in _ORGANISATIONS


def is_person(text: str) -> bool:
    """Tell whether a text that stands where people are named begins with the name of one."""
    found = _PERSON.match(text.strip())
    return found is not None and _is_name(found[0])


def is_titled(text: str) -> bool:
    """Tell whether a text calls somebody by title and name."""
    return any(_is_name(found[0]) for found in _TITLED.finditer(text))


def is_announced(text: str) -> bool:
    """Tell whether a running text names a person after words such as ``Contact:``."""
    return any(_is_name(found["name"]) for found in _ANNOUNCED.finditer(text))


def _plain(key: str) -> str:
    return _IGNORED.sub("", key.strip().lower())


def _is_name(text: str) -> bool:
    """Tell whether words in the form of a name are one: in capitals, and no function or organisation."""
    words = (word for word in text.split() if not _SMALL.fullmatch(word))
    # In a script without capitals nothing tells a name from other words.
    return all(word[0].isupper() for word in words) and not any(
        is_function(word) or is_body(word) for word in words_of(text)
    )
