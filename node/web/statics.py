"""Files that never change: their names have a part of their hash, so that browsers may keep them for ever.

::

    GET /static/site.3f9c2ab81d04.css      →  200  Cache-Control: public, max-age=604800, immutable
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from aiohttp import web

from node.home import Home
from node.http.caching import IMMUTABLE
from node.http.documents import answer
from node.http.parameters import Query, read
from node.http.problems import HttpProblemError
from node.http.routes import Route

from .branding import brand_files, name_with_hash

TYPES: Final[Mapping[str, str]] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
}
"""Ending → media type; nothing else is served."""

# What a drawing may do that is opened by itself: nothing.
_ALONE: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_NOTHING_BESIDE: Final = re.compile(r"/\*.*?\*/|(?<=[{};:,>])\s+|;?\s+(?=\})|\s+(?=[{>])|\n\s*", re.DOTALL)
_AROUND_SIGNS: Final = re.compile(r" ?(=>|[!=]==|[<>]=|>>=?|&&|\|\||\?\?|[+-]=|[=<>+*?:,{}]) ?")
_LINE_GOES_ON: Final = re.compile(r"([{,;])\n")


@cache
def files() -> Mapping[str, bytes]:
    """Return what is served, by its name with its hash."""
    found: dict[str, bytes] = {}
    for file in resources.files(__package__).joinpath("static").iterdir():
        stem, _, ending = file.name.rpartition(".")
        if ending in TYPES:
            body = file.read_bytes()
            # Comments and white space are for whoever keeps it.
            if ending == "css":
                body = _NOTHING_BESIDE.sub("", body.decode()).strip().encode()
            elif ending == "js":
                body = squeezed(body.decode()).encode()
            found[name_with_hash(stem, ending, body)] = body
    return found


def squeezed(program: str) -> str:
    """Return a program without its comments and most of its white space.

    Only for ours: their comments have lines of their own, and their texts no spaces around signs. What people
    read is in the pages.
    """
    lines = (line.strip() for line in program.split("\n"))
    kept = "\n".join(line for line in lines if line and not line.startswith("//"))
    return _LINE_GOES_ON.sub(r"\1", _AROUND_SIGNS.sub(r"\1", kept))


@cache
def hashed(name: str) -> str:
    """Return under which name a file is served.

    Raises:
        KeyError: There is no such file.
    """
    stem, _, ending = name.rpartition(".")
    for each in files():
        if each.startswith(f"{stem}.") and each.endswith(f".{ending}"):
            return each
    raise KeyError(name)


class Statics:
    """Answers what begins with ``/static/``."""

    def __init__(self, home: Home) -> None:
        self._files = {**files(), **dict(brand_files(home).values())}

    async def file(self, request: web.Request) -> web.Response:
        """Answer one file of the pages by its name with its hash.

        Raises:
            HttpProblemError: There is none of this name.
        """
        read(request, Query)
        name = request.match_info["file"]
        body = self._files.get(name)
        if body is None:
            raise HttpProblemError(404, "nothing is served at this path")
        headers = {"Content-Type": TYPES[name.rpartition(".")[2]], "Content-Security-Policy": _ALONE}
        response = answer(request, body, headers)
        response.headers["Cache-Control"] = IMMUTABLE
        return response


ROUTES: Final = (Route("/static/{file}", Statics.file, "text/css", problems=(404,)),)
"""What is answered here."""
