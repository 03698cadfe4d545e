"""What answers about logs, their publishers and the nodes that carry them look like, as types.

Made by ``publishers``, ``witnessing``, ``restrained``, ``nodes``, ``policies`` and ``heads`` beside this
module, and by :mod:`node.candidates`; the OpenAPI document is made of these.
"""

from typing import Annotated, Literal, TypedDict

from msgspec import Meta


class Standstill(TypedDict):
    """Since when a log stands still, because it showed two histories."""

    evidence: Annotated[str, Meta(description="Hash of the evidence, which is at /evidence/.")]
    size: Annotated[int, Meta(description="The last size that was agreed on.")]
    at: str


class Cosigner(TypedDict):
    """Who cosigned a head of a log."""

    name: str
    size: int
    at: str
    counts: Annotated[bool, Meta(description="Whether the operator's policy names it, and it is believed.")]
    whose: Annotated[
        Literal["own", "host", "other"],
        Meta(description="own: this node's; host: of the log's own place; other: of anybody else."),
    ]


class Witnessing(TypedDict):
    """Who else saw the same history of a log, and how fresh that is."""

    witnessed: Annotated[
        bool | None,
        Meta(description="Whether a quorum saw the head held here; null where none is asked for."),
    ]
    witnessed_size: Annotated[
        int | None, Meta(description="The largest size that a quorum saw; null where it saw none.")
    ]
    fresh_at: Annotated[str | None, Meta(description="When somebody who counts last vouched for it.")]
    stale: Annotated[bool, Meta(description="Whether that is too long ago.")]
    frozen: Annotated[Standstill | None, Meta(description="Null of a log that does not stand still.")]
    cosigners: list[Cosigner]


class FollowedBy(TypedDict):
    """How a log came to be followed."""

    by: Annotated[Literal["person", "rule"], Meta(description="A person where nobody else let it in.")]
    because: Annotated[
        list[str], Meta(description="Who vouched for it, the list it is on, or the log that it continues.")
    ]
    at: Annotated[str | None, Meta(description="When a rule let it in.")]
    lapsed_at: Annotated[str | None, Meta(description="Since when that rule holds no more.")]


class Block(TypedDict):
    """Why a log is neither asked nor shown."""

    name: Annotated[str, Meta(description="What is blocked: its origin, its host or its fingerprint.")]
    by: Annotated[str | None, Meta(description="Address of a list; null where the operator said so.")]
    reason: str
    text: Annotated[str, Meta(description="All of it as a clause.")]
    at: str


class Pause(TypedDict):
    """Why a log is not taken further: it wants more than it may have."""

    limit: Annotated[str, Meta(description="The key of the configuration that limits it.")]
    wanted: int
    allowed: int
    size: Annotated[int, Meta(description="Of the checkpoint that is not taken.")]
    reason: str
    at: str
    until: Annotated[
        str | None, Meta(description="When it goes on by itself; null where somebody has to raise the limit.")
    ]


class Restraints(TypedDict):
    """How a log is followed, and what keeps it from being asked or shown."""

    scope: Annotated[
        dict[str, list[str]] | None,
        Meta(description="What of it search finds: filters with their values; null for all of it."),
    ]
    followed: Annotated[FollowedBy | None, Meta(description="Null of an own log.")]
    blocked: Block | None
    paused: Pause | None


class Identifier(TypedDict):
    """A name that a publisher has in some register."""

    scheme: str
    value: str


class Contact(TypedDict):
    """Whom to ask, as a publisher says: an office, not a person."""

    role: str | None
    email: str | None
    url: str | None


class Proof(TypedDict):
    """What was found out about something that a publisher says it controls."""

    kind: Annotated[str, Meta(description="domain or repository.")]
    name: str
    state: Annotated[str, Meta(description="verified, lapsed (that was too long ago) or failed.")]
    verified_at: str | None
    tried_at: str
    next_due: str
    fault: Annotated[str | None, Meta(description="What was wrong the last time.")]


class ProblemCounts(TypedDict):
    """What is wrong with a log's statements and leaves, counted."""

    statements: Annotated[int, Meta(description="Statements with problems.")]
    void: Annotated[int, Meta(description="Leaves that have no effect.")]
    withheld: Annotated[int, Meta(description="Statements whose content nobody hands out.")]


class Heartbeat(TypedDict):
    """When a log last showed that it is alive."""

    at: str | None
    interval: Annotated[
        int | None, Meta(description="Seconds that it promises; 0 for a log without, null for no promise.")
    ]
    alive: Annotated[bool | None, Meta(description="Null of a log without heartbeats.")]


