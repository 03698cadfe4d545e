"""Others whom the configuration names: logs to witness, witnesses of own logs, peers to hint, a proxy.

::

    [network]
    proxy = "http://proxy.city.example:3128"

    [witness]
    logs = [{ origin = "directory.oslo.example/log/oslo/1" },
            { origin = "go.sum database tree", vkey = "sum.golang.org+033de0ae+Ac4z..." }]

    [[witnesses]]
    url = "https://archive.example/witness"
    vkey = "archive.example/witness+77d2e3f4+BA..."

    [[hints]]
    url = "https://directory.oslo.example"
    secret = "what both operators wrote down"
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from protocol.errors import MalformedError
from protocol.hint import MIN_SECRET
from protocol.keys import KeyType, VerifierKey
from protocol.origin import Origin

Fault = tuple[str, str, str]
"""Key, why it is refused, and what would be accepted."""

_COSIGNING: Final = frozenset({KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_MLDSA44})


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """How this node reaches others.

    Attributes:
        proxy: ``http://[user:password@]host:port`` of an HTTP proxy for all requests; empty for none.
    """

    proxy: str = ""


@dataclass(frozen=True, slots=True)
class WitnessedLog:
    """A log whose checkpoints this node cosigns when they are shown to it.

    Attributes:
        origin: Its name.
        vkey: A key that signs its checkpoints, for a log that is not fedcat's. Empty for one that is followed
            here, whose key sets say which key signs which size.
    """

    origin: str
    vkey: str = ""


@dataclass(frozen=True, slots=True)
class WitnessConfig:
    """This node as a witness of others.

    Attributes:
        logs: What it witnesses; it is no witness while there are none.
    """

    logs: tuple[WitnessedLog, ...] = ()

    def keys(self, origin: str) -> tuple[VerifierKey, ...]:
        """Return the configured keys of a log; none for one that is followed, or not witnessed."""
        return tuple(
            VerifierKey.parse(each.vkey) for each in self.logs if each.origin == origin and each.vkey
        )

    def names(self, origin: str) -> bool:
        """Report whether a log is witnessed."""
        return any(each.origin == origin for each in self.logs)


@dataclass(frozen=True, slots=True)
class WitnessAt:
    """A witness that is shown the checkpoints of own logs.

    Attributes:
        url: Its submission prefix, which ``/add-checkpoint`` follows.
        vkey: Its verifier key.
    """

    url: str
    vkey: str


@dataclass(frozen=True, slots=True)
class HintPeer:
    """A node that is told when own logs grow, and that may tell this one.

    Attributes:
        url: Its address.
        secret: What its operator has written down too.
    """

    url: str
    secret: str


def contact_faults(
    network: NetworkConfig,
    witness: WitnessConfig,
    witnesses: tuple[WitnessAt, ...],
    hints: tuple[HintPeer, ...],
) -> Iterator[Fault]:
    """Yield what is wrong with the proxy, logs to witness, witnesses and peers to hint."""
    if network.proxy and not _is_proxy(network.proxy):
        hint = "such as http://proxy.example:3128"
        yield "network.proxy", "is not the address of an HTTP proxy with its port", hint
    for place, log in enumerate(witness.logs):
        if fault := _log_fault(log):
            hint = "the origin of a followed log, or a foreign one with its vkey"
            yield f"witness.logs[{place}]", fault, hint
    for place, each in enumerate(witnesses):
        if fault := url_fault(each.url) or _vkey_fault(each.vkey):
            hint = "url is the submission prefix, such as https://archive.example/witness; vkey its key"
            yield f"witnesses[{place}]", fault, hint
    for place, peer in enumerate(hints):
        if fault := url_fault(peer.url):
            yield f"hints[{place}].url", fault, "such as https://directory.oslo.example"
        if len(peer.secret) < MIN_SECRET:
            hint = f"at least {MIN_SECRET} characters, made by chance"
            yield f"hints[{place}].secret", "is too short", hint


def url_fault(url: str) -> str | None:
    """Return why a text is not the beginning of URLs, or None when it is."""
    parts = _split(url)
    fits = parts and parts.scheme in ("http", "https") and parts.username is None
    if not parts or not fits or parts.query or parts.fragment or url.endswith(("/", "?", "#")):
        return f"{url!r} is not http[s]://host[:port][/path] without a slash at its end"
    return None


def _is_proxy(url: str) -> bool:
    parts = _split(url)
    if parts is None or parts.scheme != "http" or not parts.port:
        return False
    return not (parts.path.strip("/") or parts.query or parts.fragment)


def _split(url: str) -> SplitResult | None:
    """Return the parts of a URL that has a host, else None."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # read here: it is looked at when it is asked for
    except ValueError:
        return None
    return parts if parts.hostname else None


def _log_fault(log: WitnessedLog) -> str | None:
    try:
        if not log.vkey:
            Origin.parse(log.origin)
        elif VerifierKey.parse(log.vkey).type is not KeyType.ED25519:
            return "the vkey is not one that signs checkpoints"
    except MalformedError as error:
        return str(error)
    return None if log.origin.strip() else "the origin is empty"


def _vkey_fault(vkey: str) -> str | None:
    try:
        return None if VerifierKey.parse(vkey).type in _COSIGNING else "the vkey is not a cosigning key"
    except MalformedError as error:
        return str(error)
