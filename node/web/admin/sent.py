"""What a form sent: names and texts in their order, and files, read within bounds before anything is done.

::

    Content-Type: application/x-www-form-urlencoded     name=Ada&topics=a&topics=b
    Content-Type: multipart/form-data; boundary=…       the same, and files
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, MultipartReader, StreamReader, hdrs, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError

from node.http.bodies import Room, read_body
from node.http.problems import HttpProblemError
from protocol.packing import publishable

MOST_BYTES: Final = 524_288
"""Of a form of texts: a statement of the largest size, with what a browser makes of its letters."""

MOST_BYTES_OF_FILE: Final = 1_310_720
"""Of a form with a file: the largest table, and the rest of the form."""

ROOM: Final = 8_388_608
"""Bytes of forms held at once, of all visitors together."""

SMALL: Final = 16_384
"""Of a form that is taken however full the room is: its connection holds as much before anything is read."""

MOST_FIELDS: Final = 2_000

_TEXTS: Final = "application/x-www-form-urlencoded"
_FILES: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form sent; nothing of a page that was only asked for.

    What was typed is answered as statements may have it: whoever pastes a name cannot see that its accents
    are letters of their own, or that a mark in it turns the writing.

    Attributes:
        texts: Name → what was typed or chosen, in the order of the form.
        files: Name → the file that was chosen.
    """

    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return what was typed into an input, without space around it; the first where it has several."""
        return publishable(self.texts.get(name, ("",))[0]).strip()

    def raw(self, name: str) -> str:
        """Return the same as it was typed, for a password."""
        return self.texts.get(name, ("",))[0]

    def all(self, name: str) -> tuple[str, ...]:
        """Return what was chosen of several, without what is empty."""
        return tuple(text for each in self.texts.get(name, ()) if (text := publishable(each).strip()))

    def number(self, name: str) -> int | None:
        """Return a number of the page's own that comes back; None where it is none."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None  # noqa: PLR2004


async def read_sent(request: web.Request, room: Room) -> Sent:
    """Return what a form sent.

    Args:
        request: A POST.
        room: Where bodies are counted.

    Raises:
        HttpProblemError: It is too large, too slow, broken, or no form.
    """
    kind = request.content_type
    if kind not in (_TEXTS, _FILES):
        raise HttpProblemError(415, f"a form is sent as {_TEXTS} or {_FILES}")
    is_small = request.content_length is not None and request.content_length <= SMALL
    with room.share() as take:
        most = MOST_BYTES if kind == _TEXTS else MOST_BYTES_OF_FILE
        body = await (read_body(request, most) if is_small else read_body(request, most, take))
        try:
            if kind == _TEXTS:
                return Sent(_gathered(_pairs(body)))
            return await _parts(request.headers[hdrs.CONTENT_TYPE], body)
        except (ValueError, LookupError, RuntimeError, HttpProcessingError) as error:
            # aiohttp has all of these for parts that are broken.
            raise HttpProblemError(400, "this is no form that a browser sends") from error


def _pairs(body: bytes) -> Iterator[tuple[str, str]]:
    yield from parse_qsl(
        body.decode("ascii"),
        keep_blank_values=True,
        strict_parsing=bool(body),
        errors="strict",
        max_num_fields=MOST_FIELDS,
    )


def _gathered(pairs: Iterator[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, text in pairs:
        # Browsers send line breaks as two characters; statements have one.
        found[name] = (*found.get(name, ()), text.replace("\r\n", "\n"))
    return found


async def _parts(content_type: str, body: bytes) -> Sent:
    """Return what a body of several parts says; it is in memory, so nothing of this waits."""
    loop = asyncio.get_running_loop()
    stream = StreamReader(BaseProtocol(loop), limit=len(body) + 1, loop=loop)
    stream.feed_data(body)
    stream.feed_eof()
    texts: list[tuple[str, str]] = []
    files: dict[str, bytes] = {}
    reader = MultipartReader({hdrs.CONTENT_TYPE: content_type}, stream)
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or part.name is None or len(texts) >= MOST_FIELDS:
            raise ValueError
        # A name that is not UTF-8 comes as half characters, which no page can show.
        part.name.encode()
        data = bytes(await part.read(decode=False))
        if part.filename is None:
            texts.append((part.name, data.decode()))
        elif data:
            files[part.name] = data
    return Sent(_gathered(iter(texts)), files)
