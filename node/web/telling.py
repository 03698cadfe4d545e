"""What is wrong with a statement, or lacks, in the reader's language, as far as somebody has translated it.

Checks say it in English (``protocol.validate``, ``node.privacy``). The sentences that people meet most often
are here, whole or with a place for the value that they quote; others stay English, and are marked as that. So
are the clauses that say why a use does not count (``federation.reuse``, ``node.answers.uses``); the sentences
of the rules of readiness have a list of their own (``readying``).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from markupsafe import Markup, escape

from protocol.vocabulary import words_of

from .locales import SOURCE
from .marks import N_, Marks
from .readying import ASKED

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
    N_("Add at least one link or file."),
    N_("Add software.type and software.platforms."),
    N_("Say what the publisher is, such as local, agency or civil-society."),
    N_("Add where it works, as an ISO 3166 code such as FR or FR-ARA."),
    N_("Add the address of a function or a form, never of a person."),
    N_("Add the day, such as 2026-11-02."),
    N_("Add the URI of the rules that it goes by."),
    N_("Add the fingerprint that the publisher told you."),
    N_("Add the last day on which it holds; renew it before."),
    N_("Add the last day of use, such as 2026-10-31."),
    N_("Add compensation.kind: none, expenses, paid, contract, grant or prize."),
    N_("Write an earlier day; move it on when you change the entry."),
    N_("Write https://… or <origin>/e/<32 hexadecimal digits>."),
    N_("the table is not UTF-8"),
    N_("save it as CSV, UTF-8"),
    N_("the table is empty"),
    N_("its first line names the columns"),
    N_("choose a CSV file"),
    N_("look at it again, and repeat what is missing there"),
    N_("something seems to be about a person"),
    N_("take it out, or say that it may be published: copies cannot be called back"),
    N_("it does not say who reports it"),
    N_("name an organisation or a group"),
    N_("who reports it cannot be looked up"),
    N_("give the web page of the organisation or group, and nothing that is about a person"),
    N_("it cannot be taken as it is"),
    N_("such as https://forge.example/acme/tool"),
    N_("such as https://lyon.example"),
    N_("this is not the fingerprint of that log"),
    N_("ask the publisher for it by another way than this network, and type it as you were told"),
    N_("write one such as br or pt-BR"),
    N_("a withdrawal needs a reason"),
    N_("an erasure needs a reason"),
    N_("choose one"),
    N_("somebody else has to approve what is published here"),
    N_(
        "write an address, a unique beginning of the id of an entry here, or a URL such as https://example.org"
    ),
)
"""Sentences that are always the same."""

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
    N_("draft %(value)s was changed or sent in another window"),
    N_("%(value)s is no address on the web"),
    N_("%(value)s is no tag of a language"),
    N_("%(value)s is more than 12 months after the entry was last changed."),
    N_("not found here: a thing called %(value)s"),
)
"""Sentences that quote a value."""

WHY_NOT: Final = (
    N_("ended"),
    N_("of no known status"),
    N_("never confirmed"),
    N_("its publisher is not verified by a domain"),
    N_("its publisher showed two histories"),
    N_("its publisher describes the project"),
    N_("ended %(day)s"),
    N_("begins %(day)s"),
    N_("unconfirmed since %(day)s"),
    N_("dated %(day)s, which is still to come"),
    N_("counted once, with %(value)s"),
)
"""Clauses that say why a use does not count; some have a day or an origin in them."""

_BETWEEN: Final = "; "
_PLACE: Final = re.compile(r"%\((value|day)\)s")


def _pattern(message: str) -> re.Pattern[str]:
    """Return what a message looks like with a value in its place, if it has one."""
    before, *rest = _PLACE.split(message)
    quoted = f"(?P<{rest[0]}>.+){re.escape(rest[1])}" if rest else ""
    return re.compile(re.escape(before) + quoted, re.DOTALL)


_WHOLE: Final = frozenset((*SENTENCES, *ASKED))
_PATTERNS: Final = tuple((_pattern(each), each) for each in QUOTING)
_CLAUSES: Final = tuple((_pattern(each), each) for each in WHY_NOT)

_Found: TypeAlias = tuple[str, Mapping[str, str]]


def sentence(text: str) -> _Found | None:
    """Return a sentence to be translated and what it quotes, by name; None for no known one."""
    return (text, {}) if text in _WHOLE else _matched(_PATTERNS, text)


def clause(text: str) -> _Found | None:
    """Return the same of a clause that says why a use does not count."""
    return _matched(_CLAUSES, text)


def told(marks: Marks, text: object) -> Markup:
    """Return what is wrong in the language of the page where that is translated, else marked as English.

    Args:
        marks: Of the page.
        text: A message or a hint.
    """
    return _shown(marks, str(text), sentence(str(text)))


def told_why(marks: Marks, text: object) -> Markup:
    """Return why a use does not count, in the same way.

    Args:
        marks: Of the page.
        text: Clauses with semicolons between them; one that is the status of the use says no more than that.
    """
    parts = [
        marks.label("use-status", each)
        if each in words_of("use status")
        else _shown(marks, each, clause(each))
        for each in str(text).split(_BETWEEN)
    ]
    return escape(marks.semicolon).join(parts)


def _matched(patterns: Iterable[tuple[re.Pattern[str], str]], text: str) -> _Found | None:
    for pattern, message in patterns:
        if found := pattern.fullmatch(text):
            return message, found.groupdict()
    return None


def _shown(marks: Marks, text: str, found: _Found | None) -> Markup:
    if found is None or marks.languages == (SOURCE,):
        return marks.said(text, SOURCE)
    # All that is known is translated, though a word may be the same in both languages.
    shown = escape(marks.gettext(found[0]))
    for name, value in found[1].items():
        shown = shown.replace(f"%({name})s", marks.day(value) if name == "day" else marks.said(value))
    # Names of fields are Latin: at the end of an Arabic sentence they would draw a number behind it to them.
    return Markup("<bdi>{}</bdi>").format(shown)
