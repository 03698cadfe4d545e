"""Coming in by a rule: real nodes at hosts of their own, and an operator who wrote the rule down."""

import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web

from federation.faults import FaultError
from federation.introduce import Introduction
from federation.listing import Verdict
from federation.vouching import AllowRule
from node.admission import check_admissions
from node.answers.publishers import publisher
from node.answers.restrained import restrained
from node.blocking import say
from node.candidates import candidates
from node.errors import InvalidInputError
from node.peers import follow, introduce_all, sync_round
from node.purging import purge
from node.sources import is_any_due
from node.store.restraints import admitted_logs
from node.successors import adopt
from protocol.keyset import KeyChain, Predecessor
from tests.publisher import Publisher, entry
from tests.signers import key_note, key_set, root_key
from tests.trust_world import NEXT_YEAR, TOMORROW, TWO, block_list, profile, trusting, vouch
from tests.wire_world import Node, World, followed

DAY = 86_400


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


class Town:
    """Three publishers that are followed, a reader, and a newcomer that nobody knows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.vouchers: list[Publisher] = []
        self.nodes: list[Node] = []
        self.made = 0

    async def node(self, name: str, host: str) -> tuple[Node, Publisher]:
        self.made += 1
        node = await self.world.node(f"{name}{self.made}", host)
        publisher_ = Publisher(node.home, node.origin)
        publisher_.put(entry(name))
        publisher_.publish()
        return node, publisher_

    async def voucher(self, host: str) -> Publisher:
        node, publisher_ = await self.node("voucher", host)
        await followed(self.world, self.reader, node.url)
        self.vouchers.append(publisher_)
        self.nodes.append(node)
        return publisher_

    async def build(self, hosts: tuple[str, ...] = ("127.0.0.2", "127.0.0.3", "127.0.0.4")) -> None:
        self.reader = await self.world.node("reader", "127.0.0.1")
        self.newcomer, self.new = await self.node("newcomer", "127.0.0.9")
        for host in hosts:
            await self.voucher(host)

    def say(self, publisher_: Publisher, **fields: Any) -> bytes:  # noqa: ANN401 - fields of a vouch
        said = {"fingerprint": self.new.chain.fingerprint, "expires": NEXT_YEAR, **fields}
        id_ = publisher_.put(vouch(self.new.origin, **said))
        publisher_.publish()
        return id_

    async def rounds(self, count: int = 2) -> None:
        for _ in range(count):
            await sync_round(self.reader.home, self.world.fetch)

    def successor(self) -> Introduction:
        """Return a log by which the newcomer goes on elsewhere, as its roots signed it."""
        row, origin = self.reader.home.logs.get(self.new.origin), "new.example/log/new/2"
        assert row is not None
        before = Predecessor(row.origin, row.size, row.root, row.chain.newest.fingerprint)
        keys = key_set(origin=origin, urls=(), predecessor=before)
        note = key_note(keys, root_key(1, row.origin), root_key(1, origin))
        made = KeyChain.start(note, fingerprint=keys.fingerprint, origin=origin)
        return Introduction(origin, made, b"", 1)

    def is_followed(self) -> bool:
        return self.reader.home.logs.get(self.new.origin) is not None

    @property
    def candidate(self) -> dict[str, Any]:
        (found,) = [each for each in candidates(self.reader.home) if each["origin"] == self.new.origin]
        return found


@pytest.fixture
async def town(world: World) -> Town:
    made = Town(world)
    await made.build()
    return made


async def test_without_a_rule_vouches_let_nobody_in(town: Town) -> None:
    for each in town.vouchers:
        town.say(each)
    await town.rounds()
    assert not town.is_followed()
    assert len(town.candidate["fingerprints"][0]["support"]) == 3
    assert town.newcomer.requests == []


async def test_two_vouchers_let_in_and_the_fingerprint_is_pinned(town: Town) -> None:
    trusting(town.reader.home, allow=TWO)
    town.say(town.vouchers[0])
    await town.rounds()
    assert not town.is_followed()
    assert town.newcomer.requests == []
    town.say(town.vouchers[1])
    with structlog.testing.capture_logs() as lines:
        await town.rounds()
    assert [line["origin"] for line in lines if line["event"] == "followed by a rule"] == [town.new.origin]
    row = town.reader.home.logs.get(town.new.origin)
    assert row is not None
    assert (row.fingerprint, row.size) == (town.new.chain.fingerprint, 2)
    found = publisher(town.reader.home, town.new.origin)["followed"]
    assert (found["by"], found["because"]) == ("rule", sorted(each.origin for each in town.vouchers[:2]))
    assert "Followed by a rule" in restrained(town.reader.home)[town.new.origin]
    # Nobody asks a stranger's node for feeds or mirrors because of that.
    assert town.reader.home.database.connection.execute("SELECT count(*) FROM peer").fetchone() == (3,)


async def test_candidates_are_shown_over_http(town: Town) -> None:
    town.say(town.vouchers[0])
    await town.rounds(1)
    answer = await town.world.fetch.get(f"{town.reader.url}/api/v1/candidates", limit=65_536)
    assert json.loads(answer.body) == {"candidates": candidates(town.reader.home)}
    assert (
        await town.world.fetch.get(f"{town.reader.url}/api/v1/candidates?x=1", limit=65_536)
    ).status == 400


async def test_sybils_at_one_host_count_once(world: World) -> None:
    town = Town(world)
    await town.build(("127.0.0.2", "127.0.0.2", "127.0.0.2"))
    trusting(town.reader.home, allow=TWO)
    for each in town.vouchers:
        town.say(each)
    await town.rounds()
    assert not town.is_followed()
    assert town.candidate["reason"] == "1 of 2 independent publishers vouch for one fingerprint"


async def test_who_goes_on_elsewhere_under_other_keys_still_counts_once(town: Town) -> None:
    trusting(town.reader.home, allow=TWO)
    former, successor = town.vouchers[:2]
    for each in (former, successor):
        town.say(each)
    home = town.reader.home
    with home.database.write() as connection:
        connection.execute(
            "INSERT INTO succession (log, origin, fingerprint, source, found_at)"
            " SELECT id, ?, ?, '', 1 FROM log WHERE origin = ?",
            (successor.origin, successor.chain.fingerprint, former.origin),
        )
    await town.rounds()
    assert not town.is_followed()
    assert town.candidate["reason"] == "1 of 2 independent publishers vouch for one fingerprint"
    town.say(town.vouchers[2])
    await town.rounds()
    assert town.is_followed()


async def test_a_rule_holds_as_long_as_its_vouches(town: Town) -> None:
    trusting(town.reader.home, allow=TWO)
    town.say(town.vouchers[0])
    id_ = town.say(town.vouchers[1], expires=TOMORROW)
    await town.rounds()
    assert town.is_followed()
    town.reader.clock[0] += 2 * DAY
    await town.rounds(1)
    town.new.put(entry("More"))
    town.new.publish()
    await town.rounds()
    (came,) = admitted_logs(town.reader.home.database.connection).values()
    assert came.lapsed_at == town.reader.clock[0]
    assert town.reader.home.logs.store(town.new.origin).size == 2
    assert "Stands still since" in restrained(town.reader.home)[town.new.origin]
    assert not is_any_due(town.reader.home)
    # Renewed, it goes on.
    town.vouchers[1].put(vouch(town.new.origin, town.new.chain.fingerprint), id_)
    town.vouchers[1].publish()
    await town.rounds(3)
    assert town.reader.home.logs.store(town.new.origin).size == 3
    # Withdrawn, it stands still again; a person may follow it for good.
    town.vouchers[1].withdraw(id_)
    town.vouchers[1].publish()
    town.new.put(entry("Still more"))
    town.new.publish()
    await town.rounds(1)
    await town.rounds(1)
    for introduction in await introduce_all(town.reader.home, town.world.fetch, town.newcomer.url, None):
        follow(town.reader.home, introduction, town.newcomer.url, "root")
    await town.rounds()
    assert town.reader.home.logs.store(town.new.origin).size == 4
    assert publisher(town.reader.home, town.new.origin)["followed"]["by"] == "person"


async def test_another_fingerprint_than_the_vouched_one_stays_out_and_is_asked_ever_more_seldom(
    town: Town,
) -> None:
    trusting(town.reader.home, allow=TWO)
    for each in town.vouchers[:2]:
        town.say(each, fingerprint="ab" * 32)
    await town.rounds()
    assert not town.is_followed()
    tried = town.candidate["tried"]
    assert "which nobody vouched for" in tried["fault"]
    assert tried["failures"] == 1
    town.newcomer.requests.clear()
    await check_admissions(town.reader.home, town.world.fetch)
    assert town.newcomer.requests == []
    town.reader.clock[0] += DAY
    await check_admissions(town.reader.home, town.world.fetch)
    assert town.candidate["tried"]["failures"] >= 2
    # Who is vouched for no more is not tried any more, and forgotten.
    trusting(town.reader.home, allow=AllowRule())
    trusting(town.reader.home, allow=AllowRule(vouchers=3))
    await check_admissions(town.reader.home, town.world.fetch)
    assert town.candidate["tried"] is None


async def test_an_unreachable_one_is_found_at_a_mirror(town: Town) -> None:
    trusting(town.reader.home, allow=TWO)
    for each in town.vouchers[:2]:
        town.say(each)
    await followed(town.world, town.nodes[0], town.newcomer.url)
    await sync_round(town.nodes[0].home, town.world.fetch)
    await town.newcomer.server.close()
    await town.rounds(3)
    assert town.is_followed()
    assert town.reader.home.logs.store(town.new.origin).size == 2


async def test_a_blocked_host_is_not_asked_about_a_candidate(town: Town) -> None:
    trusting(town.reader.home, allow=TWO)
    spam, _ = await town.node("spam", "127.0.0.7")
    say(town.reader.home, Verdict.BLOCK, "127.0.0.7", "", reason="advertisements", actor="kari")
    named = {"origin": town.new.origin, "fingerprint": town.new.chain.fingerprint, "url": spam.url}
    town.vouchers[2].put(profile(named))
    town.vouchers[2].publish()

    async def gone(_: web.Request) -> web.StreamResponse:
        return web.Response(status=404)

    town.world.broken["newcomer1"] = gone
    for each in town.vouchers[:2]:
        town.say(each)
    await town.rounds()
    assert town.candidate["tried"]["failures"] == 1
    assert town.candidate["urls"] == [spam.url]
    assert spam.requests == []


async def test_who_came_in_by_the_rule_vouches_for_nobody(town: Town) -> None:
    trusting(town.reader.home, allow=TWO)
    for each in town.vouchers[:2]:
        town.say(each)
    second, other = await town.node("second", "127.0.0.10")
    town.new.put(vouch(other.origin, other.chain.fingerprint))
    town.new.publish()
    town.vouchers[0].put(vouch(other.origin, other.chain.fingerprint))
    town.vouchers[0].publish()
    await town.rounds(4)
    assert town.is_followed()
    assert town.reader.home.logs.get(other.origin) is None
    assert second.requests == []
    (found,) = candidates(town.reader.home)
    why = {each["origin"]: each["why_not"] for each in found["fingerprints"][0]["vouched_by"]}
    assert why == {town.new.origin: "it came in by a rule itself", town.vouchers[0].origin: None}
    trusting(town.reader.home, allow=dataclasses.replace(TWO, chains=True))
    await town.rounds()
    assert town.reader.home.logs.get(other.origin) is not None
    # When the first one's vouches go, so does what rests on it.
    trusting(town.reader.home, allow=dataclasses.replace(TWO, vouchers=3, chains=True))
    await town.rounds()
    lapsed = admitted_logs(town.reader.home.database.connection).values()
    assert [each.lapsed_at is not None for each in lapsed] == [True, True]


async def test_no_more_come_in_than_the_rule_says(town: Town) -> None:
    others = [await town.node("other", f"127.0.0.{host}") for host in (11, 12)]
    for each in town.vouchers[:2]:
        for _, other in others:
            each.put(vouch(other.origin, other.chain.fingerprint))
        town.say(each)
    trusting(town.reader.home, allow=AllowRule(vouchers=2, at_most=2))
    await town.rounds(3)
    assert len(admitted_logs(town.reader.home.database.connection)) == 2
    assert len([each for each in candidates(town.reader.home) if each["allowed"]]) == 1


async def test_an_allow_list_lets_in_whom_it_names(town: Town) -> None:
    item = {"ref": town.new.origin, "fingerprint": town.new.chain.fingerprint}
    id_ = town.vouchers[0].put(block_list(item, purpose="allow"))
    town.vouchers[0].put(profile({"origin": town.new.origin, "url": town.newcomer.url}))
    town.vouchers[0].publish()
    address = f"{town.vouchers[0].origin}/e/{id_.hex()}"
    await town.rounds()
    assert not town.is_followed()
    trusting(town.reader.home, subscribed=(address,))
    await town.rounds()
    assert town.is_followed()
    assert publisher(town.reader.home, town.new.origin)["followed"]["because"] == [address]
    trusting(town.reader.home, subscribed=())
    await town.rounds(1)
    (came,) = admitted_logs(town.reader.home.database.connection).values()
    assert came.lapsed_at is not None


async def test_what_was_purged_does_not_come_back_by_itself(town: Town) -> None:
    trusting(town.reader.home, allow=TWO)
    for each in town.vouchers[:2]:
        town.say(each)
    await town.rounds()
    purge(town.reader.home, town.new.origin, "kari")
    await town.rounds()
    assert not town.is_followed()


@pytest.mark.parametrize("purged", [False, True])
async def test_who_says_that_they_continue_a_blocked_publisher_stays_out(town: Town, purged: bool) -> None:
    home = town.reader.home
    trusting(home, allow=TWO)
    spam = Publisher(home, "spam.example/log/spam/1", own=False)
    say(home, Verdict.BLOCK, "", spam.chain.fingerprint, reason="advertisements", actor="kari")
    if purged:
        purge(home, spam.origin, "kari")
    node = await town.world.node("again", "127.0.0.8")
    before = Predecessor(spam.origin, 1, bytes(32), spam.chain.fingerprint)
    town.new = Publisher(node.home, node.origin, predecessor=before)
    town.new.publish()
    for each in town.vouchers[:2]:
        town.say(each)
    await town.rounds()
    assert not town.is_followed()
    assert "is blocked here: advertisements" in town.candidate["tried"]["fault"]
    (found,) = await introduce_all(home, town.world.fetch, node.url, town.new.origin)
    with pytest.raises(InvalidInputError, match="is blocked here: advertisements"):
        follow(home, found, node.url, "root")
    say(home, Verdict.ALLOW, town.new.origin, "", reason="only the name was bought", actor="kari")
    town.reader.clock[0] += DAY
    await town.rounds()
    assert town.is_followed()


async def test_a_successor_is_here_by_the_same_rule(town: Town) -> None:
    trusting(town.reader.home, allow=TWO)
    for each in town.vouchers[:2]:
        town.say(each)
    await town.rounds()
    home = town.reader.home
    following = town.successor()
    assert adopt(home, following, "https://new.example/log/new/2")
    await check_admissions(home, town.world.fetch)
    came = admitted_logs(home.database.connection)
    row = home.logs.get(following.origin)
    assert row is not None
    assert came[row.id].because == (town.new.origin,)
    assert came[row.id].lapsed_at is None
    trusting(home, allow=AllowRule())
    await check_admissions(home, town.world.fetch)
    await check_admissions(home, town.world.fetch)
    assert all(each.lapsed_at for each in admitted_logs(home.database.connection).values())


async def test_a_successor_that_a_person_followed_before_needs_no_rule(town: Town) -> None:
    trusting(town.reader.home, allow=TWO)
    for each in town.vouchers[:2]:
        town.say(each)
    await town.rounds()
    home, following = town.reader.home, town.successor()
    follow(home, following, f"https://{following.origin}", "root")
    trusting(home, allow=AllowRule())
    for _ in range(2):
        await check_admissions(home, town.world.fetch)
    (lapsed,) = admitted_logs(home.database.connection)
    row = home.logs.get(town.new.origin)
    assert row is not None
    assert lapsed == row.id


async def test_whoever_is_here_under_another_fingerprint_by_then_stays_as_it_is(town: Town) -> None:
    trusting(town.reader.home, allow=TWO)
    for each in town.vouchers[:2]:
        town.say(each)
    home, origin = town.reader.home, town.new.origin
    key = root_key(2, origin)
    keys = key_set(origin=origin, urls=(), roots=(key,))
    other = KeyChain.start(key_note(keys, key), fingerprint=keys.fingerprint, origin=origin)

    async def meanwhile(request: web.Request) -> web.StreamResponse:
        # While the newcomer is looked up, somebody follows another one of this name by hand.
        home.logs.add(other, own=False)
        answer = await request.match_info.handler(request)
        assert isinstance(answer, web.StreamResponse)
        return answer

    town.world.broken["newcomer1"] = meanwhile
    await town.rounds(1)
    row = home.logs.get(origin)
    assert row is not None
    assert row.fingerprint == keys.fingerprint
    assert admitted_logs(home.database.connection) == {}


async def test_one_that_cannot_be_kept_is_tried_again(town: Town) -> None:
    trusting(town.reader.home, allow=TWO)
    for each in town.vouchers[:2]:
        town.say(each)
    await town.newcomer.server.close()
    await town.rounds()
    assert not town.is_followed()
    assert town.candidate["tried"]["fault"].startswith("unreachable")
    with pytest.raises(FaultError):
        await introduce_all(town.reader.home, town.world.fetch, town.newcomer.url, None)
