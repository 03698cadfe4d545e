"""Starting a node, and starting a log: keys, key set 1, and the first two leaves.

Leaf 0 commits to key set 1, leaf 1 is the publisher's profile. Unless roots made elsewhere sign a prepared
key set 1 (``rootkeys``), the root key is made here, signs the key set, and is forgotten: it is handed out as
the recovery sheet, for paper or a vault, before the log exists for anybody, so that no kill leaves a log
without one. Whoever holds it can rotate every other key; without it the log goes on, but a stolen key can
never be replaced.
"""

import dataclasses
import re
import sqlite3
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from node.config import Config, check
from node.configfile import FILE_NAME, render
from node.errors import ConfigError, InvalidInputError
from node.home import Home, lock_directory
from node.store.files import PRIVATE_DIRECTORY, make_directories, write_whole
from node.store.projection import Projection
from protocol.errors import MalformedError
from protocol.keys import KeyType, SigningKey, VerifierKey
from protocol.keyset import KeyChain, KeySet, grouped
from protocol.leaf import Op
from protocol.origin import Origin
from protocol.packing import Value

from . import drafts
from .clearance import grant
from .drafts import Draft
from .headlock import HeadLock
from .keyfiles import load_key, load_mirror_key, make_directory, new_key, save_mirror_key
from .rootkeys import Prepared, new_root
from .rotation import Plan
from .sequencer import check_drafts, sequence

Keep = Callable[["Founded"], object]
"""Puts the recovery sheet where it will last; called before the log exists."""

_NAME_LENGTH = 40
# The language of a publisher's name is not asked for; "und" is BCP 47's word for that.
_LANGUAGE = "und"

_SHEET = """\
fedcat recovery sheet
=====================

Publisher    {name}
Log          {origin}
Made         {made} UTC

Fingerprint of the log, by which others know it:

    {fingerprint}

Root key. Whoever has this line can replace every key of the log.
It is not kept on the node. Store this sheet offline; without it
a stolen key can never be replaced.

    {root}
"""


@dataclass(frozen=True, slots=True)
class Founded:
    """A log that was just started.

    Attributes:
        origin: Its name.
        fingerprint: Its identity, 64 hex digits.
        recovery_sheet: Text with the root key, shown once and kept nowhere.
    """

    origin: str
    fingerprint: str
    recovery_sheet: str = dataclasses.field(repr=False)


def found_node(
    path: Path,
    *,
    address: str,
    name: str,
    log_name: str | None = None,
    allow_private: bool = False,
    projection: Projection,
    clock: Callable[[], float] = time.time,
    keep: Keep | None = None,
) -> Founded:
    """Make a home in a directory, with the node's mirror key and a first log.

    Args:
        path: The directory; it must be empty or missing.
        address: Where others will reach the node, ``http[s]://host[:port][/path]``.
        name: The publisher's name, for people.
        log_name: The log's name within the address; made from ``name`` when missing.
        allow_private: Whether private and loopback addresses are allowed.
        projection: What derives the catalogue's rows; see ``Home.open``.
        clock: Returns POSIX seconds.
        keep: See ``found_log``.

    Raises:
        ConfigError: There is a node already, the address or the name cannot be used, or no head lock
            can be kept.
        InvalidInputError: No origin can be made from address and log name.
    """
    config = Config(address=address.rstrip("/"), name=name, allow_private=allow_private)
    file = path / FILE_NAME
    check(config, str(file))
    origin_of(config, log_name or slug(name))
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ConfigError(
            str(path), "", "is not an empty directory", "choose another --home, or use this node"
        )
    # Before anything is there that would have to be taken away again.
    HeadLock.prepare(lock_directory(config, path))
    make_directories(path, mode=PRIVATE_DIRECTORY)
    home = Home(path, config, projection=projection, clock=clock)
    try:
        make_directory(home.keys_dir)
        save_mirror_key(home.keys_dir, new_key(config.mirror_name, KeyType.COSIGNATURE_ED25519))
        founded = found_log(home, name=name, log_name=log_name, keep=keep)
        # Last: a home without a configuration was never finished, and nothing of it was ever shown.
        write_whole(file, render(config).encode())
    finally:
        home.close()
    return founded


def found_log(home: Home, *, name: str, log_name: str | None = None, keep: Keep | None = None) -> Founded:
    """Start a log on a node.

    Args:
        home: The home.
        name: The publisher's name, for people.
        log_name: The log's name within the node's address; made from ``name`` when missing.
        keep: Gets the recovery sheet before there is a log that needs it; what it raises ends all of it.

    Raises:
        InvalidInputError: The node has that log, or had it before its database was put back, or no origin
            can be made from the name.
        KeyFileError: The directory of the keys is open to others.
    """
    _check_profile(home, name)
    origin = _free_origin(home, name, log_name)
    root = new_root(origin, 1)
    planned = _planned(home, origin, (root.vkey,), 1)
    prepared = planned.prepared.signed((root,))
    founded = Founded(origin, prepared.keys.fingerprint, sheet_of(name, prepared.keys, root, home.now()))
    planned.keep_secrets(home)
    if keep is not None:
        keep(founded)
    begin_log(home, name, prepared)
    return founded


def plan_log(
    home: Home, *, name: str, log_name: str | None = None, roots: tuple[VerifierKey, ...], threshold: int
) -> Plan:
    """Return key set 1 of a log whose roots were made elsewhere; nothing is stored.

    Args:
        home: The home.
        name: The publisher's name, for people.
        log_name: The log's name within the node's address; made from ``name`` when missing.
        roots: Their public halves.
        threshold: How many of them must sign.

    Raises:
        InvalidInputError: As ``found_log``; or the parts make no key set, as when the roots are named for
            another log.
    """
    _check_profile(home, name)
    return _planned(home, _free_origin(home, name, log_name), roots, threshold)


