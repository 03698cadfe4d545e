"""Whose cosignatures count here: the operator's trust policy, and who else is known to cosign.

The policy is a C2SP tlog-policy (``protocol.policy``), written into ``config.toml`` or in a file beside it.
Only the witnesses that it names count. What the cards of followed nodes say about their mirror keys is a
suggestion: their cosignatures are checked, kept and served, and count for nothing.
"""

import functools
from pathlib import Path

from protocol.errors import MalformedError
from protocol.policy import MAX_BYTES, NOBODY, TrustPolicy

from .config import Config
from .configfile import FILE_NAME
from .errors import ConfigError


def trust_policy(config: Config, home: Path) -> TrustPolicy:
    """Return the operator's policy; without one, nobody's cosignatures are asked for.

    Args:
        config: The configuration.
        home: Where a relative path begins.

    Raises:
        ConfigError: The policy is none, its file cannot be read, or there are two.
    """
    inline, named = config.trust.policy, config.trust.policy_file
    if inline and named:
        raise ConfigError(FILE_NAME, "trust.policy_file", "trust.policy is set too", "use one of them")
    if not inline and not named:
        return NOBODY
    if inline:
        return _parsed(inline.encode(), FILE_NAME, "trust.policy")
    path = home / Path(named).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            FILE_NAME,
            "trust.policy_file",
            f"{path}: {error.strerror or error}",
            "the path of a readable file",
        ) from error
    return _parsed(data, str(path), "")


@functools.lru_cache(maxsize=8)
def _parsed(data: bytes, file: str, key: str) -> TrustPolicy:
    try:
        return TrustPolicy.parse(data)
    except MalformedError as error:
        hint = "lines of 'witness NAME VKEY', 'group NAME K NAME…' and one 'quorum NAME'"
        raise ConfigError(file, key, error.reason, hint) from error
