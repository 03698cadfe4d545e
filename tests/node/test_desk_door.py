"""Accounts and the door: who is let in, who is not and learns nothing by it, and when that ends."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher

from node.config import DeskConfig
from node.desk import door as door_module
from node.desk.accounts import (
    APPROVER,
    CODE_SECONDS,
    EDITOR,
    account,
    accounts,
    add,
    allow,
    disable,
    enable,
    invite,
    invited,
)
from node.desk.door import Door, Entered, Present, Refused
from node.desk.passwords import Passwords
from node.desk.sessions import IDLE_SECONDS, MOST_SECONDS, MOST_SESSIONS, form_token, is_form_token
from node.errors import InvalidInputError, LockedError, NotFoundError
from node.home import Home
from tests.node_world import NodeWorld

CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
SECRET = "correct horse battery staple"
AT = "192.0.2.7"


class Desk:
    """A node with ada, an editor."""

    def __init__(self, world: NodeWorld) -> None:
        self.world, self.home = world, world.found()
        self.origin = world.origin()
        self.door = Door(self.home, CHEAP)
        self.code, _ = add(self.home, self.origin, "ada", EDITOR, "root")

    def pass_by(self, seconds: int) -> None:
        self.world.clock.pass_by(seconds)

    def try_in(self, name: str = "ada", password: str = SECRET, address: str = AT) -> Entered | Refused:
        return self.door.sign_in(name, password, address)

    def enter(self, name: str = "ada") -> str:
        entered = self.try_in(name)
        assert isinstance(entered, Entered)
        return entered.token

    def fail(self, times: int, name: str = "ada", address: str = AT) -> list[int]:
        refused = [self.try_in(name, "wrong password here", address) for _ in range(times)]
        return [each.wait for each in refused if isinstance(each, Refused)]

    def trail(self) -> list[tuple[str, str, Any]]:
        rows = self.home.database.connection.execute(
            "SELECT actor, action, detail FROM audit ORDER BY number"
        )
        return [(actor, action, json.loads(detail)) for actor, action, detail in rows]


@pytest.fixture
def desk(world: NodeWorld) -> Desk:
    made = Desk(world)
    made.door.choose_password(made.code, SECRET)
    return made


def configured(home: Home, **desk: Any) -> None:  # noqa: ANN401 - any key
    home.config = replace(home.config, desk=DeskConfig(**desk))


def test_a_code_is_good_once_and_for_three_days(desk: Desk) -> None:
    code = invite(desk.home, "ada", "root")
    assert invited(desk.home, code).name == "ada"
    with pytest.raises(InvalidInputError, match="not taken"):
        desk.door.choose_password(code, "ada")
    desk.door.choose_password(code, "another long password")
    for used in (code, desk.code, "nonsense", "\ud800"):
        with pytest.raises(NotFoundError):
            desk.door.choose_password(used, SECRET)
    first, second = (invite(desk.home, "ada", "root") for _ in range(2))
    with pytest.raises(NotFoundError):
        invited(desk.home, first)
    desk.pass_by(CODE_SECONDS)
    with pytest.raises(NotFoundError):
        invited(desk.home, second)


def test_a_code_that_somebody_else_used_meanwhile_is_good_no_more(desk: Desk) -> None:
    class Slow(Passwords):
        def hash(self, password: str) -> str:
            Door(desk.home, CHEAP).choose_password(code, "whoever came first")
            return super().hash(password)

    code = invite(desk.home, "ada", "root")
    with pytest.raises(NotFoundError):
        Door(desk.home, Slow()).choose_password(code, SECRET)


def test_accounts_are_named_once_and_have_a_role_at_own_logs(desk: Desk) -> None:
    for name, role, said in (
        ("ada", EDITOR, "already"),
        ("Ada L.", EDITOR, "no name"),
        ("eve", "owner", "no role"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            add(desk.home, desk.origin, name, role, "root")
    with pytest.raises(NotFoundError):
        add(desk.home, "elsewhere.example/log/x/1", "eve", EDITOR, "root")
    with pytest.raises(InvalidInputError, match="already"):
        allow(desk.home, desk.origin, "ada", EDITOR, "root")
    with pytest.raises(InvalidInputError, match="no role"):
        allow(desk.home, desk.origin, "ada", "owner", "root")
    found = account(desk.home, "ada")
    assert (found.may_edit(desk.origin), found.may_approve(desk.origin)) == (True, False)
    found = allow(desk.home, desk.origin, "ada", APPROVER, "root")
    assert (found.may_edit(desk.origin), found.may_approve(desk.origin)) == (True, True)
    assert not found.may_edit("elsewhere.example/log/x/1")
    found = allow(desk.home, desk.origin, "ada", None, "root")
    assert not found.may_edit(desk.origin)
    with pytest.raises(NotFoundError):
        account(desk.home, "eve")
    assert [each.name for each in accounts(desk.home)] == ["ada"]


def test_who_is_let_in_is_present_until_signed_out(desk: Desk) -> None:
    entered = desk.try_in(" Ada ")
    assert isinstance(entered, Entered)
    present = desk.door.present(entered.token)
    assert present is not None
    assert present.account == entered.account
    assert present.account.signed_in_at == desk.home.now()
    assert desk.door.present(entered.token + "x") is None
    assert desk.door.present("\ud800") is None
    desk.door.sign_out(present)
    assert desk.door.present(entered.token) is None


@pytest.mark.parametrize("seconds", [IDLE_SECONDS, MOST_SECONDS])
def test_a_session_ends_by_itself(desk: Desk, seconds: int) -> None:
    token = desk.enter()
    for _ in range(0, seconds - 1_800, 1_800):
        desk.pass_by(1_800)
        assert desk.door.present(token) is not None
    desk.pass_by(IDLE_SECONDS if seconds == IDLE_SECONDS else 1_800)
    assert desk.door.present(token) is None
    # The next one that begins takes it out of the database.
    desk.enter()
    assert desk.home.database.connection.execute("SELECT count(*) FROM session").fetchone() == (1,)


def test_a_use_within_a_minute_is_not_written_down(desk: Desk) -> None:
    token = desk.enter()
    desk.pass_by(59)
    first = desk.door.present(token)
    desk.pass_by(1)
    second, third = desk.door.present(token), desk.door.present(token)
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.session.seen_at == second.session.seen_at == third.session.seen_at - 60


def test_a_new_password_and_disabling_end_every_session(desk: Desk) -> None:
    tokens = [desk.enter() for _ in range(2)]
    desk.door.choose_password(invite(desk.home, "ada", "root"), SECRET)
    assert [desk.door.present(token) for token in tokens] == [None, None]
    token = desk.enter()
    code = invite(desk.home, "ada", "root")
    disable(desk.home, "ada", "root")
    assert desk.door.present(token) is None
    assert desk.try_in() == Refused()
    with pytest.raises(NotFoundError):
        invited(desk.home, code)
    for refused, said in ((disable, "already"), (invite, "is disabled")):
        with pytest.raises(InvalidInputError, match=said):
            refused(desk.home, "ada", "root")
    assert not account(desk.home, "ada").may_edit(desk.origin)
    enable(desk.home, "ada", "root")
    with pytest.raises(InvalidInputError, match="not disabled"):
        enable(desk.home, "ada", "root")
    assert isinstance(desk.try_in(), Entered)


def test_an_account_has_so_many_sessions_and_the_oldest_ends(desk: Desk) -> None:
    tokens = []
    for _ in range(MOST_SESSIONS + 1):
        tokens.append(desk.enter())
        desk.pass_by(1)
    assert desk.door.present(tokens[0]) is None
    assert all(desk.door.present(token) for token in tokens[1:])


@pytest.mark.parametrize("name", ["ada", "nobody", "invited", "disabled", "\ud800"])
def test_nobody_learns_which_accounts_there_are(desk: Desk, name: str) -> None:
    add(desk.home, desk.origin, "invited", EDITOR, "root")
    add(desk.home, desk.origin, "disabled", EDITOR, "root")
    disable(desk.home, "disabled", "root")
    compared: list[bool] = []

    class Watched(Passwords):
        def fits(self, kept: str | None, password: str) -> bool:
            compared.append(True)
            return super().fits(kept, password)

    desk.door = Door(desk.home, Watched(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    # What is answered, and how often a hash is computed, is the same for all of them.
    assert desk.fail(7, name) == [0, 0, 0, 0, 0, 1, 1]
    assert len(compared) == 5
    desk.pass_by(1)
    assert desk.fail(2, name) == [0, 2]


def test_who_guesses_waits_and_the_right_password_tells_nothing_meanwhile(desk: Desk) -> None:
    token = desk.enter()
    desk.fail(5)
    assert desk.try_in() == Refused(1)
    assert desk.door.present(token) is not None
    # A new code lets its owner in at once.
    desk.door.choose_password(invite(desk.home, "ada", "root"), SECRET)
    assert isinstance(desk.try_in(), Entered)
    assert desk.fail(5) == [0] * 5
    desk.pass_by(1)
    assert isinstance(desk.try_in(), Entered)
    assert desk.fail(1) == [0]


def test_an_address_waits_whatever_names_it_tries(desk: Desk) -> None:
    tried = [desk.fail(1, f"name {number}", f"2001:db8:0:1::{number:x}")[0] for number in range(21)]
    assert tried == [0] * 20 + [1]
    assert isinstance(desk.try_in(address="2001:db8:0:2::1"), Entered)
    for number in range(20):
        desk.fail(1, f"other {number}", "::ffff:192.0.2.9")
    assert desk.try_in(address="192.0.2.9") == Refused(1)
    for address in ("", "somewhere"):
        assert isinstance(desk.try_in(address=address), Entered)
    assert desk.fail(1, address="") == [0]


def test_only_so_many_passwords_are_hashed_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "_PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(desk.door, "_room", threading.BoundedSemaphore(1))
    with desk.door._hashing(), pytest.raises(LockedError, match="door"):
        desk.try_in()
    assert isinstance(desk.try_in(), Entered)


def test_a_hash_of_other_parameters_is_made_anew(desk: Desk) -> None:
    def kept() -> str:
        row = desk.home.database.connection.execute("SELECT password FROM account").fetchone()
        return str(row[0])

    before = kept()
    desk.enter()
    assert kept() == before
    desk.door = Door(desk.home, Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)))
    desk.enter()
    assert "t=2" in kept()
    desk.enter()


def test_who_is_disabled_while_the_hash_is_made_stays_out(desk: Desk) -> None:
    class Slow(Passwords):
        def fits(self, kept: str | None, password: str) -> bool:
            disable(desk.home, "ada", "root")
            return super().fits(kept, password)

    assert Door(desk.home, Slow()).sign_in("ada", SECRET, AT) == Refused()


def test_a_proxy_is_believed_from_its_address_alone(desk: Desk) -> None:
    door = desk.door
    assert door.sign_in_by_proxy("127.0.0.1", ["ada"]) is None
    configured(desk.home, proxy="10.0.3.0/24", header="Remote-User")
    for peer, values in (
        ("10.0.4.1", ["ada"]),
        ("", ["ada"]),
        ("10.0.3.1", []),
        ("10.0.3.1", ["ada", "ada"]),
        ("10.0.3.1", [" "]),
        ("10.0.3.1", ["eve"]),
    ):
        assert door.sign_in_by_proxy(peer, values) is None
    entered = door.sign_in_by_proxy("10.0.3.1", ["Ada"])
    assert entered is not None
    assert door.present(entered.token, "ada") is not None
    assert door.present(entered.token, "eve") is None
    assert door.present(entered.token) is None
    disable(desk.home, "ada", "root")
    assert door.sign_in_by_proxy("10.0.3.1", ["ada"]) is None
    configured(desk.home, proxy="10.0.3.1")
    assert door.named_by_proxy("10.0.3.1", ["ada"]) is None


def test_where_a_request_comes_from(desk: Desk) -> None:
    door = desk.door
    assert door.client("192.0.2.1", ["198.51.100.1"]) == "192.0.2.1"
    assert door.client("127.0.0.1", ["198.51.100.1"]) == ""
    assert door.client("", []) == ""
    configured(desk.home, proxy="127.0.0.1")
    assert door.client("127.0.0.1", ["203.0.113.5, 203.0.113.6", "198.51.100.1"]) == "198.51.100.1"
    assert door.client("127.0.0.1", []) == ""
    assert door.client("::1", ["198.51.100.1"]) == ""


def test_a_form_belongs_to_its_session(desk: Desk) -> None:
    one, other = desk.enter(), desk.enter()
    sent = form_token(one)
    assert sent != form_token(one)
    assert is_form_token(one, sent)
    for token, wrong in (
        (other, sent),
        (one, ""),
        (one, sent[:-4]),
        (one, "?"),
        (one, "\xe9"),
        (one, "A" + sent),
    ):
        assert not is_form_token(token, wrong)


def test_everything_is_in_the_audit_trail_and_no_secret(desk: Desk) -> None:
    token = desk.enter()
    present = desk.door.present(token)
    assert isinstance(present, Present)
    desk.door.sign_out(present)
    desk.fail(9)
    allow(desk.home, desk.origin, "ada", APPROVER, "root")
    disable(desk.home, "ada", "root")
    enable(desk.home, "ada", "root")
    code = invite(desk.home, "ada", "root")
    found = desk.trail()[-9:]
    assert found == [
        ("root", "account add", {"name": "ada", "role": "editor"}),
        ("account ada", "account password", {}),
        ("account ada", "sign in", {"by": "password"}),
        ("account ada", "sign out", {}),
        ("account ada", "sign in refused", {"failures": 5}),
        ("root", "account allow", {"name": "ada", "role": "approver"}),
        ("root", "account disable", {}),
        ("root", "account enable", {}),
        ("root", "account invite", {}),
    ]
    kept = "\n".join(desk.home.database.connection.iterdump())
    for secret in (SECRET, token, code, desk.code, AT):
        assert secret not in kept
