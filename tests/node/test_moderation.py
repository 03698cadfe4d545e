"""What an operator hides or takes down: here, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from federation.response import Fetch, Response
from node.answers.clusters import project_view
from node.answers.digest import digest
from node.answers.indexing import catch_up
from node.answers.provenance import history, proof, show
from node.answers.rebuild import rebuild
from node.answers.search import Question, search
from node.audit import audit
from node.errors import InvalidInputError, NotFoundError, TakenDownError
from node.forgetting import forget
from node.home import Home
from node.moderation import HIDE, TAKEDOWN, decisions, moderate, restore
from node.own.cosigner import cosign
from node.own.sequencer import Draft, publish
from node.purging import purge
from node.rounds import sync_round
from node.store.deciding import inherit
from node.store.gzipped import unpack
from protocol.leaf import Op
from protocol.tiles import split_content
from tests.node_world import NodeWorld, erase, payload, put
from tests.publisher import Publisher, entry
from tests.traces import traces
from tests.trio import Trio, asking, served, trio_in


@pytest.fixture
async def trio(world: NodeWorld) -> Trio:
    return await trio_in(world)


def found(home: Home, text: str) -> int:
    return search(home, Question(text=text)).total


def blob_of(home: Home, origin: str, index: int) -> bytes | None:
    return home.logs.store(origin).kept_blob(index)


async def test_a_takedown_deletes_here_and_changes_nothing_for_others(trio: Trio) -> None:
    city, relay, far, origin = *trio.homes, trio.origin
    receipt = await publish(city, origin, [put("Zquorvexim"), put("Kept")])
    id_, index = receipt.ids[0], receipt.indexes[0]
    await trio.sync()
    await publish(city, origin, [Draft(Op.PUT, id_, payload("Zquorvexim", summary={"en": "wrimblothq"}))])
    await trio.sync()
    assert found(relay, "wrimblothq") == 1
    before, kept = digest(relay, [origin]), proof(relay, id_.hex())
    blob = blob_of(relay, origin, index) or b""
    assert kept
    (decision,) = moderate(relay, id_.hex(), TAKEDOWN, " by order of the court ", "ada")
    assert (decision.what.action, decision.what.reason) == (TAKEDOWN, "by order of the court")
    forget(relay, patient=False)

    assert traces(relay, ["wrimblothq"], [blob[:40]]) == set()
    assert (found(relay, "zquorvexim"), found(relay, "kept")) == (0, 1)
    after = digest(relay, [origin])
    assert (after["heads"], after["statements"]) == (before["heads"], before["statements"])
    assert audit(relay, origin).findings == []
    for ask in (show, history, proof, lambda home, ref: project_view(home, ref, fresh=True)):
        with pytest.raises(TakenDownError, match="by order of the court"):
            ask(relay, id_.hex())
    for path in (trio.mirrored(relay, f"blob/{index}"), f"/api/v1/entries/{origin}/e/{id_.hex()}"):
        status, link, text = await trio.answers(relay, path)
        assert (status, link) == (451, '</>; rel="blocked-by"')
        assert json.loads(text)["title"] == "Unavailable For Legal Reasons"
        assert "by order of the court" in text
    store = relay.logs.store(origin)
    lengths = [store.leaf(each).length for each in range(store.size)]
    content = split_content(unpack(store.served_content(0, store.size)), lengths, store.size)
    assert (content[index], content[receipt.indexes[1]] is None) == (None, False)
    # Others go on, and so does this node with everything else, cosigning included.
    assert blob_of(city, origin, index) == blob
    assert found(far, "wrimblothq") == 1
    assert cosign(relay, origin, renew=True)
    (line,) = relay.database.connection.execute(
        "SELECT actor, action, origin, detail FROM audit WHERE action LIKE 'moderate %'"
    ).fetchall()
    assert line[:3] == ("ada", "moderate takedown", origin)
    assert json.loads(line[3]) == {"id": id_.hex(), "reason": "by order of the court"}


async def test_what_was_taken_down_is_not_fetched_again_until_it_is_restored(trio: Trio) -> None:
    city, relay, origin = trio.city, trio.relay, trio.origin
    id_ = (await publish(city, origin, [put("Zquorvexim")])).ids[0]
    await trio.sync()
    moderate(relay, id_.hex(), TAKEDOWN, "a reason", "ada")
    newer = (await publish(city, origin, [Draft(Op.PUT, id_, payload("Zquorvexim", v=1))])).indexes[0]
    asked: list[str] = []

    async def sync() -> None:
        async with asking() as fetch, served(city):

            class Noting:
                async def get(self, url: str, **how: object) -> Response:
                    asked.append(url)
                    return await fetch.get(url, **how)  # type: ignore[arg-type]

            await sync_round(relay, Noting())

    await sync()
    store = relay.logs.store(origin)
    assert store.size == city.logs.store(origin).size
    assert not [url for url in asked if "/blob/" in url or "/content/" in url]
    assert blob_of(relay, origin, newer) is None
    assert store.held().withheld == ()
    # Nor when what is left of the bundle is damaged, nor when everything is derived anew.
    assert store.give_up_content(0, is_damaged=True)
    assert newer not in store.held().withheld
    await sync()
    rebuild(relay)
    assert found(relay, "zquorvexim") == 0
    assert traces(relay, ["zquorvexim"]) <= {"fedcat.db-wal"}
    assert audit(relay, origin).findings == []

    assert restore(relay, id_.hex(), "the court thought again", "ada") == (f"{origin}/e/{id_.hex()}",)
    assert show(relay, id_.hex())["state"] == "withheld"
    await sync()
    assert show(relay, id_.hex())["state"] == "live"
    assert found(relay, "zquorvexim") == 1
    with pytest.raises(NotFoundError, match="a decision about"):
        restore(relay, id_.hex(), "once more", "ada")


class Meddled:
    """The network, in which something happens while a file of the tree is on its way."""

    def __init__(self, fetch: Fetch, meddle: Callable[[], object], missing: tuple[str, ...] = ()) -> None:
        self._fetch, self._meddle, self._missing, self.is_done = fetch, meddle, missing, False

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        if "/tile/" in url and not self.is_done:
            self.is_done = True
            self._meddle()
        if any(each in url for each in self._missing):
            return Response(404)
        return await self._fetch.get(url, limit=limit, gzip=gzip, headers=headers)


async def test_what_is_restored_during_a_pull_is_fetched_all_the_same(trio: Trio) -> None:
    city, relay, origin = trio.city, trio.relay, trio.origin
    id_ = (await publish(city, origin, [put("Zquorvexim")])).ids[0]
    await trio.sync()
    moderate(relay, id_.hex(), TAKEDOWN, "a reason", "ada")
    await publish(city, origin, [put("Newer")])
    async with asking() as fetch, served(city):
        meddled = Meddled(fetch, lambda: restore(relay, id_.hex(), "the court thought again", "ada"))
        await sync_round(relay, meddled)
        assert meddled.is_done
        assert found(relay, "newer") == 1
        trio.world.clock.pass_by(relay.config.limits.withheld_seconds)
        await sync_round(relay, fetch)
    assert show(relay, id_.hex())["state"] == "live"


async def test_what_is_taken_down_during_a_pull_is_not_missing_afterwards(trio: Trio) -> None:
    city, relay, origin = trio.city, trio.relay, trio.origin
    receipt = await publish(city, origin, [put("Zquorvexim"), put("Other")])
    await trio.sync()
    store = relay.logs.store(origin)
    assert store.give_up_content(0, is_damaged=True)
    await publish(city, origin, [put("Newer")])
    id_, gone = receipt.ids[0], f"/blob/{receipt.indexes[0]}"
    async with asking() as fetch, served(city):
        meddled = Meddled(
            fetch, lambda: moderate(relay, id_.hex(), TAKEDOWN, "a reason", "ada"), ("/content/", gone)
        )
        await sync_round(relay, meddled)
    assert meddled.is_done
    assert store.size == city.logs.store(origin).size
    assert store.held().withheld == ()


async def test_a_takedown_covers_what_a_pull_that_waits_has_stored_already(trio: Trio) -> None:
    city, relay, origin = trio.city, trio.relay, trio.origin
    id_ = (await publish(city, origin, [put("Harmless")])).ids[0]
    await trio.sync()
    before = relay.logs.store(origin).size
    newer = [Draft(Op.PUT, id_, payload("Zquorvexim")), put("Withheld")]
    indexes = (await publish(city, origin, newer)).indexes
    async with asking() as fetch, served(city):
        await sync_round(relay, Meddled(fetch, lambda: None, ("/content/", f"/blob/{indexes[1]}")))
        assert relay.logs.store(origin).size == before
        assert traces(relay, ["zquorvexim"])
        moderate(relay, id_.hex(), TAKEDOWN, "a reason", "ada")
        await sync_round(relay, fetch)
    assert relay.logs.store(origin).size == city.logs.store(origin).size
    forget(relay, patient=False)
    blob = blob_of(city, origin, indexes[0]) or b""
    assert traces(relay, ["zquorvexim"], [blob[:40]]) == set()


async def test_what_is_hidden_is_not_found_and_still_handed_on(trio: Trio) -> None:
    city, relay, far, origin = *trio.homes, trio.origin
    (two,) = (await publish(city, origin, [put("Zquorvexim")])).ids
    await trio.sync()
    assert len(project_view(relay, two.hex(), fresh=True)["members"]) == 1
    moderate(relay, two.hex(), HIDE, "an advertisement", "ada")
    assert found(relay, "zquorvexim") == 0
    with pytest.raises(NotFoundError, match="live entry"):
        project_view(relay, two.hex(), fresh=True)
    shown = show(relay, two.hex())
    assert (shown["state"], shown["statement"], shown["name"]) == ("hidden", None, "")
    assert [each["statement"] for each in history(relay, two.hex())] == [None]
    with pytest.raises(NotFoundError, match="content of"):
        proof(relay, two.hex())
    index = history(relay, two.hex())[0]["index"]
    assert blob_of(relay, origin, index) is not None
    status, *_ = await trio.answers(relay, trio.mirrored(relay, f"blob/{index}"))
    assert status == 200
    rebuild(relay)
    assert found(relay, "zquorvexim") == 0
    assert found(far, "zquorvexim") == 1
    restore(relay, two.hex(), "it is none", "ada")
    assert found(relay, "zquorvexim") == 1
    # Own entries may be hidden as well.
    moderate(city, two.hex(), HIDE, "not ready", "ada")
    assert found(city, "zquorvexim") == 0


async def test_decisions_that_cannot_be(trio: Trio) -> None:
    city, relay, origin = trio.city, trio.relay, trio.origin
    id_ = (await publish(city, origin, [put("Zquorvexim")])).ids[0]
    await trio.sync()
    with pytest.raises(InvalidInputError, match="a reason is needed"):
        moderate(relay, id_.hex(), HIDE, "  ", "ada")
    with pytest.raises(InvalidInputError, match="a reason is needed"):
        restore(relay, id_.hex(), "", "ada")
    with pytest.raises(InvalidInputError, match="is a statement of this node itself"):
        moderate(city, id_.hex(), TAKEDOWN, "a reason", "ada")
    with pytest.raises(NotFoundError):
        moderate(relay, "ffff" * 8, HIDE, "a reason", "ada")
    moderate(relay, id_.hex(), HIDE, "a reason", "ada")
    with pytest.raises(InvalidInputError, match="is hidden already"):
        moderate(relay, id_.hex(), HIDE, "another", "ada")
    moderate(relay, id_.hex(), TAKEDOWN, "worse", "bob")
    for action in (HIDE, TAKEDOWN):
        with pytest.raises(InvalidInputError, match="is taken down already"):
            moderate(relay, id_.hex(), action, "another", "ada")
    (decision,) = decisions(relay)
    assert (decision.address, decision.what.actor) == (f"{origin}/e/{id_.hex()}", "bob")
    assert decisions(city) == ()


async def test_an_erase_and_a_takedown_go_together(trio: Trio) -> None:
    city, relay, origin = trio.city, trio.relay, trio.origin
    receipt = await publish(city, origin, [put("Zquorvexim")])
    (id_,), (index,) = receipt.ids, receipt.indexes
    await trio.sync()
    moderate(relay, id_.hex(), TAKEDOWN, "a reason", "ada")
    await publish(city, origin, [erase(id_)])
    await trio.sync()
    status, *_ = await trio.answers(relay, trio.mirrored(relay, f"blob/{index}"))
    assert status == 410
    restore(relay, id_.hex(), "the publisher erased it", "ada")
    assert relay.logs.store(origin).held().withheld == ()
    assert show(relay, id_.hex())["state"] == "erased"


def test_a_successor_inherits_what_was_decided(world: NodeWorld) -> None:
    home = world.found()
    old, new = (
        Publisher(home, "a.example/log/a/1", own=False),
        Publisher(home, "a.example/log/a/2", own=False),
    )
    ids = [old.put(entry(name)) for name in ("Zquorvexim", "Wrimblothq", "Jastrupelkq")]
    for id_, name in zip(ids, ("Zquorvexim", "Wrimblothq", "Jastrupelkq"), strict=True):
        new.put(entry(name), id_)
    old.publish()
    new.publish()
    for id_, action in zip(ids, (HIDE, TAKEDOWN), strict=False):
        moderate(home, f"{old.origin}/e/{id_.hex()}", action, "a reason", "ada")
    assert (found(home, "zquorvexim"), found(home, "wrimblothq"), found(home, "jastrupelkq")) == (1, 1, 2)
    inherit(new.store, old.store.id)
    inherit(new.store, old.store.id)
    assert (found(home, "zquorvexim"), found(home, "wrimblothq"), found(home, "jastrupelkq")) == (0, 0, 2)
    assert len(decisions(home)) == 4
    forget(home, patient=False)
    assert traces(home, ["wrimblothq"]) == set()
    # What is decided later holds for both at once.
    with home.database.write() as connection:
        connection.execute(
            "INSERT INTO succession (log, origin, fingerprint, source, found_at) VALUES (?, ?, ?, '', 0)",
            (old.store.id, new.origin, new.chain.fingerprint),
        )
    assert len(moderate(home, f"{new.origin}/e/{ids[2].hex()}", HIDE, "a reason", "ada")) == 2
    assert found(home, "jastrupelkq") == 0
    assert len(restore(home, f"{old.origin}/e/{ids[2].hex()}", "a reason", "ada")) == 2
    # The predecessor's stands where the successor's does.
    assert found(home, "jastrupelkq") == 1


def test_a_project_goes_on_without_what_is_hidden_taken_down_or_purged(world: NodeWorld) -> None:
    home = world.found()
    repository = [{"scheme": "repo", "value": "https://gitlab.com/acme/quorvex"}]
    publishers = [Publisher(home, f"{name}.example/log/{name}/1", own=False) for name in ("a", "b", "c")]
    ids = [publisher.put(entry("Quorvex", identifiers=repository)) for publisher in publishers]
    for publisher in publishers:
        publisher.publish()
    address = f"{publishers[0].origin}/e/{ids[0].hex()}"

    def members() -> list[str]:
        catch_up(home)
        assert found(home, "quorvex") == 1
        return [each["origin"] for each in project_view(home, address, fresh=True)["members"]]

    assert sorted(members()) == [publisher.origin for publisher in publishers]
    moderate(home, ids[1].hex(), HIDE, "a reason", "ada")
    assert sorted(members()) == [publishers[0].origin, publishers[2].origin]
    moderate(home, ids[1].hex(), TAKEDOWN, "a reason", "ada")
    purge(home, publishers[2].origin, "ada")
    assert members() == [publishers[0].origin]
