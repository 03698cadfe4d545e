"""What an operator can set, and which values have the right type and cannot work.

Where it is written is :mod:`node.configfile`'s part.
"""

import dataclasses
import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from federation.limits import Limits
from federation.quotas import QuotaRule
from federation.standing import Rule, Rules, pattern_fault, publisher_fault
from federation.vouching import AllowRule

from .brand import BrandConfig, brand_faults
from .contacts import HintPeer, NetworkConfig, WitnessAt, WitnessConfig, contact_faults
from .errors import ConfigError
from .opinions import opinion_faults

LOCAL_PORT = 8401

_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SyncConfig:
    """How other nodes are asked.

    Attributes:
        interval_seconds: Seconds between two questions to the same source.
    """

    interval_seconds: int = 30


@dataclass(frozen=True, slots=True)
class HeartbeatConfig:
    """How this node shows that its own logs are alive.

    Attributes:
        interval_seconds: Seconds after which the heartbeat is renewed without a change.
    """

    interval_seconds: int = 21_600


@dataclass(frozen=True, slots=True)
class TrustConfig:
    """Whom this node believes first.

    Attributes:
        precedence: Origins or fingerprints of publishers; whose values come first where nobody has standing.
            The others follow: own logs, then in the order of following.
        curators: Origins or fingerprints of publishers whose links join and part entries of others here.
        check_claims: Whether domains and forges are asked who speaks for them. Without it, standing rests
            on the rules here alone.
        policy: Whose cosignatures make a log "witnessed", as a C2SP tlog-policy; empty for none.
        policy_file: The same in a file, its path relative to the home; empty for none.
        blocked: Origins, hosts and fingerprints that are neither followed, asked nor shown.
        allowed: Those that no list, and no block of their host, keeps out.
        subscribed: Addresses of lists of followed publishers that have their effect here.
        allow: Whom vouches let in.
    """

    precedence: tuple[str, ...] = ()
    curators: tuple[str, ...] = ()
    check_claims: bool = True
    policy: str = ""
    policy_file: str = ""
    blocked: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    subscribed: tuple[str, ...] = ()
    allow: AllowRule = field(default_factory=AllowRule)


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """How long this node keeps what nothing current needs.

    Attributes:
        superseded_days: Days for which the content of a version is kept after a newer one replaced it, of own
            logs and followed ones; 0 deletes it at once, a negative number keeps it for ever.
    """

    superseded_days: int = 90


DUMP_FORMATS = ("jsonl", "csv", "sqlite", "jsonl.gz", "csv.gz", "sqlite.gz")


@dataclass(frozen=True, slots=True)
class DumpsConfig:
    """Which dumps are made for readers.

    Attributes:
        formats: Some of ``DUMP_FORMATS``; none for no dumps.
        interval_seconds: Seconds after which they are made anew.
    """

    formats: tuple[str, ...] = ()
    interval_seconds: int = 86_400


@dataclass(frozen=True, slots=True)
class PlanetConfig:
    """What is gathered of what publishers write elsewhere.

    Attributes:
        gather: Whether the feeds of news are asked that entries and profiles name.
        interval_seconds: Seconds between two questions to the same feed.
    """

    gather: bool = True
    interval_seconds: int = 14_400


