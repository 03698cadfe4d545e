"""A use is counted for one project: also when who is meant by a name changes by what bears no such name."""

from pathlib import Path
from typing import Any

from federation.standing import Rule
from node.answers.indexing import reindex
from node.answers.policy import show_policy
from node.answers.search import MAX_LIMIT, Question, search
from node.home import Home
from tests.publisher import Publisher, open_home
from tests.reuse_world import adopter, thing, use

PAGE = "https://lamps.example/"
CITY, PARKS, STATE = "127.0.0.1:8401/log/city/1", "a.example/log/parks/1", "b.example/log/state/1"
DOI = {"scheme": "doi", "value": "10.5281/zenodo.123"}


def uses(home: Home) -> dict[str, int]:
    return {each["name"]: each["uses"] for each in search(home, Question(), MAX_LIMIT).items if each["uses"]}


def filtered(home: Home) -> list[str]:
    page = search(home, Question(filters={"uses": ("1..",)}), MAX_LIMIT)
    return [each["name"] for each in page.items]


def bearing(name: str, *more: dict[str, str]) -> dict[str, Any]:
    return thing(name, identifiers=[{"scheme": "url", "value": PAGE}, *more])


def assert_same_made_anew(home: Home) -> None:
    """Have what waits indexed; an index that is made anew says the same."""
    show_policy(home)
    kept = uses(home), filtered(home)
    reindex(home)
    assert kept == (uses(home), filtered(home))


def test_standing_that_goes_with_a_join(tmp_path: Path) -> None:
    # parks controls lamps.example; it loses its standing when its entry is joined by a DOI with another's.
    home = open_home(tmp_path / "home", standing=(Rule(PARKS, ("lamps.example/*",)),))
    city, parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
    state = Publisher(home, STATE, own=False)
    city.put(bearing("City lamps"))
    code = {"scheme": "repo", "value": "https://lamps.example/code/lamps"}
    parks.put(bearing("Park lamps", code, DOI))
    city.publish()
    parks.publish()
    adopter(home, "bergen", use(PAGE))
    show_policy(home)
    state.put(thing("Park lamps", identifiers=[DOI]))
    state.publish()
    assert_same_made_anew(home)
    home.close()


def test_address_that_changes_with_a_join(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    city, parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
    # both within parks: of equal precedence
    parks.put(bearing("One"), bytes([1]) * 16)
    parks.put(bearing("Two", DOI), bytes([2]) * 16)
    parks.publish()
    adopter(home, "bergen", use(PAGE))
    show_policy(home)
    city.put(thing("Two", identifiers=[DOI]))
    city.publish()
    assert_same_made_anew(home)
    home.close()
