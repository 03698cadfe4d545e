"""``fedcat draft …``: what people work on before it is signed, as an account of this node."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import zip_longest
from pathlib import Path

import click

from node.answers.provenance import readable
from node.desk.accounts import Account, account
from node.desk.bulk import MOST_BYTES, keep_rows, read_table
from node.desk.differing import NOTHING, Difference
from node.desk.kept import Manuscript, manuscript, manuscripts, own_manuscript, visible
from node.desk.looking import Look, look
from node.desk.manuscripts import begin, begin_erase, begin_withdrawal, discard, save
from node.desk.prefilling import Prefilled, prefill
from node.desk.sending import acknowledge, approve, hand_in_together, refuse, send_together
from node.errors import counted
from node.home import Home
from node.own.sequencer import Receipt
from node.reaching import fetcher
from protocol.leaf import EraseReason, Op

from .documents import answered, own_statement, problem_documents, read_document
from .entry import WITHDRAW_REASONS
from .exits import ExitCode, problem_document, problem_line
from .forgetting import forget_now
from .homes import opened, own_origin, person
from .likeness import shares
from .options import erase_reason_option, language_option, origin_option
from .output import answer, hint, moment, table
from .publishing import after_clearance
from .settings import Settings, command

_as_option = click.option(
    "--as", "name", required=True, metavar="ACCOUNT", help="The account that the command acts for."
)
_number = click.argument("number", type=click.IntRange(min=1))
_numbers = click.argument("numbers", metavar="NUMBER...", type=click.IntRange(min=1), nargs=-1, required=True)
_revision_option = click.option(
    "--revision", type=int, help="The revision that was looked at; refused when there is a newer one."
)
_DONE = {Op.PUT: "Published", Op.WITHDRAW: "Withdrawn", Op.ERASE: "Erased"}
_WORDS = {Op.PUT: "put", Op.WITHDRAW: "withdraw", Op.ERASE: "erase"}


@command("save")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@_as_option
@click.option("--number", type=click.IntRange(min=1), help="The draft to change; a new one without.")
@click.option("--entry", "ref", metavar="ENTRY", help="The statement that it is a new version of.")
@click.option("--expected", type=int, metavar="INDEX", help="The version that it comes after now.")
@origin_option
def save_(
    settings: Settings,
    *,
    file: Path,
    name: str,
    number: int | None,
    ref: str | None,
    expected: int | None,
    log: str | None,
) -> int:
    """Keep a statement, however incomplete, as a draft of an account.

    FILE is YAML or JSON in the entry model; - reads stdin.
    """
    document = read_document(file)
    with opened(settings) as home:
        actor = _acting(home, name)
        if number is not None:
            revision = own_manuscript(home, actor, number).revision
            found = save(home, actor, number, revision, document, expected=expected)
        else:
            origin, id_ = (own_origin(home, log), None) if ref is None else own_statement(home, ref)
            found = begin(home, actor, origin, document, id_=id_)
    return _told(settings, found, "Saved")


@command("fetch")
@click.argument("url")
@_as_option
@origin_option
def fetch_(settings: Settings, *, url: str, name: str, log: str | None) -> int:
    """Begin a draft with what describes a repository, or with a file at a URL.

    Looked for are publiccode.yml, code.json and codemeta.json at the root of the repository.
    """
    with opened(settings) as home:
        actor, origin = _acting(home, name), own_origin(home, log)
        prefilled = asyncio.run(_prefilled(home, url))
        found = begin(home, actor, origin, prefilled.payload)
    remarks = [asdict(each) for each in prefilled.remarks]
    answer(
        settings,
        {**_document(found), "place": prefilled.place, "remarks": remarks, "tried": dict(prefilled.tried)},
        "\n".join(
            (
                f"Saved: draft {found.number}, from {prefilled.place}",
                *(f"  {each.pointer}: {each.message}" for each in prefilled.remarks),
            )
        ),
    )
    return ExitCode.OK


@command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Only read the table, and say what is missing in it.")
@_as_option
@origin_option
def import_(settings: Settings, *, file: Path, dry_run: bool, name: str, log: str | None) -> int:
    """Make a draft of each line of a table.

    FILE is CSV in UTF-8; its first line names the fields, such as kind,name.en,summary.en,topics. Several
    values of a field stand with semicolons between them.
    """
    with opened(settings) as home:
        actor, origin = _acting(home, name), own_origin(home, log)
        with file.open("rb") as stream:
            rows = read_table(home, stream.read(MOST_BYTES + 1))
        kept = () if dry_run else keep_rows(home, actor, origin, rows)
    shown = [
        {"line": row.line, "number": each and each.number, "problems": problem_documents(row.problems)}
        for row, each in zip_longest(rows, kept)
    ]
    lines = [f"Line {row.line}:{problem_line(problem)[1:]}" for row in rows for problem in row.problems]
    done = (
        f"{counted(len(rows), 'entry', 'entries')} read"
        if dry_run
        else f"{counted(len(rows), 'draft')} saved"
    )
    answer(settings, {"rows": shown}, "\n".join((*lines, done)))
    return ExitCode.OK


@command("withdraw")
@click.argument("entry")
@_as_option
@click.option("--reason", type=click.Choice(WITHDRAW_REASONS), default="withdrawn", show_default=True)
@click.option("--successor", default="", metavar="ADDRESS", help="What takes its place: an address or a URL.")
def withdraw(settings: Settings, *, entry: str, name: str, reason: str, successor: str) -> int:
    """Begin the withdrawal of a statement.

    `fedcat draft show` says what comes of it.
    """
    with opened(settings) as home:
        origin, id_ = own_statement(home, entry)
        found = begin_withdrawal(home, _acting(home, name), origin, id_, reason, successor)
    return _told(settings, found, "Saved")


@command("erase")
@click.argument("entry")
@_as_option
@erase_reason_option
def erase(settings: Settings, *, entry: str, name: str, reason: str) -> int:
    """Begin the erase of a statement.

    `fedcat draft show` says what comes of it.
    """
    with opened(settings) as home:
        origin, id_ = own_statement(home, entry)
        found = begin_erase(home, _acting(home, name), origin, id_, EraseReason[reason.upper()])
    return _told(settings, found, "Saved")


@command("list")
@_as_option
def list_(settings: Settings, *, name: str) -> int:
    """List the drafts that an account may see.

    These are its own, and those of others that wait where it may approve.
    """
    with opened(settings) as home:
        found = manuscripts(home, _acting(home, name))
    rows = [(each.number, _WORDS[each.op], each.state, each.author, each.origin) for each in found]
    text = table(("draft", "what", "state", "of", "log"), rows) if rows else "No drafts."
    answer(settings, {"drafts": [_document(each) for each in found]}, text)
    return ExitCode.OK


@command("show")
@_number
@_as_option
@language_option
def show(settings: Settings, *, number: int, name: str, languages: tuple[str, ...]) -> int:
    """Show a draft: what is missing, what it changes, what is like it.

    Findings about people are shown with the keys by which they are acknowledged.
    """
    with opened(settings) as home:
        found = visible(home, _acting(home, name), number)
        seen = look(home, found, languages)
    document = {**_document(found), "statement": readable(dict(found.payload)), **_look_document(seen)}
    answer(settings, document, "\n".join(_lines(found, seen)))
    return ExitCode.OK


@command("acknowledge")
@_number
@click.argument("keys", nargs=-1, required=True)
@_as_option
def acknowledge_(settings: Settings, *, number: int, keys: tuple[str, ...], name: str) -> int:
    """Say that what seems to be about a person may stay.

    KEYS are those that `fedcat draft show` has beside the findings.
    """
    with opened(settings) as home:
        found = acknowledge(home, _acting(home, name), number, keys)
    return _told(settings, found, "Acknowledged")


@command("hand-in")
@_numbers
@_as_option
@_revision_option
def hand_in_(settings: Settings, *, numbers: tuple[int, ...], name: str, revision: int | None) -> int:
    """Give drafts to whoever may approve them, all or none.

    Any change takes one back.
    """
    with opened(settings) as home:
        actor = _acting(home, name)
        found = hand_in_together(home, actor, _with_revisions(home, actor, numbers, revision))
    if len(found) == 1:
        return _told(settings, found[0], "Handed in")
    lines = [f"Handed in: draft {each.number}, revision {each.revision}" for each in found]
    answer(settings, {"drafts": [_document(each) for each in found]}, "\n".join(lines))
    return ExitCode.OK


@command("approve")
@_number
@_as_option
@_revision_option
def approve_(settings: Settings, *, number: int, name: str, revision: int | None) -> int:
    """Say yes to somebody else's draft, and publish it.

    The account needs the role approver at the draft's log.
    """
    with opened(settings) as home:
        actor = _acting(home, name)
        found = visible(home, actor, number)
        seen = found.revision if revision is None else revision
        receipt = _receipt(home, found.origin, lambda: approve(home, actor, number, seen))
        return _published(settings, home, (found,), receipt)


@command("send")
@_numbers
@_as_option
@_revision_option
def send_(settings: Settings, *, numbers: tuple[int, ...], name: str, revision: int | None) -> int:
    """Publish drafts of one's own for one log, all or none.

    With four eyes they are handed in instead, and somebody else approves them.
    """
    with opened(settings) as home:
        actor = _acting(home, name)
        chosen = _with_revisions(home, actor, numbers, revision)
        found = tuple(own_manuscript(home, actor, number) for number in numbers)
        receipt = _receipt(home, found[0].origin, lambda: send_together(home, actor, chosen))
        return _published(settings, home, found, receipt)


@command("refuse")
@_number
@_as_option
@click.option("--reason", required=True, help="Why, for its author.")
@_revision_option
def refuse_(settings: Settings, *, number: int, name: str, reason: str, revision: int | None) -> int:
    """Say no to somebody else's draft, with a reason.

    Its author sees the reason, and may change the draft.
    """
    with opened(settings) as home:
        actor = _acting(home, name)
        revision = visible(home, actor, number).revision if revision is None else revision
        found = refuse(home, actor, number, revision, reason)
    return _told(settings, found, "Refused")


@command("discard")
@_number
@_as_option
def discard_(settings: Settings, *, number: int, name: str) -> int:
    """Throw a draft away.

    What was published stays; only the draft is gone.
    """
    with opened(settings) as home:
        discard(home, _acting(home, name), number)
    answer(settings, {"number": number}, f"Discarded: draft {number}")
    return ExitCode.OK


def _acting(home: Home, name: str) -> Account:
    return replace(account(home, name), through=person())


async def _prefilled(home: Home, url: str) -> Prefilled:
    async with fetcher(home) as fetch:
        return await prefill(home, url, fetch)


def _with_revisions(
    home: Home, actor: Account, numbers: Sequence[int], revision: int | None
) -> list[tuple[int, int]]:
    """Return drafts with the revisions that were looked at; with those that they have where none is named."""
    if revision is None:
        return [(number, own_manuscript(home, actor, number).revision) for number in numbers]
    if len(numbers) > 1:
        raise click.UsageError("--revision is that of one draft.")
    return [(numbers[0], revision)]


def _receipt(home: Home, origin: str, act: Callable[[], Awaitable[Receipt]]) -> Receipt:
    return asyncio.run(after_clearance(home, origin, act))


def _published(settings: Settings, home: Home, found: Sequence[Manuscript], receipt: Receipt) -> int:
    if any(each.op is Op.ERASE for each in found):
        forget_now(home)
    ops = {each.op for each in found}
    done = _DONE[ops.pop()] if len(ops) == 1 else "Done"
    states = [{"number": each.number, "state": manuscript(home, each.number).state} for each in found]
    beside: dict[str, object] = dict(states[0]) if len(states) == 1 else {"drafts": states}
    return answered(settings, found[0].origin, receipt, done, beside=beside)


def _told(settings: Settings, found: Manuscript, done: str) -> int:
    answer(settings, _document(found), f"{done}: draft {found.number}, revision {found.revision}")
    hint(settings, f"Next: `fedcat draft show {found.number} --as {found.author}`.")
    return ExitCode.OK


def _document(found: Manuscript) -> dict[str, object]:
    return {
        "number": found.number,
        "origin": found.origin,
        "author": found.author,
        "op": _WORDS[found.op],
        "id": found.id,
        "expected": found.expected,
        "revision": found.revision,
        "state": found.state,
        "note": found.note,
        "decided_by": found.decided_by,
        "index": found.index,
        "created_at": moment(found.created_at),
        "changed_at": moment(found.changed_at),
    }


def _look_document(seen: Look) -> dict[str, object]:
    conflict = seen.conflict
    return {
        "problems": problem_documents(seen.problems),
        "findings": [
            {"key": each.key, "acknowledged": each.is_acknowledged, **problem_document(each.problem)}
            for each in seen.findings
        ],
        "changes": [_difference(each) for each in seen.changes],
        "conflict": conflict
        and {
            "expected": conflict.expected,
            "found": conflict.found,
            "theirs": [_difference(each) for each in conflict.theirs],
        },
        "similar": list(seen.similar),
        "consequences": [
            {"what": each.what, "text": each.text, "count": each.count} for each in seen.consequences
        ],
    }


def _difference(each: Difference) -> dict[str, object]:
    sides = (("before", each.before), ("after", each.after))
    shown = {side: readable(value) for side, value in sides if value is not NOTHING}  # type: ignore[arg-type]
    return {"pointer": each.pointer, **shown}


def _lines(found: Manuscript, seen: Look) -> Iterator[str]:
    what = f"{_WORDS[found.op]} of {found.author}, {found.state}"
    yield f"Draft {found.number}, revision {found.revision}: {what}"
    if found.note:
        yield f"Refused by {found.decided_by}: {found.note}"
    if seen.conflict is not None:
        yield f"Somebody else's version at {seen.conflict.found} came first; it changed:"
        yield from (f"  {each.pointer}" for each in seen.conflict.theirs)
    for problem in seen.problems:
        yield problem_line(problem)
    for finding in seen.findings:
        yield f"{problem_line(finding.problem)} {'acknowledged' if finding.is_acknowledged else finding.key}"
    for each in seen.changes:
        yield f"  {'+' if each.before is NOTHING else '-' if each.after is NOTHING else '~'} {each.pointer}"
    for item in seen.similar:
        yield f"  Similar: {item['name']} ({item['address']}) shares {', '.join(shares(item))}."
    for consequence in seen.consequences:
        yield f"  {consequence.text}{f' ({consequence.count})' if consequence.count else ''}"
