r"""What somebody wrote on the web as plain words: no markup, nothing that is obeyed or cannot be seen.

::

    without_markup("<p>Lamps <b>count</b></p><script>x()</script>")  →  "Lamps count"
    words("a\u202eb\n c", 100)                                       →  "ab c"
"""

import html
import re
from typing import Final

import nh3

from protocol.packing import publishable

LONGEST: Final = 20_000
"""Characters of a text that are looked at."""

_UNSEEN: Final = {
    *("iframe", "math", "noembed", "noframes", "noscript", "plaintext", "script", "style", "svg", "template"),
    *("textarea", "title", "xmp"),
}
_APART: Final = {
    *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure"),
    *("footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre"),
    *("section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
}
_TAG: Final = re.compile(r"</?\w+>")


def without_markup(text: str) -> str:
    """Return the text of HTML, spaces as they come; what is not shown by browsers is left out."""
    # The bare tags of what parts words are left; any other < is written as a reference.
    made = nh3.clean(
        text[:LONGEST],
        tags=_APART,
        clean_content_tags=_UNSEEN,
        attributes={},
        link_rel=None,
    )
    return html.unescape(_TAG.sub(" ", made))


def words(text: str, most: int) -> str:
    """Return a text on one line in the form that statements allow, cut at a word where it is too long.

    Args:
        text: Any text.
        most: Most characters of the answer, the ``…`` of a cut included.
    """
    line = " ".join(text[:LONGEST].split())[: 4 * most]
    line = " ".join(publishable(line, prose=False).split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    # Languages without spaces have no better place than the middle of a text.
    return (cut.rpartition(" ")[0].rstrip(" ,;:-") or cut) + "…"
