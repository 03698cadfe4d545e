"""What each resource for programs may be asked, for those who read its description.

By these the OpenAPI document has examples of parameters. An address is one that nobody has.
"""

from collections.abc import Mapping
from typing import Final

_LOG: Final = "lyon.example/log/lyon/1"
_ENTRY: Final = f"{_LOG}/e/3f2a9c41d02e4b7f8a6c5d1e0b9f7a63"

EXAMPLES: Final[Mapping[str, tuple[str, str]]] = {
    "/api/v1/search": ("", "q=participatory+budgeting&kind=software&language=fr&facets=topic"),
    "/api/v1/projects": ("", "url=https://github.com/decidim/decidim"),
    "/api/v1/projects/{ref}": (_ENTRY, "lang=fr,en"),
    "/api/v1/projects/{ref}/backlinks": (_ENTRY, "group=use"),
    "/api/v1/projects/{ref}/similar": (_ENTRY, "limit=5"),
    "/api/v1/entries/{ref}": (_ENTRY, ""),
    "/api/v1/entries/{ref}/backlinks": (_ENTRY, "limit=20"),
    "/api/v1/entries/{ref}/history": (_ENTRY, ""),
    "/api/v1/entries/{ref}/proof": (_ENTRY, ""),
    "/api/v1/publishers": ("", "lang=fr"),
    "/api/v1/publishers/{ref}": (_LOG, "lang=fr"),
    "/api/v1/organisations/{ref}": (_LOG, "lang=fr"),
    "/api/v1/roadmap": ("", "from=2027-Q1&to=2027-Q2&topic=sector:health&openTo=pilot"),
    "/api/v1/roadmap/{ref}/overlaps": (f"{_ENTRY}%23pilot-2027", "lang=fr"),
    "/api/v1/seeking": ("", "skill=ux&paid=true"),
    "/api/v1/offering": ("", "type=hosting"),
    "/api/v1/providers": ("", "role=hosting&place=FR"),
    "/api/v1/consultations": ("", "overdue=true"),
    "/api/v1/planet": ("", "lang=fr"),
    "/api/v1/changes": ("", ""),
    "/api/v1/dumps": ("", ""),
    "/api/v1/vocabularies": ("", "lang=fr"),
    "/api/v1/vocabularies/{name}": ("sector", "lang=fr"),
    "/api/v1/nodes": ("", ""),
    "/api/v1/nodes/{ref}/policy": ("node.example", ""),
    "/api/v1/candidates": ("", ""),
    "/api/v1/heads": ("", ""),
    "/api/v1/openapi.json": ("", ""),
}
"""Path → what stands in place of its parameter, and what is asked behind it; in the order of importance."""
