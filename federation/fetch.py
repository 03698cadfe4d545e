"""Bounded HTTP requests to people we do not trust: GETs, and the few small POSTs that there are.

What a request costs us is bounded before it is sent: bytes (before and after decompression),
redirects, time to connect, to answer and in all, and the slowest rate we wait for. Where it may go
is decided twice: by URL here, and by address where the socket is made (``guard``). https goes to
public addresses, and to private ones when that is configured; http only to private ones. Through a
configured proxy names are checked before it hears of them (``screening``); the environment names none.

A poll that finds nothing new is 150 bytes up and less down::

    GET /mirror/3f2a.../checkpoint HTTP/1.1
    Host: directory.oslo.example
    User-Agent: fedcat
    If-None-Match: "9c41..."
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection, Coroutine, Mapping
from types import TracebackType
from typing import Self, cast

import aiohttp
from aiohttp import hdrs
from isal import isal_zlib
from yarl import URL

from .faults import Fault, FaultError, FaultKind
from .guard import guarded_socket
from .limits import Limits
from .response import CONFLICT, OK, PARTIAL, Response
from .screening import Screen

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GzipError = cast("type[Exception]", isal_zlib.error)  # the stub calls the class an instance
_GZIP = 31  # zlib's number for a gzip wrapper around the largest window
_AUTOMATIC = ("Accept", "Accept-Encoding")  # what aiohttp would add unasked
_SMALL_ANSWER = 4_096  # bodies of errors that are read and dropped, so that the connection survives
_ERROR_PAGE = 262_144  # one that does not say how long it is; more of it is no honest page
_THREAD_BYTES = 1_048_576  # bodies from here on are decompressed beside the event loop


class Fetcher:
    """Fetches files from other people's servers; an async context manager.

    Connections are kept, so that the next poll costs no handshake.
    """

    def __init__(
        self, limits: Limits, *, allow_private: bool, tls: ssl.SSLContext | None = None, proxy: str = ""
    ) -> None:
        """Prepare; nothing is opened before ``async with``.

        Args:
            limits: The bounds on every request.
            allow_private: Loopback and private addresses may be asked, also without TLS.
            tls: Whom to trust instead of the system's certificate authorities.
            proxy: URL of an HTTP proxy that connects instead of us; empty for none.
        """
        self._limits = limits
        self._allow_private = allow_private
        self._tls = tls
        self._proxy = proxy
        self._screen = Screen(allow_private=allow_private) if proxy else None
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        """Open the pools of connections."""
        self._sessions["https"] = self._session(only_private=False)
        if self._allow_private:
            self._sessions["http"] = self._session(only_private=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        while self._sessions:
            await self._sessions.popitem()[1].close()

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Return the answer to one GET, redirects on the same origin followed.

        Args:
            url: An http or https URL.
            limit: Most bytes of the decoded body; the answer is aborted there.
            gzip: Offer compression; else ask for the bytes as they are. A server may compress
                all the same (tlog-tiles allows it for bundles): what comes is decoded.
            headers: Further request headers.

        Raises:
            FaultError: "unreachable", "over limit" or, for an answer that is not HTTP or not
                decodable, "malformed"; the fault's file is the URL.
        """
        asked = {"Accept-Encoding": "gzip" if gzip else "identity", **(headers or {})}
        return await self._within(url, self._follow(url, limit, asked))

    async def post(self, url: str, body: bytes, *, limit: int, media_type: str) -> Response:
        """Return the answer to one POST, whatever its status; no redirect is followed.

        It is sent once more when a kept connection turns out to be closed.

        Args:
            url: An http or https URL.
            body: What is sent.
            limit: Most bytes of the decoded body of a 200 or 409.
            media_type: The body's ``Content-Type``.

        Raises:
            FaultError: As for ``get``.
        """
        return await self._within(url, self._send(url, body, limit, media_type))

    async def _within(self, url: str, answer: Coroutine[object, object, Response]) -> Response:
        """Return an answer within the time for it, or the fault that comes instead."""
        try:
            async with asyncio.timeout(self._limits.total_seconds):
                return await answer
        except FaultError:
            raise
        except TimeoutError:
            raise _fault(FaultKind.UNREACHABLE, url, "it answers too slowly, or not at all") from None
        except aiohttp.ClientHttpProxyError as error:
            raise _fault(
                FaultKind.UNREACHABLE, url, f"the proxy answers with status {error.status}"
            ) from error
        except (aiohttp.ClientResponseError, aiohttp.http_exceptions.HttpProcessingError) as error:
            raise _fault(FaultKind.MALFORMED, url, f"it does not answer in HTTP: {error.message}") from error
        except UnicodeError:
            # What asks for its addresses says so, and not as an ``OSError``.
            raise _fault(FaultKind.UNREACHABLE, url, "its host has a label that no name has") from None
        except (aiohttp.ClientError, OSError) as error:
            raise _fault(FaultKind.UNREACHABLE, url, _reason(error)) from error

    async def _follow(self, url: str, limit: int, headers: Mapping[str, str]) -> Response:
        target = await self._checked(url, url)
        for _ in range(self._limits.redirects + 1):
            answer = await self._ask(target, url, limit, headers)
            if isinstance(answer, Response):
                return answer
            if _origin(answer) != _origin(target):
                raise _fault(
                    FaultKind.UNREACHABLE, url, f"it redirects to another origin, {str(answer)[:100]!r}"
                )
            target = await self._checked(str(answer), url)
        raise _fault(FaultKind.UNREACHABLE, url, f"it redirects more than {self._limits.redirects} times")

    async def _send(self, url: str, body: bytes, limit: int, media_type: str) -> Response:
        target = await self._checked(url, url)
        headers = {"Content-Type": media_type, "Accept-Encoding": "identity"}
        try:
            response = await self._request(target, headers, body)
        except aiohttp.ServerDisconnectedError:
            # The other side had closed a kept connection meanwhile, which only GETs survive by themselves.
            response = await self._request(target, headers, body)
        try:
            return await self._read(response, url, limit, (OK, CONFLICT))
        finally:
            response.release()

    async def _ask(self, target: URL, url: str, limit: int, headers: Mapping[str, str]) -> Response | URL:
        """Return an answer, or where it redirects to."""
        response = await self._request(target, headers)
        try:
            if response.status in _REDIRECTS:
                return _redirect(response, target, url)
            return await self._read(response, url, limit, (OK, PARTIAL))
        finally:
            # Gives the connection back when the body was read to its end, else closes it.
            response.release()

    async def _request(
        self, target: URL, headers: Mapping[str, str], body: bytes | None = None
    ) -> aiohttp.ClientResponse:
        """Return the head of the answer to a GET, or to a POST of a body."""
        session = self._sessions.get(target.scheme)
        if session is None:
            raise RuntimeError("the fetcher is not open")
        method = hdrs.METH_GET if body is None else hdrs.METH_POST
        async with asyncio.timeout(self._limits.answer_seconds):
            return await session.request(method, target, headers=headers, data=body, allow_redirects=False)

    async def _read(
        self, response: aiohttp.ClientResponse, url: str, limit: int, telling: Collection[int]
    ) -> Response:
        """Return an answer; its body is of interest for some statuses only."""
        headers = _joined(response)
        if response.status not in telling:
            if (response.content_length or 0) <= _SMALL_ANSWER and not response.content.is_eof():
                await self._body(response, url, _ERROR_PAGE)
            return Response(response.status, headers)
        coding = headers.get("content-encoding", "").strip().lower() or "identity"
        if coding == "identity":
            return Response(response.status, headers, await self._body(response, url, limit))
        if response.status == PARTIAL:
            # A range of a compressed body is not a range of the file.
            raise _fault(FaultKind.MALFORMED, url, f"it sent a part of a body encoded with {coding}")
        if coding not in ("gzip", "x-gzip"):
            raise _fault(FaultKind.MALFORMED, url, f"it sent a body encoded with {coding}, not offered")
        # What does not compress grows by five bytes a block and the wrapper.
        packed = await self._body(response, url, limit + limit // 1_000 + 64)
        if len(packed) < _THREAD_BYTES:
            body = unpacked(packed, limit, url)
        else:
            body = await asyncio.to_thread(unpacked, packed, limit, url)
        return Response(response.status, headers, body, packed)

    async def _body(self, response: aiohttp.ClientResponse, url: str, limit: int) -> bytes:
        """Return the body as it comes, unless it is too large or too slow."""
        too_large = f"its body is larger than {limit} bytes"
        if (response.content_length or 0) > limit:
            raise _fault(FaultKind.OVER_LIMIT, url, too_large)
        portion = self._limits.rate_bytes * self._limits.rate_seconds
        clock = asyncio.get_running_loop().time
        chunks: list[bytes] = []
        size, due = 0, portion
        async with asyncio.timeout(self._limits.rate_seconds) as patience:
            async for chunk in response.content.iter_any():
                chunks.append(chunk)
                size += len(chunk)
                if size > limit:
                    raise _fault(FaultKind.OVER_LIMIT, url, too_large)
                if size >= due:
                    due = size + portion
                    patience.reschedule(clock() + self._limits.rate_seconds)
        return b"".join(chunks)

    async def _checked(self, target: str, url: str) -> URL:
        """Return a URL that we are willing to ask."""
        try:
            parsed = URL(target)
            host = parsed.host and parsed.raw_host  # read here: it is decoded when it is asked for
        except ValueError:
            raise _fault(FaultKind.UNREACHABLE, url, "it is not a URL") from None
        if parsed.scheme not in ("http", "https") or not host:
            raise _fault(FaultKind.UNREACHABLE, url, "it is not an http or https URL")
        if parsed.scheme == "http" and not self._allow_private:
            raise _fault(FaultKind.UNREACHABLE, url, "http without TLS is for configured private addresses")
        if parsed.user is not None or parsed.password is not None:
            raise _fault(FaultKind.UNREACHABLE, url, "it carries a password")
        if self._screen is not None:
            async with asyncio.timeout(self._limits.connect_seconds):
                await self._screen.check(host, parsed.port or 0, only_private=parsed.scheme == "http")
        return parsed

    def _session(self, *, only_private: bool) -> aiohttp.ClientSession:
        limits = self._limits
        connector = aiohttp.TCPConnector(
            # Each log bounds its own requests. A common bound would let a log whose answers are slow
            # keep another one on the same host waiting until that seems not to answer.
            limit=0,
            keepalive_timeout=limits.keep_alive_seconds,
            # The one socket of a proxied request leads to the operator's own proxy, wherever that is.
            socket_factory=None
            if self._proxy
            else guarded_socket(allow_private=self._allow_private, only_private=only_private),
            ssl=True if self._tls is None else self._tls,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "fedcat"},
            skip_auto_headers=_AUTOMATIC,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_seconds),
            auto_decompress=False,
            trust_env=False,
            proxy=self._proxy or None,
            read_bufsize=262_144,
        )


