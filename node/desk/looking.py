"""Looking at a manuscript before it is signed: what is missing, what is about people, what it changes.

Findings about people have to be acknowledged one by one: each has a key that follows from the place, the
finding and the value, so that a yes holds for what was looked at and for nothing else.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from node.answers.backlinks import entry_backlinks
from node.answers.nearshapes import SimilarItem
from node.answers.provenance import readable
from node.answers.texts import card_of, moment
from node.errors import NodeError, NotFoundError
from node.home import Home
from node.privacy.lint import lint
from node.similar.likeness import likest
from protocol.leaf import Op
from protocol.origin import address
from protocol.packing import Value
from protocol.problem import ERROR, Problem
from protocol.requirements import missing_fields
from protocol.validate import validate

from .differing import Difference, edits
from .kept import Manuscript, content_of, current

_KEY_CHARS: Final = 16


@dataclass(frozen=True, slots=True)
class Finding:
    """What seems to be about a person.

    Attributes:
        key: By which it is acknowledged.
        problem: Where it is, and what it seems to be.
        is_acknowledged: Whether its author has looked at it.
    """

    key: str
    problem: Problem
    is_acknowledged: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another version than the one that the author saw is the newest.

    Attributes:
        expected: Index of the version that the author saw.
        found: Index of the newest one; None where there is none.
        theirs: What the newest version changed of the one that the author saw; empty where that one is gone.
    """

    expected: int | None
    found: int | None
    theirs: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Consequence:
    """What comes of withdrawing or erasing a statement.

    Attributes:
        what: ``leaves-search``, ``history-stays``, ``content-goes``, ``frame-stays``, ``never-back``,
            ``copies-elsewhere``, ``pointed-at`` or ``no-successor``.
        text: A sentence, in English.
        count: Of versions, or of statements that point at it; 0 where nothing is counted.
    """

    what: str
    text: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """What a reader will be shown: the same fields as ``show`` answers of what is published.

    Attributes:
        type: Of the statement.
        kind: Of an entry; empty of anything else.
        name: In the reader's language, where there is one.
        summary: The same.
        language: Of the name.
        languages: In which it has a name.
        statement: All of it, as JSON can say it.
    """

    type: str
    kind: str
    name: str
    summary: str
    language: str
    languages: tuple[str, ...]
    statement: object


@dataclass(frozen=True, slots=True)
class Look:
    """All there is to know of a manuscript before it is sent.

    Attributes:
        problems: What is missing, wrong, or worth a second look, with pointers and hints.
        findings: What seems to be about a person.
        changes: What it changes of the newest version; of a new statement all of it.
        conflict: Set where somebody else's version came first.
        similar: Of a new entry, the projects of the whole federation that are most like it.
        consequences: Of a withdrawal or an erase.
        preview: Of a put.
    """

    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...]
    changes: tuple[Difference, ...]
    conflict: Conflict | None
    similar: tuple[SimilarItem, ...]
    consequences: tuple[Consequence, ...]
    preview: Preview | None

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What has to be mended before it can be published."""
        return tuple(each for each in self.problems if each.severity == ERROR)

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """What nobody has looked at yet."""
        return tuple(each for each in self.findings if not each.is_acknowledged)


def look(home: Home, manuscript: Manuscript, languages: Sequence[str] = ()) -> Look:
    """Return all there is to know of a manuscript before it is sent; blocks for the search of similar ones.

    Args:
        home: The node.
        manuscript: As it is kept.
        languages: What the reader reads, by preference.
    """
    is_put = manuscript.op is Op.PUT
    payload = stated(manuscript, home.now())
    is_new_entry = is_put and manuscript.id is None and payload.get("type") == "entry"
    return Look(
        problems_of(manuscript, home.now()),
        findings(manuscript),
        _changes(home, manuscript, payload) if is_put else (),
        conflict(home, manuscript),
        tuple(likest(home, payload, languages)) if is_new_entry else (),
        () if is_put else _consequences(home, manuscript),
        _preview(payload, languages) if is_put else None,
    )


def stated(manuscript: Manuscript, now: int) -> dict[str, Value]:
    """Return the statement that a manuscript would become at a time."""
    if manuscript.op is not Op.PUT:
        return dict(manuscript.payload)
    payload = completed(manuscript.payload, now)
    if manuscript.fixed:
        for field, value in manuscript.fixed.items():
            said = payload.get(field)
            # What a publiccode.yml said stays under x, beside who reported it.
            is_both = field == "x" and isinstance(said, dict) and isinstance(value, dict)
            payload[field] = {**said, **value} if is_both else value  # type: ignore[dict-item]
        payload["incomplete"] = list(missing_fields(payload))
    return payload


def problems_of(manuscript: Manuscript, now: int) -> tuple[Problem, ...]:
    """Return what is missing, wrong or worth a second look in what a manuscript would become at a time.

    What somebody else reported may have gaps, as an import may: they are named in it.
    """
    if manuscript.op is Op.ERASE:
        return ()
    return validate(stated(manuscript, now), written_here=not manuscript.fixed)


def completed(payload: Mapping[str, Value], now: int) -> dict[str, Value]:
    """Return a statement with what fills itself in; an edit is of today, whatever was said before."""
    made: dict[str, Value] = {"type": "entry", "v": 1, **payload}
    # Other statements do not say when they were changed.
    return made | {"modified": moment(now)} if made["type"] == "entry" else made


def findings(manuscript: Manuscript) -> tuple[Finding, ...]:
    """Return what in a manuscript seems to be about a person."""
    found = []
    for problem in lint(manuscript.payload):
        key = _key(manuscript.payload, problem)
        found.append(Finding(key, problem, key in manuscript.acknowledged))
    return tuple(found)


def conflict(home: Home, manuscript: Manuscript) -> Conflict | None:
    """Return whether somebody else's version came before a manuscript that changes a statement."""
    if manuscript.id is None or manuscript.state in ("sent", "published") or manuscript.op is Op.ERASE:
        return None
    store = home.logs.store(manuscript.origin)
    head = store.statement_head(manuscript.id)
    if head is not None and head[0] == manuscript.expected:
        return None
    seen = None if manuscript.expected is None else store.kept_blob(manuscript.expected)
    theirs: tuple[Difference, ...] = ()
    if seen is not None:
        theirs = edits(content_of(seen), _newest(home, manuscript))
    return Conflict(manuscript.expected, None if head is None else head[0], theirs)


