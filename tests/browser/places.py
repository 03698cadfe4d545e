"""Every page, with an address at which there is something to see.

for place in PLACES:
    place.path(nodes)         # "/p/127.0.0.2:12345/log/esempio/1/e/…", below the path of the language

A test compares these with the tables of pages: a new page needs a line here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from tests.browser.demo_nodes import DemoNodes

Who = Literal["anybody", "operator", "beginner"]


@dataclass(frozen=True, slots=True)
class Place:
    """A page as one sees it.

    Attributes:
        route: The path in the table of pages, with its parameters in braces; empty where there is none.
        address: Its path with parameters named as in ``DemoNodes``.
        who: Anybody; ada, who signed in at the city's node; whoever looks at the first run of the group's.
        status: Of the answer.
    """

    route: str
    address: str = ""
    who: Who = "anybody"
    status: int = 200

    def path(self, nodes: DemoNodes) -> str:
        """Return the path below that of the language."""
        return (self.address or self.route).format(**vars(nodes))

    def __str__(self) -> str:
        return self.address or self.route


def _desk(route: str, address: str = "") -> Place:
    return Place(f"/admin{route}", f"/admin{address}" if address else "", "operator")


_DRAFTS: Final = ("receipt", "approved", "whole", "person", "change", "use", "withdraw", "erase")
_FORMS: Final = ("whole", "person", "roadmap", "seeking", "use", "vouch", "list")

PLACES: Final = (
    Place("/"),
    Place("/search", "/search?q=budget"),
    Place("/search", "/search?q=qqqqqqqq&kind=software"),
    Place("/p/{ref}", "/p/{refs[project]}"),
    Place("/e/{ref}", "/e/{refs[project]}"),
    Place("/e/{ref}", "/e/{refs[own]}?version={refs[version]}"),
    Place("/publishers"),
    Place("/o/{ref}", "/o/{city.origin}"),
    Place("/topics"),
    Place("/topics/{ref}", "/topics/{refs[topic]}"),
    Place("/roadmap"),
    Place("/seeking"),
    Place("/offering"),
    Place("/providers"),
    Place("/consultations"),
    Place("/roadmap", "/roadmap?by=topic"),
    Place("/compare"),
    Place("/compare", "/compare?p={refs[project]}&p={refs[other]}"),
    Place("/federation"),
    Place("/log/{ref}", "/log/{city.origin}"),
    Place("/log/{ref}", "/log/{agency.origin}"),
    Place("/planet"),
    Place("/feeds"),
    Place("/verify"),
    Place("/verify", "/verify?entry={refs[project]}"),
    Place("/about"),
    Place("/accessibility"),
    Place("/api"),
    Place("/report"),
    Place("/report/status"),
    Place("/admin/sign-in"),
    Place("/admin/password"),
    Place("", "/p/nothing", status=404),
    Place("/setup", who="beginner"),
    _desk(""),
    _desk("/new"),
    *(_desk("/new", f"/new?what={what}") for what in ("use", "roadmap", "seeking", "vouch", "list")),
    *(_desk("/drafts/{number}", f"/drafts/{{drafts[{what}]}}") for what in _DRAFTS),
    *(_desk("/drafts/{number}/edit", f"/drafts/{{drafts[{what}]}}/edit") for what in _FORMS),
    _desk("/statements"),
    _desk("/statements/{ref}", "/statements/{refs[own]}"),
    _desk("/table"),
    _desk("/ready"),
    _desk("/ready", "/ready?done={drafts[receipt]}"),
    _desk("/submissions"),
    _desk("/submissions/{number}", "/submissions/{letter}"),
    _desk("/peers"),
    _desk("/peers/{origin}", "/peers/{agency.origin}"),
    _desk("/moderation"),
    _desk("/problems"),
    _desk("/checklist"),
    _desk("/keys"),
    _desk("/access"),
    _desk("/trail"),
)
"""All of them."""

LEADING: Final = frozenset({"/admin/sign-out"})
"""Pages that show nothing: they lead to another one."""
