"""Which SPDX licence a foreign document means.

An SPDX expression is taken in its current spelling. A name or address that can only mean one
licence is taken for it (``The Unlicense``, ``https://api.github.com/licenses/mit``). Any other
name stays as it was written, flagged; ``GPL v3`` may be ``only`` or ``or-later``, so nobody
guesses. A list of several licences does not say whether all or one of them hold, so no
expression is made of it::

    [{"name": "CC0", "URL": null}]                    → CC0-1.0
    [{"name": "MIT"}, {"name": "Apache-2.0"}]         → none; both stay under x
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from node.privacy.texts import without_contacts
from protocol.forms import is_url
from protocol.licence import normalised

from .gleaning import Gleaning, Spot
from .record import RemarkKind

_NAMES: Final = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "cc0": "CC0-1.0",
    "cc0 1.0": "CC0-1.0",
    "cc0 1.0 universal": "CC0-1.0",
    "creative commons zero v1.0 universal": "CC0-1.0",
    "mit license": "MIT",
    "mozilla public license 2.0": "MPL-2.0",
    "the mit license": "MIT",
    "the unlicense": "Unlicense",
}
_NO_NAMES: Final = frozenset({"none", "null", "n/a", "na", "noassertion", "other", "unknown"})
_PAGES: Final = re.compile(
    r"https?://(?:api\.github\.com/licenses|(?:www\.)?opensource\.org/licenses?|spdx\.org/licenses)"
    r"/(?P<id>[\w.+-]+?)(?:\.html|\.php|/)?",
    re.IGNORECASE,
)
_COMMONS: Final = re.compile(
    r"https?://creativecommons\.org/(?:licenses/(?P<kind>[a-z-]+)|publicdomain/zero)"
    r"/(?P<version>[0-9]\.[0-9])(?:/(?:legalcode|deed(?:\.[a-z]+)?)?)?",
    re.IGNORECASE,
)


def known_licence(text: str) -> str | None:
    """Return the SPDX expression that a text can only mean, or None."""
    if found := normalised(text) or _NAMES.get(text.lower()):
        return found
    if page := _PAGES.fullmatch(text):
        return normalised(page["id"])
    if page := _COMMONS.fullmatch(text):
        return normalised(
            f"CC-{page['kind']}-{page['version']}" if page["kind"] else f"CC0-{page['version']}"
        )
    return None


def licence(gleaning: Gleaning, spot: Spot) -> str:
    """Take a licence from a text; one that nobody knows stays as written, and is flagged."""
    written = gleaning.peek(spot)
    known = known_licence(written)
    if known and known != written:
        gleaning.changed(spot)
        gleaning.say(RemarkKind.CHANGED, spot.pointer, f"The licence '{written}' is written {known}.")
        return known
    taken = gleaning.line(spot)
    if taken and not known:
        gleaning.say(RemarkKind.FLAGGED, spot.pointer, f"'{taken}' is not an SPDX licence expression.")
    return taken


def licence_of_list(gleaning: Gleaning, named: Sequence[tuple[Spot, Spot]]) -> str:
    """Take the one licence of a list of names with their addresses; empty when there is not one.

    Args:
        gleaning: The pass over the document.
        named: For each licence its name and its address.
    """
    if len(named) > 1:
        meant = {known_licence(gleaning.peek(name)) for name, _ in named}
        if len(meant) == 1 and None not in meant:
            return [licence(gleaning, name) for name, _ in named][0]  # noqa: RUF015 - take them all
        message = "Several licences, and nothing says how they go together; kept under x."
        gleaning.say(RemarkKind.FLAGGED, named[0][0].pointer, message)
        return ""
    return "".join(_only(gleaning, name, address) for name, address in named)


def _only(gleaning: Gleaning, name: Spot, address: Spot) -> str:
    """Take a licence by its name, or where that says nothing by its address."""
    written = gleaning.peek(name)
    is_name = bool(written) and written.lower() not in _NO_NAMES and not is_url(written)
    if is_name or known_licence(written):
        return licence(gleaning, name)
    if known := known_licence(gleaning.peek(address)):
        gleaning.say(RemarkKind.CHANGED, address.pointer, f"This is the address of {known}.")
        return known
    if written:
        message = f"'{without_contacts(written)}' names no licence; kept under x."
        gleaning.say(RemarkKind.FLAGGED, name.pointer, message)
    return ""
