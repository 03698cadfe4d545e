"""Is this node in order? What ``fedcat doctor``, the first run and the desk's checklist look at: one list.

Nothing is changed. The node's own address is asked, and a few nodes that it knows for the time; what peers
hold is not, that is in ``fedcat peers``. Whether the node may sign is told as far as it can be without them::

    address                   ok       https://city.example/livez answers 200
    certificate               WARNING  good for 9 days                see why the web server in front …
    clock                     ok       the nearest clock of 3 asked is 1 s ahead
    keys/mirror.key           WRONG    mode 0644                      chmod 600 /srv/fedcat/keys/mirror.key
    key backup                WARNING  none was ever made             `fedcat key backup FILE`, …
    city.example/log/works/1  ok       size 128
    signing city.example/…    WRONG    the head lock … is missing     make sure that lock_dir …
    disk                      ok       12,288 MiB free
"""

import asyncio
import contextlib
import shutil
import socket
import ssl
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from federation.faults import FaultError
from federation.guard import refusal
from federation.response import OK, Fetch

from .answers.texts import moment
from .errors import DamagedError, NodeError, NotClearedError
from .home import Home
from .own.clearance import fault_here
from .own.keybackup import last_backup
from .own.readiness import signing_outlook
from .reaching import fetcher
from .store.files import PRIVATE_DIRECTORY, PRIVATE_FILE
from .store.logs import LogRow

LEAST_FREE: Final = 256 * 1024 * 1024
"""Bytes on the disk, below which there may be no room for the next rewrite of the database or the index."""

MOST_AHEAD: Final = 300
"""Seconds that this clock and others' may be apart; a heartbeat from further ahead is not believed."""

LEAST_DAYS: Final = 14
"""Days that a certificate should still be good for; most are renewed thirty days before they end."""

MOST_ASKED: Final = 3
"""Nodes that are asked for the time."""

_ANSWER_BYTES: Final = 65_536
_UNREACHED: Final = (
    "make sure that the name leads to this machine, that its proxy has a certificate and passes requests on"
    " to what `listen` says, and that the port is open"
)
_DAY: Final = 86_400
_HTTPS_PORT: Final = 443
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What it is.
        ok: Whether it is in order, as far as can be told.
        detail: What was seen, as a clause.
        hint: The way out when it is not in order, or when it is a warning; empty otherwise.
        warning: Whether somebody should look after it although the node works.
    """

    name: str
    ok: bool
    detail: str
    hint: str = ""
    warning: bool = False


async def checks(home: Home) -> tuple[Check, ...]:
    """Return what was looked at: address, certificate, clock, keys and their backup, database, logs, disk."""
    async with fetcher(home) as fetch:
        address, clock = await asyncio.gather(_address(home, fetch), _clock(home, fetch))
    if address.ok and not address.warning:
        tls = await certificate(home)
    else:
        detail = "cannot be told before the address answers"
        tls = _warning("certificate", detail, "see to the address first")
    return (address, tls, clock, *await asyncio.to_thread(_here, home))


async def certificate(home: Home, trust: ssl.SSLContext | None = None) -> Check:
    """Return how long the certificate at the node's own address is good for; plain http has none.

    Args:
        home: The node.
        trust: Whom to trust instead of the system's certificate authorities.
    """
    name, url = "certificate", home.config.url
    host = url.hostname or ""
    if url.scheme == "http":
        if await _is_public(host):
            detail = "plain http at a public address: anybody on the way can read and change what is answered"
            return _warning(name, detail, "put a web server with TLS in front, and let `address` say https")
        return Check(name, ok=True, detail="plain http, at an address that is not public")
    try:
        async with asyncio.timeout(home.config.limits.connect_seconds):
            ends = await _certificate_end(host, url.port or _HTTPS_PORT, trust)
    except ssl.SSLError as error:
        return Check(name, ok=False, detail=str(error), hint="let the web server in front renew it")
    except (TimeoutError, OSError) as error:
        # Where a proxy is needed to get out, nobody else's connection says so.
        detail = f"cannot be told: {str(error) or 'no connection in time'}"
        return _warning(name, detail, "look at it from elsewhere, such as with a browser")
    days = int(ends - home.now()) // _DAY
    detail = f"good for {days} days"
    if days < LEAST_DAYS:
        return _warning(name, detail, "see why the web server in front does not renew it")
    return Check(name, ok=True, detail=detail)


async def _address(home: Home, fetch: Fetch) -> Check:
    """The node must answer at its own address; where it does not run, nothing can be told of that."""
    name, url = "address", f"{home.config.address}/livez"
    host, port = home.config.listen_at
    if not await _listens(host, port):
        detail = f"cannot be told: the node does not run, nothing listens at {host}:{port}"
        return _warning(name, detail, "run `fedcat serve`, and look again")
    try:
        answered = await fetch.get(url, limit=_ANSWER_BYTES)
    except FaultError as error:
        return Check(name, ok=False, detail=f"{url}: {error.fault.detail}", hint=_UNREACHED)
    is_there = answered.status == OK
    return Check(name, is_there, f"{url} answers {answered.status}", "" if is_there else _UNREACHED)


async def _listens(host: str, port: int) -> bool:
    """Report whether somebody listens on this machine where the node would."""
    try:
        async with asyncio.timeout(1.0):
            _, writer = await asyncio.open_connection(host, port)
    except (TimeoutError, OSError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _is_public(host: str) -> bool:
    """Report whether a host has an address for which plain http is not."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(refusal(str(each[4][0]), allow_private=True, only_private=True) for each in found)


