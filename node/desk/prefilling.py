"""A new entry from the address of a repository, or of a file: what describes the thing there, as a draft.

::

    https://forge.example/acme/tool    →  publiccode.yml, code.json, codemeta.json at its root, in this order

Files are asked for where forges serve them as they are: GitHub, GitLab, Gitea and Forgejo, Bitbucket; at a
host that nobody knows, in the ways of GitLab and Gitea, and below the address itself. Whatever is asked goes
through the bounded fetcher, which decides where it may go. The first file that can be read is taken.

The draft is its author's own statement, to be looked at and signed: it is not marked as an import, and what
could not be taken is said.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

from federation.faults import FaultError
from federation.response import OK, Fetch
from node.errors import InvalidInputError
from node.home import Home
from node.interop.codejson import codejson_records
from node.interop.codemeta import codemeta_record
from node.interop.json_loader import SINGLE
from node.interop.making import Occasion
from node.interop.publiccode import publiccode_record
from node.interop.record import Document, Record, Remark, RemarkKind
from protocol.language import UNDETERMINED
from protocol.packing import Value

NAMES: Final = ("publiccode.yml", "code.json", "codemeta.json")
"""What is looked for at the root of a repository, the most telling first."""

_SCP: Final = re.compile(r"(?:ssh://)?git@([A-Za-z0-9.-]+)[:/]([^\s:]+)")
_FILE: Final = re.compile(r"\.(?:ya?ml|json)", re.IGNORECASE)
# What is missing is found by looking at the draft; what changes by itself is noted of imports alone.
_SAID_ELSEWHERE: Final = (RemarkKind.MISSING, RemarkKind.VOLATILE)
# How forges name the pages of a repository that are below its own.
_INTO: Final = re.compile(r"/(?:-/)?(?:blob|tree|src/branch|src/commit|src/tag|src|raw)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Prefilled:
    """The beginning of an entry.

    Attributes:
        payload: What was found, as a statement; gaps are left to be filled.
        place: The URL of the file that it was read from.
        remarks: What became of what else the file says.
        tried: URL → why nothing was read there, in the order in which they were asked.
    """

    payload: dict[str, Value]
    place: str
    remarks: tuple[Remark, ...]
    tried: tuple[tuple[str, str], ...]


async def prefill(home: Home, url: str, fetch: Fetch) -> Prefilled:
    """Return the beginning of an entry from what describes a thing at an address.

    Args:
        home: The node.
        url: Of a repository, or of one of the files, or of a forge's page of either.
        fetch: The bounded fetcher.

    Raises:
        InvalidInputError: It is no such address, or nothing there can be read; what was tried is listed.
    """
    today = datetime.fromtimestamp(home.now(), UTC).date().isoformat()
    tried: list[tuple[str, str]] = []
    for place, read in places(url):
        document = await _document(place, fetch)
        # A large file takes a third of a second, in which the node must go on answering.
        record = await asyncio.to_thread(read, document, Occasion(today))
        if record.payload is not None:
            kept = {
                key: value for key, value in record.payload.items() if key not in ("source", "incomplete")
            }
            remarks = tuple(each for each in record.remarks if each.kind not in _SAID_ELSEWHERE)
            return Prefilled(_named(kept), place, remarks, tuple(tried))
        tried.append((place, record.rejection))
    reasons = "".join(f"\n  {place}: {why}" for place, why in tried)
    hint = f"fill in the form by hand, or add one of {', '.join(NAMES)} to the repository"
    raise InvalidInputError(f"nothing at {url} describes it:{reasons}", hint=hint)


def _named(payload: dict[str, Value]) -> dict[str, Value]:
    """Return a statement with its name in the languages of its texts.

    A publiccode.yml has one name for all languages; a form has one for each, beside the other texts.
    """
    names, texts = payload.get("name"), payload.get("summary")
    if not (isinstance(names, dict) and isinstance(texts, dict)):
        return payload
    tags = [tag for tag in texts if tag != UNDETERMINED]
    if UNDETERMINED not in names or not tags:
        return payload
    common = names[UNDETERMINED]
    own = {tag: name for tag, name in names.items() if tag != UNDETERMINED}
    return {**payload, "name": {**dict.fromkeys(tags, common), **own}}


def places(url: str) -> Iterator[tuple[str, Callable[[Document, Occasion], Record]]]:
    """Yield where something may describe what an address names, each with what reads it.

    Raises:
        InvalidInputError: It is no address on the web.
    """
    text = url.strip()
    if (scp := _SCP.fullmatch(text)) is not None:
        text = f"https://{scp[1]}/{scp[2]}"
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise InvalidInputError(f"{url!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        hint = "such as https://forge.example/acme/tool"
        raise InvalidInputError(f"{url!r} is no address on the web", hint=hint)
    if _FILE.search(parts.path.rpartition("/")[2]):
        yield _raw_file(parts), _reader(parts.path)
        return
    base = parts.path.rstrip("/").removesuffix(".git")
    if (into := _INTO.search(base)) is not None:
        base = base[: into.start()]
    for name in NAMES:
        for place in _roots(parts, base):
            yield place + name, _reader(name)


def _roots(parts: SplitResult, base: str) -> tuple[str, ...]:
    """Return where the files at the root of a repository are served, in the order to try."""
    at = f"{parts.scheme}://{parts.netloc}"
    if parts.hostname in ("github.com", "www.github.com"):
        return (f"https://raw.githubusercontent.com{base}/HEAD/",)
    if parts.hostname == "bitbucket.org":
        return (f"{at}{base}/raw/HEAD/",)
    if parts.hostname == "codeberg.org":
        return (f"{at}/api/v1/repos{base}/raw/",)
    gitlab = f"{at}{base}/-/raw/HEAD/"
    if parts.hostname == "gitlab.com":
        return (gitlab,)
    return (gitlab, f"{at}/api/v1/repos{base}/raw/", f"{at}{base}/")


def _raw_file(parts: SplitResult) -> str:
    """Return where a file is served as it is, whose page on a forge may have been named."""
    path = parts.path
    if parts.hostname in ("github.com", "www.github.com"):
        owner_and_name, _, rest = path.partition("/blob/")
        return f"https://raw.githubusercontent.com{owner_and_name}/{rest}" if rest else parts.geturl()
    for page, raw in (("/-/blob/", "/-/raw/"), ("/src/", "/raw/")):
        path = path.replace(page, raw, 1)
    return parts._replace(path=path, fragment="").geturl()


def _reader(path: str) -> Callable[[Document, Occasion], Record]:
    name = path.rpartition("/")[2].lower()
    if name.endswith((".yml", ".yaml")):
        return publiccode_record
    return codemeta_record if name.startswith("codemeta") else _first_of_codejson


def _first_of_codejson(document: Document, occasion: Occasion) -> Record:
    """Return the project of a file that describes one; an inventory of many is for the import."""
    first, *others = codejson_records(document, occasion)
    if others:
        why = "it lists several projects; `fedcat entry import codejson` takes them all"
        return Record.rejected(first.format, document.place, why)
    return first


async def _document(place: str, fetch: Fetch) -> Document:
    try:
        response = await fetch.get(place, limit=SINGLE.max_bytes)
    except FaultError as error:
        return Document(place, place, rejection=str(error))
    if response.status != OK:
        return Document(place, place, rejection=f"the server answered {response.status}")
    return Document(place, place, response.body)