def begin_log(home: Home, name: str, prepared: Prepared) -> None:
    """Start a log under a signed key set 1 whose private keys are here.

    Raises:
        InvalidInputError: Signatures are missing, or the node has that log or had it.
        ProtocolError: It is no first key set, or a signature does not hold.
        KeyFileError: Its private keys are not here.
        NotClearedError: It was begun before the home was put back from a backup.
    """
    keys, profile = prepared.keys, Draft(Op.PUT, None, _profile(home, name))
    packed, origin = check_drafts((profile,)), keys.origin
    _refuse_taken(home, origin)
    missing = prepared.lacking(keys)
    if missing is not None:
        raise InvalidInputError(missing, hint="each root signs with `fedcat key sign FILE --root SHEET`")
    chain = KeyChain.start(prepared.note.render(), fingerprint=None, origin=None)
    for key in (keys.log, keys.beat):
        load_key(home.keys_dir, key)
    # Before the row: an own log without a head lock would count as one that was put back.
    HeadLock(home.lock_dir, chain.fingerprint).begin(origin)

    stored: list[int] = []

    def store_profile(connection: sqlite3.Connection, log_id: int) -> None:
        numbers, _ = drafts.store(connection, log_id, (profile,), packed, home.now())
        stored.extend(numbers)

    home.logs.add(chain, own=True, also=store_profile)
    grant(home, origin)
    why_not = sequence(home, origin)
    if why_not is not None:
        raise AssertionError(f"a new log could not be signed: {why_not}")
    with home.database.write() as connection:
        drafts.forget(connection, stored)


def slug(name: str) -> str:
    """Return a log name for a publisher's name: ``City of Zürich`` → ``city-of-zurich``; may be empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_NAME_LENGTH].strip("-")


def sheet_of(name: str, keys: KeySet, root: SigningKey, now: int) -> str:
    """Return the recovery sheet of a new log.

    Args:
        name: The publisher's name.
        keys: Key set 1.
        root: Its root.
        now: POSIX seconds.
    """
    return _SHEET.format(
        name=name,
        origin=keys.origin,
        made=time.strftime("%Y-%m-%d %H:%M", time.gmtime(now)),
        fingerprint=on_paper(keys.fingerprint),
        root=root,
    )


def on_paper(fingerprint: str) -> str:
    """Return a fingerprint in two lines that fit on paper; the second is indented as on a sheet."""
    groups = grouped(fingerprint).split()
    half = len(groups) // 2
    return "\n    ".join((" ".join(groups[:half]), " ".join(groups[half:])))


def urls_of(config: Config, origin: str) -> tuple[str, ...]:
    """Return the ``url`` lines of a log at this node's address."""
    # https under the origin's own name needs none: there everybody looks first.
    prefix = f"{config.address}{origin.removeprefix(config.url.netloc + config.url.path)}"
    return () if prefix == f"https://{origin}" else (prefix,)


def origin_of(config: Config, log_name: str, epoch: int = 1) -> Origin:
    """Return the origin of a log at this node's address.

    Raises:
        InvalidInputError: Address and name make none.
    """
    url = config.url
    try:
        origin = Origin.parse(f"{url.netloc}{url.path}/log/{log_name}/{epoch}")
    except MalformedError as error:
        raise InvalidInputError(
            f"no log can be named {log_name!r} at {config.address}: {error.reason}",
            hint="give --log a name of a-z, 0-9 and inner '-'",
        ) from None
    if origin.is_ip and not config.allow_private:
        raise InvalidInputError(
            f"{url.hostname} is an address, not a name",
            hint="use a domain name, or --allow-private for tests",
        )
    return origin


def _planned(home: Home, origin: str, roots: tuple[VerifierKey, ...], threshold: int) -> Plan:
    secrets = new_key(origin, KeyType.ED25519), new_key(origin, KeyType.COSIGNATURE_ED25519)
    log, beat = (key.vkey for key in secrets)
    ordered = tuple(sorted(roots, key=str))
    try:
        keys = KeySet(origin, 1, 0, ordered, threshold, log, beat, urls_of(home.config, origin))
    except ValueError as error:
        raise InvalidInputError(f"this makes no key set: {error}") from None
    return Plan(Prepared.of(keys), secrets)


def _free_origin(home: Home, name: str, log_name: str | None) -> str:
    origin = str(origin_of(home.config, log_name or slug(name)))
    _refuse_taken(home, origin)
    return origin


def _refuse_taken(home: Home, origin: str) -> None:
    if home.logs.get(origin) is not None:
        raise InvalidInputError(f"{origin} is here already", hint="choose another --log name")
    if home.logs.has_files(origin):
        # It was published: all its followers would refuse a second log of this name, under another key.
        raise InvalidInputError(
            f"{origin} was started here before, and the database does not know it any more",
            hint="put back a copy of fedcat.db that has it, or choose another --log name",
        )


def _check_profile(home: Home, name: str) -> None:
    check_drafts((Draft(Op.PUT, None, _profile(home, name)),))


def _profile(home: Home, name: str) -> dict[str, Value]:
    return {
        "type": "profile",
        "v": 1,
        "name": {_LANGUAGE: unicodedata.normalize("NFC", name)},
        "heartbeat": home.config.heartbeat.interval_seconds,
        "node": {"address": home.config.address, "mirror": str(load_mirror_key(home.keys_dir).vkey)},
    }
