"""The drawing of who carries whose logs, and what it is made of."""

import gzip
from itertools import combinations
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from node.answers.neighbourhood import neighbourhood
from node.answers.nodes import nodes
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from node.web.ring import MOST, Line, Place, drawn
from tests.markup import Page
from tests.publisher import MIRROR_KEY, NOW, Publisher

OWN = "127.0.0.1:8401/log/city/1"
HERE = "127.0.0.1:8401"


def test_the_same_places_are_drawn_alike_and_apart_from_each_other() -> None:
    places = [Place("here", "here"), *(Place(f"town{n}", "well") for n in range(MOST))]
    found = drawn(places, [Line(1, 0, "apart"), Line(0, 2, "asks"), Line(3, 4, "carries")])
    assert found == drawn(places, [Line(3, 4, "carries"), Line(0, 2, "asks"), Line(1, 0, "apart")])
    # What matters most is drawn last, above the rest.
    assert [each.kind for each in found.strokes] == ["carries", "asks", "apart"]
    assert found.dots[0].x == pytest.approx(found.width / 2, abs=0.1)


@pytest.mark.parametrize("others", range(1, MOST + 1))
def test_a_drawing_is_as_large_as_its_places_need(others: int) -> None:
    places = [Place("here", "here"), *(Place(f"town{n}", "well") for n in range(others))]
    found = drawn(places, [])
    xs, ys = [dot.x for dot in found.dots], [dot.y for dot in found.dots]
    # Nothing is beyond the sheet, and nothing of it is empty: few places take no more than they fill.
    assert (min(xs), min(ys)) == (24, 24)
    assert (found.width - max(xs), found.height - max(ys)) == pytest.approx((24, 24))
    assert max(found.width, found.height) <= 400
    for one, other in combinations(found.dots, 2):
        assert (one.x - other.x) ** 2 + (one.y - other.y) ** 2 > 40**2
    # No line between two others goes through the middle.
    here = complex(found.dots[0].x, found.dots[0].y)
    spokes = [complex(dot.x, dot.y) - here for dot in found.dots[1:]]
    for first, second in combinations(spokes, 2):
        assert abs(first / abs(first) + second / abs(second)) > 0.1
    # It is as wide as high, or wider.
    assert found.width >= found.height - 20


def test_states_differ_by_their_shape_too() -> None:
    shapes = [
        drawn([Place("here", "here"), Place("a", health)], []).dots[1].shape
        for health in ("here", "well", "fault", "apart")
    ]
    assert len(set(shapes)) == 4
    assert drawn([Place("here", "here")], []).strokes == ()


def spread(home: Home, towns: int) -> None:
    """Let a node follow towns at their own nodes, each of which carries the log of the one before it."""
    Publisher(home, OWN).publish(cosigned=False)
    names = [f"town-{number:02}.example" for number in range(towns)]
    stores = [Publisher(home, f"{name}/log/town/1", own=False).store for name in names]
    logs = [(store.id, f"https://{name}") for store, name in zip(stores, names, strict=True)]
    with home.database.write() as connection:
        for number, (_, url) in enumerate(logs):
            state = "contradicts" if number == 4 else "agrees"
            connection.execute("INSERT INTO peer (url, added_at) VALUES (?, 1)", (url,))
            failed = (NOW, "unreachable", 1) if number == 3 else (NOW, None, 0)
            connection.execute(
                "INSERT INTO neighbour (url, last_try, last_success, fault, failures)"
                " VALUES (?1, ?2, ?2 - ?4, ?3, ?4)",
                (url, *failed),
            )
            if number:
                connection.execute(
                    "INSERT INTO seen_head VALUES (?, ?, ?, 1, x'00', NULL, '', 1, x'', NULL, 1)",
                    (logs[number - 1][0], url, state),
                )


