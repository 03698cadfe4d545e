"""News from the command line: what there is, how the feeds are doing, and asking them now."""

import asyncio

from federation.faults import FaultKind
from node.cli.exits import ExitCode
from node.home import Home
from tests.claims_server import ClaimsServer
from tests.command import Fedcat
from tests.news_feeds import STATE, atom, atom_entry, json_feed
from tests.publisher import Publisher


async def test_news_is_fetched_and_listed(city: Home, fedcat: Fedcat) -> None:
    done = await asyncio.to_thread(fedcat, "planet", "fetch")
    assert (done.code, "No feed's time has come" in done.err) == (ExitCode.OK, True)
    state = Publisher(city, STATE, own=False)
    async with ClaimsServer() as server:
        urls = [f"http://{server.domain}/{name}" for name in ("news.xml", "gone.json")]
        links = [{"rel": "updates-feed", "url": url} for url in urls]
        state.put({"type": "profile", "v": 1, "name": {"fr": "Office", "en": "State"}, "links": links})
        state.publish()
        server.files["/news.xml"] = atom(atom_entry("lamps"), atom_entry("pipes", "2026-10-01T00:00:00Z"))
        done = await asyncio.to_thread(fedcat, "planet", "fetch", "--json")
        assert done.code == ExitCode.PARTIAL
        faults = {each["feed"]: each["fault"] for each in done.document}
        assert faults[urls[0]] is None
        assert faults[urls[1]].startswith(FaultKind.UNREACHABLE)
        found = fedcat("planet", "--limit", "1", "--lang", "fr")
        assert (found.code, found.out.splitlines()[1].split()) == (
            ExitCode.OK,
            ["2026-11-01", "Office", "lamps", f"http://{server.domain}/lamps"],
        )
        cursor = found.err.split("--cursor ")[1].split()[0]
        assert "pipes" in fedcat("planet", "list", "--cursor", cursor).out
        assert (
            fedcat("planet", "list", "--publisher", "other.example/log/x/1", "--json").document["items"] == []
        )
        states = fedcat("planet", "feeds")
        assert "it answers with status 404" in states.out
        assert STATE in states.out
        with city.database.write() as connection:
            connection.execute("UPDATE news_feed SET next_due = 0")
        server.files.clear()
        assert (await asyncio.to_thread(fedcat, "planet", "fetch")).code == ExitCode.NETWORK
        server.files = dict.fromkeys(("/news.xml", "/gone.json"), json_feed())
        with city.database.write() as connection:
            connection.execute("UPDATE news_feed SET next_due = 0")
        assert (await asyncio.to_thread(fedcat, "planet", "fetch")).code == ExitCode.OK
    with (city.path / "config.toml").open("a", encoding="utf-8") as file:
        file.write("\n[planet]\ngather = false\n")
    assert "gathers no news" in fedcat("planet").err
