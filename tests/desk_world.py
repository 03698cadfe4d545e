"""A node with accounts, asked by browsers that keep cookies and send the forms that they were shown.

ada is an editor, bob an approver; their passwords are ``SECRET``, and cheap to compare.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from aiohttp import ClientResponse, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from node.app import make_app
from node.config import DeskConfig
from node.desk.accounts import APPROVER, EDITOR, Account, account, add
from node.desk.door import Door
from node.desk.passwords import Passwords
from node.own.clearance import grant
from tests.markup import Page
from tests.node_world import NodeWorld

CHEAP: Final = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
SECRET: Final = "correct horse battery staple"
SITE: Final = "http://127.0.0.1:8401"
HTML: Final = {"Accept": "text/html,application/xhtml+xml"}


@dataclass
class Answer:
    """What a browser was answered."""

    response: ClientResponse
    html: str

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self.response.headers

    @property
    def place(self) -> str:
        """Where it leads."""
        return self.response.headers.get("Location", "")

    @property
    def page(self) -> Page:
        return Page(self.html)

    @property
    def text(self) -> str:
        return " ".join(self.page.text_of("main"))

    @property
    def token(self) -> str:
        """Of the first form."""
        found = re.search(r'name="form" value="([^"]+)"', self.html)
        assert found is not None, self.html[-2_000:]
        return found[1]


class Browser:
    """Somebody's browser; it goes where it is led only when it is told to."""

    def __init__(self, client: TestClient[web.Request, web.Application]) -> None:
        self.client = client

    async def get(self, path: str, **headers: str) -> Answer:
        response = await self.client.get(path, headers={**HTML, **headers}, allow_redirects=False)
        return Answer(response, await response.text())

    async def post(self, path: str, data: Any, origin: str | None = SITE, **headers: str) -> Answer:  # noqa: ANN401
        sent = {**HTML, **headers} | ({} if origin is None else {"Origin": origin})
        response = await self.client.post(path, data=data, headers=sent, allow_redirects=False)
        return Answer(response, await response.text())

    async def send(self, path: str, data: Mapping[str, Any], **headers: str) -> Answer:
        """Send the form of a page, with what is typed into it."""
        shown = await self.get(path)
        assert shown.status == 200, (path, shown.status, shown.place)
        return await self.post(path, {"form": shown.token, **data}, **headers)

    async def sign_in(self, name: str = "ada", password: str = SECRET) -> Answer:
        return await self.send("/en/admin/sign-in", {"name": name, "password": password})

    def cookies(self) -> dict[str, str]:
        jar = self.client.session.cookie_jar
        return {each.key: each.value for each in jar}


class Desk:
    """A node that may sign, and its accounts."""

    def __init__(self, world: NodeWorld, stack: AsyncExitStack) -> None:
        self._stack, self.world = stack, world
        self.home, self.origin = world.found(), world.origin()
        grant(self.home, self.origin)
        for name, role in (("ada", EDITOR), ("bob", APPROVER)):
            code, _ = add(self.home, self.origin, name, role, "root")
            Door(self.home, CHEAP).choose_password(code, SECRET)
        self._server: TestServer | None = None

    def account(self, name: str = "ada") -> Account:
        return account(self.home, name)

    def configure(self, **desk: Any) -> None:  # noqa: ANN401 - any key
        self.home.config = replace(self.home.config, desk=DeskConfig(**desk))

    async def browser(self, *, anew: bool = False) -> Browser:
        """Open another browser; ``anew`` has the node begin to serve once more."""
        if self._server is None or anew:
            self._server = TestServer(make_app(self.home, CHEAP))
            await self._stack.enter_async_context(self._server)
        client = TestClient(self._server, cookie_jar=CookieJar(unsafe=True))
        await self._stack.enter_async_context(client)
        return Browser(client)

    async def signed_in(self, name: str = "ada") -> Browser:
        browser = await self.browser()
        answer = await browser.sign_in(name)
        assert answer.status == 303, answer.text
        return browser


@asynccontextmanager
async def desk_in(world: NodeWorld) -> AsyncIterator[Desk]:
    """Make a desk, and close its browsers at the end."""
    async with AsyncExitStack() as stack:
        yield Desk(world, stack)
