"""Three real nodes with something on every page: those of ``fedcat demo``, each served by its own process.

with demo_nodes(folder) as nodes:
    nodes.city.url       # http://127.0.0.1:12345; ada operates it, and her password is ``SECRET``
    nodes.drafts         # {"whole": 1, "person": 2, …}: hers, by what is to be seen on their pages
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from node.answers.catalogue import CatalogueProjection
from node.demo.world import HOSTS
from node.desk.accounts import APPROVER, Account, add, choose_password
from node.desk.kept import current
from node.desk.manuscripts import begin, begin_erase, begin_withdrawal
from node.desk.own import standing
from node.desk.passwords import Passwords
from node.desk.submissions import Letterbox
from node.home import Home
from protocol.origin import parse_address
from protocol.packing import Value
from tests.command import LIBRARY
from tests.e2e.processes import COMMAND_SECONDS, REPOSITORY, Node, World, end, eventually, world
from tests.ports import free_port

OPERATOR: Final = "ada"
APPROVING: Final = "bob"
SECRET: Final = "correct horse battery staple"
SETTINGS: Final = f"""
[desk]
submissions = true
operators = ["{OPERATOR}"]
"""
_PERSON: Final[dict[str, Value]] = {
    "en": "Ask Jane Doe at jane.doe@city.example",
    "fr": "Demandez à Jane Doe",
}
_CALL: Final = {"id": "help", "type": "advice", "text": {"en": "Help us"}, "until": "2031-01-20"}
_PLAN: Final = {
    "id": "next",
    "title": {"en": "More stops"},
    "text": {"en": "In winter too"},
    "stage": "planned",
}
_FIRST_RUN: Final = re.compile(r"/en/setup\?code=[\w-]+")


@dataclass
class DemoNodes:
    """Three nodes that follow one another.

    Attributes:
        world: Where they are, and whoever else joins them.
        city: A city's node: ada operates it, and outsiders may send in entries.
        agency: A national agency's.
        group: A civic group's, at which nobody has an account.
        drafts: Numbers of ada's drafts, by what is to be seen on their pages.
        letter: Number of what an outsider sent in.
        receipt: The code that an outsider got for it.
        refs: Addresses of statements and the like, by what they are.
    """

    world: World
    city: Node
    agency: Node
    group: Node
    drafts: dict[str, int] = field(default_factory=dict)
    letter: int = 0
    receipt: str = ""
    refs: dict[str, str] = field(default_factory=dict)

    @property
    def first_run(self) -> str:
        """The path of the link that the group's node showed when it began to serve; it is good once."""
        said = (self.group.home.parent / f"{self.group.home.name}.log").read_text(encoding="utf-8")
        return str(_FIRST_RUN.findall(said)[-1])


@contextmanager
def demo_nodes(folder: Path) -> Iterator[DemoNodes]:
    """Bring the demo's nodes up below a folder, fill the city's desk, serve all three, and end them."""
    kept = folder / "demo"
    ports = [free_port(host) for host in HOSTS]
    with world(kept, interval=5) as around:
        nodes = []
        for each in _demo(kept, ports):
            node = Node(Path(each["home"]), each["port"], around.env(), each["origin"], each["fingerprint"])
            node.host = each["address"].removeprefix("http://").partition(":")[0]
            nodes.append(node)
            around.nodes.append(node)
        city, agency, group = nodes
        made = DemoNodes(around, city, agency, group)
        with (made.city.home / "config.toml").open("a", encoding="utf-8") as config:
            config.write(SETTINGS)
        _fill_desk(made)
        for node in nodes:
            node.serve()
        for draft in ("receipt", "revised"):
            sent = city.run("draft", "send", str(made.drafts[draft]), "--as", OPERATOR)
            made.refs["version"] = str(sent["entries"][0]["index"])
        approved = str(made.drafts["approved"])
        city.run("draft", "hand-in", approved, "--as", OPERATOR)
        city.run("draft", "approve", approved, "--as", APPROVING)
        made.refs |= _refs(made)
        yield made


def _demo(folder: Path, ports: list[int]) -> list[dict[str, Any]]:
    """Run the demo to its end; return its nodes, which stay below the folder."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("FEDCAT_")}
    words = ["demo", "--keep", str(folder), "--json", "--ports", *map(str, ports)]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "node", *words],
        cwd=REPOSITORY,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, err = process.communicate(timeout=COMMAND_SECONDS)
    finally:
        end(process)
    assert process.returncode == 0, err.decode()
    nodes: list[dict[str, Any]] = json.loads(out)["nodes"]
    return nodes


def _fill_desk(made: DemoNodes) -> None:
    """Let there be an account at the city's node, drafts of every sort, and something that was sent in."""
    home = Home.open(made.city.home, projection=CatalogueProjection())
    try:
        origin = made.city.origin
        code, _ = add(home, origin, OPERATOR, APPROVER, "root")
        ada = choose_password(home, Passwords(), code, SECRET)
        add(home, origin, APPROVING, APPROVER, "root")
        entry = next(each.address for each in standing(home, origin) if each.type == "entry")
        made.refs["own"] = entry
        made.drafts |= _drafts(home, ada, origin, parse_address(entry)[1])
        letter: dict[str, Value] = {"kind": "service", "name": {"en": "Night bus"}, "description": _PERSON}
        made.receipt, sent = Letterbox(home).put(origin, letter, "Friends of buses", "https://bus.example")
        made.letter = sent.number
    finally:
        home.close()


def _drafts(home: Home, ada: Account, origin: str, id_: bytes) -> dict[str, int]:
    """Begin drafts; return their numbers by what is to be seen on their pages."""

    def made(payload: Mapping[str, Any], sheet: str = "", item: str = "", id_: bytes | None = None) -> int:
        form = {"sheet": sheet, "item": item} if item else {"sheet": sheet} if sheet else None
        return begin(home, ada, origin, payload, id_=id_, form=form).number

    target = "https://github.com/decidim/decidim"
    return {
        "receipt": made(LIBRARY),
        "approved": made({**LIBRARY, "name": {"en": "Toy library"}}),
        "whole": made({**LIBRARY, "name": {"en": "Mobile library", "fr": "Bibliobus"}}),
        "person": made({"name": {"fr": "Bac"}, "description": _PERSON, "x": {"a": 1}}),
        "change": made({}, id_=id_),
        "revised": made({**current(home, origin, id_)[1], "lifecycle": "pilot"}, id_=id_),
        "roadmap": made({**LIBRARY, "roadmap": [_PLAN]}, "roadmap", "next"),
        "seeking": made({**LIBRARY, "seeking": [_CALL]}, "seeking", "help"),
        "use": made({"type": "use", "v": 1, "target": target}, "use"),
        "vouch": made({"type": "vouch", "v": 1, "target": target}, "vouch"),
        "list": made({"type": "list", "v": 1}, "list"),
        "withdraw": begin_withdrawal(home, ada, origin, id_).number,
        "erase": begin_erase(home, ada, origin, id_).number,
    }


def _refs(made: DemoNodes) -> dict[str, str]:
    """Return addresses, once everybody has what the others say."""
    found: dict[str, Any] = {}

    def is_everywhere() -> bool:
        found.update(made.city.get("/api/v1/search?q=decidim&limit=10"))
        return any(each["type"] == "entry" for each in found["items"])

    eventually(COMMAND_SECONDS, is_everywhere, "what the others published is found at the city's node")
    projects = [each["address"] for each in found["items"] if each["type"] == "entry"]
    return {"project": projects[0], "other": projects[1], "topic": "sector:civic-participation"}
