"""A draft from a repository, and many from a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web

from federation.faults import Fault, FaultError, FaultKind
from federation.fetch import Fetcher
from federation.response import Response
from node.desk.accounts import EDITOR, account, add
from node.desk.bulk import MOST_BYTES, keep_rows, read_table
from node.desk.kept import manuscripts
from node.desk.manuscripts import MOST
from node.desk.prefilling import NAMES, places, prefill
from node.errors import InvalidInputError
from node.home import Home
from tests.loopback import serving
from tests.node_world import NodeWorld

PUBLICCODE = b"publiccodeYmlVersion: '0.4'\nname: Tidal\nurl: https://code.city.org/acme/tidal\n"
CODEJSON = b'{"name": "Tidal", "permissions": {"usageType": "openSource"}, "tags": ["sea"]}'
CODEMETA = b'{"@context": "https://w3id.org/codemeta/3.0", "name": "Tidal"}'


class Web:
    """A network in which some files are."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files, self.asked = files, list[str]()

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        del limit, gzip, headers
        self.asked.append(url)
        if "dead" in url:
            raise FaultError(Fault(FaultKind.UNREACHABLE, url, "nobody answers"))
        return Response(200, {}, self.files[url]) if url in self.files else Response(404)


@pytest.mark.parametrize(
    ("url", "first"),
    [
        ("https://github.com/acme/tidal.git", "https://raw.githubusercontent.com/acme/tidal/HEAD/publiccode.yml"),
        ("git@github.com:acme/tidal", "https://raw.githubusercontent.com/acme/tidal/HEAD/publiccode.yml"),
        ("https://github.com/acme/tidal/tree/main/x", "https://raw.githubusercontent.com/acme/tidal/HEAD/publiccode.yml"),
        ("https://github.com/acme/tidal/blob/v1/code.json", "https://raw.githubusercontent.com/acme/tidal/v1/code.json"),
        ("https://github.com/acme/tidal/raw/code.json", "https://github.com/acme/tidal/raw/code.json"),
        ("https://gitlab.com/a/b/tidal/", "https://gitlab.com/a/b/tidal/-/raw/HEAD/publiccode.yml"),
        ("https://gitlab.com/a/tidal/-/blob/main/p.yaml", "https://gitlab.com/a/tidal/-/raw/main/p.yaml"),
        ("https://codeberg.org/a/tidal", "https://codeberg.org/api/v1/repos/a/tidal/raw/publiccode.yml"),
        ("https://codeberg.org/a/tidal/src/branch/x/codemeta.json", "https://codeberg.org/a/tidal/raw/branch/x/codemeta.json"),
        ("https://bitbucket.org/a/tidal", "https://bitbucket.org/a/tidal/raw/HEAD/publiccode.yml"),
        (" https://code.city.org/a/tidal ", "https://code.city.org/a/tidal/-/raw/HEAD/publiccode.yml"),
    ],
)  # fmt: skip
def test_files_are_asked_for_where_forges_serve_them(url: str, first: str) -> None:
    found = [place for place, _ in places(url)]
    assert found[0] == first
    assert len(found) in (1, len(NAMES), 3 * len(NAMES))


@pytest.mark.parametrize(
    "url", ["", "acme/tidal", "file:///etc/passwd", "https://a@b.example/x", "http://[::1"]
)
async def test_what_is_no_address_on_the_web_is_refused(home: Home, url: str) -> None:
    with pytest.raises(InvalidInputError, match="address"):
        await prefill(home, url, Web({}))


@pytest.mark.parametrize(("name", "data"), list(zip(NAMES, (PUBLICCODE, CODEJSON, CODEMETA), strict=True)))
async def test_the_first_file_that_can_be_read_is_taken(home: Home, name: str, data: bytes) -> None:
    base = "https://raw.githubusercontent.com/acme/tidal/HEAD/"
    network = Web({base + NAMES[0]: b": no yaml", base + name: data})
    found = await prefill(home, "https://github.com/acme/tidal", network)
    assert found.place == base + name
    assert "Tidal" in found.payload["name"].values()  # type: ignore[union-attr]
    assert not {"source", "incomplete"} & set(found.payload)
    assert [place for place, _ in found.tried] == network.asked[:-1]


