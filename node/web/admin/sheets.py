"""The forms of the desk: which inputs each has, what they are for, and which of them must be filled.

A sheet is a form for a statement, or for one plan or call within an entry. Of an entry eight inputs must be
filled; those of its kind come when the kind is known. What a sheet has no input for stays in the statement as
it is: ``fedcat draft save`` can say all of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from node.vocabularies.bundled import terms_of
from node.web.marks import N_
from protocol.packing import Value

_SCHEMES: Final = ("topic", "sector", "ogp", "eutheme", "sdg")

Form = Literal["line", "area", "choice", "choices", "words", "day", "number", "url", "email", "things"]

LANGUAGES: Final = (
    "ar",
    "bg",
    "ca",
    "cs",
    "cy",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "eu",
    "fi",
    "fr",
    "ga",
    "gl",
    "hr",
    "hu",
    "it",
    "lt",
    "lv",
    "mt",
    "nl",
    "no",
    "pl",
    "pt",
    "ro",
    "sk",
    "sl",
    "sv",
    "tr",
    "uk",
)
"""The languages that can be ticked; others are typed by their tags."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input.

    Attributes:
        path: Where its value stands, see ``steps``; of a text without the language.
        form: What it looks like, and what its value is made of.
        name: What it is called, as a field is; see ``names``.
        hint: What to write, in English.
        facet: Of a choice: the vocabulary of its words.
        needed: Whether it must be filled.
        is_text: Whether there is one in each language.
        most: Characters at most.
        title: What it is called where the field's name says too little; in English.
    """

    path: str
    form: Form
    name: str
    hint: str = ""
    facet: str = ""
    needed: bool = False
    is_text: bool = False
    most: int = 300
    title: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form.

    Attributes:
        title: What it is for, in English.
        inputs: What is asked first.
        more: What is asked for those who know more.
        list: Of a plan or a call: the field of the entry that it stands in; else empty.
    """

    title: str
    inputs: tuple[Input, ...]
    more: tuple[Input, ...] = ()
    list: str = ""

    @property
    def all(self) -> tuple[Input, ...]:
        """All inputs, in their order."""
        return (*self.inputs, *self.more)


_DAY_HINT: Final = N_("Such as 2027-03-31.")
_PERIOD_HINT: Final = N_("A day, a month, a quarter or a year: 2027-03-31, 2027-03, 2027-Q1, 2027.")
_PLACES_HINT: Final = N_("Codes of countries and regions with commas between them, such as FR, FR-ARA, EU.")

