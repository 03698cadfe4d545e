"""E-mail addresses in texts, and which of them reach a function.

``info@city.example`` and ``open-data.team@city.example`` belong to an office, whoever sits
there; ``jane.doe@city.example`` belongs to a person. The part before the ``@`` decides: it is
that of a function when one of its words is one, or when it names the organisation itself, as
in ``lyon@lyon.example``. Everything else may be a person's. The user part of a git URL
(``git@host:path``) and of other URLs is no address at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from .words import is_function, may_be_function, words_of

_ADDRESS: Final = re.compile(
    r"(?<![\w.+%/@-])(?!git@)[\w.+%-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w@])(?!:[\w/~])"
)


def addresses(text: str) -> Iterator[re.Match[str]]:
    """Yield the e-mail addresses in a text."""
    return _ADDRESS.finditer(text) if "@" in text else iter(())


def is_function_mailbox(text: str) -> bool:
    """Tell whether a text is one e-mail address, and that of a function as far as its words say."""
    if _ADDRESS.fullmatch(text) is None:
        return False
    user, _, host = text.rpartition("@")
    words = words_of(user)
    if any(map(is_function, words)) or (words and all(map(may_be_function, words))):
        return True
    labels = host.lower().split(".")[:-1]
    return "".join(words) in {label.replace("-", "") for label in labels}
