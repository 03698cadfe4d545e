"""Policy documents: whom a node admits, under which licence it hands out what, and whom to write to.

The operator writes one in Markdown (``policy_document``); it is served at ``/policy``, and the card names its
SHA-256. Of followed nodes it is fetched when the card names another one than was seen last, and every
version is kept with its time and its difference from the one before, so that people see what changed. It is a
hint like the card: nobody signed it, and nothing is decided by it::

    policy_document:  url  version  found_at  document  diff     an empty document: there is none any more
"""

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from federation.limits import Limits

from .config import Config
from .configfile import FILE_NAME
from .errors import ConfigError, NotFoundError
from .home import Home

_PLAIN: Final = frozenset("\n\t")
_MOST_COMPARISONS: Final = (
    500_000  # lines before times lines after: a stranger must not make us count for minutes
)


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version of a node's policy document.

    Attributes:
        number: 1 for the first one that was seen.
        found_at: POSIX seconds.
        sha256: Hex SHA-256, empty when the node had none any more.
    """

    number: int
    found_at: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PolicyText:
    """What people may read of one version: line breaks and tabs, and else only printable characters.

    Attributes:
        version: The version.
        text: Its text.
        diff: How it differs from the version before, as a unified diff; from nothing for the first.
    """

    version: PolicyVersion
    text: str
    diff: str


def own_policy(config: Config, home: Path) -> bytes:
    """Return this node's policy document; empty when it has none.

    Args:
        config: The configuration.
        home: Where a relative path begins.

    Raises:
        ConfigError: The file cannot be read, is too large or not UTF-8.
    """
    if not config.policy_document:
        return b""
    path, most = home / Path(config.policy_document).expanduser(), Limits().policy_bytes
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
        data.decode("utf-8")
    except OSError as error:
        raise _unfit(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _unfit(f"{path}: not UTF-8") from error
    if len(data) > most:
        raise _unfit(f"{path}: longer than {most} bytes")
    return data


def digest(document: bytes) -> str:
    """Return what a card says of a document: its hex SHA-256, or nothing when there is none."""
    return hashlib.sha256(document).hexdigest() if document else ""


def newest_digest(home: Home, url: str) -> str:
    """Return what the card of a followed node said of the version that was seen last; empty for none."""
    versions = versions_of(home, url)
    return versions[-1].sha256 if versions else ""


def keep_policy(home: Home, url: str, text: str) -> bool:
    """Keep a followed node's document when it is another one than the last; report whether it is."""
    document, versions = text.encode(), versions_of(home, url)
    if digest(document) == (versions[-1].sha256 if versions else ""):
        return False
    before = policy_text(home, url, versions[-1].number).text if versions else ""
    number, now = len(versions) + 1, home.now()
    called = f"version {versions[-1].number}" if versions else "/dev/null"
    diff = _diff(before, _shown(text), called, f"version {number}")
    with home.database.write() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO policy_document (url, version, found_at, sha256, document, diff)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (url, number, now, digest(document), document, diff),
        )
    return True


def versions_of(home: Home, url: str) -> tuple[PolicyVersion, ...]:
    """Return every version of a followed node's document, the oldest first."""
    rows = home.database.connection.execute(
        "SELECT version, found_at, sha256 FROM policy_document WHERE url = ? ORDER BY version", (url,)
    )
    return tuple(PolicyVersion(*row) for row in rows)


def policy_text(home: Home, url: str, number: int | None = None) -> PolicyText:
    """Return one version of a followed node's document.

    Args:
        home: The node.
        url: The followed node.
        number: Which version; None for the newest.

    Raises:
        NotFoundError: There is none.
    """
    row = home.database.connection.execute(
        "SELECT version, found_at, sha256, document, diff FROM policy_document"
        " WHERE url = :url AND (:number IS NULL OR version = :number) ORDER BY version DESC LIMIT 1",
        {"url": url, "number": number},
    ).fetchone()
    if row is None:
        which = "a policy document" if number is None else f"version {number} of the policy document"
        raise NotFoundError(f"{which} of {url}", hint="`fedcat nodes` shows which nodes have one")
    return PolicyText(PolicyVersion(*row[:3]), _shown(row[3].decode()), row[4])


def named_node(home: Home, ref: str) -> str:
    """Return the address of the followed node that a reference means.

    Args:
        home: The node.
        ref: The node's address, also without its scheme.

    Raises:
        NotFoundError: No node of this address is followed.
    """
    wanted = ref.rstrip("/")
    for (url,) in home.database.connection.execute("SELECT url FROM peer ORDER BY added_at, url"):
        if wanted in (url.rstrip("/"), url.rstrip("/").partition("://")[2]):
            return str(url)
    raise NotFoundError(f"followed node {ref}", hint="`fedcat nodes` lists them")


def _diff(before: str, after: str, called: str, name: str) -> str:
    """Return a unified diff; of texts too long to be compared, all of the one and all of the other."""
    old, new = _lines(before), _lines(after)
    if len(old) * len(new) <= _MOST_COMPARISONS:
        return "".join(difflib.unified_diff(old, new, called, name))
    head = f"--- {called}\n+++ {name}\n@@ -1,{len(old)} +1,{len(new)} @@\n"
    return head + "".join([*(f"-{line}" for line in old), *(f"+{line}" for line in new)])


def _lines(text: str) -> list[str]:
    """Return the lines of a text; those of Unicode are no lines to a diff."""
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")] if text else []


def _shown(text: str) -> str:
    # What a terminal or a page would obey, or a reader could not see, is written out.
    text = text.replace("\r\n", "\n")
    return "".join([c if c.isprintable() or c in _PLAIN else ascii(c)[1:-1] for c in text])


def _unfit(why: str) -> ConfigError:
    return ConfigError(FILE_NAME, "policy_document", why, "the path of a readable Markdown file")
