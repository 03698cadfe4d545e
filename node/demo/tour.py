"""The guided tour: five things that a federation shows, each of them tried and not just told.

1. ``search``: one node, asked in French, answers for all three publishers, and counts what it found.
2. ``open``: one thing that two publishers describe, side by side, and where each word comes from.
3. ``reuse``: the same question in three languages: software for participatory budgets that towns use, in
   French, whose publishers seek somebody. Then who uses it, with what they learned, and who plans the same.
4. ``tamper``: one byte is flipped in what node B serves. A names fault and file, and takes the
   bytes from C.
5. ``origin-down``: node B stops. Its entries are still served, still verify, and a proof of one
   is checked with no node at all.

A step that does not show what it claims says so and makes the demo fail.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import aiohttp

from federation.faults import FaultKind
from federation.sync import Outcome
from node.answers import provenance
from node.answers.search import Question, search
from node.answers.texts import lang_map
from node.errors import NotFoundError
from protocol.errors import ProtocolError
from protocol.keyset import KeyChain, grouped
from protocol.language import best_text
from protocol.merkle import leaf_hashes, root
from protocol.note import Note
from protocol.proof import VerifiedEntry, verify_entry_proof
from protocol.tiles import ENTRY, bundles_of, split_bundle

from .world import DemoNode, World

QUESTION: Final = "budget participatif"
ASKED: Final = {"fr": QUESTION, "en": "participatory budgeting", "it": "bilancio partecipativo"}
"""The same in three languages."""

WANTED: Final = {"kind": "software", "language": "fr", "usedBy": "local", "has": "seeking"}
"""What else is wanted of it."""

COUNTED: Final = ("kind", "lifecycle", "license")
"""Facets that the tour shows."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of the tour showed.

    Attributes:
        name: Its name, for scripts.
        title: What it claims, for people.
        ok: Whether it was so.
        lines: What was seen, for people.
        facts: The same for scripts.
    """

    name: str
    title: str
    ok: bool
    lines: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)


async def tour(world: World) -> AsyncIterator[Step]:
    """Take the steps one by one; at the end all three nodes are up and whole again."""
    async with aiohttp.ClientSession() as web:
        yield await _search(world, web)
        yield await _open(world, web)
        yield await _reuse(world, web)
        yield await _tamper(world)
        await world.agency.stop()
        try:
            yield await _origin_down(world, web)
        finally:
            await world.agency.start()


async def _search(world: World, web: aiohttp.ClientSession) -> Step:
    url = f"{world.city.address}/api/v1/search"
    page = await _read(web, url, q=QUESTION, lang="fr", facets=",".join(COUNTED))
    described = [
        (item["name"], [world.publisher_of(each) for each in item["publishers"]]) for item in page["items"]
    ]
    publishers = sorted({publisher for _, those in described for publisher in those})
    counts = {facet: {each["value"]: each["count"] for each in page["facets"][facet]} for facet in COUNTED}
    kind, count = next(iter(counts["kind"].items()))
    filtered = await _read(web, url, q=QUESTION, kind=kind)
    lines = [f"GET {url}?q={QUESTION.replace(' ', '+')}&lang=fr&facets={','.join(COUNTED)}"]
    lines += [f"{name}, from {' and '.join(those)}" for name, those in described]
    lines += [
        f"{facet:9} " + ", ".join(f"{value} {many}" for value, many in values.items())
        for facet, values in counts.items()
    ]
    return Step(
        "search",
        f"{world.city.sample.name} is asked in French and answers for everybody",
        ok=len(publishers) == len(world.nodes) and filtered["total"] == count,
        lines=tuple(lines),
        facts={
            "question": QUESTION,
            "total": page["total"],
            "publishers": publishers,
            "facets": counts,
        },
    )


async def _open(world: World, web: aiohttp.ClientSession) -> Step:
    found = search(world.city.home, Question("Decidim")).items
    named = next(item["address"] for item in found if item["kind"] == "software")
    project = await _read(web, f"{world.city.address}/api/v1/projects/{named}", lang="fr")
    members = {member["address"]: member for member in project["members"]}
    theirs = next(address for address, each in members.items() if each["origin"] == world.group.origin)
    entry = await _read(web, f"{world.city.address}/api/v1/entries/{theirs}")
    where = entry["provenance"]
    publishers = [world.publisher_of(member["origin"]) for member in members.values()]
    summary = project["fields"]["summary"]
    said = {
        world.publisher_of(members[address]["origin"]): (best_text(each["value"], ("fr",)) or ("",))[0]
        for each in (summary, *summary["also"])
        for address in each["stated_by"]
    }
    return Step(
        "open",
        "One project: what two publishers say about it, side by side, and where it comes from",
        ok=where["fingerprint"] == world.group.fingerprint
        and not where["own"]
        and len(set(said.values())) > 1,
        lines=(
            f"GET {world.city.address}/api/v1/projects/{project['address']}?lang=fr",
            f"{project['name']}, described by {' and '.join(publishers)}",
            *(f"{publisher} says: {value}" for publisher, value in said.items()),
            *(f"joined by {each['identifier']}: {each['why']}" for each in project["evidence"]),
            f"{world.group.sample.name} stated it as leaf {where['index']} of {where['size']}",
            f"verified {where['verified_at']}",
            f"fingerprint {grouped(where['fingerprint'])}",
        ),
        facts={
            "address": entry["address"],
            "provenance": where,
            "project": project["address"],
            "said": said,
            "also_described_by": [name for name in publishers if name != world.group.sample.name],
        },
    )


async def _reuse(world: World, web: aiohttp.ClientSession) -> Step:
    api = f"{world.group.address}/api/v1"
    pages = {
        language: await _read(web, f"{api}/search", q=text, lang=language, **WANTED)
        for language, text in ASKED.items()
    }
    found = {language: [item["address"] for item in page["items"]] for language, page in pages.items()}
    address = next((each for each in found["fr"]), "")
    uses = await _read(web, f"{api}/projects/{address}/backlinks", group="use", lang="en") if address else {}
    users = [item for group in uses.get("groups", ()) for item in group["items"]]
    plans = (await _read(web, f"{api}/roadmap/{world.city.origin}/overlaps", lang="en"))["items"]
    overlaps = [(plan["item"], each) for plan in plans for each in plan["overlaps"]]
    seeking = (await _read(web, f"{api}/seeking", publisher=world.agency.origin, lang="en"))["items"]
    wanted = "&".join(f"{name}={value}" for name, value in WANTED.items())
    return Step(
        "reuse",
        "Software that towns use, in French, whose publishers seek somebody: asked in three languages",
        ok=all(each == [address] for each in found.values())
        and any(map(_lessons, users))
        and bool(overlaps and seeking),
        lines=(
            *(f"GET {api}/search?q={text.replace(' ', '+')}&{wanted}" for text in ASKED.values()),
            *(
                f"{language}: {item['name']}: {item['summary']}"
                for language, page in pages.items()
                for item in page["items"]
            ),
            *(f"used by {item['publisher']['name']}, who learned: {_lessons(item)}" for item in users),
            *(
                f"{mine['publisher']} plans: {mine['title']}; {each['item']['publisher']} plans:"
                f" {each['item']['title']}"
                for mine, each in overlaps
            ),
            *(f"sought by {each['publisher']}: {each['text']}" for each in seeking),
        ),
        facts={"project": address, "asked": ASKED, "users": len(users), "overlaps": len(overlaps)},
    )


def _lessons(item: Mapping[str, Any]) -> str:
    return (best_text(lang_map(item["said"].get("lessons")), ("en",)) or ("",))[0]


async def _tamper(world: World) -> Step:
    """B publishes one more entry and serves it altered: A refuses it and takes it from C."""
    agency = world.agency
    await agency.publish(agency.sample.later)
    with _flipped(agency):
        # Nobody else has it yet: whom A asks first would be left to chance.
        refused = await world.city.sync()
    await world.group.sync()
    with _flipped(agency):
        outcomes = await world.city.sync()
    faults = _faults(refused, agency)
    taken = [each.source for each in outcomes if each.origin == agency.origin and each.fault is None]
    size, held = _size(agency, agency.origin), _size(world.city, agency.origin)
    named = any(fault["fault"] == FaultKind.INCONSISTENT for fault in faults)
    return Step(
        "tamper",
        f"One flipped byte at {agency.sample.name} is caught, named, and taken from elsewhere",
        ok=named and held == size and any(source.startswith(world.group.address) for source in taken),
        lines=(
            f"one byte of the newest leaf is flipped in what {agency.address} serves",
            *(f"caught: {fault['fault']}: {fault['file']}, from {fault['source']}" for fault in faults),
            *(f"taken instead from {source}" for source in taken),
            f"{world.city.sample.name} holds {held} of {size} leaves, all verified",
        ),
        facts={"faults": faults, "taken_from": taken, "size": size, "held": held},
    )


async def _origin_down(world: World, web: aiohttp.ClientSession) -> Step:
    agency = world.agency
    faults = _faults(await world.city.sync(), agency)
    served, size = await _verified_from(world.group, agency, web)
    shown = search(world.city.home, Question("Developers Italia")).items[0]
    proof = provenance.proof(world.city.home, shown["address"])
    entry = verify_entry_proof(proof, agency.fingerprint)
    ok = (
        any(fault["fault"] == FaultKind.UNREACHABLE for fault in faults)
        and shown["origin"] == entry.origin == agency.origin
        and served
        and _refused(proof, agency.fingerprint)
    )
    return Step(
        "origin-down",
        f"{agency.sample.name} is stopped; its entries are still served and still verify",
        ok=ok,
        lines=(
            *(f"{fault['fault']}: {fault['source']}" for fault in faults),
            f"all {size} leaves are served by {world.group.address} and hash to what the agency signed",
            f"{world.city.sample.name} still finds {shown['name']}",
            f"its proof, {len(proof)} bytes, verifies with no node and no network: {_said(entry)}",
            "the same proof with one byte changed is refused",
        ),
        facts={"faults": faults, "leaves": size, "proof_bytes": len(proof), "address": shown["address"]},
    )


async def _verified_from(mirror: DemoNode, origin: DemoNode, web: aiohttp.ClientSession) -> tuple[bool, int]:
    """Verify another's log as a stranger would, from a mirror's files and the pinned fingerprint alone."""
    prefix = f"{mirror.address}/mirror/{hashlib.sha256(origin.origin.encode()).hexdigest()}"

    async def read(path: str) -> bytes:
        async with web.get(f"{prefix}/{path}") as response:
            response.raise_for_status()
            return await response.read()

    chain = KeyChain.start(await read("keys/1"), fingerprint=origin.fingerprint, origin=origin.origin)
    checkpoint = chain.open_checkpoint(Note.parse(await read("checkpoint")))
    leaves: list[bytes] = []
    for bundle in bundles_of(checkpoint.size):
        leaves += split_bundle(await read(bundle.path), bundle.width)
    return root(leaf_hashes(leaves)) == checkpoint.root, checkpoint.size


async def _read(web: aiohttp.ClientSession, url: str, **parameters: str) -> dict[str, Any]:
    """Return what a node answers, wherever it sends us."""
    async with web.get(url, params=parameters) as response:
        document: dict[str, Any] = await response.json()
        return document


@contextmanager
def _flipped(node: DemoNode) -> Iterator[None]:
    """Flip one bit of the newest leaf in a node's stored tree, and put it right afterwards."""
    row = node.home.logs.get(node.origin)
    if row is None:
        raise NotFoundError("log", node.origin)
    # The last byte of the last record: of the newest leaf's commitment.
    place = row.size * ENTRY - 1
    with (node.home.path / "logs" / row.hash / "entries").open("r+b") as entries:
        entries.seek(place)
        right = entries.read(1)
        try:
            _write_at(entries, place, bytes((right[0] ^ 1,)))
            yield
        finally:
            _write_at(entries, place, right)


def _write_at(file: BinaryIO, place: int, data: bytes) -> None:
    file.seek(place)
    file.write(data)
    file.flush()


def _refused(proof: bytes, fingerprint: str) -> bool:
    """Tell whether a proof is refused once a digit of its place is another."""
    altered = proof.replace(b"\nindex ", b"\nindex 1", 1)
    try:
        verify_entry_proof(altered, fingerprint)
    except ProtocolError:
        return True
    return False


def _faults(outcomes: Sequence[Outcome], node: DemoNode) -> list[dict[str, str]]:
    """Return what was wrong with the sources of a node's log, as scripts read it."""
    return [
        {
            "source": each.source,
            "fault": str(each.fault.kind),
            "file": each.fault.file,
            "detail": each.fault.detail,
        }
        for each in outcomes
        if each.origin == node.origin and each.fault is not None
    ]


def _size(node: DemoNode, origin: str) -> int:
    """Return the verified size at which a node holds a log."""
    row = node.home.logs.get(origin)
    return 0 if row is None else row.size


def _said(entry: VerifiedEntry) -> str:
    """Return what a proof proves, in a few words."""
    return f"leaf {entry.index} of {entry.size} of {entry.origin}"
