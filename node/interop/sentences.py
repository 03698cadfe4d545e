"""The first sentence of a text, for formats whose summaries are longer than ours."""

from __future__ import annotations

import re
from typing import Final

# A full stop, question or exclamation mark followed by space, also in CJK where none follows.
_END: Final = re.compile("[.!?…](?=\\s)|[\u3002\uff01\uff1f]|\\n\\s*\\n")


def first_sentence(text: str, most: int) -> str:
    """Return the first sentence of a text on one line, cut at a word when it is too long.

    Args:
        text: Any text.
        most: Most characters of the answer, the ``…`` of a cut included.
    """
    found = _END.search(text.strip())
    sentence = " ".join((text.strip()[: found.end()] if found else text).split())
    if len(sentence) <= most:
        return sentence
    cut = sentence[: most - 1]
    # Languages without spaces have no better place than the middle of a text.
    return (cut.rpartition(" ")[0].rstrip(" ,;:-") or cut) + "…"
