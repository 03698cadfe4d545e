r"""Names of logs, and addresses of what they state.

An origin is a name, not a location: it says who publishes, and stays the same
when the files move. It has one spelling of at most 200 bytes::

    directory.oslo.example/log/oslo/1
    civic.example:8443/data/log/transport/2
    \_________________/\___/    \_______/ \
      host[:port]   0-3 segments  name     epoch

Hosts are lower-case ASCII (A-labels), without a trailing dot and without the
default port. IP literals are well formed here; whether a private address may be
used at all is the operator's policy (``federation.guard``).

A statement's address appends its id::

    directory.oslo.example/log/oslo/1/e/0f1e2d3c4b5a69788796a5b4c3d2e1f0
"""

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from .errors import MalformedError

MAX_ORIGIN: Final = 200
"""Bytes of an origin. It is hashed into every commitment behind a one-byte length."""

MAX_SEGMENTS: Final = 3
ID_SIZE: Final = 16

_PATTERN: Final = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<segments>(?:/[a-z0-9-]+)*)/log/(?P<name>[a-z0-9-]+)/(?P<epoch>[1-9][0-9]{0,18})",
    re.ASCII,
)
_PART: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
# What C libraries read as the last part of an IPv4 address, 0x7f included.
_NUMERIC_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_ADDRESS: Final = re.compile(r"(?P<origin>.+)/e/(?P<id>[0-9a-f]{32})", re.ASCII | re.DOTALL)
_DEFAULT_PORTS: Final = frozenset({80, 443})
_MAX_PORT: Final = 65_535
_MAX_HOST: Final = 253
_MAX_EPOCH: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Origin:
    """The name of one log.

    Attributes:
        host: A domain name or an IP literal; IPv6 in brackets.
        port: The port, or None for the default one.
        segments: Up to three parts between host and ``/log/``.
        name: The log's name on that host.
        epoch: Counts from 1; a log that had to be started anew takes the next.

    Raises:
        ValueError: On construction, when a part is not in its one spelling.
    """

    host: str
    port: int | None
    segments: tuple[str, ...]
    name: str
    epoch: int

    def __post_init__(self) -> None:
        if fault := host_fault(self.host):
            raise ValueError(fault)
        if self.port is not None and not (0 < self.port <= _MAX_PORT and self.port not in _DEFAULT_PORTS):
            raise ValueError(f"port {self.port} is a default port or none at all")
        if len(self.segments) > MAX_SEGMENTS:
            raise ValueError(f"more than {MAX_SEGMENTS} segments before /log/")
        for part in (*self.segments, self.name):
            if _PART.fullmatch(part) is None:
                raise ValueError(f"{part!r} is not 1 to 40 of a-z, 0-9 and inner '-'")
        if not 0 < self.epoch <= _MAX_EPOCH:
            raise ValueError("the epoch does not count from 1")
        if len(str(self)) > MAX_ORIGIN:
            raise ValueError(f"longer than {MAX_ORIGIN} bytes")

    @classmethod
    def parse(cls, text: str) -> "Origin":
        """Return the origin that a text spells.

        Raises:
            MalformedError: The text is no origin, or not the one spelling of it.
        """
        if len(text) > MAX_ORIGIN:
            raise MalformedError("origin", f"longer than {MAX_ORIGIN} bytes")
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise MalformedError("origin", "not of the form host[:port][/segment...]/log/name/epoch")
        try:
            return cls(
                host=match["host"],
                port=None if match["port"] is None else int(match["port"]),
                segments=tuple(match["segments"].split("/")[1:]),
                name=match["name"],
                epoch=int(match["epoch"]),
            )
        except ValueError as error:
            raise MalformedError("origin", str(error)) from error

    def __str__(self) -> str:
        """Return the one spelling."""
        port = "" if self.port is None else f":{self.port}"
        return "/".join((self.host + port, *self.segments, "log", self.name, str(self.epoch)))

    @property
    def is_ip(self) -> bool:
        """Whether the host is an IP literal."""
        return self.host.startswith("[") or self.host.rpartition(".")[2].isdigit()

    @property
    def hash(self) -> str:
        """The name of this log's directory at a mirror."""
        return origin_hash(str(self))


def origin_hash(origin: str) -> str:
    """Return the lower-case hex SHA-256 of an origin (C2SP tlog-mirror, tlog-witness)."""
    return hashlib.sha256(origin.encode("utf-8")).hexdigest()


def address(origin: str, statement_id: bytes) -> str:
    """Return a statement's address, ``<origin>/e/<32 hex>``.

    Raises:
        ValueError: The id does not have 16 bytes.
    """
    if len(statement_id) != ID_SIZE:
        raise ValueError(f"an id has {ID_SIZE} bytes, not {len(statement_id)}")
    return f"{origin}/e/{statement_id.hex()}"


def parse_address(text: str) -> tuple[str, bytes]:
    """Return origin and id of the statement that an address names.

    Raises:
        MalformedError: The text is no address, or not the one spelling of it.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise MalformedError("address", "not of the form <origin>/e/<32 lower-case hex digits>")
    return str(Origin.parse(match["origin"])), bytes.fromhex(match["id"])


def host_fault(host: str) -> str | None:
    """Return why a text is not the one spelling of a host, or None when it is.

    A host whose last label is a number is an IPv4 address or refused: resolvers
    read ``127.1`` and ``0x7f.1`` as addresses, which no policy would recognise.
    """
    if host.startswith("["):
        return (
            None if host.endswith("]") and _is_ipv6(host[1:-1]) else "not the one spelling of an IPv6 address"
        )
    labels = host.split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        return None if _is_ipv4(host) else "not the one spelling of an IPv4 address"
    if len(host) > _MAX_HOST or any(_LABEL.fullmatch(label) is None for label in labels):
        return f"{host!r} is not a lower-case ASCII host name"
    return None


def _is_ipv4(text: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(text)) == text
    except ValueError:
        return False


def _is_ipv6(text: str) -> bool:
    try:
        parsed = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    # IPv4-mapped addresses are second names of IPv4 ones, and Pythons differ in
    # how they print them. Zones name an interface of one machine.
    return parsed.ipv4_mapped is None and parsed.scope_id is None and str(parsed) == text
