"""A small town that begins: a fourth node, founded and served by real processes, and its repository.

with town(nodes.world) as smallville:
    visit.go(smallville.first_run)                    # the link that `fedcat serve` printed
    code = smallville.account("maria")
    smallville.name_operator("maria")                 # and serve anew
    visit.page.fill("#url", smallville.repository)    # has a publiccode.yml that says nearly everything
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

from tests.e2e.processes import Node, World

PUBLICCODE: Final = """\
publiccodeYmlVersion: "0.4"
name: {name}
url: {url}
landingURL: https://village-budget.example
platforms: [web]
developmentStatus: stable
softwareType: standalone/web
description:
  en:
    shortDescription: Participatory budgeting for villages, with proposals, debates and votes
    features: [Proposals, Votes]
  fr:
    shortDescription: Budget participatif pour les villages, avec propositions, débats et votes
    features: [Propositions, Votes]
legal:
  license: EUPL-1.2
maintenance:
  type: internal
  contacts:
    - name: Office of participation
localisation:
  localisationReady: true
  availableLanguages: [en, fr]
"""
"""What the town's repository says of itself: all that an entry needs but for its topics."""

_LINK: Final = re.compile(r"First run: \S+(/en/setup\?code=[\w-]+)")


@dataclass
class Town:
    """A node that is new.

    Attributes:
        node: Its process.
        repository: The address of a repository that describes what the town made.
    """

    node: Node
    repository: str

    @property
    def first_run(self) -> str:
        """The path of the link that ``fedcat serve`` printed; it is good once."""
        said = (self.node.home.parent / f"{self.node.home.name}.log").read_text(encoding="utf-8")
        return str(_LINK.findall(said)[-1])

    def account(self, name: str) -> str:
        """Make an account at the command line; return the code for choosing a password."""
        made: dict[str, Any] = self.node.run("account", "add", name, "--role", "approver")
        return str(made["code"])

    def name_operator(self, name: str) -> None:
        """Write into the settings who may see and do what concerns the whole node, and serve anew."""
        with (self.node.home / "config.toml").open("a", encoding="utf-8") as config:
            config.write(f'\n[desk]\noperators = ["{name}"]\n')
        assert self.node.stop() == 0
        self.node.serve()


@contextmanager
def town(around: World, name: str = "smallville") -> Iterator[Town]:
    """Found and serve a node beside those of a world, which ends it, and a site with a repository."""
    with described(around.root / f"{name}-site", "village-budget", "Village budget") as repository:
        node = around.node(name)
        node.init(name.title())
        node.serve()
        yield Town(node, repository)


@contextmanager
def described(folder: Path, path: str, name: str) -> Iterator[str]:
    """Serve a folder on loopback with what a repository says of itself; yield the repository's address."""
    (folder / path).mkdir(parents=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    repository = f"http://127.0.0.1:{server.server_port}/{path}"
    said = PUBLICCODE.format(name=name, url=repository)
    (folder / path / "publiccode.yml").write_text(said, encoding="utf-8")
    try:
        yield repository
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""