async def test_what_was_tried_is_said(home: Home) -> None:
    inventory = b'{"releases": [{"name": "One"}, {"name": "Two"}]}'
    files = {"https://code.city.org/all/code.json": inventory}
    with pytest.raises(InvalidInputError, match="several projects") as caught:
        await prefill(home, "https://code.city.org/all", Web(files))
    assert str(caught.value).count("\n") == 9
    with pytest.raises(InvalidInputError, match="nobody answers"):
        await prefill(home, "https://dead.city.org/all", Web({}))


async def test_it_goes_nowhere_where_the_fetcher_does_not(home: Home) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=PUBLICCODE)

    async with serving(answer) as base, Fetcher(home.config.limits, allow_private=False) as fetch:
        with pytest.raises(InvalidInputError, match="unreachable"):
            await prefill(home, f"{base}/acme/tidal", fetch)
    assert asked == []


HEAD = "kind,name.en,name.fr,topics,links.landing,identifiers.repo,contact.url\n"


def test_a_table_is_read_line_by_line(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    add(home, origin, "ada", EDITOR, "root")
    text = (
        HEAD + 'software,"Ballot,\nbox",Scrutin,sector:democracy; ogp:open-data,https://b.example,,\n\n'
        ",,,,,,https://c.example\n"
    )
    rows = read_table(home, b"\xef\xbb\xbf" + text.encode())
    assert [row.line for row in rows] == [2, 5]
    assert rows[0].payload == {
        "kind": "software",
        "name": {"en": "Ballot,\nbox", "fr": "Scrutin"},
        "topics": ["sector:democracy", "ogp:open-data"],
        "links": [{"rel": "landing", "url": "https://b.example"}],
    }
    assert rows[1].payload == {"contact": {"url": "https://c.example"}}
    assert "/kind" in {each.pointer for each in rows[1].problems}
    kept = keep_rows(home, account(home, "ada"), origin, rows)
    assert [each.payload for each in reversed(manuscripts(home, account(home, "ada")))] == [
        each.payload for each in kept
    ]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_table_is_read_as_spreadsheets_of_other_countries_write_it(home: Home, separator: str) -> None:
    lines = (
        ("kind", "name.fr", "topics"),
        ("software", '"Scrutin; vrai,\tou faux"', "sector:democracy"),
        ("", "Cafe\u0301\u200f", ""),
    )
    table = "\n".join(separator.join(cells) for cells in lines)
    first, second = read_table(home, table.encode())
    assert first.payload["name"] == {"fr": "Scrutin; vrai,\tou faux"}
    assert first.payload["topics"] == ["sector:democracy"]
    assert second.payload == {"name": {"fr": "Café"}}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\xff", "not UTF-8"),
        (b"kind\n", "no line below"),
        (b"kind,kind\nsoftware,x\n", "twice"),
        (b"kind,colour,name.,contact.person,links.\na,b,c,d,e\n", "'contact.person' is no column"),
        (b"kind\nsoftware,more\nx\na,b\n", "2 faults"),
        (b'kind\n"soft"ware\n', "line 2: no CSV"),
        (b"kind\n" + b"software\n" * (MOST + 1), f"The table has {MOST + 1} entries"),
        (b"x" * (MOST_BYTES + 1), "larger than"),
    ],
)
def test_a_table_with_a_fault_is_refused_with_its_line(home: Home, data: bytes, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_table(home, data)
    assert said in str(caught.value)


def test_faults_have_a_way_out(home: Home) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_table(home, b"kind\nsoftware\nsoftware,x\n")
    (problem,) = caught.value.problems
    found: Any = (problem.pointer, problem.message)
    assert found == ("/3", "Line 3: The line has 2 cells, the head 1.")
    assert problem.hint