class Publisher(Restraints):
    """A log, with what its publisher says of itself.

    Name, type, jurisdiction, identifiers and contact are its own words, from its newest profile.
    """

    origin: str
    own: bool
    fingerprint: Annotated[str, Meta(description="Its publisher's identity.")]
    name: str
    language: Annotated[str, Meta(description="Of the name; und where it is not known.")]
    publisher_type: Annotated[str, Meta(description="Empty where it is not stated.")]
    jurisdiction: Annotated[str, Meta(description="Empty where it is not stated.")]
    identifiers: list[Identifier]
    contact: Contact | None
    profile: Annotated[str | None, Meta(description="Address of its newest profile.")]
    proofs: list[Proof]
    precedence: Annotated[int | None, Meta(description="0 comes first; null of a log that is blocked.")]
    size: Annotated[int, Meta(description="Leaves of its log, as verified here.")]
    served: Annotated[int, Meta(description="Leaves that this node serves.")]
    entries: Annotated[int, Meta(description="Live statements of type entry.")]
    problems: ProblemCounts
    verified_at: str | None
    heartbeat: Heartbeat
    witnesses: Witnessing


class Publishers(TypedDict):
    """One page of the publishers, by origin."""

    publishers: list[Publisher]
    total: Annotated[int, Meta(description="How many there are on all pages.")]
    next: Annotated[str | None, Meta(description="The `cursor` of the next page.")]
    next_url: Annotated[str | None, Meta(description="Its address.")]


class NodeLog(TypedDict):
    """A log that a node says it hosts."""

    origin: str
    url: str
    fingerprint: str


class NodeCard(TypedDict):
    """What a node says of itself; trusted for nothing."""

    software: str
    mirror: Annotated[str, Meta(description="Verifier key of its mirror cosignatures; empty for none.")]
    witness: Annotated[str, Meta(description="The same of the witness that it is; empty for none.")]
    logs: list[NodeLog]
    read_at: str | None


class NodeSource(TypedDict):
    """How asking a node for one log went."""

    origin: str
    own: Annotated[bool, Meta(description="Whether the log is this node's, which the other one carries.")]
    url: str
    held: Annotated[int, Meta(description="The size held here.")]
    carries: Annotated[
        int | None, Meta(description="The size of the log that it showed last; null where that is not known.")
    ]
    carries_at: Annotated[str | None, Meta(description="When it showed that.")]
    behind: Annotated[int | None, Meta(description="Leaves that this is short of the size held here.")]
    last_try: str | None
    last_success: str | None
    fault: Annotated[str | None, Meta(description="The last question's; null when it was answered well.")]
    file: Annotated[str | None, Meta(description="The file at fault.")]
    detail: Annotated[str | None, Meta(description="What is wrong, as a sentence.")]
    failures: Annotated[int, Meta(description="Questions in a row that failed.")]


class PolicyState(TypedDict):
    """A version of a node's policy document."""

    version: int
    found_at: str
    sha256: Annotated[str, Meta(description="Empty where there was no document any more.")]


class NodePolicy(PolicyState):
    """A version of a node's policy document, with its text: the node's own word, which nobody signed."""

    url: str
    text: Annotated[str, Meta(description="In Markdown.")]
    diff: Annotated[str, Meta(description="What changed since the version before.")]
    versions: Annotated[list[PolicyState], Meta(description="All of them, the first one first.")]


class FeedDoing(TypedDict):
    """How asking a node for its feed went, which tells how all logs are that it carries."""

    last_try: str | None
    last_success: str | None
    fault: Annotated[str | None, Meta(description="The last question's; null when it was answered well.")]
    detail: Annotated[str | None, Meta(description="What is wrong, as a sentence.")]
    failures: Annotated[int, Meta(description="Questions in a row that failed.")]


class Doing(TypedDict):
    """How a node is doing, its feed and its sources taken together."""

    last_try: str | None
    last_success: str | None
    fault: Annotated[
        str | None,
        Meta(description="Null while its feed and the logs that live there are answered well."),
    ]
    carried: Annotated[
        int | None, Meta(description="Logs here that its feed shows; null before it was asked for one.")
    ]
    behind: Annotated[
        int | None,
        Meta(description="Leaves that the shortest of these is short of what is held here."),
    ]


