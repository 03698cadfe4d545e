"""Which domains and repositories list a log: asked over real sockets, by a clock that tests turn."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from federation.fetch import Fetcher
from federation.limits import Limits
from federation.standing import Ground, Proven, ground
from node.answers.digest import digest
from node.answers.rebuild import rebuild
from node.home import Home
from node.rounds import sync_round
from node.standing import (
    LAPSE_SECONDS,
    MAX_DOMAINS,
    PER_STEP,
    QUICK_TRIES,
    RECHECK_SECONDS,
    check_claims,
    facts,
    proofs_of,
    publishers_in_order,
    verified_domains,
    verified_repositories,
)
from tests.claims_server import PLACE, ClaimsServer, Rerouted, line
from tests.node_world import Clock
from tests.publisher import Publisher, open_home

OSLO = "directory.oslo.example/log/oslo/1"
CITY = "city.example/log/works/1"
DAY = 86_400
RAW = "/raw.githubusercontent.com/oslo/budget/HEAD/fedcat-publishers"


class World:
    """A home that follows publishers, the web server that all of them name, and the time."""

    def __init__(self, home: Home, clock: Clock, server: ClaimsServer, fetch: Fetcher) -> None:
        self.home = home
        self.clock = clock
        self.server = server
        self.fetch = Rerouted(fetch, server)
        self.publishers: dict[str, Publisher] = {}
        self._profiles: dict[str, bytes] = {}
        self.wanted: list[tuple[int, str]] = []

    def publisher(self, origin: str = OSLO, *, own: bool = False) -> Publisher:
        self.publishers[origin] = Publisher(self.home, origin, own=own)
        return self.publishers[origin]

    def say(self, *domains: str, origin: str = OSLO, **fields: Any) -> Publisher:  # noqa: ANN401 - any field
        """Publish a profile, or a new version of it, that names domains."""
        publisher = self.publishers.get(origin) or self.publisher(origin)
        named = [{"scheme": "domain", "value": domain} for domain in domains]
        profile = {"type": "profile", "v": 1, "name": {"en": origin}, "identifiers": named, **fields}
        self._profiles[origin] = publisher.put(profile, self._profiles.get(origin))
        publisher.publish()
        return publisher

    def take_back(self, origin: str = OSLO) -> None:
        self.publishers[origin].withdraw(self._profiles[origin])
        self.publishers[origin].publish()

    def listed(self, *origins: str) -> bytes:
        return b"".join(line(self.publishers[each].chain.fingerprint, each) for each in origins)

    def want(self, repository: str, *origins: str) -> None:
        self.wanted += [(self.id(each), repository) for each in origins]

    def id(self, origin: str = OSLO) -> int:
        return self.publishers[origin].store.id

    async def check(self) -> frozenset[int]:
        return await check_claims(self.home, self.fetch, lambda: self.wanted)

    async def later(self, seconds: float) -> frozenset[int]:
        self.clock.pass_by(seconds)
        return await self.check()

    def domains(self, origin: str = OSLO) -> frozenset[str]:
        return verified_domains(self.home.database.connection, self.home.now()).get(
            self.id(origin), frozenset()
        )

    def repositories(self, origin: str = OSLO) -> frozenset[str]:
        found = verified_repositories(self.home.database.connection, self.home.now())
        return found.get(self.id(origin), frozenset())

    def proofs(self, origin: str = OSLO) -> list[dict[str, Any]]:
        return proofs_of(self.home.database.connection, self.id(origin), self.home.now())

    def states(self, origin: str = OSLO) -> list[tuple[str, str]]:
        return [(proof["name"], proof["state"]) for proof in self.proofs(origin)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(tmp_path: Path, clock: Clock) -> Iterator[Home]:
    made = open_home(tmp_path / "home")
    made._clock = clock
    yield made
    made.close()


@pytest.fixture
async def world(home: Home, clock: Clock) -> AsyncIterator[World]:
    limits = Limits(rate_seconds=0.5, answer_seconds=1.0, total_seconds=3.0)
    async with ClaimsServer() as server, Fetcher(limits, allow_private=True) as fetch:
        yield World(home, clock, server, fetch)


# -- domains ------------------------------------------------------------------------------------------


async def test_a_domain_that_lists_the_log_and_is_named_by_its_profile_is_verified(world: World) -> None:
    world.say(world.server.domain)
    world.server.files[PLACE] = world.listed(OSLO)
    assert await world.check() == {world.id()}
    assert world.domains() == {world.server.domain}
    (proof,) = world.proofs()
    assert proof["next_due"] <= world.home.now() + RECHECK_SECONDS
    assert proof == {
        "kind": "domain",
        "name": world.server.domain,
        "state": "verified",
        "verified_at": world.home.now(),
        "tried_at": world.home.now(),
        "next_due": proof["next_due"],
        "fault": None,
    }
    assert await world.check() == frozenset()
    assert len(world.server.asked) == 1


async def test_a_round_checks_what_is_due(world: World) -> None:
    world.say(world.server.domain, origin=OSLO)
    world.server.files[PLACE] = world.listed(OSLO)
    await sync_round(world.home, world.fetch, only_due=True)
    assert world.domains() == {world.server.domain}


async def test_a_list_alone_is_not_enough(world: World) -> None:
    world.publisher()
    world.server.files[PLACE] = world.listed(OSLO)
    assert await world.check() == frozenset()
    world.say(home=world.server.domain)
    assert await world.check() == frozenset()
    assert not world.server.asked


@pytest.mark.parametrize("whose", ["another fingerprint", "another origin"])
async def test_the_line_must_name_this_very_log(world: World, whose: str) -> None:
    oslo, city = world.say(world.server.domain), world.publisher(CITY)
    both = {"another fingerprint": (city, oslo), "another origin": (oslo, city)}
    first, second = both[whose]
    world.server.files[PLACE] = line(first.chain.fingerprint, second.origin)
    assert await world.check() == frozenset()
    assert world.states() == [(world.server.domain, "failed")]
    assert world.proofs()[0]["fault"] == "the file does not list this log"


async def test_one_answer_settles_everybody_who_names_the_domain(world: World) -> None:
    world.say(world.server.domain)
    world.say(world.server.domain, origin=CITY)
    world.server.files[PLACE] = world.listed(CITY)
    assert await world.check() == {world.id(CITY)}
    assert not world.domains(OSLO)
    assert world.domains(CITY) == {world.server.domain}
    assert len(world.server.asked) == 1
    world.say(world.server.domain, origin="agency.example/log/x/1")
    await world.check()
    assert len(world.server.asked) == 2


async def test_a_proof_is_renewed_weekly_and_ends_when_the_line_is_gone(world: World) -> None:
    world.say(world.server.domain)
    world.server.files[PLACE] = world.listed(OSLO)
    await world.check()
    assert await world.later(RECHECK_SECONDS / 2) == frozenset()
    assert len(world.server.asked) == 1
    await world.later(RECHECK_SECONDS / 2)
    assert len(world.server.asked) == 2
    assert world.proofs()[0]["verified_at"] == world.home.now()
    world.server.files[PLACE] = b"# nobody any more\n"
    assert await world.later(RECHECK_SECONDS) == {world.id()}
    assert world.domains() == frozenset()
    assert world.states() == [(world.server.domain, "failed")]


@pytest.mark.parametrize("trouble", ["gone", "down", "sign-in page", "elsewhere"])
async def test_a_proof_outlives_trouble_for_thirty_days(world: World, trouble: str) -> None:
    world.say(world.server.domain)
    world.server.files[PLACE] = world.listed(OSLO)
    await world.check()

    async def answer(_: web.Request) -> web.Response:
        if trouble == "elsewhere":
            return web.Response(status=302, headers={"Location": "https://elsewhere.example/"})
        status = {"gone": 404, "down": 502, "sign-in page": 200}[trouble]
        return web.Response(status=status, body=b"<!doctype html>\n")

    world.server.handlers[PLACE] = answer
    assert await world.later(29 * DAY) == frozenset()
    assert world.states() == [(world.server.domain, "verified")]
    assert world.proofs()[0]["fault"]
    world.clock.pass_by(DAY)
    assert world.domains() == frozenset()
    assert world.states() == [(world.server.domain, "lapsed")]
    del world.server.handlers[PLACE]
    assert await world.later(RECHECK_SECONDS) == {world.id()}
    assert world.states() == [(world.server.domain, "verified")]


async def test_the_first_lines_that_were_skipped_are_told(world: World) -> None:
    publisher = world.say(world.server.domain)
    world.server.files[PLACE] = f"# us\n{publisher.chain.fingerprint.upper()} {OSLO}\n".encode()
    await world.check()
    assert str(world.proofs()[0]["fault"]).startswith(
        "the file does not list this log, and line 2 is skipped: "
    )


async def test_a_failure_is_tried_again_soon_then_weekly(world: World) -> None:
    world.say(world.server.domain)
    waits = []
    for _ in range(QUICK_TRIES + 2):
        await world.check()
        waits.append(world.proofs()[0]["next_due"] - world.home.now())
        world.clock.now = world.proofs()[0]["next_due"]
    assert len(world.server.asked) == QUICK_TRIES + 2
    assert max(waits[:QUICK_TRIES]) <= DAY / 4
    assert min(waits[QUICK_TRIES:]) >= RECHECK_SECONDS * 0.8


async def test_a_domain_that_the_profile_no_longer_names_counts_no_more(world: World) -> None:
    world.say(world.server.domain)
    world.server.files[PLACE] = world.listed(OSLO)
    await world.check()
    world.say("oslo.example")
    assert await world.check() == {world.id()}
    assert world.states() == [("oslo.example", "failed")]


async def test_without_a_profile_there_is_no_domain(world: World) -> None:
    world.say(world.server.domain)
    world.server.files[PLACE] = world.listed(OSLO)
    await world.check()
    world.take_back()
    assert await world.check() == {world.id()}
    assert world.proofs() == []


async def test_the_newest_profile_names_the_domains(world: World) -> None:
    publisher = world.say("old.oslo.example")
    named = [
        {"scheme": "domain", "value": world.server.domain.upper()},
        {"scheme": "url", "value": "x.example"},
    ]
    publisher.put({"type": "profile", "v": 1, "name": {"en": "Oslo"}, "identifiers": named})
    publisher.publish()
    world.server.files[PLACE] = world.listed(OSLO)
    await world.check()
    assert world.states() == [(world.server.domain, "verified")]


async def test_what_is_no_domain_is_shown_and_not_asked(world: World) -> None:
    world.say("https://oslo.example/", "øslo.example", "two words", "x" * 300, "\u200b", "github.com:443")
    await world.check()
    assert world.states() == [
        ("github.com:443", "failed"),
        ("https://oslo.example/", "failed"),
        ("øslo.example", "failed"),
    ]
    assert all("malformed" in proof["fault"] for proof in world.proofs())
    assert not world.server.asked


async def test_unreadable_profiles_name_nothing(world: World) -> None:
    publisher = world.publisher()
    publisher.put(b"\xc1")
    publisher.publish()
    world.home.database.connection.execute("UPDATE entry SET type = 'profile'")
    assert await world.check() == frozenset()
    world.say(origin=CITY, identifiers="oslo.example")
    assert await world.check() == frozenset()


async def test_a_hostile_profile_costs_others_little(world: World) -> None:
    world.say(*(f"victim{number}.example" for number in range(100)))
    world.say(world.server.domain, origin=CITY)
    world.server.files[PLACE] = world.listed(CITY)
    assert await world.check() == {world.id(CITY)}
    assert len(world.proofs()) == PER_STEP - 1
    await world.check()
    assert len(world.proofs()) == MAX_DOMAINS
    assert len(world.server.asked) == 1 + MAX_DOMAINS


async def test_what_is_overdue_comes_before_what_is_new(world: World) -> None:
    world.say(world.server.domain)
    world.server.files[PLACE] = world.listed(OSLO)
    await world.check()
    world.clock.pass_by(RECHECK_SECONDS + 1)
    for number in range(PER_STEP):
        world.say("a.victim.example", "b.victim.example", origin=f"evil{number}.example/log/x/1")
    await world.check()
    assert world.proofs()[0]["tried_at"] == world.home.now()


async def test_a_hundred_megabytes_are_a_fault(world: World) -> None:
    world.say(world.server.domain)

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1_000):
            await response.write(world.listed(OSLO) * 1_000)
        return response

    world.server.handlers[PLACE] = endless
    assert await world.check() == frozenset()
    assert "over limit" in world.proofs()[0]["fault"]


# -- repositories -------------------------------------------------------------------------------------


async def test_a_repository_that_lists_a_log_is_verified(world: World) -> None:
    world.publisher(), world.publisher(CITY)
    world.want("github.com/oslo/budget", OSLO, CITY)
    world.want("github.com/oslo/budget/plugins", OSLO)
    world.server.files[RAW] = world.listed(OSLO)
    assert await world.check() == {world.id()}
    assert world.repositories(OSLO) == {"github.com/oslo/budget"}
    assert not world.repositories(CITY)
    assert world.server.asked == [RAW]
    assert world.states(CITY) == [("github.com/oslo/budget", "failed")]


async def test_a_repository_without_the_file_is_no_fault_of_anybody(world: World) -> None:
    world.publisher()
    world.want("github.com/oslo/budget", OSLO)
    await world.check()
    assert world.proofs() == []
    await world.later(RECHECK_SECONDS / 2)
    assert len(world.server.asked) == 1
    await world.later(RECHECK_SECONDS / 2)
    assert len(world.server.asked) == 2


async def test_a_file_that_is_gone_leaves_the_proof_for_thirty_days(world: World) -> None:
    world.publisher()
    world.want("github.com/oslo/budget", OSLO)
    world.server.files[RAW] = world.listed(OSLO)
    await world.check()
    del world.server.files[RAW]
    await world.later(RECHECK_SECONDS)
    assert world.states() == [("github.com/oslo/budget", "verified")]
    assert world.proofs()[0]["fault"] == "there is no such file"
    world.clock.pass_by(LAPSE_SECONDS)
    assert world.states() == [("github.com/oslo/budget", "lapsed")]


async def test_a_repository_about_which_nobody_asks_is_forgotten_when_it_lapsed(world: World) -> None:
    world.publisher()
    world.want("github.com/oslo/budget", OSLO)
    world.server.files[RAW] = world.listed(OSLO)
    await world.check()
    world.wanted.clear()
    await world.later(20 * DAY)
    assert world.repositories()
    await world.later(12 * DAY)
    assert not world.repositories()
    assert world.proofs()
    assert await world.later(20 * DAY) == frozenset()
    assert not world.proofs()
    assert len(world.server.asked) == 1


async def test_nobody_is_asked_about_strangers_and_unknown_forges(world: World) -> None:
    world.publisher()
    world.wanted = [(99, "github.com/oslo/budget"), (world.id(), "oslo.example/budget/x")]
    assert await world.check() == frozenset()
    assert not world.server.asked


# -- what it is for -----------------------------------------------------------------------------------


async def test_facts_give_standing(world: World) -> None:
    oslo, _ = world.say(world.server.domain), world.publisher(CITY, own=True)
    world.want("github.com/oslo/budget", OSLO, CITY)
    world.server.files |= {PLACE: world.listed(OSLO), RAW: world.listed(OSLO)}
    await world.check()
    connection, rules = world.home.database.connection, world.home.config.rules
    known = facts(connection, world.home.now())
    assert known[OSLO] == Proven(
        oslo.chain.fingerprint, frozenset({world.server.domain}), frozenset({"github.com/oslo/budget"})
    )
    assert ground(rules, known, OSLO, f"repo:{world.server.domain}/x") is Ground.DOMAIN
    assert ground(rules, known, OSLO, "repo:github.com/oslo/budget") is Ground.REPOSITORY
    assert ground(rules, known, CITY, "repo:github.com/oslo/budget") is None
    assert facts(connection, world.home.now() + LAPSE_SECONDS)[OSLO] == Proven(oslo.chain.fingerprint)
    assert publishers_in_order(connection) == (CITY, OSLO)


async def test_it_is_no_part_of_what_nodes_compare_and_survives_a_rebuild(world: World) -> None:
    world.say(world.server.domain)
    world.server.files[PLACE] = world.listed(OSLO)
    before = digest(world.home)
    await world.check()
    assert digest(world.home) == before
    rebuild(world.home)
    assert world.domains() == {world.server.domain}
    assert digest(world.home) == before