def unpacked(packed: bytes, limit: int, url: str) -> bytes:
    """Return the contents of one gzip member, which must be all there is.

    Args:
        packed: A body with ``Content-Encoding: gzip``.
        limit: Most bytes of the contents; no more than one beyond it is ever produced.
        url: What a fault names.

    Raises:
        FaultError: "over limit", or "malformed" when it is not gzip, broken off or followed by
            something else.
    """
    stream = isal_zlib.decompressobj(wbits=_GZIP)
    try:
        # It ends with its own size, which makes room for all of it at once; whoever lies there is malformed.
        stated = int.from_bytes(packed[-4:], "little")
        body: bytes = stream.decompress(packed, min(stated, limit) + 1)
    except _GzipError as error:
        raise _fault(FaultKind.MALFORMED, url, f"its body is not gzip: {error}") from None
    if len(body) > limit:
        raise _fault(FaultKind.OVER_LIMIT, url, f"its body unpacks to more than {limit} bytes")
    if not stream.eof or stream.unused_data:
        raise _fault(FaultKind.MALFORMED, url, "its body is not one whole gzip member")
    return body


def _redirect(response: aiohttp.ClientResponse, target: URL, url: str) -> URL:
    try:
        found = target.join(URL(response.headers["Location"]))
        _origin(found)  # a host that cannot be decoded says so only now
    except (KeyError, ValueError):
        raise _fault(FaultKind.MALFORMED, url, "it redirects to nowhere") from None
    return found


def _origin(url: URL) -> tuple[str, str | None, int | None]:
    return url.scheme, url.host, url.port


def _joined(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Return the headers; those that came several times joined, so that none hides another."""
    found: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _reason(error: Exception) -> str:
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return str(inner) or type(inner).__name__


def _fault(kind: FaultKind, url: str, detail: str) -> FaultError:
    return FaultError(Fault(kind, url, detail))
