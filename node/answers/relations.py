"""What is said of a project besides its values: links, decisions, who maintains it, what it is part of.

::

    links        sameAs, notSameAs, translationOf of anybody, with the reason; whether it has an effect here
    decisions    what this node's operator joined and took out
    maintainers  owners and maintainers that entries name; confirmed by a ``coMaintains`` link of their own
    part_of      suites that its entries name; parts: what names it as its suite
    variants     what says that it is a variant of it, and has a repository of its own

Everybody can say to be part of something well known. A part is confirmed where whoever decides about the
suite says so too, or controls the part: who has standing in the suite, else who comes first of those that
describe it.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from federation.identity import identifiers_of
from federation.kinship import Kinship, kinship_of
from federation.targets import target_of
from federation.ties import CO_MAINTAINS
from node.home import Home
from node.store.joined import Decided
from node.store.series import current_origin
from protocol.errors import MalformedError
from protocol.language import best_text
from protocol.origin import parse_address
from protocol.packing import Value

from .attached import Pointing, project_meant
from .gathering import projects_of
from .linked import LinkStatement, said_about
from .policy import Policy, policy_of
from .projects import Member, Project
from .texts import lang_map, moment, name_for

MAX_LISTED: Final = 200
"""Links, parts and variants that are listed of one project."""

_ROLES: Final = frozenset({"owner", "maintainer"})


def relations_of(
    home: Home,
    connection: sqlite3.Connection,
    project: Project,
    pointing: Sequence[Pointing],
    languages: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what is said of a project; see the module.

    Args:
        home: The node.
        connection: For reading; what is read belongs to one moment when it is in a transaction.
        project: As it stands now.
        pointing: All that points at it.
        languages: What the reader reads, by preference.

    Returns:
        ``links``: ``address``, ``origin``, ``relation``, ``subject``, ``target``, ``reason``, ``acts``.
        ``decisions``: ``number``, ``action``, ``entries``, ``reason``, ``at``. ``maintainers``: ``name``,
        ``ref``, ``role`` (None where nobody names them), ``named_by`` (addresses), ``confirmed_by`` (address
        of a link, or None). ``part_of`` and ``parts``: ``project`` (None where it is not here), ``ref`` (of
        ``part_of``), ``name``, ``stated_by``, ``confirmed``. ``variants``: ``project``, ``name``,
        ``stated_by``.
    """
    policy = policy_of(home, connection)
    entries = {member.key: member.payload for member in project.members}
    links, decisions = said_about(connection, policy, entries)
    acting = {tie.statement for tie in project.ties}
    near = {
        relation: projects_of(home, connection, [each.key for each in pointing if each.relation == relation])
        for relation in ("partOf", "basedOn")
    }
    return {
        "links": [
            _link_view(each, languages, acts=each.address in acting)
            for each in links[:MAX_LISTED]
            if each.relation != CO_MAINTAINS
        ],
        "decisions": [decision_view(each) for each in decisions],
        "maintainers": _maintainers(connection, policy, project, links),
        "part_of": _suites(home, connection, policy, project, languages),
        "parts": _parts(policy, project, near["partOf"], {each.key for each in pointing}, languages),
        "variants": _variants(near["basedOn"], {each.key for each in pointing}, languages),
    }


def decision_view(decided: Decided) -> dict[str, Any]:
    """Return a decision of the operator as it is shown to everybody: who decided stays in the audit trail."""
    return {
        "number": decided.number,
        "action": decided.action,
        "entries": list(decided.addresses),
        "reason": decided.reason,
        "at": moment(decided.at),
    }


def _link_view(statement: LinkStatement, languages: Sequence[str], *, acts: bool) -> dict[str, Any]:
    reason, _ = best_text(lang_map(statement.payload.get("reason")), languages) or ("", "")
    return {
        "address": statement.address,
        "origin": statement.origin,
        "relation": statement.relation,
        "subject": _text(statement.payload.get("subject")),
        "target": _text(statement.payload.get("target")),
        "reason": reason,
        "acts": acts,
    }


