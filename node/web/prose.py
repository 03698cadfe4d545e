"""Descriptions as HTML: a small part of Markdown, of what anybody states.

::

    Line **one**                       <p>Line <strong>one</strong></p>
                                  →
    * [docs](https://tool.example/)    <ul><li><a href="https://tool.example/" rel="…">docs</a></li></ul>

Paragraphs, lists, quotations, emphasis, code and links stay. Headings become strong paragraphs, for those of
the page are the page's; of pictures their description stays, and HTML is the text that it is. What comes out
is made harmless twice: the parser escapes everything and knows no HTML, and what it made is cut to a list of
elements by another program.

A hostile text costs little: it is cut at so many characters, nesting ends at a depth, and a text with more
signs than any honest one stays as it is written.
"""

import re
from functools import lru_cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from protocol.language import UNDETERMINED, is_tag

from .marks import REL, is_mail, is_web

LONGEST: Final = 12_000
"""Characters that are shown."""

MOST_SIGNS: Final = 1_500
"""Signs of Markdown in a text that is read as such."""

_DEPTH: Final = 20  # of lists, quotations and emphasis in one another
_SIGNS: Final = re.compile(r"[*_`\[\]<>&\\!~]|^[ \t]*(?:[-+#]|\d+[.)])", re.MULTILINE)
_ELEMENTS: Final = {"p", "ul", "ol", "li", "blockquote", "em", "strong", "code", "br", "a"}


def prose(text: str, language: str = UNDETERMINED) -> Markup:
    """Return a description as HTML, with its language and in its direction; nothing in it runs or loads."""
    tag = language if language != UNDETERMINED and is_tag(language) else ""
    return Markup('<div class="prose" dir="auto" lang="{}">{}</div>').format(tag, _made(text))


@lru_cache(maxsize=256)
def _made(text: str) -> Markup:
    shown = text[:LONGEST]
    if len(_SIGNS.findall(shown)) > MOST_SIGNS:
        return Markup("<p>{}</p>").format(shown)
    made = _MARKDOWN.render(shown)
    return Markup(  # noqa: S704 - cut to the list above by nh3
        nh3.clean(
            made,
            tags=_ELEMENTS,
            attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
            url_schemes={"http", "https", "mailto"},
            link_rel=REL,
        )
    )


def _is_allowed(url: str) -> bool:
    """Tell whether a text may become a link."""
    return is_web(url) or (url.startswith("mailto:") and is_mail(url.removeprefix("mailto:")))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "maxNesting": _DEPTH})
    parser.enable(["list", "blockquote", "heading", "lheading", "hr"])
    parser.enable(["emphasis", "link", "autolink", "image", "backticks", "escape", "entity", "newline"])
    parser.enable(["balance_pairs", "fragments_join"])
    parser.validateLink = _is_allowed  # type: ignore[method-assign]
    for rule, html in {
        "heading_open": "<p><strong>",
        "heading_close": "</strong></p>\n",
        "hr": "",
    }.items():
        parser.add_render_rule(rule, lambda *_, html=html: html)
    # Of a picture its description; a badge that is a link stays one.
    parser.add_render_rule("image", lambda _, tokens, at, *__: escape(tokens[at].content))
    return parser


_MARKDOWN: Final = _parser()
