"""Errors become small documents, by one table."""

import io
import json
from collections.abc import Callable

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from node import observe
from node.errors import (
    AmbiguousError,
    ConfigError,
    EditConflictError,
    InvalidInputError,
    LockedError,
    NotClearedError,
    NotFoundError,
)
from node.http.problems import HttpProblemError, problems
from protocol.errors import MalformedError
from tests.command import Terminal


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("entry x"), 404),
        (AmbiguousError("0011", ("a", "b")), 409),
        (EditConflictError(bytes(16), 1, 2), 409),
        (InvalidInputError("no"), 400),
        (MalformedError("note", "no"), 400),
        (LockedError("the index"), 503),
        (NotClearedError("o", "not yet"), 503),
        (ConfigError("config.toml", "address", "is secret"), 500),
        (HttpProblemError(410, "gone", {"X-Note": "1"}), 410),
        (web.HTTPMethodNotAllowed("POST", ["GET"]), 405),
        (web.HTTPForbidden(), 403),
        (ZeroDivisionError("secret"), 500),
    ],
)
async def test_every_error_has_its_status(error: Exception, status: int) -> None:
    async def fail(_: web.Request) -> web.StreamResponse:
        raise error

    app = web.Application(middlewares=[problems])
    app.router.add_get("/", fail)
    out = io.StringIO()
    observe.set_up(stream=out)
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession() as client,
        client.get(server.make_url("/")) as response,
    ):
        assert response.status == status
        assert response.headers["Content-Type"] == "application/problem+json"
        document = json.loads(await response.read())
    structlog.reset_defaults()
    assert set(document) == {"type", "title", "status", "detail"}
    assert document["status"] == status
    assert "secret" not in document["detail"]
    assert ("request failed" in out.getvalue()) == (status == 500)
    assert ("Retry-After" in response.headers) == (status == 503)
    if status == 405:
        assert response.headers["Allow"] == "GET"
    if status == 410:
        assert response.headers["X-Note"] == "1"
        assert str(error) == "410: gone"


@pytest.mark.parametrize(("stream", "reads"), [(io.StringIO, json.loads), (Terminal, str)])
def test_lines_are_for_machines_unless_a_person_watches(
    stream: Callable[[], io.StringIO], reads: Callable[[str], object]
) -> None:
    out = stream()
    observe.set_up(level="warning", stream=out)
    observe.log().info("quiet")
    observe.log().bind(origin="o").warning("loud", new=3)
    structlog.reset_defaults()
    (line,) = out.getvalue().splitlines()
    document = reads(line)
    if isinstance(document, dict):
        assert (document["event"], document["level"], document["origin"], document["new"]) == (
            "loud",
            "warning",
            "o",
            3,
        )
        assert document["timestamp"].endswith("Z")
    else:
        assert "loud" in line


def test_stderr_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    observe.set_up()
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        observe.log().error("failed", exc_info=True)
    structlog.reset_defaults()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "ZeroDivisionError" in json.loads(captured.err)["exception"]


class Gone(io.StringIO):
    """A pipe whose reader went away."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(text)

    def flush(self) -> None:
        raise BrokenPipeError


def test_a_log_that_nobody_takes_stops_nothing() -> None:
    try:
        observe.set_up(stream=Gone())
        observe.log().error("nobody reads this")
    finally:
        structlog.reset_defaults()
