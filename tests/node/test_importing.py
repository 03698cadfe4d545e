import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from node.answers.annotations import annotations_of
from node.answers.catalogue import CatalogueProjection
from node.answers.digest import digest
from node.answers.provenance import history, show
from node.answers.rebuild import rebuild
from node.errors import NotFoundError
from node.home import Home
from node.importing import ImportReport, import_records
from node.interop.codejson import read_codejson
from node.interop.dpg import read_dpg
from node.interop.making import Occasion
from node.interop.publiccode import read_publiccode
from node.interop.record import Record, RecordKey, RemarkKind
from node.own.clearance import grant
from node.own.founding import found_node
from node.own.sequencer import Draft, publish, publish_waiting
from node.remembering import entry_digest
from protocol.leaf import Op
from protocol.packing import Value, unpack


@pytest.fixture
def clock() -> list[int]:
    """The time, as the last number."""
    return [1_800_000_000]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: list[int]) -> Iterator[Home]:
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "locks"))
    path = tmp_path / "home"
    found_node(
        path,
        address="http://127.0.0.1:8401",
        name="City",
        log_name="city",
        allow_private=True,
        projection=CatalogueProjection(),
        clock=lambda: clock[-1],
    )
    opened = Home.open(path, projection=CatalogueProjection(), clock=lambda: clock[-1])
    grant(opened, origin_of(opened))
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "files"
    found.mkdir()
    for name in ("a", "b", "c"):
        write(found / f"{name}.yml", name, f"https://example.org/{name}.git")
    return found


def write(file: Path, name: str, url: str, extra: str = "") -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"publiccodeYmlVersion: '0.4'\nname: {name}\nurl: {url}\n{extra}")


def origin_of(home: Home) -> str:
    return home.logs.all()[0].origin


async def load(home: Home, *places: Path, today: str = "2026-11-21", dry_run: bool = False) -> ImportReport:
    records = read_publiccode([str(place) for place in places], Occasion(today))
    return await import_records(home, origin_of(home), records, dry_run=dry_run)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return (report.accepted, report.unchanged, report.changed, report.rejected)


def size(home: Home) -> int:
    return home.logs.store(origin_of(home)).size


def statements(home: Home) -> dict[str, str]:
    """Return the id of every imported entry by its name."""
    store = home.logs.store(origin_of(home))
    found = {}
    for id_, index in store.live():
        payload = unpack((store.kept_blob(index) or b"")[16:])
        assert isinstance(payload, dict)
        if "source" in payload:
            found[str(payload["name"])] = id_.hex()
    return found


async def test_the_same_files_again_append_nothing(home: Home, folder: Path) -> None:
    (folder / "bad.yml").write_text("a: [")
    report = await load(home, folder)
    assert counts(report) == (3, 0, 0, 1)
    assert report.problems == 3
    assert report.signed
    assert report.details[0].name == "a"
    assert report.details[0].id is not None
    assert [each.place for each in report.details if each.reason] == ["bad.yml"]
    before = size(home)
    assert counts(await load(home, folder, today="2027-01-01")) == (0, 3, 0, 1)
    assert counts(await load(home, folder / "a.yml")) == (0, 1, 0, 0)
    assert size(home) == before


async def test_two_imports_at_once_append_everything_once(home: Home, folder: Path) -> None:
    """As two processes: each with its own connections, and the lock between them."""
    other = Home.open(home.path, projection=CatalogueProjection())
    grant(other, origin_of(home))
    try:
        reports = await asyncio.gather(load(home, folder), load(other, folder))
    finally:
        other.close()
    assert sorted(map(counts, reports)) == [(0, 3, 0, 0), (3, 0, 0, 0)]
    assert len(statements(home)) == 3


async def test_problems_are_records_that_ask_for_a_look(home: Home, tmp_path: Path) -> None:
    whole = (
        "developmentStatus: stable\nsoftwareType: library\nplatforms: [web]\n"
        "legal: {license: EUPL-1.2}\nlocalisation: {availableLanguages: [en], localisationReady: true}\n"
        "description: {en: {shortDescription: A tool, longDescription: It helps., features: [one]}}\n"
        "landingURL: https://example.org/\nintendedAudience: {countries: [IT]}\ncategories: [it-security]\n"
        "maintenance: {type: internal}\n"
    )
    write(tmp_path / "kept.yml", "kept", "https://example.org/kept.git", f"{whole}colour: red\nshade: ''\n")
    write(tmp_path / "dropped.yml", "dropped", "https://example.org/d.git", f"{whole}email: a@b.example\n")
    report = await load(home, tmp_path)
    kinds = {detail.name: {remark.kind for remark in detail.remarks} for detail in report.details}
    assert kinds == {
        "kept": {RemarkKind.KEPT, RemarkKind.EMPTY},
        "dropped": {RemarkKind.DROPPED},
    }
    assert report.problems == 1