@dataclass(frozen=True, slots=True)
class DeskConfig:
    """How people publish here without a terminal.

    Attributes:
        four_eyes: Whether somebody else has to approve what an account wrote.
        submissions: Whether outsiders may send in entries.
        submission_days: Days after which what they sent in is deleted, decided or not.
        proxy: Address, or network, of the proxy in front of the node whose headers about visitors are
            believed; empty for none.
        header: The header in which that proxy names the account of a visitor; empty for passwords alone.
        operators: Names of accounts that may see and do what concerns the whole node.
    """

    four_eyes: bool = False
    submissions: bool = False
    submission_days: int = 90
    proxy: str = ""
    header: str = ""
    operators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """Everything an operator can set.

    Attributes:
        address: Where others reach this node: ``http[s]://host[:port][/path]``, without a final slash.
        name: The name of the node's first publisher, for people.
        allow_private: Whether private and loopback addresses may be asked and published.
        listen: ``host:port`` to listen at; empty for what the address says.
        lock_dir: Directory of the head locks; empty for the default outside the home.
        cosign_mldsa44: Whether checkpoints are cosigned with an ML-DSA-44 key too.
        policy_document: A Markdown file about admission, licence and contact, its path relative to the home;
            empty for none.
        sync: How other nodes are asked.
        heartbeat: How own logs show that they are alive.
        limits: What other people may cost this node.
        retention: How long what is superseded is kept.
        dumps: Which dumps are made for readers.
        trust: Whom this node believes first.
        network: How others are reached.
        witness: Whose checkpoints this node cosigns when they are shown to it.
        planet: What is gathered of what publishers write elsewhere.
        desk: How people publish here without a terminal.
        brand: How the pages look.
        standing: Who controls which identifiers, besides what is verified.
        quota: What single publishers may cost, where that is not what everybody may.
        witnesses: Who is shown the checkpoints of own logs, besides witnesses of the policy that have a URL.
        hints: Nodes that are told when own logs grow, and that may tell this one.
    """

    address: str
    name: str
    allow_private: bool = False
    listen: str = ""
    lock_dir: str = ""
    cosign_mldsa44: bool = False
    policy_document: str = ""
    sync: SyncConfig = field(default_factory=SyncConfig)
    heartbeat: HeartbeatConfig = field(default_factory=HeartbeatConfig)
    limits: Limits = field(default_factory=Limits)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    dumps: DumpsConfig = field(default_factory=DumpsConfig)
    trust: TrustConfig = field(default_factory=TrustConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    witness: WitnessConfig = field(default_factory=WitnessConfig)
    planet: PlanetConfig = field(default_factory=PlanetConfig)
    desk: DeskConfig = field(default_factory=DeskConfig)
    brand: BrandConfig = field(default_factory=BrandConfig)
    standing: tuple[Rule, ...] = ()
    quota: tuple[QuotaRule, ...] = ()
    witnesses: tuple[WitnessAt, ...] = ()
    hints: tuple[HintPeer, ...] = ()

    @property
    def url(self) -> SplitResult:
        """The address in parts."""
        return urlsplit(self.address)

    @property
    def mirror_name(self) -> str:
        """The key name of this node's mirror cosignatures, ``host[:port]/mirror``."""
        return f"{self.url.netloc}/mirror"

    @property
    def witness_name(self) -> str:
        """The key name of this node as a witness, ``host[:port]/witness``."""
        return f"{self.url.netloc}/witness"

    @property
    def rules(self) -> Rules:
        """What the operator decided about publishers."""
        return Rules(self.standing, self.trust.precedence, self.trust.curators)

    @property
    def listen_at(self) -> tuple[str, int]:
        """Host and port to listen at; behind a proxy (https) that is loopback."""
        if self.listen:
            parts = urlsplit(f"//{self.listen}")
            return parts.hostname or "", parts.port or LOCAL_PORT
        if self.url.scheme == "https":
            return "127.0.0.1", LOCAL_PORT
        return self.url.hostname or "", self.url.port or 80


def check(config: Config, file: str) -> None:
    """Refuse values that have the right type and cannot work.

    Raises:
        ConfigError: With the key and what would be accepted.
    """
    fault = _address_fault(config.address, config.allow_private)
    if fault:
        raise ConfigError(file, "address", fault, "such as https://directory.example")
    if not config.name.strip():
        raise ConfigError(file, "name", "is empty", 'such as "City of Example"')
    if config.listen and not _is_host_and_port(config.listen):
        raise ConfigError(file, "listen", f"{config.listen!r} is not host:port", "such as 127.0.0.1:8401")
    _check_numbers(config, file)
    if unknown := [form for form in config.dumps.formats if form not in DUMP_FORMATS]:
        hint = f"some of {', '.join(DUMP_FORMATS)}"
        raise ConfigError(file, "dumps.formats", f"{unknown[0]!r} is no form of a dump", hint)
    _check_rules(config.rules, file)
    _check_desk(config.desk, file)
    for opinion in opinion_faults(
        config.trust.blocked, config.trust.allowed, config.trust.subscribed, config.trust.allow, config.quota
    ):
        raise ConfigError(file, *opinion)
    for key, why, hint in contact_faults(config.network, config.witness, config.witnesses, config.hints):
        raise ConfigError(file, key, why, hint)
    for key, why, hint in brand_faults(config.brand, Path(file).parent):
        raise ConfigError(file, key, why, hint)


def _check_numbers(config: Config, file: str) -> None:
    """Refuse times that are too short, and limits below nothing."""
    for key, seconds in (
        ("sync.interval_seconds", config.sync.interval_seconds),
        ("heartbeat.interval_seconds", config.heartbeat.interval_seconds),
        ("dumps.interval_seconds", config.dumps.interval_seconds),
        ("planet.interval_seconds", config.planet.interval_seconds),
    ):
        if seconds < 1:
            raise ConfigError(file, key, f"{seconds} is too short", "at least 1 second")
    for limit in dataclasses.fields(Limits):
        if getattr(config.limits, limit.name) < 0:
            raise ConfigError(file, f"limits.{limit.name}", "is negative", f"the default is {limit.default}")


def _check_desk(desk: DeskConfig, file: str) -> None:
    """Refuse a proxy that is none, and a header that anybody could send."""
    if desk.submission_days < 1:
        raise ConfigError(file, "desk.submission_days", "is too short", "at least 1 day")
    if desk.proxy:
        try:
            ipaddress.ip_network(desk.proxy)
        except ValueError as error:
            raise ConfigError(file, "desk.proxy", str(error), "such as 127.0.0.1 or 10.0.3.0/24") from None
    if desk.header and not desk.proxy:
        hint = "set desk.proxy: from anybody else the header is ignored"
        raise ConfigError(file, "desk.header", "is believed from nobody", hint)
    if desk.header and _HEADER.fullmatch(desk.header) is None:
        raise ConfigError(
            file, "desk.header", f"{desk.header!r} is no name of a header", "such as Remote-User"
        )


def _check_rules(rules: Rules, file: str) -> None:
    """Refuse rules that would silently match nobody and nothing."""
    named = [(f"standing[{place}].publisher", rule.publisher) for place, rule in enumerate(rules.standing)]
    named += [(f"trust.precedence[{place}]", name) for place, name in enumerate(rules.precedence)]
    named += [(f"trust.curators[{place}]", name) for place, name in enumerate(rules.curators)]
    for key, name in named:
        if fault := publisher_fault(name):
            raise ConfigError(file, key, fault, "`fedcat log list` shows both")
    for place, rule in enumerate(rules.standing):
        for pattern in rule.identifiers:
            if fault := pattern_fault(pattern):
                hint = 'such as "github.com/acme/*" or "doi:10.1234/*"'
                raise ConfigError(file, f"standing[{place}].identifiers", fault, hint)


def _address_fault(address: str, allow_private: bool) -> str | None:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"{address!r}: {error}"
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return f"{address!r} is not http[s]://host[:port][/path]"
    if parts.query or parts.fragment or address.endswith(("/", "?", "#")):
        return f"{address!r} must end with its host or path, without a slash"
    if parts.scheme == "http" and not allow_private:
        return "plain http is for loopback and private addresses, with allow_private = true"
    return None


def _is_host_and_port(text: str) -> bool:
    try:
        parts = urlsplit(f"//{text}")
        return bool(parts.hostname and parts.port) and parts.netloc == text
    except ValueError:
        return False