def _maintainers(
    connection: sqlite3.Connection, policy: Policy, project: Project, links: Iterable[LinkStatement]
) -> list[dict[str, Any]]:
    """Return who is named as owner or maintainer, then who says so without being named."""
    confirming = {each.key[0]: each for each in reversed(list(links)) if each.relation == CO_MAINTAINS}
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    named: set[int] = set()
    for member in project.by_precedence():
        for partner in _items(member.payload.get("partners")):
            role, name = _text(partner.get("role")), _text(partner.get("name"))
            ref = _text(partner.get("ref")) or _text(partner.get("uri"))
            if role not in _ROLES or not (name or ref):
                continue
            logs = _logs_of(connection, policy, ref)
            confirmed_by = next((confirming[log].address for log in sorted(logs) if log in confirming), None)
            if confirmed_by is None and member.log in logs:
                # Whoever names itself says so in that very entry.
                confirmed_by = member.address
            named |= logs
            view: dict[str, Any] = {
                "name": name,
                "ref": ref,
                "role": role,
                "named_by": [],
                "confirmed_by": confirmed_by,
            }
            known = found.setdefault((ref, name, role), view)
            known["named_by"].append(member.address)
            known["confirmed_by"] = known["confirmed_by"] or confirmed_by
    unnamed: list[dict[str, Any]] = [
        {"name": "", "ref": each.origin, "role": None, "named_by": [], "confirmed_by": each.address}
        for log, each in sorted(confirming.items())
        if log not in named
    ]
    return [*found.values(), *unnamed]


def _logs_of(connection: sqlite3.Connection, policy: Policy, ref: str) -> set[int]:
    """Return the logs of whoever a reference names: an origin, an address in it, a URL at a proven domain."""
    origin = ref
    try:
        origin, id_ = parse_address(ref)
        origin = current_origin(connection, origin, id_)
    except MalformedError:
        pass
    host = _host(ref)
    return {
        log
        for log, each in policy.publishers.items()
        if each.origin == origin
        or (host and (known := policy.facts.get(each.origin)) is not None and host in known.domains)
    }


def _suites(
    home: Home,
    connection: sqlite3.Connection,
    policy: Policy,
    project: Project,
    languages: Sequence[str],
) -> list[dict[str, Any]]:
    """Return what a project's entries say it is part of."""
    found: dict[str, dict[str, Any]] = {}
    for member in project.by_precedence():
        for item in _items(member.payload.get("partOf")):
            ref = _text(item.get("ref")) or _text(item.get("uri"))
            target = target_of(ref)
            suite = project_meant(home, connection, target) if target.names else None
            if suite is not None and suite.address == project.address:
                continue
            key = suite.address if suite else ref or _text(item.get("name"))
            view: dict[str, Any] = {
                "project": suite.address if suite else None,
                "ref": ref,
                "name": _name(suite, languages) if suite else _text(item.get("name")),
                "stated_by": [],
                "confirmed": False,
            }
            known = found.setdefault(key, view)
            known["stated_by"].append(member.address)
            known["confirmed"] = known["confirmed"] or (
                suite is not None and _is_confirmed(policy, suite, [member])
            )
    return [found[key] for key in list(found)[:MAX_LISTED] if key]


def _parts(
    policy: Policy,
    suite: Project,
    projects: Iterable[Project],
    pointing: set[tuple[int, bytes]],
    languages: Sequence[str],
) -> list[dict[str, Any]]:
    """Return what says that it is part of a project, what is confirmed first."""
    found = []
    for project in projects:
        saying = [member for member in project.members if member.key in pointing]
        if saying and project.address != suite.address:
            confirmed = _is_confirmed(policy, suite, saying)
            found.append({**_item(project, saying, languages), "confirmed": confirmed})
    return sorted(found, key=lambda each: (not each["confirmed"], each["name"], each["project"]))[:MAX_LISTED]


def _variants(
    projects: Iterable[Project], pointing: set[tuple[int, bytes]], languages: Sequence[str]
) -> list[dict[str, Any]]:
    found = []
    for project in projects:
        saying = [
            member
            for member in project.members
            if member.key in pointing and kinship_of(member.payload) is Kinship.VARIANT
        ]
        if saying:
            found.append(_item(project, saying, languages))
    return sorted(found, key=lambda each: (each["name"], each["project"]))[:MAX_LISTED]


def _item(project: Project, saying: Iterable[Member], languages: Sequence[str]) -> dict[str, Any]:
    return {
        "project": project.address,
        "name": _name(project, languages),
        "stated_by": sorted(member.address for member in saying),
    }


def _is_confirmed(policy: Policy, suite: Project, saying: Sequence[Member]) -> bool:
    """Tell whether whoever decides about a suite says so itself, or controls what says so."""
    origins = {member.origin for member in suite.deciding()}
    return any(
        member.origin in origins
        or any(policy.owned(origin, identifiers_of(member.payload)) for origin in sorted(origins))
        for member in saying
    )


def _name(project: Project, languages: Sequence[str]) -> str:
    return name_for(project.texts("name"), languages, project.made_by_machine("name"))[0]


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""


def _items(value: Value) -> list[Mapping[str, Value]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