async def test_a_changed_file_is_a_new_version_of_its_statement(home: Home, folder: Path) -> None:
    await load(home, folder)
    ids = statements(home)
    write(folder / "a.yml", "a", "https://example.org/moved.git", "landingURL: https://example.org/2\n")
    write(folder / "b.yml", "renamed", "https://example.org/b.git")
    before = size(home)
    assert counts(await load(home, folder)) == (0, 1, 2, 0)
    assert size(home) == before + 2
    assert sorted(statements(home).values()) == sorted(ids.values())


async def test_another_thing_in_the_same_place_is_another_statement(home: Home, folder: Path) -> None:
    await load(home, folder)
    ids = statements(home)
    write(folder / "a.yml", "other", "https://example.org/other.git")
    assert counts(await load(home, folder)) == (1, 2, 0, 0)
    assert set(ids.items()) < set(statements(home).items())
    # And back again: the first one is remembered.
    write(folder / "a.yml", "a", "https://example.org/a.git")
    assert counts(await load(home, folder)) == (0, 3, 0, 0)


async def test_one_repository_in_two_files_is_two_statements(home: Home, tmp_path: Path) -> None:
    for folder in ("x", "y"):
        write(tmp_path / folder / "publiccode.yml", "same", "https://example.org/same.git")
    assert counts(await load(home, tmp_path / "x" / "publiccode.yml", tmp_path / "y" / "publiccode.yml")) == (
        2,
        0,
        0,
        0,
    )
    before = size(home)
    assert counts(await load(home, tmp_path / "x", tmp_path / "y")) == (0, 2, 0, 0)
    assert size(home) == before


async def test_drafts_that_wait_are_not_stored_twice(home: Home, folder: Path) -> None:
    home.clearances.popitem()[1].release()
    report = await load(home, folder)
    assert counts(report) == (3, 0, 0, 0)
    assert not report.signed
    assert report.why_not
    assert counts(await load(home, folder)) == (0, 3, 0, 0)


