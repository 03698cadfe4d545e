"""Which keys an own log has, and whether it can be signed with them: nothing of it is secret."""

from dataclasses import dataclass

from node.errors import NodeError
from node.home import Home

from .keyfiles import key_file
from .readiness import signing_outlook


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys of an own log.

    Attributes:
        origin: The log.
        fingerprint: By which others follow it.
        version: Of the newest key set.
        roots: Root keys of that set; they are on recovery sheets, and no file of this node.
        threshold: How many of them have to sign the next key set.
        here: Whether the keys that sign are in this home.
        outlook: What stands between the log and its next signature, as a clause.
        hint: The way out; empty where it can be signed.
    """

    origin: str
    fingerprint: str
    version: int
    roots: int
    threshold: int
    here: bool
    outlook: str
    hint: str = ""


def rings(home: Home) -> tuple[Ring, ...]:
    """Return the keys of the own logs."""
    found = []
    for row in home.logs.all():
        if not row.own:
            continue
        keys, hint = row.chain.newest, ""
        try:
            outlook = signing_outlook(home, row.origin)
        except (NodeError, OSError) as error:
            outlook = str(error)
            hint = error.hint if isinstance(error, NodeError) else "`fedcat doctor` looks closer"
        is_here = all(key_file(home.keys_dir, key).exists() for key in (keys.log, keys.beat))
        found.append(
            Ring(
                row.origin,
                row.fingerprint,
                keys.version,
                len(keys.roots),
                keys.threshold,
                is_here,
                outlook,
                hint,
            )
        )
    return tuple(found)
