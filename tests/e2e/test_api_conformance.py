"""Generated requests to a live node: nothing fails on its side, and every answer is as its document says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from node.app import API, make_app
from node.http.openapi import described
from node.own.clearance import grant
from node.tokens import SCOPES, create
from tests.node_world import NodeWorld, node_world
from tests.publisher import Publisher, entry

pytestmark = pytest.mark.slow


class Live:
    """A served node in a thread of its own, and a token of it."""

    def __init__(self, world: NodeWorld) -> None:
        self.home = world.found()
        self.origin = world.origin()
        grant(self.home, self.origin)
        self.token, _ = create(self.home, self.origin, "all", SCOPES, until=None, actor="ada")
        other = Publisher(self.home, "a.example/log/parks/1", own=False)
        self.ids = [other.put(entry({"en": f"Tree {number}", "fr": "Arbre"})) for number in range(3)]
        other.put({"type": "profile", "v": 1, "name": {"en": "Parks"}})
        other.publish()
        other.put(entry("Tree again"), self.ids[0])
        other.withdraw(self.ids[1])
        other.publish()
        self.names = [
            self.origin,
            other.origin,
            *(f"{other.origin}/e/{id_.hex()}" for id_ in self.ids),
            self.ids[0].hex(),
            "127.0.0.1:8401",
        ]
        self._loop = asyncio.new_event_loop()
        self._server = TestServer(make_app(self.home))
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._run(self._server.start_server())
        self.url = f"http://{self._server.host}:{self._server.port}"

    def close(self) -> None:
        self._run(self._server.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Any) -> None:  # noqa: ANN401 - any coroutine
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    path: Path = tmp_path_factory.mktemp("live")
    with pytest.MonkeyPatch.context() as patch, node_world(path) as world:
        patch.setenv("FEDCAT_LOCK_DIR", str(path / "locks"))
        patch.setattr("node.http.statements.BURST", 10_000)
        found = Live(world)
        yield found
        found.close()


OPERATIONS = [(route.method, route.path) for route in API]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_generated_requests_are_answered_as_described(live: Live, method: str, path: str) -> None:
    schema = schemathesis.openapi.from_dict(described(API, ""))
    schema.config.base_url = live.url
    operation = schema[path][method]
    named = st.sampled_from(live.names)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(), name=named, is_named=st.booleans())
    def ask(case: Any, name: str, is_named: bool) -> None:  # noqa: ANN401
        if is_named:
            case.path_parameters = dict.fromkeys(case.path_parameters or {}, name)
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {live.token}"}
        response = case.call(allow_redirects=False)
        assert response.status_code < 500, response.text
        # Cursors and names of things are texts, of which few mean something: most are refused, and rightly.
        case.validate_response(response, excluded_checks=[positive_data_acceptance])

    ask()
