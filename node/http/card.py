"""Who lives at this address, and whether it is well.

``/.well-known/fedcat`` is a hint for people who only know a host name; nobody trusts it::

    {"fedcat": 1, "software": "fedcat/0.1.0",
     "logs": [{"origin": "lyon.example/log/lyon/1", "url": "https://lyon.example/log/lyon/1",
               "fingerprint": "3f2a…"}],
     "mirror": "lyon.example/mirror+5e0c9b1a+BA…"}

It names the witness key too when the node is a witness, and the SHA-256 of the policy document that is at
``/policy``: whom the node admits, under which licence, and whom to write to, as the node's operator says.

``/livez`` says that the process answers, ``/readyz`` that it should be sent requests.
"""

import sqlite3
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from node.home import Home
from node.own.keyfiles import load_mirror_key, mldsa_mirror_key
from node.policies import digest, own_policy
from node.store.logs import LogRow
from node.witness import own_keys as witness_keys

from .caching import SHORT
from .documents import answer
from .parameters import Query, read
from .problems import HttpProblemError, problem
from .routes import Route

MARKDOWN: Final = "text/markdown; charset=utf-8"


def software() -> str:
    """Return the name and version of this software; without a version when it runs uninstalled."""
    try:
        return f"fedcat/{version('fedcat')}"
    except PackageNotFoundError:
        return "fedcat"


SOFTWARE: Final = software()


def base_url(home: Home) -> str:
    """Return the URL that this node's own paths begin with, without a slash at its end."""
    return home.config.address.rstrip("/")


def base_path(home: Home) -> str:
    """Return the path of that URL: empty unless the node lives below a folder."""
    return urlsplit(base_url(home)).path


def log_url(home: Home, row: LogRow) -> str:
    """Return the prefix at which this node serves a log: an own one of this address at its origin's path."""
    where = urlsplit(base_url(home))
    if not (row.own and row.origin.startswith(f"{where.netloc}/")):
        # One that moved here has another host's name: two of them may have the same path.
        return f"{base_url(home)}/mirror/{row.hash}"
    return f"{where.scheme}://{where.netloc}/{row.origin.partition('/')[2]}"


def card(home: Home, policy: bytes = b"") -> dict[str, Any]:
    """Return the node's card, as JSON can say it.

    Args:
        home: The node.
        policy: Its policy document; empty when it has none.
    """
    logs = home.logs.all()
    document: dict[str, Any] = {
        "fedcat": 1,
        "software": SOFTWARE,
        "logs": [
            {"origin": row.origin, "url": log_url(home, row), "fingerprint": row.fingerprint}
            for row in logs
            if row.own
        ],
        "mirror": str(load_mirror_key(home.keys_dir).vkey),
    }
    if home.config.cosign_mldsa44:
        second = mldsa_mirror_key(home.keys_dir, home.config.mirror_name)
        document["mirror_mldsa44"] = str(second.vkey)
    if home.config.witness.logs:
        names = ("witness", "witness_mldsa44")
        document |= {name: str(key.vkey) for name, key in zip(names, witness_keys(home), strict=False)}
    if policy:
        document["policy"] = digest(policy)
    # Followers of a log that ended find its successor here, and check it by the roots that they know.
    successors = [
        {"origin": row.origin, "predecessor": before.origin}
        for row in logs
        if row.visible_size and (before := row.chain.sets[0].predecessor) is not None
    ]
    return document | ({"successors": successors} if successors else {})


class Health:
    """Whether requests should come here, and who answers them.

    Attributes:
        is_listening: Set once the sockets are open, cleared when draining begins.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._policy = own_policy(home.config, home.path)
        self.is_listening = False

    async def card(self, _: web.Request) -> web.Response:
        """Answer ``/.well-known/fedcat``."""
        return _json(card(self._home, self._policy), SHORT)

    async def policy(self, request: web.Request) -> web.Response:
        """Answer ``/policy``.

        Raises:
            HttpProblemError: The operator wrote none.
        """
        read(request, Query)
        if not self._policy:
            raise HttpProblemError(404, "this node has no policy document")
        return answer(request, self._policy, {"Content-Type": MARKDOWN})

    async def live(self, _: web.Request) -> web.Response:
        """Answer ``/livez``."""
        return _json({"live": True})

    async def ready(self, _: web.Request) -> web.Response:
        """Answer ``/readyz``: 200 when listening with an open database, else 503."""
        if not self.is_listening:
            return problem(503, "the node is starting or going away")
        try:
            self._home.database.connection.execute("SELECT 1 FROM log LIMIT 1").fetchone()
        except sqlite3.Error as error:
            return problem(503, f"the database does not answer: {error}")
        return _json({"ready": True})


ROUTES: Final = (
    Route("/.well-known/fedcat", Health.card, dict[str, Any]),
    Route("/livez", Health.live, dict[str, bool]),
    Route("/readyz", Health.ready, dict[str, bool]),
    Route("/policy", Health.policy, MARKDOWN, problems=(404,)),
)
"""What is answered here."""


def _json(document: dict[str, Any], cache: str = "no-store") -> web.Response:
    return web.Response(
        body=msgspec.json.encode(document),
        headers={"Content-Type": "application/json", "Cache-Control": cache},
    )
