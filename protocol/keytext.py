"""The text of a key set: which keys speak for a log, and who may change them.

The text of a signed note, readable by eye, in exactly this order of lines::

    fedcat/keys/v1
    origin city.example/log/works/1
    version 1
    after 0
    root city.example/log/works/1/root/1+5f5d5739+AcJqueU2OWwt0NCpSnxthDDfCmGklsyUtDmTKNEeKnIu
    threshold 1
    log city.example/log/works/1+a1ca4b62+AUQpkwZQBKoeTEj03QFYGUwCNJvMZkzZbkAOommRio1R
    beat city.example/log/works/1+0a8ec255+BEtZ570eqGLbKKBx1hpsfEsbF0RARi+CjFoYSEy/mOQS
    url https://city.example/log/works/1

Up to eight ``url`` lines, by preference, say where the files are. Version 1 of a
successor ends with a line ``predecessor <origin> <size> <base64 root> <hex SHA-256
of its newest key-set text>``.

The roots sign key sets and nothing else, and can be kept offline. The fingerprint
of version 1, its text's SHA-256, is the publisher's identity. What a chain of
key sets proves is in ``keyset``.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from .errors import MalformedError
from .keys import KeyType, VerifierKey
from .lines import MAX_NUMBER, read_base64, read_number, write_base64
from .origin import Origin, host_fault

MAX_KEY_SET: Final = 65_536
"""Bytes of a key-set note."""

MAX_VERSIONS: Final = 256
MAX_ROOTS: Final = 16
MAX_URLS: Final = 8

_HEADER: Final = "fedcat/keys/v1"
_DIGEST_LABEL: Final = b"fedcat/keyset/v1\0"
_ROOT_SIZE: Final = 32
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_COUNTING: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_MAX_PORT: Final = 65_535
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})+)*)",
    re.ASCII,
)
_DEFAULT_PORTS: Final = {"https": "443", "http": "80"}


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The log that a log continues, as it stood at its end.

    Attributes:
        origin: Its name.
        size: Its last agreed size.
        root: The 32-byte root at that size.
        newest: Hex SHA-256 of the text of its newest key set.

    Raises:
        ValueError: On construction, when a part is out of range.
    """

    origin: str
    size: int
    root: bytes
    newest: str

    def __post_init__(self) -> None:
        if fault := _origin_fault(self.origin):
            raise ValueError(fault)
        if not 0 <= self.size <= MAX_NUMBER or len(self.root) != _ROOT_SIZE:
            raise ValueError("the predecessor's size or root is out of range")
        if _FINGERPRINT.fullmatch(self.newest) is None:
            raise ValueError("the predecessor's key set is not 64 lower-case hex digits")

    def __str__(self) -> str:
        """Return the line's value."""
        return f"{self.origin} {self.size} {write_base64(self.root)} {self.newest}"


