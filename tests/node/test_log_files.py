"""Every log as plain files, over a real server."""

import asyncio
import gzip
import hashlib
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import structlog
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from node.app import make_app
from node.home import Home
from node.http.caching import Memory, UnsatisfiableError, accepts_gzip, byte_range, is_current
from node.observe import set_up
from node.store.files import Flock
from protocol.keyset import KeyChain
from protocol.merkle import leaf_hash
from protocol.note import Note
from protocol.tiles import ENTRY, WIDTH, split_bundle, split_content
from tests.publisher import Publisher, entry, open_home

ORIGIN = "127.0.0.1:8401/log/city/1"
OTHER = "other.example/files/log/parks/1"


@dataclass
class Served:
    """A node that is served, and a client."""

    home: Home
    server: TestServer
    client: aiohttp.ClientSession

    async def get(self, path: str, method: str = "GET", **headers: str) -> aiohttp.ClientResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://{self.server.host}:{self.server.port}{path}"
        response = await self.client.request(method, URL(url, encoded=True), headers=named)
        await response.read()
        return response

    async def raw(self, request: str) -> bytes:
        reader, writer = await asyncio.open_connection(self.server.host, self.server.port)
        writer.write(request.encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    home = open_home(tmp_path / "home")
    server = TestServer(make_app(home))
    await server.start_server()
    client = aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding", "Accept"])
    yield Served(home, server, client)
    await client.close()
    await server.close()
    home.close()


def mirror(origin: str) -> str:
    return f"/mirror/{hashlib.sha256(origin.encode()).hexdigest()}"


@pytest.mark.parametrize("own", [True, False])
async def test_the_checkpoint_is_the_visible_note(served: Served, own: bool) -> None:
    publisher = Publisher(served.home, ORIGIN, own=own)
    publisher.put(entry("One"))
    size = publisher.publish()
    response = await served.get(f"{mirror(ORIGIN)}/checkpoint")
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    note = Note.parse(await response.read())
    assert publisher.chain.open_checkpoint(note).size == size
    assert len(note.signatures) == 3
    unchanged = await served.get(f"{mirror(ORIGIN)}/checkpoint", If_None_Match=response.headers["ETag"])
    assert unchanged.status == 304
    assert await unchanged.read() == b""
    # One that moved away is served on at its old address, where its followers learn of it.
    assert (await served.get("/log/city/1/checkpoint")).status == 200
    Publisher(served.home, "other.example/log/town/1", own=False).publish()
    assert (await served.get("/log/town/1/checkpoint")).status == 404


async def test_a_log_without_a_visible_checkpoint_has_none(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN)
    publisher.publish(signed=False)
    assert (await served.get(f"{mirror(ORIGIN)}/checkpoint")).status == 404


async def test_a_poll_without_news_is_small(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN)
    publisher.publish()
    etag = (await served.get("/log/city/1/checkpoint")).headers["ETag"]
    head = f"GET /log/city/1/checkpoint HTTP/1.1\r\nHost: x\r\nIf-None-Match: {etag}\r\n"
    answer = await served.raw(f"{head}Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 304 ")
    assert len(answer) < 250
    lower = answer.lower()
    assert b"server:" not in lower
    assert b"content-" not in lower


async def test_tiles_and_bundles_of_every_width_that_was(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN)
    for number in range(299):
        publisher.put(entry(f"Entry {number}"))
    assert publisher.publish() == 300
    hashes: list[bytes] = []
    for path, width in (
        ("tile/entries/000", 256),
        ("tile/entries/001.p/44", 44),
        ("tile/entries/001.p/3", 3),
    ):
        response = await served.get(f"/log/city/1/{path}")
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["Cache-Control"] == "public, max-age=604800, immutable"
        leaves = split_bundle(await response.read(), width)
        hashes += [leaf_hash(leaf) for leaf in leaves] if width != 3 else []
    for path, expected in (
        ("tile/0/000", hashes[:256]),
        ("tile/0/000.p/255", hashes[:255]),
        ("tile/0/001.p/44", hashes[256:]),
        ("tile/0/001.p/1", hashes[256:257]),
    ):
        for _ in range(2):
            response = await served.get(f"{mirror(ORIGIN)}/{path}")
            assert await response.read() == b"".join(expected)
    assert len(await (await served.get(f"{mirror(ORIGIN)}/tile/1/000.p/1")).read()) == 32
    for path in (
        "tile/0/001",
        "tile/0/001.p/45",
        "tile/entries/001",
        "tile/1/000.p/2",
        "tile/2/000.p/1",
        "tile/63/000",
    ):
        assert (await served.get(f"{mirror(ORIGIN)}/{path}")).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "checkpoint/",
        "checkpoint?",
        "checkpoint?x=1",
        "/checkpoint",
        "checkpoin%74",
        "./checkpoint",
        "tile/00/000.p/1",
        "tile/0/0.p/1",
        "tile/0/x000/000.p/1",
        "tile/0/000.p/01",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/64/000",
        "tile/entries/000.p/1/",
        "content/0",
        "content/x000/000",
        "content/001",
        "blob/01",
        "blob/-1",
        "blob/99",
        "blob/",
        "keys/0",
        "keys/01",
        "keys/2",
        "nothing",
        "",
    ],
)
async def test_every_file_has_one_spelling(served: Served, path: str) -> None:
    publisher = Publisher(served.home, ORIGIN)
    publisher.put(entry("One"))
    publisher.publish()
    for prefix in ("/log/city/1", mirror(ORIGIN)):
        answer = await served.raw(f"GET {prefix}/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 404 "), answer
        assert b"application/problem+json" in answer
        assert b'"status":404' in answer