async def _certificate_end(host: str, port: int, trust: ssl.SSLContext | None) -> float:
    """Return when the certificate of a server ends, in POSIX seconds; it was found to be good today."""
    context = ssl.create_default_context() if trust is None else trust
    _, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        return ssl.cert_time_to_seconds(str(writer.get_extra_info("peercert")["notAfter"]))
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _clock(home: Home, fetch: Fetch) -> Check:
    """The clock must be right to some minutes, by others' answers and heartbeats.

    It is taken for right when one of those asked agrees: a liar alone makes no alarm.
    """
    rows = home.database.connection.execute(
        "SELECT url FROM peer WHERE seen_at IS NOT NULL ORDER BY seen_at DESC, url LIMIT ?", (MOST_ASKED,)
    ).fetchall()
    told = await asyncio.gather(*(_difference(home, fetch, url) for (url,) in rows))
    apart = [each for each in told if each is not None]
    (beat,) = home.database.connection.execute("SELECT max(beat) FROM seen_head").fetchone()
    if beat is None and not apart:
        return Check("clock", ok=True, detail="nobody has been heard with whom it could be compared")
    nearest = min(apart, key=abs, default=0)
    ahead = 0 if beat is None else max(0, beat - home.now())
    is_right = abs(nearest) <= MOST_AHEAD and ahead <= MOST_AHEAD
    detail = f"heartbeats of others are {ahead} s ahead at most"
    if apart:
        side = "behind" if nearest < 0 else "ahead"
        detail = f"the nearest clock of {len(apart)} asked is {abs(nearest)} s {side}; {detail}"
    hint = "" if is_right else "set the clock: run an NTP client such as systemd-timesyncd"
    return Check("clock", is_right, detail, hint)


async def _difference(home: Home, fetch: Fetch, url: str) -> int | None:
    """Return by how many seconds a node's clock is ahead of this one; None where it does not say."""
    try:
        answered = await fetch.get(f"{url}/livez", limit=_ANSWER_BYTES)
        return int(parsedate_to_datetime(answered.headers.get("date", "")).timestamp()) - home.now()
    except (FaultError, ValueError, OverflowError):
        return None


def _here(home: Home) -> tuple[Check, ...]:
    """Return what can be seen in the home and on its disk."""
    logs = home.logs.all()
    trees = (_tree(home, log) for log in logs)
    signing = (_signing(home, log.origin) for log in logs if log.own)
    backup = (_backup(home),) if any(log.own for log in logs) else ()
    return (*_keys(home.keys_dir), *backup, _database(home), *trees, *signing, _disk(home.path))


def _backup(home: Home) -> Check:
    """The keys of the own logs must be in the file that was made last of all keys."""
    name, command = "key backup", "`fedcat key backup FILE`, and store the file offline"
    last = last_backup(home)
    if last is None:
        return _warning(name, "none was ever made", command)
    made = f"made {moment(last.at)}"
    if last.missing:
        return _warning(name, f"{made}, without the newest keys of {', '.join(last.missing)}", command)
    return Check(name, ok=True, detail=made)


def _keys(directory: Path) -> Iterator[Check]:
    """Private keys are for the owner alone, and so is their folder."""
    if not directory.is_dir():
        yield Check("keys", ok=False, detail="is missing", hint="restore it from its backup")
        return
    files = [(path, PRIVATE_FILE) for path in sorted(directory.iterdir())]
    for path, wanted in ((directory, PRIVATE_DIRECTORY), *files):
        mode = stat.S_IMODE(path.stat().st_mode)
        ok = mode & 0o077 == 0
        hint = "" if ok else f"chmod {wanted:o} {path}"
        yield Check(str(path.relative_to(directory.parent)), ok, f"mode {mode:04o}", hint)


def _database(home: Home) -> Check:
    """SQLite's own check of its file."""
    found = str(home.database.connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    ok = found == "ok"
    return Check("fedcat.db", ok, found, "" if ok else DamagedError.hint)


def _tree(home: Home, log: LogRow) -> Check:
    """The stored right edge must give the stored root, and the last audit must have found nothing."""
    fault = fault_here(home, log)
    if fault is None:
        return Check(log.origin, ok=True, detail=f"size {log.size}")
    return Check(log.origin, ok=False, detail=fault, hint=DamagedError.hint)


def _signing(home: Home, origin: str) -> Check:
    """Database, head lock and keys must allow the next signature; what others hold is not asked."""
    name = f"signing {origin}"
    try:
        return Check(name, ok=True, detail=signing_outlook(home, origin))
    except NotClearedError as error:
        return Check(name, ok=False, detail=error.reason, hint=error.hint)
    except NodeError as error:
        return Check(name, ok=False, detail=str(error), hint=error.hint)
    except OSError as error:
        return Check(name, ok=False, detail=str(error), hint="check the path and its permissions")


def _disk(path: Path) -> Check:
    """There must be room for what is written anew as a whole."""
    free = shutil.disk_usage(path).free
    hint = "" if free >= LEAST_FREE else "make room: publishing and syncing stop when the disk is full"
    return Check("disk", free >= LEAST_FREE, f"{free // _MIB:,} MiB free", hint)


def _warning(name: str, detail: str, hint: str) -> Check:
    return Check(name, ok=True, detail=detail, hint=hint, warning=True)
