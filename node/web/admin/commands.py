"""The command that makes the statement of a draft without one.

::

    fedcat use https://forge.example/acme/tool --status pilot --topic sector:health
    fedcat entry put FILE --entry 3f2a…
"""

import shlex
from collections.abc import Iterator, Mapping
from typing import Final

from node.desk.kept import Manuscript
from protocol.leaf import Op
from protocol.packing import Value

_OF_A_USE: Final[Mapping[str, str]] = {
    **{name: f"--{name}" for name in ("status", "since", "until", "purpose", "lessons", "feedback")},
    **{name: f"--{name}" for name in ("instance", "changes", "fork")},
    "topics": "--topic",
    "places": "--place",
}
_UNSAID: Final = ("type", "v", "modified", "reviewed", "target")
"""Fields of a use that the command fills itself in, or takes without a name."""

_MOST: Final = 1_000
"""Characters of a command that somebody reads; what says more is said by a file."""


def without_draft(found: Manuscript) -> str:
    """Return the command that makes the statement of a draft at once; empty where its content is gone."""
    match found.op:
        case Op.WITHDRAW:
            return shlex.join(["fedcat", "entry", "withdraw", *_withdrawn(found)])
        case Op.ERASE:
            reason = found.erase_reason.name.lower()
            return shlex.join(["fedcat", "entry", "erase", _id(found), "--reason", reason])
        case _:
            return shlex.join(["fedcat", *_put(found)]) if found.payload else ""


def _put(found: Manuscript) -> list[str]:
    log = ["--log", found.origin]
    match found.payload.get("type"):
        case "use":
            said = list(_use(found.payload))
            fits = found.payload.keys() <= {*_OF_A_USE, *_UNSAID} and len(shlex.join(said)) <= _MOST
            return ["use", *(said if fits else ["--file", "FILE"]), *log]
        case "vouch" | "link" as type_:
            return [str(type_), "--file", "FILE", *log]
        case "list":
            return ["list", "put", "FILE", *(log if found.id is None else ["--list", _id(found)])]
        case _:
            return ["entry", "put", "FILE", *(log if found.id is None else ["--entry", _id(found)])]


def _use(payload: Mapping[str, Value]) -> Iterator[str]:
    """Yield what is to be said of a use."""
    yield str(payload.get("target", "TARGET"))
    for name, option in _OF_A_USE.items():
        match payload.get(name):
            case dict() as texts:
                for language, text in texts.items():
                    yield from (option, f"{language}={text}")
            case list() as words:
                for word in words:
                    yield from (option, str(word))
            case None:
                pass
            case word:
                yield from (option, str(word))


def _withdrawn(found: Manuscript) -> Iterator[str]:
    yield from (_id(found), "--reason", str(found.payload.get("reason", "withdrawn")))
    if successor := found.payload.get("successor"):
        yield from ("--successor", str(successor))


def _id(found: Manuscript) -> str:
    return (found.id or b"").hex()
