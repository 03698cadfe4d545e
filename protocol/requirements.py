"""What a statement needs to be useful to a reader who does not know it.

Entries written here must have all of it. Of an import only the gaps are recorded, by name,
in its ``incomplete`` list: nothing is invented. The list is short on purpose: kind, name,
summary, one topic, lifecycle, one link, licence (or the reason why there is none), language,
and what a kind cannot do without. Whoever calls for help says until when, and what there is
to be had for it; whoever states an opinion says of what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .fields import ITEMS
from .forms import is_date, is_fingerprint, is_host, is_origin
from .problem import ERROR, FLAG, Problem, Severity, child

NEEDED_FIELDS: Final = ("modified", "summary", "topics", "lifecycle")
"""What every entry written here has beside a kind, a name, languages and something to go to."""

LICENSED_KINDS: Final = ("software", "dataset", "standard", "process")
"""Kinds of what is under a licence, unless somebody says why not."""

CALLS: Final = ("seeking", "offering")
"""The fields of an entry that call for somebody, each item with an end at most 12 months ahead."""

COMPENSATED_CALLS: Final = ("contributors", "supplier")
"""Whom nobody may look for without saying what they get."""

VOUCHES_BY_A_SCHEME: Final = ("mandate", "audit", "badge", "conformance", "award")
"""Vouches that say by whose rules."""

LINKS_OF_A_SUBJECT: Final = ("sameAs", "notSameAs", "coMaintains")
"""Relations between two things, or of a publisher to a thing."""

# Field -> what to say when it is missing.
_HINTS: Final[Mapping[str, str]] = {
    "modified": "Add when the entry was last changed, as 2026-11-02T09:00:00Z.",
    "summary": "Say in at most 150 characters what it is and for whom.",
    "topics": "Add at least one topic, such as ogp:open-data or sector:health.",
    "lifecycle": "Say how far it is: idea, planned, development, pilot, live, … or retired.",
    "links": "Add a landing page, a code repository or a contact.",
    "license": "Add an SPDX licence, or access.reason where there is none.",
    "languages": "Add the languages it speaks, such as fr.",
    "maintenance": "Say who keeps it going: internal, contract, community, none or unknown.",
    "software": "Add software.type and software.platforms.",
    "service/channels": "Add at least one way to reach the service.",
    "dataset/distributions": "Add at least one distribution with its accessURL.",
    "standard/specUrl": "Add where the specification can be read.",
    "process/files": "Add at least one link or file.",
    "participation/status": "Say whether it is planned, open or closed.",
    "participation/opens": "Add when it opens.",
    "participation/closes": "Add when it closes.",
}
# Wanted, but an entry without them is still worth publishing.
_ADVISED: Final = ("maintenance", "software")
_PROFILE_HINTS: Final[Mapping[str, str]] = {
    "publisherType": "Say what the publisher is, such as local, agency or civil-society.",
    "jurisdiction": "Add where it works, as an ISO 3166 code such as FR or FR-ARA.",
    "contact": "Add the address of a function or a form, never of a person.",
}
# Links between two things.
_OF_THINGS: Final = ("sameAs", "notSameAs")


def missing_fields(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of what an entry lacks, nested ones as ``block/field``, in a fixed order.

    Works on any payload, also on one whose fields have the wrong shape.
    """
    return tuple(_missing(payload))


def entry_problems(payload: Mapping[str, Any], *, written_here: bool) -> Iterator[Problem]:
    """Find the gaps of an entry written here, a name that cannot be, and calls that do not say enough.

    Other people's entries only need a kind and a name.
    """
    if payload.get("name") == {}:
        yield Problem("/name", "The entry has no name.", "Add a name for at least one language.", ERROR)
    yield from _call_problems(payload, ERROR if written_here else FLAG)
    if not written_here:
        return
    for name in missing_fields(payload):
        severity: Severity = FLAG if name in _ADVISED else ERROR
        yield Problem(f"/{name}", f"'{name}' is missing.", _HINTS[name], severity)


def profile_problems(payload: Mapping[str, Any]) -> Iterator[Problem]:
    """Flag what readers would like to know about a publisher.

    Only flags: a new node publishes its profile before anybody was asked for more than a name.
    """
    if payload.get("name") == {}:
        yield Problem("/name", "The publisher has no name.", "Add a name for at least one language.", ERROR)
    for name, hint in _PROFILE_HINTS.items():
        if not payload.get(name):
            yield Problem(child("", name), f"'{name}' is missing.", hint, FLAG)