@dataclass(frozen=True, slots=True)
class KeySet:
    """One version of a log's keys, unverified: signatures are ``keyset``'s matter.

    Attributes:
        origin: The log's name.
        version: From 1.
        after: The index of the keys leaf that puts the set in force; 0 in version 1.
        roots: Who may sign this set and the next, ascending by their text.
        threshold: How many distinct roots must sign.
        log: Signs checkpoints.
        beat: Signs heartbeats.
        urls: Where the log's files are, by preference. Plain http is well formed
            here; that it may lead to configured private addresses only is the
            reader's policy (``federation.guard``).
        predecessor: The log that this one continues, in version 1 only.

    Raises:
        ValueError: On construction, when the parts form no key set.
    """

    origin: str
    version: int
    after: int
    roots: tuple[VerifierKey, ...]
    threshold: int
    log: VerifierKey
    beat: VerifierKey
    urls: tuple[str, ...] = ()
    predecessor: Predecessor | None = None

    def __post_init__(self) -> None:
        if (
            fault := _origin_fault(self.origin)
            or self._numbers_fault()
            or self._keys_fault()
            or self._links_fault()
        ):
            raise ValueError(fault)

    @classmethod
    def parse(cls, text: str) -> "KeySet":
        """Return the key set that a note's text spells.

        Raises:
            MalformedError: The text is no key set, breaks one of its limits, holds a
                refused key, or is not the one spelling of its value.
        """
        if len(text) > MAX_KEY_SET:
            raise MalformedError("key set", f"longer than {MAX_KEY_SET} bytes")
        reader = _Lines(text)
        reader.literal(_HEADER)
        origin = reader.one("origin")
        version = read_number(reader.one("version"), "key set", "version")
        after = read_number(reader.one("after"), "key set", "after")
        roots = reader.some("root", MAX_ROOTS)
        threshold = read_number(reader.one("threshold"), "key set", "threshold")
        log, beat = reader.one("log"), reader.one("beat")
        urls = reader.some("url", MAX_URLS)
        predecessors = reader.some("predecessor", 1)
        reader.end()
        try:
            return cls(
                origin=origin,
                version=version,
                after=after,
                roots=tuple(VerifierKey.parse(root) for root in roots),
                threshold=threshold,
                log=VerifierKey.parse(log),
                beat=VerifierKey.parse(beat),
                urls=urls,
                predecessor=_parse_predecessor(predecessors[0]) if predecessors else None,
            )
        except ValueError as error:
            raise MalformedError("key set", str(error)) from error

    @property
    def text(self) -> str:
        """The text of the note, the only one for this value."""
        return "\n".join(
            (
                _HEADER,
                f"origin {self.origin}",
                f"version {self.version}",
                f"after {self.after}",
                *(f"root {root}" for root in self.roots),
                f"threshold {self.threshold}",
                f"log {self.log}",
                f"beat {self.beat}",
                *(f"url {url}" for url in self.urls),
                *(f"predecessor {predecessor}" for predecessor in (self.predecessor,) if predecessor),
                "",
            )
        )

    @property
    def digest(self) -> bytes:
        """The commitment of the keys leaf at ``after``."""
        return hashlib.sha256(_DIGEST_LABEL + self.text.encode()).digest()

    @property
    def fingerprint(self) -> str:
        """Hex SHA-256 of the text; of version 1, the publisher's identity."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def _numbers_fault(self) -> str | None:
        if not 1 <= self.version <= MAX_VERSIONS:
            return f"the version is not between 1 and {MAX_VERSIONS}"
        if (self.after == 0) != (self.version == 1) or not 0 <= self.after <= MAX_NUMBER:
            return "'after' is 0 in version 1, and in version 1 alone"
        if not 1 <= self.threshold <= len(self.roots) <= MAX_ROOTS:
            return f"there are not 1 to {MAX_ROOTS} roots with a threshold that they can meet"
        return None

    def _keys_fault(self) -> str | None:
        prefix = f"{self.origin}/root/"
        for root in self.roots:
            number = root.name.removeprefix(prefix)
            if not root.name.startswith(prefix) or _COUNTING.fullmatch(number) is None:
                return f"a root key is not named {prefix}<n>"
        if (self.log.name, self.beat.name) != (self.origin, self.origin):
            return "the log and beat keys are not named as the origin"
        kinds = (*(root.type for root in self.roots), self.log.type, self.beat.type)
        if kinds != (KeyType.ED25519,) * (len(kinds) - 1) + (KeyType.COSIGNATURE_ED25519,):
            return "a key is not of the type that its line demands"
        lines = [str(root) for root in self.roots]
        if lines != sorted(lines):
            return "the roots are not in ascending order"
        publics = {key.public for key in (*self.roots, self.log, self.beat)}
        return None if len(publics) == len(kinds) else "one public key serves on two lines"

    def _links_fault(self) -> str | None:
        if len(self.urls) > MAX_URLS:
            return f"more than {MAX_URLS} urls"
        for url in self.urls:
            if not _is_prefix(url):
                return f"{url!r} is not a prefix https://host/path in its one spelling"
        if self.predecessor is not None:
            if self.version != 1:
                return "a predecessor stands in version 1 only"
            if self.predecessor.origin == self.origin:
                return "a log cannot continue itself"
        return None


class _Lines:
    """The lines of a key set, taken in order."""

    def __init__(self, text: str) -> None:
        if not text.endswith("\n"):
            raise MalformedError("key set", "does not end with a newline")
        self._lines = text[:-1].split("\n")
        self._next = 0

    def literal(self, line: str) -> None:
        """Take a line that must be this one."""
        if self._lines[0] != line:
            raise MalformedError("key set", f"does not begin with {line}")
        self._next = 1

    def one(self, field: str) -> str:
        """Return the value of the next line, which must be this field's."""
        value = self._take(field)
        if value is None:
            raise MalformedError("key set", f"has no {field!r} line where one belongs")
        return value

    def some(self, field: str, most: int) -> tuple[str, ...]:
        """Return the values of the next lines of a field, at most so many."""
        values: list[str] = []
        while (value := self._take(field)) is not None:
            values.append(value)
            if len(values) > most:
                raise MalformedError("key set", f"has more than {most} {field!r} lines")
        return tuple(values)

    def end(self) -> None:
        """Demand that no line is left."""
        if self._next != len(self._lines):
            raise MalformedError("key set", "has a line that does not belong there")

    def _take(self, field: str) -> str | None:
        if self._next == len(self._lines):
            return None
        name, space, value = self._lines[self._next].partition(" ")
        if name != field or not space:
            return None
        self._next += 1
        return value


def _parse_predecessor(text: str) -> Predecessor:
    """Return what a predecessor line states.

    Raises:
        MalformedError: It has other parts, or one of them in another spelling.
    """
    parts = text.split(" ")
    if len(parts) != 4:  # noqa: PLR2004 - the four parts named in the next line
        raise MalformedError("key set", "a predecessor line is not '<origin> <size> <root> <key set>'")
    origin, size, root, newest = parts
    try:
        return Predecessor(
            origin=origin,
            size=read_number(size, "key set", "predecessor's size"),
            root=read_base64(root, "key set", "predecessor's root", _ROOT_SIZE),
            newest=newest,
        )
    except ValueError as error:
        raise MalformedError("key set", str(error)) from error


def _origin_fault(text: str) -> str | None:
    """Return why a text is no origin, or None when it is one."""
    try:
        Origin.parse(text)
    except MalformedError as error:
        return str(error)
    return None


def _is_prefix(url: str) -> bool:
    """Return whether a text is a URL that paths can be appended to, in its one spelling."""
    match = _URL.fullmatch(url)
    if match is None or host_fault(match["host"]):
        return False
    port = match["port"]
    if port is not None and (int(port) > _MAX_PORT or port == _DEFAULT_PORTS[match["scheme"]]):
        return False
    # Clients resolve dot segments before they ask, escaped ones too.
    return not {".", ".."} & set(match["path"].replace("%2E", ".").split("/"))
