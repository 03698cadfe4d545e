"""How data becomes HTML: only here, and in ``prose`` beside it, markup is made around what others state.

Every text of a statement is in a ``bdi`` with its language, so that it is read aloud rightly and changes the
order of nothing beside it; addresses become links only when they are http or https, and say that they are not
this node's own word::

    said("Bilancio partecipativo", "it")  →  <bdi lang="it">Bilancio partecipativo</bdi>
    out("https://tool.example/")          →  <a href="https://tool.example/" rel="nofollow ugc noopener">…</a>
    out("javascript:alert(1)")            →  <bdi lang="">javascript:alert(1)</bdi>

Everything goes through markupsafe, which escapes what is put into a template; nothing is joined by hand.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from babel.dates import format_date
from babel.numbers import format_decimal
from markupsafe import Markup

from node.vocabularies.bundled import NAMES, bundled, terms_of
from node.vocabularies.every import label_in
from node.vocabularies.terms import text_for
from protocol.language import UNDETERMINED, is_tag

from .locales import LOCALES, SOURCE

REL: Final = "nofollow ugc noopener"
"""What a link that somebody states is, for those who follow links."""

_LONGEST: Final = 2_000  # characters of an address
_SHOWN: Final = 60  # characters of an address that stands for itself
_MAIL: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def is_web(url: object) -> bool:
    """Tell whether an address is one that a page may link to."""
    if not isinstance(url, str) or len(url) > _LONGEST or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def is_mail(address: object) -> bool:
    """Tell whether an address is a mailbox that a page may link to."""
    return isinstance(address, str) and _MAIL.fullmatch(address) is not None


def is_of(language: str, tag: str) -> bool:
    """Tell whether a text's language is a page's, or not known; regions and scripts do not matter."""
    return language == UNDETERMINED or language.partition("-")[0] == tag.partition("-")[0]


class Marks:
    """What templates make HTML with, for readers of one language.

    Args:
        tag: The language of the page.
        gettext: Translates the page's own words.

    Attributes:
        languages: What the reader reads, by preference.
        comma: What stands between the items of a list.
        semicolon: What stands between those that have commas in them.
    """

    def __init__(self, tag: str, gettext: Callable[[str], str]) -> None:
        self._tag = tag
        self.gettext = gettext
        self._locale = tag if tag in LOCALES else SOURCE
        self.languages = tuple(dict.fromkeys((tag, SOURCE)))
        # What stands between the items of a list is of the script, too.
        self.comma, self.semicolon = gettext(", "), gettext("; ")

    def said(self, text: object, language: str = UNDETERMINED) -> Markup:
        """Return a text that somebody states, with its language unless it is the page's."""
        if language == self._tag:
            return Markup("<bdi>{}</bdi>").format(str(text))
        tag = language if language != UNDETERMINED and is_tag(language) else ""
        return Markup('<bdi lang="{}">{}</bdi>').format(tag, str(text))

    def tongue(self, language: str) -> Markup:
        """Return the name of a text's language where it is not the page's, to stand behind the text."""
        if is_of(language, self._tag):
            return Markup("")
        return Markup(' <span class="by">({})</span>').format(self.label("language", language))

    def out(self, url: object, text: str = "", language: str = UNDETERMINED) -> Markup:
        """Return a link to an address that somebody states; its text alone where that is no web address."""
        if not is_web(url):
            return self.said(text or url, language)
        shown = text or _shortened(str(url))
        return Markup('<a href="{}" rel="{}">{}</a>').format(url, REL, self.said(shown, language))

    def mail(self, address: object) -> Markup:
        """Return a link to the mailbox of an office; its text alone where that is none."""
        if not is_mail(address):
            return self.said(address)
        return Markup('<a href="mailto:{}">{}</a>').format(address, self.said(address))

    def day(self, text: object) -> Markup:
        """Return the day of a date or time, as this language writes it; another text as it is."""
        found = str(text)[:10]
        try:
            day = dt.date.fromisoformat(found) if _DAY.fullmatch(found) else None
        except ValueError:
            day = None
        if day is None:
            return self.said(text)
        words = format_date(day, "medium", locale=self._locale)
        return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), words)

    def moment(self, text: str) -> Markup:
        """Return a time in UTC, to the minute."""
        if not (clock := text[11:16]):
            return self.day(text)
        return Markup('{} <time dir="ltr">{} UTC</time>').format(self.day(text), clock)

    def number(self, value: float) -> Markup:
        """Return a number as this language writes it."""
        return Markup("<data>{}</data>").format(format_decimal(value, locale=self._locale))

    def code(self, text: object) -> Markup:
        """Return a name that is written as it is: an address, an identifier."""
        return Markup('<code dir="ltr">{}</code>').format(str(text))

    def label(self, facet: str, value: object) -> Markup:
        """Return what a word of a vocabulary is called; the word itself where no vocabulary knows it."""
        text, language = self.label_text(facet, value)
        return self.said(text, language)

    def vocabulary_title(self, name: str) -> Markup:
        """Return what one of the bundled vocabularies is called."""
        return self.said(*text_for(bundled(name).title, self.languages))

    def label_text(self, facet: str, value: object) -> tuple[str, str]:
        """Return the same as a text and its language."""
        if not isinstance(value, str):
            return str(value), UNDETERMINED
        own = OWN_WORDS.get(facet, {}).get(value)
        if own is not None:
            return self.gettext(own), self._tag
        if facet == "license":
            # The identifier is what people compare.
            return value, UNDETERMINED
        if facet in NAMES and (term := terms_of(facet).get(value)) is not None:
            return text_for(term.label, self.languages)
        return label_in(facet, value, self.languages) or (value, UNDETERMINED)


