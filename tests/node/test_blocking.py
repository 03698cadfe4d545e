"""Blocking hides and pauses, and changes nothing."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from federation.listing import Verdict
from node.answers.digest import digest
from node.answers.gathering import projects_of
from node.answers.indexing import catch_up
from node.answers.provenance import show
from node.answers.publishers import publisher
from node.answers.restrained import restrained
from node.answers.search import Question, search
from node.blocking import blocks, own_words, refresh, say, subscriptions, take_back
from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from node.peers import follow, introduce_all, sync_round
from node.sources import is_any_due, peer_urls
from node.store.restraints import blocked_logs, listed
from node.successors import series_of
from tests.publisher import Publisher, entry, open_home
from tests.trust_world import TODAY, YESTERDAY, block_list, profile, speaking, trusting
from tests.wire_world import World, followed

SPAM = "spam.example/log/spam/1"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = open_home(tmp_path / "reader")
    yield opened
    opened.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


def blocked(home: Home) -> set[str]:
    names = dict(home.database.connection.execute("SELECT id, origin FROM log"))
    return {names[log] for log in blocked_logs(home.database.connection)}


def say_block(
    home: Home, name: str, fingerprint: str = "", verdict: Verdict = Verdict.BLOCK
) -> tuple[str, ...]:
    return say(home, verdict, name, fingerprint, reason="advertisements", actor="kari")


def changes_nothing(home: Home) -> bool:
    before = home.database.connection.total_changes
    refresh(home)
    return home.database.connection.total_changes == before


def test_a_blocked_publisher_disappears_and_comes_back_as_it_was(home: Home) -> None:
    shop = {"identifiers": [{"scheme": "repo", "value": "https://codeberg.org/acme/shop"}]}
    spam = speaking(home, "spam", entry("Shop", **shop), profile())
    oslo = speaking(home, "oslo", entry("Shop", **shop))
    id_ = spam.put(entry("Casino"))
    spam.publish()
    before = digest(home)
    assert search(home, Question("casino")).total == 1
    assert search(home, Question("shop")).items[0]["members"] == 2
    assert say_block(home, SPAM) == (SPAM,)
    assert search(home, Question("casino")).total == 0
    assert [item["members"] for item in search(home, Question("shop")).items] == [1]
    assert search(home, Question("city")).total == 0  # its profile
    with pytest.raises(NotFoundError, match=r"spam\.example/log/spam/1 is blocked here: advertisements"):
        show(home, f"{SPAM}/e/{id_.hex()}")
    with home.database.read() as connection:
        assert projects_of(home, connection, [(spam.store.id, id_)]) == []
    found = publisher(home, SPAM)
    assert (found["blocked"]["name"], found["blocked"]["by"]) == (SPAM, None)
    assert (found["precedence"], publisher(home, oslo.origin)["blocked"]) == (None, None)
    assert "advertisements" in restrained(home)[SPAM]
    # Nothing of it was changed.
    assert digest(home)["statements"] == before["statements"]
    assert digest(home, [SPAM])["clusters"] == digest(home, [SPAM])["clusters"]
    assert take_back(home, SPAM, "", actor="kari") == (SPAM,)
    assert digest(home) == before
    assert search(home, Question("casino")).total == 1
    assert search(home, Question("shop")).items[0]["members"] == 2


def test_the_words_of_the_operator_are_kept_with_who_and_why(home: Home) -> None:
    speaking(home, "spam")
    say_block(home, "spam.example")
    assert own_words(home.database.connection) == {("spam.example", ""): ("kari", home.now())}
    assert say_block(home, SPAM, verdict=Verdict.ALLOW) == (SPAM,)
    assert blocked(home) == set()
    assert {(each.verdict, each.name) for each in listed(home.database.connection)} == {
        ("block", "spam.example"),
        ("allow", SPAM),
    }
    actions = home.database.connection.execute("SELECT action, origin, actor FROM audit ORDER BY at, rowid")
    assert actions.fetchall() == [("peer block", "spam.example", "kari"), ("peer allow", SPAM, "kari")]
    assert take_back(home, SPAM, "", actor="kari") == (SPAM,)
    with pytest.raises(NotFoundError):
        take_back(home, SPAM, "", actor="kari")


@pytest.mark.parametrize(
    ("name", "fingerprint", "reason"),
    [
        ("", "", "why"),
        ("two words", "", "why"),
        ("", "xx", "why"),
        ("https://spam.example", "", "why"),
        ("a.example", "", " "),
    ],
)
def test_words_that_mean_nobody_are_refused(home: Home, name: str, fingerprint: str, reason: str) -> None:
    with pytest.raises(InvalidInputError):
        say(home, Verdict.BLOCK, name, fingerprint, reason=reason, actor="kari")


def test_the_configuration_blocks_too_and_a_command_overrules_it(home: Home) -> None:
    spam = speaking(home, "spam")
    trusting(home, blocked=(spam.chain.fingerprint,), allowed=("oslo.example",))
    assert refresh(home) == (SPAM,)
    assert refresh(home) == ()
    assert blocks(home.database.connection, spam.chain) is not None
    assert say_block(home, "", spam.chain.fingerprint, Verdict.ALLOW) == (SPAM,)
    assert blocked(home) == set()


def test_who_is_blocked_stays_so_under_another_name(home: Home) -> None:
    spam, new = speaking(home, "spam"), speaking(home, "new")
    newer = speaking(home, "newer")
    with home.database.write() as connection:
        for before, after in ((spam, new), (new, newer)):
            connection.execute(
                "INSERT INTO succession (log, origin, fingerprint, source, found_at) VALUES (?, ?, ?, '', 1)",
                (before.store.id, after.origin, after.chain.fingerprint),
            )
    assert set(say_block(home, SPAM)) == {SPAM, new.origin, newer.origin}
    assert say_block(home, newer.origin, verdict=Verdict.ALLOW, fingerprint=newer.chain.fingerprint) == (
        newer.origin,
    )
    take_back(home, SPAM, "", actor="kari")
    # Whoever left a host that is blocked is not there any more.
    assert say_block(home, "spam.example") == (SPAM,)


def test_nobody_can_say_that_another_one_continues_them(home: Home) -> None:
    spam, oslo = speaking(home, "spam"), speaking(home, "oslo")
    with home.database.write() as connection:
        # Signed by their roots, with keys of their own, under the other one's name.
        connection.execute(
            "INSERT INTO succession (log, origin, fingerprint, source, found_at) VALUES (?, ?, ?, '', 1)",
            (spam.store.id, oslo.origin, "77" * 32),
        )
    assert say_block(home, SPAM) == (SPAM,)
    assert series_of(home, SPAM) == (SPAM,)


def test_own_logs_are_never_blocked(home: Home) -> None:
    own = Publisher(home, "127.0.0.1:8401/log/city/1")
    own.publish()
    assert say_block(home, own.origin) == ()
    assert blocked(home) == set()


def test_a_list_acts_on_who_subscribed_and_while_it_stands(home: Home) -> None:
    speaking(home, "spam")
    oslo = speaking(home, "oslo")
    said = {"ref": "spam.example", "text": {"en": "sold\nwatches"}}
    again = {"ref": "spam.example", "text": {"en": "another reason"}}
    id_ = oslo.put(block_list(said, again, {"ref": "late.example", "until": YESTERDAY}, "oslo.example", {}))
    oslo.publish()
    address = f"{oslo.origin}/e/{id_.hex()}"
    assert refresh(home) == ()
    trusting(home, subscribed=(address,))
    assert refresh(home) == (SPAM,)
    assert changes_nothing(home)
    # Its own publisher is at a host on the list, and is not blocked by it.
    assert blocked(home) == {SPAM}
    assert (
        publisher(home, SPAM)["blocked"]["text"]
        == f"spam.example is blocked by the list {address}: sold watches"
    )
    (one,) = subscriptions(home)
    assert (one.purpose, len(one.items), one.fault) == ("block", 3, None)
    oslo.withdraw(id_)
    oslo.publish()
    assert refresh(home) == (SPAM,)
    assert blocked(home) == set()
    (one,) = subscriptions(home)
    assert one.fault == "it is not there: not published yet, withdrawn, or erased"


def test_an_erased_list_and_one_of_a_blocked_publisher_have_no_effect(home: Home) -> None:
    speaking(home, "spam")
    oslo = speaking(home, "oslo")
    id_ = oslo.put(block_list({"ref": "spam.example", "until": TODAY}))
    oslo.publish()
    trusting(home, subscribed=(f"{oslo.origin}/e/{id_.hex()}",))
    assert refresh(home) == (SPAM,)
    assert set(say_block(home, "oslo.example")) == {SPAM, oslo.origin}
    assert subscriptions(home)[0].fault == "its publisher is blocked"
    take_back(home, "oslo.example", "", actor="kari")
    assert blocked(home) == {SPAM}
    oslo.erase(id_)
    oslo.publish()
    assert refresh(home) == (SPAM,)


def test_a_list_of_a_blocked_publisher_has_no_effect_under_the_name_that_it_goes_on_with(home: Home) -> None:
    speaking(home, "spam")
    oslo, new = speaking(home, "oslo"), speaking(home, "new")
    id_ = new.put(block_list("spam.example"))
    new.publish()
    with home.database.write() as connection:
        connection.execute(
            "INSERT INTO succession (log, origin, fingerprint, source, found_at) VALUES (?, ?, ?, '', 1)",
            (oslo.store.id, new.origin, new.chain.fingerprint),
        )
    trusting(home, subscribed=(f"{new.origin}/e/{id_.hex()}",))
    assert refresh(home) == (SPAM,)
    assert set(say_block(home, oslo.origin)) == {SPAM, oslo.origin, new.origin}
    assert subscriptions(home)[0].fault == "its publisher is blocked"


def test_what_is_no_list_says_so(home: Home) -> None:
    oslo = speaking(home, "oslo")
    thing, broken = oslo.put(entry("Thing")), oslo.put(b"\xc1")
    lines = oslo.put(block_list("https://x.example/thing", "spam.example", purpose="collection"))
    oslo.publish()
    trusting(
        home,
        subscribed=(
            *(f"{oslo.origin}/e/{id_.hex()}" for id_ in (thing, broken, lines)),
            f"a.example/log/a/1/e/{'0' * 32}",
            "somewhere",
        ),
    )
    refresh(home)
    assert [(each.purpose, each.fault) for each in subscriptions(home)] == [
        ("", "it is no list"),
        ("", "it is no list"),
        ("collection", None),
        ("", "its publisher is not followed"),
        ("", "it is not the address of a statement"),
    ]
    assert listed(home.database.connection) == ()


async def test_nothing_is_asked_of_who_is_blocked(world: World) -> None:
    a, b, reader = (
        await world.node("a"),
        await world.node("b", "127.0.0.2"),
        await world.node("r", "127.0.0.3"),
    )
    for node in (a, b):
        publisher_ = Publisher(node.home, node.origin)
        publisher_.put(entry("Budget"))
        publisher_.publish()
    await followed(world, reader, a.url)
    await followed(world, reader, b.url)
    await sync_round(reader.home, world.fetch)
    assert search(reader.home, Question("budget")).total == 2
    say_block(reader.home, "127.0.0.1")
    assert peer_urls(reader.home) == [b.url]
    a.requests.clear()
    more = Publisher(a.home, f"{a.origin[:-1]}2")
    more.publish()
    outcomes = await sync_round(reader.home, world.fetch)
    assert {each.origin for each in outcomes} == {b.origin}
    assert a.requests == []
    assert not any(a.url in path for path in b.requests)
    introductions = await introduce_all(reader.home, world.fetch, a.url, more.origin)
    with pytest.raises(InvalidInputError, match=r"127\.0\.0\.1 is blocked here"):
        follow(reader.home, introductions[0], a.url, "root")
    take_back(reader.home, "127.0.0.1", "", actor="kari")
    assert is_any_due(reader.home)
    outcomes = await sync_round(reader.home, world.fetch)
    assert {each.origin for each in outcomes if each.fault is None} == {a.origin, b.origin}
    catch_up(reader.home)
    assert search(reader.home, Question("budget")).total == 2


async def test_a_list_blocks_a_followed_log_by_the_next_round_and_lets_go_when_withdrawn(
    world: World,
) -> None:
    a, b, reader = (
        await world.node("a"),
        await world.node("b", "127.0.0.2"),
        await world.node("r", "127.0.0.3"),
    )
    spam, oslo = Publisher(a.home, a.origin), Publisher(b.home, b.origin)
    spam.publish()
    id_ = oslo.put(block_list(a.origin))
    oslo.publish()
    await followed(world, reader, a.url)
    await followed(world, reader, b.url)
    trusting(reader.home, subscribed=(f"{b.origin}/e/{id_.hex()}",))
    await sync_round(reader.home, world.fetch)
    assert blocked(reader.home) == {a.origin}
    spam.put(entry("Casino"))
    spam.publish()
    await sync_round(reader.home, world.fetch)
    assert reader.home.logs.store(a.origin).size == 1
    oslo.withdraw(id_)
    oslo.publish()
    await sync_round(reader.home, world.fetch)
    assert blocked(reader.home) == set()
    await sync_round(reader.home, world.fetch)
    assert reader.home.logs.store(a.origin).size == 2
