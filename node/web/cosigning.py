"""Who else saw a log: of all cosigners those who are neither this node nor at the log's own place.

::

    others(head["cosigners"], 411)    →  Others(counting=("lyon.example",), seen=("oslo.example",))
"""

from collections.abc import Iterable
from dataclasses import dataclass

from node.answers.logshapes import Cosigner


@dataclass(frozen=True, slots=True)
class Others:
    """Hosts of other cosigners, each once, by name.

    Attributes:
        counting: Those whom the operator's policy names.
        seen: Those who cosigned too, on whom nobody here relies.
    """

    counting: tuple[str, ...]
    seen: tuple[str, ...]


def others(cosigners: Iterable[Cosigner], index: int = 0) -> Others:
    """Return who else cosigned a log.

    Args:
        cosigners: All of them, as :mod:`node.answers.witnessing` shows them.
        index: Of a leaf; who saw the log before it was there is left out.
    """
    elsewhere = [each for each in cosigners if each["whose"] == "other" and each["size"] > index]
    counting = {_host(each) for each in elsewhere if each["counts"]}
    return Others(tuple(sorted(counting)), tuple(sorted({_host(each) for each in elsewhere} - counting)))


def _host(cosigner: Cosigner) -> str:
    return cosigner["name"].partition("/")[0]
