"""One project for readers: each value with who states it, why its entries are joined, and what is only near.

Also the list of all projects that several entries describe, for whoever checks the joining.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from federation.headline import Stated
from federation.identity import ANY, BEARS, NOT_ITS_OWN, claims_of, document_of, found_in
from federation.kinship import Kinship, kinship_of
from node.home import Home
from node.readiness.scoring import readiness
from node.store.frozen import frozen_logs

from . import projectshapes
from .annotations import annotations_of
from .attached import pointing_at
from .backlinks import backlink_counts
from .gathering import neighbours, project_with, projects_of, sharing_projects
from .locating import locate
from .namesakes import namesakes_of
from .projects import Key, Member, Project
from .projectshapes import Field, Joint, MemberView, ProjectView, Readiness, Related, StatedItem
from .provenance import readable
from .relations import relations_of
from .texts import by_machine, card_of, lang_map, moment, name_for, reporter_of, summary_for
from .witnessing import is_stale

MAX_RELATED: Final = 50
"""Related projects that are listed of one; an umbrella repository may hold hundreds."""

_NOT_SHOWN: Final = frozenset({"type", "v", "source", "incomplete", "x"})
# Where the formats that we import have the thing's own name.
_NAME_POINTER: Final = re.compile(r"(?:/(?:releases|projects)/\d+)?/name")


def project_view(
    home: Home, ref: str, languages: Sequence[str] = (), *, fresh: bool = True
) -> dict[str, Any]:
    """Return one project as all its publishers describe it.

    Args:
        home: The node.
        ref: Any member's address, also a former one, or a unique beginning of its id; or a URL or an
            identifier by which it is called.
        languages: What the reader reads, by preference.
        fresh: Index what waits first, so that a command sees its own writes.

    Returns:
        What ``relations.relations_of`` returns, and ``address`` (the canonical one), ``name``,
        ``summary``, ``language``, ``kind``, ``fields``,
        ``members``, ``backlinks`` (how many items each group of ``backlinks`` has), ``evidence`` and
        ``related``. Of each field: ``value`` (the headline, None where
        there is none), ``stated_by`` (addresses) and ``also`` (other values, each with its own
        ``stated_by``); of a list ``value`` and ``items``, each with ``stated_by`` and whether it is in the
        ``headline``. ``related`` has ``project``, ``name``, ``relation`` (related, copy, or maybe the
        same) and ``why``.

    Raises:
        NotFoundError: No carried log has such an entry, or it is withdrawn, erased, or no entry.
        AmbiguousError: More than one statement fits.
        TakenDownError: The operator of this node took it down.
        LockedError: Something waits to be indexed and another process keeps the index.
    """
    where = locate(home, ref)
    with home.database.read() as connection:
        project = project_with(home, connection, where.origin, where.id)
        members = [_member_view(home, connection, member) for member in project.members]
        pointing = pointing_at(home, connection, [project]).get(project.address, ())
        counts = backlink_counts(home, connection, project, pointing)
        related = _related(home, connection, project)
        relations = relations_of(home, connection, project, pointing, languages)
    known = {item["project"] for item in related} | {member.address for member in project.members}
    namesakes = [each for each in namesakes_of(home, project, fresh=fresh) if each["project"] not in known]
    names_made, summaries_made = project.made_by_machine("name"), project.made_by_machine("summary")
    name, language = name_for(project.texts("name"), languages, names_made)
    summary, summary_language = summary_for(project.texts("summary"), languages, language, summaries_made)
    said = (item for member in project.members for item in member.payload.items())
    fields = {field for field, value in said if value is not None} - _NOT_SHOWN
    view: ProjectView = {
        "address": project.address,
        "name": name,
        "summary": summary,
        "language": language,
        "summary_language": summary_language,
        "machine": by_machine(
            name=language in names_made,
            summary=summary_language in summaries_made,
        ),
        "kind": readable(project.value("kind")),
        "fields": {field: _field(project, field) for field in sorted(fields)},
        "members": members,
        "backlinks": counts,
        "evidence": _evidence(project),
        "related": (related + namesakes)[:MAX_RELATED],
        "links": relations["links"],
        "decisions": relations["decisions"],
        "maintainers": relations["maintainers"],
        "part_of": relations["part_of"],
        "parts": relations["parts"],
        "variants": relations["variants"],
    }
    return dict(view)


def canonical_address(home: Home, ref: str) -> str:
    """Return the address that names a project.

    Args:
        home: The node.
        ref: As ``project_view`` takes it.

    Raises:
        NotFoundError: Nothing here is called that, or it is no live entry.
        AmbiguousError: It is the beginning of several ids.
        TakenDownError: The operator of this node took it down.
    """
    where = locate(home, ref)
    with home.database.read() as connection:
        return project_with(home, connection, where.origin, where.id).address


def clusters(home: Home) -> list[dict[str, Any]]:
    """Return all projects of two entries or more, in the order of their members' addresses.

    Returns:
        For each: ``project`` (its address here), ``members`` (by address: ``origin``, ``id``, ``name`` as in
        the source, ``source``: path or URL of the import, None when it was not imported), ``evidence``
        (``identifier``, ``name``, ``why``) and ``related``.
    """
    with home.database.read() as connection:
        everything = sharing_projects(home, connection)
        near = _sharing(connection, everything)
    joined = [project for project in everything if len(project.members) > 1]
    return [
        {
            "project": project.address,
            "members": [
                {
                    "origin": member.origin,
                    "id": member.id.hex(),
                    "name": _name_in_source(member.payload),
                    "source": document_of(member.payload) or None,
                }
                for member in sorted(project.members, key=_address)
            ],
            "evidence": _evidence(project),
            "related": [_related_item(project, other) for other in near[project.address]][:MAX_RELATED],
        }
        # In an order that does not depend on whom this node believes first.
        for project in sorted(joined, key=lambda each: min(map(_address, each.members)))
    ]


def _address(member: Member) -> str:
    return member.address


def _field(project: Project, field: str) -> Field:
    if all(isinstance(member.payload.get(field) or [], list) for member in project.members):
        items: list[StatedItem] = [
            {"headline": is_shown, **_stated(project, stated)} for is_shown, stated in project.items(field)
        ]
        return {"value": [item["value"] for item in items if item["headline"]], "items": items}
    first, *others = project.stated(field)
    found: Field = {
        "value": readable(first.value),
        "stated_by": [] if first.value is None else list(first.by),
        "also": [_stated(project, each) for each in others if each.value is not None],
    }
    if made := _machine(project, first):
        found["machine"] = made
    return found


def _stated(project: Project, stated: Stated) -> projectshapes.Stated:
    found: projectshapes.Stated = {"value": readable(stated.value), "stated_by": list(stated.by)}
    if made := _machine(project, stated):
        found["machine"] = made
    return found


def _machine(project: Project, stated: Stated) -> list[str]:
    return list(project.machine(stated)) if isinstance(stated.value, dict) else []


def _member_view(home: Home, connection: sqlite3.Connection, member: Member) -> MemberView:
    name, _, language = card_of(dict(member.payload)).shown()
    size, verified_at = connection.execute(
        "SELECT size, verified_at FROM log WHERE id = ?", (member.log,)
    ).fetchone()
    return {
        "address": member.address,
        "origin": member.origin,
        "id": member.id.hex(),
        "name": name,
        "language": language,
        "class": str(kinship_of(member.payload)),
        "modified": readable(member.payload.get("modified")),
        "standing": member.has_standing,
        "source": readable(member.payload.get("source")),
        "incomplete": readable(member.payload.get("incomplete", [])),
        "reported_by": reporter_of(member.payload),
        "readiness": cast("Readiness", readiness(member.payload)),
        "annotations": annotations_of(connection, member.log, member.id),
        "provenance": {
            "origin": member.origin,
            "index": member.index,
            "size": size,
            "verified_at": moment(verified_at),
            "frozen": member.log in frozen_logs(connection),
            "stale": is_stale(connection, member.log, home.policy, home.now()),
        },
    }


def _evidence(project: Project) -> list[Joint]:
    return [
        {"identifier": claim.identifier, "name": claim.name, "why": _why_joined(claim.name)}
        for claim in project.claims
    ]


def _why_joined(name: str) -> str:
    if name == ANY:
        return "each thing has an identifier of its own there"
    if name == BEARS:
        return "the same repository, and each bears its name or lies at its root"
    return "the same repository, and equal names"


def _related(home: Home, connection: sqlite3.Connection, project: Project) -> list[Related]:
    """Return projects that share an identifier with this one and are not joined with it."""
    mine = {member.key for member in project.members}
    near = neighbours(connection, sorted(mine))
    others = {other for keys in near.values() for other in keys} - mine
    found = projects_of(home, connection, sorted(others)[: MAX_RELATED * 4])
    return [
        _related_item(project, other)
        for other in sorted(found, key=lambda each: each.address)
        if other.address != project.address and not mine.isdisjoint(_reached(near, other, mine))
    ][:MAX_RELATED]


def _reached(near: Mapping[Key, Sequence[Key]], other: Project, mine: set[Key]) -> set[Key]:
    """Return those of some entries that share an identifier with a project."""
    theirs = {member.key for member in other.members}
    return {key for key in mine if not theirs.isdisjoint(near.get(key, ()))}


def _sharing(connection: sqlite3.Connection, everything: Sequence[Project]) -> dict[str, list[Project]]:
    """Return for each project the others that share an identifier with it, by address."""
    home_of = {member.key: project for project in everything for member in project.members}
    found: dict[str, list[Project]] = {}
    for project in everything:
        if len(project.members) < 2:  # noqa: PLR2004 - only the joined ones are listed
            continue
        near = neighbours(connection, [member.key for member in project.members])
        others = {
            home_of[key].address: home_of[key] for keys in near.values() for key in keys if key in home_of
        }
        others.pop(project.address, None)
        found[project.address] = [others[each] for each in sorted(others)]
    return found


def _related_item(project: Project, other: Project) -> Related:
    first = other.members[0]
    return {
        "project": other.address,
        "name": _name_in_source(first.payload),
        "relation": "copy" if _is_copy(other) else "related",
        "why": _why_apart(project, other),
    }


def _is_copy(project: Project) -> bool:
    return all(kinship_of(member.payload) in (Kinship.COPY, Kinship.FORK) for member in project.members)


def _why_apart(project: Project, other: Project) -> str:
    ours, theirs = list(_claims(project)), list(_claims(other))
    shared = {claim.identifier for _, claim in ours} & {claim.identifier for _, claim in theirs}
    what = (
        "the same repository" if all(each.startswith("repo:") for each in shared) else "the same identifier"
    )
    if project.value("kind") != other.value("kind"):
        return f"{what}, another kind of thing"
    members = {member.address for member in other.members}
    for tie in project.ties:
        if not tie.is_same and not members.isdisjoint(tie.pair):
            return f"{what}, but {tie.by} says that they are not the same"
    for member, claim in (*ours, *theirs):
        if claim.identifier in shared and claim.name == NOT_ITS_OWN:
            place = found_in(member.payload)
            if place:
                return f"{what}, but the file that names it lay in {place}, whose name it does not bear"
            return f"{what}, but it is a template that is copied with the file"
    names = {claim.name for _, claim in ours if claim.identifier in shared}
    if names.isdisjoint(claim.name for _, claim in theirs if claim.identifier in shared):
        return f"{what}, unlike names"
    return f"{what} and alike names, but a publisher tells them apart, or one alone connects them"


def _claims(project: Project) -> Iterator[tuple[Member, Any]]:
    for member in project.members:
        for claim in claims_of(member.payload):
            yield member, claim


def _name_in_source(payload: Mapping[str, Any]) -> str:
    """Return the name as the imported document has it."""
    source = payload.get("source")
    original = source.get("original") if isinstance(source, dict) else None
    for pointer, value in (original if isinstance(original, dict) else {}).items():
        if _NAME_POINTER.fullmatch(pointer) and isinstance(value, str):
            return value
    names = lang_map(payload.get("name"))
    return names.get("und") or next((names[tag] for tag in sorted(names)), "")
