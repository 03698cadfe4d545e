"""What waits at the desk: drafts, approvals, what outsiders sent in, and what should be looked at.

Beside it stands what others approved lately and waits no more: its author was not there when it was signed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from node.home import Home
from node.plans.freshness import to_confirm
from protocol.origin import parse_address

from .accounts import Account
from .kept import Manuscript, manuscripts
from .submissions import Letter, letters

LATELY_SECONDS: Final = 14 * 86_400
"""How long an author finds what others approved."""

MOST_APPROVED: Final = 20
"""Of these at once, the newest; all are among the published statements."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for an account.

    Attributes:
        drafts: Its own ones that are not published, what changed last first.
        approvals: Those of others that it may say yes to.
        letters: What outsiders sent in and nobody decided, for logs that it is for.
        confirmations: Own entries that nobody confirmed for long, or whose calls end; see ``to_confirm``.
        approved: Its own ones that somebody else approved lately and that are published, the newest first.
    """

    drafts: tuple[Manuscript, ...]
    approvals: tuple[Manuscript, ...]
    letters: tuple[Letter, ...]
    confirmations: tuple[Mapping[str, Any], ...]
    approved: tuple[Manuscript, ...]


def waiting(home: Home, account: Account) -> Waiting:
    """Return what waits for an account."""
    seen = manuscripts(home, account)
    mine = [each for each in seen if each.author == account.name]
    since = home.now() - LATELY_SECONDS
    done = [each for each in mine if each.state == "published" and each.is_approved]
    return Waiting(
        tuple(each for each in mine if each.state != "published"),
        tuple(each for each in seen if each.author != account.name),
        tuple(each for each in letters(home) if each.state == "waiting" and account.may_edit(each.origin)),
        tuple(each for each in to_confirm(home) if account.may_edit(parse_address(each["address"])[0])),
        tuple(each for each in done if each.changed_at > since)[:MOST_APPROVED],
    )
