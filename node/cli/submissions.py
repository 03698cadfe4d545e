"""``fedcat submission …``: what outsiders send in, and what is decided about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from node.answers.provenance import readable
from node.desk.accounts import account
from node.desk.submissions import Letter, Letterbox, accept, letter, letters, refuse, status
from node.privacy.lint import lint

from .documents import problem_documents, read_document
from .exits import ExitCode, problem_line
from .homes import opened, own_origin, person
from .options import origin_option
from .output import answer, fields, hint, moment, table
from .settings import Settings, command

_as_option = click.option(
    "--as", "name", required=True, metavar="ACCOUNT", help="The account that the command acts for."
)
_number = click.argument("number", type=click.IntRange(min=1))


@command("add")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@click.option("--by", "reporter", required=True, help="The organisation or group that reports it.")
@click.option("--url", required=True, help="Its web page.")
@origin_option
def add_(settings: Settings, *, file: Path, reporter: str, url: str, log: str | None) -> int:
    """Send in an entry as an outsider would.

    FILE is YAML or JSON in the entry model; - reads stdin. A kind and a name are enough.
    """
    document = read_document(file)
    with opened(settings) as home:
        code, found = Letterbox(home).put(own_origin(home, log), document, reporter, url)
    answer(settings, {"code": code, **_document(found)}, code)
    hint(settings, "By this code `fedcat submission status` says what became of it.")
    return ExitCode.OK


@command("status")
@click.argument("code")
def status_(settings: Settings, *, code: str) -> int:
    """Say what became of what was sent in.

    CODE is what its sender was given.
    """
    with opened(settings) as home:
        found, where = status(home, code)
    told = {"state": found.state, "reason": found.note or None, "published": where}
    answer(settings, told, fields(told))
    return ExitCode.OK


@command("list")
def list_(settings: Settings) -> int:
    """List what was sent in, and what was decided.

    What waits comes first.
    """
    with opened(settings) as home:
        found = letters(home)
    rows = [(each.number, each.state, each.reporter, each.origin, moment(each.sent_at)) for each in found]
    text = table(("submission", "state", "reported by", "for", "sent"), rows) if rows else "No submissions."
    answer(settings, {"submissions": [_document(each) for each in found]}, text)
    return ExitCode.OK


@command("show")
@_number
def show(settings: Settings, *, number: int) -> int:
    """Show what was sent in, and what in it seems to be about a person."""
    with opened(settings) as home:
        found = letter(home, number)
    warnings = lint(found.payload)
    document = {**_document(found), "statement": readable(dict(found.payload))}
    lines = [fields(_document(found)), *map(problem_line, warnings)]
    answer(settings, {**document, "warnings": problem_documents(warnings)}, "\n".join(lines))
    return ExitCode.OK


@command("accept")
@_number
@_as_option
def accept_(settings: Settings, *, number: int, name: str) -> int:
    """Make a draft of what was sent in, marked as reported by somebody else.

    The draft is the account's, and is published as all drafts are.
    """
    with opened(settings) as home:
        made = accept(home, replace(account(home, name), through=person()), number)
    answer(settings, {"number": number, "draft": made.number}, f"Accepted: draft {made.number}")
    hint(settings, f"Next: `fedcat draft show {made.number} --as {name}`.")
    return ExitCode.OK


@command("refuse")
@_number
@_as_option
@click.option("--reason", required=True, help="Why; its sender can read it.")
def refuse_(settings: Settings, *, number: int, name: str, reason: str) -> int:
    """Say no to what was sent in, with a reason that its sender can read."""
    with opened(settings) as home:
        found = refuse(home, replace(account(home, name), through=person()), number, reason)
    answer(settings, _document(found), f"Refused: submission {number}")
    return ExitCode.OK


def _document(found: Letter) -> dict[str, object]:
    return {
        "number": found.number,
        "origin": found.origin,
        "reporter": found.reporter,
        "url": found.url,
        "state": found.state,
        "note": found.note,
        "draft": found.manuscript,
        "sent_at": moment(found.sent_at),
    }
