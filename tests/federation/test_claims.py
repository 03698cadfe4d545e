"""The file that lists who speaks for a domain or a repository: how it is read and where it is fetched."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.claims import (
    MAX_LINES,
    PublishersFile,
    domain_urls,
    parse_publishers,
    read_domain,
    read_repository,
    repository_files,
    repository_root,
)
from federation.faults import FaultError, FaultKind
from federation.fetch import Fetcher
from federation.limits import Limits
from tests.claims_server import PLACE, ClaimsServer, Rerouted, line

FINGERPRINT = "3f" * 32
ORIGIN = "directory.oslo.example/log/oslo/1"
LIMITS = Limits(rate_seconds=0.5, answer_seconds=1.0, total_seconds=3.0)

names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}", fullmatch=True)
origins = st.builds(
    lambda host, name, epoch: f"{host}a.example/log/{name}/{epoch}", names, names, st.integers(1, 99)
)
fingerprints = st.binary(min_size=32, max_size=32).map(bytes.hex)


# -- reading ------------------------------------------------------------------------------------------


def test_a_file_with_comments_and_empty_lines() -> None:
    found = parse_publishers(
        b"\xef\xbb\xbf# who speaks for oslo.example \xff\r\n\r\n"
        + f"  {FINGERPRINT}\t {ORIGIN} \r\n#\n   \n{'ab' * 32} city.example/log/works/2".encode()
    )
    assert found == PublishersFile(
        frozenset({(FINGERPRINT, ORIGIN), ("ab" * 32, "city.example/log/works/2")})
    )
    assert found.lists(FINGERPRINT, ORIGIN)


def test_fingerprint_and_origin_must_stand_in_one_line() -> None:
    found = parse_publishers(line(FINGERPRINT, "city.example/log/works/2") + line("ab" * 32, ORIGIN))
    assert not found.lists(FINGERPRINT, ORIGIN)
    assert not found.lists("ab" * 32, "city.example/log/works/2")
    assert not found.skipped


@pytest.mark.parametrize(
    "bad",
    [
        b"nonsense",
        FINGERPRINT.encode(),
        ORIGIN.encode(),
        FINGERPRINT.upper().encode() + b" " + ORIGIN.encode(),
        FINGERPRINT[:-1].encode() + b" " + ORIGIN.encode(),
        FINGERPRINT.encode() + b" https://" + ORIGIN.encode(),
        FINGERPRINT.encode() + b" " + ORIGIN.upper().encode(),
        FINGERPRINT.encode() + b" " + ORIGIN.encode() + b" # ours",
        FINGERPRINT.encode() + b"\x0b" + ORIGIN.encode(),
        FINGERPRINT.encode() + b" directory.\xc3\xb8slo.example/log/oslo/1",
        b"<!doctype html>",
    ],
)
def test_a_bad_line_spoils_nothing_but_itself(bad: bytes) -> None:
    found = parse_publishers(b"# first\n" + bad + b"\n" + line("ab" * 32, ORIGIN))
    assert found.publishers == {("ab" * 32, ORIGIN)}
    (skipped,) = found.skipped
    assert skipped.line == 2
    assert str(skipped).startswith("line 2 is skipped: ")


def test_lines_beyond_the_limit_are_not_read() -> None:
    whole = b"\n" * (MAX_LINES - 1) + line(FINGERPRINT, ORIGIN)
    assert parse_publishers(whole + b"\n \n").lists(FINGERPRINT, ORIGIN)
    assert not parse_publishers(whole).skipped
    found = parse_publishers(b"\n" + whole)
    assert not found.publishers
    assert [skipped.line for skipped in found.skipped] == [MAX_LINES + 1]


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=200)
def test_any_bytes_are_a_file(data: bytes) -> None:
    found = parse_publishers(data)
    assert len(found.publishers) + len(found.skipped) <= data.count(b"\n") + 1


@given(st.lists(st.tuples(fingerprints, origins), max_size=8), st.binary(max_size=80), st.randoms())
@settings(deadline=None, max_examples=100)
def test_what_is_listed_is_found_beside_anything_else(
    listed: list[tuple[str, str]], junk: bytes, dice: random.Random
) -> None:
    lines = [line(*each) for each in listed]
    lines.insert(dice.randint(0, len(lines)), junk.replace(b"\n", b" ") + b"\n")
    assert parse_publishers(b"".join(lines)).publishers >= set(listed)


# -- where it is --------------------------------------------------------------------------------------


def test_a_domain_is_asked_over_https_alone() -> None:
    place = "https://oslo.example/.well-known/fedcat-publishers"
    assert domain_urls("oslo.example") == (place,)
    assert domain_urls("oslo.example", allow_private=True) == (place,)
    assert domain_urls("intranet", allow_private=True) == ("https://intranet/.well-known/fedcat-publishers",)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1:8401", "[fd00::1]:8401", "[::1]"])
def test_a_literal_address_is_asked_where_that_is_configured(address: str) -> None:
    assert domain_urls(address, allow_private=True) == (
        f"https://{address}/.well-known/fedcat-publishers",
        f"http://{address}/.well-known/fedcat-publishers",
    )
    with pytest.raises(FaultError):
        domain_urls(address)


@pytest.mark.parametrize("is_private", [True, False])
@pytest.mark.parametrize(
    "domain",
    [
        "",
        ".",
        "Oslo.example",
        "oslo.example.",
        "oslo.example/x",
        "oslo.example:443",
        "https://oslo.example",
        "user@oslo.example",
        "øslo.example",
        "127.1",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
        "oslo example",
        "a." * 130 + "example",
        "oslo.example?x",
        "oslo.example#x",
    ],
)
def test_what_is_no_domain(domain: str, is_private: bool) -> None:
    with pytest.raises(FaultError) as caught:
        domain_urls(domain, allow_private=is_private)
    assert caught.value.fault.kind is FaultKind.MALFORMED


@pytest.mark.parametrize(
    ("repository", "place"),
    [
        ("github.com/oslo/budget", "https://raw.githubusercontent.com/oslo/budget/HEAD/fedcat-publishers"),
        ("bitbucket.org/oslo/budget", "https://bitbucket.org/oslo/budget/raw/HEAD/fedcat-publishers"),
        ("gitlab.com/oslo/it/budget", "https://gitlab.com/oslo/it/budget/-/raw/HEAD/fedcat-publishers"),
        ("gitlab.oslo.example/it/a.b", "https://gitlab.oslo.example/it/a.b/-/raw/HEAD/fedcat-publishers"),
        ("framagit.org/oslo/budget", "https://framagit.org/oslo/budget/-/raw/HEAD/fedcat-publishers"),
        ("codeberg.org/oslo/budget", "https://codeberg.org/api/v1/repos/oslo/budget/raw/fedcat-publishers"),
        ("gitea.x.example/o/r", "https://gitea.x.example/api/v1/repos/o/r/raw/fedcat-publishers"),
        ("forgejo.x.example/o/r", "https://forgejo.x.example/api/v1/repos/o/r/raw/fedcat-publishers"),
    ],
)
def test_where_forges_serve_a_file(repository: str, place: str) -> None:
    assert repository_files(repository) == (place,)


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "github.com",
        "github.com/oslo",
        "github.com/oslo/budget/tree",
        "github.com/oslo/..",
        "github.com//budget",
        "github.com/oslo/bud get",
        "github.com/oslo/budget?x",
        "github.com/oslo/%2e%2e",
        "gitlab.com/oslo/budget/-/tree",
        "gitlab.com/" + "/".join("a" * 23),
        "sourceforge.net/projects/budget",
        "oslo.example/budget/x",
        "notgitlab.example/a/b",
        "gitlab.x.example:8443/a/b",
        "GitHub.com/a/b",
    ],
)
def test_no_question_is_made_up_for_anything_else(repository: str) -> None:
    assert repository_files(repository) == ()


def test_a_part_of_a_repository_belongs_to_it() -> None:
    assert repository_root("github.com/oslo/budget/plugins/maps") == "github.com/oslo/budget"
    for whole in ("github.com/oslo/budget", "gitlab.com/oslo/it/budget", "oslo.example/a/b/c", "github.com"):
        assert repository_root(whole) == whole


# -- fetching -----------------------------------------------------------------------------------------


@pytest.fixture
async def server() -> AsyncIterator[ClaimsServer]:
    async with ClaimsServer() as made:
        yield made


async def of_domain(server: ClaimsServer, *, private: bool = True) -> PublishersFile | None:
    async with Fetcher(LIMITS, allow_private=True) as fetch:
        return await read_domain(fetch, server.domain, allow_private=private, limits=LIMITS)


async def test_a_domain_s_file_is_read(server: ClaimsServer) -> None:
    server.files[PLACE] = line(FINGERPRINT, ORIGIN)
    found = await of_domain(server)
    assert found is not None
    assert found.lists(FINGERPRINT, ORIGIN)
    assert not found.lists("ab" * 32, ORIGIN)
    assert server.asked == [PLACE]


async def test_no_file_lists_nobody_and_says_nothing_else(server: ClaimsServer) -> None:
    assert await of_domain(server) is None


async def test_a_private_address_is_not_asked_unless_configured(server: ClaimsServer) -> None:
    with pytest.raises(FaultError, match="not a public domain name"):
        await of_domain(server, private=False)
    assert not server.asked


async def test_a_redirect_to_another_host_is_refused(server: ClaimsServer) -> None:
    async def away(request: web.Request) -> web.Response:
        other = str(request.url).replace("127.0.0.1", "localhost")
        return web.Response(status=302, headers={"Location": other})

    server.handlers[PLACE] = away
    with pytest.raises(FaultError, match="redirects to another origin"):
        await of_domain(server)
    assert server.asked == [PLACE]


async def test_a_redirect_within_the_host_is_followed(server: ClaimsServer) -> None:
    async def aside(_: web.Request) -> web.Response:
        return web.Response(status=301, headers={"Location": "/publishers.txt"})

    server.handlers[PLACE] = aside
    server.files["/publishers.txt"] = line(FINGERPRINT, ORIGIN)
    found = await of_domain(server)
    assert found is not None
    assert found.lists(FINGERPRINT, ORIGIN)


async def test_a_hundred_megabytes_are_not_read(server: ClaimsServer) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        chunk = line(FINGERPRINT, ORIGIN) * 1_000
        while sent < 100_000_000:
            await response.write(chunk)
            sent += len(chunk)
        return response

    server.handlers[PLACE] = endless
    with pytest.raises(FaultError) as caught:
        await of_domain(server)
    assert caught.value.fault.kind is FaultKind.OVER_LIMIT
    assert sent < 20_000_000


async def test_a_server_in_trouble_says_nothing(server: ClaimsServer) -> None:
    async def trouble(_: web.Request) -> web.Response:
        return web.Response(status=503)

    server.handlers[PLACE] = trouble
    with pytest.raises(FaultError, match="answers with status 503") as caught:
        await of_domain(server)
    assert caught.value.fault.kind is FaultKind.UNREACHABLE


async def test_a_repository_s_file_is_read(server: ClaimsServer) -> None:
    server.files["/raw.githubusercontent.com/oslo/budget/HEAD/fedcat-publishers"] = line(FINGERPRINT, ORIGIN)
    async with Fetcher(LIMITS, allow_private=True) as fetch:
        forge = Rerouted(fetch, server)
        found = await read_repository(forge, "github.com/oslo/budget", limits=LIMITS)
        assert found is not None
        assert found.lists(FINGERPRINT, ORIGIN)
        assert await read_repository(forge, "github.com/oslo/other", limits=LIMITS) is None
        count = len(server.asked)
        assert await read_repository(forge, "unknown.example/oslo/budget", limits=LIMITS) is None
        assert len(server.asked) == count


async def test_a_forge_does_not_send_us_elsewhere(server: ClaimsServer) -> None:
    async def away(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "https://media.example/fedcat-publishers"})

    server.handlers["/gitlab.com/oslo/budget/-/raw/HEAD/fedcat-publishers"] = away
    async with Fetcher(LIMITS, allow_private=True) as fetch:
        with pytest.raises(FaultError, match="redirects to another origin"):
            await read_repository(Rerouted(fetch, server), "gitlab.com/oslo/budget", limits=LIMITS)
