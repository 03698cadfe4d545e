"""What answers about statements, and those to searches, look like: documents as types.

Made by ``provenance`` and ``items`` beside this module; the OpenAPI document is made of these. What projects
look like is in :mod:`node.answers.projectshapes`, logs and nodes in :mod:`node.answers.logshapes`.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict

from msgspec import Meta

State: TypeAlias = Literal["live", "withdrawn", "superseded", "erased", "withheld", "hidden"]
"""What became of a version."""


class Withdrawn(TypedDict):
    """Why a statement was withdrawn."""

    reason: str
    successor: Annotated[str | None, Meta(description="What takes its place: an address or URL.")]
    text: Annotated[dict[str, str], Meta(description="In words, by language tag.")]


class Former(TypedDict):
    """What a statement was before it was withdrawn."""

    type: str
    kind: str
    name: str
    language: Annotated[str, Meta(description="Of the name; und where it is not known.")]


class Noted(TypedDict):
    """What changes without anybody stating it, as it was read where the statement came from."""

    name: str
    value: str
    source: str
    observed_at: str


class Fault(TypedDict):
    """What is wrong with a statement, or worth a second look."""

    severity: str
    pointer: str | None
    message: str
    hint: str | None


class Whence(TypedDict):
    """Where a statement stands, and what of that was verified here."""

    origin: str
    index: int
    size: Annotated[int, Meta(description="Entries of its log, as verified here.")]
    verified_at: str | None
    frozen: Annotated[bool, Meta(description="Whether its log showed two histories.")]
    stale: Annotated[bool, Meta(description="Whether its log has not been seen alive for long.")]


class Provenance(Whence):
    """Where a statement comes from, and what of that was verified here."""

    root: str
    fingerprint: Annotated[str, Meta(description="Its publisher's identity.")]
    own: bool


class Entry(TypedDict):
    """A statement, or one of its versions."""

    address: str
    origin: str
    id: str
    index: Annotated[int, Meta(description="Of this version.")]
    newest: Annotated[int, Meta(description="Of the newest version.")]
    state: State
    type: str
    kind: str
    name: str
    summary: str
    language: Annotated[str, Meta(description="Of name and summary; und where it is not known.")]
    statement: Annotated[Any, Meta(description="All it says; null where there is no content.")]
    withdrawal: Withdrawn | None
    was: Annotated[
        Former | None,
        Meta(description="Of what is withdrawn, what it said last; null where that is erased or not here."),
    ]
    erased: Annotated[str | None, Meta(description="Why, of what is erased.")]
    erased_at: Annotated[str | None, Meta(description="When this node took the erase, of what is erased.")]
    seen_at: Annotated[str | None, Meta(description="When this node took this version; null if not known.")]
    annotations: list[Noted]
    problems: list[Fault]
    provenance: Provenance


class VersionOf(TypedDict):
    """A version of a statement."""

    index: int
    op: Literal["put", "withdraw"]
    previous: int | None
    current: Annotated[bool, Meta(description="Whether it is the newest, and not erased.")]
    commitment: str
    length: int
    erased: str | None
    seen_at: Annotated[str | None, Meta(description="When this node took it; null if not known.")]
    statement: Any


class History(TypedDict):
    """All versions of a statement, the newest first."""

    versions: list[VersionOf]


class Described(TypedDict):
    """A project, or a publisher's profile, in a few words."""

    address: Annotated[str, Meta(description="The canonical one.")]
    origin: str
    id: str
    index: int
    type: Annotated[str, Meta(description="entry or profile.")]
    kind: Annotated[str, Meta(description="Of a profile what sort of publisher it is; empty if not stated.")]
    name: str
    summary: str
    language: Annotated[str, Meta(description="Of the name; und where it is not known.")]
    summary_language: Annotated[str, Meta(description="One that the reader reads, else that of the name.")]
    machine: Annotated[
        list[str],
        Meta(description="Which of name and summary a machine translated, as whoever states it says."),
    ]
    lifecycle: Annotated[str, Meta(description="Empty where it is not stated.")]
    license: Annotated[str, Meta(description="Empty where it is not stated.")]
    publishers: Annotated[list[str], Meta(description="Origins of all who describe it, the first one first.")]
    members: Annotated[int, Meta(description="How many statements describe it.")]
    matched: Annotated[
        str, Meta(description="Where the words are: exact, name, summary, text, broader, typo; else all.")
    ]
    provenance: Annotated[Whence, Meta(description="Of the statement that comes first.")]


_As = TypedDict("_As", {"as": Annotated[str, Meta(description="The form in which it is there.")]})


class FoundAs(_As):
    """Where a word of a question is, and in what form."""

    how: Annotated[str, Meta(description="word, stem, typo, phrase, beginning, pair or topic.")]
    field: str
    language: Annotated[str | None, Meta(description="Null of a topic.")]
    by: Annotated[list[str], Meta(description="Addresses of the statements that have it.")]


class FoundWord(TypedDict):
    """A word of a question, and where it is."""

    word: str
    found: list[FoundAs]


class Level(TypedDict):
    """How good a hit is."""

    matched: str
    means: Annotated[str, Meta(description="The same as a clause.")]


class Freshness(TypedDict):
    """What decides among equals."""

    modified: Annotated[str | None, Meta(description="When it was last changed, as it is stated.")]
    day: Annotated[str | None, Meta(description="That day; null where no day is stated.")]


class Explanation(TypedDict):
    """Why a hit is where it is."""

    level: Level
    words: list[FoundWord]
    freshness: Freshness
    tie: Annotated[str, Meta(description="Decides between equals of one day, the larger first.")]


