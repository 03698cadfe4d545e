"""Reading publiccode.yml from files, folders and URLs: what is no such file is one line of the report."""

import asyncio
import os
from pathlib import Path

from federation.faults import Fault, FaultError, FaultKind
from federation.response import Response
from node.interop.making import Occasion
from node.interop.publiccode import read_publiccode
from node.interop.record import Record
from tests.e2e.processes import publiccode

TOOL = publiccode("medusa", 1)


class Web:
    """A web in memory."""

    async def get(self, url: str, *, limit: int, **_: object) -> Response:
        if url.endswith("down.yml"):
            raise FaultError(Fault(FaultKind.UNREACHABLE, url, "no answer"))
        if url.endswith("gone.yml"):
            return Response(404)
        return Response(200, body=TOOL.encode()[:limit])


async def read(*places: str, fetch: Web | None = None) -> dict[str, Record]:
    return {each.place: each async for each in read_publiccode(places, Occasion("2026-11-21"), fetch=fetch)}


async def test_what_no_file_can_be_is_one_line_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    (tmp_path / "good.yml").write_text("publiccodeYmlVersion: '0.4'\nname: Good\n")
    os.mkfifo(tmp_path / "pipe.yml")
    (tmp_path / "loop.yml").symlink_to("loop.yml")
    (tmp_path / "away.yml").symlink_to("nowhere")
    long = "n" * 300
    async with asyncio.timeout(10):
        found = [each async for each in read_publiccode([str(tmp_path), long], Occasion("2026-11-21"))]
    assert {each.place: each.rejection.partition(";")[0] for each in found} == {
        "away.yml": "no such file or directory",
        "good.yml": "",
        "loop.yml": "too many levels of symbolic links",
        "pipe.yml": "it is no regular file",
        long: "file name too long",
    }


async def test_folders_files_and_urls(tmp_path: Path) -> None:
    (tmp_path / "a" / ".git").mkdir(parents=True)
    (tmp_path / "a" / ".git" / "hidden.yml").write_text(TOOL)
    (tmp_path / "a" / "one.yml").write_text(TOOL)
    (tmp_path / "a" / "two.YAML").write_text(TOOL)
    (tmp_path / "a" / "readme.md").write_text("x")
    (tmp_path / "broken.yml").write_text("a: [")
    (tmp_path / "large.yml").write_bytes(b"x" * 5_000_000)
    (tmp_path / "bidi\u202e.yml").write_text(TOOL)
    (tmp_path / "none").mkdir()
    found = await read(
        str(tmp_path),
        str(tmp_path / "a" / "one.yml"),
        str(tmp_path / "none"),
        str(tmp_path / "missing.yml"),
        "https://example.org/publiccode.yml",
        "https://example.org/down.yml",
        "https://example.org/gone.yml",
        fetch=Web(),
    )
    assert {place for place, each in found.items() if each.payload} == {
        "a/one.yml", "a/two.YAML", "one.yml", "https://example.org/publiccode.yml",
    }  # fmt: skip
    assert "5,000,000 bytes" in found["large.yml"].rejection
    assert "file name" in found["bidi\\u202e.yml"].rejection
    assert "no .yml or .yaml file" in found["none"].rejection
    assert "no such file" in found["missing.yml"].rejection
    assert "unreachable" in found["https://example.org/down.yml"].rejection
    assert "404" in found["https://example.org/gone.yml"].rejection
    from_web = found["https://example.org/publiccode.yml"].payload
    assert from_web is not None
    assert from_web["source"]["url"] == "https://example.org/publiccode.yml"
    assert "path" not in from_web["source"]
    for each in found.values():
        assert str(tmp_path) not in str(each.payload)


async def test_without_a_fetcher_urls_are_rejected() -> None:
    found = await read("https://example.org/publiccode.yml")
    assert "fetched" in found["https://example.org/publiccode.yml"].rejection