def _key(payload: Mapping[str, Value], problem: Problem) -> str:
    value: object = payload
    for escaped in problem.pointer.split("/")[1:]:
        step = escaped.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            # A pointer does not repeat contact data that a key holds: then a yes is for the whole statement.
            value = payload
            break
    parts = msgspec.msgpack.encode((problem.pointer, problem.message, value))
    return hashlib.sha256(parts).hexdigest()[:_KEY_CHARS]


def _changes(home: Home, manuscript: Manuscript, payload: Mapping[str, Value]) -> tuple[Difference, ...]:
    before = {} if manuscript.id is None else _newest(home, manuscript)
    return edits(before, payload)


def _newest(home: Home, manuscript: Manuscript) -> Mapping[str, Value]:
    try:
        return current(home, manuscript.origin, manuscript.id or b"")[1]
    except NotFoundError:
        return {}


def _consequences(home: Home, manuscript: Manuscript) -> tuple[Consequence, ...]:
    """Return what comes of a withdrawal or an erase."""
    id_ = manuscript.id or b""
    store = home.logs.store(manuscript.origin)
    versions = [index for index, leaf in store.versions(id_) if leaf.op == Op.PUT]
    found = [Consequence("leaves-search", "It is found by no search and is in no project any more.")]
    if manuscript.op is Op.WITHDRAW:
        text = "All its versions stay readable, with the reason of the withdrawal."
        found.append(Consequence("history-stays", text, len(versions)))
        if not manuscript.payload.get("successor"):
            text = "No successor is named, so readers are led nowhere from it."
            found.append(Consequence("no-successor", text))
    else:
        left = [index for index in versions if not store.is_erased(index)]
        found += [
            Consequence("content-goes", "Every holder deletes the content of all its versions.", len(left)),
            Consequence(
                "frame-stays", "That it existed, when and how long it was, stays in the log for ever."
            ),
            Consequence(
                "copies-elsewhere", "Whoever copied it by other ways than this protocol still has it."
            ),
            Consequence("never-back", "This cannot be undone."),
        ]
    if pointing := _pointing(home, manuscript):
        text = "Statements of publishers point at it, and will point at what is gone."
        found.append(Consequence("pointed-at", text, pointing))
    return tuple(found)


def _pointing(home: Home, manuscript: Manuscript) -> int:
    try:
        page = entry_backlinks(home, address(manuscript.origin, manuscript.id or b""), limit=1)
    except NodeError:
        # What is not shown yet nobody can point at.
        return 0
    return sum(page["counts"].values())


def _preview(payload: Mapping[str, Value], languages: Sequence[str]) -> Preview:
    card = card_of(dict(payload))
    name, summary, language = card.shown(languages)
    return Preview(card.type, card.kind, name, summary, language, card.languages, readable(dict(payload)))