def vouch_problems(payload: Mapping[str, Any], doubt: Severity) -> Iterator[Problem]:
    """Find what keeps a vouch from saying clearly what it vouches for, and until when.

    Args:
        payload: The statement.
        doubt: How severe that is: other people's stay readable, and count for nothing.
    """
    type_, issued, expires = (payload.get(name) for name in ("vouchType", "issued", "expires"))
    if not issued:
        yield Problem("/issued", "'issued' is missing.", "Add the day, such as 2026-11-02.", doubt)
    if isinstance(issued, str) and isinstance(expires, str) and expires < issued:
        message = "The vouch expires before it is issued."
        yield Problem("/expires", message, "Write the last day on which it holds.", doubt)
    if type_ in VOUCHES_BY_A_SCHEME and not payload.get("scheme"):
        yield Problem("/scheme", "'scheme' is missing.", "Add the URI of the rules that it goes by.", doubt)
    if type_ != "identity":
        return
    target = payload.get("target")
    if isinstance(target, str) and not is_origin(target):
        message = "Only the origin of a log has an identity that can be vouched for."
        yield Problem("/target", message, "Write it as `fedcat log list` shows it: host/log/name/1.", doubt)
    if not payload.get("fingerprint"):
        hint = "Add the fingerprint that the publisher told you."
        yield Problem("/fingerprint", "'fingerprint' is missing.", hint, doubt)
    if not expires:
        hint = "Add the last day on which it holds; renew it before."
        yield Problem("/expires", "'expires' is missing.", hint, doubt)


def use_problems(payload: Mapping[str, Any], doubt: Severity) -> Iterator[Problem]:
    """Find what keeps a use from saying clearly until when it lasted, of what, and what it saved.

    Args:
        payload: The statement.
        doubt: How severe that is: other people's stay readable.
    """
    status, since, until = (payload.get(name) for name in ("status", "since", "until"))
    if status == "retired" and not until:
        hint = "Add the last day of use, such as 2026-10-31."
        yield Problem("/until", "'until' is missing.", hint, doubt)
    if (
        isinstance(since, str)
        and isinstance(until, str)
        and is_date(since)
        and is_date(until)
        and until < since
    ):
        yield Problem("/until", "The use ends before it begins.", "Write the last day of use.", doubt)
    if payload.get("fork") and payload.get("changes") not in (None, "forked"):
        message = "A fork is named, but 'changes' says that there is none."
        yield Problem("/changes", message, "Write changes: forked, or leave fork out.", doubt)
    saved = payload.get("costAvoided")
    if isinstance(saved, Mapping) and saved.get("amount") is not None and not saved.get("currency"):
        hint = "Add the ISO 4217 code of the amount, such as EUR."
        yield Problem("/costAvoided/currency", "'currency' is missing.", hint, doubt)


def link_problems(payload: Mapping[str, Any], doubt: Severity) -> Iterator[Problem]:
    """Find what keeps a link from saying what hangs together with what.

    Args:
        payload: The statement.
        doubt: How severe that is: other people's stay readable, and have no effect.
    """
    relation, subject, target = (payload.get(name) for name in ("relation", "subject", "target"))
    offers = relation == "translationOf"
    if relation in LINKS_OF_A_SUBJECT and not subject:
        hint = "Add the address or URL of the thing that is linked."
        yield Problem("/subject", "'subject' is missing.", hint, doubt)
    if subject and offers:
        message = "The texts are offered by this statement, not by another thing."
        yield Problem("/subject", message, "Leave it out.", doubt)
    if subject and subject == target:
        hint = "Name two things, or one under two addresses."
        yield Problem("/target", "A thing is linked with itself.", hint, doubt)
    if relation in _OF_THINGS and isinstance(subject, str) and is_origin(subject):
        message = "The origin of a log names a publisher, not a thing."
        yield Problem("/subject", message, "Write the address of an entry, or a URL.", doubt)
    if offers and not payload.get("texts"):
        hint = "Add name, summary or description by language: {fr: {name: …}}."
        yield Problem("/texts", "'texts' is missing.", hint, doubt)
    if relation in LINKS_OF_A_SUBJECT and payload.get("texts"):
        hint = "Leave them out, or write relation: translationOf."
        yield Problem("/texts", "Only a translation has texts to offer.", hint, doubt)


def list_problems(payload: Mapping[str, Any], doubt: Severity) -> Iterator[Problem]:
    """Find items of a list that name nothing, or nothing that its purpose can act on.

    Args:
        payload: The statement.
        doubt: How severe that is: in other people's lists such items have no effect.
    """
    if payload.get("name") == {}:
        yield Problem("/name", "The list has no name.", "Add a name for at least one language.", ERROR)
    items = payload.get("items")
    for place, item in enumerate(items[:ITEMS] if isinstance(items, list) else ()):
        if isinstance(item, Mapping) and (fault := _item_fault(payload.get("purpose"), item)):
            yield Problem(f"/items/{place}", *fault, doubt)