class Node(Doing):
    """A node that is followed or was asked."""

    url: str
    followed: bool
    as_its_card_says: Annotated[NodeCard | None, Meta(description="Null before a card was read.")]
    policy: Annotated[
        PolicyState | None, Meta(description="The newest version; null of a node that never had one.")
    ]
    feed: Annotated[FeedDoing | None, Meta(description="Null before its feed was asked for.")]
    sources: list[NodeSource]


class Nodes(TypedDict):
    """One page of the nodes that are followed or were asked, by URL."""

    nodes: list[Node]
    total: Annotated[int, Meta(description="How many there are on all pages.")]
    next: Annotated[str | None, Meta(description="The `cursor` of the next page.")]
    next_url: Annotated[str | None, Meta(description="Its address.")]


class SignedHead(TypedDict):
    """A head that a log signed."""

    size: int
    root: str
    keys: Annotated[int, Meta(description="Version of the key set that signed it.")]


class Fork(TypedDict):
    """Evidence that a log showed two histories."""

    hash: Annotated[str, Meta(description="Its name at /evidence/.")]
    heads: Annotated[list[SignedHead], Meta(description="The two that cannot be of one tree.")]
    source: Annotated[str, Meta(description="Who showed it.")]
    found_at: str
    resolved_at: Annotated[str | None, Meta(description="When an operator let the log go on.")]
    resolution: Annotated[str | None, Meta(description="Why.")]
    resolved_by: str | None


class SeenHead(TypedDict):
    """A head of a log, as a neighbour shows it."""

    neighbour: str
    state: Annotated[str, Meta(description="agrees (with the tree here), ahead, contradicts or unverified.")]
    size: Annotated[int | None, Meta(description="Null, as root and beat are, where it is unverified.")]
    root: str | None
    keys: Annotated[int, Meta(description="Version of the key set that the neighbour has.")]
    beat: str | None
    evidence: Annotated[str | None, Meta(description="Hash of evidence that the neighbour names.")]
    detail: str
    since: Annotated[str, Meta(description="When this head was first seen there.")]
    until: Annotated[str | None, Meta(description="When the neighbour last answered.")]


class Head(TypedDict):
    """A log with its head here, and as neighbours see it."""

    origin: str
    own: bool
    size: int
    root: str
    keys: Annotated[int, Meta(description="Key sets that are known of it.")]
    witnessing: Witnessing
    evidence: list[Fork]
    seen: list[SeenHead]


class Heads(TypedDict):
    """One page of the heads of all logs, by origin."""

    heads: list[Head]
    total: Annotated[int, Meta(description="How many there are on all pages.")]
    next: Annotated[str | None, Meta(description="The `cursor` of the next page.")]
    next_url: Annotated[str | None, Meta(description="Its address.")]


class VouchedBy(TypedDict):
    """Who vouches that a log is somebody's."""

    origin: str
    expires: Annotated[str, Meta(description="The last day on which it holds.")]
    counts: bool
    why_not: Annotated[str | None, Meta(description="Why it does not count; null where it does.")]
    statement: Annotated[str, Meta(description="The address of the vouch.")]


class NamedAs(TypedDict):
    """A fingerprint under which a log was named, and by whom."""

    fingerprint: Annotated[str, Meta(description="Empty where somebody named the origin alone.")]
    support: Annotated[list[str], Meta(description="Origins of those whose vouches count.")]
    vouched_by: list[VouchedBy]
    recommended_by: Annotated[list[str], Meta(description="Origins of publishers.")]
    shown_by: Annotated[list[str], Meta(description="Nodes whose cards show it.")]
    listed_by: Annotated[list[str], Meta(description="Addresses of allow lists.")]


class Tried(TypedDict):
    """What came of letting a log in."""

    fingerprint: str
    at: str
    failures: Annotated[int, Meta(description="In a row.")]
    next_due: str
    fault: str


class Candidate(TypedDict):
    """A log that is not here and that somebody named."""

    origin: str
    conflict: Annotated[bool, Meta(description="Whether it was named under several fingerprints.")]
    allowed: Annotated[bool, Meta(description="Whether a rule lets it in.")]
    reason: Annotated[str, Meta(description="Why no rule does.")]
    fingerprints: list[NamedAs]
    urls: Annotated[list[str], Meta(description="Where it may be found, as those who named it say.")]
    tried: Tried | None


class Candidates(TypedDict):
    """Logs that might be followed: those that a rule lets in first, then by support."""

    candidates: list[Candidate]
