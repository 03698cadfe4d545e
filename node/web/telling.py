"""What is wrong with a statement, in the reader's language, as far as somebody has translated it.

Checks say it in English (``protocol.validate``, ``node.privacy``). The sentences that people meet most often
are here, whole or with a place for the value that they quote; others stay English, and are marked as that.
"""

import re
from collections.abc import Iterator
from typing import Final

from markupsafe import Markup, escape

from .locales import SOURCE
from .marks import N_, Marks

SENTENCES: Final = (
    N_("The entry has no name."),
    N_("The list has no name."),
    N_("Add a name for at least one language."),
    N_("Say in at most 150 characters what it is and for whom."),
    N_("Add at least one topic, such as ogp:open-data or sector:health."),
    N_("Say how far it is: idea, planned, development, pilot, live, … or retired."),
    N_("Add a landing page, a code repository or a contact."),
    N_("Add an SPDX licence, or access.reason where there is none."),
    N_("Add the languages it speaks, such as fr."),
    N_("Say who keeps it going: internal, contract, community, none or unknown."),
    N_("Add at least one way to reach the service."),
    N_("Add at least one distribution with its accessURL."),
    N_("Add where the specification can be read."),
    N_("Say whether it is planned, open or closed."),
    N_("Add when it opens."),
    N_("Add when it closes."),
    N_("Shorten it, or move it to a longer field."),
    N_("Write it whole, such as https://example.org/page."),
    N_("Write it as 2026-12-31."),
    N_("Write 2027-03-01, 2027-03, 2027-Q1 or 2027."),
    N_("Use identifiers of the SPDX list, such as EUPL-1.2 OR MIT."),
    N_("Use an ISO 3166 code such as FR or FR-ARA, or EU, or INT."),
    N_("Write it as office@example.org."),
    N_("A person seems to be named here."),
    N_("Name the function instead: no statement is about a natural person."),
    N_("Give the address of a function, such as info@…, or that of a form."),
    N_("Link to a page that has it: copies of what is published cannot be changed."),
    N_("a reason is needed"),
    N_("a refusal needs a reason"),
    N_("no file was chosen"),
)
"""Sentences that are always the same."""

_VALUE: Final = "%(value)s"

QUOTING: Final = (
    N_("%(value)s is not a web address."),
    N_("%(value)s is not a date."),
    N_("%(value)s is not a date, month, quarter or year."),
    N_("%(value)s is not an SPDX licence expression."),
    N_("%(value)s is not a place code."),
    N_("%(value)s is not an e-mail address."),
    N_("%(value)s is neither a URI nor the address of a statement."),
    N_("The e-mail address %(value)s looks like that of a person."),
    N_("The telephone number %(value)s may be that of a person."),
)
"""Sentences that quote a value."""

_KNOWN: Final = frozenset(SENTENCES)


def _patterns() -> Iterator[tuple[re.Pattern[str], str]]:
    for each in QUOTING:
        before, _, after = each.partition(_VALUE)
        yield re.compile(f"{re.escape(before)}(?P<value>.+){re.escape(after)}", re.DOTALL), each


_PATTERNS: Final = tuple(_patterns())


def sentence(text: str) -> tuple[str, str] | None:
    """Return a sentence to be translated and the value that it quotes, or empty; None for no known one."""
    if text in _KNOWN:
        return text, ""
    for pattern, message in _PATTERNS:
        if found := pattern.fullmatch(text):
            return message, found["value"]
    return None


def told(marks: Marks, text: object) -> Markup:
    """Return what is wrong in the language of the page where that is translated, else marked as English.

    Args:
        marks: Of the page.
        text: A message or a hint.
    """
    found = sentence(str(text))
    translated = "" if found is None else marks.gettext(found[0])
    if found is None or translated == found[0]:
        return marks.said(text, SOURCE)
    return escape(translated).replace(_VALUE, marks.said(found[1]))