def test_who_carries_whose_logs_is_what_their_feeds_show(home: Home) -> None:
    spread(home, 6)
    static = Publisher(home, "files.example/log/parks/1", own=False).store
    frozen = Publisher(home, "town-05.example/log/pools/1", own=False).store
    own = home.logs.store(OWN)
    line = "INSERT INTO seen_head VALUES (?, ?, ?, ?, x'00', NULL, '', 1, x'', NULL, 1)"
    home.database.connection.execute(line, (own.id, "https://town-02.example", "agrees", 1))
    home.database.connection.execute(line, (static.id, "https://town-02.example", "unverified", None))
    fork = "INSERT INTO evidence VALUES (x'00', ?, x'', 1, x'01', 2, x'02', 1, 1, 'a', 1, NULL, NULL, NULL)"
    for each in (fork, "INSERT INTO frozen VALUES (?, x'00', 1, 1)"):
        home.database.connection.execute(each, (frozen.id,))
    found = neighbourhood(home, nodes(home), 24)
    # First what showed two histories, then what is at fault, then by logs and name.
    assert [spot.name for spot in found.places] == [
        HERE,
        "town-05.example",
        "town-03.example",
        "files.example",
        "town-00.example",
        "town-01.example",
        "town-02.example",
        "town-04.example",
    ]
    spots = {spot.name: spot for spot in found.places}
    assert (found.total, spots[HERE].logs, spots["town-05.example"].logs) == (7, 1, 2)
    assert (spots["files.example"].url, spots["town-03.example"].fault) == ("", "unreachable")
    assert spots["town-02.example"].carries == {HERE, "town-01.example"}
    assert (spots["town-04.example"].carries, spots["town-04.example"].contradicts) == (
        set(),
        {"town-03.example"},
    )
    few = neighbourhood(home, nodes(home), 2)
    assert (len(few.places), few.total) == (3, 7)
    assert few.places[2].carries == set()


async def test_the_page_draws_the_most_important_and_lists_all_by_pages(
    home: Home, client: TestClient[Any, Any]
) -> None:
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    spread(home, 53)
    response = await client.get("/ar/federation")
    text = await response.text()
    assert response.status == 200, text[-2_000:]
    assert len(gzip.compress(text.encode(), 6)) < 50_000
    page = Page(await (await client.get("/en/federation")).text())
    (svg,) = page.all("svg")
    named = {each["id"]: each.tag for each in page.elements if each.get("id")}
    assert [named[name] for name in svg["aria-labelledby"].split()] == ["title", "desc"]
    assert len(page.text_of("text")) == MOST + 1
    assert any("Drawn are 25 places of 54" in each for each in page.text_of("p"))
    shapes = [each.get("class") for each in page.all("path")]
    assert (shapes.count("here"), shapes.count("fault"), shapes.count("well")) == (1, 1, 23)
    lines = page.all("line")
    assert sum(each.get("stroke-width") == "2" for each in lines) == 24
    cells = page.text_of("td")
    assert "unreachable" in cells
    # The neighbour that shows another history of a log is drawn, and said in words.
    assert [each.get("stroke-dasharray") for each in lines if each.get("class") == "now"] == ["7 5"]
    assert any(each.startswith("Contradicts") or " Contradicts" in each for each in cells)

    pages = {each.get("rel"): each["href"] for each in page.all("a") if "cursor=" in each["href"]}
    assert list(pages) == ["next"]
    (more,) = (each["href"] for each in page.all("a") if "nodes=" in each["href"])
    rest = Page(await (await client.get(more.partition("#")[0])).text())
    assert {"https://town-50.example", "https://town-52.example"} <= {each["href"] for each in rest.all("a")}
    last = Page(await (await client.get(pages["next"])).text())
    logs = {each["href"] for each in last.all("a") if "/log/" in each["href"]}
    assert "/en/o/town-52.example/log/town/1" in logs
    assert "/en/o/town-00.example/log/town/1" not in logs
    assert (await client.get("/en/federation?nodes=AAAA")).status == 400
    alone = Page(await (await client.get("/en/federation?q=town-07")).text())
    assert "1 organisation" in alone.text_of("p")
