"""Names that deceive: refused, or shown beside the one thing that cannot be copied, the domain."""

from __future__ import annotations

import pytest

from node.answers.clusters import project_view
from node.answers.provenance import show
from node.answers.publishers import publishers
from node.answers.search import Question, search
from node.errors import InvalidInputError
from node.home import Home
from node.own.sequencer import Draft, check_drafts
from protocol.errors import MalformedError
from protocol.leaf import Op
from protocol.origin import Origin
from tests.publisher import Publisher, entry

REAL, FALSE = "oslo.example/log/city/1", "xn--sl-emcb.example/log/city/1"
NAME = "City of Oslo"
LOOKALIKES = {
    "Cyrillic": "City of \u041esl\u043e",
    "Greek": "City of \u039fslo",
    "full width": "\uff23ity of Oslo",
    "mathematical": "City of \U0001d5a2slo",
    "the same": NAME,
}
REFUSED = {
    "right to left": "City of \u202eolsO",
    "isolate": "City of \u2066Oslo\u2069",
    "mark": "City of Oslo\u200f",
    "control": "City of Oslo\x08",
    "line": "City of Oslo\x85",
    "decomposed": "City of Os\u0301lo",
}


@pytest.mark.parametrize("kind", LOOKALIKES)
def test_whoever_takes_another_s_name_is_shown_with_his_own_domain(home: Home, kind: str) -> None:
    for origin, name in ((REAL, NAME), (FALSE, LOOKALIKES[kind])):
        publisher = Publisher(home, origin, own=False)
        publisher.put({"type": "profile", "v": 1, "name": {"en": name}})
        publisher.put(entry(f"Budget of {name}"))
        publisher.publish()
    named = {each["origin"]: each["name"] for each in publishers(home)}
    assert named == {REAL: NAME, FALSE: LOOKALIKES[kind]}
    found = {item["origin"]: item for item in search(home, Question("budget")).items}
    assert set(found) == {REAL, FALSE}
    for origin, item in found.items():
        assert item["provenance"]["origin"] == origin
        assert item["publishers"] == [origin]
        assert item["address"].startswith(f"{origin}/e/")
        assert show(home, item["address"])["origin"] == origin
        view = project_view(home, item["address"])
        assert [member["origin"] for member in view["members"]] == [origin]
        assert {place for field in view["fields"].values() for place in field.get("stated_by", [])} <= {
            item["address"]
        }


@pytest.mark.parametrize("kind", REFUSED)
def test_what_turns_or_hides_letters_is_refused_here_and_from_others(home: Home, kind: str) -> None:
    name = REFUSED[kind]
    with pytest.raises(InvalidInputError):
        check_drafts([Draft(Op.PUT, None, {**entry(name), "source": {"format": "x"}})])
    # From others: verified bytes, which nobody is shown as an entry.
    publisher = Publisher(home, FALSE, own=False)
    packed = b"\x84\xa4kind\xa8software\xa4name\x81\xa2en"
    text = name.encode()
    id_ = publisher.put(packed + bytes((0xA0 + len(text),)) + text + b"\xa4type\xa5entry\xa1v\x01")
    publisher.publish()
    assert search(home, Question()).total == 0
    shown = show(home, id_.hex())
    assert (shown["name"], shown["statement"]) == ("", None)


@pytest.mark.parametrize(
    "host",
    [
        "\u043eslo.example",
        "osl\u00f8.example",
        "OSLO.example",
        "oslo.example.",
        "osl\u200do.example",
        "xn--.example",
    ],
)
def test_an_origin_is_written_in_the_letters_that_names_are_registered_in(host: str) -> None:
    with pytest.raises(MalformedError):
        Origin.parse(f"{host}/log/city/1")
    assert str(Origin.parse(FALSE)) == FALSE
