"""``fedcat project``: one thing as all its publishers describe it, side by side.

::

    Decidim
    software, live, AGPL-3.0-or-later
    Plateforme libre de démocratie participative …

       DESCRIBED BY        MODIFIED    STANDING  LOG
    1  Ville d'Exemple     2026-05-04  yes       city.example/log/exemple/1
    2  Association Civique 2026-03-01  no        civic.example/log/civic/1

    FIELD      SAID BY  VALUE
    license    1        AGPL-3.0-or-later
               2        AGPL-3.0-only

The first value of a field is the one that heads the project; nobody's is left out, only long prose is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from node.answers.clusters import project_view
from node.answers.publishers import publisher_names
from protocol.language import best_text, is_tag

from .exits import ExitCode
from .homes import opened
from .options import language_option
from .output import answer, hint, table
from .settings import Settings, command

_FIRST = ("name", "summary", "purpose", "kind", "subtype", "lifecycle", "license", "access", "languages")
_LAST = ("created", "reviewed", "slug", "metadataLicense")
_LONG = 120  # characters of a value that people read in a list
_RELATED = 10
# Keys of the entry model that look like language tags.
_NO_LANGUAGES = frozenset(("alt", "by", "doi", "id", "max", "min", "ref", "rel", "to", "uri", "url"))

Row = tuple[str, str, Sequence[str]]
"""A field, a value, and the addresses of those who state it."""


@command("show")
@click.argument("ref", metavar="ID")
@language_option
def show(settings: Settings, *, ref: str, languages: tuple[str, ...]) -> int:
    """Show one project: what all its publishers say, side by side.

    ID is the address of any entry about it, or a unique beginning of the entry's id.
    """
    with opened(settings) as home:
        view = project_view(home, ref, languages)
        names = publisher_names(home, languages)
    answer(settings, view, shown(view, names, languages))
    if len(view["members"]) > 1:
        hint(settings, f"Described by {len(view['members'])}; `fedcat show ID` shows what one of them says.")
    else:
        hint(settings, f"Described by one; `fedcat show {view['members'][0]['id'][:8]}` shows its statement.")
    return ExitCode.OK


def shown(view: Mapping[str, Any], names: Mapping[str, str], languages: Sequence[str]) -> str:
    """Return a project as people read it.

    Args:
        view: What ``node.answers.clusters.project_view`` returns.
        names: Origin → the publisher's name.
        languages: What the reader reads.
    """
    members, rows = view["members"], list(_rows(view["fields"], languages))
    places = {member["address"]: str(place) for place, member in enumerate(members, 1)}
    parts = [_head(view), _members(members, names)]
    if len(members) == 1:
        parts.append(table(("FIELD", "VALUE"), _once((field, value) for field, value, _ in rows)))
    else:
        said = ((field, _who(by, places), value) for field, value, by in rows)
        parts.append(table(("FIELD", "SAID BY", "VALUE"), _once(said)))
    sections = (
        ("MAINTAINED BY", _maintainers(view)),
        ("PART OF", _relatives(view["part_of"])),
        ("PARTS", _relatives(view["parts"])),
        ("VARIANTS", _relatives(view["variants"])),
        ("JOINED BY", _evidence(view)),
        ("DECIDED HERE", _decisions(view)),
        ("LINKS", _links(view)),
        ("NEAR, NOT JOINED", _related(view)),
    )
    for title, lines in sections:
        if lines:
            parts.append("\n".join((title, *lines)))
    return "\n\n".join(parts)


def _head(view: Mapping[str, Any]) -> str:
    heads = (view["fields"].get(field, {}).get("value") for field in ("kind", "lifecycle", "license"))
    what = ", ".join(str(value) for value in heads if value)
    return "\n".join(line for line in (view["name"], what, view["summary"], view["address"]) if line)


def _members(members: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    rows = [
        (
            place,
            names.get(member["origin"]) or None,
            member["name"],
            str(member["modified"] or "")[:10] or None,
            "yes" if member["standing"] else "no",
            _origin_of_import(member),
            member["id"][:8],
            member["origin"],
        )
        for place, member in enumerate(members, 1)
    ]
    headers = ("", "DESCRIBED BY", "AS", "MODIFIED", "STANDING", "IMPORTED FROM", "ID", "LOG")
    noted = [
        f"{place}  noted: {fact['name']} {fact['value']}, seen in {fact['source']} at {fact['observed_at']}"
        for place, member in enumerate(members, 1)
        for fact in member["annotations"]
    ]
    return "\n".join((table(headers, rows), *noted))


def _origin_of_import(member: Mapping[str, Any]) -> str | None:
    source = member["source"]
    if not isinstance(source, dict):
        return None
    return next((source[key] for key in ("url", "path", "format") if isinstance(source.get(key), str)), None)


def _rows(fields: Mapping[str, Any], languages: Sequence[str]) -> Iterator[Row]:
    """Yield every value of every field, the one that heads the project first."""
    # When each of them changed it stands beside its name already.
    middle = sorted(fields.keys() - {*_FIRST, *_LAST, "modified"})
    for field in (*_FIRST, *middle, *_LAST):
        found = fields.get(field)
        if found is None:
            continue
        if "items" in found:
            together: dict[tuple[str, ...], list[str]] = {}
            for item in found["items"]:
                together.setdefault(tuple(item["stated_by"]), []).append(
                    _cut(_text(item["value"], languages))
                )
            yield from ((field, ", ".join(items), by) for by, items in together.items())
        else:
            yield from _values(field, found, languages)


def _values(field: str, stated: Mapping[str, Any], languages: Sequence[str]) -> Iterator[Row]:
    for each in (stated, *stated["also"]):
        if each["value"] is None:
            continue
        yield field, _cut(_text(each["value"], languages)), each["stated_by"]


def _text(value: object, languages: Sequence[str]) -> str:
    """Return a value in a line: of a text in several languages the reader's, of a map its values."""
    if isinstance(value, dict):
        if all(is_tag(key) and key not in _NO_LANGUAGES for key in value):
            text, _ = best_text({tag: _text(each, languages) for tag, each in value.items()}, languages) or (
                "",
                "",
            )
            return text
        return " ".join(part for each in value.values() if (part := _text(each, languages)))
    if isinstance(value, list):
        return ", ".join(_text(each, languages) for each in value)
    return " ".join(str(value).split())


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1].rstrip() + "…"


