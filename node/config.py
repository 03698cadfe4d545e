"""The configuration of a node: ``config.toml`` in its home, overridden by the environment.

::

    address = "https://directory.example"
    name = "City of Example"

    [sync]
    interval_seconds = 30

    [[standing]]
    publisher = "directory.acme.example/log/acme/1"
    identifiers = ["github.com/acme/*"]

Each key can be set as ``FEDCAT_<KEY>``, with its section in front: ``FEDCAT_ADDRESS``,
``FEDCAT_SYNC_INTERVAL_SECONDS``; the words of a list with commas between them. Tables that may come several
times (``[[standing]]``) are in the file alone. ``configs/node.example.toml`` shows every key.
"""

import dataclasses
import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from federation.limits import Limits
from federation.quotas import QuotaRule
from federation.standing import Rule, Rules, pattern_fault, publisher_fault
from federation.vouching import AllowRule

from .contacts import HintPeer, NetworkConfig, WitnessAt, WitnessConfig, WitnessedLog, contact_faults
from .errors import ConfigError
from .opinions import opinion_faults

FILE_NAME = "config.toml"
LOCAL_PORT = 8401
PREFIX = "FEDCAT_"


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


DUMP_FORMATS = ("jsonl", "csv", "sqlite")


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


def load(path: Path, environment: Mapping[str, str]) -> Config:
    """Return the configuration of a file, overridden by the environment.

    Args:
        path: The TOML file.
        environment: Variables; only ``FEDCAT_*`` ones that name a key count.

    Raises:
        ConfigError: The file is missing or not TOML, a key is unknown or its value impossible.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(str(path), "", "there is no such file", "`fedcat init` starts a node") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), "", f"cannot be read: {error}") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), "", f"is not TOML: {error}") from error
    config: Config = _build(Config, values, str(path), "")
    for key, kind in _keys(Config):
        variable = PREFIX + key.replace(".", "_").upper()
        if variable in environment:
            config = _replaced(config, key.split("."), _convert(environment[variable], kind, variable, ""))
    check(config, str(path))
    return config


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
    for opinion in opinion_faults(
        config.trust.blocked, config.trust.allowed, config.trust.subscribed, config.trust.allow, config.quota
    ):
        raise ConfigError(file, *opinion)
    for key, why, hint in contact_faults(config.network, config.witness, config.witnesses, config.hints):
        raise ConfigError(file, key, why, hint)


def render(config: Config) -> str:
    """Return the file that ``init`` writes: what was said, and where the rest is described."""
    lines = [
        "# A fedcat node. Every other key, with its default, is in configs/node.example.toml.",
        f"address = {json.dumps(config.address, ensure_ascii=False)}",
        f"name = {json.dumps(config.name, ensure_ascii=False)}",
        f"allow_private = {json.dumps(config.allow_private)}",
    ]
    return "\n".join(lines) + "\n"


def _check_numbers(config: Config, file: str) -> None:
    """Refuse times that are too short, and limits below nothing."""
    for key, seconds in (
        ("sync.interval_seconds", config.sync.interval_seconds),
        ("heartbeat.interval_seconds", config.heartbeat.interval_seconds),
        ("dumps.interval_seconds", config.dumps.interval_seconds),
    ):
        if seconds < 1:
            raise ConfigError(file, key, f"{seconds} is too short", "at least 1 second")
    for limit in dataclasses.fields(Limits):
        if getattr(config.limits, limit.name) < 0:
            raise ConfigError(file, f"limits.{limit.name}", "is negative", f"the default is {limit.default}")


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


def _build(kind: type[Any], values: object, file: str, prefix: str) -> Any:  # noqa: ANN401 - a section of any kind
    """Return a section from its table, every key of it checked."""
    if not isinstance(values, dict):
        raise ConfigError(file, prefix.rstrip("."), "is not a table", f"write [{prefix.rstrip('.')}]")
    known = {each.name: each for each in dataclasses.fields(kind)}
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known keys: {', '.join(known)}"
            raise ConfigError(file, f"{prefix}{key}", "is not a known key", hint)
    built = {}
    for key, value in values.items():
        path = f"{prefix}{key}"
        if path in _SECTIONS:
            built[key] = _build(_SECTIONS[path], value, file, f"{path}.")
        elif path in _REPEATED:
            if not isinstance(value, list):
                raise ConfigError(file, path, "is not a list of tables", f"write [[{path}]]")
            rows = enumerate(value)
            built[key] = tuple(_build(_REPEATED[path], row, file, f"{path}[{at}].") for at, row in rows)
        else:
            built[key] = _convert(value, _type_of(kind, key), file, path)
    for key, each in known.items():
        if key not in built and each.default is each.default_factory is dataclasses.MISSING:
            raise ConfigError(file, f"{prefix}{key}", "is missing", "it has no default")
    return kind(**built)


_SECTIONS: dict[str, type[Any]] = {
    "sync": SyncConfig,
    "heartbeat": HeartbeatConfig,
    "limits": Limits,
    "retention": RetentionConfig,
    "dumps": DumpsConfig,
    "trust": TrustConfig,
    "trust.allow": AllowRule,
    "network": NetworkConfig,
    "witness": WitnessConfig,
}
# Tables of which there may be several.
_REPEATED: dict[str, type[Any]] = {
    "standing": Rule,
    "quota": QuotaRule,
    "witness.logs": WitnessedLog,
    "witnesses": WitnessAt,
    "hints": HintPeer,
}
_Words = tuple[str, ...]
_SCALARS: dict[str, Any] = {
    "str": str,
    "int": int,
    "int | None": int,
    "float": float,
    "bool": bool,
    "tuple": _Words,
}


def _type_of(kind: type[Any], name: str) -> Any:  # noqa: ANN401 - a class, or a list of texts
    """Return the type of a scalar or list field; modules may have postponed its annotation."""
    (found,) = (each.type for each in dataclasses.fields(kind) if each.name == name)
    spelled = found if isinstance(found, str) else found.__name__
    return _SCALARS[spelled.partition("[")[0]]


def _keys(kind: type[Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return every dotted key that has one value, with its type."""
    keys: list[tuple[str, Any]] = []
    for each in dataclasses.fields(kind):
        path = f"{prefix}{each.name}"
        if path in _SECTIONS:
            keys += _keys(_SECTIONS[path], f"{path}.")
        elif path not in _REPEATED:
            keys.append((path, _type_of(kind, each.name)))
    return keys


def _convert(value: object, kind: Any, file: str, key: str) -> Any:  # noqa: ANN401 - a value of any kind
    """Return a value as its key's type; text of the environment is read leniently."""
    if kind is _Words and isinstance(value, str) and not key:
        return tuple(word.strip() for word in value.split(",") if word.strip())
    try:
        return msgspec.convert(value, kind, strict=bool(key))
    except msgspec.ValidationError as error:
        wanted = "a list of texts" if kind is _Words else f"a value of type {kind.__name__}"
        raise ConfigError(file, key, str(error), wanted) from error


def _replaced(section: Any, path: list[str], value: object) -> Any:  # noqa: ANN401 - a section of any kind
    name, *rest = path
    inner = _replaced(getattr(section, name), rest, value) if rest else value
    return dataclasses.replace(section, **{name: inner})


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