@pytest.mark.parametrize(
    "path", ["//", "/mirror/" + "0" * 64 + "/checkpoint", "/log/none/1/checkpoint", "/log/A/1/x"]
)
async def test_what_is_not_carried_is_not_there(served: Served, path: str) -> None:
    Publisher(served.home, ORIGIN).publish()
    response = await served.get(path)
    assert response.status == 404
    assert (await response.json(content_type="application/problem+json"))["title"] == "Not Found"


async def test_upper_case_hashes_are_another_path(served: Served) -> None:
    Publisher(served.home, ORIGIN).publish()
    assert (
        await served.get(mirror(ORIGIN).upper().replace("MIRROR", "mirror") + "/checkpoint")
    ).status == 404


async def test_the_tail_of_a_bundle_is_one_range(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN)
    for number in range(9):
        publisher.put(entry(f"Entry {number}"))
    publisher.publish()
    path = f"{mirror(ORIGIN)}/tile/entries/000.p/10"
    whole = await (await served.get(path)).read()
    assert len(whole) == 10 * ENTRY
    for header, start, end in (
        ("bytes=594-", 594, 660),
        ("bytes=0-0", 0, 1),
        ("bytes=65-66", 65, 67),
        ("bytes=100-9999", 100, 660),
        ("bytes=-70", 590, 660),
        ("bytes=-9999", 0, 660),
    ):
        response = await served.get(path, Range=header)
        assert response.status == 206
        assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/660"
        assert await response.read() == whole[start:end]
    for header in ("bytes=660-", "bytes=-0", "bytes=700-800"):
        response = await served.get(path, Range=header)
        assert response.status == 416
        assert response.headers["Content-Range"] == "bytes */660"
    for header in ("bytes=0-1,3-4", "items=0-1", "bytes=5-1", "bytes=-", "bytes=x-"):
        response = await served.get(path, Range=header)
        assert (response.status, await response.read()) == (200, whole)
    assert (await served.get(path, Range="bytes=0-1", If_Range='"x"')).status == 200
    assert (await served.get(path, "HEAD", Range="bytes=0-1")).status == 200
    assert (await served.get(f"{mirror(ORIGIN)}/tile/0/000.p/10", Range="bytes=0-1")).status == 200