class FoundPart(TypedDict):
    """A part of a suite that fits the question by itself."""

    project: Annotated[str, Meta(description="Its canonical address.")]
    name: str
    language: Annotated[str, Meta(description="Of the name; und where it is not known.")]
    publishers: Annotated[list[str], Meta(description="Origins of all who describe it, the first one first.")]


class Parts(TypedDict):
    """The parts of a suite that are found with it."""

    total: Annotated[int, Meta(description="How many there are.")]
    matching: Annotated[int, Meta(description="How many of them fit the question by themselves.")]
    shown: Annotated[
        list[FoundPart], Meta(description="The first of these; fold=false finds each by itself.")
    ]


ReasonKind: TypeAlias = Literal["production", "maintained", "unfunded", "ends", "uses", "is", "changed"]
"""A condition of a view."""


class Reason(TypedDict):
    """Why a hit is in a view."""

    kind: Annotated[ReasonKind, Meta(description="Which condition it fulfils.")]
    values: Annotated[
        dict[str, str],
        Meta(
            description="What decides it: `count`, `day`, `maintenance` and `lifecycle`, `facet` and `value`."
        ),
    ]


class Item(Described):
    """A hit of a search."""

    jurisdictions: Annotated[list[str], Meta(description="The places that it is stated to be for.")]
    wider: Annotated[bool, Meta(description="Whether it is for a wider place than those asked for.")]
    uses: Annotated[int, Meta(description="How many organisations use it.")]
    seeking: Annotated[bool, Meta(description="Whether partners are sought for it, in a call that is open.")]
    why: Annotated[
        list[str] | None, Meta(description="Why it is in the view, a clause each; null without a view.")
    ]
    reasons: Annotated[list[Reason], Meta(description="The same for programs, in the same order.")]
    parts: Annotated[
        Parts | None, Meta(description="Of a suite; null of everything else, and with fold=false.")
    ]
    copies: Annotated[int, Meta(description="Copies of an entry that are not found beside it.")]


class FoundItem(Item):
    """A hit of a search, which may say why it is where it is."""

    explain: NotRequired[Annotated[Explanation, Meta(description="Only with explain=true.")]]


class SharedTopic(TypedDict):
    """A topic that two things have in common."""

    topic: str
    weight: Annotated[float, Meta(description="The rarer it is, the more.")]


class SharedWord(TypedDict):
    """A word that two things have in common."""

    word: str
    weight: Annotated[float, Meta(description="The rarer it is, the more.")]


class Counted(TypedDict):
    """A value of a facet, and how many have it."""

    value: Annotated[str, Meta(description="As filters name it.")]
    count: Annotated[int, Meta(description="The total when this value alone is asked for, all else kept.")]
    label: Annotated[
        str | None, Meta(description="In the reader's language; null when no vocabulary knows it.")
    ]


class Relaxed(TypedDict):
    """A question that finds something, where the one that was asked finds nothing."""

    total: int
    without: Annotated[list[str], Meta(description="Words or facets that are left out.")]
    instead: Annotated[dict[str, str], Meta(description="Word of the question: the one in its place.")]
    url: str


class TakenWords(TypedDict):
    """Words of a question that say what a filter says."""

    words: Annotated[str, Meta(description="As they were typed.")]
    facet: str
    value: Annotated[str, Meta(description="As filters name it.")]
    label: Annotated[
        str | None, Meta(description="In the reader's language; null when no vocabulary knows it.")
    ]
    url: Annotated[
        str, Meta(description="The question without this filter; of one that was left out, with it alone.")
    ]


class Choosable(TypedDict):
    """A value that somebody may have meant."""

    value: Annotated[str, Meta(description="As filters name it.")]
    count: Annotated[int, Meta(description="What the question finds with it.")]
    url: Annotated[str, Meta(description="The question with it.")]


class LeftOpen(TypedDict):
    """Words of a question of which only the reader knows what they mean, such as "our size"."""

    words: str
    facet: str
    values: Annotated[list[Choosable], Meta(description="What they may mean; empty where nobody says.")]


class Understood(TypedDict):
    """How a question was understood: with filters in place of words."""

    applied: Annotated[
        bool,
        Meta(description="Whether this was answered, as the words alone find nothing; else it is an offer."),
    ]
    total: Annotated[int, Meta(description="How much it finds.")]
    text: Annotated[str, Meta(description="The words that are left.")]
    filters: Annotated[list[TakenWords], Meta(description="What was taken for filters.")]
    left_out: Annotated[
        list[TakenWords], Meta(description="What was understood and left out: with it nothing fits.")
    ]
    asks: Annotated[list[LeftOpen], Meta(description="What the question leaves open.")]
    url: Annotated[str, Meta(description="The same question with its filters.")]


class Answered(TypedDict):
    """What is said beside the items of a page."""

    total: Annotated[int, Meta(description="Of all pages.")]
    facets: Annotated[
        Mapping[str, Sequence[Counted]], Meta(description="Of each facet asked for, the most frequent first.")
    ]
    corrections: Annotated[
        Mapping[str, str], Meta(description="Word that occurs nowhere: what it was taken for.")
    ]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last one.")]
    next_url: Annotated[str | None, Meta(description="The whole address of the next page.")]


class Found(Answered):
    """One page of a search."""

    items: Annotated[Sequence[FoundItem], Meta(description="The best first.")]
    interpreted: Annotated[
        Understood | None,
        Meta(description="How words were taken for filters; null where none say what a filter says."),
    ]
    relaxations: Annotated[list[Relaxed], Meta(description="Only where nothing is found.")]
