"""For operators: who may write here, people and programs, and taking that away at once.

::

    GET  /fr/admin/access    accounts with their roles, and tokens with what they are for
    POST /fr/admin/access    do=disable, name=…   →  303 nobody signs in with the account, or is signed in
                             do=enable, name=…    →  303 its owner may sign in again
                             do=revoke, name=…    →  303 the token is good no more

What gives somebody more than he had is for the command line: with a stolen session of an operator nobody
makes an account that outlasts it.
"""

import asyncio
from typing import Any, Final

from aiohttp import web

from node.answers.texts import moment
from node.desk.accounts import accounts, disable, enable
from node.errors import InvalidInputError, NodeError
from node.http.parameters import Query, read
from node.http.problems import HttpProblemError
from node.http.routes import POST, Route
from node.tokens import revoke, tokens
from node.web.site import HTML

from .gate import Gate, Here, for_operators


class Access:
    """Shows who may write, and takes it away."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @for_operators
    async def page(self, here: Here) -> web.Response:
        """Show who may write here."""
        read(here.request, Query)
        return await asyncio.to_thread(self._page, here, None)

    @for_operators
    async def decide(self, here: Here) -> web.Response:
        """Let somebody write no more, or sign in again."""
        try:
            await asyncio.to_thread(self._decide, here)
        except NodeError as error:
            return await asyncio.to_thread(self._page, here, error)
        return self.gate.lead(here, "/access")

    def _decide(self, here: Here) -> None:
        home, name, actor = self.gate.home, here.sent.text("name"), here.account.actor
        match here.sent.text("do"):
            case "revoke":
                revoke(home, name, actor)
            case "disable":
                if name == here.account.name:
                    hint = "another operator can do that, or `fedcat account disable`"
                    raise InvalidInputError("this is the account that you are signed in with", hint=hint)
                disable(home, name, actor)
            case "enable":
                enable(home, name, actor)
            case _:
                raise HttpProblemError(400, "there is nothing of this name to do")

    def _page(self, here: Here, error: NodeError | None) -> web.Response:
        home = self.gate.home
        values: dict[str, Any] = {
            "accounts": accounts(home),
            "operators": home.config.desk.operators,
            "tokens": tokens(home),
            "when": moment,
            "now": home.now(),
            "error": error,
        }
        status = 200 if error is None else 422
        return self.gate.page(here, "access", values, status=status, command="fedcat token revoke NAME")


PAGES: Final = (
    Route("/admin/access", Access.page, HTML, problems=(403,), statuses=(200, 303)),
    Route(
        "/admin/access",
        Access.decide,
        HTML,
        problems=(400, 403, 408, 413, 415),
        statuses=(303, 422),
        method=POST,
    ),
)
"""What is shown here, in each language."""