def _who(by: Sequence[str], places: Mapping[str, str]) -> str:
    return ", ".join(sorted((places[address] for address in by if address in places), key=int))


def _once(rows: Iterator[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield the rows with a field's name at its first one only."""
    before = ""
    for field, *cells in rows:
        yield "" if field == before else field, *cells
        before = field


def _evidence(view: Mapping[str, Any]) -> list[str]:
    return [f"  {each['identifier']}: {each['why']}" for each in view["evidence"]]


def _maintainers(view: Mapping[str, Any]) -> list[str]:
    lines = []
    for each in view["maintainers"]:
        who = " ".join(part for part in (each["name"], each["ref"]) if part)
        if each["role"] is None:
            lines.append(f"  {who}: says so, and nobody names them")
        else:
            said = "confirmed" if each["confirmed_by"] else f"named by {len(each['named_by'])}, not confirmed"
            lines.append(f"  {who}, {each['role']}: {said}")
    return lines


def _relatives(found: Sequence[Mapping[str, Any]]) -> list[str]:
    return _some(
        [
            f"  {each['name']} ({each['project'] or each['ref'] or 'not here'})"
            + ("" if each.get("confirmed", True) else ", not confirmed")
            for each in found
        ]
    )


def _decisions(view: Mapping[str, Any]) -> list[str]:
    done = {"join": "joined here by the operator", "split": "taken out here by the operator"}
    return [
        f"  {' '.join(each['entries'])}: {done[each['action']]}: {each['reason']}"
        for each in view["decisions"]
    ]


def _links(view: Mapping[str, Any]) -> list[str]:
    return _some(
        [
            f"  {each['subject']} {each['relation']} {each['target']}, says {each['origin']}"
            + (f": {each['reason']}" if each["reason"] else "")
            + ("" if each["acts"] else " (without effect here)")
            for each in view["links"]
        ]
    )


def _related(view: Mapping[str, Any]) -> list[str]:
    related = view["related"]
    return _some(
        [f"  {each['name']} ({each['project']}), {each['relation']}: {each['why']}" for each in related]
    )


def _some(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _RELATED
    return [*lines] if more <= 0 else [*lines[:_RELATED], f"  and {more} more, with --json"]