async def test_a_bundle_is_packed_for_whoever_takes_gzip(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN)
    for number in range(WIDTH):
        publisher.put(entry(f"Entry {number}"))
    publisher.publish()
    for name, width in (("000", WIDTH), ("000.p/9", 9), ("001.p/1", 1)):
        path = f"{mirror(ORIGIN)}/tile/entries/{name}"
        plain = await served.get(path)
        body = await plain.read()
        assert len(body) == width * ENTRY
        assert "Content-Encoding" not in plain.headers
        for _ in range(2):
            packed = await served.get(path, Accept_Encoding="gzip, identity")
            assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
            is_packed = packed.headers.get("Content-Encoding") == "gzip"
            assert is_packed == (width > 1)
            found = await packed.read()
            assert (gzip.decompress(found) if is_packed else found) == body
            assert len(found) < len(body) or width == 1
        # A part of what is packed would be no part of the file.
        part = await served.get(path, Accept_Encoding="gzip", Range="bytes=0-65")
        assert (part.status, await part.read()) == (206, body[:66])
        assert "Content-Encoding" not in part.headers
    tile = await served.get(f"{mirror(ORIGIN)}/tile/0/000", Accept_Encoding="gzip")
    assert "Content-Encoding" not in tile.headers


async def test_content_is_stored_gzip_as_long_as_all_of_it_is_current(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN)
    first = publisher.put(entry("One"))
    second = publisher.put(entry("Two"))
    publisher.publish()
    path = f"{mirror(ORIGIN)}/content/000"
    packed = await served.get(path, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Cache-Control"] == "public, max-age=300"
    assert packed.headers["Vary"] == "Accept-Encoding"
    plain = await served.get(path, Accept_Encoding="identity")
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert gzip.decompress(await packed.read()) == await plain.read()
    assert (
        await served.get(path, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
    ).status == 304
    assert (await served.get(path, If_None_Match=f"W/{plain.headers['ETag']}")).status == 304

    publisher.put(entry("Two again"), second)
    publisher.erase(first)
    publisher.publish()
    lengths = [publisher.store.leaf(index).length for index in range(5)]
    blobs = split_content(await (await served.get(path)).read(), lengths, 5)
    assert [index for index, blob in enumerate(blobs) if blob] == [3]
    assert (await served.get(f"{mirror(ORIGIN)}/blob/1")).status == 410
    assert (await served.get(f"{mirror(ORIGIN)}/blob/2")).status == 200
    assert (await served.get(f"{mirror(ORIGIN)}/blob/0")).status == 404
    blob = await served.get(f"{mirror(ORIGIN)}/blob/3")
    assert await blob.read() == blobs[3]
    assert (await served.get(f"{mirror(ORIGIN)}/blob/3", If_None_Match=blob.headers["ETag"])).status == 304


def damage(path: Path, at: int = 20) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x40
    path.write_bytes(data)


@pytest.mark.parametrize("own", [True, False])
async def test_a_damaged_file_is_not_here_and_named_in_the_log(
    served: Served, own: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up()
    publisher = Publisher(served.home, ORIGIN, own=own)
    publisher.put(entry("One"))
    kept = publisher.put(entry("Two"))
    publisher.erase(publisher.put(entry("Three")))
    publisher.publish()
    content = publisher.store.content_files.directory / "0.gz"
    blobs = publisher.store.read_blobs(0)
    for path in ("content/000", "blob/1"):
        damage(content)
        response = await served.get(f"{mirror(ORIGIN)}/{path}", Accept_Encoding="gzip")
        assert response.status == 404
        assert response.headers["Content-Type"] == "application/problem+json"
        line = json.loads(capsys.readouterr().err.splitlines()[-1])
        assert (line["level"], line["origin"], line["file"]) == ("error" if own else "warning", ORIGIN, path)
        assert "does not unpack" in line["reason"]
        again = await served.get(f"{mirror(ORIGIN)}/{path}", Accept_Encoding="gzip")
        if own:
            # Said once, and nothing is given up that only we may have.
            assert again.status == 404
            assert capsys.readouterr().err == ""
            damage(content)
        else:
            assert publisher.store.held().withheld == (1, publisher.index(kept))
            assert not content.exists()
            publisher.store.stage_blobs(0, blobs)
            publisher.store.release()
    structlog.reset_defaults()


async def test_a_writer_at_work_is_not_disturbed_by_damage(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN, own=False)
    publisher.put(entry("One"))
    publisher.publish()
    content = publisher.store.content_files.directory / "0.gz"
    assert not publisher.store.give_up_content(0)
    damage(content)
    writer = Flock(content.parent.parent / "writer")
    with writer.held("the log"):
        assert (await served.get(f"{mirror(ORIGIN)}/blob/1")).status == 404
    assert content.exists()
    assert publisher.store.held().withheld == ()
    assert publisher.store.give_up_content(0)


async def test_a_whole_bundle_is_served_as_it_is_stored(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN)
    ids = [publisher.put(entry(f"Entry {number}")) for number in range(255)]
    assert publisher.publish() == 256
    content = publisher.store.content_files.directory / "0.gz"
    damage(content)
    path = f"{mirror(ORIGIN)}/content/000"
    packed = await served.get(path, Accept_Encoding="gzip")
    assert await packed.read() == content.read_bytes()
    assert (await served.get(path, Accept_Encoding="identity")).status == 404
    damage(content)
    publisher.withdraw(ids[0])
    publisher.publish()
    filtered = gzip.decompress(await (await served.get(path, Accept_Encoding="gzip")).read())
    lengths = [publisher.store.leaf(index).length for index in range(256)]
    assert [index for index, blob in enumerate(split_content(filtered, lengths, 256)) if blob] == [
        *range(2, 256)
    ]


async def test_a_tree_file_that_ends_early_is_not_here(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN)
    for number in range(255):
        publisher.put(entry(f"Entry {number}"))
    publisher.publish()
    directory = publisher.store.content_files.directory.parent
    for name, path in (("entries", "tile/entries/000"), ("hashes.0", "tile/0/000")):
        os.truncate(directory / name, 1000)
        assert (await served.get(f"{mirror(ORIGIN)}/{path}")).status == 404
        assert (await served.get(f"{mirror(ORIGIN)}/{path}.p/2")).status == 200
    assert (await served.get(f"{mirror(ORIGIN)}/tile/entries/000", Range="bytes=66-")).status == 404


async def test_what_is_not_here_yet_is_not_cached_as_such(served: Served) -> None:
    for path in ("/log/city/1/tile/0/000", "/nowhere", "/line%0abreak"):
        response = await served.get(path)
        assert response.status == 404
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Content-Type"] == "application/problem+json"


async def test_expectations_are_not_waited_for(served: Served) -> None:
    Publisher(served.home, ORIGIN).publish()
    for word in ("100-continue", "200-ok"):
        answer = await served.raw(
            f"GET /log/city/1/keys/1 HTTP/1.1\r\nHost: x\r\nExpect: {word}\r\nConnection: close\r\n\r\n"
        )
        assert answer.startswith(b"HTTP/1.1 200 ")


async def test_a_withheld_blob_is_not_here(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN)
    publisher.put(entry("One"), withheld=True)
    publisher.publish()
    assert (await served.get(f"{mirror(ORIGIN)}/blob/1")).status == 404
    assert (await served.get(f"{mirror(ORIGIN)}/content/000")).status == 200


async def test_key_sets_are_notes(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN)
    publisher.publish()
    response = await served.get("/log/city/1/keys/1")
    assert response.headers["Cache-Control"].endswith("immutable")
    chain = KeyChain.start(await response.read(), fingerprint=publisher.chain.fingerprint, origin=ORIGIN)
    assert chain.origin == ORIGIN


async def test_head_has_the_headers_and_no_body(served: Served) -> None:
    publisher = Publisher(served.home, ORIGIN)
    publisher.put(entry("One"))
    publisher.publish()
    for path in ("checkpoint", "tile/entries/000.p/2", "content/000", "blob/1", "keys/1", "nothing"):
        get = await served.get(f"/log/city/1/{path}")
        head = await served.get(f"/log/city/1/{path}", "HEAD")
        assert head.status == get.status
        assert await head.read() == b""
        for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control"):
            assert head.headers.get(name) == get.headers.get(name)


async def test_nothing_can_be_written(served: Served) -> None:
    Publisher(served.home, ORIGIN).publish()
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        for path in ("/log/city/1/checkpoint", "/api/v1/search", "/nothing"):
            response = await served.get(path, method)
            assert response.status == 405
            assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
            assert response.headers["Content-Type"] == "application/problem+json"


async def test_pages_of_any_site_may_read(served: Served) -> None:
    Publisher(served.home, ORIGIN).publish()
    response = await served.get("/log/city/1/checkpoint", Origin="https://reader.example")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in response.headers["Access-Control-Expose-Headers"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    preflight = await served.get("/log/city/1/checkpoint", "OPTIONS", Origin="https://reader.example")
    assert preflight.status == 204
    assert "If-None-Match" in preflight.headers["Access-Control-Allow-Headers"]


async def test_several_publishers_of_one_node_are_told_by_host(served: Served) -> None:
    publishers = {}
    for host in ("a.example", "b.example"):
        publishers[host] = Publisher(served.home, f"{host}/log/parks/1")
        publishers[host].publish()
    for host, publisher in publishers.items():
        response = await served.get("/log/parks/1/keys/1", Host=host)
        assert await response.read() == publisher.chain.notes[0]
    assert (await served.get("/log/parks/1/keys/1", Host="c.example")).status == 404
    assert (await served.get("/log/parks/1/keys/1", Host="UPPER")).status == 404
    one = Publisher(served.home, OTHER)
    one.publish()
    assert (await served.get("/files/log/parks/1/keys/1", Host="any.example")).status == 200


async def test_a_node_may_live_below_a_folder(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", address="http://127.0.0.1:8401/files")
    publisher = Publisher(home, "127.0.0.1:8401/files/log/city/1")
    publisher.publish()
    async with (
        TestServer(make_app(home)) as server,
        aiohttp.ClientSession(str(server.make_url("/"))) as client,
    ):
        for path, status in (
            ("/files/log/city/1/checkpoint", 200),
            (f"/files{mirror(publisher.origin)}/checkpoint", 200),
            (f"{mirror(publisher.origin)}/checkpoint", 404),
            ("/files/livez", 200),
            ("/livez", 404),
        ):
            async with client.get(path) as response:
                assert response.status == status, path
    home.close()


def test_the_memory_forgets_the_longest_unused() -> None:
    memory = Memory(10)
    memory.put("a", b"1234")
    memory.put("b", b"1234")
    assert memory.get("a") == b"1234"
    memory.put("c", b"1234")
    assert memory.get("b") is None
    assert memory.get("a") == b"1234"
    memory.put("a", b"12")
    memory.put("d", b"1234")
    assert memory.get("c") == b"1234"
    memory.put("e", b"12345678901")
    assert memory.get("e") is None


@pytest.mark.parametrize(
    ("header", "accepts"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("GZIP;q=0.5, br", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("br, *;q=1", True),
        ("gzip;q=0, *", False),
        ("identity", False),
        ("gzip;q=0.5, identity;q=1", False),
        ("gzip;q=1.0, identity;q=0.5", True),
        ("gzip, identity", True),
        ("identity;q=0", False),
        ("identity;q=0, *", True),
        ("gzip;q=nonsense", True),
    ],
)
def test_gzip_is_negotiated(header: str | None, accepts: bool) -> None:
    assert accepts_gzip(header) is accepts


def test_tags_are_compared_weakly() -> None:
    assert is_current('"a"', '"a"')
    assert is_current('"b", W/"a"', '"a"')
    assert is_current(" * ", '"a"')
    assert not is_current('"b"', '"a"')
    assert not is_current(None, '"a"')


@given(
    st.text(max_size=30) | st.from_regex(r"bytes=[0-9]{0,4}-[0-9]{0,4}", fullmatch=True), st.integers(1, 999)
)
def test_a_range_lies_within_the_body(header: str, length: int) -> None:
    try:
        found = byte_range(header, length)
    except UnsatisfiableError:
        return
    if found is not None:
        start, end = found
        assert 0 <= start < end <= length
