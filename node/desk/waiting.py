"""What waits at the desk: drafts, approvals, what outsiders sent in, and what should be looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from node.home import Home
from node.plans.freshness import to_confirm
from protocol.origin import parse_address

from .accounts import Account
from .kept import Manuscript, manuscripts
from .submissions import Letter, letters


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for an account.

    Attributes:
        drafts: Its own ones that are not published, what changed last first.
        approvals: Those of others that it may say yes to.
        letters: What outsiders sent in and nobody decided, for logs that it is for.
        confirmations: Own entries that nobody confirmed for long, or whose calls end; see ``to_confirm``.
    """

    drafts: tuple[Manuscript, ...]
    approvals: tuple[Manuscript, ...]
    letters: tuple[Letter, ...]
    confirmations: tuple[Mapping[str, Any], ...]


def waiting(home: Home, account: Account) -> Waiting:
    """Return what waits for an account."""
    seen = manuscripts(home, account)
    return Waiting(
        tuple(each for each in seen if each.author == account.name and each.state != "published"),
        tuple(each for each in seen if each.author != account.name),
        tuple(each for each in letters(home) if each.state == "waiting" and account.may_edit(each.origin)),
        tuple(each for each in to_confirm(home) if account.may_edit(parse_address(each["address"])[0])),
    )
