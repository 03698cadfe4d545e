"""One project as a feed: what is said of it, by whom, what was changed last first.

Who describes it, uses it, vouches for it or builds on it has one entry each, which comes up again when that
statement is changed. Looked at are all who describe it and the first ``LOOKED_AT`` others, in the order in
which the project's page shows them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from node.answers.backlinks import project_backlinks
from node.answers.clusters import project_view
from node.answers.provenance import show
from node.answers.publishers import publisher_names
from node.answers.texts import by_machine, card_of, summary_for
from node.home import Home
from protocol.forms import CHECKS
from protocol.packing import Value

from .entries import MOST_ENTRIES, FeedEntry, feed_entries
from .readers import Reader

LOOKED_AT: Final = 200
"""Statements about a project among which the newest are looked for."""


def project_entries(
    home: Home, ref: str, languages: Sequence[str], base_url: str, reader: Reader
) -> tuple[str, str, tuple[FeedEntry, ...]]:
    """Return the name of a project, its canonical address, and what a feed has of it.

    Args:
        home: The node.
        ref: Any member's address, or a unique beginning of its id.
        languages: What the reader reads, by preference.
        base_url: Of this node, without a slash at its end.
        reader: For whom.

    Raises:
        NotFoundError: No carried log has such an entry, or it is withdrawn, erased, or no entry.
        AmbiguousError: More than one statement fits.
        TakenDownError: The operator of this node took it down.
    """
    with home.database.read():
        view = project_view(home, ref, languages, fresh=False)
        page = project_backlinks(home, view["address"], (), LOOKED_AT, None, languages)
        names = publisher_names(home, languages)
        sentences, described, named = _sentences(reader)
        said = dict.fromkeys((member["address"] for member in view["members"]), described)
        for group in page["groups"]:
            for item in group["items"]:
                said.setdefault(item["address"], sentences.get(group["group"], named))
        items = [_item(home, view, address, what, names, languages) for address, what in said.items()]
    entries = sorted(
        feed_entries(items, base_url, reader), key=lambda each: (each.updated, each.id), reverse=True
    )
    return view["name"] or view["address"], view["address"], tuple(entries[:MOST_ENTRIES])


def _sentences(reader: Reader) -> tuple[dict[str, str], str, str]:
    """Return what statements of each group say of a project, what its entries do, and what others do."""
    return (
        {
            "use": reader.gettext("%(who)s says that it uses it"),
            "otherUse": reader.gettext("%(who)s says that it uses it, or thinks about it"),
            "pastUse": reader.gettext("%(who)s says that it used it once"),
            "ownUse": reader.gettext("%(who)s uses it, and maintains it"),
            "vouch": reader.gettext("%(who)s vouches for it"),
            "basedOn": reader.gettext("%(who)s builds on it"),
            "partOf": reader.gettext("%(who)s has a part of it"),
            "dependsOn": reader.gettext("%(who)s needs it"),
            "conformsTo": reader.gettext("%(who)s follows it"),
            "list": reader.gettext("%(who)s has it on a list"),
        },
        reader.gettext("%(who)s describes it"),
        reader.gettext("%(who)s names it"),
    )


def _item(
    home: Home,
    view: Any,  # noqa: ANN401 - a project's view
    address: str,
    what: str,
    names: dict[str, str],
    languages: Sequence[str],
) -> dict[str, Any]:
    """Return a statement about a project as feeds show items of any kind."""
    entry = show(home, address)
    stated = entry["statement"] if isinstance(entry["statement"], dict) else {}
    card = card_of(stated)
    summary, language = summary_for(card.summary, languages, entry["language"], card.machine)
    origin = entry["origin"]
    return {
        "address": address,
        "type": "statement",
        "project": view["address"],
        "name": view["name"],
        "title": what % {"who": names.get(origin) or origin},
        "text": summary,
        "language": language,
        "machine": by_machine(text=language in card.machine),
        "period": None,
        "topics": [],
        "url": None,
        "item": {},
        "origin": origin,
        "publisher": names.get(origin, ""),
        "modified": _changed(stated),
        "stale": False,
        "provenance": entry["provenance"],
    }


def _changed(stated: Mapping[str, Value]) -> str:
    """Return when a statement was changed, as it states; empty where it does not.

    Entries say when they were modified. A use says when it was reviewed, a vouch the day on which it was
    issued, which each version of them says anew; programs may have written `modified` as well.
    """
    said = [stated.get("modified")]
    if stated.get("type") == "use":
        said.append(stated.get("reviewed"))
    issued = stated.get("issued")
    if stated.get("type") == "vouch" and isinstance(issued, str):
        said.append(f"{issued}T00:00:00Z")
    return max((each for each in said if isinstance(each, str) and not CHECKS["timestamp"](each)), default="")