def is_publisher(item: Mapping[str, Any], *, exactly: bool) -> bool:
    """Tell whether an item names publishers: by origin, host or fingerprint; or exactly one, by both."""
    ref, fingerprint = item.get("ref") or "", item.get("fingerprint") or ""
    is_pinned = isinstance(fingerprint, str) and is_fingerprint(fingerprint)
    if not isinstance(ref, str) or (fingerprint and not is_pinned):
        return False
    if exactly:
        return is_pinned and is_origin(ref)
    return is_origin(ref) or is_host(ref) if ref else is_pinned


def _item_fault(purpose: object, item: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what is wrong with an item as a sentence, and what to do, or None."""
    if not (item.get("ref") or item.get("fingerprint")):
        return "The item names nothing.", "Add ref, fingerprint, or both."
    if purpose == "allow" and not is_publisher(item, exactly=True):
        return (
            "Who is allowed is not named exactly.",
            "Add the origin of the log as ref, and its fingerprint.",
        )
    if purpose == "block" and not is_publisher(item, exactly=False):
        return "Nobody can be blocked by this name.", "Write an origin or a host as ref, or a fingerprint."
    return None


def _call_problems(payload: Mapping[str, Any], doubt: Severity) -> Iterator[Problem]:
    """Find calls and offers that outlast the attention of who made them, or hide what a helper gets."""
    modified = payload.get("modified")
    for name in CALLS:
        calls = payload.get(name)
        for place, call in enumerate(calls[:ITEMS] if isinstance(calls, list) else ()):
            if not isinstance(call, Mapping):
                continue
            until = call.get("until")
            if is_too_late(until, modified):
                message = f"{until} is more than 12 months after the entry was last changed."
                hint = "Write an earlier day; move it on when you change the entry."
                yield Problem(f"/{name}/{place}/until", message, hint, doubt)
            if name == "seeking" and call.get("type") in COMPENSATED_CALLS and not _compensation(call):
                message = "What those who help get is not said."
                hint = "Add compensation.kind: none, expenses, paid, contract, grant or prize."
                yield Problem(f"/{name}/{place}/compensation/kind", message, hint, doubt)


def is_too_late(until: object, modified: object) -> bool:
    """Tell whether a call's last day is more than a year after its entry was changed.

    False unless both are in their form, a day and a time.
    """
    if not (
        isinstance(until, str) and isinstance(modified, str) and is_date(until) and is_date(modified[:10])
    ):
        return False
    return until > f"{int(modified[:4]) + 1:04}{modified[4:10]}"


def _compensation(call: Mapping[str, Any]) -> object:
    stated = call.get("compensation")
    return stated.get("kind") if isinstance(stated, Mapping) else None


def _missing(payload: Mapping[str, Any]) -> Iterator[str]:
    kind = payload.get("kind")
    for name in NEEDED_FIELDS:
        if not payload.get(name):
            yield name
    if not _reachable(payload):
        yield "links"
    access = payload.get("access")
    explained = isinstance(access, Mapping) and bool(access.get("reason") or access.get("text"))
    if kind in LICENSED_KINDS and not payload.get("license") and not explained:
        yield "license"
    if not payload.get("languages"):
        yield "languages"
    block = payload.get(kind) if isinstance(kind, str) else None
    yield from _missing_in_block(payload, kind, block if isinstance(block, Mapping) else {})


def _missing_in_block(payload: Mapping[str, Any], kind: object, block: Mapping[str, Any]) -> Iterator[str]:
    if kind == "software":
        if not payload.get("maintenance"):
            yield "maintenance"
        if not (block.get("type") and block.get("platforms")):
            yield "software"
    elif kind == "service" and not block.get("channels"):
        yield "service/channels"
    elif kind == "dataset" and not block.get("distributions"):
        yield "dataset/distributions"
    elif kind == "standard" and not block.get("specUrl"):
        yield "standard/specUrl"
    elif kind == "process" and not (block.get("files") or payload.get("links")):
        yield "process/files"
    elif kind == "participation":
        wanted = ("status",) if block.get("status") == "planned" else ("status", "opens", "closes")
        yield from (f"participation/{name}" for name in wanted if not block.get(name))


def _reachable(payload: Mapping[str, Any]) -> bool:
    """Tell whether there is a landing page, a repository or a contact."""
    links = payload.get("links")
    identifiers = payload.get("identifiers")
    return (
        bool(payload.get("contact")) or _has(links, "rel", "landing") or _has(identifiers, "scheme", "repo")
    )


def _has(items: object, key: str, value: str) -> bool:
    return isinstance(items, list) and any(
        isinstance(item, dict) and item.get(key) == value for item in items
    )