async def test_a_kill_after_the_drafts_are_stored_publishes_everything_once(
    home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise RuntimeError

    before = size(home)
    with monkeypatch.context() as patch:
        patch.setattr("node.own.sequencer.sequence", killed)
        with pytest.raises(RuntimeError):
            await load(home, folder)
    assert counts(await load(home, folder)) == (0, 3, 0, 0)
    await publish_waiting(home, origin_of(home))
    assert size(home) == before + 3
    assert counts(await load(home, folder)) == (0, 3, 0, 0)


async def test_a_memory_older_than_the_log_appends_nothing(home: Home, folder: Path) -> None:
    await load(home, folder)
    rows = home.database.connection.execute("SELECT digest, id FROM import_record").fetchall()
    write(folder / "c.yml", "c", "https://example.org/c.git", "landingURL: https://example.org/2\n")
    assert counts(await load(home, folder)) == (0, 2, 1, 0)
    with home.database.write() as connection:
        # As in a database that was put back.
        connection.executemany("UPDATE import_record SET digest = ? WHERE id = ?", rows)
    before = size(home)
    assert counts(await load(home, folder)) == (0, 3, 0, 0)
    assert size(home) == before


async def test_a_file_put_back_while_its_draft_waits_is_what_stands_in_the_end(
    home: Home, folder: Path
) -> None:
    first = (folder / "c.yml").read_text()
    await load(home, folder)
    home.clearances.popitem()[1].release()
    write(folder / "c.yml", "c", "https://example.org/c.git", "landingURL: https://example.org/2\n")
    assert counts(await load(home, folder)) == (0, 2, 1, 0)
    (folder / "c.yml").write_text(first)
    assert counts(await load(home, folder)) == (0, 2, 1, 0)


async def test_a_dry_run_writes_nothing(home: Home, folder: Path) -> None:
    before = size(home)
    report = await load(home, folder, dry_run=True)
    assert counts(report) == (3, 0, 0, 0)
    assert report.details[0].id is None
    assert size(home) == before
    assert counts(await load(home, folder)) == (3, 0, 0, 0)


async def test_a_lost_memory_is_read_again_from_the_log(home: Home, folder: Path) -> None:
    await publish(home, origin_of(home), [Draft(Op.PUT, None, {"type": "poem", "v": 1, "by": "urn:x:y"})])
    await publish(
        home, origin_of(home), [Draft(Op.PUT, None, {"type": "poem", "v": 1, "source": {"format": 1}})]
    )
    await load(home, folder)
    with home.database.write() as connection:
        connection.execute("DELETE FROM import_record")
    before = size(home)
    write(folder / "c.yml", "c", "https://example.org/c.git", "landingURL: https://example.org/2\n")
    assert counts(await load(home, folder)) == (0, 2, 1, 0)
    assert size(home) == before + 1


async def test_what_cannot_be_read_again_is_left_alone(home: Home, folder: Path) -> None:
    await load(home, folder)
    store = home.logs.store(origin_of(home))
    blobs = {index: b"\xc1" * len(blob) for index, blob in store.read_blobs(0).items()}
    store.content_files.write(0, blobs)
    with home.database.write() as connection:
        connection.execute("DELETE FROM import_record")
    assert counts(await load(home, folder)) == (3, 0, 0, 0)


async def test_what_was_withdrawn_does_not_come_back(home: Home, folder: Path) -> None:
    report = await load(home, folder)
    reason: dict[str, Value] = {"type": "withdrawal", "v": 1, "reason": "error"}
    await publish(home, origin_of(home), [Draft(Op.WITHDRAW, report.details[0].id, reason)])
    for _ in range(2):
        before = size(home)
        assert counts(await load(home, folder)) == (0, 3, 0, 0)
        assert size(home) == before
        with home.database.write() as connection:
            connection.execute("DELETE FROM import_record")


async def test_records_may_be_any_iterable_and_progress_is_told(home: Home, folder: Path) -> None:
    records = [each async for each in read_publiccode([str(folder)], Occasion("2026-11-21"))]
    seen: list[int] = []
    await import_records(home, origin_of(home), iter(records), progress=seen.append)
    assert seen == [1, 2, 3]

    async def again() -> AsyncIterator[Record]:
        for each in records:
            yield each

    report = await import_records(home, origin_of(home), again(), progress=seen.append)
    assert report.unchanged == 3
    assert seen == [1, 2, 3, 1, 2, 3]
    assert (await import_records(home, origin_of(home), records)).unchanged == 3


async def test_only_an_own_log_can_be_imported_into(home: Home) -> None:
    with pytest.raises(NotFoundError):
        await import_records(home, "elsewhere.example/log/x/1", [])


def test_a_key_continues_another_unless_both_parts_changed() -> None:
    key = RecordKey("u", "n")
    assert RecordKey("u", "m").continues(key)
    assert RecordKey("v", "n").continues(key)
    assert not RecordKey("v", "m").continues(key)
    assert not RecordKey("", "m").continues(RecordKey("", "n"))
    assert json.loads(str(key)) == ["u", "n"]


def test_the_digest_ignores_only_what_says_nothing_about_the_thing() -> None:
    file = {"path": "c", "sha256": "11"}
    source = {"fetched": "2026-01-01", "path": "a", "sha256": "00", "files": [file, 7]}
    payload = {"type": "entry", "source": source}
    digest = entry_digest(payload)
    for same in (
        {"fetched": "2027-01-01"}, {"sha256": "22"}, {"member": 2}, {"files": [{**file, "sha256": "33"}, 7]},
    ):  # fmt: skip
        assert entry_digest({**payload, "source": {**source, **same}}) == digest
    for other in ({"path": "b"}, {"files": [file]}, {"files": [{"path": "d"}, 7]}, {"original": {"/a": "b"}}):
        assert entry_digest({**payload, "source": {**source, **other}}) != digest
    assert entry_digest({"type": "entry"}) != digest


async def load_list(
    home: Home, file: Path, *members: dict[str, Any], dry_run: bool = False
) -> tuple[int, int, int, int]:
    """Import an inventory of these members; return what became of them."""
    listed = [{"status": "Beta", **each} for each in members]
    content = json.dumps({"agency": "GSA", "version": "2.0.0", "releases": listed})
    await asyncio.to_thread(file.write_text, content)
    records = read_codejson([str(file)], Occasion("2026-11-21"))
    return counts(await import_records(home, origin_of(home), records, dry_run=dry_run))


def noted(home: Home, id_: bytes) -> dict[str, tuple[str, str, str]]:
    """Return what is noted about a statement: value, source and time by name."""
    row = home.logs.all()[0]
    found = annotations_of(home.database.connection, row.id, id_)
    return {each["name"]: (each["value"], each["source"], each["observed_at"]) for each in found}


async def test_what_changes_by_itself_is_noted_and_appends_nothing(
    home: Home, folder: Path, clock: list[int]
) -> None:
    a = folder / "a.yml"
    write(a, "a", "https://example.org/a.git", "softwareVersion: '1'\nreleaseDate: 2026-01-15\n")
    report = await load(home, folder)
    id_, other = (report.details[number].id for number in (0, 1))
    assert id_ is not None
    assert other is not None
    then = "2027-01-15T08:00:00Z"
    assert noted(home, id_) == {"version": ("1", "a.yml", then), "released": ("2026-01-15", "a.yml", then)}
    assert noted(home, other) == {}
    assert show(home, id_.hex())["annotations"] == [
        {"name": "released", "value": "2026-01-15", "source": "a.yml", "observed_at": then},
        {"name": "version", "value": "1", "source": "a.yml", "observed_at": then},
    ]
    before = size(home), digest(home)
    clock.append(1_800_000_060)
    write(a, "a", "https://example.org/a.git", "softwareVersion: '2'\n")
    assert counts(await load(home, folder, dry_run=True)) == (0, 3, 0, 0)
    assert noted(home, id_)["version"] == ("1", "a.yml", then)
    assert counts(await load(home, folder)) == (0, 3, 0, 0)
    assert (size(home), digest(home)) == before
    # What the file says no longer is gone as well.
    assert noted(home, id_) == {"version": ("2", "a.yml", "2027-01-15T08:01:00Z")}
    rebuild(home)
    assert noted(home, id_)["version"][0] == "2"
    # A new version of the entry itself brings its facts along.
    write(a, "a", "https://example.org/moved.git", "softwareVersion: '3'\n")
    assert counts(await load(home, folder)) == (0, 2, 1, 0)
    assert noted(home, id_)["version"][0] == "3"


async def test_an_older_entry_that_states_its_version_gets_one_new_version(home: Home, folder: Path) -> None:
    """Nodes before this one stated the version: that is no error, and ends with the next import."""
    write(folder / "a.yml", "a", "https://example.org/a.git", "softwareVersion: '1'\n")
    (found,) = [each async for each in read_publiccode([str(folder / "a.yml")], Occasion("2026-01-01"))]
    assert found.payload is not None
    older = {**found.payload, "software": {"version": "1", "released": "2026-01-15"}}
    receipt = await publish(home, origin_of(home), [Draft(Op.PUT, None, older)])
    shown = show(home, receipt.ids[0].hex())
    assert (shown["problems"], shown["statement"]["software"]["version"]) == ([], "1")
    assert counts(await load(home, folder / "a.yml")) == (0, 0, 1, 0)
    assert "software" not in show(home, receipt.ids[0].hex())["statement"]
    assert counts(await load(home, folder / "a.yml")) == (0, 1, 0, 0)


async def test_what_is_erased_has_no_notes_and_gets_none(home: Home, folder: Path) -> None:
    write(folder / "a.yml", "a", "https://example.org/a.git", "softwareVersion: '1'\n")
    write(folder / "b.yml", "b", "https://example.org/b.git", "softwareVersion: '1'\n")
    report = await load(home, folder)
    a, b = (report.details[number].id for number in (0, 1))
    assert a is not None
    assert b is not None
    origin = origin_of(home)
    # An older version of b goes, and the one that stands keeps its notes.
    write(folder / "b.yml", "b", "https://example.org/moved.git", "softwareVersion: '1'\n")
    await load(home, folder)
    first = history(home, b.hex())[-1]["index"]
    await publish(home, origin, [Draft(Op.ERASE, a, None), Draft(Op.ERASE, b, None, first)])
    assert noted(home, a) == {}
    assert noted(home, b)["version"][0] == "1"
    # The file still is there, and says nothing new: nothing comes back.
    assert counts(await load(home, folder)) == (0, 3, 0, 0)
    assert noted(home, a) == {}
    (count,) = home.database.connection.execute("SELECT count(*) FROM annotation").fetchone()
    assert count == 1


def member(name: str, repository: str = "", **more: object) -> dict[str, Any]:
    return {"name": name, "repositoryURL": repository and f"https://example.org/{repository}", **more}


def forget(home: Home) -> None:
    with home.database.write() as connection:
        connection.execute("DELETE FROM import_record")


def described(home: Home) -> dict[bytes, tuple[str, str]]:
    """Return name and tag of every member by its id."""
    store = home.logs.store(origin_of(home))
    found = {}
    for id_, index in store.live():
        payload: Any = unpack((store.kept_blob(index) or b"")[16:])
        if "source" in payload:
            found[id_] = (payload["name"]["und"], "".join(payload.get("keywords", {}).get("und", [])))
    return found


async def test_members_of_a_list_come_and_go_and_change_one_by_one(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "code.json"
    a, b, c = member("A", "a"), member("B", "b"), member("C")
    assert await load_list(home, file, a, b, c, dry_run=True) == (3, 0, 0, 0)
    assert await load_list(home, file, a, b, c) == (3, 0, 0, 0)
    before = size(home)
    assert await load_list(home, file, a, b, c) == (0, 3, 0, 0)
    # Another order, one gone: nobody else changed.
    assert await load_list(home, file, c, a) == (0, 2, 0, 0)
    assert size(home) == before
    new = member("New", "new")
    assert await load_list(home, file, new, b, {**a, "vcs": "hg"}, c) == (1, 2, 1, 0)
    assert size(home) == before + 2
    forget(home)
    assert await load_list(home, file, new, b, {**a, "vcs": "hg"}, c) == (0, 4, 0, 0)
    assert size(home) == before + 2


async def test_equal_members_keep_their_places(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "code.json"
    first, second, third = (member("Tool", "tool", tags=[str(number)]) for number in (1, 2, 3))
    assert await load_list(home, file, first, second, third) == (3, 0, 0, 0)
    ids = {tag: id_ for id_, (_, tag) in described(home).items()}
    # The first goes: the others are recognised by what they say, though their places moved.
    assert await load_list(home, file, second, third) == (0, 2, 0, 0)
    # All change at once: each in its place, also after the table is lost.
    assert await load_list(home, file, *({**each, "vcs": "git"} for each in (first, second, third))) == (
        0,
        0,
        3,
        0,
    )
    assert {tag: id_ for id_, (_, tag) in described(home).items()} == ids
    forget(home)
    assert await load_list(home, file, *({**each, "vcs": "hg"} for each in (first, second, third))) == (
        0,
        0,
        3,
        0,
    )
    assert {tag: id_ for id_, (_, tag) in described(home).items()} == ids


async def test_a_new_member_takes_nobodys_place(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "code.json"
    old = member("Tool 1", "tool")
    await load_list(home, file, old)
    (id_,) = described(home)
    # Listed before the one whose repository it shares.
    assert await load_list(home, file, member("Tool 2", "tool"), old) == (1, 1, 0, 0)
    assert described(home)[id_][0] == "Tool 1"
    # One renamed, the other moved: each is the only one that fits.
    assert await load_list(home, file, member("Tool 2", "moved"), member("Tool One", "tool")) == (0, 0, 2, 0)
    assert described(home)[id_][0] == "Tool One"
    # Two that could both be the old one are both new.
    assert await load_list(home, file, member("Y", "moved"), member("Z", "moved")) == (2, 0, 0, 0)


async def test_a_good_keeps_its_statement_wherever_its_files_lie(home: Home, tmp_path: Path) -> None:
    good = {"name": "Good", "type": ["software"], "stage": "DPG", "organizations": []}
    for name in ("nominees", "archive"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "good.json").write_text(json.dumps(good))

    async def take(*places: Path) -> tuple[int, int, int, int]:
        records = read_dpg([str(place) for place in places], Occasion("2026-11-21"))
        return counts(await import_records(home, origin_of(home), records))

    assert await take(tmp_path) == (1, 0, 0, 0)
    assert await take(tmp_path) == (0, 1, 0, 0)
    assert await take(tmp_path / "nominees") == (0, 0, 1, 0)
    forget(home)
    assert await take(tmp_path / "nominees" / "good.json") == (0, 1, 0, 0)
    assert len(described(home)) == 1
