"""What in a statement is about a person: a warning before it is published.

Statements stay for ever and are copied by everybody, so the time to find a private address is
before. A warning says where and what kind of thing, with just enough of it to find it again::

    /contact/email: The e-mail address 'j…@city.example' looks like that of a person.

It is a guess and blocks nothing: whoever publishes knows more. Mailboxes of functions are
fine, and so is the telephone number of a channel by telephone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from protocol.packing import Value
from protocol.problem import FLAG, Problem, child

from .people import is_about_people, is_announced, is_person, is_telephone, is_titled
from .telephones import digits_of
from .texts import Contact, Kind, contacts, without_contacts

_HINTS: Final = {
    Kind.EMAIL: "Give the address of a function, such as info@…, or that of a form.",
    Kind.TELEPHONE: "Link to a page that has it: copies of what is published cannot be changed.",
}
_NAME_HINT: Final = "Name the function instead: no statement is about a natural person."
# Fewer digits are an extension, or no telephone number at all.
_LEAST: Final = 6


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a value stands.

    Attributes:
        pointer: To it; without the contact data that keys may hold.
        key: The nearest key above it.
        people: Whether a person is expected there.
        role: Whether the name of a function is.
        calls: Whether the number of a service is: that of a channel by telephone.
    """

    pointer: str = ""
    key: str = ""
    people: bool = False
    role: bool = False
    calls: bool = False


def lint(statement: Mapping[str, Value]) -> tuple[Problem, ...]:
    """Return what in a statement seems to be about a person, in its order; empty when nothing is."""
    return tuple(_within(dict(statement), _Spot()))


def _within(value: Value, spot: _Spot) -> Iterator[Problem]:
    if isinstance(value, dict):
        calls = spot.key == "channels" and value.get("type") == "phone"
        for key, inner in value.items():
            below = _Spot(
                # A pointer is shown and kept as well.
                child(spot.pointer, without_contacts(key)),
                key,
                people=is_about_people(key, inside=spot.people),
                role=spot.role or key == "role",
                calls=calls and key == "place",
            )
            yield from _contacts_in(key, replace(below, key="", calls=False))
            yield from _within(inner, below)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _within(inner, replace(spot, pointer=f"{spot.pointer}/{index}"))
    elif isinstance(value, str):
        yield from _contacts_in(value, spot)
        yield from _names_in(value, spot)
    elif isinstance(value, int):
        yield from _contacts_in(str(value), spot)


def _contacts_in(text: str, spot: _Spot) -> Iterator[Problem]:
    """Yield at most one problem of each kind: a text that is full of numbers is one thing to look at."""
    found = contacts(text)
    emails = [each for each in found if each.kind is Kind.EMAIL and not each.is_function]
    numbers = [each for each in found if each.kind is Kind.TELEPHONE]
    if not numbers and is_telephone(spot.key) and len(digits_of(text)) >= _LEAST:
        numbers = [Contact(Kind.TELEPHONE, text, 0, len(text))]
    if emails:
        message = f"The e-mail address '{emails[0].masked()}'{_more(emails)} looks like that of a person."
        yield Problem(spot.pointer, message, _HINTS[Kind.EMAIL], FLAG)
    if numbers and not spot.calls:
        message = f"The telephone number '{numbers[0].masked()}'{_more(numbers)} may be that of a person."
        yield Problem(spot.pointer, message, _HINTS[Kind.TELEPHONE], FLAG)


def _more(found: list[Contact]) -> str:
    return f", one of {len(found)} here," if len(found) > 1 else ""


def _names_in(text: str, spot: _Spot) -> Iterator[Problem]:
    # A role is a few words in capitals as well, so only a title tells.
    is_named = is_titled(text) if spot.role else spot.people and is_person(text)
    if is_named or is_announced(text):
        yield Problem(spot.pointer, "A person seems to be named here.", _NAME_HINT, FLAG)
