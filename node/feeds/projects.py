"""One project as a feed: what is said of it, by whom, what was changed last first.

Who describes it, uses it, vouches for it or builds on it has one entry each, which comes up again when that
statement is changed. Looked at are all who describe it and the first ``LOOKED_AT`` others, in the order in
which the project's page shows them.
"""

from collections.abc import Sequence
from typing import Any, Final

from node.answers.backlinks import project_backlinks
from node.answers.clusters import project_view
from node.answers.provenance import show
from node.answers.publishers import publisher_names
from node.home import Home

from .entries import MOST_ENTRIES, FeedEntry, feed_entries

LOOKED_AT: Final = 200
"""Statements about a project among which the newest are looked for."""

_SAID: Final = {
    "use": "says that it uses it",
    "otherUse": "says that it uses it, or thinks about it",
    "pastUse": "says that it used it once",
    "ownUse": "uses it, and maintains it",
    "vouch": "vouches for it",
    "basedOn": "builds on it",
    "partOf": "is part of it",
    "dependsOn": "needs it",
    "conformsTo": "follows it",
    "list": "has it on a list",
}
_DESCRIBED: Final = "describes it"


def project_entries(
    home: Home, ref: str, languages: Sequence[str], base_url: str
) -> tuple[str, str, tuple[FeedEntry, ...]]:
    """Return the name of a project, its canonical address, and what a feed has of it.

    Args:
        home: The node.
        ref: Any member's address, or a unique beginning of its id.
        languages: What the reader reads, by preference.
        base_url: Of this node, without a slash at its end.

    Raises:
        NotFoundError: No carried log has such an entry, or it is withdrawn, erased, or no entry.
        AmbiguousError: More than one statement fits.
        TakenDownError: The operator of this node took it down.
    """
    with home.database.read():
        view = project_view(home, ref, languages, fresh=False)
        page = project_backlinks(home, view["address"], (), LOOKED_AT, None, languages)
        names = publisher_names(home, languages)
        said = {member["address"]: _DESCRIBED for member in view["members"]}
        for group in page["groups"]:
            for item in group["items"]:
                said.setdefault(item["address"], _SAID.get(group["group"], "names it"))
        items = [_item(home, view, address, what, names) for address, what in said.items()]
    entries = sorted(feed_entries(items, base_url), key=lambda each: (each.updated, each.id), reverse=True)
    return view["name"] or view["address"], view["address"], tuple(entries[:MOST_ENTRIES])


def _item(home: Home, view: Any, address: str, what: str, names: dict[str, str]) -> dict[str, Any]:  # noqa: ANN401 - a project's view
    """Return a statement about a project as feeds show items of any kind."""
    entry = show(home, address)
    stated = entry["statement"] if isinstance(entry["statement"], dict) else {}
    modified, origin = stated.get("modified"), entry["origin"]
    return {
        "address": address,
        "type": "roadmap",
        "project": view["address"],
        "name": view["name"],
        "title": f"{names.get(origin) or origin} {what}",
        "text": entry["summary"],
        "language": entry["language"] if entry["summary"] else "",
        "period": None,
        "topics": [],
        "url": None,
        "item": {},
        "origin": origin,
        "publisher": names.get(origin, ""),
        "modified": modified if isinstance(modified, str) else "",
        "stale": False,
        "provenance": entry["provenance"],
    }
