"""What answers about one statement look like: documents of the API and of commands, as types.

Made by :mod:`node.answers.provenance`; the OpenAPI document is made of these.
"""

from typing import Annotated, Any, Literal, TypeAlias, TypedDict

from msgspec import Meta

State: TypeAlias = Literal["live", "withdrawn", "superseded", "erased", "withheld", "hidden"]
"""What became of a version."""


class Withdrawn(TypedDict):
    """Why a statement was withdrawn."""

    reason: str
    successor: Annotated[str | None, Meta(description="What takes its place: an address or URL.")]
    text: Annotated[dict[str, str], Meta(description="In words, by language tag.")]


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


class Provenance(TypedDict):
    """Where a statement comes from, and what of that was verified here."""

    origin: str
    index: int
    size: Annotated[int, Meta(description="Entries of its log, as verified here.")]
    root: str
    fingerprint: Annotated[str, Meta(description="Its publisher's identity.")]
    verified_at: str | None
    own: bool
    frozen: Annotated[bool, Meta(description="Whether its log showed two histories.")]
    stale: Annotated[bool, Meta(description="Whether its log has not been seen alive for long.")]


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
    erased: Annotated[str | None, Meta(description="Why, of what is erased.")]
    annotations: list[Noted]
    problems: list[Fault]
    provenance: Provenance


class VersionOf(TypedDict):
    """A version of a statement."""

    index: int
    op: Literal["put", "withdraw"]
    previous: int | None
    current: bool
    commitment: str
    length: int
    erased: str | None
    statement: Any


class History(TypedDict):
    """All versions of a statement, the newest first."""

    versions: list[VersionOf]
