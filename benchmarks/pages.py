"""What pages weigh and cost at many entries.

    python -m benchmarks.pages --entries 100000 --rounds 20

A node that follows two publishers serves its pages. Each is asked for over one connection, in English, as a
browser does that has none of it: ``page`` is what arrives, packed, ``unpacked`` the HTML, ``wall`` and
``CPU`` what an answer takes, the CPU being that of the serving process. What is asked for first is a page of
which nothing is remembered; the questions of ``search`` are others each time. Goal: at most 50,000 bytes a
page, packed; style sheets and programs, which browsers keep, are named beside.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from statistics import median

from .measure import alone, cpu_of, memory_of, quantile, run_benchmark, show, timed, verdict
from .searchable import searchable
from .words import words_of
from .worlds import catalogue, free_port, port_of, served, workspace

_GOAL_BYTES = 50_000

_PLACES = (
    "/", "/search", "/search?q={word}", "/search?q={word}&kind=software&sort=name", "/p/{project}",
    "/compare?p={project}&p={other}", "/o/{publisher}", "/publishers", "/topics", "/roadmap",
    "/roadmap?by=topic", "/seeking", "/federation", "/log/{publisher}", "/feeds", "/api", "/verify",
)  # fmt: skip
"""Below the language; ``{word}`` is another one each time."""

_FILE = re.compile(r'"([^"]*/static/[^"]+\.(?:css|js))"')


@dataclass(slots=True)
class Shown:
    """What one page was like.

    Attributes:
        packed: Bytes of the body as it arrives.
        unpacked: Bytes of its HTML.
        walls: Seconds of each answer.
        cpu: Seconds of the serving process for all of them.
    """

    packed: int = 0
    unpacked: int = 0
    walls: list[float] = field(default_factory=list)
    cpu: float = 0.0


class Reader:
    """Asks a node as a browser does."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port)

    def document(self, path: str) -> dict[str, object]:
        """Return what the API answers."""
        found = json.loads(self._answer(path, {}))
        assert isinstance(found, dict)  # noqa: S101 - the API answers objects
        return found

    def page(self, path: str, into: Shown) -> None:
        """Ask for a page, and add what it was like."""
        with timed() as took:
            body = self._answer(path, {"Accept-Encoding": "gzip", "Accept": "text/html"})
        into.walls.append(took.wall)
        into.packed = max(into.packed, len(body))
        into.unpacked = max(into.unpacked, len(gzip.decompress(body)))

    def files(self, path: str) -> dict[str, int]:
        """Return the style sheets and programs that a page names, with their bytes as they arrive."""
        html = self._answer(path, {"Accept": "text/html"}).decode()
        packed = {"Accept-Encoding": "gzip"}
        return {name: len(self._answer(name, packed)) for name in sorted(set(_FILE.findall(html)))}

    def _answer(self, path: str, headers: dict[str, str]) -> bytes:
        self._connection.request("GET", path, headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:  # noqa: PLR2004
            raise SystemExit(f"{path} answers {response.status}")
        return body


def _words() -> Iterator[str]:
    """Yield words that entries have, none twice."""
    return (word for word in words_of("en").ranked if word.isascii() and len(word) > 4)  # noqa: PLR2004


def _shown(reader: Reader, pid: int, rounds: int) -> dict[str, Shown]:
    items = reader.document("/api/v1/search?sort=name&limit=2&kind=software")["items"]
    assert isinstance(items, list)  # noqa: S101 - as described
    named = {
        "project": items[0]["address"],
        "other": items[1]["address"],
        "publisher": items[0]["origin"],
    }
    words = _words()
    found = {place: Shown() for place in _PLACES}
    for place, shown in found.items():
        before = cpu_of(pid)
        for _ in range(rounds):
            reader.page("/en" + place.format(**named, word=next(words)), shown)
        shown.cpu = cpu_of(pid) - before
    return found


async def _main(count: int, rounds: int) -> None:
    with workspace() as root:
        home, port = root / "home", free_port()
        logs, _ = await catalogue(root / "publisher", port, count)
        with served(root / "publisher", port):
            alone(searchable, home, logs, "")
            with served(home, port_of(home)) as pid:
                reader = Reader(port_of(home))
                found = _shown(reader, pid, rounds)
                files = reader.files("/en/search") | reader.files("/en/verify")
                memory = memory_of(pid)
    _report(count, rounds, found, files)
    print(f"the serving process held up to {memory:.0f} MB")


def _report(count: int, rounds: int, found: dict[str, Shown], files: dict[str, int]) -> None:
    print(f"{count} entries of two publishers, {rounds} answers of each page\n")
    rows = [
        (
            place,
            f"{shown.packed:,}",
            f"{shown.unpacked:,}",
            f"{shown.walls[0] * 1e3:.1f}",
            f"{median(shown.walls) * 1e3:.1f}",
            f"{quantile(shown.walls, 0.99) * 1e3:.1f}",
            f"{shown.cpu / rounds * 1e3:.1f}",
        )
        for place, shown in found.items()
    ]
    show(("page", "packed", "unpacked", "first ms", "p50 ms", "p99 ms", "CPU ms"), rows)
    print("\npacked: " + ", ".join(f"{name} {size:,}" for name, size in files.items()))
    most = max(found, key=lambda place: found[place].packed)
    verdict(
        "weight",
        found[most].packed <= _GOAL_BYTES,
        f"the heaviest page, {most}, has {found[most].packed:,} bytes packed (goal {_GOAL_BYTES:,})",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    run_benchmark(_main(arguments.entries, arguments.rounds))
