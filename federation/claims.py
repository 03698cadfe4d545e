"""Who speaks for a domain or a repository: the file ``fedcat-publishers``.

Whoever controls a domain, or the root of a repository, lists there the publishers that may speak for
it: the fingerprint of the first key set, a space, the origin. Empty lines and lines that begin with
``#`` say nothing::

    # https://oslo.example/.well-known/fedcat-publishers
    3f2a91c05bd27ee14c6a8f90b1d2e3f405162738495a6b7c8d9eaf0b1c2d3e4f directory.oslo.example/log/oslo/1

People write it by hand, so one bad line spoils nothing but itself. Who is asked is decided before the
question: a redirect to another host is not followed (``fetch``), since it would let a forgotten
redirect of one host speak for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from protocol.errors import MalformedError
from protocol.origin import Origin, host_fault

from .faults import Fault, FaultError, FaultKind
from .limits import Limits
from .response import ABSENT, OK, Fetch

FILE: Final = "fedcat-publishers"
WELL_KNOWN: Final = f".well-known/{FILE}"

MAX_LINES: Final = 2_000
"""Lines that are read; what comes after is skipped. A domain with more publishers would be a directory."""

_LIMITS: Final = Limits()
_BOM: Final = b"\xef\xbb\xbf"
_BLANK: Final = b" \t\r"
_LINE: Final = re.compile(rb"(?P<fingerprint>[0-9a-f]{64})[ \t]+(?P<origin>[!-~]+)")
_PLACE: Final = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^\[\]:]+)(?::(?P<port>[1-9][0-9]{0,4}))?")

# One part of a repository's path. "-" alone is what GitLab puts between a project and its pages.
_SEGMENT: Final = re.compile(r"(?!(?:\.{1,2}|-)\Z)[A-Za-z0-9._-]{1,100}")
_MAX_SEGMENTS: Final = 22  # GitLab nests groups up to twenty deep

# How forges serve a file of the default branch as it is. GitHub, GitLab and Bitbucket take HEAD for that
# branch; the API of Gitea and Forgejo takes it when no branch is named.
_GITHUB: Final = "https://raw.githubusercontent.com/{path}/HEAD/" + FILE
_GITLAB: Final = "https://{host}/{path}/-/raw/HEAD/" + FILE
_BITBUCKET: Final = "https://bitbucket.org/{path}/raw/HEAD/" + FILE
_GITEA: Final = "https://{host}/api/v1/repos/{path}/raw/" + FILE

_LAYOUTS: Final = {
    "bitbucket.org": _BITBUCKET,
    "code.europa.eu": _GITLAB,
    "codeberg.org": _GITEA,
    "forge.apps.education.fr": _GITLAB,
    "framagit.org": _GITLAB,
    "git.drupalcode.org": _GITLAB,
    "github.com": _GITHUB,
    "invent.kde.org": _GITLAB,
    "salsa.debian.org": _GITLAB,
}
_LAYOUTS_BY_LABEL: Final = {"forgejo": _GITEA, "gitea": _GITEA, "gitlab": _GITLAB}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line of a file that says nothing that we understand.

    Attributes:
        line: Its number, from 1.
        reason: Why, as a clause without a full stop.
    """

    line: int
    reason: str

    def __str__(self) -> str:
        """Return ``line 3 is skipped: reason``."""
        return f"line {self.line} is skipped: {self.reason}"


@dataclass(frozen=True, slots=True)
class PublishersFile:
    """What one ``fedcat-publishers`` file says.

    Attributes:
        publishers: (fingerprint, origin) of everybody it lists.
        skipped: Its bad lines, the first one first.
    """

    publishers: frozenset[tuple[str, str]]
    skipped: tuple[Skipped, ...] = ()

    def lists(self, fingerprint: str, origin: str) -> bool:
        """Report whether it lists a log; fingerprint and origin must stand in one line."""
        return (fingerprint, origin) in self.publishers


def parse_publishers(data: bytes) -> PublishersFile:
    """Return what a file says; any bytes are a file, most of them one that lists nobody."""
    publishers: set[tuple[str, str]] = set()
    skipped: list[Skipped] = []
    lines = data.removeprefix(_BOM).split(b"\n", MAX_LINES)
    rest = lines.pop() if len(lines) > MAX_LINES else b""
    for number, line in enumerate(lines, 1):
        text = line.strip(_BLANK)
        if not text or text.startswith(b"#"):
            continue
        try:
            publishers.add(_publisher(text))
        except MalformedError as error:
            skipped.append(Skipped(number, str(error)))
    if rest.strip(_BLANK + b"\n"):
        skipped.append(Skipped(MAX_LINES + 1, f"more than {MAX_LINES} lines are not read"))
    return PublishersFile(frozenset(publishers), tuple(skipped))


