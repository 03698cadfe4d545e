"""``fedcat key show``, ``backup`` and ``check``: which keys there are, and where."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from node.disputes import choose as choose_set
from node.disputes import disputes_of
from node.errors import InvalidInputError, NotFoundError, counted
from node.home import Home
from node.own.founding import on_paper
from node.own.keybackup import note_backup
from node.own.keyfiles import key_file, load_all, refuse_open
from node.own.rootkeys import MAX_FILE, private_keys
from node.store.logs import LogRow
from node.successors import choose_successor, successors_of
from protocol.keys import SigningKey, VerifierKey
from protocol.keyset import KeySet, grouped

from .exits import ExitCode
from .fingerprints import fingerprint_of
from .homes import opened, person
from .output import answer, hint, table, warn
from .recovery import private_file
from .settings import Settings, command

_BACKUP = """\
fedcat key backup
=================

Node         {address}
Made         {made} UTC

Whoever has this file signs as this node. Store it offline. `fedcat
recover` rebuilds the node with it from those who carry its logs.
The root keys are not here: they are on the recovery sheets.

{logs}
{keys}"""


@command("show")
@click.argument("origin", required=False)
def show(settings: Settings, *, origin: str | None) -> int:
    """Show key sets: who signs what, and where the private keys are.

    Of all own logs, or of the log named.
    """
    with opened(settings) as home:
        rows = [row for row in home.logs.all() if row.origin == origin or (origin is None and row.own)]
        if origin is not None and not rows:
            raise NotFoundError(f"log {origin}", hint="`fedcat log list` shows the logs of this node")
        found = [_log(home, row) for row in rows]
    answer(settings, found, "\n\n".join("\n".join(_lines(each)) for each in found))
    return ExitCode.OK


@command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(settings: Settings, *, file: Path) -> int:
    """Write all private keys to one file, to be stored offline.

    The file is read back before this ends with success. That it was made is kept in the audit trail.
    """
    with opened(settings) as home:
        if file.resolve().is_relative_to(home.path.resolve()):
            raise click.UsageError(f"{file} is within the node's home and would be lost with it.")
        keys = load_all(home.keys_dir)
        text = _BACKUP.format(
            address=home.config.address,
            made=time.strftime("%Y-%m-%d %H:%M", time.gmtime(home.now())),
            logs="\n".join(
                f"Log          {row.origin}\n\n    {on_paper(row.fingerprint)}\n"
                for row in home.logs.all()
                if row.own
            ),
            keys="\n".join(f"{path.name}\n    {key}\n" for path, key in keys.items()),
        )
        with private_file(file, "a key backup") as write:
            write(text)
        if private_keys(file.read_text(encoding="utf-8")) != tuple(keys.values()):
            raise InvalidInputError(f"{file} does not read back as it was written", hint="use another disk")
        note_backup(home, keys.values(), person())
    document = {"file": str(file), "keys": [key.name for key in keys.values()]}
    answer(settings, document, f"{file} holds {counted(len(keys), 'key')}; it was read back.")
    hint(settings, "Whoever has the file signs as this node: store it offline. `fedcat key check` reads it.")
    return ExitCode.OK


@command("check")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def check(settings: Settings, *, file: Path) -> int:
    """Check that a recovery sheet or key backup can be read.

    Says what each key in it is good for. Ends with 5 when one of its keys is of no use to this node.
    """
    refuse_open(file)
    with file.open("rb") as stream:
        keys = private_keys(stream.read(MAX_FILE).decode("utf-8", errors="replace"))
    if not keys:
        raise InvalidInputError(f"{file} holds no private key")
    with opened(settings) as home:
        rows = home.logs.all()
        mirror = home.config.mirror_name
        found = [(key, _use(key, rows, mirror)) for key in keys]
    document = [{"name": key.name, "id": key.vkey.key_id.hex(), "use": use} for key, use in found]
    answer(settings, document, table(("KEY", "ID", "USE"), [tuple(each.values()) for each in document]))
    if any(use is None for _, use in found):
        warn("A key without a use here is of another node, or of a key set that this node never saw.")
        return ExitCode.CONFIG
    return ExitCode.OK


@command("choose")
@click.argument("origin")
@click.argument("fingerprint", callback=fingerprint_of)
@click.option("--reason", metavar="TEXT", required=True, help="What was found out, for those who come later.")
def choose(settings: Settings, *, origin: str, fingerprint: str, reason: str) -> int:
    """Say which of two valid key sets, or successors, is the publisher's.

    After asking people who know. A log with a root conflict stands still until then. FINGERPRINT is
    that of the right key set or successor, as `fedcat key show ORIGIN` lists both. It goes on from
    the size that was verified.
    """
    with opened(settings) as home:
        row = home.logs.get(origin)
        proven = () if row is None else successors_of(home.database.connection, row.id)
        document: dict[str, object] = {"origin": origin, "fingerprint": fingerprint, "reason": reason}
        if any(fingerprint == each for _, each in proven):
            successor = choose_successor(home, origin, fingerprint, reason, person())
            document |= {"successor": successor}
            text = f"{origin} is continued by {successor} here from now on."
        else:
            keys = choose_set(home, origin, fingerprint, reason, person())
            document |= {"version": keys.version}
            text = f"Key set {keys.version} of {origin} is {grouped(fingerprint)} here from now on."
    answer(settings, document, text)
    hint(settings, "Kept with time, person and reason.")
    return ExitCode.OK


def _use(key: SigningKey, rows: tuple[LogRow, ...], mirror: str) -> str | None:
    """Return what a private key is good for on this node, the newest use first."""
    if key.name == mirror:
        return "signs as mirror"
    for row in rows:
        for keys in reversed(row.chain.sets):
            state = "newest key set" if keys is row.chain.newest else "past key set"
            where = f"{state} {keys.version} of {row.origin}"
            if key.vkey in keys.roots:
                return f"root, 1 of {keys.threshold} needed: {where}"
            if key.vkey in (keys.log, keys.beat):
                return f"{'log' if key.vkey == keys.log else 'heartbeat'} key: {where}"
    return None


def _log(home: Home, row: LogRow) -> dict[str, Any]:
    sets = row.chain.sets
    ends = [*(keys.after for keys in sets[1:]), None]
    return {
        "origin": row.origin,
        "own": row.own,
        "size": row.size,
        "fingerprint": row.fingerprint,
        "key_sets": [_set(home, row, keys, end) for keys, end in zip(sets, ends, strict=True)],
        "successors": [
            {"origin": origin, "fingerprint": fingerprint}
            for origin, fingerprint in successors_of(home.database.connection, row.id)
        ],
        "conflicts": [asdict(each) for each in disputes_of(home.database.connection, row.id)],
    }


def _set(home: Home, row: LogRow, keys: KeySet, end: int | None) -> dict[str, Any]:
    if keys.after >= max(row.size, 1):
        state = "planned"
    else:
        state = "in force" if end is None or row.size <= end else "past"
    return {
        "version": keys.version,
        "state": state,
        "first_size": keys.after + 1,
        "last_size": end,
        "fingerprint": keys.fingerprint,
        "threshold": keys.threshold,
        "roots": [str(root) for root in keys.roots],
        "log": _key(home, keys.log),
        "beat": _key(home, keys.beat),
        "urls": list(keys.urls),
        "predecessor": None if keys.predecessor is None else keys.predecessor.origin,
    }


def _key(home: Home, key: VerifierKey) -> dict[str, str | None]:
    path = key_file(home.keys_dir, key)
    return {"vkey": str(key), "private": str(path) if path.exists() else None}


def _lines(log: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of one log: its identity, then a row for each key of each set."""
    yield f"{log['origin']}, {log['size']} leaves"
    yield f"fingerprint {grouped(log['fingerprint'])}"
    if len(log["successors"]) > 1:
        yield "ROOT CONFLICT: two proven successors"
    for each in log["successors"]:
        yield f"continued by {each['origin']}, fingerprint {grouped(each['fingerprint'])}"
    for each in log["conflicts"]:
        yield f"ROOT CONFLICT: two valid key sets {each['version']}; the second was shown by {each['source']}"
        yield from (f"  {grouped(fingerprint)}" for fingerprint in each["fingerprints"])
    rows = []
    for keys in log["key_sets"]:
        last = keys["last_size"]
        sizes = f"{keys['first_size']} to {last}" if last is not None else f"from {keys['first_size']}"
        about = (keys["version"], keys["state"])
        rows += [
            (*about, signs, keys[role]["vkey"].split("+")[1], keys[role]["private"] or "not here")
            for role, signs in (("log", f"sizes {sizes}"), ("beat", "heartbeats"))
        ]
        needed = f"key sets, {keys['threshold']} of {len(keys['roots'])}"
        rows += [
            (*about, needed, root.split("+")[1], f"offline: {root.split('+')[0]}") for root in keys["roots"]
        ]
    yield table(("SET", "STATE", "SIGNS", "KEY", "PRIVATE HALF"), rows)
