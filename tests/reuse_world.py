"""Publishers that say that they use something, and a node that has verified some of them.

home = open_home(tmp_path)
owner = Publisher(home, OWNER); tool = owner.put(thing("Tool", TOOL)); owner.publish()
city = adopter(home, "bergen", use(TOOL))        # bergen.example, verified by its domain
counts(home, tool)                               # {"use": 1}
"""

from __future__ import annotations

from typing import Any

from federation.vouching import day_of
from node.answers.backlinks import project_backlinks
from node.home import Home
from tests.publisher import NOW, Publisher, entry

OWNER = "127.0.0.1:8401/log/owner/1"
TOOL = "https://github.com/acme/tool"
DAY = 86_400
TODAY = day_of(NOW)
LAST_YEAR = day_of(NOW - 365 * DAY)
LONG_AGO = day_of(NOW - 3 * 365 * DAY)
NEXT_YEAR = day_of(NOW + 365 * DAY)


def thing(name: str, *repos: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return an entry that names repositories."""
    identifiers = [{"scheme": "repo", "value": repo} for repo in repos]
    return entry(name, **{"identifiers": identifiers, **fields})


def use(target: str, status: str = "production", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return a use that was confirmed a year ago."""
    return {"type": "use", "v": 1, "target": target, "status": status, "since": LAST_YEAR, **fields}


def vouched(target: str, kind: str = "recommend", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return a vouch for a thing."""
    return {"type": "vouch", "v": 1, "target": target, "vouchType": kind, "issued": LAST_YEAR, **fields}


def verify(home: Home, origin: str, *domains: str) -> None:
    """Let a node have seen that domains list a log which its profile names."""
    log = home.logs.store(origin).id
    with home.database.write() as connection:
        for domain in domains:
            connection.execute(
                "INSERT OR REPLACE INTO proof (log, kind, name, verified_at, tried_at, failures, next_due)"
                " VALUES (?, 'domain', ?, ?, ?, 0, ?)",
                (log, domain, home.now(), home.now(), home.now() + 7 * DAY),
            )


def adopter(
    home: Home, name: str, *statements: dict[str, Any], host: str = "", domain: str | None = None
) -> Publisher:
    """Return a followed publisher with what it states; verified by the domain of its name unless told so.

    Args:
        home: The node.
        name: Of its log, and of its host unless another is given.
        statements: What it says.
        host: Where it is.
        domain: By which it is verified; empty for none.
    """
    publisher = Publisher(home, f"{host or f'{name}.example'}/log/{name}/1", own=False)
    for statement in statements:
        publisher.put(statement)
    publisher.publish()
    proven = f"{name}.example" if domain is None else domain
    if proven:
        verify(home, publisher.origin, proven)
    return publisher


def everything(
    home: Home, ref: bytes | str, *groups: str, limit: int = 100
) -> dict[str, list[dict[str, Any]]]:
    """Return group → items of what points at a project, read page by page."""
    name = ref if isinstance(ref, str) else ref.hex()
    found: dict[str, list[dict[str, Any]]] = {}
    cursor = None
    while True:
        page = project_backlinks(home, name, groups, limit, cursor)
        for each in page["groups"]:
            found.setdefault(each["group"], []).extend(map(dict[str, Any], each["items"]))
        cursor = page["next"]
        if cursor is None:
            counts = {group: number for group, number in page["counts"].items() if number}
            assert {group: len(items) for group, items in found.items()} == {
                group: number for group, number in counts.items() if not groups or group in groups
            }
            return found


def counts(home: Home, ref: bytes | str) -> dict[str, int]:
    """Return how many items there are in each group that has some."""
    return {group: len(items) for group, items in everything(home, ref).items()}
