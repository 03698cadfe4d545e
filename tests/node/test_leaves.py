"""A log leaf by leaf: what each did, and what became of it."""

import pytest

from federation.listing import Verdict
from node.answers.leaves import leaves_of
from node.blocking import say
from node.errors import NotFoundError
from node.home import Home
from protocol.leaf import NEW, Leaf
from tests.publisher import Publisher, entry

ORIGIN = "a.example/log/parks/1"


@pytest.fixture
def publisher(home: Home) -> Publisher:
    """A log with everything in it that can be."""
    found = Publisher(home, ORIGIN, own=False)
    first = found.put(entry("First"))
    found.publish()
    found.put(entry("First again"), first)
    gone = found.put(entry("Gone"))
    found.publish()
    found.withdraw(gone)
    erased = found.put(entry("Erased"))
    found.publish()
    found.erase(erased)
    found.put(entry("Withheld"), withheld=True)
    found._append(Leaf(1, 9, 0, 0, bytes(16), NEW, bytes(32)))
    found.publish()
    return found


@pytest.mark.usefixtures("publisher")
def test_each_leaf_says_what_it_did_and_what_became_of_it(home: Home) -> None:
    page = leaves_of(home, ORIGIN, None, 50)
    found = [(each["index"], each["op"], each["state"]) for each in page["leaves"]]
    assert found == [
        (8, "9", "void"),
        (7, "put", "withheld"),
        (6, "erase", "done"),
        (5, "put", "erased"),
        (4, "withdraw", "live"),
        (3, "put", "superseded"),
        (2, "put", "live"),
        (1, "put", "superseded"),
        (0, "keys", "done"),
    ]
    void, _, erase, *_, again, first, keys = page["leaves"]
    assert (void["address"], keys["address"], keys["keys"]) == (None, None, 1)
    assert void["reason"]
    assert (erase["previous"], erase["reason"]) == (5, "privacy")
    assert (first["previous"], again["previous"]) == (None, 1)
    assert first["address"] == again["address"] != erase["address"]
    assert (page["size"], page["next"]) == (9, None)
    said = {each["index"]: each["said"]["name"] for each in page["leaves"] if each["said"]}
    # A withdrawal is of what was said before; what is erased or withheld is said of nobody.
    assert sorted(said) == [1, 2, 3, 4]
    assert said[4] == said[3]


def test_pages_follow_one_another(home: Home, publisher: Publisher) -> None:
    before, seen = None, list[int]()
    while True:
        page = leaves_of(home, ORIGIN, before, 4)
        seen += [each["index"] for each in page["leaves"]]
        if (before := page["next"]) is None:
            break
        # What is published meanwhile moves nothing.
        publisher.put(entry("More"))
        publisher.publish()
    assert seen == list(range(8, -1, -1))
    assert not leaves_of(home, ORIGIN, 0, 4)["leaves"]


@pytest.mark.usefixtures("publisher")
def test_a_log_that_is_not_here_or_blocked_is_not_shown(home: Home) -> None:
    with pytest.raises(NotFoundError):
        leaves_of(home, "none.example/log/none/1", None, 4)
    say(home, Verdict.BLOCK, ORIGIN, "", reason="spam", actor="clerk")
    with pytest.raises(NotFoundError):
        leaves_of(home, ORIGIN, None, 4)
