"""What a dump consists of, whatever its form: a head, statements with the leaves between them, an end.

As lines of JSON, which is one of the forms and what the digest at the end of each of them is over::

    {"fedcat_dump":1,"node":"https://…","made_at":"…",
     "logs":[{"origin","fingerprint","size","root","checkpoint","keys","continues"},…]}
    {"address":"lyon.example/log/lyon/1/e/3f2a…","index":1,"leaf":"…","salt":"…","payload":"…","statement":{…}}
    {"origin":"lyon.example/log/lyon/1","index":2,"leaves":"…","root":"…"}
    {"end":true,"logs":[{"origin","statements","hidden","taken_down","missing"},…],"sha256":"…"}

Logs come in the order of the head, leaves in that of their log: each leaf is a statement's or in a run of
others (superseded, withdrawn, erased, of keys, or of what is left out), so that the root of the whole log can
be made of them and be compared with the signed one. Bytes are base64. ``statement`` is the payload once more,
for those who do not want to unpack it; a reader that verifies makes it again.
"""

import base64
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from federation.known import split_leaves
from node.answers.provenance import readable
from protocol.blob import SALT
from protocol.errors import MalformedError
from protocol.leaf import Leaf
from protocol.merkle import leaf_hashes
from protocol.merkle import root as tree_root
from protocol.origin import address
from protocol.packing import Value, unpack
from protocol.tiles import WIDTH

FORM: Final = 1
"""Version of the form that is written and read."""

MOST: Final = WIDTH
"""Leaves of one run."""


class LogHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log of a dump.

    Attributes:
        origin: Its origin.
        fingerprint: Its publisher's identity.
        size: Its leaves.
        root: Their root, in hex.
        checkpoint: The signed note of that tree, with all its lines.
        keys: Its key sets, as signed notes, the first one first.
        continues: The log that it is the successor of; None without one.
    """

    origin: str
    fingerprint: str
    size: int
    root: str
    checkpoint: str
    keys: tuple[str, ...]
    continues: str | None


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a dump begins with.

    Attributes:
        fedcat_dump: ``FORM``.
        node: Address of the node that made it.
        made_at: When, in UTC.
        logs: Its logs.
    """

    fedcat_dump: int
    node: str
    made_at: str
    logs: tuple[LogHead, ...]


class LogEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many statements of a log a dump has, and how many live ones it leaves out.

    Attributes:
        origin: The log.
        statements: Those that it has.
        hidden: Those that the node's operator hides.
        taken_down: Those that the operator took down.
        missing: Those whose content the node does not have.
    """

    origin: str
    statements: int
    hidden: int
    taken_down: int
    missing: int

    @property
    def left_out(self) -> int:
        """Live statements that are not in the dump."""
        return self.hidden + self.taken_down + self.missing


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a dump ends with.

    Attributes:
        end: True.
        logs: What it has of each log, in the order of the head.
        sha256: Of all lines before, each with its line break; in hex.
    """

    end: bool
    logs: tuple[LogEnd, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A live statement of a dump.

    Attributes:
        origin: Its log.
        index: Its leaf.
        leaf: 64 bytes.
        blob: Salt and payload.
    """

    origin: str
    index: int
    leaf: bytes
    blob: bytes

    @property
    def address(self) -> str:
        """Its address, as its leaf has the id."""
        return address(self.origin, Leaf.parse(self.leaf).id)

    @property
    def payload(self) -> Value:
        """What it says; None when it cannot be read."""
        try:
            return unpack(self.blob[SALT:])
        except MalformedError:
            return None

    def line(self) -> bytes:
        """Return its line."""
        return render(
            {
                "address": self.address,
                "index": self.index,
                "leaf": to_text(self.leaf),
                "salt": to_text(self.blob[:SALT]),
                "payload": to_text(self.blob[SALT:]),
                "statement": readable(self.payload),
            }
        )


@dataclass(frozen=True, slots=True)
class Run:
    """Leaves between statements: at most ``MOST``.

    Attributes:
        origin: Their log.
        index: The first.
        leaves: 64 bytes each, joined.
        root: The root of a tree of these alone: where one of them is wrong, it is known which run it is in.
    """

    origin: str
    index: int
    leaves: bytes
    root: bytes

    @classmethod
    def of(cls, origin: str, index: int, leaves: bytes) -> "Run":
        """Return the run of some leaves."""
        return cls(origin, index, leaves, bytes(tree_root(leaf_hashes(split_leaves(leaves)))))

    def line(self) -> bytes:
        """Return its line."""
        return render(
            {
                "origin": self.origin,
                "index": self.index,
                "leaves": to_text(self.leaves),
                "root": self.root.hex(),
            }
        )


Item = Stated | Run


def render(document: Any) -> bytes:  # noqa: ANN401 - a map or a struct
    """Return a document as its line, with the line break."""
    return msgspec.json.encode(document) + b"\n"


def to_text(data: bytes) -> str:
    """Return bytes as a dump writes them."""
    return base64.b64encode(data).decode("ascii")


def from_text(text: str, what: str) -> bytes:
    """Return the bytes of a text.

    Args:
        text: As ``to_text`` made it.
        what: Where it stands, for the error.

    Raises:
        MalformedError: It is not base64, in its one spelling.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if to_text(data) != text:
        raise MalformedError(what, "it is not base64")
    return data
