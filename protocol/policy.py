"""Trust policies (C2SP tlog-policy, a draft): whose cosignatures make a checkpoint "witnessed".

Lines of words between spaces or tabs, ``#`` begins a comment line::

    witness oslo    directory.oslo.example/mirror+5f0c...+BA...
    witness lyon    lyon.example/witness+0a11...+BA...      https://lyon.example/witness
    witness archive archive.example/witness+77d2...+BA...
    group   cities  any oslo lyon
    group   both    all cities archive
    quorum  both

A line refers only to names on lines before it. ``quorum none`` asks for no cosignature. ``log`` lines
are read, and say nothing here: which logs are followed is told by their fingerprints.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from .errors import MalformedError
from .keys import KeyType, VerifierKey

MAX_BYTES: Final = 262_144
"""Bytes of a policy: a hundred ML-DSA-44 keys."""

MAX_LINES: Final = 1_024
"""Logs, witnesses and groups together."""

NONE: Final = "none"

_WHAT: Final = "policy"
_REFUSED: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_COUNT: Final = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_COSIGNING: Final = frozenset({KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_MLDSA44})


@dataclass(frozen=True, slots=True)
class Group:
    """A group: it has witnessed what enough of its members have.

    Attributes:
        threshold: How many are enough, at least 1.
        members: Names of witnesses and groups.
    """

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """A policy. Names mean nothing outside of it.

    Attributes:
        witnesses: Name → key.
        groups: Name → group, each after its members.
        quorum: Name of a witness or group, or ``none``.
        urls: Name → where logs may ask a witness to cosign (``protocol.witness``), of those that say so.
    """

    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, Group]
    quorum: str
    urls: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def parse(cls, data: bytes) -> TrustPolicy:
        """Return the policy that a file spells.

        Raises:
            MalformedError: It is none; the reason names the line.
        """
        if len(data) > MAX_BYTES:
            raise MalformedError(_WHAT, f"longer than {MAX_BYTES} bytes")
        if _REFUSED.search(data):
            raise MalformedError(_WHAT, "it has a control character")
        reader = _Reader()
        # Octets beyond ASCII are opaque, so that nothing depends on a version of Unicode.
        for number, line in enumerate(data.decode("latin-1").split("\n"), 1):
            words = [word for word in re.split("[ \t]+", line) if word]
            if not words or words[0].startswith("#"):
                continue
            try:
                reader.read(words)
            except (ValueError, MalformedError) as error:
                raise MalformedError(_WHAT, f"line {number}: {error}") from error
        if reader.quorum is None:
            raise MalformedError(_WHAT, "it has no quorum line")
        return cls(
            MappingProxyType(reader.witnesses),
            MappingProxyType(reader.groups),
            reader.quorum,
            MappingProxyType(reader.urls),
        )

    def is_met(self, names: Collection[str]) -> bool:
        """Report whether cosignatures of the witnesses with these names are enough."""
        if self.quorum == NONE:
            return True
        met = set(names) & set(self.witnesses)
        for name, group in self.groups.items():
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(name)
        return self.quorum in met


NOBODY: Final = TrustPolicy(MappingProxyType({}), MappingProxyType({}), NONE)
"""The policy of whoever asks for no cosignatures."""


class _Reader:
    """What the lines read so far define."""

    def __init__(self) -> None:
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self.urls: dict[str, str] = {}
        self._logs: set[bytes] = set()
        self._keys: set[bytes] = set()
        self._members: set[str] = set()
        self._lines = 0

    def read(self, words: list[str]) -> None:
        """Take one line, or raise ``ValueError`` or ``MalformedError``."""
        self._lines += 1
        if self._lines > MAX_LINES:
            raise ValueError(f"there are more than {MAX_LINES} lines")
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self._log(VerifierKey.parse(vkey))
            case ["witness", name, vkey]:
                self._witness(name, VerifierKey.parse(vkey))
            case ["witness", name, vkey, url]:
                self._witness(name, VerifierKey.parse(vkey))
                self.urls[name] = url
            case ["group", name, count, *members]:
                self._group(name, count, tuple(members))
            case ["quorum", name]:
                self._quorum(name)
            case _:
                raise ValueError("not 'log', 'witness', 'group' or 'quorum' with what belongs to it")

    def _log(self, key: VerifierKey) -> None:
        if key.public in self._logs:
            raise ValueError("the key of a log stands on a line before")
        self._logs.add(key.public)

    def _witness(self, name: str, key: VerifierKey) -> None:
        self._define(name)
        if key.type not in _COSIGNING:
            raise ValueError(f"{key.name} is not a cosigning key")
        if key.public in self._keys:
            raise ValueError("the key of a witness stands on a line before")
        self._keys.add(key.public)
        self.witnesses[name] = key

    def _group(self, name: str, count: str, members: tuple[str, ...]) -> None:
        self._define(name)
        if not members:
            raise ValueError("a group has at least one member")
        for member in members:
            self._refer(member)
            if member in self._members:
                raise ValueError(f"{_shown(member)} is a member already")
            self._members.add(member)
        threshold = {"any": 1, "all": len(members)}.get(count, 0)
        if not threshold:
            if _COUNT.fullmatch(count) is None or int(count) > len(members):
                raise ValueError("how many members are enough is not any, all or a number of them")
            threshold = int(count)
        self.groups[name] = Group(threshold, members)

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise ValueError("there is a quorum line before")
        if name != NONE:
            self._refer(name)
        self.quorum = name

    def _define(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise ValueError(f"the name {_shown(name)} is taken")

    def _refer(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise ValueError(f"no line before defines {_shown(name)}")


def _shown(name: str) -> str:
    """Return a name as people may read it: its octets are UTF-8 if anything."""
    return repr(name.encode("latin-1").decode("utf-8", "backslashreplace"))
