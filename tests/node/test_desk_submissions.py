"""What outsiders send in: bounded, nameless, decided by somebody, and published as somebody else's report."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from node.answers.provenance import show
from node.config import DeskConfig
from node.desk import submissions as queue
from node.desk.accounts import EDITOR, account, add, allow
from node.desk.looking import look
from node.desk.manuscripts import begin, discard, save
from node.desk.sending import send
from node.desk.submissions import (
    MOST_OF_ADDRESS,
    Letter,
    Letterbox,
    accept,
    letter,
    letters,
    refuse,
    status,
    tidy,
)
from node.errors import InvalidInputError, LockedError, NotFoundError, NotPermittedError
from node.own.clearance import grant
from tests.command import Fedcat
from tests.node_world import NodeWorld

GARDEN = {
    "kind": "process",
    "name": {"en": "Garden of the street"},
    "x": {"reported": {"by": "Ministry"}, "a": 1},
}
BY, URL = "Neighbours of Elm Street", "https://elm.example"


class Queue:
    """A node that takes what outsiders send in, with an editor."""

    def __init__(self, world: NodeWorld) -> None:
        self.world, self.home, self.origin = world, world.found(), world.origin()
        grant(self.home, self.origin)
        self.home.config = replace(self.home.config, desk=DeskConfig(submissions=True))
        add(self.home, self.origin, "ada", EDITOR, "root")
        self.ada = account(self.home, "ada")
        self.box = Letterbox(self.home)

    def put(self, payload: Any = GARDEN, by: str = BY, url: str = URL, at: str = "") -> tuple[str, Letter]:  # noqa: ANN401
        return self.box.put(self.origin, payload, by, url, at)


@pytest.fixture
def sent(world: NodeWorld) -> Queue:
    return Queue(world)


async def test_what_is_accepted_is_published_as_somebody_else_s_report(sent: Queue) -> None:
    code, found = sent.put({**GARDEN, "source": {"format": "publiccode.yml"}})
    assert status(sent.home, code) == (found, None)
    made = accept(sent.home, sent.ada, found.number)
    # Whatever its new author does, the mark stays.
    made = save(
        sent.home, sent.ada, made.number, 1, {**made.payload, "source": {"url": "https://me.example"}}
    )
    seen = look(sent.home, made)
    assert seen.errors == ()
    assert seen.preview is not None
    assert status(sent.home, code)[1] is None
    receipt = await send(sent.home, sent.ada, made.number, made.revision)
    assert receipt.signed
    decided, where = status(sent.home, code)
    assert (decided.state, decided.payload) == ("accepted", {})
    statement = show(sent.home, str(where))["statement"]
    assert statement["source"] == {"format": "reported", "url": URL, "fetched": "2027-01-15"}
    assert statement["x"] == {"reported": {"by": BY}, "a": 1}
    assert "summary" in statement["incomplete"]


async def test_a_report_that_says_nothing_more_is_marked_too(sent: Queue) -> None:
    _, found = sent.put({"kind": "process", "name": {"en": "Garden"}})
    made = accept(sent.home, sent.ada, found.number)
    receipt = await send(sent.home, sent.ada, made.number, made.revision)
    shown = show(sent.home, f"{sent.origin}/e/{receipt.ids[0].hex()}")
    assert shown["statement"]["x"] == {"reported": {"by": BY}}


def test_what_is_refused_says_why_and_is_gone(sent: Queue) -> None:
    code, found = sent.put()
    with pytest.raises(InvalidInputError, match="needs a reason"):
        refuse(sent.home, sent.ada, found.number, " ")
    refused = refuse(sent.home, sent.ada, found.number, "It is in another city.")
    assert (refused.state, refused.note, refused.payload) == ("refused", "It is in another city.", {})
    assert status(sent.home, code) == (refused, None)
    with pytest.raises(InvalidInputError, match="decided already"):
        accept(sent.home, sent.ada, found.number)
    with pytest.raises(InvalidInputError, match="decided already"):
        refuse(sent.home, sent.ada, found.number, "no")
    for strange in ("x", "\ud800"):
        with pytest.raises(NotFoundError):
            status(sent.home, strange)
    rows = sent.home.database.connection.execute(
        "SELECT actor, action, detail FROM audit ORDER BY number DESC"
    )
    actor, action, detail = rows.fetchone()
    assert (actor, action, json.loads(detail)["submission"]) == ("account ada", "submission refuse", 1)


def test_of_two_who_decide_at_once_one_is_first(sent: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    _, found = sent.put()

    def slow(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - what begin takes and returns
        refuse(sent.home, sent.ada, found.number, "No.")
        return begin(*args, **options)

    monkeypatch.setattr(queue, "begin", slow)
    with pytest.raises(InvalidInputError, match="decided already"):
        accept(sent.home, sent.ada, found.number)
    assert sent.home.database.connection.execute("SELECT count(*) FROM manuscript").fetchone() == (0,)
    monkeypatch.setattr(queue, "_undecided", lambda *_: found)
    with pytest.raises(InvalidInputError, match="decided already"):
        refuse(sent.home, sent.ada, found.number, "No.")


def test_a_draft_that_was_thrown_away_is_no_answer(sent: Queue) -> None:
    code, found = sent.put()
    made = accept(sent.home, sent.ada, found.number)
    discard(sent.home, sent.ada, made.number)
    assert status(sent.home, code)[1] is None


def test_only_who_is_for_the_log_decides(sent: Queue) -> None:
    _, found = sent.put()
    nobody = allow(sent.home, sent.origin, "ada", None, "root")
    with pytest.raises(NotPermittedError):
        accept(sent.home, nobody, found.number)
    with pytest.raises(NotPermittedError):
        refuse(sent.home, nobody, found.number, "no")


@pytest.mark.parametrize(
    ("payload", "by", "url", "said"),
    [
        (GARDEN, " ", URL, "who reports it"),
        (GARDEN, "x" * 301, URL, "who reports it"),
        (GARDEN, "a\u202eb", URL, "who reports it"),
        (GARDEN, "jane@elm.example", URL, "looked up"),
        (GARDEN, BY, "elm.example", "looked up"),
        (GARDEN, BY, "mailto:jane@elm.example", "looked up"),
        ({"type": "use", "target": URL, "status": "production"}, BY, URL, "only an entry"),
        ({"name": {"en": "Garden"}}, BY, URL, "as it is"),
        ({**GARDEN, "x": {"a": "y" * 70_000}}, BY, URL, "larger than"),
    ],
)
def test_what_is_no_report_of_an_entry_is_refused(
    sent: Queue,
    payload: Any,  # noqa: ANN401
    by: str,
    url: str,
    said: str,
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        sent.put(payload, by, url)
    assert letters(sent.home) == ()


def test_nothing_is_taken_where_nobody_opened_the_queue(sent: Queue) -> None:
    sent.home.config = replace(sent.home.config, desk=DeskConfig())
    with pytest.raises(NotFoundError, match="queue"):
        sent.put()


def test_one_address_and_all_together_send_only_so_much(sent: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(MOST_OF_ADDRESS):
        sent.put(at="192.0.2.7")
    with pytest.raises(LockedError, match="queue"):
        sent.put(at="192.0.2.7")
    sent.put(at="192.0.2.8")
    sent.world.clock.pass_by(86_400)
    sent.put(at="192.0.2.7")
    # Where more addresses come than are counted, they are counted together.
    monkeypatch.setattr(queue, "_PLACES", 1)
    for number in range(MOST_OF_ADDRESS):
        sent.put(at=f"198.51.100.{number}")
    with pytest.raises(LockedError, match="queue"):
        sent.put(at="198.51.100.99")
    monkeypatch.setattr(queue, "MOST_WAITING", len(letters(sent.home)))
    with pytest.raises(LockedError, match="queue"):
        sent.put()
    kept = "\n".join(sent.home.database.connection.iterdump())
    assert "192.0.2.7" not in kept


def test_everything_goes_when_its_time_is_over(sent: Queue) -> None:
    code, found = sent.put()
    sent.world.clock.pass_by(90 * 86_400 - 1)
    tidy(sent.home)
    assert letter(sent.home, found.number) == found
    sent.world.clock.pass_by(1)
    tidy(sent.home)
    assert letters(sent.home) == ()
    with pytest.raises(NotFoundError):
        letter(sent.home, found.number)
    with pytest.raises(NotFoundError):
        status(sent.home, code)


def test_the_commands(founded: Fedcat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDCAT_DESK_SUBMISSIONS", "true")
    assert founded("account", "add", "ada").code == 0
    assert founded("submission", "list").out == "No submissions.\n"
    words = ("submission", "add", "-", "--by", BY, "--url", URL)
    code = founded(*words, text=json.dumps({**GARDEN, "description": {"en": "jane@elm.example"}})).out.strip()
    assert founded(*words, "--json", text=json.dumps(GARDEN)).document["number"] == 2
    assert BY in founded("submission", "list").out
    assert "looks like that of a person" in founded("submission", "show", "1").out
    assert founded("submission", "accept", "1", "--as", "ada").out == "Accepted: draft 1\n"
    assert "accepted" in founded("submission", "status", code).out
    refused = founded("submission", "refuse", "2", "--as", "ada", "--reason", "Known already.")
    assert refused.out == "Refused: submission 2\n"
