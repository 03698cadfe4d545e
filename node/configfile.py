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
from pathlib import Path
from typing import Any, Final

import msgspec

from federation.limits import Limits
from federation.quotas import QuotaRule
from federation.standing import Rule
from federation.vouching import AllowRule

from .brand import BrandConfig
from .config import (
    Config,
    DeskConfig,
    DumpsConfig,
    HeartbeatConfig,
    PlanetConfig,
    RetentionConfig,
    SyncConfig,
    TrustConfig,
    check,
)
from .contacts import HintPeer, NetworkConfig, WitnessAt, WitnessConfig, WitnessedLog
from .errors import ConfigError

FILE_NAME: Final = "config.toml"
PREFIX: Final = "FEDCAT_"
"""What a variable of the environment begins with."""

SECTIONS: Final[Mapping[str, type[Any]]] = {
    "sync": SyncConfig,
    "heartbeat": HeartbeatConfig,
    "limits": Limits,
    "retention": RetentionConfig,
    "dumps": DumpsConfig,
    "trust": TrustConfig,
    "trust.allow": AllowRule,
    "network": NetworkConfig,
    "witness": WitnessConfig,
    "planet": PlanetConfig,
    "desk": DeskConfig,
    "brand": BrandConfig,
}
"""Dotted keys that are tables."""

REPEATED: Final[Mapping[str, type[Any]]] = {
    "standing": Rule,
    "quota": QuotaRule,
    "witness.logs": WitnessedLog,
    "witnesses": WitnessAt,
    "hints": HintPeer,
}
"""Keys of tables of which there may be several."""

_Words = tuple[str, ...]
_SCALARS: Final[Mapping[str, Any]] = {
    "str": str,
    "int": int,
    "int | None": int,
    "float": float,
    "bool": bool,
    "tuple": _Words,
}


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


def render(config: Config) -> str:
    """Return the file that ``init`` writes: what was said, and where the rest is described."""
    lines = [
        "# A fedcat node. Every other key, with its default, is in configs/node.example.toml.",
        f"address = {json.dumps(config.address, ensure_ascii=False)}",
        f"name = {json.dumps(config.name, ensure_ascii=False)}",
        f"allow_private = {json.dumps(config.allow_private)}",
    ]
    return "\n".join(lines) + "\n"


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
        if path in SECTIONS:
            built[key] = _build(SECTIONS[path], value, file, f"{path}.")
        elif path in REPEATED:
            if not isinstance(value, list):
                raise ConfigError(file, path, "is not a list of tables", f"write [[{path}]]")
            rows = enumerate(value)
            built[key] = tuple(_build(REPEATED[path], row, file, f"{path}[{at}].") for at, row in rows)
        else:
            built[key] = _convert(value, _type_of(kind, key), file, path)
    for key, each in known.items():
        if key not in built and each.default is each.default_factory is dataclasses.MISSING:
            raise ConfigError(file, f"{prefix}{key}", "is missing", "it has no default")
    return kind(**built)


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
        if path in SECTIONS:
            keys += _keys(SECTIONS[path], f"{path}.")
        elif path not in REPEATED:
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