_ENTRY: Final = (
    Input("/kind", "choice", "kind", facet="kind", needed=True),
    Input("/name", "line", "name", N_("What it is called."), needed=True, is_text=True, most=120),
    Input(
        "/summary",
        "line",
        "summary",
        N_("In one sentence: what it is, and for whom."),
        needed=True,
        is_text=True,
        most=150,
    ),
    Input("/topics", "choices", "topics", facet="topic", needed=True),
    Input("/lifecycle", "choice", "lifecycle", facet="lifecycle", needed=True),
    Input("/languages", "choices", "languages", facet="language", needed=True),
    Input(
        "/links/rel=landing/url",
        "url",
        "links",
        N_("Its web page. A repository or a contact will do, too."),
        needed=True,
        title=N_("Web page"),
    ),
)
_LICENCE: Final = Input(
    "/license",
    "line",
    "license",
    N_("Its SPDX name, such as EUPL-1.2, AGPL-3.0-or-later or CC-BY-4.0."),
    needed=True,
)
_KINDS: Final[Mapping[str, tuple[Input, ...]]] = {
    "software": (
        _LICENCE,
        Input("/maintenance/mode", "choice", "maintenance", facet="maintenance-mode"),
        Input("/software/type", "choice", "type", facet="software-type", title=N_("Sort of software")),
        Input("/software/platforms", "words", "platforms", N_("Such as web, linux, android.")),
    ),
    "service": (
        Input("/service/channels/0/type", "choice", "channels", facet="channel", needed=True),
        Input("/service/channels/0/url", "url", "url", title=N_("Address of the channel")),
        Input("/service/channels/0/place", "line", "places", title=N_("Place of the channel")),
    ),
    "dataset": (
        _LICENCE,
        Input(
            "/dataset/distributions/0/accessURL",
            "url",
            "dataset",
            needed=True,
            title=N_("Where the data are"),
        ),
    ),
    "standard": (
        _LICENCE,
        Input("/standard/specUrl", "url", "standard", needed=True, title=N_("Where the specification is")),
    ),
    "process": (_LICENCE,),
    "participation": (
        Input("/participation/status", "choice", "status", facet="participation-status", needed=True),
        Input("/participation/opens", "line", "from", _PERIOD_HINT, title=N_("Opens")),
        Input("/participation/closes", "line", "to", _PERIOD_HINT, title=N_("Closes")),
    ),
}
_MAILBOX: Final = Input(
    "/contact/email",
    "email",
    "email",
    N_("Of a function, such as digital@city.example; never of a person."),
    title=N_("E-mail address of an office"),
)
_CONTACT_PAGE: Final = Input("/contact/url", "url", "contact", title=N_("Web page of the contact"))
_MORE: Final = (
    Input("/description", "area", "description", is_text=True, most=10_000),
    Input("/identifiers/scheme=repo/value", "url", "identifiers", title=N_("Repository of the code")),
    _MAILBOX,
    _CONTACT_PAGE,
    Input("/jurisdictions", "words", "jurisdictions", _PLACES_HINT),
    Input("/audience", "choices", "audience", facet="audience"),
)
_CALL: Final = (
    Input(
        "text",
        "area",
        "text",
        N_("What it is about, and how to answer."),
        needed=True,
        is_text=True,
        most=10_000,
    ),
    Input("until", "day", "until", N_("At most a year from now."), needed=True),
    Input("compensation/kind", "choice", "compensation", facet="compensation"),
    Input("languages", "choices", "languages", facet="language"),
    Input("places", "words", "places", _PLACES_HINT),
)

_RELATIVES_HINT: Final = N_(
    "One in a line: the address of its profile, https:// and the name of its log, or its web address."
)

