"""``fedcat key rotate``, ``sign`` and ``root``: changing keys, with roots here or offline."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from node.errors import InvalidInputError, NotClearedError
from node.home import Home
from node.own.clearance import clear, own_row
from node.own.keyfiles import refuse_open
from node.own.rootkeys import MAX_FILE, Prepared, new_root, root_keys, root_sheet
from node.own.rotation import Change, Plan, plan, put_in_force
from node.own.sequencer import Receipt, publish_waiting
from node.reaching import fetcher
from node.store.files import PUBLIC_FILE, write_whole
from protocol.errors import MalformedError
from protocol.keys import SigningKey, VerifierKey
from protocol.keyset import KeyChain, KeySet, grouped
from protocol.keytext import MAX_ROOTS
from protocol.origin import Origin

from .exits import ExitCode
from .homes import opened, own_origin, person
from .options import origin_option, yes_option
from .output import answer, confirmed, fields, hint, warn
from .publishing import true_reason
from .recovery import private_file
from .settings import Settings, command

#: A prepared key set, or a sheet: a file, or ``-`` for stdin and stdout.
KEY_SET_FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


def roots_option(help_: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Return the option that names files with root keys, several times."""
    return click.option("--root", "roots", type=KEY_SET_FILE, multiple=True, metavar="SHEET", help=help_)


