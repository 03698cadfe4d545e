r"""What somebody wrote on the web as plain words: no markup, nothing that is obeyed or cannot be seen.

::

    without_markup("<p>Lamps <b>count</b></p><script>x()</script>")  →  "Lamps count"
    words("a\u202eb\n c", 100)                                       →  "ab c"
"""

import html
import re
import unicodedata
from typing import Final

from protocol.packing import text_fault

LONGEST: Final = 20_000
"""Characters of a text that are looked at."""

# Nothing in it can go back: between < and > is neither.
_TAG: Final = re.compile(r"<(?:(/?)([A-Za-z][A-Za-z0-9]*)|[!?])[^<>]*>")
_UNSEEN: Final = frozenset({"script", "style", "template", "noscript", "svg", "math", "title"})
_WITHIN_WORDS: Final = frozenset(
    {"a", "abbr", "b", "bdi", "code", "em", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u"}
)


def without_markup(text: str) -> str:
    """Return the text of HTML, spaces as they come; what is not shown by browsers is left out."""
    cut = text[:LONGEST]
    if len(text) > LONGEST:
        # The end may be half a tag.
        cut = cut.rpartition("<")[0] or cut
    parts, end, unseen = [], 0, ""
    for tag in _TAG.finditer(cut):
        if not unseen:
            parts.append(cut[end : tag.start()])
        closing, name = tag[1], (tag[2] or "").lower()
        if unseen:
            unseen = "" if closing and name == unseen else unseen
        elif name in _UNSEEN and not closing:
            unseen = name
        if name not in _WITHIN_WORDS:
            parts.append(" ")
        end = tag.end()
    if not unseen:
        parts.append(cut[end:])
    return html.unescape("".join(parts))


def words(text: str, most: int) -> str:
    """Return a text on one line in the form that statements allow, cut at a word where it is too long.

    Args:
        text: Any text.
        most: Most characters of the answer, the ``…`` of a cut included.
    """
    line = " ".join(text[:LONGEST].split())[: 4 * most]
    line = unicodedata.normalize("NFC", line)
    if text_fault(line, prose=False) is not None:
        line = " ".join("".join(each for each in line if not _refused(each)).split())
        line = unicodedata.normalize("NFC", line)
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    # Languages without spaces have no better place than the middle of a text.
    return (cut.rpartition(" ")[0].rstrip(" ,;:-") or cut) + "…"


def _refused(character: str) -> bool:
    return text_fault(unicodedata.normalize("NFC", character), prose=False) is not None
