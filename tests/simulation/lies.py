"""Mirrors that lie: what a liar makes of the files of logs that are not its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from federation.response import OK, PARTIAL, UNCHANGED, Response

ENDLESS = Response(OK, {"fedcat-simulation": "endless"})
"""Stands for a body that never ends: whoever reads it reads as much as it is willing to."""

LIES = ("flip", "cut", "old", "other", "endless", "gone", "broken", "same", "long", "range")

_TRAP = 0.0
# Shares of honest answers. Who sets a trap shows true checkpoints, and never a true file behind them.
_HONESTY = (_TRAP, 1 / 3, 0.8)


class Liar:
    """Lies at random, with a memory of what it could answer once."""

    def __init__(self, dice: Random) -> None:
        self._dice, self._honesty = dice, dice.choice(_HONESTY)
        self._old: dict[str, Response] = {}

    def twist(
        self, path: str, asked: str, honest: Response, other: Callable[[], Response], *, is_conditional: bool
    ) -> Response:
        """Return what is answered instead.

        Args:
            path: The path at the node.
            asked: Whatever else makes the same path another file, such as a range.
            honest: What an honest node would answer.
            other: Returns its answer for another log's file of that name.
            is_conditional: Whether "unchanged" is an answer.
        """
        is_bait = self._honesty == _TRAP and path.partition("?")[0].endswith(("checkpoint", "checkpoints"))
        if is_bait or self._dice.random() < self._honesty:
            return honest
        match self._dice.choice(LIES):
            case "old":
                found = self._old.setdefault(f"{path} {asked}", honest)
            case "other":
                found = other()
            case "endless":
                found = ENDLESS
            case "gone":
                found = Response(self._dice.choice((404, 410, 451)))
            case "broken":
                found = Response(self._dice.choice((418, 500, 503)))
            case "same" if is_conditional:
                found = Response(UNCHANGED)
            case lie:
                found = self._spoiled(lie, honest)
        return found

    def _spoiled(self, lie: str, honest: Response) -> Response:
        if honest.status not in (OK, PARTIAL) or not honest.body:
            return honest
        body = bytearray(honest.body)
        at = self._dice.randrange(len(body))
        if lie == "cut":
            del body[at:]
        elif lie == "long":
            body += self._dice.randbytes(at + 1)
        elif lie == "range" and honest.status == PARTIAL:
            return Response(PARTIAL, {"content-range": "bytes 0-65/66"}, bytes(body))
        else:
            body[at] ^= 1 << self._dice.randrange(8)
        return replace(honest, body=bytes(body), packed=None)
