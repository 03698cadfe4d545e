"""What people work on: it is in no log, says what is missing, and is signed once, by whom it may be."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.answers.provenance import history, show
from node.config import DeskConfig
from node.desk import manuscripts as keeping
from node.desk import waiting as waits
from node.desk.accounts import APPROVER, EDITOR, Account, account, add, allow
from node.desk.differing import NOTHING, differences
from node.desk.kept import Manuscript, content_of, manuscript, manuscripts, own_manuscript, visible
from node.desk.looking import look
from node.desk.manuscripts import KEPT_SECONDS, MOST, begin, begin_erase, begin_withdrawal, discard, save
from node.desk.sending import (
    acknowledge,
    approve,
    hand_in,
    hand_in_together,
    ready,
    refuse,
    send,
    send_together,
)
from node.desk.waiting import LATELY_SECONDS, waiting
from node.errors import EditConflictError, InvalidInputError, KeyFileError, NotFoundError, NotPermittedError
from node.own.clearance import grant
from node.own.founding import found_log
from node.own.sequencer import publish_waiting
from protocol.leaf import EraseReason, Op
from tests.command import LIBRARY
from tests.node_world import NodeWorld


class Room:
    """A node with an editor, ada, and an approver, bob."""

    def __init__(self, world: NodeWorld) -> None:
        self.world, self.home, self.origin = world, world.found(), world.origin()
        grant(self.home, self.origin)
        add(self.home, self.origin, "ada", EDITOR, "root")
        add(self.home, self.origin, "bob", APPROVER, "root")
        self.ada, self.bob = (account(self.home, name) for name in ("ada", "bob"))

    @property
    def size(self) -> int:
        return self.home.logs.all()[0].size

    def four_eyes(self) -> None:
        self.home.config = replace(self.home.config, desk=DeskConfig(four_eyes=True))

    def begun(self, payload: Any = LIBRARY, by: Account | None = None, **options: Any) -> Manuscript:  # noqa: ANN401
        return begin(self.home, by or self.ada, self.origin, payload, **options)

    def saved(self, found: Manuscript, payload: Any, **options: Any) -> Manuscript:  # noqa: ANN401
        now = manuscript(self.home, found.number)
        return save(self.home, self.ada, found.number, now.revision, payload, **options)

    async def sent(self, found: Manuscript, by: Account | None = None) -> Manuscript:
        now = manuscript(self.home, found.number)
        receipt = await send(self.home, by or self.ada, now.number, now.revision)
        assert receipt.signed
        return manuscript(self.home, found.number)

    def waiting(self, payload: Any = LIBRARY) -> Manuscript:  # noqa: ANN401 - any statement
        found = self.begun(payload)
        return hand_in(self.home, self.ada, found.number, found.revision)

    def trail(self) -> list[tuple[str, str]]:
        rows = self.home.database.connection.execute("SELECT actor, action FROM audit ORDER BY number")
        return [row for row in rows if row[1].startswith("draft")]


@pytest.fixture
def room(world: NodeWorld) -> Room:
    return Room(world)


def changed(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return {**LIBRARY, **fields}


async def test_a_statement_is_written_step_by_step_and_is_in_no_log_before_it_is_sent(room: Room) -> None:
    before, files = room.size, sorted(room.home.logs.directory.rglob("*"))
    found = room.begun({"name": {"fr": "Bibliobus"}}, form={"/name/it": ""})
    assert (found.payload, found.form, found.revision) == ({"name": {"fr": "Bibliobus"}}, {"/name/it": ""}, 1)
    seen = look(room.home, found, ("fr",))
    assert {"/kind", "/summary", "/topics"} <= {each.pointer for each in seen.errors}
    assert all(each.hint for each in seen.errors)
    assert seen.preview is not None
    assert (seen.preview.name, seen.preview.languages) == ("Bibliobus", ("fr",))
    with pytest.raises(InvalidInputError, match="nothing was published") as caught:
        await send(room.home, room.ada, found.number, found.revision)
    assert len(caught.value.problems) == len(seen.errors)
    found = room.saved(found, {"kind": "service"})
    assert (found.form, found.revision) == ({"/name/it": ""}, 2)
    found = room.saved(found, {**LIBRARY, "type": "entry"}, form={})
    assert look(room.home, found).errors == ()
    assert (room.size, sorted(room.home.logs.directory.rglob("*"))) == (before, files)
    found = await room.sent(found)
    assert (found.state, found.index, found.payload, found.form) == ("published", before, {}, {})
    assert found.id is not None
    shown = show(room.home, f"{room.origin}/e/{found.id.hex()}")
    assert shown["statement"]["modified"] == "2027-01-15T08:00:00Z"
    assert room.trail() == [("account ada", "draft send")]
    with pytest.raises(InvalidInputError, match="another window"):
        await room.sent(found)
    with pytest.raises(InvalidInputError, match="another window"):
        room.saved(found, LIBRARY)


async def test_an_edit_shows_what_it_changes_and_whose_version_came_first(room: Room) -> None:
    first = await room.sent(room.begun())
    mine, theirs = room.begun({}, id_=first.id), room.begun({}, by=room.bob, id_=first.id)
    mine = room.saved(mine, changed(summary={"en": "A bus", "fr": "Un bus"}))
    changes = {each.pointer: (each.before, each.after) for each in look(room.home, mine).changes}
    assert changes["/summary/fr"] == (NOTHING, "Un bus")
    assert changes["/summary/en"] == (LIBRARY["summary"]["en"], "A bus")
    assert "/modified" not in changes
    assert look(room.home, mine).similar == ()
    theirs = save(room.home, room.bob, theirs.number, 1, changed(lifecycle="retired"))
    await room.sent(theirs, room.bob)
    conflict = look(room.home, mine).conflict
    assert conflict is not None
    assert (conflict.expected, conflict.found) == (mine.expected, room.size - 1)
    assert [each.pointer for each in conflict.theirs if each.pointer == "/lifecycle"]
    with pytest.raises(EditConflictError):
        await send(room.home, room.ada, mine.number, mine.revision)
    mine = room.saved(mine, changed(lifecycle="retired", name={"en": "Bus"}), expected=conflict.found)
    assert look(room.home, mine).conflict is None
    await room.sent(mine)
    assert first.id is not None
    assert len(history(room.home, f"{room.origin}/e/{first.id.hex()}")) == 3


async def test_a_race_that_the_sequencer_decides_gives_the_loser_its_draft_back(room: Room) -> None:
    room.four_eyes()
    first = room.waiting()
    await approve(room.home, room.bob, first.number, first.revision)
    id_ = manuscript(room.home, first.number).id
    drafts = [room.begun(changed(lifecycle=state), id_=id_) for state in ("pilot", "retired")]
    one, other = (hand_in(room.home, room.ada, each.number, each.revision) for each in drafts)
    await approve(room.home, room.bob, one.number, one.revision)
    with pytest.raises(EditConflictError):
        await approve(room.home, room.bob, other.number, other.revision)
    back = manuscript(room.home, other.number)
    assert (back.state, back.decided_by, back.payload["lifecycle"]) == ("open", None, "retired")
    with pytest.raises(NotFoundError):
        await approve(room.home, room.bob, back.number, back.revision)


async def test_four_eyes_are_those_of_two(room: Room) -> None:
    room.four_eyes()
    own = room.begun(by=room.bob)
    with pytest.raises(NotPermittedError, match="somebody else"):
        await send(room.home, room.bob, own.number, own.revision)
    own = hand_in(room.home, room.bob, own.number, own.revision)
    for decide in (approve(room.home, room.bob, own.number, 1),):
        with pytest.raises(NotPermittedError):
            await decide
    with pytest.raises(NotPermittedError):
        refuse(room.home, room.bob, own.number, 1, "no")
    found = room.waiting()
    assert [each.number for each in manuscripts(room.home, room.bob)] == [found.number, own.number]
    assert [each.number for each in manuscripts(room.home, room.ada)] == [found.number]
    with pytest.raises(NotFoundError):
        visible(room.home, room.ada, own.number)
    with pytest.raises(InvalidInputError, match="needs a reason"):
        refuse(room.home, room.bob, found.number, 1, " ")
    refused = refuse(room.home, room.bob, found.number, 1, "Say where it stops.")
    assert (refused.state, refused.note, refused.decided_by) == ("refused", "Say where it stops.", "bob")
    found = room.saved(refused, changed(name={"en": "Bus"}))
    assert (found.state, found.note, found.decided_by) == ("open", "", None)
    found = hand_in(room.home, room.ada, found.number, found.revision)
    # What was changed since it was looked at is not approved unseen.
    with pytest.raises(InvalidInputError, match="another window"):
        await approve(room.home, room.bob, found.number, 1)
    receipt = await approve(room.home, room.bob, found.number, found.revision)
    assert receipt.signed
    with pytest.raises(InvalidInputError, match="another window"):
        await approve(room.home, room.bob, found.number, found.revision)
    assert room.trail() == [
        ("account bob", "draft hand-in"),
        ("account ada", "draft hand-in"),
        ("account bob", "draft refuse"),
        ("account ada", "draft hand-in"),
        ("account bob", "draft approve"),
    ]


async def test_who_approved_sees_what_came_of_it_and_its_author_finds_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(room.home, room.origin, "eve", APPROVER, "root")
    eve = account(room.home, "eve")
    sent = await room.sent(room.begun())
    assert not sent.is_approved
    room.four_eyes()
    first, second = room.waiting(), room.waiting()
    for each in (first, second):
        await approve(room.home, room.bob, each.number, each.revision)
        room.world.clock.pass_by(60)
    found = visible(room.home, room.bob, first.number)
    assert (found.state, found.is_approved, found.decided_by) == ("published", True, "bob")
    # It is no matter of other approvers, nor of one who is none any more.
    nobody = allow(room.home, room.origin, "bob", EDITOR, "root")
    for other in (eve, nobody):
        with pytest.raises(NotFoundError):
            visible(room.home, other, first.number)
    # What she signed alone is not among what others approved.
    assert [each.number for each in waiting(room.home, room.ada).approved] == [second.number, first.number]
    assert waiting(room.home, room.bob).approved == waiting(room.home, eve).approved == ()
    monkeypatch.setattr(waits, "MOST_APPROVED", 1)
    assert [each.number for each in waiting(room.home, room.ada).approved] == [second.number]
    room.world.clock.pass_by(LATELY_SECONDS)
    assert waiting(room.home, room.ada).approved == ()


async def test_what_is_approved_and_not_signed_yet_is_a_draft_of_its_author(room: Room) -> None:
    room.four_eyes()
    found, keys = room.waiting(), room.home.keys_dir
    keys.rename(keys.with_name("elsewhere"))
    with pytest.raises(KeyFileError):
        await approve(room.home, room.bob, found.number, found.revision)
    seen = visible(room.home, room.bob, found.number)
    assert (seen.state, seen.is_approved) == ("sent", True)
    waits_now = waiting(room.home, room.ada)
    assert ([each.number for each in waits_now.drafts], waits_now.approved) == ([found.number], ())
    keys.with_name("elsewhere").rename(keys)
    assert (await publish_waiting(room.home, room.origin)).signed
    waits_now = waiting(room.home, room.ada)
    assert (waits_now.drafts, [each.number for each in waits_now.approved]) == ((), [found.number])


async def test_what_is_taken_away_from_an_account_holds_at_once(room: Room) -> None:
    found = room.begun()
    nobody = allow(room.home, room.origin, "ada", None, "root")
    with pytest.raises(NotPermittedError):
        begin(room.home, nobody, room.origin, LIBRARY)
    with pytest.raises(NotPermittedError):
        save(room.home, nobody, found.number, 1, LIBRARY)
    with pytest.raises(NotPermittedError):
        await send(room.home, nobody, found.number, 1)
    with pytest.raises(NotFoundError):
        own_manuscript(room.home, room.bob, found.number)
    with pytest.raises(NotFoundError):
        own_manuscript(room.home, room.ada, 99)


async def test_many_are_sent_together_or_none(room: Room) -> None:
    first, second, third = (room.begun(changed(name={"en": name})) for name in ("Bus", "Tram", "Ferry"))
    gap = room.begun({"name": {"en": "Taxi"}})
    gone = begin_withdrawal(room.home, room.ada, room.origin, (await room.sent(third)).id or b"")
    assert [each.number for each in ready(room.home, room.ada)] == [first.number, second.number]
    assert ready(room.home, room.bob) == ()
    size = room.size
    for chosen, said in (
        ([(first.number, 1), (gap.number, 1)], rf"draft {gap.number}: \d+ problems"),
        ([(first.number, 1), (second.number, 2)], rf"draft {second.number}: .*another window"),
        ([(first.number, 1), (first.number, 1)], "so many drafts"),
        ([], "so many drafts"),
        ([(number, 1) for number in range(100, 151)], "so many drafts"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            await send_together(room.home, room.ada, chosen)
    other = found_log(room.home, name="Zoo", log_name="zoo").origin
    grant(room.home, other)
    ada = allow(room.home, other, "ada", EDITOR, "root")
    strange = begin(room.home, ada, other, LIBRARY)
    with pytest.raises(InvalidInputError, match="for several logs"):
        await send_together(room.home, ada, [(first.number, 1), (strange.number, 1)])
    assert room.size == size
    chosen = [(each.number, each.revision) for each in (first, gone, second)]
    receipt = await send_together(room.home, ada, chosen)
    assert (receipt.signed, room.size) == (True, size + 3)
    names = [show(room.home, manuscript(room.home, each.number).id.hex())["name"] for each in (first, second)]  # type: ignore[union-attr]
    assert names == ["Bus", "Tram"]
    assert manuscript(room.home, gone.number).state == "published"
    room.four_eyes()
    waits = room.begun(changed(name={"en": "Cable car"}))
    with pytest.raises(NotPermittedError):
        await send_together(room.home, room.ada, [(waits.number, 1)])
    with pytest.raises(InvalidInputError, match=rf"draft {gap.number}"):
        hand_in_together(room.home, room.ada, [(waits.number, 1), (gap.number, 1)])
    assert manuscript(room.home, waits.number).state == "open"
    (found,) = hand_in_together(room.home, room.ada, [(waits.number, 1)])
    assert found.state == "waiting"


async def test_what_seems_to_be_about_a_person_is_looked_at_one_by_one(room: Room) -> None:
    found = room.begun(
        changed(description={"en": "Ask jane.doe@city.example."}, contact={"email": "j.roe@city.example"})
    )
    seen = look(room.home, found)
    assert len(seen.open_findings) == len(seen.findings) == 2
    with pytest.raises(InvalidInputError, match="about a person") as caught:
        await send(room.home, room.ada, found.number, 1)
    assert "jane.doe@" not in str(caught.value)
    with pytest.raises(InvalidInputError, match="nothing was found"):
        acknowledge(room.home, room.ada, found.number, ["0" * 16])
    keys = [each.key for each in seen.findings]
    acknowledge(room.home, room.ada, found.number, keys)
    # Another address at the same place, that looks the same when it is masked.
    found = room.saved(found, {**found.payload, "description": {"en": "Ask john.doe@city.example."}})
    seen = look(room.home, found)
    assert [each.problem.pointer for each in seen.open_findings] == ["/description/en"]
    found = acknowledge(room.home, room.ada, found.number, [seen.open_findings[0].key])
    assert len(found.acknowledged) == 2
    assert (await room.sent(found)).state == "published"
    with pytest.raises(InvalidInputError, match="another window"):
        acknowledge(room.home, room.ada, found.number, keys)


def test_a_key_with_an_address_is_acknowledged_for_the_whole_statement(room: Room) -> None:
    found = room.begun(changed(x={"jane.doe@city.example": [["a"]]}))
    (one,) = look(room.home, found).findings
    found = room.saved(found, changed(x={"jane.doe@city.example": [["b"]]}))
    (other,) = look(room.home, found).findings
    assert one.key != other.key


async def test_withdrawing_says_what_comes_of_it_and_does_it(room: Room) -> None:
    first = await room.sent(room.begun())
    assert first.id is not None
    address = f"{room.origin}/e/{first.id.hex()}"
    use = {"type": "use", "target": address, "status": "production"}
    await room.sent(room.begun(use))
    found = begin_withdrawal(room.home, room.ada, room.origin, first.id, "merged")
    consequences = {each.what: each.count for each in look(room.home, found).consequences}
    assert consequences == {"leaves-search": 0, "history-stays": 1, "no-successor": 0, "pointed-at": 1}
    found = room.saved(found, {**found.payload, "successor": "https://other.example"})
    assert "no-successor" not in {each.what for each in look(room.home, found).consequences}
    assert look(room.home, found).preview is None
    found = await room.sent(found)
    assert show(room.home, address)["state"] == "withdrawn"
    # It can be put back: what it said last is where one begins.
    again = room.begun({}, id_=first.id)
    assert again.payload["kind"] == "service"
    assert (await room.sent(again)).state == "published"


async def test_erasing_takes_the_drafts_of_it_along(room: Room) -> None:
    first = await room.sent(room.begun())
    assert first.id is not None
    edit = room.begun({}, id_=first.id)
    found = begin_erase(room.home, room.ada, room.origin, first.id, EraseReason.PRIVACY)
    seen = look(room.home, found)
    assert (seen.problems, seen.changes, seen.conflict) == ((), (), None)
    assert {each.what: each.count for each in seen.consequences} == {
        "leaves-search": 0,
        "content-goes": 1,
        "frame-stays": 0,
        "copies-elsewhere": 0,
        "never-back": 0,
    }
    with pytest.raises(InvalidInputError, match="says nothing"):
        room.saved(found, LIBRARY)
    found = await room.sent(found)
    assert (found.op, found.state, found.index) == (Op.ERASE, "published", None)
    with pytest.raises(NotFoundError):
        manuscript(room.home, edit.number)
    with pytest.raises(NotFoundError):
        room.begun({}, id_=first.id)
    again = begin_erase(room.home, room.ada, room.origin, first.id)
    with pytest.raises(InvalidInputError, match="already"):
        await room.sent(again)
    with pytest.raises(NotFoundError):
        begin_erase(room.home, room.ada, room.origin, bytes(16))


async def test_what_the_sequencer_cannot_sign_waits_and_keeps_its_words(room: Room) -> None:
    keys = room.home.keys_dir
    keys.rename(keys.with_name("elsewhere"))
    found = room.begun()
    with pytest.raises(KeyFileError):
        await send(room.home, room.ada, found.number, 1)
    found = manuscript(room.home, found.number)
    assert (found.state, found.payload["kind"]) == ("sent", "service")
    assert look(room.home, found).conflict is None
    with pytest.raises(InvalidInputError, match="being published"):
        discard(room.home, room.ada, found.number)
    keys.with_name("elsewhere").rename(keys)
    assert (await publish_waiting(room.home, room.origin)).signed
    assert manuscript(room.home, found.number).state == "published"


async def test_what_is_written_is_bounded(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    for payload, said in (({"x": "y" * 300_000}, "larger than"), ({"x": 2**70}, "cannot be kept")):
        with pytest.raises(InvalidInputError, match=said):
            room.begun(payload)
    with pytest.raises(InvalidInputError, match="larger than"):
        room.begun(form={"/name": "y" * 70_000})
    monkeypatch.setattr(keeping, "MOST", 2)
    drafts = [room.begun() for _ in range(2)]
    with pytest.raises(InvalidInputError, match="drafts"):
        room.begun()
    discard(room.home, room.ada, drafts[0].number)
    await room.sent(drafts[1])
    assert [each.number for each in manuscripts(room.home, room.ada)] == [drafts[1].number]
    room.world.clock.pass_by(KEPT_SECONDS)
    assert room.begun().number == 3
    assert len(manuscripts(room.home, room.ada)) == 1
    assert MOST > 2


def test_two_windows_do_not_overwrite_each_other(room: Room) -> None:
    found = room.begun()
    room.saved(found, changed(name={"en": "Bus"}))
    with pytest.raises(InvalidInputError, match="another window"):
        save(room.home, room.ada, found.number, found.revision, LIBRARY)


def test_a_new_entry_is_shown_with_what_is_like_it(room: Room) -> None:
    assert look(room.home, room.begun()).similar == ()
    assert content_of(b"x" * 32 + b"\xc1") == {}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["a", "b", "~", "/"]), inner, max_size=3)
    ),
    max_leaves=6,
)
MAPS = st.dictionaries(st.sampled_from(["a", "b", "c/d"]), VALUES, max_size=3)


@settings(max_examples=150)
@given(MAPS, MAPS)
def test_the_differences_lead_from_one_version_to_the_other(before: Any, after: Any) -> None:  # noqa: ANN401
    made = json.loads(json.dumps(before))
    for each in differences(before, after):
        *path, last = [step.replace("~1", "/").replace("~0", "~") for step in each.pointer.split("/")[1:]]
        inner = made
        for step in path:
            inner = inner[step]
        assert inner.get(last, NOTHING) == each.before
        if each.after is NOTHING:
            del inner[last]
        else:
            inner[last] = each.after
    assert json.dumps(made, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert differences(after, after) == ()
    assert differences({"a": [{"b": 1}, 0]}, {"a": [{"b": True}, 0]})
    assert repr(NOTHING) == "NOTHING"