async def read_domain(
    fetch: Fetch, domain: str, *, allow_private: bool = False, limits: Limits = _LIMITS
) -> PublishersFile | None:
    """Return a domain's file, or None when it has none.

    Args:
        fetch: The bounded fetcher.
        domain: Such as ``oslo.example``.
        allow_private: Private addresses may be asked, literal ones also without TLS and at a port.
        limits: The bounds.

    Raises:
        FaultError: It is no domain that may be asked, or there is no usable answer. Both say nothing
            about whether the domain still lists somebody.
    """
    return await _read(fetch, domain_urls(domain, allow_private=allow_private), limits)


async def read_repository(
    fetch: Fetch, repository: str, *, limits: Limits = _LIMITS
) -> PublishersFile | None:
    """Return the file at the root of a repository's default branch, or None when there is none.

    Args:
        fetch: The bounded fetcher.
        repository: Such as ``github.com/oslo/budget``; nothing is asked of a forge that we do not know.
        limits: The bounds.

    Raises:
        FaultError: There is no usable answer.
    """
    return await _read(fetch, repository_files(repository), limits)


def domain_urls(domain: str, *, allow_private: bool = False) -> tuple[str, ...]:
    """Return where a domain's file may be, the place to ask first first.

    Raises:
        FaultError: "malformed": it is not the one spelling of a domain name.
    """
    match = _PLACE.fullmatch(domain)
    fault = "it is not a domain name such as oslo.example" if match is None else host_fault(match["host"])
    if match is None or fault is not None:
        raise FaultError(Fault(FaultKind.MALFORMED, domain[:253], fault or "it is not a domain name"))
    host = match["host"]
    is_ip = host.startswith("[") or host.rpartition(".")[2].isdigit()
    if not allow_private and (is_ip or "." not in host):
        raise FaultError(Fault(FaultKind.MALFORMED, domain, "it is not a public domain name"))
    if match["port"] and not is_ip:
        # Who may listen at some port of a host need not be who speaks for its name.
        raise FaultError(Fault(FaultKind.MALFORMED, domain, "a domain name has no port"))
    schemes = ("https", "http") if is_ip else ("https",)
    return tuple(f"{scheme}://{domain}/{WELL_KNOWN}" for scheme in schemes)


def repository_root(repository: str) -> str:
    """Return the repository that a part of one belongs to; what belongs to none that we know stays as is.

    ``github.com/oslo/budget/plugins/maps`` belongs to ``github.com/oslo/budget``. Where groups nest, no
    path tells where the repository ends.
    """
    host, *parts = repository.split("/")
    is_flat = _layout(host) not in (None, _GITLAB)
    return "/".join((host, *parts[:2])) if is_flat else repository


def repository_files(repository: str) -> tuple[str, ...]:
    """Return where the file at a repository's root is served as it is; nothing for an unknown forge.

    Args:
        repository: A normalised root: host in lower case, a slash, the path without ``.git``.
    """
    host, *parts = repository.split("/")
    layout = _layout(host)
    most = _MAX_SEGMENTS if layout == _GITLAB else 2
    is_path = 1 < len(parts) <= most and all(_SEGMENT.fullmatch(part) for part in parts)
    if layout is None or not is_path:
        return ()
    return (layout.format(host=host, path="/".join(parts)),)


def _layout(host: str) -> str | None:
    """Return how a forge serves files, by its name or by the first label, which often names the software."""
    if host_fault(host) is not None:
        return None
    return _LAYOUTS.get(host) or _LAYOUTS_BY_LABEL.get(host.partition(".")[0])


def _publisher(text: bytes) -> tuple[str, str]:
    """Return what a line lists.

    Raises:
        MalformedError: It is not a fingerprint and an origin.
    """
    match = _LINE.fullmatch(text)
    if match is None:
        raise MalformedError("line", "not 64 lower-case hexadecimal digits, a space and an origin")
    return match["fingerprint"].decode(), str(Origin.parse(match["origin"].decode()))


async def _read(fetch: Fetch, urls: Iterable[str], limits: Limits) -> PublishersFile | None:
    """Return the first file that is there; the last fault when none can be had."""
    fault: FaultError | None = None
    for url in urls:
        try:
            response = await fetch.get(url, limit=limits.publishers_bytes)
        except FaultError as error:
            fault = error
            continue
        if response.status == OK:
            return parse_publishers(response.body)
        if response.status in ABSENT:
            return None
        reason = f"it answers with status {response.status}"
        fault = FaultError(Fault(FaultKind.UNREACHABLE, url, reason))
    if fault is not None:
        raise fault
    return None
