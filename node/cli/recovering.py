"""``fedcat recover``: a lost node comes back from its keys and from those who carry its logs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from node.answers.catalogue import CatalogueProjection
from node.config import Config, check
from node.configfile import FILE_NAME, load, render
from node.errors import ConfigError, InvalidInputError
from node.home import Home, refuse_lost_database
from node.observe import set_up
from node.own.clearance import Clearance, clear
from node.own.keyfiles import (
    key_file,
    load_all,
    make_directory,
    new_key,
    refuse_open,
    save_key,
    save_mirror_key,
)
from node.own.rootkeys import MAX_FILE, private_keys
from node.reaching import fetcher
from node.recovering import Found, TakenBack, find, take_back
from node.store.files import PRIVATE_DIRECTORY, make_directories, write_whole
from protocol.errors import MalformedError
from protocol.keys import KeyType, SigningKey
from protocol.keyset import grouped
from protocol.origin import Origin

from .exits import ExitCode
from .fingerprints import fingerprint_option
from .homes import person
from .options import yes_option
from .output import answer, hint, table, warn
from .settings import Settings, command

_ADDRESS = re.compile(r"^Node +(https?://\S+)$", re.MULTILINE)
# A log's name and then its fingerprint, eight groups of four in each of two lines: so sheets and backups.
_LOG = re.compile(r"^Log +(\S+)$", re.MULTILINE)
_FINGERPRINT = re.compile(r"^ *((?:[0-9a-f]{4} ?){8})\n *((?:[0-9a-f]{4} ?){8})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Papers:
    """What a key backup or a recovery sheet says.

    Attributes:
        keys: The private keys on it.
        fingerprints: Log → its identity.
        address: The node's address, when it names one.
    """

    keys: tuple[SigningKey, ...]
    fingerprints: Mapping[str, str]
    address: str | None


@command("recover")
@click.option(
    "--from",
    "urls",
    multiple=True,
    required=True,
    metavar="URL",
    help="A node that carries the logs; several are better.",
)
@click.option(
    "--keys",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of `fedcat key backup`; not needed where keys/ is back in its place.",
)
@click.option(
    "--sheet",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The recovery sheet, where only it is left; the keys must be rotated then.",
)
@click.option("--origin", metavar="ORIGIN", help="Only this log; all whose keys are here without it.")
@click.option("--address", metavar="URL", help="The node's public address, where config.toml is lost.")
@click.option("--allow-private", is_flag=True, help="For a lost config.toml: talk to private addresses.")
@fingerprint_option
@yes_option
def recover(
    settings: Settings,
    *,
    urls: tuple[str, ...],
    keys: Path | None,
    sheet: Path | None,
    origin: str | None,
    address: str | None,
    allow_private: bool,
    fingerprint: str | None,
    yes: bool,
) -> int:
    """Rebuild a lost node from its keys and from nodes that carry its logs.

    Fetches the whole logs, verifies them, and stands at the largest head that was ever shown. Then the
    node may sign under the usual rules: somebody else who carries the log must answer, and show no more.
    """
    papers = [_read(path) for path in (keys, sheet) if path is not None]
    set_up(level="debug" if settings.verbose else "error")
    path = settings.home_path()
    _make_home(path, papers, address, allow_private=allow_private)
    home = Home.open(path, projection=CatalogueProjection())
    try:
        origins = [origin] if origin is not None else _origins(home, papers)
        if len(origins) > 1 and fingerprint is not None:
            raise click.UsageError("There are several logs: name one with --origin for a fingerprint.")
        known = {log: each for paper in papers for log, each in paper.fingerprints.items()}
        done = [
            _recovered(settings, home, each, urls, fingerprint or known.get(each), yes=yes)
            for each in origins
        ]
    finally:
        home.close()
    rows = [
        (taken.origin, taken.size, "yes" if clearance.may_sign else clearance.reason)
        for taken, clearance in done
    ]
    document = [
        {
            "origin": taken.origin,
            "size": taken.size,
            "root": taken.root.hex(),
            "may_sign": clearance.may_sign,
            "reason": clearance.reason,
        }
        for taken, clearance in done
    ]
    answer(settings, document, table(("LOG", "SIZE", "MAY SIGN"), rows))
    hint(settings, "Followed logs and settings are gone: `fedcat follow` and config.toml bring them back.")
    return ExitCode.OK if all(clearance.may_sign for _, clearance in done) else ExitCode.LOCKED


def _recovered(
    settings: Settings, home: Home, origin: str, urls: Sequence[str], fingerprint: str | None, *, yes: bool
) -> tuple[TakenBack, Clearance]:
    found = asyncio.run(_found(home, origin, urls, fingerprint))
    item = found.introduction
    if fingerprint is None and not yes:
        warn(f"{origin}, {item.size} leaves, fingerprint\n  {grouped(item.chain.fingerprint)}")
        if not settings.interactive:
            raise click.UsageError("Compare the fingerprint and give it with --fingerprint; --yes trusts it.")
        click.confirm("Is this your log's fingerprint?", err=True, abort=True)
    taken, clearance = asyncio.run(_taken(home, found))
    row = home.logs.get(origin)
    if row is not None:
        newest = row.chain.key_for(row.size + 1)
        if not all(key_file(home.keys_dir, key).exists() for key in (newest.log, newest.beat)):
            warn(f"The keys of {origin} are not here: `fedcat key rotate --root SHEET` makes new ones.")
    return taken, clearance


async def _found(home: Home, origin: str, urls: Sequence[str], fingerprint: str | None) -> Found:
    async with fetcher(home) as fetch:
        return await find(home, fetch, origin, urls, fingerprint)


async def _taken(home: Home, found: Found) -> tuple[TakenBack, Clearance]:
    async with fetcher(home) as fetch:
        taken = await take_back(home, fetch, found, person())
        return taken, await clear(home, taken.origin, fetch)


def _make_home(path: Path, papers: Sequence[_Papers], address: str | None, *, allow_private: bool) -> None:
    """Make what is missing of a home: configuration, keys, and a mirror key for one without a memory.

    Raises:
        ConfigError: The address is unknown, or no head lock can be kept.
        DamagedError: Logs are there without their database.
    """
    # Before the mirror key is replaced, which is good again once the database is back.
    refuse_lost_database(path)
    file = path / FILE_NAME
    if not file.exists():
        address = address or next((each.address for each in papers if each.address), None)
        if address is None:
            raise ConfigError(
                "--address", "", "is needed where config.toml is lost", "such as https://city.example"
            )
        url = address.rstrip("/")
        config = Config(url, url.partition("://")[2], allow_private)
        check(config, str(file))
        make_directories(path, mode=PRIVATE_DIRECTORY)
        write_whole(file, render(config).encode())
    config = load(file, {})
    keys_dir = path / "keys"
    make_directory(keys_dir)
    is_new = not (path / "fedcat.db").exists()
    for key in (key for each in papers for key in each.keys):
        if "/root/" not in key.name and key.name != config.mirror_name:
            save_key(keys_dir, key)
    if is_new:
        # What this node cosigned is forgotten: the old key might vouch for less than before.
        save_mirror_key(keys_dir, new_key(config.mirror_name, KeyType.COSIGNATURE_ED25519))


def _origins(home: Home, papers: Sequence[_Papers]) -> list[str]:
    """Return the logs whose private keys are here.

    Raises:
        InvalidInputError: There are none.
    """
    names = {key.name for key in load_all(home.keys_dir).values()}
    names |= {key.name.partition("/root/")[0] for each in papers for key in each.keys}
    found = sorted(name for name in names if _is_origin(name))
    if not found:
        raise InvalidInputError(
            "there is no key of a log here", hint="put keys/ back, or give --keys or --sheet, or --origin"
        )
    return found


def _is_origin(name: str) -> bool:
    try:
        Origin.parse(name)
    except MalformedError:
        return False
    return True


def _read(path: Path) -> _Papers:
    """Return what a sheet or backup says.

    Raises:
        KeyFileError: Others may read it.
        InvalidInputError: A key on it is damaged, or there is none.
    """
    refuse_open(path)
    with path.open("rb") as stream:
        text = stream.read(MAX_FILE).decode("utf-8", errors="replace")
    keys = private_keys(text)
    if not keys:
        raise InvalidInputError(f"{path} holds no private key")
    fingerprints = {}
    for log in _LOG.finditer(text):
        # The next name's fingerprint is not this one's.
        end = next((later.start() for later in _LOG.finditer(text, log.end())), len(text))
        if found := _FINGERPRINT.search(text, log.end(), end):
            fingerprints[log[1]] = "".join(found.groups()).replace(" ", "")
    address = _ADDRESS.search(text)
    return _Papers(keys, fingerprints, None if address is None else address[1])
