"""What publishers here say of things: which thing a word names, and what they said of it before.

Saying it again is a new version of the former statement, not a second one beside it.
"""

from collections.abc import Callable

from federation.targets import target_of
from protocol.errors import MalformedError
from protocol.forms import CHECKS
from protocol.leaf import Op
from protocol.packing import Value, unpack
from protocol.statement import View, decode

from .answers.resolving import resolve
from .errors import NotFoundError
from .home import Home

Former = tuple[bytes | None, dict[str, Value]]
"""Id and payload of what was said before; None and nothing when nothing was."""


def thing_named(home: Home, ref: str) -> str:
    """Return what a statement has to call a thing.

    Args:
        home: The node.
        ref: Address of a statement, a unique beginning of the id of one that is here, a URL or another URI,
            or the origin of a log.

    Returns:
        The address under which a statement is known here now; anything else as it was given.

    Raises:
        NotFoundError: It is nothing of these.
        AmbiguousError: A beginning fits several statements.
    """
    ref = ref.strip()
    try:
        return str(resolve(home, ref))
    except NotFoundError:
        if CHECKS["target"](ref) is None:
            return ref
    hint = "write an address, a unique beginning of the id of an entry here, or a URL such as https://example.org"
    raise NotFoundError(f"a thing called {ref!r}", hint)


def is_same(one: str, other: str) -> bool:
    """Report whether two texts surely name one thing: they are alike, or spellings of one address or URL."""
    if one == other:
        return True
    # The first name of a thing is the surest: a repository's comes before that of its page.
    names = target_of(one).names[:1]
    return bool(names) and names == target_of(other).names[:1]


def former(home: Home, by: str, type_: str, is_it: Callable[[View], bool]) -> Former:
    """Return what an own publisher said before, the newest where it said it several times.

    Args:
        home: The node.
        by: Origin of the own log.
        type_: Type of the statement.
        is_it: Tells by its typed view whether a statement is meant.
    """
    rows = home.database.connection.execute(
        "SELECT entry.id, payload FROM entry JOIN log ON log.id = entry.log"
        " WHERE origin = ? AND own = 1 AND type = ? AND op = ? ORDER BY idx DESC",
        (by, type_, int(Op.PUT)),
    )
    for id_, payload in rows:
        try:
            said = unpack(payload)
        except MalformedError:
            continue
        view = decode(said)
        if isinstance(view, View) and is_it(view) and isinstance(said, dict):
            return bytes(id_), said
    return None, {}
