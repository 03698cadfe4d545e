"""Contact data in running text: where they are, and the text without them.

Example: ``Ask jane@city.example or 030/1234567`` becomes
``Ask [e-mail address removed] or [telephone number removed]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .mailboxes import addresses, is_function_mailbox
from .telephones import digits_of, telephones


class Kind(StrEnum):
    """What was found; the word is that of messages."""

    EMAIL = "e-mail address"
    TELEPHONE = "telephone number"


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach somebody, within a text.

    Attributes:
        kind: What it is.
        text: The address or number as it stands there.
        start: Index of its first character.
        end: Index after its last one.
    """

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def is_function(self) -> bool:
        """Whether it is the mailbox of a function; of a number nobody can tell."""
        return self.kind is Kind.EMAIL and is_function_mailbox(self.text)

    def masked(self) -> str:
        """Return what is enough to find it again: ``j…@city.example``, ``…67``."""
        if self.kind is Kind.TELEPHONE:
            return f"…{digits_of(self.text)[-2:]}"
        user, _, host = self.text.rpartition("@")
        return f"{user[0]}…@{host}"


def contacts(text: str) -> tuple[Contact, ...]:
    """Return the e-mail addresses and telephone numbers in a text, in order; they do not overlap."""
    emails = [Contact(Kind.EMAIL, match[0], *match.span()) for match in addresses(text)]
    numbers = [Contact(Kind.TELEPHONE, text[start:end], start, end) for start, end in telephones(text)]
    if emails and numbers:
        # The part of an address before the @ may look like a number.
        taken = {place for each in emails for place in range(each.start, each.end)}
        numbers = [each for each in numbers if taken.isdisjoint(range(each.start, each.end))]
    return tuple(sorted(emails + numbers, key=lambda contact: contact.start))


def without_contacts(text: str) -> str:
    """Return a text with every e-mail address and telephone number replaced by what it was."""
    # What was glued to one that is gone can be one now.
    while found := contacts(text):
        for contact in reversed(found):
            text = f"{text[: contact.start]}[{contact.kind} removed]{text[contact.end :]}"
    return text