def N_(text: str) -> str:  # noqa: N802 - what gettext calls it
    """Mark a text as one to be translated where it is shown."""
    return text


OWN_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "has": {
        "lessons": N_("Lessons learned"),
        "roadmap": N_("Plans"),
        "seeking": N_("Seeking partners"),
        "use": N_("Somebody uses it"),
    },
    "uses": {
        "1..": N_("One organisation or more"),
        "2..": N_("2 or more"),
        "3..": N_("3 or more"),
        "5..": N_("5 or more"),
        "10..": N_("10 or more"),
        "20..": N_("20 or more"),
        "50..": N_("50 or more"),
        "100..": N_("100 or more"),
        "200..": N_("200 or more"),
        "500..": N_("500 or more"),
        "1000..": N_("1000 or more"),
    },
    "usedBySize": {
        "0..4999": N_("Fewer than 5,000 inhabitants"),
        "5000..19999": N_("5,000 to 20,000 inhabitants"),
        "20000..99999": N_("20,000 to 100,000 inhabitants"),
        "100000..499999": N_("100,000 to 500,000 inhabitants"),
        "500000..": N_("500,000 inhabitants or more"),
    },
    "state": {
        "live": N_("Current"),
        "withdrawn": N_("Withdrawn"),
        "superseded": N_("Replaced by a newer version"),
        "erased": N_("Erased by its publisher"),
        "void": N_("Without effect"),
        "done": N_("In force"),
        "withheld": N_("Nobody hands out its content"),
        "hidden": N_("Hidden by this node’s operator"),  # noqa: RUF001 - as it is printed
    },
    "op": {
        "put": N_("Published"),
        "withdraw": N_("Withdrawn"),
        "erase": N_("Content erased"),
        "keys": N_("Keys changed"),
    },
    "draft": {
        "new": N_("New statement"),
        "edit": N_("New version"),
        "withdraw": N_("Withdrawal"),
        "erase": N_("Erasure"),
    },
    "draft-state": {
        "open": N_("Draft"),
        "waiting": N_("Waits for approval"),
        "refused": N_("Refused"),
        "sent": N_("Is being signed"),
        "published": N_("Published"),
    },
    "problem": {
        "void": N_("Without effect"),
        "statement": N_("Breaks a rule of statements"),
        "withheld": N_("Nobody hands out its content"),
    },
    "role": {"editor": N_("Editor"), "approver": N_("Approver")},
    "verdict": {"block": N_("Blocked"), "allow": N_("Not to be blocked")},
    "limit": {
        "entries": N_("Entries of its log"),
        "new_entries": N_("Entries that it may grow by in a day"),
        "kept_bytes": N_("Bytes of its contents on the disk"),
        "void_leaves": N_("Entries without effect"),
    },
    "moderation": {"hide": N_("Hidden"), "takedown": N_("Taken down")},
    "letter": {
        "waiting": N_("Waits to be looked at"),
        "accepted": N_("Accepted"),
        "refused": N_("Refused"),
    },
    "statement": {
        "entry": N_("Entry"),
        "profile": N_("Profile"),
        "use": N_("Use"),
        "vouch": N_("Vouch"),
        "link": N_("Link"),
        "list": N_("List"),
    },
    "erase-reason": {
        "none": N_("No reason is given"),
        "privacy": N_("Privacy"),
        "copyright": N_("Copyright"),
        "court": N_("A court’s decision"),  # noqa: RUF001 - as it is printed
        "error": N_("A mistake"),
        "other": N_("Another reason"),
    },
    "consequence": {
        "leaves-search": N_("It is found by no search and is in no project any more."),
        "history-stays": N_("All its versions stay readable, with the reason of the withdrawal."),
        "no-successor": N_("No successor is named, so readers are led nowhere from it."),
        "content-goes": N_("Every holder deletes the content of all its versions."),
        "frame-stays": N_("That it existed, when and how long it was, stays in the log for ever."),
        "copies-elsewhere": N_("Whoever copied it by other ways than this protocol still has it."),
        "never-back": N_("This cannot be undone."),
        "pointed-at": N_("Statements of publishers point at it, and will point at what is gone."),
    },
    "vouch-state": {
        "stands": N_("Holds"),
        "expired": N_("Expired"),
        "begins": N_("Not in force yet"),
    },
    "class": {"own": N_("Own work"), "copy": N_("Copy"), "fork": N_("Fork"), "variant": N_("Variant")},
    "proof": {"verified": N_("Verified"), "lapsed": N_("Too long ago"), "failed": N_("Failed")},
    "seen": {
        "agrees": N_("Agrees"),
        "ahead": N_("Ahead"),
        "contradicts": N_("Contradicts"),
        "unverified": N_("Not verified"),
    },
    "relation": {
        "related": N_("Related"),
        "copy": N_("Copy"),
        "maybe the same": N_("Maybe the same"),
    },
}
"""Words of answers that no vocabulary has: what → word → its English name."""


def _shortened(url: str) -> str:
    """Return an address without what every address has, and not too long."""
    bare = url.partition("://")[2].removeprefix("www.").rstrip("/")
    return bare if len(bare) <= _SHOWN else f"{bare[:_SHOWN]}…"


def tools(marks: Marks) -> dict[str, Any]:
    """Return what templates use, by name."""
    return {
        name: getattr(marks, name)
        for name in (
            "said",
            "out",
            "mail",
            "day",
            "moment",
            "number",
            "code",
            "label",
            "label_text",
            "vocabulary_title",
            "tongue",
            "comma",
            "semicolon",
        )
    }