SHEETS: Final[Mapping[str, Sheet]] = {
    "profile": Sheet(
        N_("Who we are"),
        (
            Input("/name", "line", "name", N_("As people know it."), needed=True, is_text=True, most=120),
            Input("/publisherType", "choice", "publisherType", facet="publisher-type"),
            Input(
                "/jurisdiction", "line", "jurisdiction", N_("A country or a region, such as FR or FR-ARA.")
            ),
            Input("/population", "number", "population", N_("How many people live there.")),
            _MAILBOX,
            _CONTACT_PAGE,
            Input("/links/rel=landing/url", "url", "links", title=N_("Web page")),
            Input(
                "/links/rel=updates-feed/url",
                "url",
                "links",
                N_("An Atom or RSS feed or a JSON Feed; its items are shown beside those of others."),
                title=N_("Feed of news"),
            ),
        ),
        (
            Input(
                "/identifiers/scheme=domain/value",
                "line",
                "identifiers",
                N_("Such as city.example. Others believe it once that web site lists the log."),
                title=N_("Domain"),
            ),
            Input("/parents", "things", "parents", _RELATIVES_HINT, most=60_000),
            Input("/parts", "things", "parts", _RELATIVES_HINT, most=60_000),
        ),
    ),
    "entry": Sheet(N_("An entry of the catalogue"), _ENTRY, _MORE),
    "use": Sheet(
        N_("What we use"),
        (
            Input("/status", "choice", "status", facet="use-status", needed=True),
            Input("/since", "day", "since", _DAY_HINT),
            Input("/until", "day", "until", _DAY_HINT),
            Input("/purpose", "area", "purpose", is_text=True, most=10_000),
            Input("/lessons", "area", "lessons", is_text=True, most=10_000),
            Input("/feedback", "area", "text", is_text=True, most=10_000, title=N_("To its makers")),
        ),
        (
            Input("/changes", "choice", "changes", facet="changes"),
            Input("/fork", "url", "basedOn", title=N_("Where the changed one is")),
            Input("/instance", "url", "instance"),
            Input("/topics", "choices", "topics", facet="topic"),
            Input("/places", "words", "places", _PLACES_HINT),
        ),
    ),
    "vouch": Sheet(
        N_("What we vouch for"),
        (
            Input("/vouchType", "choice", "type", facet="vouch-type", needed=True),
            Input(
                "/fingerprint",
                "line",
                "value",
                N_("64 letters and digits, as the publisher told you by another way. For an identity alone."),
                title=N_("Fingerprint"),
            ),
            Input("/issued", "day", "since", _DAY_HINT, needed=True),
            Input("/expires", "day", "until", _DAY_HINT),
            Input("/scheme", "url", "scheme", N_("The rules that it goes by, for an audit and its like.")),
            Input("/level", "line", "level", title=N_("Level of the rules")),
            Input("/scope", "area", "text", is_text=True, most=10_000, title=N_("For what it holds")),
        ),
    ),
    "list": Sheet(
        N_("A list"),
        (
            Input("/name", "line", "name", needed=True, is_text=True, most=120),
            Input("/purpose", "choice", "purpose", facet="list-purpose", needed=True),
            Input("/summary", "line", "summary", is_text=True, most=150),
            Input(
                "/items",
                "things",
                "ref",
                N_("One in a line: the address of an entry or a publisher, or a web address."),
                most=60_000,
                title=N_("What is in it"),
            ),
        ),
    ),
    "roadmap": Sheet(
        N_("What we plan"),
        (
            Input("title", "line", "title", needed=True, is_text=True, most=120),
            Input("stage", "choice", "stage", facet="roadmap-stage", needed=True),
            Input("from", "line", "from", _PERIOD_HINT),
            Input("to", "line", "to", _PERIOD_HINT),
            Input("openTo", "choices", "openTo", facet="roadmap-openness"),
            Input("text", "area", "text", is_text=True, most=10_000),
        ),
        (Input("topics", "choices", "topics", facet="topic"), Input("url", "url", "url")),
        list="roadmap",
    ),
    "seeking": Sheet(
        N_("What we look for"),
        (Input("type", "choice", "type", facet="seeking", needed=True), *_CALL),
        list="seeking",
    ),
    "offering": Sheet(
        N_("What we offer"),
        (Input("type", "choice", "type", facet="offering", needed=True), *_CALL),
        list="offering",
    ),
}
"""Name → form; of a statement the name is its type."""


def sheet_for(name: str, payload: Mapping[str, Value], item: str = "") -> Sheet:
    """Return the form for a statement as it is now.

    Args:
        name: One of ``SHEETS``.
        payload: The statement: the inputs of an entry depend on its kind.
        item: Of a plan or call its id within the entry.
    """
    sheet, kind = SHEETS[name], payload.get("kind")
    if sheet.list:
        inputs, more = (
            tuple(replace(each, path=f"/{sheet.list}/id={item}/{each.path}") for each in part)
            for part in (sheet.inputs, sheet.more)
        )
        return replace(sheet, inputs=inputs, more=more)
    if name == "entry" and isinstance(kind, str):
        return replace(sheet, inputs=(*sheet.inputs, *_KINDS.get(kind, ())))
    return sheet


def options(each: Input, chosen: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the words of a choice in their groups; what is chosen is always among them."""
    if each.facet == "topic":
        groups = [(scheme, _in_use(scheme)) for scheme in _SCHEMES]
    elif each.facet == "language":
        groups = [("", LANGUAGES)]
    else:
        groups = [("", _in_use(each.facet))]
    known = {word for _, words in groups for word in words}
    strange = tuple(word for word in chosen if word not in known)
    return (*groups, ("", strange)) if strange else tuple(groups)


def _in_use(vocabulary: str) -> tuple[str, ...]:
    """Return the words of a vocabulary that have no successor: nobody should write the others anew."""
    return tuple(word for word, term in terms_of(vocabulary).items() if not term.successor)