def prepare_option(help_: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Return the option that names the file to which a key set goes unsigned."""
    return click.option("--prepare", "prepared", type=KEY_SET_FILE, metavar="FILE", help=help_)


def apply_option(help_: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Return the option that names files with signed copies of a key set."""
    return click.option("--apply", "applied", type=KEY_SET_FILE, multiple=True, metavar="FILE", help=help_)


def add_root_option(help_: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Return the option that gives public halves of roots."""
    return click.option("--add-root", "added", multiple=True, callback=_vkeys_of, metavar="VKEY", help=help_)


def _vkeys_of(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[VerifierKey, ...]:
    """Return the public halves that were typed.

    Raises:
        click.BadParameter: One is none.
    """
    try:
        return tuple(VerifierKey.parse(value) for value in values)
    except MalformedError as error:
        raise click.BadParameter(f"{error}.", context, parameter) from None


#: How many roots of a log that begins must sign.
threshold_option = click.option(
    "--threshold",
    type=click.IntRange(1, MAX_ROOTS),
    default=1,
    show_default=True,
    help="Roots that must sign.",
)


@command("rotate")
@origin_option
@roots_option("A recovery sheet or root key that signs, `-` for stdin; once for each.")
@click.option("--after", type=click.IntRange(min=1), help="Begin after so many leaves; now without it.")
@add_root_option("Public half of a new root.")
@click.option("--drop-root", "dropped", multiple=True, metavar="NAME", help="A root that goes.")
@click.option("--threshold", type=click.IntRange(1, MAX_ROOTS), help="How many roots must sign from then on.")
@prepare_option("Write it there instead, for its roots to sign.")
@apply_option("Put a signed one in force.")
@yes_option
def rotate(
    settings: Settings,
    *,
    log: str | None,
    roots: tuple[Path, ...],
    after: int | None,
    added: tuple[VerifierKey, ...],
    dropped: tuple[str, ...],
    threshold: int | None,
    prepared: Path | None,
    applied: tuple[Path, ...],
    yes: bool,
) -> int:
    """Replace the keys of an own log, or its roots.

    Now, or after a number of leaves. With roots at hand, in one step. Else --prepare a file, have
    each root sign it with `fedcat key sign`, and --apply it. Copies that were signed side by side
    are applied together.
    """
    change = Change(after, added, dropped, threshold)
    if applied and (prepared is not None or change != Change()):
        raise click.UsageError("--apply takes the key set as it is: give no change with it.")
    keys = read_roots(roots)
    with opened(settings) as home:
        origin = own_origin(home, log)
        wanted, planned = _wanted(home, origin, change, applied)
        wanted = wanted.signed(keys)
        if planned is not None and prepared is not None:
            planned.keep_secrets(home)
            write_prepared(prepared, wanted)
            return prepared_answer(settings, wanted, prepared, own_row(home, origin).chain)
        missing = wanted.lacking(own_row(home, origin).chain.newest, wanted.keys)
        if missing is not None:
            raise InvalidInputError(missing, hint="give them with --root, or --prepare a file for them")
        question = f"Put key set {wanted.keys.version} of {origin} in force? This is final."
        if not confirmed(settings, question, yes=yes):
            raise click.Abort
        if planned is not None:
            planned.keep_secrets(home)
        receipt = asyncio.run(_in_force(home, origin, wanted))
        row = own_row(home, origin)
    return rotated_answer(settings, wanted.keys, receipt, row.size)


@command("sign")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@roots_option("The recovery sheet or root key that signs, `-` for stdin.")
@yes_option
def sign(settings: Settings, *, file: Path, roots: tuple[Path, ...], yes: bool) -> int:
    """Sign a prepared key set with a root key, offline.

    Needs no node and no network. The line of the signature is added to the file. Read the text
    before you agree: it says who speaks for the log from then on.
    """
    if not roots:
        raise click.UsageError("Missing option '--root'.")
    keys = read_roots(roots)
    prepared = read_prepared((file,))
    click.echo(prepared.note.text, err=True)
    if not confirmed(settings, "Sign this?", yes=yes):
        raise click.Abort
    signed = prepared.signed(keys)
    write_prepared(file, signed)
    names = [key.name for key in keys]
    document = {"origin": signed.keys.origin, "version": signed.keys.version, "signed_by": names}
    answer(settings, document, f"Signed by {', '.join(names)}.")
    missing = signed.lacking(signed.keys)
    hint(settings, "It needs more signatures: " + missing if missing else "Take the file back to the node.")
    return ExitCode.OK


@command("new")
@click.argument("origin")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--number", type=click.IntRange(min=1), default=2, show_default=True, help="Its number, for its name."
)
def root_new(settings: Settings, *, origin: str, file: Path, number: int) -> int:
    """Make a root key of a log in a new file.

    Needs no node and no network. Do this on a machine that stays offline, and take only the public
    half to the node.
    """
    try:
        Origin.parse(origin)
    except MalformedError as error:
        raise click.BadParameter(f"{error}.", param_hint="ORIGIN") from None
    key = new_root(origin, number)
    with private_file(file, "a root key") as write:
        write(root_sheet(key, int(time.time())))
    answer(settings, {"name": key.name, "vkey": str(key.vkey), "file": str(file)}, str(key.vkey))
    hint(settings, "Next, on the node: `fedcat key rotate --add-root` with this public half.")
    return ExitCode.OK


def read_roots(files: Sequence[Path]) -> tuple[SigningKey, ...]:
    """Return the root keys of several sheets, each once.

    Raises:
        KeyFileError: A file is open to others.
        InvalidInputError: One holds no root key.
    """
    found: dict[str, SigningKey] = {}
    for file in files:
        if str(file) != "-":
            refuse_open(file)
        text = _read(file).decode("utf-8", errors="replace")
        try:
            found |= {key.name: key for key in root_keys(text)}
        except InvalidInputError as error:
            raise InvalidInputError(f"{file}: {error.message}", hint=error.hint) from None
    return tuple(found.values())


def read_prepared(files: Sequence[Path]) -> Prepared:
    """Return a prepared key set with the signatures of all its copies.

    Raises:
        MalformedError: A file holds no key set.
        InvalidInputError: They hold different ones.
    """
    first, *others = (Prepared.parse(_read(file)) for file in files)
    for other in others:
        first = first.joined(other)
    return first


def write_prepared(file: Path, prepared: Prepared) -> None:
    """Write a prepared key set; it holds no secret."""
    if str(file) == "-":
        click.echo(prepared.render().decode(), nl=False)
    else:
        write_whole(file, prepared.render(), mode=PUBLIC_FILE)


async def cleared_or_refused(home: Home, origin: str) -> None:
    """Compare what is known of an own log, as before every signature.

    Raises:
        NotClearedError: This node may not sign.
    """
    async with fetcher(home) as fetch:
        clearance = await clear(home, origin, fetch)
    if not clearance.may_sign:
        raise NotClearedError(origin, clearance.reason)


def prepared_answer(settings: Settings, prepared: Prepared, file: Path, chain: KeyChain) -> int:
    """Say where a prepared key set is, and who has to sign it; return the exit code."""
    keys = prepared.keys
    if str(file) != "-":
        document = {**_document(keys), "file": str(file)}
        answer(settings, document, f"Key set {keys.version} of {keys.origin} is in {file}.")
    missing = prepared.lacking(chain.newest, keys)
    if missing is not None:
        hint(settings, f"Next: `fedcat key sign` where the roots are. {missing}.")
    hint(settings, f"It begins after {keys.after} leaves: publish no more than that before it is applied.")
    return ExitCode.OK


def rotated_answer(settings: Settings, keys: KeySet, receipt: Receipt, size: int) -> int:
    """Say since when a key set is in force; return the exit code."""
    shown = {"log": keys.origin, "key set": keys.version, "fingerprint": grouped(keys.fingerprint)}
    if size > keys.after:
        shown["in force"] = f"since leaf {keys.after}"
    else:
        shown["in force"] = f"after {keys.after} leaves; the log has {size}"
    answer(settings, {**_document(keys), "size": size, "in_force": size > keys.after}, fields(shown))
    if receipt.why_not is not None:
        warn(f"Not signed yet: {receipt.why_not}")
        return ExitCode.LOCKED
    hint(settings, "Followers learn of it with their next question. Make a new `fedcat key backup` now.")
    return ExitCode.OK


async def _in_force(home: Home, origin: str, prepared: Prepared) -> Receipt:
    async with fetcher(home) as fetch:
        clearance = await clear(home, origin, fetch)
    try:
        put_in_force(home, origin, prepared, person())
    except NotClearedError as error:
        raise NotClearedError(origin, true_reason(clearance, error.reason) or error.reason) from None
    return await publish_waiting(home, origin)


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read(MAX_FILE)
    with file.open("rb") as stream:
        return stream.read(MAX_FILE)


def _wanted(home: Home, origin: str, change: Change, applied: Sequence[Path]) -> tuple[Prepared, Plan | None]:
    """Return the key set to put in force: from files, or planned now."""
    if applied:
        wanted = read_prepared(applied)
        if wanted.keys.origin != origin:
            raise InvalidInputError(f"the file is of {wanted.keys.origin}, not of {origin}")
        return wanted, None
    # Whoever lags behind the world would let it begin in the past.
    asyncio.run(cleared_or_refused(home, origin))
    planned = plan(home, origin, change)
    return planned.prepared, planned


def _document(keys: KeySet) -> dict[str, object]:
    return {
        "origin": keys.origin,
        "version": keys.version,
        "after": keys.after,
        "fingerprint": keys.fingerprint,
        "threshold": keys.threshold,
        "roots": [str(root) for root in keys.roots],
    }
